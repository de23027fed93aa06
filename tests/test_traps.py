"""Addresses without end are told from those that a large site has."""

from __future__ import annotations

import calendar
import itertools
import random
import time
from datetime import UTC, datetime, timedelta

import pytest

from scraper import Request, Response
from scraper.gate import Gate
from scraper.pace import Pace
from scraper.traps import Limits, Traps, without_session_id
from scraper.visit import Outcome, Visit

SITE = "https://shop.example"
TODAY = calendar.timegm((2026, 5, 17, 12, 0, 0))
HEX, SMALL = "0123456789abcdef0123456789abcdef", "abcdefghijklmnopqrstuvwx12"


@pytest.fixture
def traps() -> Traps:
    return Traps(clock=lambda: TODAY)


def let_through(traps: Traps, urls) -> int:
    """How many of these addresses are followed."""
    return sum(traps.why_trapped(SITE + url) is None for url in urls)


def months(start: int, n: int):
    """Year and month of so many months on."""
    return [divmod(start * 12 + i, 12) for i in range(n)]


# What is seen at once


def test_a_long_address_is_a_trap(traps):
    assert traps.why_trapped(f"{SITE}/{'x' * 2000}") == "it is longer than 2,000 characters"
    assert traps.why_trapped(f"{SITE}/{'x' * 1900}") is None


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/a/a/a", "/a"),
        ("/shop/img/img/img/logo", "/img"),
        ("/a/b/a/b/a/b", "/a/b"),
        ("/en/a/b/c/a/b/c/a/b/c/", "/a/b/c"),
        ("/1/1/1/x/x/x", "/x"),
        ("/year/2024/year/2024/year/2024", "/year/2024"),
    ],
)
def test_a_path_that_repeats_three_times_is_a_trap(traps, path, group):
    assert traps.why_trapped(SITE + path) == f"its path repeats {group}"


@pytest.mark.parametrize(
    "path",
    [
        "/a/a",
        "/a/a/b/a",
        "/a/b/a/b",
        "/a/aa/aaa",
        "/x/ab/a/ab/abc",
        "/tiles/3/3/3.png",
        "/1/1/1/",
        "/p?next=/a/a/a/a",
        "/p#/a/a/a",
        "/aa/a/a",
    ],
)
def test_a_path_that_only_looks_like_it_is_not(traps, path):
    assert traps.why_trapped(SITE + path) is None


def test_a_deep_path_is_a_trap(traps):
    path = "".join(f"/{i}x" for i in range(30))
    assert traps.why_trapped(SITE + path) is None
    assert traps.why_trapped(f"{SITE}{path}/") is None
    assert traps.why_trapped(f"{SITE}{path}/y") == "its path is deeper than 30 segments"


def test_a_path_that_grows_is_left_early_however_long_it_gets(traps):
    paths = [f"/list/{'more/' * i}" for i in range(100)]
    assert let_through(traps, paths) == 3


def test_many_parameters_are_a_trap(traps):
    query = "&".join(f"p{i}=1" for i in range(25))
    assert traps.why_trapped(f"{SITE}/?{query}") is None
    assert traps.why_trapped(f"{SITE}/?{query}&q=1") == "it has more than 25 parameters"


def test_what_is_far_from_a_start_url_is_a_trap(traps):
    assert traps.why_trapped(SITE, depth=10_000) is None
    assert traps.why_trapped(SITE, 10_001) == "it is more than 10,000 links away from a start URL"


def test_every_limit_can_be_set():
    traps = Traps(Limits(length=30, segments=2, parameters=1, depth=1))
    urls = ("/a/b/c", "/?a=1&b=2", "/a-long-enough-path")
    assert let_through(traps, urls) == 0
    assert traps.why_trapped(SITE, depth=2) is not None


# Calendars


@pytest.mark.parametrize(
    "url",
    [
        "/calendar/2091/05",
        "/calendar/2091/5",
        "/2091/05/17",
        "/events/2091-05-17.html",
        "/plan/2091-05/",
        "/?year=2091&month=5",
        "/?year=2091",
        "/?m=5&y=2091",
        "/?cal[year]=2091&cal[month]=5",
        "/?cal%5Byear%5D=2091",
        "/?date=2091-05-17",
        "/?anything=2091-05-17",
        "/?date=2091-05-17T10:00:00",
        "/?tribe-bar-date=2091-05",
        "/?day=20910517",
        "/?week=2091-W20",
        "/calendar/view.php?view=month&time=3830000000",
    ],
)
def test_a_date_far_ahead_is_a_trap(traps, url):
    assert traps.why_trapped(SITE + url) == "its date is more than 10 years ahead"


@pytest.mark.parametrize(
    "url",
    [
        "/thread/2091/5",
        "/item/20910517",
        "/cyberpunk-2077",
        "/2091",
        "/?id=2091",
        "/?x=100&y=2091",
        "/?id=20910517",
        "/?q=2091-05-some-title",
        "/?sku=2091-05",
        "/?id=3830000000",
        "/draft/2019-09/schema",
        "/2091-05-17-a-title-that-begins-with-it",
        "/phone/2091-55-17",
    ],
)
def test_a_number_that_may_be_something_else_is_not(traps, url):
    assert traps.why_trapped(SITE + url) is None


@pytest.mark.parametrize(
    "form",
    [
        "/calendar/{year}/{month:02}",
        "/calendar/{year}/{month:02}/agenda",
        "/?year={year}&month={month}",
        "/?view=list&date={year}-{month:02}-01",
        "/termine?monat={year}-{month:02}",
    ],
)
def test_a_calendar_without_end_is_left_after_ten_years(traps, form):
    urls = [form.format(year=year, month=month + 1) for year, month in months(2026, 6000)]
    assert let_through(traps, urls) == 11 * 12


def test_of_the_days_to_come_400_are_followed(traps):
    days = [time.strftime("%Y-%m-%d", time.gmtime(TODAY + 86400 * i)) for i in range(1, 3000)]
    assert let_through(traps, [f"/day/{day}" for day in days]) == 400
    assert traps.why_trapped(f"{SITE}/day/{days[-1]}") == (
        "400 dates after today were followed at https://shop.example/day/{date}"
    )


def test_what_was_followed_once_is_followed_again(traps):
    days = [time.strftime("/?d=%Y-%m-%d", time.gmtime(TODAY + 86400 * i)) for i in range(1, 3000)]
    let_through(traps, days)
    traps._why.cache_clear()
    assert let_through(traps, days) == 400


def test_a_calendar_that_goes_back_for_ever_is_left(traps):
    urls = [f"/calendar/{year}/{month + 1}/{day}" for year, month in months(1600, 5000) for day in (1, 9)]
    assert let_through(traps, urls) == 4000


def test_ten_years_of_a_daily_archive_are_no_trap(traps):
    days = [time.strftime("/archive/%Y/%m/%d/", time.gmtime(TODAY - 86400 * i)) for i in range(3652)]
    assert let_through(traps, days) == len(days)


def test_every_calendar_has_its_own_dates(traps):
    days = [time.strftime("%Y-%m-%d", time.gmtime(TODAY + 86400 * i)) for i in range(1, 300)]
    assert let_through(traps, [f"/room/{room}?date={day}" for room in range(9) for day in days]) == 9 * 299


def test_posts_that_carry_their_date_are_no_calendar(traps):
    posts = [f"/{2000 + i % 26}/0{1 + i % 9}/{10 + i % 18}/post-{i}" for i in range(20_000)]
    assert let_through(traps, posts) == len(posts)


def test_the_time_of_day_makes_no_new_date(traps):
    urls = [f"/?before=2020-05-17T{i // 60:02}:{i % 60:02}:00Z" for i in range(1440)]
    assert let_through(Traps(Limits(dates_back=5), lambda: TODAY), urls) == len(urls)


# Lists that are filtered and sorted


def test_filters_that_combine_without_end_are_bounded(traps):
    choices = [("", 1, 2, 3, 4, 5)] * 6
    urls = ["/list?a={}&b={}&c={}&d={}&e={}&f={}".format(*combo) for combo in itertools.product(*choices)]
    random.Random(1).shuffle(urls)
    assert let_through(traps, urls) == 10_000
    assert traps.why_trapped(SITE + urls[-1]) == (
        "10,000 combinations of parameters were followed at https://shop.example/list"
    )


def test_filters_of_one_list_leave_the_others_alone():
    traps = Traps(Limits(variants=100))
    urls = [f"/list?a={a}&b={b}" for a in range(9) for b in range(99)]
    assert let_through(traps, urls) > 100
    assert traps.why_trapped(f"{SITE}/other?a=1&b=2") is None


@pytest.mark.parametrize(
    "form",
    ["/item?id={}", "/index.php?page=item&id={}", "/viewtopic.php?f=2&t={}&start=20", "/?p={}&lang=en"],
)
def test_a_parameter_that_names_things_may_have_any_number_of_values(traps, form):
    assert let_through(traps, [form.format(i) for i in range(30_000)]) == 30_000


def test_topics_of_many_pages_are_no_filter(traps):
    urls = [f"/viewtopic.php?t={t}&start={20 * page}" for t in range(5000) for page in range(5)]
    assert let_through(traps, urls) == len(urls)


def test_a_session_in_the_address_makes_no_new_variant():
    traps = Traps(Limits(variants=100))
    urls = [f"/list?a=1&b={i % 9}&PHPSESSID=x{i}" for i in range(5000)]
    assert let_through(traps, urls) == len(urls)


# Memory


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("scraper.traps.MEMORY", 2000)
    return 2000


def test_memory_is_bounded_however_large_the_site_is(little_memory):
    traps = Traps(clock=lambda: TODAY)
    for i in range(5000):
        traps.why_trapped(f"{SITE}/{i}/calendar/2014-05-{10 + i % 10}?a={i % 7}&b={i}")
        traps.why_trapped(f"{SITE}/list?a={i % 7}&b={i}")
    assert sum(4 + len(values) for values in traps._met._values.values()) <= little_memory


@pytest.mark.usefixtures("little_memory")
def test_what_is_met_all_the_time_is_not_forgotten():
    traps = Traps(Limits(dates_ahead=2), lambda: TODAY)
    for i in range(2800):
        traps.why_trapped(f"{SITE}/{i}?a=1&b=2")
        if i % 100 == 0:
            traps.why_trapped(f"{SITE}/day/2027-01-{1 + i // 100:02}")
    traps._why.cache_clear()
    assert let_through(traps, [f"/day/2027-01-{1 + i:02}" for i in range(28)]) == 2


# Session ids


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("/a;jsessionid=1A2B3C", "/a"),
        ("/a;jsessionid=1A2B.node1?b=1#c", "/a?b=1#c"),
        ("/a;JSESSIONID=1A2B/b", "/a/b"),
        ("/a?PHPSESSID=x1", "/a"),
        ("/a?PHPSESSID=x1#top", "/a#top"),
        ("/a?b=1&PHPSESSID=x1&c=2", "/a?b=1&c=2"),
        ("/a?ASPSESSIONIDQQRT=ABC", "/a"),
        ("/a?osCsid=1&zenid=2&CFID=3&CFTOKEN=4", "/a"),
        (f"/viewtopic.php?t=5&sid={HEX}", "/viewtopic.php?t=5"),
        (f"/?s={HEX}&p=1", "/?p=1"),
        (f"/?session_id={SMALL}", "/"),
        ("/(S(lit3py55t21z5v55vlm25s55))/orders", "/orders"),
    ],
)
def test_a_session_id_is_left_out_of_an_address(url, bare):
    assert without_session_id(SITE + url) == SITE + bare


@pytest.mark.parametrize(
    "url",
    [
        "/a?sid=17",
        "/a?s=how+to+scrape",
        "/?s=a-search-for-something-long-2024",
        "/?sid=SM0123456789abcdef0123456789abcdef",
        "/badge.png?s=44d3682d7cdef471570d80dd8a7290a1e23fdfee",
        "/?session_id=42",
        "/?session=3f2b8c1e-0d4a-4e0b-9d5a-1c2b3a4d5e6f",
        "/?sid=abcdefghijklmnopqrstuvwxyz",
        f"/?id={HEX}",
        "/sessions/2024?",
        "/a?b=%20&c&d=&&e=1;sid",
        "/wiki/PHPSESSID",
        "/f(S(x))",
    ],
)
def test_what_names_a_thing_stays_and_so_does_every_other_character(url):
    assert without_session_id(SITE + url) == SITE + url


def test_the_same_page_under_two_sessions_has_one_address():
    urls = [f"{SITE}/a;jsessionid={sid}?b=1&PHPSESSID={sid}" for sid in ("1A2B", "3C4D")]
    assert len(set(map(without_session_id, urls))) == 1


def test_a_crawl_that_is_gone_on_with_counts_on(job):
    today = datetime.now(UTC).date()
    first, *others, beyond = (
        Request(f"{SITE}/calendar?date={today + timedelta(days=n)}") for n in range(1, 402)
    )
    job.add([first, *others])
    gate = Gate(job, Pace(0), "robot", lambda request: Response(request.url), obeys=False)
    [lease] = job.lease(1)
    outcome = gate.settle(Outcome(lease, Visit(ok=True, requests=(others[-1], beyond))))
    gate.close()
    assert outcome.visit.requests == (others[-1],)
    [(url, why)] = outcome.visit.avoided
    assert (url, why[:30]) == (beyond.url, "trap: 400 dates after today we")
