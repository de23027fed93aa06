"""`totp`: one-time codes as an authenticator app shows them (RFC 6238), none of them twice."""

from __future__ import annotations

import hashlib
import logging
import math
import re
import threading
import time
from base64 import b32decode, b32encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeGuard
from urllib.parse import parse_qsl, urlsplit

from scraper.errors import ConfigError
from scraper.redact import register
from scraper.values.secret import Secret, Source, reveal, show

log = logging.getLogger(__name__)

ALGORITHMS = ("SHA1", "SHA256", "SHA512")
DIGITS = range(6, 11)
INTERVALS = range(1, 3601)
AHEAD = 10
"""Time steps. What is further in the future was noted by a clock that was wrong, and set back since."""
STRONG = 20
"""Bytes of a key that pyotp takes for safe."""

_Place = tuple[Secret, int]
"""A seed and an interval, for which time steps are counted."""


@dataclass(frozen=True)
class _Codes:
    """How codes are made; of which seed, once it is known. `interval` is in seconds, `seed` in base32."""

    digits: int
    interval: int
    algorithm: str
    seed: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name, value, allowed in (("digits", self.digits, DIGITS), ("interval", self.interval, INTERVALS)):
            if value not in allowed:
                raise ConfigError(f"totp() takes {name} from {allowed[0]} to {allowed[-1]}, not {value!r}.")
        if _plain(self.algorithm) not in ALGORITHMS:
            raise ConfigError(f"totp() has no algorithm {self.algorithm!r}; it has {', '.join(ALGORITHMS)}.")

    def step(self, moment: float) -> int:
        """Return the time step in which a moment lies, in seconds since 1970."""
        return int(moment // self.interval)

    def at(self, step: int) -> str:
        """Return the code of a time step."""
        import pyotp

        # pyotp refuses short keys, which sites do give out. HMAC itself fills a key up with zeros (RFC 2104).
        key = b32encode(_key(self.seed).ljust(STRONG, b"\0")).decode()
        digest = getattr(hashlib, _plain(self.algorithm).lower())
        return pyotp.HOTP(key, digits=self.digits, digest=digest).at(step)

    @property
    def place(self) -> _Place:
        """What the time steps of these codes are counted for."""
        return Secret.looked_up(self.seed), self.interval


class _Used:
    """The last time step used of each seed, for the whole program. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last, self._seen = dict[_Place, int](), dict[_Place, int]()

    def last(self, place: _Place) -> int:
        return self._last.get(place, 0)

    def take(self, place: _Place, now: int) -> int:
        """Use the first step that is left, from `now` on; return it."""
        with self._lock:
            self._see(place, now)
            self._last[place] = max(now, self.last(place) + 1)
            return self._last[place]

    def skip(self, place: _Place, step: int, now: int) -> None:
        """Count the steps up to `step` as used, unless it is more than `AHEAD` in the future."""
        with self._lock:
            self._see(place, now)
            if step <= now + AHEAD:
                self._last[place] = max(step, self.last(place))

    def _see(self, place: _Place, now: int) -> None:
        """Forget what was used by a clock that was wrong: since then it was set back by more than `AHEAD`."""
        if now + AHEAD < self._seen.get(place, now):
            self._last.pop(place, None)
        self._seen[place] = now

    def clear(self) -> None:
        with self._lock:
            self._last.clear()
            self._seen.clear()


_used = _Used()


def forget_used() -> None:
    """Forget which codes were given; for tests."""
    _used.clear()


class Totp:
    """The source that `totp` returns. Safe to use from several threads.

    Its seed is looked up for each code and by `identity`; what is known of used codes goes by the seed that
    was looked up last.
    """

    def __init__(
        self, seed: Source, codes: _Codes, clock: Callable[[], float], sleep: Callable[[float], object]
    ) -> None:
        self._seed, self._codes = seed, codes
        self._clock, self._sleep = clock, sleep
        self._seen: _Codes | None = None

    def __call__(self) -> Secret:
        """Return a code that was not given before; wait for the next one where that of now was."""
        codes = self._look_up()
        step = _used.take(codes.place, codes.step(self._clock()))
        self._wait(step * codes.interval - self._clock())
        return Secret.looked_up(codes.at(step))

    def identity(self) -> str:
        """Return the seed: base32 in capitals, without blanks and padding, however it was written."""
        return self._look_up().seed

    @property
    def used(self) -> int:
        """The last time step whose code was given, by any source of the same seed; 0 for none.

        Steps count the intervals since 1970. To be kept for the next run, which is to `skip` it.
        """
        return _used.last((self._seen or self._look_up()).place)

    def skip(self, step: int) -> None:
        """Count the codes up to and including a time step as used, as by a former run.

        A step more than `AHEAD` in the future does not count: no site took a code of then.
        """
        codes = self._seen or self._look_up()
        _used.skip(codes.place, step, codes.step(self._clock()))

    def __repr__(self) -> str:
        return f"totp({show(self._seed)})"

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            log.info("Waiting %d s for the next one-time code.", math.ceil(seconds))
            self._sleep(seconds)

    def _look_up(self) -> _Codes:
        text = reveal(self._seed)
        try:
            self._seen = codes = _read(text, self._codes)
        except ValueError:
            raise ConfigError(
                f"The seed of {self!r} is neither base32 (A to Z and 2 to 7) nor an otpauth://totp/ address; "
                "copy all of it from the site again."
            ) from None
        return codes


def _read(text: str, codes: _Codes) -> _Codes:
    """Complete `codes` by a seed or an otpauth address; `ValueError` where it is neither."""
    given = _parameters(text) if text.strip().lower().startswith("otpauth:") else {"secret": text}
    seed = _base32(given.get("secret", ""))
    for spelling in (given["secret"], seed):
        register(spelling)
    return replace(
        codes,
        seed=seed,
        digits=int(given.get("digits", codes.digits)),
        interval=int(given.get("period", codes.interval)),
        algorithm=given.get("algorithm", codes.algorithm),
    )


def _parameters(address: str) -> dict[str, str]:
    """Return the parameters of ``otpauth://totp/label?secret=...``; `ValueError` where it is none such."""
    parts = urlsplit(address.strip())
    if parts.netloc.lower() != "totp":
        raise ValueError
    return dict(parse_qsl(parts.query))


def _base32(text: str) -> str:
    """Return base32 in capitals and without blanks, dashes and padding; `ValueError` where it is none."""
    letters = re.sub(r"[\s=-]", "", text)
    if not _key(letters):
        raise ValueError
    return letters.upper()


def _key(seed: str) -> bytes:
    return b32decode(seed + "=" * (-len(seed) % 8), casefold=True)


def _plain(algorithm: str) -> str:
    return algorithm.upper().replace("-", "")


def is_one_time(source: object) -> TypeGuard[Totp]:
    """Whether a source gives a new value each time, one that is never to be sent twice."""
    return isinstance(source, Totp)


def totp(
    seed: Source,
    *,
    digits: int = 6,
    interval: int = 30,
    algorithm: str = "SHA1",
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], object] = time.sleep,
) -> Totp:
    """Make one-time codes of a seed, as an authenticator app does by RFC 6238, when they are needed.

    `seed` is what the site shows when two-factor sign-in is set up, best as ``totp(env("SHOP_TOTP"))``: in
    base32, with or without blanks, or the whole ``otpauth://totp/...`` address of the QR code, whose
    parameters win over these. A new code comes every `interval` seconds; it has 6 to 10 `digits`, and
    `algorithm` is SHA1, SHA256 or SHA512. What is none of this is a `ConfigError`.

    No code is given twice, as sites refuse that: asked again within one interval, this waits until the next
    begins. All sources of the same seed and interval in one program share that memory; `Totp.used` and
    `Totp.skip` carry it over to the next. `clock` gives the seconds since 1970, and `sleep` waits for some.
    """
    return Totp(seed, _Codes(digits, interval, algorithm), clock, sleep)
