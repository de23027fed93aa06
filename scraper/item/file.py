"""`file()`: a field that is a file; a crawl fetches it, and the item tells where it lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

import pydantic

from scraper.item.declare import field_of
from scraper.record import has_fields, hints_of, values_of
from scraper.request import is_http
from scraper.selector import MISSING, Element, Selector, attribute

ATTRIBUTES = ("href", "src", "data", "poster", "content")


class File(pydantic.BaseModel):
    """A file that a page names by its address.

    Once it is fetched, `path` is where it lies, `sha256` its checksum in hexadecimal digits, `size` its
    length in bytes and `type` its media type as the server gave it; until then they are ``None``.
    """

    url: str
    path: str | None = None
    sha256: str | None = None
    size: int | None = None
    type: str | None = None

    @pydantic.model_validator(mode="before")
    @classmethod
    def _of_address(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @pydantic.field_validator("url")
    @classmethod
    def _is_fetched(cls, url: str) -> str:
        if not is_http(url):
            raise ValueError("a file has an http or https address")
        return url.partition("#")[0]


@dataclass(frozen=True, repr=False)
class FileSelector(Selector):
    """Where the address of a file stands: in the attribute that usually has it, unless one is named."""

    def _text(self, match: Any, base_url: str) -> str | None:
        if self.attr is not None or not isinstance(match, Element):
            return super()._text(match, base_url)
        found = (attribute(match, name, base_url) for name in ATTRIBUTES)
        return next((address for address in found if address is not None), None)

    @property
    def reads_text(self) -> bool:
        """Never: what a reader sees is no address."""
        return False

    def __repr__(self) -> str:
        return super().__repr__().replace("css(", "file(", 1)


def file(
    query: str, *, attr: str | None = None, re: str | None = None, default: Any = MISSING, clean: Any = None
) -> Any:
    """Say that a field is the file whose address stands where the CSS selector `query` matches.

        invoice: File = file("a.pdf")
        pictures: list[File] = file("img.large")

    The address is that in ``href`` or ``src``, or in the attribute `attr`; other options as in `css`. A crawl
    fetches each file once, with the session, under the names of its content in the folder that
    `Spider.files` names, and at most `Spider.max_file` bytes of it; what breaks off is gone on with.
    """
    return field_of(FileSelector("css", query, attr=attr, re=re, default=default, clean=clean))


@cache
def names_files(cls: Any) -> bool:
    """Whether an item of a class may name files: a mapping may, and a class that has them in its fields."""
    if issubclass(cls, File | Mapping):
        return True
    if issubclass(cls, pydantic.BaseModel):
        hints: Iterable[Any] = (field.annotation for field in cls.model_fields.values())
    else:
        hints = hints_of(cls).values() if has_fields(cls) else ()
        if has_fields(cls) and not hints:  # some annotation cannot be found; the values tell
            return True
    return any(kind is not cls and names_files(kind) for hint in hints for kind in _classes(hint))


def _classes(hint: Any) -> Iterator[Any]:
    """Yield the classes that an annotation is made of."""
    if isinstance(hint, type):
        yield hint
    for part in get_args(hint):
        yield from _classes(part)


def files_in(value: Any) -> Iterator[File]:
    """Yield the files that an item names, wherever in it."""
    if isinstance(value, File):
        yield value
    elif isinstance(value, pydantic.BaseModel):
        for _, inner in value:
            yield from files_in(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from files_in(inner)
    elif isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        for inner in value:
            yield from files_in(inner)
    elif has_fields(type(value)):
        yield from files_in(values_of(value))
