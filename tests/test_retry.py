import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from scraper import ConfigError, Retry, Session, TooLarge, TooManyRedirects, TooSlow
from scraper.retry import retry_after


class Patience(threading.Event):
    """An event that notes how long it was waited for, and lets no time pass."""

    def __init__(self, *, ends_after: int | None = None) -> None:
        super().__init__()
        self.waits: list[float] = []
        self.ends_after = ends_after

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        if len(self.waits) == self.ends_after:
            self.set()
        return self.is_set()


class Site:
    """Answers with these statuses or errors in turn, the last one for ever."""

    def __init__(self, *answers: int | Exception, **headers: str) -> None:
        self.answers, self.headers, self.asked = list(answers), headers, 0

    def __call__(self) -> requests.Response:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = answer
        response.headers.update({name.replace("_", "-"): value for name, value in self.headers.items()})
        return response


def call(
    site: Site, retry: Retry | None = None, *, method: str = "GET", hurry: Any = None
) -> tuple[int, int]:
    """Ask the site; return the status of the last answer, and the number of attempts."""
    response, attempts = (retry or Retry()).call(site, method=method, hurry=hurry or Patience())
    assert attempts == site.asked
    return response.status_code, attempts


# What is repeated


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 522, 524])
def test_a_transient_status_is_tried_again(status):
    assert call(Site(status, 200)) == (200, 2)


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 501])
def test_any_other_status_is_an_answer(status):
    assert call(Site(status)) == (status, 1)


def test_the_statuses_can_be_named():
    assert call(Site(404, 200), Retry(statuses=frozenset({404}))) == (200, 2)
    assert call(Site(503), Retry(statuses=frozenset({404}))) == (503, 1)


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError,
        requests.ConnectTimeout,
        requests.ReadTimeout,
        requests.exceptions.ProxyError,
        requests.exceptions.ChunkedEncodingError,
    ],
)
def test_a_passing_error_is_tried_again(error):
    assert call(Site(error("gone"), error("gone"), 200)) == (200, 3)


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.SSLError,
        requests.exceptions.InvalidURL,
        requests.exceptions.ContentDecodingError,
        requests.TooManyRedirects,
        TooLarge,
        TooManyRedirects,
        TooSlow,
    ],
)
def test_a_lasting_error_is_not_tried_again(error):
    site = Site(error("never"))
    with pytest.raises(error) as caught:
        call(site)
    assert (site.asked, caught.value.attempts) == (1, 1)


def test_an_error_in_our_own_code_comes_through_as_it_is():
    site = Site(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        call(site)
    assert site.asked == 1


@pytest.mark.parametrize("method", ["GET", "head", "OPTIONS", "TRACE"])
def test_a_safe_method_is_tried_again(method):
    assert call(Site(503, 200), method=method) == (200, 2)


@pytest.mark.parametrize("method", ["POST", "put", "PATCH", "DELETE", "LOGIN"])
def test_no_other_method_is_ever_tried_again(method):
    assert call(Site(503, 200), method=method) == (503, 1)
    site = Site(requests.ConnectionError("gone"), 200)
    with pytest.raises(requests.ConnectionError):
        call(site, method=method)
    assert site.asked == 1


def test_the_last_answer_is_returned_when_the_attempts_are_used_up():
    assert call(Site(500, 502, 503, 504), Retry(attempts=3)) == (503, 3)
    assert call(Site(503), Retry(attempts=1)) == (503, 1)
    assert call(Site(503)) == (503, 4)


def test_the_last_error_is_raised_when_the_attempts_are_used_up_and_counts_them():
    site = Site(requests.ConnectionError("first"), requests.ReadTimeout("last"))
    with pytest.raises(requests.ReadTimeout, match="last") as caught:
        call(site, Retry(attempts=2))
    assert (site.asked, caught.value.attempts) == (2, 2)


def test_a_number_of_attempts_is_a_policy():
    assert Retry.of(2) == Retry(attempts=2)
    assert Retry.of(Retry(wait=3)) == Retry(wait=3)


def test_a_policy_that_sends_nothing_is_refused():
    with pytest.raises(ConfigError, match=r"Retry\(attempts=0\) would never send anything; give at least 1"):
        Retry(attempts=0)


# How long it waits


def waits(*answers: int | Exception, retry: Retry, **headers: str) -> list[float]:
    patience = Patience()
    call(Site(*answers, **headers), retry, hurry=patience)
    return patience.waits


def test_the_pauses_grow_up_to_a_limit(monkeypatch):
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    assert waits(500, retry=Retry(attempts=6, wait=2, max_wait=20)) == [2, 4, 8, 16, 20]


def test_the_pauses_are_drawn_from_the_first_on(monkeypatch):
    monkeypatch.setattr("random.uniform", lambda low, high: low)
    assert waits(500, retry=Retry(attempts=3)) == [1, 1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("7", 7.0), ("0", 0.0), ("86400", 60.0), ("9" * 400, 60.0), ("-5", 0.0), ("1.5", 0.0), ("soon", 0.0)],
)
def test_retry_after_is_the_least_that_is_waited_up_to_a_limit(value, expected):
    assert waits(503, 200, retry=Retry(wait=0), Retry_After=value) == [expected]


def test_a_longer_pause_than_retry_after_stays(monkeypatch):
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    assert waits(503, 200, retry=Retry(wait=30), Retry_After="7") == [30]


def test_retry_after_may_be_a_date():
    soon = datetime.now(UTC) + timedelta(seconds=100)
    assert retry_after(format_datetime(soon, usegmt=True)) == pytest.approx(100, abs=5)
    assert retry_after(soon.strftime("%a, %d %b %Y %H:%M:%S")) == pytest.approx(100, abs=5)
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@pytest.mark.parametrize(
    "value",
    ["", "²", "inf", "nan", "Fri, 31 Dec 99999999999999999999 23:59:59 GMT", "1 Jan 2099 +99999999999999"],
)
def test_retry_after_without_sense_is_no_wait(value):
    assert retry_after(value) == 0


# In a hurry


def test_in_a_hurry_nothing_is_repeated():
    hurry = threading.Event()
    hurry.set()
    assert call(Site(503, 200), Retry(wait=60), hurry=hurry) == (503, 1)


def test_a_pause_that_is_cut_short_ends_with_what_it_has():
    assert call(Site(500, 502, 200), hurry=Patience(ends_after=2)) == (502, 2)


# In a session


def test_a_session_retries_what_requests_gives_it(requests_mock):
    requests_mock.get(
        "https://shop.example/", [{"exc": requests.ConnectionError}, {"status_code": 503}, {"text": "here"}]
    )
    with Session(retry=Retry(wait=0)) as session:
        assert session.get("https://shop.example/").text == "here"
    assert requests_mock.call_count == 3
