"""The pages of the shop."""

from flask import Blueprint, Response, abort, g, request

from . import pages
from .book import Book
from .catalogue import CATALOGUE, page_of
from .door import members_only, see
from .members import Member
from .visit import html, this_member

shop = Blueprint("shop", __name__)

LEAFLETS = {
    "about": (
        "Who we are",
        "Two people, one cat and a thousand books, at the bottom of Ferry Steps since 1987.",
    ),
    "help": ("Orders and returns", "Bring it back. If you liked it, bring it back and tell us why."),
    "privacy": (
        "What we know about you",
        "Your name, your membership number, and what you read under the table.",
    ),
}


@shop.get("/")
def home() -> Response:
    """Welcome a member, or tell others what they are missing."""
    return html(pages.home(this_member()))


@shop.get("/books")
@members_only
def books(member: Member) -> Response:
    """List all books."""
    return book_list(member, CATALOGUE.books, "All books")


@shop.get("/category/<slug>")
@members_only
def category(member: Member, slug: str) -> Response:
    """List the books of one category."""
    found = CATALOGUE.categories.get(slug)
    if found is None:
        abort(404)
    return book_list(member, CATALOGUE.within(found), found.name)


def book_list(member: Member, books: tuple[Book, ...], heading: str) -> Response:
    """Answer with the page of a list that the query asks for; the first has no number in its URL."""
    if request.args.get("page") == "1":
        return see(request.path, 301)
    number = request.args.get("page", 0, type=int) if "page" in request.args else 1
    page = page_of(books, number)
    if page is None:
        abort(404)
    return html(pages.book_list(member, page, heading, request.path))


@shop.get("/books/<int:id>-<slug>")
@members_only
def book(member: Member, id: int, slug: str) -> Response:
    """Show one book; an old or mistyped name in the URL leads to the right one."""
    found = CATALOGUE.book(id)
    if found is None:
        abort(404)
    if request.path != found.path:
        return see(found.path, 301)
    g.book = id
    return html(pages.book(member, found))


@shop.get("/search")
@members_only
def search(member: Member) -> Response:
    """Find books by title, author or tag."""
    return html(pages.search(member, request.args.get("q", "").strip()))


@shop.get("/account")
@members_only
def account(member: Member) -> Response:
    """Show what the shop knows about a member."""
    return html(pages.account(member))


@shop.post("/newsletter")
def newsletter() -> Response:
    """Thank whoever subscribes, and forget the address."""
    return html(pages.message(this_member(), "Thank you", "The next letter comes at the full moon."))


@shop.get("/<any(about, help, privacy):name>")
def leaflet(name: str) -> Response:
    """Show one of the pages that the footer links to."""
    return html(pages.message(this_member(), *LEAFLETS[name]))


@shop.get("/robots.txt")
def robots() -> Response:
    """Allow everything."""
    return Response("User-agent: *\nDisallow:\n", content_type="text/plain; charset=utf-8")
