"""The Flask application of the practice site: what happens before and after every page."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from werkzeug.exceptions import NotFound

from . import pages
from .api import api
from .control import PATH as CONTROL
from .control import control
from .levers import Failure
from .login import REMEMBER_DAYS, login
from .scripted import scripted
from .shop import shop
from .visit import (
    KEY,
    SESSION_COOKIE,
    html,
    keep_cookie,
    this_member,
    this_session,
    this_url,
    this_world,
)
from .world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


app = Flask(__name__, static_folder=None)
for part in (shop, login, scripted, api, control):
    app.register_blueprint(part)


def app_of(world: World) -> "WSGIApplication":
    """Return the application as it shows one world. Flask's own is made once a process: it takes a while."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        return app(environ | {KEY: world}, start_response)

    return answer


@app.before_request
def receive() -> Response | None:
    """Count the request, let it wait or fail as the levers say, and see whose it is."""
    if request.path == CONTROL:
        return None
    world = this_world()
    world.tally.add("requests")
    if request.path == "/robots.txt":
        return None
    world.stopping.wait(world.latency)
    if failure := world.next_failure():
        return fail(failure)
    g.session = world.admit(request.cookies.get(SESSION_COOKIE))
    g.member = g.session.member if g.session else None
    g.is_page = True
    return None


def fail(failure: Failure) -> Response:
    """Fail as a server does that is overloaded, or gone."""
    if failure == "drop":
        with suppress(OSError):  # the visitor may be gone already
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    response = html(pages.short("Service unavailable", "The shop is too full. Come back in a moment."), 503)
    if failure == "503-retry-after":
        response.headers["Retry-After"] = str(this_world().retry_after)
    return response


@app.after_request
def count_page(response: Response) -> Response:
    """Count a page that was served, and to whom."""
    if response.status_code != 200 or not g.get("is_page"):
        return response
    member = this_member()
    if member is None:
        this_world().tally.add("anonymous_pages")
    else:
        this_world().tally.member_page(member.username, this_url(), g.get("book"))
    return response


@app.after_request
def rotate_cookie(response: Response) -> Response:
    """Give a member a new session id, if the lever says so."""
    world, session = this_world(), this_session()
    if session is not None and world.rotate_cookie:
        id = world.sessions.rotate(session, request.cookies[SESSION_COOKIE])
        if id is not None:
            keep_cookie(response, SESSION_COOKIE, id, days=REMEMBER_DAYS if session.remember else None)
    return response


@app.errorhandler(NotFound)
def not_found(error: NotFound) -> Response:
    """Say that there is no such page, as a page of the shop."""
    return html(pages.message(this_member(), "Not on our shelves", "There is no page at this address."), 404)
