"""Names that secrets go by, in headers, parameters and addresses."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from scraper.redact.values import MASK, redact

_WORD_ENDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W\d_]+")
_SECRET = re.compile(
    r"token(?!iz)|secret(?!ar)|passw|passphrase|passcode|(api|access|auth)-?key|sess(ion)?-?id|signature|"
    r"credential|authori[sz]ation|bearer|jwt|cookie|kennwort|contrase|senha|motdepasse|wachtwoord|haslo|"
    r"\b(auth|hmac|keys?|otp|pass|pin|pwd?|session|sid|sig)\b|^(assertion|code|saml-?response|ticket)$"
)
_HARMLESS_KEY = re.compile(
    r"\b(cache|foreign|idempotency|partition|primary|public|socket|sort|surrogate)-key\b"
)


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
    place = _PATH_PARAMETER.sub(_mask, _USER_INFO.sub(rf"\g<1>{MASK}@", place))
    query, fragment = (_PARAMETER.sub(_mask, part) for part in (query, fragment))
    return redact(place + mark + query + hash_sign + fragment)


_USER_INFO = re.compile(r"^((?:[a-z][a-z0-9+.-]*:)?//)[^/]*@", re.IGNORECASE)
_PATH_PARAMETER = re.compile(r"(;)([^;/=]*)=([^;/]*)")
_PARAMETER = re.compile(r"(^|[&?;])([^&?;=]*)=([^&]*)")


def _mask(match: re.Match[str]) -> str:
    before, name, value = match.groups()
    if value and looks_secret(unquote_plus(name)):
        return f"{before}{name}={MASK}"
    return f"{before}{name}={_PARAMETER.sub(_mask, value)}"
