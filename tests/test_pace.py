import itertools

import pytest

from scraper.pace import Pace

SHOP, OTHER = "https://shop.example/books", "https://other.example/"


class Clock:
    """Time that passes only when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """No jitter."""
    monkeypatch.setattr("random.uniform", lambda low, high: (low + high) / 2)


@pytest.mark.usefixtures("steady")
def test_requests_to_one_host_go_one_delay_apart(clock):
    pace = Pace(2, clock)
    assert [pace.reserve(SHOP) for _ in range(4)] == [1000, 1002, 1004, 1006]


@pytest.mark.usefixtures("steady")
def test_every_host_has_its_own_pace(clock):
    pace = Pace(2, clock)
    assert [pace.reserve(url) for url in (SHOP, OTHER, SHOP, OTHER)] == [1000, 1000, 1002, 1002]


@pytest.mark.usefixtures("steady")
def test_a_host_is_the_same_however_its_address_is_written(clock):
    pace = Pace(2, clock)
    urls = (SHOP, "https://SHOP.example:443/", "http://ada@shop.example:8080/")
    assert [pace.reserve(url) for url in urls] == [1000, 1002, 1004]


@pytest.mark.usefixtures("steady")
def test_time_that_has_passed_is_not_made_up_for(clock):
    pace = Pace(2, clock)
    pace.reserve(SHOP)
    clock.now += 100
    assert [pace.reserve(SHOP) for _ in range(2)] == [1100, 1102]


def test_the_delay_is_half_more_or_less(clock):
    pace = Pace(2, clock)
    moments = [pace.reserve(SHOP) for _ in range(300)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert 1 <= min(gaps) < 1.2
    assert 2.8 < max(gaps) <= 3


@pytest.mark.parametrize(("delay", "url"), [(0, SHOP), (-1, SHOP), (2, "http://127.0.0.1:8000/")])
def test_without_a_delay_and_on_this_machine_all_go_at_once(clock, delay, url):
    pace = Pace(delay, clock)
    assert [pace.reserve(url) for _ in range(3)] == [1000, 1000, 1000]
