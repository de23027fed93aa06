"""The JSON API: books for who holds an access token."""

from dataclasses import asdict

from flask import Blueprint, Response, g, jsonify, request

from .book import Book
from .catalogue import CATALOGUE, page_of
from .members import MEMBERS, Member
from .tokens import TokenError
from .visit import this_world

api = Blueprint("api", __name__, url_prefix="/api")


@api.post("/login")
def sign_in() -> Response:
    """Give a pair of tokens for a user name and password."""
    username, password = field("username"), field("password")
    verdict = this_world().passwords.judge(username, password)
    if verdict != "right":
        return refuse("account_locked" if verdict == "locked" else "wrong_credentials")
    this_world().tally.add("api_logins")
    return jsonify(asdict(this_world().tokens.issue(MEMBERS[username])))


@api.post("/refresh")
def refresh() -> Response:
    """Give a new pair of tokens for a refresh token that was not used yet."""
    pair = this_world().tokens.exchange(field("refresh"))
    if pair is None:
        return refuse("token_invalid")
    this_world().tally.add("refreshes")
    return jsonify(asdict(pair))


@api.get("/books")
def books() -> Response:
    """List twenty books, and where the next twenty are."""
    owner = bearer()
    if not isinstance(owner, Member):
        return refuse(owner)
    g.member = owner
    this_world().count_member_request()
    return book_page(owner, request.args.get("page", 1, type=int))


def book_page(member: Member, number: int) -> Response:
    """Answer with one page of the list of books."""
    page = page_of(CATALOGUE.books, number)
    if page is None:
        return refuse("no_such_page", 404)
    following = f"{request.base_url}?page={number + 1}" if number < page.last else None
    return jsonify({"books": [as_json(member, book) for book in page.books], "next": following})


def as_json(member: Member, book: Book) -> dict[str, object]:
    """Return a book as the API shows it to a member."""
    return {
        "id": book.id,
        "title": book.title,
        "author": book.author,
        "price": member.price(book.pence),
        "currency": "GBP",
        "upc": book.upc,
        "stock": book.stock,
        "rating": book.rating,
        "category": book.category.name,
        "tags": book.tags,
        "published": book.published.isoformat(),
        "url": request.host_url.rstrip("/") + book.path,
    }


def bearer() -> Member | TokenError:
    """Return whose access token came with the request, or why it is nobody's."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return this_world().tokens.owner(token.strip()) if scheme.lower() == "bearer" else "token_invalid"


def field(name: str) -> str:
    """Return a text of the JSON body, empty if it is not there."""
    body = request.get_json(silent=True)
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def refuse(error: str, status: int = 401) -> Response:
    """Answer with an error in JSON."""
    response = jsonify({"error": error})
    response.status_code = status
    return response
