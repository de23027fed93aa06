"""When a token ends, in whichever of the usual ways an answer says it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from scraper.login.expiry import times_of

NOW = 1_700_000_000.0


def jwt(**claims: Any) -> str:
    """A JWT that nobody has signed."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims)]
    return ".".join([*parts, "c2lnbmVk"])


@pytest.mark.parametrize(
    ("token", "said", "lasts"),
    [
        (None, {"expires_in": 3600}, 3600),
        (None, {"expires_in": "3600"}, 3600),
        (None, {"expiresIn": 60.5}, 60.5),
        (None, {"expires_in": 2_592_000}, 2_592_000),
        (None, {"expires": 900_000}, 900),
        (None, {"expires": 3600}, 3600),
        (None, {"expires_at": NOW + 60}, 60),
        (None, {"expires_at": (NOW + 60) * 1000}, 60),
        (None, {"expires_in": NOW + 60}, 60),
        (None, {"expiresAt": "2023-11-14T22:14:20Z"}, 60),
        (None, {"expires": "2023-11-14T22:14:20.000+00:00"}, 60),
        (None, {"expires_at": "2023-11-14 22:14:20"}, 60),
        (jwt(exp=NOW + 5, iat=NOW), {"expires": 5000}, 5),
        (jwt(exp=NOW + 5), {}, 5),
        (jwt(exp=NOW - 7000, iat=NOW - 7200), {}, 200),
        (jwt(sub="ada"), {"expires_in": 60}, 60),
        ("no.jwt.here", {"expires_in": 60}, 60),
    ],
)
def test_a_lifetime_is_read(token, said, lasts):
    times = times_of(token, [said], NOW)
    assert times["expires_at"] == pytest.approx(NOW + lasts)
    assert times["renew_at"] == pytest.approx(NOW + lasts - min(30, lasts / 5))


def test_what_stands_nearest_counts():
    assert times_of(None, [{"expires_in": 60}, {"expires_in": 90}], NOW)["expires_at"] == NOW + 60


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"expires_in": 0},
        {"expires_in": -5},
        {"expires_at": NOW - 60},
        {"expires_in": None},
        {"expires_in": True},
        {"expires_in": "soon"},
        {"expires_in": float("inf")},
        {"expires_in": "nan"},
        {"expires": {"in": 5}},
    ],
)
def test_nonsense_says_nothing(said):
    assert times_of("a.b.c", [said], NOW) == {}
