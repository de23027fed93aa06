"""Signing in and out on the web pages."""

from datetime import UTC, datetime

from flask import Blueprint, Response, g, request
from pyotp import TOTP

from . import pages
from .door import FORM_ID, MOTTO, form_page, login_form, see
from .members import MEMBERS
from .visit import (
    SESSION_COOKIE,
    VISITOR_COOKIE,
    html,
    keep_cookie,
    this_member,
    this_session,
    this_world,
)
from .visitors import Pending

login = Blueprint("login", __name__)

REMEMBER_DAYS = 30
ERRORS = {
    "wrong": "Wrong user name or password.",
    "locked": "This account is locked after too many wrong passwords.",
}


@login.get("/login")
def ask_password() -> Response:
    """Show the login form."""
    return login_form(next=request.args.get("next", "/books"))


@login.post("/login")
def submit() -> Response:
    """Do what the pressed button says, if the form came back whole."""
    if problem := form_problem():
        return html(pages.message(this_member(), "That did not work", problem, alert=True), 400)
    if request.form.get("action") == "register":
        text = "Registration is closed. Ask a member to lend you a book."
        return html(pages.message(this_member(), "Registration is closed", text))
    return check_password()


def form_problem() -> str | None:
    """Say what is wrong with a submitted login form, apart from the password."""
    if not token_is_good():
        return "This form is out of date, was sent twice, or is not yours. Open the sign-in page again."
    if (request.form.get("form_id"), request.form.get("motto")) != (FORM_ID, MOTTO):
        return "A hidden field of the form is missing or was changed on the way."
    if request.form.get("action") not in ("login", "register"):
        return "The form was sent without pressing one of its buttons."
    return None


def token_is_good() -> bool:
    """Use up the token of the submitted form."""
    visitor = request.cookies.get(VISITOR_COOKIE)
    return this_world().visitors.redeem(visitor, request.form.get("csrf", ""))


def check_password() -> Response:
    """Sign in with the submitted password, ask for the code, or show the form again."""
    username, next = request.form.get("username", ""), request.form.get("next", "")
    verdict = this_world().passwords.judge(username, request.form.get("password", ""))
    if verdict != "right":
        return login_form(next=next, username=username, error=ERRORS[verdict])
    pending = Pending(MEMBERS[username], "remember" in request.form, next)
    return expect_code(pending) if this_world().ask_totp else let_in(pending)


def expect_code(pending: Pending) -> Response:
    """Go on to the page that asks for the code."""
    this_world().visitors.expect_code(request.cookies[VISITOR_COOKIE], pending)
    return see("/login/code")


@login.get("/login/code")
def ask_code() -> Response:
    """Show the form for the one-time code, after a right password."""
    if this_world().visitors.pending(request.cookies.get(VISITOR_COOKIE)) is None:
        return see("/login")
    return form_page("code.html", error="")


@login.post("/login/code")
def check_code() -> Response:
    """Sign in with the submitted code, or show its form again."""
    world, visitor = this_world(), request.cookies.get(VISITOR_COOKIE)
    pending = world.visitors.pending(visitor)
    if visitor is None or pending is None:
        return see("/login")
    if not token_is_good():
        text = "This form is out of date, was sent twice, or is not yours. Sign in again."
        return html(pages.message(this_member(), "That did not work", text, alert=True), 400)
    code = request.form.get("code", "").strip()
    if code_is_right(code) and world.visitors.spend_code(visitor, pending.member, code):
        return let_in(pending)
    world.tally.add("failed_logins")
    return form_page("code.html", error="This code is wrong or was used before.")


def code_is_right(code: str) -> bool:
    """Say whether an authenticator shows this code now, or did or will half a minute away."""
    now = datetime.fromtimestamp(this_world().clock(), UTC)
    return TOTP(this_world().totp_secret).verify(code, for_time=now, valid_window=1)


def let_in(pending: Pending) -> Response:
    """Open a session under a new id, and go where the visitor wanted to go."""
    world = this_world()
    leave()
    session = world.sessions.open(pending.member, remember=pending.remember)
    world.tally.add("logins")
    response = see(own_path(pending.next))
    keep_cookie(response, SESSION_COOKIE, session.id, days=REMEMBER_DAYS if pending.remember else None)
    return response


def leave() -> None:
    """End the session the request came with, if any."""
    if (session := this_session()) is not None:
        this_world().sessions.close(session)
        g.session = None


def own_path(next: str) -> str:
    """Return where to go after signing in: `next` if it is a path of this site, else the books."""
    own = next.startswith("/") and not next.startswith(("//", "/\\")) and next.isprintable()
    return next if own else "/books"


@login.get("/logout")
def logout() -> Response:
    """Sign out, really, though it is only a link."""
    if this_session() is not None:
        this_world().tally.add("logouts")
    leave()
    response = see("/")
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="Lax")
    return response
