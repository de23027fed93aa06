"""A book of the practice site, and what belongs to it."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple


class Review(NamedTuple):
    """What one reader thought of a book."""

    author: str
    stars: int
    text: str


@dataclass(frozen=True)
class Category:
    """A shelf of the shop."""

    name: str

    @cached_property
    def slug(self) -> str:
        """The name as it stands in a URL."""
        return slug(self.name)


@dataclass(frozen=True, eq=False)
class Book:
    """One book, equal to itself only; `pence` is what it costs a member without a discount."""

    id: int
    title: str
    author: str
    category: Category
    pence: int
    upc: str
    stock: int
    rating: int
    pages: int
    published: date
    publisher: str
    language: str
    tags: tuple[str, ...]
    description: tuple[str, ...]
    reviews: tuple[Review, ...]

    @cached_property
    def path(self) -> str:
        """Where the book's own page is."""
        return f"/books/{self.id}-{slug(self.title)}"

    @property
    def availability(self) -> str:
        """How many are left, in words."""
        return f"In stock ({self.stock} available)" if self.stock else "Out of stock"


def slug(text: str) -> str:
    """Return a text as it stands in a URL: "Zürich & Hull" is zurich-hull."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "")).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))
