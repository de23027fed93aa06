"""How long a token lasts, as the answer that grants it says, in whichever of the usual ways."""

from __future__ import annotations

import json
import math
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

SKEW = 30.0
"""Seconds before its end at which a token is renewed; of one that lasts a short time, a fifth of that."""

_SHARE = 0.2
_A_DAY = 86_400
_SINCE_1970 = 1e9
"""A larger number is a time rather than a duration: in seconds, it is in 2001."""

_DURATIONS = ("expires_in", "expiresIn", "expires_in_seconds")
_TIMES = (
    *("expires_at", "expiresAt", "expires_on", "expires", "exp", "expiry", "expiration"),
    *("access_token_expires_at", "accessTokenExpiresAt", "access_expires"),
)


def times_of(token: str | None, places: Sequence[Mapping[str, Any]], now: float) -> dict[str, float]:
    """Return when a token ends, and when it is to be renewed, in seconds since 1970; nothing if none says it.

    What counts is the token itself, where it is a JWT, then what stands in `places`, the nearest first. A
    lifetime counts from `now`, also that of a JWT, so that the clock of the site need not be right.
    """
    said = (seconds for seconds in _lifetimes(token, places, now) if math.isfinite(seconds))
    lifetime = next(said, 0.0)
    if lifetime <= 0:
        return {}
    return {"expires_at": now + lifetime, "renew_at": now + lifetime - min(SKEW, _SHARE * lifetime)}


def _lifetimes(token: str | None, places: Sequence[Mapping[str, Any]], now: float) -> Iterator[float]:
    claims = _claims(token or "")
    end, start = _seconds(claims.get("exp")), _seconds(claims.get("iat"))
    if end is not None:
        yield end - (now if start is None else start)
    for place in places:
        for name in _DURATIONS:
            if (seconds := _seconds(place.get(name))) is not None:
                yield seconds if seconds < _SINCE_1970 else _until(seconds, now)
        for name in _TIMES:
            if (seconds := _seconds(place.get(name))) is not None:
                yield _until(seconds, now)


def _until(value: float, now: float) -> float:
    """Return the seconds from `now` to a time, in seconds or milliseconds; or a duration in either.

    A number that would be a duration of more than a day in seconds is taken for milliseconds; if that is
    wrong, the token is renewed early.
    """
    if value < _SINCE_1970:
        return value / 1000 if value > _A_DAY else value
    return (value / 1000 if value > 100 * _SINCE_1970 else value) - now


def _seconds(value: Any) -> float | None:
    """Read a number, also as a text, or a date as ISO 8601 writes it."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return _date(str(value))


def _date(text: str) -> float | None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _claims(token: str) -> Mapping[str, Any]:
    """Return what a JWT (RFC 7519) says, unverified; nothing where it is none."""
    parts = token.split(".")
    try:
        claims = (
            json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))) if len(parts) == 3 else {}
        )
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
