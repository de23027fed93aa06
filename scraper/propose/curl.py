"""`read_curl`: a curl command, as browsers copy it, as a login and harmless headers; secrets stay apart."""

from __future__ import annotations

import re
import shlex
from base64 import b64decode
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from scraper.errors import ConfigError
from scraper.propose.draft import quoted
from scraper.propose.names import snake
from scraper.redact import looks_secret, register
from scraper.request import is_http, origin

_TAKES_VALUE = frozenset({
    "-X", "--request", "-A", "--user-agent", "-e", "--referer", "-o", "--output", "-m", "--max-time",
    "--connect-timeout", "-x", "--proxy", "--cacert", "-E", "--cert", "--key", "--retry", "-w",
    "--write-out", "-T", "--upload-file", "-c", "--cookie-jar", "--resolve", "--limit-rate", "-Y", "-y",
    "-r", "--range", "--ciphers", "--interface", "--form-string", "--oauth2-bearer",
    "--aws-sigv4",
})  # fmt: skip
_DATA = frozenset(
    (
        "-d",
        "--data",
        "--data-raw",
        "--data-binary",
        "--data-ascii",
        "--data-urlencode",
        "--json",
        "-F",
        "--form",
    )
)
_OWN = re.compile(
    r"host|content-length|connection|accept-encoding|cookie|referer|origin|sec-.*|upgrade-insecure-requests|"
    r"if-none-match|if-modified-since|cache-control|pragma|te|dnt|priority|content-type|user-agent",
    re.IGNORECASE,
)
"""Headers that the session sends by itself, or that belong to one request of a browser."""

_NO_PROOF = re.compile(r"cookie|.*[cx]srf.*", re.IGNORECASE)
LONGEST = 60
"""Characters of cookies that stand on one line."""

_PASSING = re.compile(
    r"_ga.*|_gid|_gat.*|_fbp|_gcl.*|_hj.*|_pk_.*|ajs_.*|optimizely.*|intercom-.*|.*consent.*|__utm."
)
"""Cookies of those who count visitors; no site knows a member by them."""


@dataclass(frozen=True)
class Curl:
    """What a curl command says: where to, with which harmless headers, and what signs in."""

    url: str
    headers: dict[str, str]
    notes: list[str]
    parts: _Parts = field(repr=False)

    def login_of(self, name: str) -> tuple[tuple[str, ...], dict[str, str]]:
        """Return the login of the spider `name`, as Python, and the secrets by their variables."""
        login, secrets = _login(self.parts, name.upper())
        for value in secrets.values():
            register(value)
        return login, secrets


def read_curl(command: str) -> Curl:
    """Read a command as browsers copy it (for a POSIX shell).

    Raises `ConfigError` for what is no curl command, without any of its text.
    """
    parts = _Parts.read(_words(command))
    if not is_http(parts.url):
        raise ConfigError("The curl command names no http or https address.")
    parts.take_secrets_of_url()
    plain = [(name, value) for name, value in parts.headers if not _is_secret(name, value)]
    headers = {name: value for name, value in plain if not _OWN.fullmatch(name)}
    return Curl(parts.url, headers, list(_notes(parts)), parts)


def _notes(parts: _Parts) -> Iterator[str]:
    """Yield what a person should know of what was not taken."""
    if parts.has_body:
        yield "The command sends data; the spider only reads its address, by GET."
    if len(parts.tokens) > 1:
        yield f"Left out: {', '.join(name for name, _ in parts.tokens[1:])}; a TokenLogin sends one header."
    if not (parts.tokens or parts.user or parts.query[0] or parts.cookies):
        yield "The command carries neither cookies nor a token: it signs nobody in."


def _words(command: str) -> list[str]:
    """Split a command as a POSIX shell does; ``$'...'`` is unescaped as Bash does."""
    text = command.replace("\\\r\n", " ").replace("\\\n", " ").strip().removeprefix("$ ")
    if "^" in text and re.search(r"\^\s*$", text, re.MULTILINE):
        raise ConfigError("This command is for cmd.exe; choose 'Copy as cURL (bash)' in the browser instead.")
    ansi = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL)
    text = ansi.sub(lambda match: shlex.quote(_unescaped(match[1])), text)
    try:
        words = shlex.split(text)
    except ValueError:
        raise ConfigError("The curl command cannot be read: a quote is not closed. Copy it whole.") from None
    if not words or words[0].rpartition("/")[2] not in ("curl", "curl.exe"):
        raise ConfigError(
            "This is no curl command: it has to begin with curl. Copy it from the browser's network tab."
        )
    return words[1:]


def _unescaped(text: str) -> str:
    known = {"n": "\n", "t": "\t", "r": "\r"}

    def one(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else known.get(match[3], match[3])

    return re.sub(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", one, text, flags=re.DOTALL)


@dataclass
class _Parts:
    """The parts of the command that count."""

    url: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    cookies: str = ""
    user: str = ""
    query: tuple[str, str] = ("", "")
    has_body: bool = False

    @classmethod
    def read(cls, words: Sequence[str]) -> _Parts:
        parts, rest = cls(), deque(words)
        while rest:
            word = _option(rest)
            if word in ("-H", "--header"):
                name, colon, value = _value(rest).partition(":")
                parts.headers += [(name.strip(), value.strip())] if colon and value.strip() else []
            elif word in ("-b", "--cookie"):
                parts.cookies = _value(rest)
            elif word in ("-u", "--user"):
                parts.user = _value(rest)
            elif word == "--url":
                parts.url = _value(rest)
            elif word in _DATA:
                parts.has_body, _ = True, _value(rest)
            elif word in _TAKES_VALUE:
                _value(rest)
            elif not word.startswith("-"):
                parts.url = parts.url or word
        stated = next((value for name, value in parts.headers if name.lower() == "cookie"), "")
        parts.cookies = parts.cookies or stated
        return parts

    def take_secrets_of_url(self) -> None:
        """Take user name, password and token out of the address, as far as they stand in it."""
        there = urlsplit(self.url)
        if there.username:
            self.user = self.user or f"{unquote(there.username)}:{unquote(there.password or '')}"
        pairs = parse_qsl(there.query, keep_blank_values=True)
        secret = [(name, value) for name, value in pairs if value and looks_secret(name)]
        self.query = secret[0] if secret else ("", "")
        if secret or there.username:
            kept = urlencode([pair for pair in pairs if pair not in secret])
            host = there.netloc.rpartition("@")[2]
            self.url = urlunsplit((there.scheme, host, there.path, kept, ""))

    @property
    def tokens(self) -> list[tuple[str, str]]:
        """The headers that prove who sends them, ``Authorization`` first; those against forgery are none."""
        secret = [(name, value) for name, value in self.headers if _is_secret(name, value)]
        secret = [(name, value) for name, value in secret if not _NO_PROOF.fullmatch(name)]
        return sorted(secret, key=lambda pair: pair[0].lower() != "authorization")


def _option(words: deque[str]) -> str:
    """Take the next word; what stands in it behind ``--name=`` or ``-H`` is the word behind it then."""
    word, inline = words.popleft(), None
    if word.startswith("--") and "=" in word:
        word, _, inline = word.partition("=")
    elif re.match(r"-[HbuXdAe].", word) and not word.startswith("--"):
        word, inline = word[:2], word[2:]
    if inline is not None:
        words.appendleft(inline)
    return word


def _value(words: deque[str]) -> str:
    """Take the value of an option as it stands; empty where there is none."""
    return words.popleft() if words else ""


def _is_secret(header: str, value: str) -> bool:
    return looks_secret(header) or bool(re.match(r"(bearer|basic|token)\s", value, re.IGNORECASE))


def _login(parts: _Parts, prefix: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Choose how to sign in: by a user name, by a header, or else by cookies."""
    if user := parts.user or _decoded(next((value for _, value in parts.tokens), "")):
        return _by_basic(user, prefix)
    if parts.tokens:
        return _by_token(*parts.tokens[0], f"{prefix}_TOKEN")
    if name := parts.query[0]:
        login = ("TokenLogin", f"env({quoted(f'{prefix}_TOKEN')})", f"query={quoted(name)}")
        return login, {f"{prefix}_TOKEN": parts.query[1]}
    return _by_cookies(parts, prefix) if parts.cookies else ((), {})


def _decoded(authorization: str) -> str:
    """Return user name and password of ``Basic``; empty where it is another scheme."""
    scheme, _, value = authorization.partition(" ")
    with suppress(ValueError):
        return b64decode(value, validate=True).decode() if scheme.lower() == "basic" else ""
    return ""


def _by_basic(user: str, prefix: str) -> tuple[tuple[str, ...], dict[str, str]]:
    name, _, password = user.partition(":")
    secrets = {f"{prefix}_USER": name, f"{prefix}_PASSWORD": password}
    return ("BasicLogin", *(f"env({quoted(variable)})" for variable in secrets)), secrets


def _by_token(header: str, value: str, variable: str) -> tuple[tuple[str, ...], dict[str, str]]:
    scheme, _, token = value.partition(" ")
    login = ("TokenLogin", f"env({quoted(variable)})")
    if header.lower() != "authorization" or not token:
        return (*login, f"header={quoted(header)}"), {variable: value}
    if scheme.lower() == "bearer":
        return login, {variable: token.strip()}
    return (*login, f"header={quoted(f'Authorization: {scheme} {{token}}')}"), {variable: token.strip()}


def _by_cookies(parts: _Parts, prefix: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Give the cookies to the origin of the address, each by a variable of its own."""
    pairs = [part.strip().partition("=") for part in parts.cookies.split(";") if "=" in part]
    kept = {name: value for name, _, value in pairs if not _PASSING.fullmatch(name)}
    if not kept:
        raise ConfigError("The curl command has no cookie by which a site could know a member.")
    secrets, lines = dict[str, str](), list[str]()
    for name, value in kept.items():
        variable = f"{prefix}_{snake(name).strip('_').upper() or 'COOKIE'}"
        variable += f"_{len(secrets)}" if variable in secrets else ""
        secrets[variable] = value
        lines.append(f"{quoted(name)}: env({quoted(variable)})")
    site, inner = quoted(origin(parts.url)), ", ".join(lines)
    if len(inner) + len(site) > LONGEST:
        inner = "\n" + "".join(f"        {line},\n" for line in lines) + "    "
        return ("CookieLogin", f"{{\n    {site}: {{{inner}}},\n}}"), secrets
    return ("CookieLogin", f"{{{site}: {{{inner}}}}}"), secrets
