"""`read_curl`: a curl command, as browsers copy it, as a login and harmless headers; secrets stay apart."""

from __future__ import annotations

import re
import shlex
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from scraper.errors import ConfigError
from scraper.propose.draft import call, quoted
from scraper.propose.names import snake
from scraper.redact import looks_secret, register
from scraper.request import is_http, origin

_TAKES_VALUE = frozenset({
    "-X", "--request", "-A", "--user-agent", "-e", "--referer", "-o", "--output", "-m", "--max-time",
    "--connect-timeout", "-x", "--proxy", "--cacert", "-E", "--cert", "--key", "--retry", "-w",
    "--write-out", "-T", "--upload-file", "-c", "--cookie-jar", "--resolve", "--limit-rate", "-Y", "-y",
    "-r", "--range", "--ciphers", "--interface", "-F", "--form", "--form-string", "--oauth2-bearer",
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

_PASSING = re.compile(
    r"_ga.*|_gid|_gat.*|_fbp|_gcl.*|_hj.*|_pk_.*|ajs_.*|optimizely.*|intercom-.*|.*consent.*|__utm."
)
"""Cookies of those who count visitors; no site knows a member by them."""


@dataclass
class Curl:
    """What a curl command says: where to, what signs in, and the rest. `secrets` is for the environment."""

    url: str
    login: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    notes: list[str] = field(default_factory=list)


def read_curl(command: str, name: str = "") -> Curl:
    """Read a command as browsers copy it (for a POSIX shell); variables are named after the spider `name`.

    Raises `ConfigError` for what is no curl command, without any of its text.
    """
    parts = _Parts.read(_words(command))
    if not is_http(parts.url):
        raise ConfigError("The curl command names no http or https address.")
    curl = Curl(parts.url)
    _sign_in(curl, parts, (name or "site").upper())
    for header, value in parts.headers:
        if not _OWN.fullmatch(header) and not _is_secret(header, value):
            curl.headers[header] = value
    for value in curl.secrets.values():
        register(value)
    if parts.has_body:
        curl.notes.append("The command sends data; the spider only reads its address, by GET.")
    return curl


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
    has_body: bool = False

    @classmethod
    def read(cls, words: Sequence[str]) -> _Parts:
        parts, rest = cls(), iter(_apart(words))
        for word in rest:
            if word in ("-H", "--header"):
                name, colon, value = next(rest, "").partition(":")
                parts.headers += [(name.strip(), value.strip())] if colon and value.strip() else []
            elif word in ("-b", "--cookie"):
                parts.cookies = next(rest, "")
            elif word in ("-u", "--user"):
                parts.user = next(rest, "")
            elif word == "--url":
                parts.url = next(rest, "")
            elif word in _DATA:
                parts.has_body, _ = True, next(rest, "")
            elif word in ("-A", "--user-agent"):
                parts.headers.append(("User-Agent", next(rest, "")))
            elif word in _TAKES_VALUE:
                next(rest, "")
            elif not word.startswith("-"):
                parts.url = parts.url or word
        stated = next((value for name, value in parts.headers if name.lower() == "cookie"), "")
        parts.cookies = parts.cookies or stated
        return parts


def _apart(words: Sequence[str]) -> Iterator[str]:
    """Yield words with ``--name=value`` and ``-Hvalue`` taken apart."""
    for word in words:
        if word.startswith("--") and "=" in word:
            yield from word.split("=", 1)
        elif re.match(r"-[HbuXdAe].", word) and not word.startswith("--"):
            yield from (word[:2], word[2:])
        else:
            yield word


def _is_secret(header: str, value: str) -> bool:
    return looks_secret(header) or bool(re.match(r"(bearer|basic|token)\s", value, re.IGNORECASE))


def _sign_in(curl: Curl, parts: _Parts, prefix: str) -> None:
    """Choose how to sign in: by the user, by a header, or else by cookies."""
    secret = [
        (name, value) for name, value in parts.headers if name.lower() != "cookie" and _is_secret(name, value)
    ]
    tokens = [(name, value) for name, value in secret if not re.search("csrf|xsrf", name, re.IGNORECASE)]
    basic = next((value for name, value in tokens if re.match(r"basic\s", value, re.IGNORECASE)), "")
    user = parts.user or _decoded(basic)
    if user:
        _by_basic(curl, user, prefix)
    elif tokens:
        _by_token(curl, *min(tokens, key=lambda pair: pair[0].lower() != "authorization"), prefix)
        if len(tokens) > 1:
            names = ", ".join(name for name, _ in tokens[1:])
            curl.notes.append(f"Left out: {names}; a TokenLogin sends one header.")
    elif parts.cookies:
        _by_cookies(curl, parts.cookies, prefix)
    else:
        curl.notes.append("The command carries neither cookies nor a token: it signs nobody in.")


def _decoded(authorization: str) -> str:
    with suppress(ValueError):
        return b64decode(authorization.partition(" ")[2], validate=True).decode()
    return ""


def _by_basic(curl: Curl, user: str, prefix: str) -> None:
    name, _, password = user.partition(":")
    curl.secrets = {f"{prefix}_USER": name, f"{prefix}_PASSWORD": password}
    sources = [f"env({quoted(variable)})" for variable in curl.secrets]
    curl.login = call("BasicLogin", *sources)


def _by_token(curl: Curl, header: str, value: str, prefix: str) -> None:
    scheme, space, token = value.partition(" ")
    source = f"env({quoted(f'{prefix}_TOKEN')})"
    if header.lower() == "authorization" and space and scheme.lower() == "bearer":
        curl.secrets, options = {f"{prefix}_TOKEN": token.strip()}, []
    elif header.lower() == "authorization" and space:
        curl.secrets = {f"{prefix}_TOKEN": token.strip()}
        options = [f"header={quoted(f'Authorization: {scheme} {{token}}')}"]
    else:
        curl.secrets, options = {f"{prefix}_TOKEN": value}, [f"header={quoted(header)}"]
    curl.login = call("TokenLogin", source, *options)


def _by_cookies(curl: Curl, cookies: str, prefix: str) -> None:
    """Give the cookies to the origin of the address, each by a variable of its own."""
    pairs = [part.strip().partition("=") for part in cookies.split(";") if "=" in part]
    kept = {name: value for name, _, value in pairs if not _PASSING.fullmatch(name)}
    if not kept:
        raise ConfigError("The curl command has no cookie by which a site could know a member.")
    lines = []
    for name, value in kept.items():
        variable = f"{prefix}_{snake(name).strip('_').upper() or 'COOKIE'}"
        variable += f"_{len(curl.secrets)}" if variable in curl.secrets else ""
        curl.secrets[variable] = value
        lines.append(f"{quoted(name)}: env({quoted(variable)})")
    site, inner = quoted(origin(curl.url)), ", ".join(lines)
    if len(inner) + len(site) > 70:
        inner = "\n" + "".join(f"        {line},\n" for line in lines) + "    "
    curl.login = (
        f"CookieLogin(\n    {{{site}: {{{inner}}}}},\n)"
        if "\n" in inner
        else f"CookieLogin({{{site}: {{{inner}}}}})"
    )
