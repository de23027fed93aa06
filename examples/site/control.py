"""The control URL: how the levers stand and what was counted, for scripts on this machine."""

from collections.abc import Callable
from dataclasses import asdict
from ipaddress import ip_address

from flask import Blueprint, Response, jsonify, request

from .levers import LEVERS
from .visit import this_world
from .world import World

control = Blueprint("control", __name__)

PATH = "/_control"
ACTIONS: dict[str, Callable[[World], None]] = {
    "sign_everyone_out": World.sign_everyone_out,
    "unlock_everyone": World.unlock_everyone,
}


@control.before_request
def keep_strangers_out() -> Response | None:
    """Refuse other machines, and pages of other sites open in a browser on this one."""
    if not is_loopback(request.remote_addr or ""):
        return refuse("The control URL answers only to this machine.", 403)
    if not is_loopback(request.host.partition(":")[0]):
        return refuse(f"The control URL goes by 127.0.0.1 or localhost, not by {request.host}.", 403)
    origin = request.headers.get("Origin")
    if origin not in (None, request.host_url.rstrip("/")):
        return refuse(f"The control URL does not answer to pages of {origin}.", 403)
    return None


@control.get(PATH)
def show() -> Response:
    """Answer with the levers and the counts."""
    world = this_world()
    return jsonify({"levers": world.levers, "counts": asdict(world.counts)})


@control.post(PATH)
def change() -> Response:
    """Set the levers and take the actions that a JSON object names; nothing at all if one is wrong."""
    wanted = request.get_json(force=True, silent=True)
    if not isinstance(wanted, dict):
        return refuse('Send a JSON object, such as {"fail_next": 3}.')
    try:
        pull(this_world(), wanted)
    except (TypeError, ValueError) as error:
        return refuse(str(error))
    return show()


def pull(world: World, wanted: dict[str, object]) -> None:
    """Set levers, then take actions; raise TypeError or ValueError before anything is done."""
    for name, value in wanted.items():
        if name not in LEVERS and name not in ACTIONS:
            names = ", ".join([*LEVERS, *ACTIONS])
            raise TypeError(f"The practice site has no lever {name!r}; it has {names}.")
        if name in ACTIONS and value is not True:
            raise ValueError(f"The action {name} takes true; not {value!r}.")
    world.set_levers(**{name: value for name, value in wanted.items() if name in LEVERS})
    for name in wanted.keys() & ACTIONS.keys():
        ACTIONS[name](world)


def is_loopback(host: str) -> bool:
    """Say whether a name or an address is one that a machine has for itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse(sentence: str, status: int = 400) -> Response:
    """Answer with an error in JSON."""
    response = jsonify({"error": sentence})
    response.status_code = status
    return response
