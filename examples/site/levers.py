"""The levers of the practice site: what each one does and which values it takes."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from threading import RLock
from typing import Any, Generic, Literal, Self, TypeVar, cast, overload

T = TypeVar("T")

SignedOutAnswer = Literal["redirect", "form", "401", "403"]
Failure = Literal["503", "503-retry-after", "drop"]


@dataclass(frozen=True)
class Kind:
    """What values a lever takes: in words, as a test, and read from a command line."""

    words: str
    fits: Callable[[object], bool]
    parse: Callable[[str], object] = str


def whole(least: int) -> Kind:
    """Whole numbers from `least`."""
    return Kind(f"a whole number from {least}", lambda value: type(value) is int and value >= least, int)


def choice(*names: str) -> Kind:
    """One of a few names."""
    return Kind("one of " + ", ".join(names), lambda value: value in names)


def or_never(kind: Kind) -> Kind:
    """What `kind` takes, or None, which a command line spells "never" or "null"."""
    return Kind(
        f"{kind.words}, or null for never",
        lambda value: value is None or kind.fits(value),
        lambda text: None if text in ("never", "null") else kind.parse(text),
    )


def is_seconds(value: object) -> bool:
    """Say whether a value is a length of time."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < inf


SECONDS = Kind("seconds as a number from 0", is_seconds, float)
FLAG = Kind("true or false", lambda value: isinstance(value, bool))


class Lever(Generic[T]):
    """One lever: an attribute that refuses values it could not act on."""

    name: str

    def __init__(self, default: T, kind: Kind, says: str) -> None:
        self.default = default
        self.kind = kind
        self.says = says

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, levers: None, owner: type) -> Self: ...
    @overload
    def __get__(self, levers: "Levers", owner: type) -> T: ...
    def __get__(self, levers: "Levers | None", owner: type) -> "Self | T":
        return self if levers is None else cast(T, levers._values[self.name])

    def __set__(self, levers: "Levers", value: T) -> None:
        self.check(value)
        with levers.lock:
            levers._values[self.name] = value

    def read(self, text: str) -> object:
        """Return the value that a text on a command line stands for; raise ValueError if it is none."""
        try:
            value = self.kind.parse(text)
        except ValueError:
            value = text
        self.check(value)
        return value

    def check(self, value: object) -> None:
        """Raise ValueError, with a sentence, for a value this lever does not take."""
        if not self.kind.fits(value):
            raise ValueError(f"The lever {self.name} takes {self.kind.words}; not {value!r}.")


class Levers:
    """How the site stands at the moment. Set a lever as an attribute, at any time, from any thread."""

    # Slots, so that a misspelt lever is an error and not a test that passes for nothing.
    __slots__ = ("_values", "lock")

    sign_out_after = Lever[int | None](
        None, or_never(whole(1)), "End all sessions after every so many requests of members, again and again."
    )
    sign_out_after_seconds = Lever[float | None](
        None, or_never(SECONDS), "End each session so many seconds after its sign-in."
    )
    signed_out_answer = Lever[SignedOutAnswer](
        "redirect",
        choice("redirect", "form", "401", "403"),
        "What a members' page answers to others: a redirect to /login, the login form at that URL, "
        "or a short page with status 401 or 403.",
    )
    fail_next = Lever[int](0, whole(0), "Let so many of the next requests fail.")
    fail_with = Lever[Failure](
        "503",
        choice("503", "503-retry-after", "drop"),
        "How they fail: with status 503, with 503 and Retry-After, or by closing the connection unanswered.",
    )
    retry_after = Lever[int](1, whole(0), "The seconds that Retry-After names.")
    latency = Lever[float](0, SECONDS, "Wait so many seconds before every answer.")
    rotate_cookie = Lever[bool](False, FLAG, "Give members a new session id with every answer.")
    rotate_grace = Lever[float](2.0, SECONDS, "Seconds for which a replaced session id is still good.")
    ask_totp = Lever[bool](False, FLAG, "Ask for a six-digit one-time code after the password.")
    lock_after = Lever[int | None](
        3, or_never(whole(1)), "Lock an account after so many wrong passwords in a row."
    )
    access_token_seconds = Lever[float](
        300, SECONDS, "Lifetime of an access token of the JSON API, in seconds."
    )

    def __init__(self) -> None:
        self.lock = RLock()
        self._values: dict[str, object] = {name: lever.default for name, lever in LEVERS.items()}

    @property
    def levers(self) -> dict[str, object]:
        """Every lever and how it stands."""
        with self.lock:
            return dict(self._values)

    def set_levers(self, **values: object) -> None:
        """Set several levers together, or none of them if one name or value is wrong."""
        for name, value in values.items():
            if name not in LEVERS:
                raise TypeError(f"The practice site has no lever {name!r}; it has {', '.join(LEVERS)}.")
            LEVERS[name].check(value)
        with self.lock:
            self._values.update(values)


LEVERS: dict[str, Lever[Any]] = {name: it for name, it in vars(Levers).items() if isinstance(it, Lever)}
