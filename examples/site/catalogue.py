"""The thousand books of the practice site, and the ways to find some of them."""

from typing import NamedTuple

from . import words
from .bindery import Bindery
from .book import Book, Category

PAGE_SIZE = 20


class ListPage(NamedTuple):
    """One page of a list of books; numbers start at 1."""

    books: tuple[Book, ...]
    number: int
    last: int


class Catalogue:
    """All the books, in order and by category."""

    def __init__(self, books: tuple[Book, ...]) -> None:
        self.books = books
        self.categories = {it.slug: it for it in map(Category, words.CATEGORIES)}
        self._shelves = {it: tuple(b for b in books if b.category == it) for it in self.categories.values()}
        self._haystacks = [(" ".join((it.title, it.author, *it.tags)).casefold(), it) for it in books]

    def book(self, id: int) -> Book | None:
        """Return the book with this id."""
        return self.books[id - 1] if 1 <= id <= len(self.books) else None

    def within(self, category: Category) -> tuple[Book, ...]:
        """Return the books of one category."""
        return self._shelves[category]

    def related(self, book: Book) -> tuple[Book, ...]:
        """Return six other books of the same category: those that come next in it."""
        shelf = self.within(book.category)
        at = shelf.index(book) + 1
        return (shelf[at:] + shelf)[:6]

    def search(self, query: str) -> tuple[Book, ...]:
        """Return the first twenty books whose title, author or tags contain the query."""
        wanted = query.casefold()
        return tuple(book for text, book in self._haystacks if wanted in text)[:PAGE_SIZE]


def page_of(books: tuple[Book, ...], number: int) -> ListPage | None:
    """Return one page of a list, or None if the list is not as long."""
    last = -(-len(books) // PAGE_SIZE)
    if not 1 <= number <= last:
        return None
    return ListPage(books[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], number, last)


CATALOGUE = Catalogue(Bindery().books())
"""The one catalogue of this process, made as this module is imported, which takes a tenth of a second."""
