"""What is done for each grant until there is a token."""

from __future__ import annotations

import logging
import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scraper.errors import LoginUnavailable
from scraper.login.direct import identity
from scraper.login.form import FormLogin
from scraper.login.oauth.client import Client, library
from scraper.login.oauth.code import Authorization
from scraper.login.oauth.device import Device
from scraper.login.oauth.loopback import ADDRESS, PATH, listening
from scraper.login.oauth.walk import Passage
from scraper.redact import redact_url as shown
from scraper.response import Response
from scraper.values import reveal

if TYPE_CHECKING:
    from scraper.login.oauth.login import OAuth2Login

log = logging.getLogger("scraper.login")

Granted = tuple[Response, dict[str, Any]]
"""The answer that grants tokens, and they."""


def at_once(login: OAuth2Login, client: Client) -> Granted:
    """Get a token for credentials: the client's own, or those of an account too."""
    given, grant = dict[str, str](), library().BackendApplicationClient(client.id)
    if login.username is not None and login.password is not None:
        given = {"username": reveal(login.username, is_secret=False), "password": reveal(login.password)}
        grant = library().LegacyApplicationClient(client.id)
    client.session.submitting(identity(client=_credential(login, client), **given))
    answer = client.ask(grant, scope=client.scope, **given)
    return answer, client.tokens(answer, login.clock(), given.get("password", ""))


def by_device(login: OAuth2Login, client: Client) -> Granted:
    """Get a token once a person has entered a code in a browser, here or elsewhere."""
    device = Device.asked(client)
    _tell(client, str(device))
    log.info("Waits up to %.0f s for a person at %s.", device.lifetime, shown(device.page))
    answer = device.answer(client, login.clock, login.sleep)
    return answer, client.tokens(answer, login.clock(), device.code, is_code=True)


def by_code(login: OAuth2Login, client: Client) -> Granted:
    """Get a token for the code that the provider sends back by a browser, or at the end of a walk."""
    code = _walked(login, client, login.walk) if login.walk else _by_browser(login, client)
    answer = client.ask(library().WebApplicationClient(client.id), **code)
    return answer, client.tokens(answer, login.clock(), code["code"], is_code=True)


WAYS: dict[str, Callable[[OAuth2Login, Client], Granted]] = {
    "client_credentials": at_once,
    "password": at_once,
    "device_code": by_device,
    "authorization_code": by_code,
}


def _walked(login: OAuth2Login, client: Client, walk: FormLogin) -> dict[str, Any]:
    asked = _authorization(client, login.redirect_uri or f"http://{ADDRESS}{PATH}")
    return asked.given(Passage(walk, client.session, asked, _credential(login, client)).answer())


def _by_browser(login: OAuth2Login, client: Client) -> dict[str, Any]:
    with listening(login.redirect_uri) as back:
        asked = _authorization(client, back.redirect_uri)
        back.is_answer = asked.is_answer
        _tell(client, f"Sign in with the browser; if none opens, go to {asked.url}")
        webbrowser.open(asked.url)
        log.info("Waits up to %.0f s for the browser at %s.", login.patience, back.redirect_uri)
        url = back.wait(login.patience)
    if url is None:
        raise LoginUnavailable(
            f"Nobody signed in with the browser within {login.patience:.0f} s. Sign in again, or raise "
            "patience=."
        )
    return asked.given(url)


def _authorization(client: Client, redirect_uri: str) -> Authorization:
    return Authorization(client.id, client.provider, redirect_uri, client.scope, client.params)


def _credential(login: OAuth2Login, client: Client) -> str:
    return identity(server=login.provider, id=client.id, secret=client.secret or "")


def _tell(client: Client, line: str) -> None:
    """Tell a person what to do."""
    if client.session.tell is not None:
        client.session.tell(line)
