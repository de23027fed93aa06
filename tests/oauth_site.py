"""An authorization server on loopback that is strict about its standards, and an API that trusts it."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from base64 import b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

from tests.api import answer, read
from tests.servers import Asked, Reply, Server, redirect, serving

USER, PASSWORD = "ada", "c0rrect-Horse"
CLIENT, SECRET = "app:one", "cl1ent s3cret:+%/word"
PUBLIC = "desktop"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
HTML = ("Content-Type", "text/html; charset=utf-8")


class Clock:
    """A clock that goes on by what is slept, or is moved."""

    def __init__(self) -> None:
        self.now, self.slept = 1_700_000_000.0, list[float]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds


class Refusal(Exception):
    """An error of RFC 6749, 5.2."""

    def __init__(self, code: str, description: str = "", status: int = 400) -> None:
        super().__init__(code)
        said = {"error_description": description} if description else {}
        self.reply = answer({"error": code, **said}, status)


class OAuthSite:
    """The authorization server at one origin, and at another an API: ``/items/N``, for access tokens.

    A code, a refresh token and a device code are good once; those that are used twice are in `reused`, and
    where a bearer token turns up at the server itself, its path is in `strayed`; all of them are in
    `handed_out`. Its levers: `lifetime` of
    access tokens in seconds; `metadata` is what discovery answers beside the addresses, and `wellknown`
    where; `tampers` is what it sends back beside the code or instead of it; `broken` is what the token
    address answers instead; `named` is who it says it is when it sends back; `device_answers` come while a
    person enters a code; `with_refresh`.
    """

    def __init__(self) -> None:
        self.clients: dict[str, str | None] = {CLIENT: SECRET, PUBLIC: None}
        self.scopes, self.lifetime, self.with_refresh = {"read", "offline"}, 3600.0, True
        self.wellknown, self.metadata, self.named = "openid-configuration", dict[str, Any](), ""
        self.broken: Reply | None = None
        self.tampers: dict[str, str] = {}
        self.device_answers: list[str] = []
        self.granted: Counter[str] = Counter()
        self.asked_for: Counter[str] = Counter()
        self.signed_in = self.failed = self.consents = 0
        self.reused: list[str] = []
        self.handed_out: list[str] = []
        self.access: set[str] = set()
        self._codes: dict[str, dict[str, str]] = {}
        self._refresh: dict[str, str] = {}
        self._devices: dict[str, str] = {}
        self._requests: dict[str, dict[str, str]] = {}
        self._cookies: set[str] = set()
        self._lock = threading.Lock()
        self.server: Server
        self.api: Server

    @property
    def issuer(self) -> str:
        """Its name."""
        return self.server.url("")

    @property
    def strayed(self) -> list[str]:
        """Where at the authorization server an access token was sent."""
        return [a.path for a in self.server.asked if a.headers.get("Authorization", "").startswith("Bearer")]

    def expire(self) -> None:
        """End all access tokens."""
        self.access.clear()

    def end(self) -> None:
        """End all tokens."""
        self.access.clear()
        self._refresh.clear()

    # The API

    def item(self, asked: Asked) -> Reply:
        """Answer as the API."""
        token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.access:
            return answer({"error": "invalid_token"}, 401)
        return answer({"path": asked.path})

    # The authorization server

    def __call__(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.path)
        with self._lock:
            if parts.path.startswith("/.well-known/"):
                return self._metadata(parts.path)
            steps = {"/authorize": self._authorize, "/signin": self._sign_in, "/consent": self._consent}
            if step := steps.get(parts.path):
                return step(asked, dict(parse_qsl(parts.query, keep_blank_values=True)))
            if asked.method != "POST" or parts.path not in ("/token", "/device"):
                return Reply(404)
            try:
                return self._token(asked) if parts.path == "/token" else self._device(asked)
            except Refusal as refusal:
                return refusal.reply

    def _metadata(self, path: str) -> Reply:
        if path != f"/.well-known/{self.wellknown}":
            return Reply(404, [HTML], b"<h1>Not found</h1>")
        addresses = {
            "token_endpoint": "/token",
            "authorization_endpoint": "/authorize",
            "device_authorization_endpoint": "/device",
        }
        known = {name: self.server.url(path) for name, path in addresses.items()}
        return answer({"issuer": self.issuer, **known, **self.metadata})

    def _client(self, asked: Asked, given: Mapping[str, str]) -> str:
        """Return who asks. Refuses clients that prove it in no way, in two, or wrongly (RFC 6749, 2.3)."""
        header = asked.headers.get("Authorization", "")
        if header.startswith("Basic "):
            if "client_secret" in given:
                raise Refusal("invalid_request", "Two ways to authenticate.")
            name, _, secret = b64decode(header[6:]).decode().partition(":")
            pair = (unquote_plus(name), unquote_plus(secret))
        else:
            pair = (given.get("client_id", ""), given.get("client_secret", ""))
        known = self.clients.get(pair[0], "")
        if known == "" or (known or "") != pair[1]:
            raise Refusal("invalid_client", "Client authentication failed.", 401)
        return pair[0]

    def _token(self, asked: Asked) -> Reply:
        if asked.headers.get("Content-Type") != "application/x-www-form-urlencoded":
            raise Refusal("invalid_request", "Not a form.")
        given, client = read(asked), ""
        self.asked_for[given["grant_type"]] += 1
        if self.broken is not None:
            return self.broken
        client = self._client(asked, given)
        grants = {
            "client_credentials": self._by_client,
            "password": self._by_password,
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh,
            DEVICE_GRANT: self._by_device,
        }
        if given["grant_type"] not in grants:
            raise Refusal("unsupported_grant_type")
        has_refresh = grants[given["grant_type"]](given, client) and self.with_refresh
        if unknown := set(given.get("scope", "").split()) - self.scopes:
            raise Refusal("invalid_scope", f"No such scope: {' '.join(unknown)}.")
        self.granted[given["grant_type"]] += 1
        return self._grant(client, has_refresh=has_refresh)

    def _made(self, kind: str) -> str:
        made = f"{kind}-{secrets.token_hex(8)}"
        self.handed_out.append(made)
        return made

    def _grant(self, client: str, *, has_refresh: bool) -> Reply:
        access, refresh = self._made("acc3ss"), self._made("r3fresh")
        self.access.add(access)
        more = {}
        if has_refresh:
            self._refresh[refresh] = client
            more = {"refresh_token": refresh}
        granted = {"access_token": access, "token_type": "bearer", "expires_in": self.lifetime, **more}
        return answer(granted, 200, ("Cache-Control", "no-store"))

    def _by_client(self, given: Mapping[str, str], client: str) -> bool:
        if self.clients[client] is None:
            raise Refusal("unauthorized_client", "Public clients have no credentials.")
        return False

    def _by_password(self, given: Mapping[str, str], client: str) -> bool:
        if (given.get("username"), given.get("password")) != (USER, PASSWORD):
            self.failed += 1
            raise Refusal("invalid_grant", "Invalid user credentials.")
        return True

    def _by_code(self, given: Mapping[str, str], client: str) -> bool:
        code = given.get("code", "")
        asked = self._codes.pop(code, None)
        if asked is None:
            self.reused.append(code)
            raise Refusal("invalid_grant", "Code not valid.")
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        same = asked["client_id"] == client and asked["redirect_uri"] == given.get("redirect_uri")
        if not same or asked["code_challenge"] != challenge:
            raise Refusal("invalid_grant", "PKCE verification failed.")
        return True

    def _by_refresh(self, given: Mapping[str, str], client: str) -> bool:
        token = given.get("refresh_token", "")
        if self._refresh.pop(token, None) != client:
            self.reused.append(token)
            self.end()
            raise Refusal("invalid_grant", "Token is not active.")
        return True

    # Codes that a person enters

    def _device(self, asked: Asked) -> Reply:
        client = self._client(asked, read(asked))
        code = self._made("d3vice")
        self._devices[code] = client
        page = self.server.url("/enter")
        return answer({
            "device_code": code,
            "user_code": "ABCD-EFGH",
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code=ABCD-EFGH",
            "expires_in": 600,
            "interval": 7,
        })  # fmt: skip

    def _by_device(self, given: Mapping[str, str], client: str) -> bool:
        if self._devices.get(given.get("device_code", "")) != client:
            raise Refusal("invalid_grant", "No such device code.")
        if self.device_answers and (said := self.device_answers.pop(0)) != "done":
            raise Refusal(said)
        del self._devices[given["device_code"]]
        return True

    # Pages for a person

    def _authorize(self, asked: Asked, given: dict[str, str]) -> Reply:
        is_known = given.get("client_id") in self.clients
        if not is_known or not re.match(
            r"http://(127\.0\.0\.1|localhost)[:/]|com\.example\.app:/", given["redirect_uri"]
        ):
            return Reply(400, [HTML], b"<h1>Unknown client or redirect address</h1>")
        if given.get("response_type") != "code" or not given.get("state"):
            return self._back(given, error="invalid_request")
        if given.get("code_challenge_method") != "S256" or len(given.get("code_challenge", "")) != 43:
            return self._back(given, error="invalid_request", error_description="PKCE is required.")
        if unknown := set(given.get("scope", "").split()) - self.scopes:
            return self._back(given, error="invalid_scope", error_description=f"No scope {unknown}.")
        name = secrets.token_hex(4)
        self._requests[name] = given
        is_signed_in = re.search(r"idp=(\w+)", asked.headers.get("Cookie", ""))
        is_known = bool(is_signed_in and is_signed_in[1] in self._cookies)
        return redirect(f"/{'consent' if is_known else 'signin'}?request={name}")

    def _back(self, given: Mapping[str, str], **said: str) -> Reply:
        named = {"iss": self.named} if self.named else {}
        state = {"state": given["state"]} if given.get("state") else {}
        mark = "&" if "?" in given["redirect_uri"] else "?"
        said = {**said, **state, **named, **self.tampers}
        return redirect(f"{given['redirect_uri']}{mark}{urlencode(said)}")

    def _sign_in(self, asked: Asked, query: dict[str, str]) -> Reply:
        if asked.method == "POST":
            form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
            if (form.get("username"), form.get("password")) == (USER, PASSWORD):
                self.signed_in += 1
                cookie = secrets.token_hex(8)
                self._cookies.add(cookie)
                cookies = {"Set-Cookie": f"idp={cookie}; Path=/"}
                return redirect(f"/consent?request={query['request']}", **cookies)
            self.failed += 1
        wrong = '<p class="error">Wrong name or password.</p>' if asked.method == "POST" else ""
        fields = '<input name="username"><input name="password" type="password"><button>Sign in</button>'
        page = f'<title>Sign in</title><h1>Sign in</h1>{wrong}<form method="post">{fields}</form>'
        return Reply(200, [HTML], page.encode())

    def _consent(self, asked: Asked, query: dict[str, str]) -> Reply:
        if asked.method == "POST":
            given = self._requests.pop(query["request"])
            if b"answer=no" in asked.body:
                return self._back(given, error="access_denied")
            self.consents += 1
            code = self._made("c0de")
            self._codes[code] = given
            return self._back(given, code=code)
        answers = (("yes", "Allow"), ("no", "Deny"))
        buttons = "".join(f'<button name="answer" value="{v}">{text}</button>' for v, text in answers)
        page = f'<h1>Let the application read?</h1><form method="post">{buttons}</form>'
        return Reply(200, [HTML], f'{page}<p><a href="/logout">Not you? Sign out</a>'.encode())


@contextmanager
def running() -> Iterator[OAuthSite]:
    """Run both while the block runs."""
    site = OAuthSite()
    with serving(site) as site.server, serving(site.item) as site.api:
        yield site
