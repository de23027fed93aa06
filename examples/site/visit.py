"""The request at hand: whose it is, and answers in HTML."""

from typing import cast
from urllib.parse import quote

from flask import Response, g, request

from .members import Member
from .sessions import Session
from .world import World

SESSION_COOKIE = "session"
VISITOR_COOKIE = "visitor"
KEY = "practice_site"


def this_world() -> World:
    """Return the site that is asked."""
    return cast(World, request.environ[KEY])


def this_session() -> Session | None:
    """Return the session the request came with, if it is good."""
    return cast("Session | None", g.get("session"))


def this_member() -> Member | None:
    """Return who is asking, if they are signed in, by a session or by a token."""
    return cast("Member | None", g.get("member"))


def this_url() -> str:
    """Return the path and query that were asked for, as they stand in a URL."""
    path, query = quote(request.path), request.query_string.decode("latin-1")
    return f"{path}?{query}" if query else path


def html(body: bytes, status: int = 200) -> Response:
    """Answer with a page."""
    return Response(body, status, content_type="text/html; charset=utf-8")


def keep_cookie(response: Response, name: str, value: str, *, days: int | None = None) -> None:
    """Set a cookie as the site sets all of its own; without `days` it ends with the browser."""
    seconds = None if days is None else days * 86_400
    response.set_cookie(name, value, max_age=seconds, path="/", httponly=True, samesite="Lax")
