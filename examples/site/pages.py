"""The HTML of the practice site. What depends only on the page and the member is rendered once a process."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .book import Book
from .catalogue import CATALOGUE, ListPage
from .members import Member

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
    auto_reload=False,
)


def render(template: str, member: Member | None, **values: object) -> bytes:
    """Fill a template for a member, or for a visitor who is not signed in."""
    return _fill(template, member, **values).encode()


def _fill(template: str, member: Member | None, **values: object) -> str:
    return _templates.get_template(template).render(member=member, shop=CATALOGUE, part=_part, **values)


@cache
def _part(template: str, member: Member | None = None) -> Markup:
    """Return a part that many pages have in common."""
    return Markup(_fill(template, member))


@cache
def home(member: Member | None) -> bytes:
    """Return the first page: a welcome to a member, a teaser without prices to others."""
    return render("home.html", member)


@cache
def account(member: Member) -> bytes:
    """Return a member's own page."""
    return render("account.html", member)


@cache
def book_list(member: Member, page: ListPage, heading: str, path: str) -> bytes:
    """Return one page of a list that begins at `path`; its links are relative to there."""
    up = "../" * (path.count("/") - 1)
    return render("list.html", member, page=page, heading=heading, up=up, first=path.rpartition("/")[2])


@cache
def book(member: Member, book: Book) -> bytes:
    """Return the page of one book."""
    return render("book.html", member, book=book, related=CATALOGUE.related(book))


def search(member: Member, query: str) -> bytes:
    """Return what the search form finds."""
    return render("search.html", member, query=query, books=CATALOGUE.search(query) if query else ())


def message(member: Member | None, heading: str, text: str, *, alert: bool = False) -> bytes:
    """Return a page that says one thing."""
    return render("message.html", member, heading=heading, text=text, alert=alert)


def short(heading: str, text: str) -> bytes:
    """Return a bare page without forms or links, as servers give with a refusal."""
    return render("short.html", None, heading=heading, text=text)
