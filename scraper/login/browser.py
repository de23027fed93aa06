"""`BrowserLogin`: sign in by a real browser, by itself or with a person, and go on over requests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Unpack

import jmespath
from jmespath.exceptions import JMESPathError
from requests.auth import AuthBase
from requests.models import PreparedRequest

from scraper.errors import ConfigError
from scraper.login.base import Marks
from scraper.login.filling import Fill
from scraper.login.form import FormLogin
from scraper.redact import register
from scraper.response import Response

if TYPE_CHECKING:
    from scraper.session import Session

_HEADER = re.compile(r"([\w-]+):\s*(\S.*|\{\}.*)")


class BrowserLogin(FormLogin):
    """Sign in by Chromium: ``BrowserLogin("/login", fill(username="ada", password=env("PW")))``.

    For pages whose form is drawn, or whose tokens are made, by scripts. It fills the same fields as
    `FormLogin`, known by the same signs, submits once, and hands cookies, local storage and User-Agent over
    to the session, which goes on over requests. Without ``fill(...)`` a person signs in: the browser shows
    itself, until `logged_in` shows, the person closes the window, or presses Enter in the terminal.

    - `visible` shows the browser in any case; ``None``: where a person is needed and sits at the terminal;
      ``False``: never. Where there is no screen, `InteractionRequired`;
    - `executable` is the path of a Chromium (default: ``SCRAPER_CHROMIUM``, Playwright's, one that is
      installed); `user_agent` what it calls itself (default: its own, or what the session's headers say);
    - `token` is what the page keeps in local or session storage and sends along itself: a key, and behind a
      dot, where that holds JSON, a JMESPath: ``"auth.accessToken"``; `header` is how it is sent.

    Playwright is needed: ``pip install 'login-aware-scraper[browser]'``. Other arguments are those of
    `FormLogin`.
    """

    def __init__(
        self,
        url: str,
        fill: Fill | None = None,
        *,
        visible: bool | None = None,
        executable: str | None = None,
        user_agent: str | None = None,
        token: str | None = None,
        header: str = "Authorization: Bearer {}",
        form: str | None = None,
        button: str | None = None,
        **marks: Unpack[Marks],
    ) -> None:
        super().__init__(url, Fill({}) if fill is None else fill, form=form, button=button, **marks)
        if visible is False and not self.fill:
            raise ConfigError(
                f"BrowserLogin({url!r}, visible=False) has nothing to fill, and shows itself to nobody; "
                "give it fill(username=..., password=...)."
            )
        if not _HEADER.fullmatch(header) or header.count("{}") != 1:
            raise ConfigError(f"header={header!r} is no header with {{}} for the token: 'X-Token: {{}}'.")
        self.visible, self.executable, self.user_agent = visible, executable, user_agent
        self.token, self.header = token, header

    def sign_in(self, session: Session) -> Response:
        """Open the page in the browser and sign in there, or let a person do it."""
        from scraper.login.browsing import sign_in  # Playwright is not for everyone

        return sign_in(self, session)

    def authorization(self, tokens: Mapping[str, Any]) -> AuthBase | None:
        """Return what makes requests look like those of the browser."""
        headers = {"User-Agent": tokens["user_agent"]} if tokens.get("user_agent") else {}
        if access := tokens.get("access"):
            name, _, value = self.header.partition(":")
            headers[name.strip()] = value.strip().replace("{}", access)
        return Handover(headers, access or "") if headers else None

    def found(self, storages: Iterable[Mapping[str, str]]) -> str | None:
        """Return the token that `token` names in the first of `storages` that has it."""
        name = self.token or ""
        return next(filter(None, (_token(name, storage) for storage in storages)), None)


class Handover(AuthBase):
    """Headers with which a browser's session goes on; its `token` is a secret wherever it gets to."""

    def __init__(self, headers: Mapping[str, str], token: str) -> None:
        self.headers, self._token = dict(headers), token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the headers on a request."""
        register(self._token)
        request.headers.update(self.headers)
        return request

    def __repr__(self) -> str:
        return f"Handover({', '.join(self.headers)})"


def _token(name: str, storage: Mapping[str, str]) -> str | None:
    for key, path in _places(name):
        if key in storage and (value := _held(storage[key], path)):
            return value
    return None


def _places(name: str) -> Iterator[tuple[str, str]]:
    """Yield ways to read a name: all of it a key, or what stands before a dot; keys may have dots."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        yield ".".join(parts[:end]), ".".join(parts[end:])


def _held(value: str, path: str) -> str | None:
    data: Any = value
    with suppress(ValueError):
        data = json.loads(value)
    if path:
        try:
            data = jmespath.search(path, data)
        except JMESPathError as error:
            raise ConfigError(f"token=...{path!r} is no JMESPath.") from error
    elif not isinstance(data, str):
        data = value
    return data if isinstance(data, str) else None
