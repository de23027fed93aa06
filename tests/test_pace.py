from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

from scraper.pace import NEAR, SPREAD, Pace
from scraper.retry import retry_after

SHOP, OTHER, HERE = "https://shop.example/books", "https://other.example/", "http://127.0.0.1:8000/"


class Clock:
    """Time that passes only when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def same_chance_every_time() -> None:
    random.seed(5)


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """No jitter."""
    monkeypatch.setattr("random.uniform", lambda low, high: (low + high) / 2)


def send(pace: Pace, url: str, times: int = 1) -> None:
    """Let so many requests go, if they may or not."""
    for _ in range(times):
        pace.when(url)
        pace.started(url)


def answer(pace: Pace, url: str, status: int | None, times: int = 1, **more) -> None:
    """Send requests one by one, and take in the answer to each."""
    for _ in range(times):
        send(pace, url)
        pace.finished(url, status=status, **{"elapsed": 0.1, **more})


def gaps(moments: Iterable[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(moments)]


# Delay


@pytest.mark.usefixtures("steady")
def test_requests_to_one_host_go_one_delay_apart(clock):
    pace = Pace(2, clock)
    assert [pace.when(SHOP) for _ in range(3)] == [1000, 1002, 1004]


@pytest.mark.usefixtures("steady")
def test_every_host_has_its_own_pace(clock):
    pace = Pace(2, clock)
    assert [pace.when(url) for url in (SHOP, OTHER, SHOP, OTHER)] == [1000, 1000, 1002, 1002]


@pytest.mark.usefixtures("steady")
def test_every_account_has_its_own_pace_at_a_host(clock):
    pace = Pace(2, clock)
    assert [pace.when(SHOP, who) for who in ("ada", "bob", "ada", "bob")] == [1000, 1000, 1002, 1002]
    clock.now += 10
    assert [pace.when(SHOP, "ada") for _ in range(4)] == [1010, 1012, 1014, 1016]
    assert pace.when(SHOP, "bob") == 1010


@pytest.mark.usefixtures("steady")
def test_what_a_host_says_holds_for_every_account(clock):
    pace = Pace(1, clock)
    pace.keep(SHOP, 3)
    assert [pace.when(SHOP, who) for who in ("ada", "bob")] == [1000, 1003]
    pace.started(SHOP)
    pace.finished(SHOP, status=429, elapsed=0.1, retry_after=600)
    assert all(pace.when(SHOP, who) >= 1600 for who in ("ada", "bob", "eve"))


@pytest.mark.usefixtures("steady")
def test_a_host_is_the_same_however_its_address_is_written(clock):
    pace = Pace(2, clock)
    urls = (SHOP, "https://SHOP.example:443/", "http://ada@shop.example:8080/")
    assert [pace.when(url) for url in urls] == [1000, 1002, 1004]


@pytest.mark.usefixtures("steady")
def test_time_that_has_passed_is_not_made_up_for(clock):
    pace = Pace(2, clock)
    pace.when(SHOP)
    clock.now += 100
    assert [pace.when(SHOP) for _ in range(2)] == [1100, 1102]


def taken(pace: Pace, clock: Clock, url: str) -> float:
    """The next moment of the host, which the clock goes on to."""
    clock.now = pace.when(url)
    return clock.now


def test_the_delay_is_half_more_or_less(clock):
    pace = Pace(2, clock)
    apart = gaps(taken(pace, clock, SHOP) for _ in range(300))
    assert 1 <= min(apart) < 1.2
    assert 2.8 < max(apart) <= 3


@pytest.mark.parametrize(("delay", "url"), [(0, SHOP), (-1, SHOP), (2, HERE), (2, "http://app.localhost/")])
def test_without_a_delay_and_on_this_machine_all_go_at_once(clock, delay, url):
    pace = Pace(delay, clock)
    assert [pace.when(url) for _ in range(3)] == [1000, 1000, 1000]


@pytest.mark.parametrize("url", [SHOP, HERE])
def test_a_crawl_delay_is_kept_in_full_also_on_this_machine(clock, url):
    pace = Pace(1, clock)
    pace.keep(url, 3)
    assert min(gaps(taken(pace, clock, url) for _ in range(100))) == 3


@pytest.mark.usefixtures("steady")
def test_a_crawl_delay_below_the_own_delay_changes_nothing(clock):
    pace = Pace(2, clock)
    pace.keep(SHOP, 1)
    assert [pace.when(SHOP) for _ in range(2)] == [1000, 1002]


# Near and far


@pytest.mark.usefixtures("steady")
def test_only_a_moment_that_is_near_is_taken(clock):
    pace = Pace(4, clock)
    assert [pace.when(SHOP) for _ in range(3)] == [1000, 1004, 1008]
    clock.now += 4
    assert pace.when(SHOP) == 1008


@pytest.mark.usefixtures("steady")
def test_what_waits_in_the_frontier_comes_back_by_and_by_as_soon_as_it_might_go(clock):
    pace = Pace(10, clock)
    assert [pace.when(SHOP) for _ in range(5)] == [1000, 1010, 1015, 1020, 1025]


@pytest.mark.usefixtures("steady")
def test_someone_is_called_for_each_moment(clock):
    pace = Pace(10, clock)
    assert [pace.when(SHOP) for _ in range(3)] == [1000, 1010, 1015]
    clock.now = 1010
    assert [pace.when(SHOP) for _ in range(2)] == [1010, 1020]


@pytest.mark.usefixtures("steady")
def test_nothing_is_put_off_for_much_longer_than_the_first_has_to_wait(clock):
    pace = Pace(10, clock)
    assert max(pace.when(SHOP) for _ in range(1000)) == 1010 + SPREAD


def test_a_moment_that_was_taken_and_not_used_lapses(clock):
    pace = Pace(2, clock)
    pace.when(SHOP)
    clock.now += 3
    assert pace.when(SHOP) == clock.now


# How many at once


def test_so_many_requests_to_one_host_are_under_way_at_once(clock):
    pace = Pace(0, clock, per_host=2)
    assert [pace.started(url) for url in (SHOP, SHOP, SHOP, OTHER)] == [True, True, False, True]


def test_an_answer_makes_room_for_the_next_one(clock):
    pace = Pace(0, clock, per_host=1)
    pace.started(SHOP)
    assert not pace.started(SHOP)
    pace.finished(SHOP, status=200, elapsed=1)
    assert pace.started(SHOP)


def test_a_request_that_was_never_sent_makes_room_and_says_nothing(clock):
    pace = Pace(0, clock, per_host=1)
    for _ in range(100):
        assert pace.started(SHOP)
        pace.dropped(SHOP)
    assert pace.when(SHOP) == clock.now


def test_to_a_host_with_a_limit_twice_as_many_may_come_as_its_answers_make_room_for(clock):
    pace = Pace(0, clock, per_host=2)
    answer(pace, SHOP, 200, elapsed=4)
    send(pace, SHOP, 2)
    assert gaps(pace.when(SHOP) for _ in range(3)) == [1, 1]


def test_a_full_host_of_which_nothing_is_known_is_asked_again_soon(clock):
    pace = Pace(0, clock, per_host=1)
    send(pace, SHOP)
    assert clock.now < pace.when(SHOP) < clock.now + 1


# Retry-After


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("url", [SHOP, HERE])
def test_retry_after_pauses_the_host_also_on_this_machine(clock, status, url):
    pace = Pace(0, clock)
    answer(pace, url, status, retry_after=120)
    assert pace.when(url) == 1120
    assert not pace.started(url)


def test_a_pause_is_of_its_host_alone(clock):
    pace = Pace(0, clock)
    answer(pace, SHOP, 429, retry_after=120)
    assert pace.when(OTHER) == clock.now


def test_a_pause_holds_back_what_had_its_moment_already(clock):
    pace = Pace(0, clock)
    pace.when(SHOP)
    answer(pace, SHOP, 429, retry_after=60)
    assert not pace.started(SHOP)
    clock.now += 60
    assert pace.started(SHOP)


def test_the_longest_of_several_pauses_counts(clock):
    pace = Pace(0, clock)
    send(pace, SHOP, 3)
    for seconds in (30, 90, 10):
        pace.finished(SHOP, status=429, elapsed=0.1, retry_after=seconds)
    assert pace.when(SHOP) == 1090


@pytest.mark.parametrize("status", [200, 301, 404, 500])
def test_retry_after_with_another_status_says_nothing(clock, status):
    pace = Pace(0, clock)
    answer(pace, SHOP, status, retry_after=120)
    assert pace.when(SHOP) == clock.now


def test_progress_is_told_who_is_paused_until_when_and_why(clock):
    pace = Pace(0, clock)
    answer(pace, SHOP, 503, retry_after=120)
    assert pace.paused() == {"shop.example": (1120, "answered 503 and asks to wait 120 seconds")}
    clock.now += 120
    assert pace.paused() == {}


@pytest.mark.usefixtures("steady")
@pytest.mark.parametrize("seconds", [None, 0, -5, math.nan])
def test_a_retry_after_without_sense_only_slows_down(clock, seconds):
    pace = Pace(0, clock)
    answer(pace, SHOP, 429, retry_after=seconds)
    assert pace.paused() == {}
    assert pace.when(SHOP) == 1000.5


@pytest.mark.parametrize("header", ["31536000", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 400])
def test_a_host_that_asks_for_longer_than_a_crawl_waits_has_stalled(clock, header):
    pace = Pace(0, clock)
    answer(pace, SHOP, 429, retry_after=retry_after(header))
    assert pace.when(SHOP) == math.inf
    assert not pace.started(SHOP)
    assert list(pace.stalled()) == ["shop.example"]
    assert pace.paused() == {}


def test_why_a_host_stalled_is_a_sentence(clock):
    pace = Pace(0, clock)
    answer(pace, SHOP, 503, retry_after=31_536_000)
    assert pace.stalled()["shop.example"] == (
        "shop.example answered 503 and asks to wait 31,536,000 seconds; a crawl waits 3,600 at most."
    )


def test_how_long_a_crawl_waits_can_be_said(clock):
    pace = Pace(0, clock, max_pause=10)
    answer(pace, SHOP, 429, retry_after=10)
    assert pace.stalled() == {}
    answer(pace, OTHER, 429, retry_after=11)
    assert list(pace.stalled()) == ["other.example"]


# Throttle


def delays(pace: Pace, clock: Clock, url: str = SHOP) -> float:
    """The seconds between two requests that start now."""
    clock.now += 1000
    first, second = pace.when(url), pace.when(url)
    return second - first


@pytest.mark.usefixtures("steady")
@pytest.mark.parametrize("status", [429, 503, None])
def test_trouble_doubles_the_delay_by_half_a_second_at_least_up_to_a_minute(clock, status):
    pace, seen = Pace(0.1, clock), []
    for _ in range(9):
        answer(pace, SHOP, status)
        answer(pace, SHOP, 404)
        seen.append(round(delays(pace, clock), 3))
    assert seen == [0.6, 1.2, 2.4, 4.8, 9.6, 19.2, 38.4, 60, 60]


@pytest.mark.usefixtures("steady")
def test_answers_to_what_was_sent_before_it_slowed_down_count_once(clock):
    pace = Pace(0.5, clock)
    send(pace, SHOP, 6)
    for _ in range(6):
        pace.finished(SHOP, status=429, elapsed=0.1)
    assert delays(pace, clock) == 1


@pytest.mark.usefixtures("steady")
def test_what_had_its_moment_when_the_host_slowed_down_waits_for_the_new_delay(clock):
    pace = Pace(4, clock)
    pace.when(SHOP)
    answer(pace, SHOP, 429)
    assert not pace.started(SHOP)
    assert pace.when(SHOP) == 1008


@pytest.mark.usefixtures("steady")
def test_each_good_answer_takes_away_a_fifth_of_what_was_added(clock):
    pace = Pace(1, clock)
    answer(pace, SHOP, 429, 3)
    assert delays(pace, clock) == 8
    answer(pace, SHOP, 200)
    assert delays(pace, clock) == pytest.approx(1 + 7 * 0.8)
    answer(pace, SHOP, 200, 40)
    assert delays(pace, clock) == 1


@pytest.mark.usefixtures("steady")
@pytest.mark.parametrize("status", [400, 404, 500, 502])
def test_a_page_that_is_wrong_neither_slows_down_nor_speeds_up(clock, status):
    pace = Pace(1, clock)
    answer(pace, SHOP, 429)
    answer(pace, SHOP, status, 5)
    assert delays(pace, clock) == 2


@pytest.mark.usefixtures("steady")
def test_a_host_that_labours_is_slowed_down_to_one_request_an_answer(clock):
    pace = Pace(0.25, clock)
    answer(pace, SHOP, 200, 20, elapsed=0.2)
    answer(pace, SHOP, 200, 12, elapsed=4)
    assert 2 < delays(pace, clock) <= 4


@pytest.mark.usefixtures("steady")
def test_it_goes_on_as_before_when_the_host_has_caught_its_breath(clock):
    pace = Pace(0.25, clock)
    answer(pace, SHOP, 200, 20, elapsed=0.2)
    answer(pace, SHOP, 200, 12, elapsed=4)
    answer(pace, SHOP, 200, 60, elapsed=0.2)
    assert delays(pace, clock) == 0.25


@pytest.mark.usefixtures("steady")
def test_a_host_that_takes_longer_for_good_is_not_held_to_what_it_was(clock):
    pace = Pace(0.25, clock)
    answer(pace, SHOP, 200, 20, elapsed=0.2)
    answer(pace, SHOP, 200, 200, elapsed=4)
    assert delays(pace, clock) == 0.25


@pytest.mark.usefixtures("steady")
def test_latency_that_only_varies_slows_nothing_down(clock):
    pace, chance = Pace(0.25, clock), random.Random(5)
    for _ in range(500):
        answer(pace, SHOP, 200, elapsed=chance.uniform(0.1, 0.6))
    assert delays(pace, clock) == 0.25


@pytest.mark.usefixtures("steady")
def test_this_machine_is_slowed_down_by_what_it_says_not_by_what_it_takes(clock):
    pace = Pace(1, clock)
    answer(pace, HERE, 200, 20, elapsed=0.01)
    answer(pace, HERE, 200, 20, elapsed=9)
    answer(pace, HERE, None)
    assert delays(pace, clock, HERE) == 0
    answer(pace, HERE, 429)
    assert delays(pace, clock, HERE) == 0.5


@pytest.mark.usefixtures("steady")
@pytest.mark.parametrize("status", [429, 503, None])
def test_without_throttle_the_delay_stays(clock, status):
    pace = Pace(1, clock, throttle=False)
    answer(pace, SHOP, status, 3)
    assert delays(pace, clock) == 1


def test_a_delay_above_a_minute_stays(clock):
    pace = Pace(200, clock)
    answer(pace, SHOP, 429)
    assert delays(pace, clock) >= 100


# Hosts that keep failing


@pytest.mark.parametrize("status", [500, 502, 503, 429, None])
def test_a_host_that_fails_eight_times_in_a_row_is_left_alone(clock, status):
    pace = Pace(0, clock, throttle=False)
    answer(pace, SHOP, status, 7)
    assert pace.when(SHOP) == clock.now
    answer(pace, SHOP, status)
    assert pace.when(SHOP) == clock.now + 30
    assert not pace.started(SHOP)


def test_why_it_is_left_alone_can_be_told(clock):
    pace = Pace(0, clock)
    answer(pace, SHOP, 500, 8)
    answer(pace, OTHER, None, 8)
    assert pace.paused()["shop.example"] == (1030, "failed 8 times in a row, the last time with 500")
    assert pace.paused()["other.example"] == (1030, "failed 8 times in a row, the last time with no answer")


@pytest.mark.parametrize("status", [200, 302, 404, 401])
def test_any_answer_that_is_no_failure_ends_the_row(clock, status):
    pace = Pace(0, clock)
    answer(pace, SHOP, 500, 7)
    answer(pace, SHOP, status)
    answer(pace, SHOP, 500, 7)
    assert pace.paused() == {}


def test_after_the_rest_one_request_tries(clock):
    pace = Pace(0, clock)
    answer(pace, SHOP, 500, 8)
    clock.now += 30
    assert [pace.started(SHOP) for _ in range(3)] == [True, False, False]
    assert pace.when(SHOP) > clock.now + NEAR


def test_a_request_that_tries_and_succeeds_opens_the_host(clock):
    pace = Pace(0, clock)
    answer(pace, SHOP, 500, 8)
    clock.now += 30
    answer(pace, SHOP, 200)
    assert [pace.started(SHOP) for _ in range(3)] == [True, True, True]


def test_each_rest_is_twice_as_long_and_after_five_the_host_has_stalled(clock):
    pace, rests = Pace(0, clock), []
    answer(pace, SHOP, 500, 8)
    while pace.paused():
        rests.append(pace.when(SHOP) - clock.now)
        clock.now += rests[-1]
        answer(pace, SHOP, 500)
    assert rests == [30, 60, 120, 240, 480]
    assert pace.when(SHOP) == math.inf
    assert pace.stalled() == {
        "shop.example": "shop.example failed 13 times in a row, the last time with 500."
    }


def test_answers_to_what_was_sent_before_the_rest_do_not_prolong_it(clock):
    pace = Pace(0, clock, throttle=False)
    send(pace, SHOP, 30)
    for _ in range(30):
        pace.finished(SHOP, status=500, elapsed=0.1)
    assert pace.paused()["shop.example"][0] == 1030


def test_a_server_that_says_wait_again_and_again_stalls_in_the_end(clock):
    pace = Pace(0, clock)
    for _ in range(20):
        answer(pace, SHOP, 429, retry_after=10)
        clock.now = max(clock.now, pace.when(SHOP)) if not pace.stalled() else clock.now
    assert list(pace.stalled()) == ["shop.example"]


# A crawl


@dataclass
class Crawl:
    """A loop as the docstring of `Pace` has it, with a frontier, over a server that answers as it is told."""

    pace: Pace
    clock: Clock
    server: Callable[[str], tuple[int | None, float, float | None]]
    concurrency: int = 8
    sent: list[tuple[float, str]] = field(default_factory=list)
    done: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def run(self, urls: Iterable[str]) -> Crawl:
        self.leases, self.frontier, self.held, self.under_way = list(urls), [], [], []
        while self.leases or self.frontier or self.held or self.under_way:
            self.hand_out()
            self.clock.now = max(self.clock.now, min(self.next_moments(), default=self.clock.now))
            self.take_in()
        return self

    def hand_out(self) -> None:
        now, self.leases, leases = self.clock.now, [], self.leases
        while self.frontier and self.frontier[0][0] <= now:
            leases.append(heapq.heappop(self.frontier)[1])
        for url in leases:
            self.place(url, self.pace.when(url))
        due = sorted(pair for pair in self.held if pair[0] <= now)[: self.concurrency - len(self.under_way)]
        for pair in due:
            self.held.remove(pair)
            if self.pace.started(pair[1]):
                self.send(pair[1])
            else:
                self.leases.append(pair[1])

    def place(self, url: str, moment: float) -> None:
        if moment == math.inf:
            self.failed[url] = self.pace.stalled()[url.split("/")[2]]
        elif moment > self.clock.now + NEAR:
            heapq.heappush(self.frontier, (moment, url))
        else:
            self.held.append((moment, url))

    def send(self, url: str) -> None:
        self.sent.append((self.clock.now, url))
        status, elapsed, wait = self.server(url)
        heapq.heappush(self.under_way, (self.clock.now + elapsed, url, status or 0, elapsed, wait))

    def next_moments(self) -> list[float]:
        is_free = len(self.under_way) < self.concurrency
        waiting = (self.frontier[:1] + self.held) if is_free else []
        now = [self.clock.now] if self.leases else []
        return now + [entry[0] for entry in [*self.under_way[:1], *waiting]]

    def take_in(self) -> None:
        while self.under_way and self.under_way[0][0] <= self.clock.now:
            _, url, status, elapsed, wait = heapq.heappop(self.under_way)
            self.pace.finished(url, status=status or None, elapsed=elapsed, retry_after=wait)
            if status == 200:
                self.done[url] = self.clock.now
            else:
                self.leases.append(url)

    def sent_within(self, start: float, end: float) -> list[float]:
        return [moment for moment, _ in self.sent if start < moment < end]


def pages(host: str, n: int = 200) -> list[str]:
    return [f"https://{host}/{i}" for i in range(n)]


def test_a_crawl_sends_nothing_inside_the_window_and_gets_every_page(clock):
    windows = []

    def server(url: str) -> tuple[int, float, float | None]:
        if len(windows) < 3 and clock.now > 1010 + 200 * len(windows):
            windows.append((clock.now + 0.1, clock.now + 0.1 + 90))
            return 429, 0.1, 90.0
        return 200, 0.1, None

    crawl = Crawl(Pace(0.25, clock), clock, server).run(pages("shop.example", 2000))
    assert len(crawl.done) == 2000
    assert len(windows) == 3
    assert [crawl.sent_within(*window) for window in windows] == [[], [], []]


def test_throughput_returns_after_the_trouble(clock):
    def server(url: str) -> tuple[int, float, float | None]:
        return (503, 0.1, None) if 1020 < clock.now < 1030 else (200, 0.1, None)

    crawl = Crawl(Pace(0.25, clock), clock, server).run(pages("shop.example", 2000))
    before, after = len(crawl.sent_within(1000, 1020)), len(crawl.sent_within(1130, 1150))
    assert len(crawl.sent_within(1021, 1030)) < 10
    assert after > 0.9 * before
    assert len(crawl.done) == 2000


def test_an_outage_costs_few_requests_and_no_page(clock):
    def server(url: str) -> tuple[int | None, float, float | None]:
        return (None, 10, None) if 1010 < clock.now < 1210 else (200, 0.1, None)

    crawl = Crawl(Pace(0.1, clock), clock, server, concurrency=16).run(pages("shop.example", 2000))
    assert len(crawl.done) == 2000
    assert len(crawl.sent_within(1010, 1210)) < 40


def test_a_host_in_trouble_does_not_hold_up_the_others(clock):
    def server(url: str) -> tuple[int, float, float | None]:
        return (429, 0.1, 600.0) if "slow" in url and clock.now < 1500 else (200, 0.1, None)

    urls = [url for pair in zip(pages("slow.example"), pages("shop.example"), strict=True) for url in pair]
    crawl = Crawl(Pace(0.25, clock), clock, server).run(urls)
    assert max(moment for url, moment in crawl.done.items() if "shop" in url) < 1000 + 200 * 0.25 * 1.2
    assert len(crawl.done) == 400


def test_a_host_that_stalls_fails_its_pages_and_no_others(clock):
    def server(url: str) -> tuple[int, float, float | None]:
        return (503, 0.1, 31_536_000.0) if "slow" in url else (200, 0.1, None)

    crawl = Crawl(Pace(0.25, clock), clock, server).run(pages("slow.example") + pages("shop.example"))
    assert len(crawl.done) == len(crawl.failed) == 200
    assert len([url for _, url in crawl.sent if "slow" in url]) <= 8


@pytest.mark.parametrize("latency", [0.02, 0.1, 2])
def test_the_limit_of_a_host_is_kept_and_used(clock, latency):
    under_way = []

    def server(url: str) -> tuple[int, float, float | None]:
        under_way.append(sum(end > clock.now for end, *_ in crawl.under_way) + 1)
        return 200, latency, None

    crawl = Crawl(Pace(0, clock, per_host=2), clock, server, concurrency=16)
    crawl.run(pages("shop.example", 1000))
    assert max(under_way) == 2
    assert clock.now - 1000 < 1.15 * 1000 * latency / 2


@pytest.mark.parametrize("delay", [0.25, 2, 20])
def test_the_delay_is_kept_and_used(clock, delay):
    crawl = Crawl(Pace(delay, clock), clock, lambda url: (200, 0.1, None)).run(pages("shop.example"))
    moments = [moment for moment, _ in crawl.sent]
    assert min(gaps(moments)) >= delay / 2 - 1e-6
    assert moments[-1] - moments[0] < 1.15 * 199 * delay
