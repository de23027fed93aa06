"""The door of the members' pages: who may pass, and what others get."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import quote

from flask import Response, request

from . import pages
from .members import Member
from .visit import VISITOR_COOKIE, html, keep_cookie, this_member, this_url, this_world

P = ParamSpec("P")

FORM_ID = "member-sign-in"
MOTTO = 'Fish & "chips", 50 % + naïve <b>cod</b>'
"""A hidden value that survives only if it is unescaped, kept and encoded with care."""


def members_only(view: Callable[Concatenate[Member, P], Response]) -> Callable[P, Response]:
    """Hand the view the member who asks, or answer without it."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
        member = this_member()
        return view(member, *args, **kwargs) if member else signed_out()

    return guarded


def signed_out() -> Response:
    """Answer a visitor who is not signed in, as the lever `signed_out_answer` says."""
    answer = this_world().signed_out_answer
    if answer == "redirect":
        return see(f"/login?next={quote(this_url(), safe='/')}", 302)
    if answer == "form":
        return login_form(next=this_url())
    if answer == "401":
        return html(pages.short("Not signed in", "This page is for members who are signed in."), 401)
    return html(pages.short("Forbidden", "This page is not for you."), 403)


def login_form(*, next: str, username: str = "", error: str = "") -> Response:
    """Answer with a fresh login form."""
    world = this_world()
    world.tally.add("login_pages")
    return form_page("login.html", next=next, username=username, error=error, form_id=FORM_ID, motto=MOTTO)


def form_page(template: str, **values: object) -> Response:
    """Answer with a page whose form carries a new token, bound to the visitor's cookie."""
    visitors = this_world().visitors
    visitor = visitors.recognise(request.cookies.get(VISITOR_COOKIE))
    response = html(pages.render(template, this_member(), csrf=visitors.token(visitor), **values))
    keep_cookie(response, VISITOR_COOKIE, visitor)
    return response


def see(path: str, status: int = 303) -> Response:
    """Send the visitor to another page of the site."""
    return Response(status=status, headers={"Location": path})
