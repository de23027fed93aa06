"""Pages that are nothing without their scripts: a login form, and a shelf of books."""

from flask import Blueprint, Response, g, jsonify, request

from .api import as_json, field
from .catalogue import CATALOGUE, page_of
from .door import form_page, members_only
from .login import ERRORS, expect_code, let_in, own_path
from .members import MEMBERS, Member
from .visit import VISITOR_COOKIE, this_world
from .visitors import Pending

scripted = Blueprint("scripted", __name__)


@scripted.get("/login/scripted")
def ask_password() -> Response:
    """Show a page whose script draws the login form."""
    this_world().tally.add("login_pages")
    return form_page("scripted_login.html", next=own_path(request.args.get("next", "/books")))


@scripted.post("/login/scripted")
def submit() -> Response:
    """Answer the script of that page: where to go on, or what is wrong."""
    visitor, nonce, username = request.cookies.get(VISITOR_COOKIE), field("nonce"), field("username")
    if not this_world().visitors.redeem(visitor, nonce) or field("token") != token_of(nonce, username):
        return refused("This form is out of date, or no browser has filled it in. Load the page again.", 400)
    verdict = this_world().passwords.judge(username, field("password"))
    if verdict != "right":
        return refused(ERRORS[verdict], 401)
    pending = Pending(MEMBERS[username], remember=False, next=field("next"))
    redirect = expect_code(pending) if this_world().ask_totp else let_in(pending)
    response = jsonify({"next": redirect.headers["Location"]})
    response.headers.extend([("Set-Cookie", cookie) for cookie in redirect.headers.getlist("Set-Cookie")])
    return response


def token_of(nonce: str, username: str) -> str:
    """Return what the script of the login page makes of a nonce and the user name that is typed in."""
    sum = 7
    for letter in f"{nonce}:{username}":
        sum = (sum * 31 + ord(letter)) % 2**32
    return f"{sum:x}"


def refused(error: str, status: int) -> Response:
    """Answer with what is wrong, and a new nonce."""
    visitor = this_world().visitors.recognise(request.cookies.get(VISITOR_COOKIE))
    response = jsonify({"error": error, "nonce": this_world().visitors.token(visitor)})
    response.status_code = status
    return response


@scripted.get("/shelf")
@members_only
def shelf(member: Member) -> Response:
    """Show a page whose script asks for the books and draws them."""
    return form_page("shelf.html")


@scripted.get("/shelf/books")
@members_only
def books(member: Member) -> Response:
    """List twenty books for that script."""
    g.is_page = False
    page = page_of(CATALOGUE.books, request.args.get("page", 1, type=int))
    if page is None:
        return refused("There is no such page.", 404)
    following = page.number + 1 if page.number < page.last else None
    return jsonify({"books": [as_json(member, book) for book in page.books], "next": following})
