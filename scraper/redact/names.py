"""Names that secrets go by, in headers, parameters and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote_plus

from scraper.redact.values import MASK, redact, redact_bytes, register

_WORD_ENDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W\d_]+")
_SECRET = re.compile(
    r"token(?!iz)|secret(?!ar)|passw|passphrase|passcode|(api|access|auth)-?key|sess(ion)?-?id|signature|"
    r"[cx]srf|credential|authori[sz]ation|bearer|jwt|cookie|kennwort|contrase|senha|motdepasse|wachtwoord|haslo|"
    r"\b(auth|hmac|keys?|otp|pass|pin|pwd?|session|sid|sig)\b|^(assertion|code|saml-?response|ticket)$"
)
_HARMLESS_KEY = re.compile(
    r"\b(cache|foreign|idempotency|partition|primary|public|socket|sort|surrogate)-key\b"
)

DEEPEST = 10
"""Addresses within the value of an address's parameter, one in the other, that are taken apart."""


@lru_cache(maxsize=4096)
def looks_secret(name: str) -> bool:
    """Whether a header, parameter, field or cookie of that name holds a secret, as far as names tell."""
    words = _WORD_ENDS.sub("-", name).strip("-").lower()
    return bool(_SECRET.search(_HARMLESS_KEY.sub("", words)))


def redact_url(url: str) -> str:
    """Return `url` without registered values, user info, and values of parameters that `looks_secret`.

    Parameters stand in the query, in the fragment, or behind a ``;`` in the path. For showing only: the
    address no longer works.
    """
    rest, hash_sign, fragment = url.partition("#")
    place, mark, query = rest.partition("?")
    place = _masked(_PATH_PARAMETER, _USER_INFO.sub(rf"\g<1>{MASK}@", place))
    query, fragment = (_masked(_PARAMETER, part) for part in (query, fragment))
    return redact(place + mark + query + hash_sign + fragment)


def secrets_of_url(url: str) -> Iterator[str]:
    """Yield the values of parameters that `redact_url` masks in `url`, percent-decoded."""
    rest, _, fragment = url.partition("#")
    place, _, query = rest.partition("?")
    for pattern, part in ((_PATH_PARAMETER, place), (_PARAMETER, query), (_PARAMETER, fragment)):
        yield from _secrets_in(pattern, part)


def register_url(url: str) -> None:
    """Keep out of logs what `redact_url` masks in `url`, also where it stands elsewhere.

    A site hands it out anew each time, so it does not last; see `register`.
    """
    for value in secrets_of_url(url):
        register(value, lasting=False)


def redact_json(data: bytes) -> bytes:
    """Return JSON without registered values, and without texts of members whose names `looks_secret`.

    It may break off anywhere, and need not be JSON all through. Lists of texts count as texts.
    """
    return redact_bytes(_MEMBER.sub(_without_texts, data))


_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"?'
_MEMBER = re.compile(rb'("([^"\\]{1,60})"\s*:\s*)(%b|\[(?:%b|[^]["{}]+)*)' % (_TEXT, _TEXT), re.DOTALL)
_TEXTS = re.compile(_TEXT, re.DOTALL)


def _without_texts(match: re.Match[bytes]) -> bytes:
    before, name, value = match.groups()
    is_secret = value != b'""' and looks_secret(name.decode("utf-8", "replace"))
    return before + _TEXTS.sub(f'"{MASK}"'.encode(), value) if is_secret else match[0]


_USER_INFO = re.compile(r"^((?:[a-z][a-z0-9+.-]*:)?//)[^/]*@", re.IGNORECASE)
_PATH_PARAMETER = re.compile(r"(;)([^;/=]*)=([^;/]*)")
_PARAMETER = re.compile(r"(^|[&?;])([^&?;=]*)=([^&]*)")


def _masked(pattern: re.Pattern[str], part: str, depth: int = 0) -> str:
    """Return a part of an address with stars for secrets, also for those of parameters within a value."""

    def mask(match: re.Match[str]) -> str:
        before, name, value = match.groups()
        if "=" in value and depth < DEEPEST:
            inner = _masked(_PARAMETER, value, depth + 1)
        else:
            inner = MASK if "=" in value else value
        return f"{before}{name}={MASK if value and looks_secret(unquote_plus(name)) else inner}"

    return pattern.sub(mask, part)


def _secrets_in(pattern: re.Pattern[str], part: str, depth: int = 0) -> Iterator[str]:
    """Yield what `_masked` puts stars for, percent-decoded."""
    for _, name, value in pattern.findall(part):
        if looks_secret(unquote_plus(name)):
            yield unquote_plus(value)
        elif "=" in value and depth < DEEPEST:
            yield from _secrets_in(_PARAMETER, value, depth + 1)
