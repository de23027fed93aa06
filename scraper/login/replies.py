"""What an API answers to a sign-in: its status comes first, then what it says, in words or in codes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from scraper.errors import CodeRejected, FetchError, LoginError, LoginRejected
from scraper.indicators import shows
from scraper.login import words
from scraper.login.base import Login
from scraper.login.complaints import DEEPEST, alerts_of, is_error, quoted, shown_url
from scraper.login.meaning import BY_WORDS, CODE, LOCKED, RATE, Meaning, broken, error_of
from scraper.response import Response

JUDGED = frozenset((400, 401, 403, 422))
"""With these, APIs say that they do not accept what was sent, if they add why."""

MOST_KEYS = 20
"""So many of an answer's keys a message names."""

_CODES = (
    (words.LOCKED, re.compile(r"locked|suspend|disabled|blocked|banned|deactivated|inactive", re.IGNORECASE)),
    (words.TOO_MANY, re.compile(r"too.?many|rate.?limit|throttl", re.IGNORECASE)),
    (words.CAPTCHA, re.compile(r"captcha", re.IGNORECASE)),
    (words.EXPIRED, re.compile(r"(password|credentials).?(has.?)?expired|expired.?password", re.IGNORECASE)),
    (words.STALE, re.compile(r"csrf|xsrf", re.IGNORECASE)),
    (words.CODE, re.compile(r"mfa|2fa|otp\b|_otp|otp_|two.?factor|second.?factor|tfa", re.IGNORECASE)),
)
_CODE_KEYS = ("code", "error", "error_code", "errorCode", "type", "reason", "status")
_STEP = re.compile(r"mfa|2fa|otp|two_?factor|second_?factor|tfa", re.IGNORECASE)
_ADVICE = {
    404: "Is that the address that the site's own scripts post to?",
    405: "Is that the address that the site's own scripts post to, and with that method?",
    415: "It may want a form, data={...}, instead of json={...}, or the other way round.",
}


def refusal(
    login: Login, answer: Response, secrets: Sequence[str], *, has_code: bool, what: str = "credentials"
) -> LoginError | None:
    """Return the error that the answer to a sign-in means; ``None`` where it does not refuse.

    `has_code`: whether a one-time code was sent along. `what` was sent is named in the message.
    """
    if shows(login.locked, answer):
        return error_of(LOCKED, answer, _said(answer), secrets)
    if shows(login.rejected, answer):
        return _rejected(answer, secrets, what)
    if answer.ok and not is_error(answer):
        return None
    return (
        _by_status(answer, secrets) or _by_words(answer, secrets, has_code) or _refused(answer, secrets, what)
    )


def _by_status(answer: Response, secrets: Sequence[str]) -> LoginError | None:
    if answer.status == 423:
        return error_of(LOCKED, answer, _said(answer), secrets)
    if answer.status == 429:
        kind = LOCKED if _says(words.LOCKED, answer) is not None else RATE
        return error_of(kind, answer, _said(answer), secrets)
    return None


def _by_words(answer: Response, secrets: Sequence[str], has_code: bool) -> LoginError | None:
    """Judge what the answer says; one that is broken says nothing of a code or a password."""
    for kind in [words.LOCKED, words.TOO_MANY] if answer.status >= 500 else BY_WORDS:
        if (text := _says(kind, answer)) is None:
            continue
        if kind == words.CODE and has_code:
            meaning = Meaning(
                CodeRejected, "did not accept the one-time code", "Check its source and the clock."
            )
        else:
            meaning = CODE._replace(advice=_GIVE_CODE) if kind == words.CODE else BY_WORDS[kind]
        return error_of(meaning, answer, text, secrets)
    is_later = _says(words.LATER, answer) is not None and _says(words.WRONG, answer) is None
    return error_of(RATE, answer, _said(answer), secrets) if is_later else None


_GIVE_CODE = (
    "Give the field for it a source, json={..., 'otp': totp(env('...'))}; where it is a request of its own, "
    "write a Login that sends both."
)


def _refused(answer: Response, secrets: Sequence[str], what: str) -> LoginError:
    """Judge an error that no word explains."""
    status, said = answer.status, _said(answer)
    if status >= 500:
        return error_of(broken(status), answer, said, secrets)
    is_judged = status == 401 or answer.ok or (status in JUDGED and said and not answer.is_html)
    if is_judged:
        return _rejected(answer, secrets, what)
    advice = _ADVICE.get(status, "It does not say why; see with login --explain what it sent.")
    return error_of(Meaning(LoginError, f"answered {status} to the sign-in", advice), answer, said, secrets)


def _rejected(answer: Response, secrets: Sequence[str], what: str) -> LoginError:
    told = f"did not accept the {what}: it answered {answer.status}"
    advice = f"Check the {what} before you sign in again."
    return error_of(Meaning(LoginRejected, told, advice), answer, _said(answer), secrets)


def _said(answer: Response) -> str:
    return next(iter(alerts_of(answer)), "")


def _says(kind: str, answer: Response) -> str | None:
    """Return the words of an answer that mean `kind`; its first ones where a code of it does."""
    for text in alerts_of(answer):
        if words.says(kind, text):
            return text
    patterns = [pattern for known, pattern in _CODES if known == kind]
    is_coded = any(pattern.search(code) for pattern in patterns for code in _codes(_data(answer)))
    return _said(answer) if is_coded else None


def _codes(data: Any, depth: int = 0) -> Iterator[str]:
    """Yield the codes in JSON by which programs know an error, such as ``USER_SUSPENDED``."""
    if depth >= DEEPEST:
        return
    if isinstance(data, dict):
        yield from (code for key in _CODE_KEYS if isinstance(code := data.get(key), str) and " " not in code)
    for part in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _codes(part, depth + 1)


# An answer without a token


def without_token(answer: Response, where: str, secrets: Sequence[str]) -> LoginError:
    """Return the error that an answer means which has no token at `where`; it names what it has instead."""
    data, url = _data(answer), shown_url(answer.url, secrets)
    if data is None and where.partition(":")[0] not in ("header", "cookie"):
        kind = answer.content_type or "nothing"
        return LoginError(
            f"{url} answered {answer.status} with {kind}, not with JSON, so there is no token in it. Is that "
            "the address that the site's own scripts post to?",
            response=answer,
        )
    keys = list(_keys(data))
    if any(map(_STEP.search, keys)):
        said = quoted(", ".join(keys), secrets)
        return CODE.error(
            f"{url} asks for a second step{said}, and gives no token yet. {_GIVE_CODE}", response=answer
        )
    return LoginError(
        f"{url} answered {answer.status} without a token at {where!r}; it has "
        f"{', '.join(keys) or 'nothing'}. Say where it is: "
        "token='data.access_token', 'header:X-Auth-Token' or 'cookie:jwt'.",
        response=answer,
    )


def _data(answer: Response) -> Any:
    try:
        return None if answer.is_html else answer.json()
    except FetchError:
        return None


def _keys(data: Any) -> list[str]:
    """Name the keys of JSON, those of objects in it behind a dot; never a value."""
    return [key for key, _ in zip(_paths(data, ""), range(MOST_KEYS), strict=False)]


def _paths(data: Any, before: str, depth: int = 0) -> Iterator[str]:
    for key, value in data.items() if isinstance(data, dict) else ():
        if isinstance(value, dict) and value and depth < DEEPEST:
            yield from _paths(value, f"{before}{key}.", depth + 1)
        else:
            yield f"{before}{key}"
