"""The retry policy: a thin, opinionated wrapper over tenacity."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import chain, repeat

import requests
import tenacity
from tenacity.stop import stop_base
from tenacity.wait import wait_base
from urllib3.exceptions import NewConnectionError

from scraper.errors import ConfigError, TooLarge, TooManyRedirects, TooSlow
from scraper.redact import redact_url
from scraper.request import SAFE_METHODS
from scraper.turns import passed

log = logging.getLogger(__name__)

TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 525)})
TRANSIENT_ERRORS = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
PERMANENT_ERRORS = (requests.exceptions.SSLError, TooLarge, TooManyRedirects, TooSlow)


@dataclass(frozen=True)
class Retry:
    """How often and when a request that failed for a passing reason is sent again.

    `attempts` counts the first one too. `wait` and `max_wait` are seconds: the pause before the repeat is
    drawn between `wait` and `wait` doubled each time, at most `max_wait` (exponential backoff with jitter); a
    ``Retry-After`` of the server is the least that is waited, up to `max_wait`. Safe methods are repeated;
    others only where no byte of the request was sent.
    """

    attempts: int = 4
    statuses: frozenset[int] = TRANSIENT_STATUSES
    wait: float = 1.0
    max_wait: float = 60.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ConfigError(f"Retry(attempts={self.attempts}) would never send anything; give at least 1.")

    @classmethod
    def of(cls, value: Retry | int) -> Retry:
        """Accept a plain number of attempts."""
        return value if isinstance(value, Retry) else cls(attempts=value)

    def call(
        self,
        send: Callable[[], requests.Response],
        *,
        method: str,
        hurry: threading.Event,
        url: str = "",
        waits: bool = True,
    ) -> tuple[requests.Response, int]:
        """Call `send` until it answers; return the last answer and the number of attempts.

        Unless it `waits`, an answer that says when to come again is the last one.

        An answer with a transient status that outlives the attempts is returned, an error is raised, with
        ``attempts`` set on it. Once `hurry` is set, nothing is waited for or repeated any more.
        """
        first = _Outcome(send)
        if first.is_settled(self.statuses):
            return first.result(), 1
        sends = chain([first.result], repeat(send))
        retrying = self._retrying(method, url, hurry, waits)
        try:
            response = retrying(lambda: next(sends)())
        except requests.RequestException as error:
            error.attempts = retrying.statistics["attempt_number"]  # type: ignore[attr-defined]
            raise
        return response, retrying.statistics["attempt_number"]

    def _retrying(self, method: str, url: str, hurry: threading.Event, waits: bool) -> tenacity.Retrying:
        is_safe = method.upper() in SAFE_METHODS

        def is_passing(answer: requests.Response) -> bool:
            is_told = not waits and asked_to_wait(answer.status_code, answer.headers) > 0
            return is_safe and answer.status_code in self.statuses and not is_told

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_transient if is_safe else _is_unsent)
            | tenacity.retry_if_result(is_passing),
            wait=_Wait(self.wait, self.max_wait),
            stop=tenacity.stop_after_attempt(self.attempts) | _CutShort(hurry),
            sleep=lambda seconds: None,
            before_sleep=partial(_tell, f"{method} {redact_url(url)}", self.attempts),
            retry_error_callback=_last_outcome,
        )


class _Outcome:
    """What came of the first attempt, which mostly is the only one: tenacity sees it only if it is not."""

    def __init__(self, send: Callable[[], requests.Response]) -> None:
        self.answer: requests.Response | None = None
        self.error: requests.RequestException | None = None
        try:
            self.answer = send()
        except requests.RequestException as error:
            self.error = error

    def is_settled(self, transient: frozenset[int]) -> bool:
        """Whether there is an answer, and not one that may pass."""
        return self.answer is not None and self.answer.status_code not in transient

    def result(self) -> requests.Response:
        """Return the answer or raise the error."""
        if self.answer is None:
            assert self.error is not None
            raise self.error
        return self.answer


def _tell(what: str, attempts: int, state: tenacity.RetryCallState) -> None:
    """Log that an attempt failed, and let go of its answer."""
    assert state.outcome is not None
    if state.outcome.failed:
        why = type(state.outcome.exception()).__name__
    else:
        answer = state.outcome.result()
        why = f"answered {answer.status_code}"
        if answer.raw is not None:
            answer.close()
    log.info("%s: attempt %d of %d: %s", what, state.attempt_number, attempts, why)


def _is_unsent(error: BaseException) -> bool:
    """Whether no byte of the request was sent, so that even an unsafe one may be repeated."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectionError) and isinstance(reason, NewConnectionError)


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, TRANSIENT_ERRORS) and not isinstance(error, PERMANENT_ERRORS)


def _last_outcome(state: tenacity.RetryCallState) -> requests.Response:
    assert state.outcome is not None
    result: requests.Response = state.outcome.result()
    return result


class _CutShort(stop_base):
    """Waits before the next attempt, and is a reason to stop where the wait was cut short."""

    def __init__(self, hurry: threading.Event) -> None:
        self.hurry = hurry

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        with passed():
            return self.hurry.wait(retry_state.upcoming_sleep)


class _Wait(wait_base):
    """Exponential backoff with jitter that waits at least as long as the server asks."""

    def __init__(self, wait: float, max_wait: float) -> None:
        self.backoff = tenacity.wait_random_exponential(multiplier=wait, max=max_wait)
        self.least, self.max_wait = min(wait, max_wait), max_wait

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        return max(self.least, self.backoff(retry_state), self._asked_for(retry_state))

    def _asked_for(self, state: tenacity.RetryCallState) -> float:
        if state.outcome is None or state.outcome.failed:
            return 0.0
        asked = retry_after(state.outcome.result().headers.get("Retry-After", ""))
        return min(asked, self.max_wait)


def asked_to_wait(status: int, headers: Mapping[str, str]) -> float:
    """Return the seconds that an answer 429 or 503 asks to wait; 0 where it does not ask."""
    return retry_after(headers.get("Retry-After", "")) if status in (429, 503) else 0.0


def retry_after(value: str) -> float:
    """Return the seconds a ``Retry-After`` header asks for (RFC 9110, 10.2.3), 0 where it makes no sense."""
    try:
        return max(0.0, float(value)) if value.strip().isdigit() else max(0.0, _until(value))
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _until(http_date: str) -> float:
    when = parsedate_to_datetime(http_date)
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return when.timestamp() - time.time()
