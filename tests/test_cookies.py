from __future__ import annotations

import copy
import http.cookiejar
import json
import logging
import pickle
import subprocess
import sys
import threading
import time
import timeit
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.message import Message
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest
import requests
from requests.cookies import (
    CookieConflictError,
    RequestsCookieJar,
    create_cookie,
    extract_cookies_to_jar,
    get_cookie_header,
    merge_cookies,
)
from requests.utils import add_dict_to_cookiejar, dict_from_cookiejar

from scraper import ConfigError
from scraper.cookies import CookieJar
from scraper.cookies.parse import MAX_AGE, parse_date, parse_set_cookie

from .cookie_cases import CASES, PLAIN, SHOP, Case, utf8

WWW = "https://www.shop.example/"
SECRET = "s3cr3t-value"


class Clock:
    """A clock that only the test moves."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jar(clock: Clock) -> CookieJar:
    """An empty jar without a home."""
    return CookieJar(clock=clock)


@pytest.fixture
def filled(jar: CookieJar) -> CookieJar:
    """A jar with a cookie of each kind."""
    jar.store(
        SHOP,
        [
            "host=1; Path=/a; Max-Age=1000; HttpOnly; SameSite=Strict",
            "domain=2; Domain=shop.example; Secure; SameSite=None",
            "__Host-lax=3; Secure; Path=/; SameSite=Lax",
            "unset=4",
            "nameless",
        ],
    )
    return jar


def cookie_of(jar: CookieJar, name: str) -> http.cookiejar.Cookie:
    (cookie,) = [cookie for cookie in jar if cookie.name == name]
    return cookie


def prepared(url: str, **headers: str) -> requests.PreparedRequest:
    return requests.Request("GET", url, headers=headers).prepare()


def answer(*set_cookie: str) -> SimpleNamespace:
    """What urllib3 gives requests to take cookies from."""
    message = Message()
    for header in set_cookie:
        message["Set-Cookie"] = header
    return SimpleNamespace(_original_response=SimpleNamespace(msg=message))


# What a site sets and gets back


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_the_jar_sends_what_the_case_says(case: Case):
    jar = CookieJar()
    for url, headers in case.exchanges:
        jar.store(url, headers)
    assert {url: jar.header_for(url) or "" for url in case.sent} == case.sent


def test_the_cases_are_many_and_every_difference_has_its_reason():
    assert len({case.title for case in CASES}) == len(CASES) >= 40
    assert [case.title for case in CASES if bool(case.chromium) != bool(case.because)] == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("Sun Nov  6 08:49:37 1994", 784111777),
        ("06 nov 69 08:49:37", 3150953377),
        ("06 nov 1601 08:49:37", -11617744223),
        ("06 nov 1600 08:49:37", None),
        ("31 nov 1994 08:49:37", None),
        ("06 nov 1994", None),
    ],
)
def test_dates_are_read_to_the_second(text: str, seconds: int | None):
    assert parse_date(text) == seconds


def test_a_cookie_ends_with_its_max_age(jar: CookieJar, clock: Clock):
    jar.store(SHOP, ["a=1; Max-Age=10", "b=1"])
    clock.now += 9.5
    assert jar.header_for(SHOP) == "a=1; b=1"
    clock.now += 0.5
    assert jar.header_for(SHOP) == "b=1"
    assert jar.keys() == ["b"]
    assert (len(jar), "a" in jar, jar.get("a")) == (1, False, None)


def test_a_cookie_lives_at_most_400_days(jar: CookieJar, clock: Clock):
    jar.store(SHOP, ["a=1; Max-Age=999999999", "b=1; Expires=Fri, 01 Jan 2066 00:00:00 GMT"])
    assert [cookie.expires for cookie in jar] == [clock.now + MAX_AGE] * 2


def test_expired_cookies_are_swept_out_on_request(jar: CookieJar, clock: Clock):
    jar.store(SHOP, ["a=1; Max-Age=10", "b=1"])
    clock.now += 10
    jar.clear_expired_cookies()
    clock.now -= 10
    assert jar.keys() == ["b"]


def test_a_cookie_that_comes_again_after_its_end_is_new(jar: CookieJar, clock: Clock):
    jar.store(SHOP, ["a=1; Max-Age=10", "b=1"])
    clock.now += 10
    jar.store(SHOP, ["a=2"])
    assert jar.header_for(SHOP) == "b=1; a=2"


def test_session_cookies_can_be_dropped(filled: CookieJar):
    filled.clear_session_cookies()
    assert filled.keys() == ["host"]


def test_3000_cookies_are_kept_and_the_longest_unused_goes_first(jar: CookieJar):
    for n in range(20):
        jar.store(f"https://host{n}.example/", [f"c{i}=1" for i in range(150)])
    jar.header_for("https://host0.example/")
    jar.store(SHOP, ["new=1"])
    assert len(jar) == 3000
    assert len(jar.cookies_for("https://host0.example/")) == 150
    assert "c0" not in [cookie.name for cookie in jar.cookies_for("https://host1.example/")]


def test_an_expired_cookie_makes_room_before_any_other(jar: CookieJar, clock: Clock):
    jar.store(SHOP, [f"c{i}=1" for i in range(179)])
    jar.store(SHOP, ["short=1; Max-Age=10; Secure"])
    clock.now += 10
    jar.store(SHOP, ["new=1"])
    assert len(jar) == 180


def test_the_cookies_for_an_address_can_be_looked_at(filled: CookieJar):
    assert [cookie.name for cookie in filled.cookies_for(SHOP + "a")] == [
        "host",
        "domain",
        "__Host-lax",
        "unset",
        "",
    ]
    assert filled.cookies_for("https://other.example/") == []


def test_an_address_has_to_be_whole(jar: CookieJar):
    with pytest.raises(ConfigError, match="'/login' is no absolute address"):
        jar.header_for("/login")


def test_a_login_in_the_address_changes_nothing(jar: CookieJar):
    jar.store("https://user:pass@shop.example:8443/a?b#c", ["a=1"])
    assert jar.header_for(SHOP) == "a=1"


# As users of http.cookiejar see them


def test_a_host_only_cookie_has_no_dot(jar: CookieJar):
    jar.store(SHOP + "a/b", ["a=1"])
    cookie = cookie_of(jar, "a")
    assert isinstance(cookie, http.cookiejar.Cookie)
    assert (cookie.domain, cookie.domain_specified, cookie.domain_initial_dot) == (
        "shop.example",
        False,
        False,
    )
    assert (cookie.path, cookie.path_specified, cookie.secure, cookie.version) == ("/a", False, False, 0)
    assert (cookie.expires, cookie.discard, cookie.port) == (None, True, None)
    assert not cookie.has_nonstandard_attr("HttpOnly")
    assert not cookie.has_nonstandard_attr("SameSite")


def test_a_domain_cookie_has_one_and_all_its_attributes(jar: CookieJar, clock: Clock):
    jar.store(WWW, ["a=1; Domain=shop.example; Path=/x; Secure; HttpOnly; SameSite=lax; Max-Age=60"])
    cookie = cookie_of(jar, "a")
    assert (cookie.domain, cookie.domain_specified, cookie.domain_initial_dot) == (
        ".shop.example",
        True,
        True,
    )
    assert (cookie.path, cookie.path_specified, cookie.secure) == ("/x", True, True)
    assert (cookie.expires, cookie.discard) == (clock.now + 60, False)
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "Lax"


def test_the_jar_reads_like_a_dictionary(filled: CookieJar):
    assert filled["host"] == filled.get("host") == "1"
    assert filled.get("missing", "default") == "default"
    assert filled.items()[:2] == [("host", "1"), ("domain", "2")]
    assert dict_from_cookiejar(filled) == filled.get_dict()
    assert filled.get_dict(domain="shop.example", path="/a") == {"host": "1"}
    assert filled.list_domains() == ["shop.example", ".shop.example"]
    del filled["host"]
    assert "host" not in filled


def test_one_name_at_two_places_is_told_apart_by_domain_and_path(jar: CookieJar):
    jar.store(SHOP, ["a=1", "a=2; Domain=shop.example", "a=3; Path=/x"])
    with pytest.raises(CookieConflictError):
        jar["a"]
    assert jar.get("a", domain=".shop.example") == "2"
    assert jar.get("a", path="/x") == "3"
    jar.clear("shop.example", "/x", "a")
    assert jar.get("a", domain="shop.example") == "1"


def test_what_is_kept_twice_is_listed_in_the_order_it_came(jar: CookieJar):
    jar.store("https://z.example/", ["a=1"])
    jar.store("https://a.example/", ["b=1"])
    jar.store("https://z.example/", ["a=2", "c=1"])
    assert jar.keys() == ["a", "b", "c"]


# As requests uses it


def test_requests_stores_and_sends_through_it(jar: CookieJar):
    request = prepared(SHOP + "a/b")
    extract_cookies_to_jar(jar, request, answer("a=1; Secure; HttpOnly", "b=2; Domain=shop.example; Path=/"))
    assert get_cookie_header(jar, prepared(SHOP + "a/")) == "a=1; b=2"
    assert get_cookie_header(jar, prepared("http://www.shop.example/a/")) == "b=2"
    assert get_cookie_header(jar, prepared("https://other.example/")) is None


def test_a_cookie_header_of_the_caller_stands(jar: CookieJar):
    jar.store(SHOP, ["a=1"])
    assert get_cookie_header(jar, prepared(SHOP, Cookie="b=2")) is None


def test_a_host_header_names_the_site(jar: CookieJar):
    jar.store(SHOP, ["a=1"])
    assert get_cookie_header(jar, prepared("https://127.0.0.1/", Host="shop.example")) == "a=1"


def test_an_answer_without_cookies_is_fine(jar: CookieJar):
    extract_cookies_to_jar(jar, prepared(SHOP), answer())
    assert len(jar) == 0


def test_a_session_of_requests_keeps_its_cookies_in_it(jar: CookieJar):
    with site("a=1; Secure", "b=2; Domain=example", "__Host-c=3; Secure; Path=/") as url:
        session = requests.Session()
        session.cookies = jar
        session.get(url + "x/y")
    assert jar.header_for(url + "x/") == "a=1; __Host-c=3"
    assert jar.header_for(url) == "__Host-c=3"


@contextmanager
def site(*set_cookie: str) -> Iterator[str]:
    """A site on a socket of its own that sets these cookies on every page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for header in set_cookie:
                self.send_header("Set-Cookie", header)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Be quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"


def test_a_copy_is_whole_and_stands_alone(filled: CookieJar):
    filled.home = SHOP
    twin = filled.copy()
    assert twin.to_state() == filled.to_state()
    assert (twin.home, twin.generation, twin.clock) == (filled.home, filled.generation, filled.clock)
    twin["unset"] = "5"
    del twin["host"]
    assert filled.get("unset") == "4"
    assert filled.get("host") == "1"


def test_merging_into_it_keeps_every_attribute(filled: CookieJar, clock: Clock):
    other = CookieJar(clock=clock)
    merge_cookies(other, filled)
    assert other.to_state() == filled.to_state()


def test_it_is_pickled_as_jars_of_requests_are():
    jar = CookieJar(home=SHOP)
    jar.store(SHOP, ["a=1; SameSite=Lax", "b=1"])
    twin = pickle.loads(pickle.dumps(jar))
    twin.store(SHOP, ["c=1"])
    assert twin.header_for(SHOP) == "a=1; b=1; c=1"
    assert copy.copy(jar).to_state() == jar.to_state()


class Nothing(http.cookiejar.CookiePolicy):
    """The recipe of many answers: a session without cookies."""

    netscape, rfc2965, hide_cookie2 = True, False, False

    def set_ok(self, cookie: object, request: object) -> bool:
        return False

    return_ok = domain_return_ok = path_return_ok = set_ok


def test_a_policy_that_lets_nothing_in_holds(filled: CookieJar):
    filled.set_policy(Nothing())
    filled.store(SHOP, ["new=1"])
    assert "new" not in filled
    assert filled.header_for(SHOP) is None
    assert filled.copy().header_for(SHOP) is None


@pytest.mark.parametrize(
    "url", [SHOP, "http://localhost:8080/", "http://127.0.0.1:8080/", "http://[::1]:8080/"]
)
def test_a_policy_that_only_blocks_others_lets_the_rest_through(jar: CookieJar, url: str):
    jar.set_policy(http.cookiejar.DefaultCookiePolicy(blocked_domains=["ads.example"]))
    for site in (url, "https://ads.example/"):
        jar.store(site, ["a=1; HttpOnly; Max-Age=100"])
    assert jar.header_for(url) == "a=1"
    assert jar.header_for("https://ads.example/") is None
    assert len(jar) == 1


# What a user puts in


@pytest.mark.parametrize(
    "put",
    [
        lambda jar: jar.set("sid", SECRET),
        lambda jar: jar.__setitem__("sid", SECRET),
        lambda jar: jar.update({"sid": SECRET}),
        lambda jar: jar.set_cookie(create_cookie("sid", SECRET)),
        lambda jar: add_dict_to_cookiejar(jar, {"sid": SECRET}),
        lambda jar: merge_cookies(jar, {"sid": SECRET}),
        lambda jar: jar.update(requests.cookies.cookiejar_from_dict({"sid": SECRET})),
        lambda jar: jar.set("sid", SimpleCookie({"sid": SECRET})["sid"]),
    ],
)
def test_a_cookie_without_a_domain_belongs_to_the_home_or_is_refused(jar: CookieJar, put):
    with pytest.raises(ConfigError, match=r"'sid' has no domain.*no base_url") as refusal:
        put(jar)
    assert SECRET not in str(refusal.value)
    jar.home = SHOP + "login"
    put(jar)
    assert jar.header_for(SHOP) == f"sid={SECRET}"
    assert jar.header_for(WWW) is jar.header_for("https://other.example/") is jar.header_for(PLAIN) is None


def test_a_home_without_tls_is_good_for_http():
    jar = CookieJar(home="http://127.0.0.1:8080/login")
    jar["sid"] = "1"
    assert jar.header_for("http://127.0.0.1:8080/") == "sid=1"
    assert cookie_of(jar, "sid").secure is False


def test_a_home_has_to_be_an_address(jar: CookieJar):
    jar.home = "shop.example"
    with pytest.raises(ConfigError, match=r"'shop\.example' is no http or https address"):
        jar["sid"] = "1"


def test_an_international_home_is_the_host_that_requests_asks():
    jar = CookieJar(home="https://bücher.example/")
    jar["sid"] = "1"
    assert jar.header_for(prepared("https://bücher.example/").url) == "sid=1"


def test_none_takes_a_cookie_away(filled: CookieJar):
    filled.set("host", None)
    filled["unset"] = None
    assert filled.keys() == ["domain", "__Host-lax", ""]


def test_a_dot_in_front_lets_a_cookie_go_to_subdomains(jar: CookieJar):
    jar.set("all", "1", domain=".shop.example", path="/a", secure=True, expires=jar.clock() + 10)
    jar.set("own", "1", domain="shop.example")
    assert jar.header_for(WWW + "a") == "all=1"
    assert jar.header_for(SHOP + "a") == "all=1; own=1"
    assert jar.header_for(PLAIN + "a") == "own=1"


def test_a_seed_takes_all_attributes(jar: CookieJar):
    cookie = jar.seed(
        WWW, "a", "1", domain=".shop.example", path="/x", expires=2e9, http_only=True, same_site="Lax"
    )
    assert cookie is cookie_of(jar, "a")
    assert jar.to_state() == [
        {
            "name": "a",
            "value": "1",
            "domain": ".shop.example",
            "path": "/x",
            "expires": 2e9,
            "httpOnly": True,
            "secure": True,
            "sameSite": "Lax",
        }
    ]


def test_a_seed_may_go_over_http_when_it_says_so(jar: CookieJar):
    jar.seed(SHOP, "a", "1", secure=False)
    assert jar.header_for(PLAIN) == "a=1"


@pytest.mark.parametrize(
    "domain", [".other.example", "other.example", "shop.example", ".www.www.shop.example"]
)
def test_a_seed_cannot_be_for_another_host(jar: CookieJar, domain: str):
    with pytest.raises(ConfigError, match=r"A cookie of www\.shop\.example cannot have the domain"):
        jar.seed(WWW, "a", SECRET, domain=domain)


@pytest.mark.parametrize(
    ("name", "attributes", "reason"),
    [
        ("a", {"domain": ".co.uk"}, "public suffix"),
        ("a", {"domain": ".127.0.0.1"}, "IP address"),
        ("a", {"domain": "https://shop.example"}, "no host name"),
        ("a", {"domain": "shop.example:8080"}, "no host name"),
        ("a;b", {"domain": "shop.example"}, "semicolon"),
        ("a=b", {"domain": "shop.example"}, "semicolon"),
        ("a\r\n", {"domain": "shop.example"}, "control character"),
        ("", {"domain": "shop.example", "rest": {"samesite": "none"}}, "SameSite=None asks for Secure"),
        ("__Secure-a", {"domain": "shop.example"}, "ask for Secure"),
        ("__Host-a", {"domain": ".shop.example", "secure": True}, "no Domain"),
        ("__Host-a", {"domain": "shop.example", "secure": True, "path": "/x"}, "Path=/"),
    ],
)
def test_what_no_browser_would_keep_is_refused_with_the_reason(jar: CookieJar, name, attributes, reason: str):
    with pytest.raises(ConfigError, match=reason) as refusal:
        jar.set(name, SECRET, **attributes)
    assert SECRET not in str(refusal.value)
    assert len(jar) == 0


def test_what_a_jar_of_requests_let_in_wrongly_is_left_out(jar: CookieJar, caplog: pytest.LogCaptureFixture):
    plain = RequestsCookieJar()
    plain.set("super", SECRET, domain=".co.uk")
    plain.set("good", "1", domain="shop.example")
    with caplog.at_level(logging.INFO):
        jar.update(plain)
    assert jar.get_dict() == {"good": "1"}
    assert "super" in caplog.text
    assert SECRET not in caplog.text


def test_a_cookie_that_a_jar_of_requests_took_from_loopback_is_the_same_one(jar: CookieJar):
    plain, here = RequestsCookieJar(), "http://localhost:8080/"
    for each in (plain, jar):
        extract_cookies_to_jar(each, prepared(here), answer("sid=1; httponly; samesite=strict"))
    jar.update(plain)
    assert (jar["sid"], len(jar)) == ("1", 1)
    assert (jar.to_state()[0]["httpOnly"], jar.to_state()[0]["sameSite"]) == (True, "Strict")


def test_a_value_without_a_name_is_the_same_in_both_jars(jar: CookieJar):
    plain = RequestsCookieJar()
    for each in (plain, jar):
        extract_cookies_to_jar(each, prepared(SHOP), answer("nameless"))
    jar.update(plain)
    assert jar.header_for(SHOP) == "nameless"


def test_what_is_beyond_latin_1_goes_out_as_utf_8(jar: CookieJar):
    jar.set("a", "✓", domain="shop.example")
    assert jar.header_for(SHOP) == utf8("a=✓")


# Generations


def test_an_answer_to_an_ended_session_changes_nothing(jar: CookieJar):
    jar.store(SHOP, ["sid=old"], generation=jar.generation)
    sent = jar.generation
    assert jar.new_generation() == jar.generation == sent + 1
    jar.store(SHOP, ["sid=new"], generation=jar.generation)
    jar.store(SHOP, ["sid=late"], generation=sent)
    assert jar.header_for(SHOP) == "sid=new"


def test_requests_answers_carry_the_generation_of_their_request(jar: CookieJar):
    old, new, unmarked = (prepared(SHOP) for _ in range(3))
    old._generation = jar.generation
    new._generation = jar.new_generation()
    extract_cookies_to_jar(jar, new, answer("a=new"))
    extract_cookies_to_jar(jar, old, answer("a=old"))
    assert jar["a"] == "new"
    extract_cookies_to_jar(jar, unmarked, answer("a=unmarked"))
    assert jar["a"] == "unmarked"


# Threads


def test_32_threads_lose_no_update_and_raise_nothing(jar: CookieJar):
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(32) as pool:
            for future in [pool.submit(_work, jar, thread) for thread in range(32)]:
                future.result()
    finally:
        sys.setswitchinterval(switch)
    assert jar.get_dict() == {"seed": "1"} | {f"t{thread}": "9" for thread in range(32)}
    assert jar.header_for(SHOP).count("; ") == 32


def _work(jar: CookieJar, thread: int) -> None:
    other = CookieJar(clock=jar.clock)
    for n in range(10):
        jar.store(SHOP, [f"t{thread}={n}", f"gone{thread}=1"])
        assert f"t{thread}={n}" in jar.header_for(SHOP)
        assert jar.get(f"t{thread}") == str(n)
        jar.set("seed", "1", domain="shop.example")
        del jar[f"gone{thread}"]
        jar.store(f"https://h{thread}-{n}.example/", ["a=1"])
        jar.clear(f"h{thread}-{n}.example")
        other.update(jar)
        other.restore_state(jar.to_state())
        assert (f"t{thread}", str(n)) in jar.copy().items()
        assert jar.to_netscape().startswith("#")


def test_two_jars_may_take_from_each_other_at_once(clock: Clock):
    jars = [CookieJar(clock=clock) for _ in range(2)]
    for jar, name in zip(jars, "ab", strict=True):
        jar.store(SHOP, [f"{name}=1"])
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda n: [jars[n % 2].update(jars[1 - n % 2]) for _ in range(100)], range(2)))
    assert jars[0].get_dict() == jars[1].get_dict() == {"a": "1", "b": "1"}


# Saving


def test_the_state_has_the_shape_of_playwright(filled: CookieJar, clock: Clock):
    state = filled.to_state()
    assert state[0] == {
        "name": "host",
        "value": "1",
        "domain": "shop.example",
        "path": "/a",
        "expires": clock.now + 1000,
        "httpOnly": True,
        "secure": False,
        "sameSite": "Strict",
    }
    assert [cookie["domain"] for cookie in state[1:3]] == [".shop.example", "shop.example"]
    assert [cookie.get("sameSite") for cookie in state[1:]] == ["None", "Lax", None, None]
    assert state[3]["expires"] == -1


def test_every_attribute_survives_saving_and_restoring(filled: CookieJar, clock: Clock):
    saved = json.loads(json.dumps(filled.to_state()))
    restored = CookieJar(clock=clock)
    restored.restore_state(saved)
    assert restored.to_state() == filled.to_state()
    for url in (SHOP, SHOP + "a", PLAIN, WWW):
        assert restored.header_for(url) == filled.header_for(url)


def test_restoring_leaves_nothing_of_before(filled: CookieJar):
    filled.restore_state([{"name": "a", "value": "1", "domain": "shop.example"}])
    assert filled.get_dict() == {"a": "1"}


@pytest.mark.parametrize("octets", [utf8("ü✓"), "\xe9\xff", "plain"])
def test_octets_of_any_kind_survive(jar: CookieJar, octets: str):
    jar.store(SHOP, [f"a={octets}"])
    state = json.loads(json.dumps(jar.to_state()))
    jar.restore_state(state)
    assert jar.header_for(SHOP) == f"a={octets}"


def test_the_state_is_text_where_the_octets_are(jar: CookieJar):
    jar.store(SHOP, [utf8("a=ü")])
    assert jar.to_state()[0]["value"] == "ü"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", None),
        ("value", 1),
        ("domain", ""),
        ("domain", None),
        ("path", 3),
        ("expires", "soon"),
        ("expires", float("nan")),
        ("secure", "yes"),
        ("httpOnly", 0),
    ],
)
def test_a_malformed_state_says_which_cookie_and_what(filled: CookieJar, key: str, value: object):
    good = {"name": "a", "value": SECRET, "domain": "shop.example", "path": "/"}
    with pytest.raises(ConfigError, match=f"Cookie 2 .* no usable '{key}'") as error:
        filled.restore_state([good, good | {key: value}])
    assert SECRET not in str(error.value)
    assert len(filled) == 5


def test_what_no_browser_would_keep_is_not_restored(jar: CookieJar):
    jar.restore_state(
        [
            {"name": "super", "value": "1", "domain": ".co.uk"},
            {"name": "__Host-a", "value": "1", "domain": "shop.example"},
            {"name": "old", "value": "1", "domain": "shop.example", "expires": 1.5},
            {"name": "good", "value": "1", "domain": "shop.example"},
        ]
    )
    assert jar.keys() == ["good"]


def test_same_site_none_as_firefox_says_it_for_nothing_is_unset(jar: CookieJar):
    entry = {"name": "a", "value": "1", "domain": "shop.example", "sameSite": "None"}
    jar.restore_state([entry | {"secure": False}, entry | {"name": "b", "secure": True}])
    assert [cookie.get("sameSite") for cookie in jar.to_state()] == [None, "None"]


# cookies.txt

COOKIES_TXT = """\
# Netscape HTTP Cookie File
# https://curl.se/docs/http-cookies.html

shop.example\tFALSE\t/\tTRUE\t0\tsession\t1
.shop.example\tTRUE\t/a\tFALSE\t1900000000\tdomain\t2
#HttpOnly_shop.example\tFALSE\t/\tFALSE\t1900000000.5\thttponly\t3
# .other.example\tTRUE\t/\tFALSE\t0\tcomment\t4
shop.example\tTRUE\t/\tfalse\t\tflag\t5
.shop.example\tFALSE\t/\tFALSE\t-1\tdot\t6
shop.example\tFALSE\t/\tFALSE\t0\tempty
shop.example\tFALSE\t/\tFALSE\t1\texpired\t7
"""


def test_cookies_txt_is_read(jar: CookieJar):
    jar.load_netscape(COOKIES_TXT)
    assert jar.get_dict() == {
        "session": "1",
        "domain": "2",
        "httponly": "3",
        "flag": "5",
        "dot": "6",
        "empty": "",
    }
    assert [cookie.domain for cookie in jar] == [
        "shop.example",
        ".shop.example",
        "shop.example",
        ".shop.example",
        "shop.example",
        "shop.example",
    ]
    assert [cookie.expires for cookie in jar] == [None, 1900000000, 1900000000.5, None, None, None]
    assert [cookie.http_only for cookie in jar] == [False, False, True, False, False, False]
    assert [cookie.secure for cookie in jar] == [True] + [False] * 5


def test_cookies_txt_of_windows_is_read_too(jar: CookieJar):
    jar.load_netscape("\ufeff" + COOKIES_TXT.replace("\n", "\r\n"))
    assert len(jar) == 6


def test_cookies_txt_keeps_all_but_same_site(filled: CookieJar, clock: Clock):
    text = filled.to_netscape()
    assert text.splitlines()[0] == "# Netscape HTTP Cookie File"
    assert f"#HttpOnly_shop.example\tFALSE\t/a\tFALSE\t{clock.now + 1000:.0f}\thost\t1" in text
    assert ".shop.example\tTRUE\t/\tTRUE\t0\tdomain\t2" in text
    read = CookieJar(clock=clock)
    read.load_netscape(text)
    without = [{key: value for key, value in c.items() if key != "sameSite"} for c in filled.to_state()]
    assert read.to_state() == without


def test_cookies_txt_is_what_python_reads(filled: CookieJar, tmp_path):
    (tmp_path / "cookies.txt").write_text(filled.to_netscape())
    mozilla = http.cookiejar.MozillaCookieJar(tmp_path / "cookies.txt")
    mozilla.load(ignore_discard=True, ignore_expires=True)
    assert {cookie.name for cookie in mozilla} == {"host", "domain", "__Host-lax", "unset", "nameless"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"shop.example FALSE / FALSE 0 sid {SECRET}", "has 1 of its 7 fields"),
        (f"shop.example\tFALSE\t/\tsid\t{SECRET}", "has 5 of its 7 fields"),
        (f"\tFALSE\t/\tFALSE\t0\tsid\t{SECRET}", "has no domain"),
        (f"shop.example\tYES\t/\tFALSE\t0\tsid\t{SECRET}", "neither TRUE nor FALSE"),
        (f"shop.example\tFALSE\t/\t0\t0\tsid\t{SECRET}", "neither TRUE nor FALSE"),
        (f"shop.example\tFALSE\tx\tFALSE\t0\tsid\t{SECRET}", "does not begin with a slash"),
        (f"shop.example\tFALSE\t/\tFALSE\tsoon\tsid\t{SECRET}", "expiry that is no number"),
        (f"shop.example\tFALSE\t/\tFALSE\tnan\tsid\t{SECRET}", "expiry that is no number"),
        (f'{{"sid": "{SECRET}"}}', "has 1 of its 7 fields"),
    ],
)
def test_a_malformed_line_is_named_by_its_number_and_never_shown(jar: CookieJar, line: str, reason: str):
    with pytest.raises(ConfigError, match=rf"Line 4 of the cookies\.txt .*{reason}") as error:
        jar.load_netscape("# comment\n\nshop.example\tFALSE\t/\tFALSE\t0\tgood\t1\n" + line)
    assert SECRET not in str(error.value)
    assert len(jar) == 0


# Seen from outside


def test_no_value_shows(jar: CookieJar):
    jar.store(SHOP, [f"sid={SECRET}; Domain=shop.example", f"own={SECRET}"])
    shown = f"{jar!r} {jar} {list(jar)!r} {next(iter(jar))}" + repr(parse_set_cookie(f"a={SECRET}", 0))
    assert SECRET not in shown
    assert repr(jar) == "<CookieJar sid (.shop.example), own (shop.example)>"
    assert repr(CookieJar()) == "<CookieJar empty>"


def test_importing_it_does_not_load_the_public_suffix_list():
    program = (
        "import sys; from scraper.cookies import CookieJar; jar = CookieJar();"
        "jar.store('https://a.example/', ['a=1']); print('publicsuffixlist' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_header_costs_less_than_half_of_what_it_costs_in_requests_jar():
    ours, theirs = CookieJar(), RequestsCookieJar()
    request = prepared(SHOP + "a/b?c=d")
    for jar in (ours, theirs):
        extract_cookies_to_jar(jar, request, answer("a=1", "b=2; Path=/; Secure", "c=3; Path=/; Max-Age=100"))
    assert ours.header_for(request.url) == get_cookie_header(theirs, request) == "a=1; b=2; c=3"
    assert _cost(lambda: ours.header_for(request.url)) < 0.5 * _cost(
        lambda: get_cookie_header(theirs, request)
    )


def _cost(call) -> float:
    return min(timeit.repeat(call, number=200, repeat=7, timer=time.process_time))
