"""robots.txt as RFC 9309 has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.robots import LARGEST, Robots, product_token

SITE = "https://shop.example"
ROBOTS = f"{SITE}/robots.txt"
DAY, HOUR, MINUTE = 86400, 3600, 60
FORBIDDEN = b"User-agent: *\nDisallow: /"


class Clock:
    """Time that passes only when told to."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def robots(clock: Clock) -> Robots:
    return Robots("MyBot/1.0 (+https://me.example)", clock)


def allows(text: str | bytes, path: str, agent: str = "MyBot/1.0") -> bool:
    """Whether a robots.txt with this text allows a path."""
    robots = Robots(agent, Clock())
    robots.learn(ROBOTS, status=200, body=text.encode() if isinstance(text, str) else text)
    return robots.allows(SITE + path)


def allowed(text: str | bytes, paths: str, agent: str = "MyBot/1.0") -> str:
    """Which of these paths a robots.txt with this text allows."""
    return " ".join(path for path in paths.split() if allows(text, path, agent))


# What to fetch first


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://shop.example/a/b?c#d", "https://shop.example/robots.txt"),
        ("https://shop.example", "https://shop.example/robots.txt"),
        ("https://SHOP.example:443/a", "https://shop.example/robots.txt"),
        ("http://shop.example/a", "http://shop.example/robots.txt"),
        ("https://ada:secret@shop.example:8443/a", "https://shop.example:8443/robots.txt"),
        ("http://[::1]:8000/a", "http://[::1]:8000/robots.txt"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/robots.txt"),
    ],
)
def test_every_scheme_host_and_port_has_its_own(robots, url, address):
    assert robots.needs(url) == address
    robots.learn(address, status=404)
    assert robots.needs(url) is None


def test_the_rules_of_one_site_are_not_those_of_another(robots):
    robots.learn(ROBOTS, status=200, body=FORBIDDEN)
    for other in ("http://shop.example/", "https://www.shop.example/", "https://shop.example:8443/"):
        assert robots.needs(other) is not None
        robots.learn(robots.needs(other), status=404)
        assert robots.allows(other)
    assert not robots.allows(SITE)


def test_nothing_is_allowed_before_robots_txt_is_known(robots, clock):
    assert not robots.allows(SITE)
    assert robots.retry_at(SITE) == clock.now
    assert robots.line(SITE) == f"{ROBOTS} has not been fetched yet"


def test_robots_txt_itself_is_always_allowed(robots):
    assert robots.needs(ROBOTS) is None
    assert robots.allows(ROBOTS)
    robots.learn(ROBOTS, status=200, body=FORBIDDEN)
    assert robots.allows(ROBOTS)
    assert not robots.allows(f"{SITE}/a?b=/robots.txt")
    assert robots.line(ROBOTS) == f"{ROBOTS} itself is always allowed"


# What the answer means


@pytest.mark.parametrize("status", [200, 203])
def test_an_answer_is_read(robots, status):
    robots.learn(ROBOTS, status=status, body=FORBIDDEN)
    assert not robots.allows(SITE)
    assert robots.retry_at(SITE) is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 499])
def test_4xx_means_that_there_are_no_rules(robots, status):
    robots.learn(ROBOTS, status=status, body=FORBIDDEN)
    assert robots.allows(SITE)
    assert robots.line(SITE) == f"{ROBOTS} answered {status}, so that there are no rules"


def test_more_redirects_than_are_followed_mean_that_there_are_no_rules(robots):
    robots.learn(ROBOTS, status=302, final_url=f"{SITE}/6")
    assert robots.allows(SITE)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599, None])
def test_5xx_and_network_errors_disallow_everything(robots, status):
    robots.learn(ROBOTS, status=status)
    assert not robots.allows(SITE)
    assert robots.allows(ROBOTS)


@pytest.mark.parametrize(("status", "what"), [(503, "answered 503"), (None, "could not be fetched")])
def test_why_everything_is_disallowed_can_be_told(robots, status, what):
    robots.learn(ROBOTS, status=status)
    assert robots.line(SITE) == f"{ROBOTS} {what}, so that nothing of the site may be until it can"


def test_an_unreachable_one_is_asked_for_again_after_a_minute_and_then_ever_later(robots, clock):
    waits = []
    for _ in range(9):
        robots.learn(ROBOTS, status=503)
        assert robots.needs(SITE) is None
        start = clock.now
        while robots.needs(SITE) is None:
            clock.now += MINUTE
        waits.append((clock.now - start) / MINUTE)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_retry_that_succeeds_allows_again(robots, clock):
    robots.learn(ROBOTS, status=503)
    assert robots.retry_at(SITE) == clock.now + MINUTE
    clock.now += MINUTE
    robots.learn(ROBOTS, status=200, body=b"")
    assert robots.allows(SITE)
    assert robots.retry_at(SITE) is None
    robots.learn(ROBOTS, status=503)
    assert robots.needs(SITE) is None


def test_pages_are_given_up_after_half_an_hour_without_robots_txt(robots, clock):
    retries = []
    for _ in range(6):
        robots.learn(ROBOTS, status=None)
        retries.append(robots.retry_at(SITE) is not None)
    assert retries == [True, True, True, True, False, False]
    assert not robots.allows(SITE)


def test_it_counts_for_a_day(robots, clock):
    robots.learn(ROBOTS, status=200, body=FORBIDDEN)
    clock.now += DAY - 1
    assert robots.needs(SITE) is None
    clock.now += 1
    assert robots.needs(SITE) == ROBOTS


def test_what_is_new_replaces_what_was_known(robots, clock):
    robots.learn(ROBOTS, status=200, body=FORBIDDEN)
    clock.now += DAY
    robots.learn(ROBOTS, status=404)
    assert robots.allows(SITE)


def test_a_good_copy_counts_for_another_day_while_no_new_one_can_be_had(robots, clock):
    robots.learn(ROBOTS, status=200, body=b"User-agent: *\nDisallow: /a")
    clock.now += DAY
    robots.learn(ROBOTS, status=503)
    assert [robots.allows(f"{SITE}/a"), robots.allows(f"{SITE}/b")] == [False, True]
    assert robots.retry_at(f"{SITE}/a") is None
    clock.now += DAY
    assert [robots.allows(f"{SITE}/a"), robots.allows(f"{SITE}/b")] == [False, False]


def test_what_a_redirect_leads_to_counts_for_the_site_that_was_asked(robots):
    robots.learn(ROBOTS, status=200, body=FORBIDDEN, final_url="https://www.shop.example/robots.txt")
    assert not robots.allows(SITE)
    assert robots.needs("https://www.shop.example/") is not None


@pytest.mark.parametrize("page", ["<!doctype html><title>Sign in</title>", "\ufeff \r\n<html>", "<?xml?>"])
def test_a_page_in_its_place_has_no_rules(robots, page):
    body = f"{page}<pre>\nUser-agent: *\nDisallow: /\n</pre>".encode()
    robots.learn(ROBOTS, status=200, body=body, final_url=f"{SITE}/login")
    assert robots.allows(f"{SITE}/a")
    assert robots.line(SITE) == f"{ROBOTS} (redirected to {SITE}/login) has no rule that forbids it"


def test_only_so_many_sites_are_remembered(robots):
    for i in range(2001):
        robots.learn(f"https://{i}.example/robots.txt", status=404)
    assert robots.needs("https://0.example/") is not None
    assert robots.needs("https://1.example/") is None


# How it is written


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_of_three_ways(end):
    assert allowed(end.join(["User-agent: *", "Disallow: /a", ""]), "/a /b") == "/b"


def test_a_byte_order_mark_is_passed_over():
    assert not allows(b"\xef\xbb\xbf" + FORBIDDEN, "/")


@pytest.mark.parametrize(
    "junk", [b"\x00\x01\xff\xfe", b"\x00", b"\xc3\x28", b"\x1f\x8b\x08", b":", b"a:b", b"#"]
)
def test_bytes_that_mean_nothing_are_passed_over(junk):
    assert allowed(junk + b"\nUser-agent: *\n" + junk + b"\nDisallow: /a\n" + junk, "/a /b") == "/b"


def test_bytes_that_are_not_utf_8_match_themselves():
    assert allowed(b"User-agent: *\nDisallow: /caf\xe9", "/caf%E9 /cafe") == "/cafe"


@given(st.binary(max_size=300), st.text(max_size=50))
def test_nothing_that_is_sent_breaks_it(body, path):
    robots = Robots("MyBot", Clock())
    robots.learn(ROBOTS, status=200, body=b"User-agent: *\nDisallow: /x\nCrawl-delay:" + body)
    robots.allows(f"{SITE}/{path}")
    robots.line(f"{SITE}/{path}")
    assert robots.crawl_delay(SITE) is None or 0 <= robots.crawl_delay(SITE) <= 30


@given(st.text(alphabet="uUser-agent: *Disallow/\n\r#$x<\0\u2028", max_size=80))
def test_no_text_breaks_it(text):
    assert allows(text, "/") in (True, False)


def test_500_kib_are_read_up_to_the_last_whole_line():
    head = b"User-agent: *\nDisallow: /a\n"
    filling = b"#" * (LARGEST - len(head) - 20) + b"\n"
    cut = head + filling + b"Disallow: /b\nAllow: /abcdefghijklmnop\n" + b"Disallow: /c\n" * 10_000
    assert allowed(cut, "/a /b /c /abcdefghijklmnop") == "/c"


def test_500_kib_are_read_in_full():
    head = b"User-agent: *\n"
    last = b"Disallow: /a\n"
    body = head + b"#" * (LARGEST - len(head) - len(last) - 1) + b"\n" + last
    assert len(body) == LARGEST
    assert not allows(body, "/a")
    assert not allows(body + b"Disallow: /b", "/a")
    assert allows(body + b"Disallow: /b", "/b")


def test_one_line_without_end_has_no_rules():
    assert allows(b"User-agent: *" + b" " * LARGEST + b"\nDisallow: /", "/")


@pytest.mark.parametrize(
    "line",
    ["disallow: /a", "DISALLOW:/a", "  Disallow : /a  ", "Disallow: /a # here", "Disallow /a", "Disalow: /a"],
)
def test_a_rule_may_be_written_carelessly(line):
    assert allowed(f"user-AGENT:*\n{line}", "/a /b") == "/b"


def test_prose_is_no_rule():
    assert allows("User-agent: *\nDisallow / of everything is not meant\nAllow me to explain", "/")


# For whom it is


@pytest.mark.parametrize(
    ("agent", "token"),
    [
        ("login-aware-scraper python-requests/2.32.3", "login-aware-scraper"),
        ("MyBot/1.0 (+https://me.example)", "MyBot"),
        ("my_bot", "my_bot"),
        ("Mozilla/5.0 (compatible; MyBot/1.0; +https://me.example)", "MyBot"),
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0", "Mozilla"),
        ("", ""),
        ("(nobody)", ""),
    ],
)
def test_the_name_is_the_first_product_of_the_user_agent(agent, token):
    assert product_token(agent) == token


@pytest.mark.parametrize("name", ["MyBot", "mybot", "MYBOT", "MyBot/2.0", "mybot - ours"])
def test_a_group_is_found_by_its_name_in_any_case(name):
    text = f"User-agent: *\nDisallow: /a\n\nUser-agent: {name}\nDisallow: /b"
    assert allowed(text, "/a /b") == "/a"


@pytest.mark.parametrize("name", ["My", "Bot", "MyBots", "My-Bot", "MyBot-News", "yBot", "python-requests"])
def test_a_name_that_only_resembles_it_is_another(name):
    text = f"User-agent: {name}\nDisallow: /b\n\nUser-agent: *\nDisallow: /a"
    assert allowed(text, "/a /b") == "/b"


def test_the_longest_name_does_not_beat_the_exact_one():
    text = "User-agent: login\nDisallow: /a\nUser-agent: login-aware-scraper\nDisallow: /b"
    assert allowed(text, "/a /b", "login-aware-scraper python-requests/2.32.3") == "/a"


def test_groups_of_one_name_are_one_group():
    text = "User-agent: mybot\nDisallow: /a\n\nUser-agent: x\nDisallow: /b\n\nUser-agent: MyBot\nDisallow: /c"
    assert allowed(text, "/a /b /c") == "/b"


def test_groups_for_all_are_one_group():
    assert (
        allowed("User-agent: *\nDisallow: /a\nUser-agent: x\nUser-agent: *\nDisallow: /b", "/a /b /c") == "/c"
    )


def test_several_names_may_share_a_group():
    text = "User-agent: x\nUser-agent: mybot\n\nSitemap: /s.xml\nUser-agent: y\n\nDisallow: /a"
    assert allowed(text, "/a /b") == "/b"


def test_a_group_of_ones_own_without_rules_allows_everything():
    assert allows("User-agent: *\nDisallow: /\nUser-agent: mybot", "/")
    assert allows("User-agent: mybot\nDisallow:\n\nUser-agent: *\nDisallow: /", "/")


def test_without_a_group_everything_is_allowed():
    assert allows("User-agent: x\nDisallow: /", "/")
    assert allows("Disallow: /", "/")
    assert allows("", "/")


def test_lines_of_another_kind_do_not_part_a_group():
    text = "User-agent: mybot\nNoindex: /x\nHost: shop.example\nUser-agent: y\nUnknown\nDisallow: /a"
    assert allowed(text, "/a /b") == "/b"


def test_a_crawl_delay_belongs_to_its_group_and_ends_its_names():
    assert allows("User-agent: *\nCrawl-delay: 10\n\nUser-agent: BadBot\nDisallow: /", "/")


def test_a_client_without_a_name_goes_by_the_rules_for_all():
    assert allowed("User-agent: *\nDisallow: /a\nUser-agent: mybot\nDisallow: /b", "/a /b", agent="") == "/b"


# Which rule wins


@pytest.mark.parametrize(
    ("rules", "path", "is_allowed"),
    [
        ("Disallow: /a|Allow: /a/b", "/a/b/c", True),
        ("Allow: /a/b|Disallow: /a", "/a/c", False),
        ("Disallow: /a/b|Allow: /a", "/a/b", False),
        ("Disallow: /a|Allow: /a", "/a", True),
        ("Allow: /a|Disallow: /a", "/a", True),
        ("Disallow: /|Allow: /$", "/", True),
        ("Disallow: /|Allow: /$", "/a", False),
        ("Allow: /p|Disallow: /*.html", "/page.html", False),
        ("Allow: /page|Disallow: /*.h", "/page.html", True),
        ("Disallow: /a", "/A", True),
        ("Disallow: /fish", "/fishheads/yummy.html?id=1", False),
        ("Disallow: /fish", "/catfish", True),
        ("Disallow: /fish/", "/fish", True),
        ("Disallow: /fish*", "/fish.html", False),
        ("Disallow: /*.php$", "/a/b.php", False),
        ("Disallow: /*.php$", "/a.php?b", True),
        ("Disallow: /*.php", "/a.php?b", False),
        ("Disallow: /a*b*c", "/a1b2b3c4", False),
        ("Disallow: /a*b*c", "/a1c2b3", True),
        ("Disallow: /a***b", "/a-b", False),
        ("Disallow: *.gif$", "/x/a.gif", False),
        ("Disallow: /a$b", "/a$bc", False),
        ("Disallow: /?", "/?q=1", False),
        ("Disallow: /?", "/q", True),
        ("Disallow: /*?sid=", "/a/b?sid=5", False),
        ("Disallow: a", "/a", True),
        ("Disallow: ", "/a", True),
        ("Disallow: /a|Allow: ", "/a", False),
        ("Disallow: /a b", "/a%20b", False),
    ],
)
def test_the_longest_pattern_wins_and_an_allow_wins_a_tie(rules, path, is_allowed):
    text = "User-agent: *\n" + rules.replace("|", "\n")
    assert allows(text, path) is is_allowed


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar"),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84"),
        ("/foo/bar/%E3%83%84", "/foo/bar/ツ"),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ("/foo/bar/baz", "/foo/bar/%62%61%7A"),
        ("/a%2Ab", "/a*b"),
        ("/a%24", "/a$"),
        ("/~joe", "/%7Ejoe"),
    ],
)
def test_percent_encoding_makes_no_difference(pattern, path):
    assert not allows(f"User-agent: *\nDisallow: {pattern}", path)
    assert allows(f"User-agent: *\nDisallow: {pattern}", "/foo")


def test_an_escaped_slash_is_no_slash():
    assert allowed("User-agent: *\nDisallow: /a%2Fb", "/a/b /a%2Fb /a%2fb") == "/a/b"


def test_the_example_of_the_rfc():
    text = """
        User-Agent: *
        Disallow: *.gif$
        Disallow: /example/
        Allow: /publications/

        User-Agent: foobot
        Disallow:/
        Allow:/example/page.html
        Allow:/example/allowed.gif

        User-Agent: barbot
        User-Agent: bazbot
        Disallow: /example/page.html

        User-Agent: quxbot
    """
    paths = "/x.gif /example/page.html /example/allowed.gif /publications/ /a"
    assert allowed(text, paths, "other") == "/publications/ /a"
    assert allowed(text, paths, "foobot") == "/example/page.html /example/allowed.gif"
    assert allowed(text, paths, "BazBot/2") == "/x.gif /example/allowed.gif /publications/ /a"
    assert allowed(text, paths, "quxbot") == paths


def test_the_example_of_the_longest_match_in_the_rfc():
    text = "User-agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif"
    assert allowed(text, "/example/page/ /example/page/disallowed.gif", "foobot") == "/example/page/"


# What else it says


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5),
        ("0.5", 0.5),
        ("0", 0),
        ("30", 30),
        ("31", 30),
        ("5.", 5),
        (".5", 0.5),
        ("9" * 400, 30),
        *((junk, None) for junk in ("-1", "soon", "nan", "inf", "", ".", "1e3", "5 6")),
    ],
)
def test_a_crawl_delay_is_kept_up_to_thirty_seconds(robots, value, seconds):
    robots.learn(ROBOTS, status=200, body=f"User-agent: *\nCrawl-delay: {value}".encode())
    assert robots.crawl_delay(SITE) == seconds


def test_a_crawl_delay_is_that_of_the_own_group(robots):
    text = b"User-agent: *\nCrawl-delay: 9\nUser-agent: mybot\nCrawl-delay: 2\nDisallow: /a"
    robots.learn(ROBOTS, status=200, body=text)
    assert robots.crawl_delay(SITE) == 2
    assert robots.crawl_delay("https://other.example") is None


def test_sitemaps_are_for_everyone_and_come_absolute(robots):
    text = (
        b"Sitemap: https://shop.example/a.xml\nUser-agent: x\nDisallow: /\nsitemap: /b.xml\n"
        b"Sitemap: https://shop.example/a.xml\nSitemap: ftp://shop.example/c.xml\nSitemap: https://[\nSitemap:"
    )
    robots.learn(ROBOTS, status=200, body=text)
    assert robots.sitemaps(f"{SITE}/any") == [f"{SITE}/a.xml", f"{SITE}/b.xml"]
    assert robots.sitemaps("https://other.example") == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/cart/1", f"line 5 of {ROBOTS}: 'Disallow: /cart'"),
        ("/cart/help", f"line 6 of {ROBOTS}: 'Allow: /cart/help'"),
        ("/x.PDF", f"{ROBOTS} has no rule that forbids it"),
        ("/x.pdf", f"line 8 of {ROBOTS}: 'Disallow: /*.pdf$'"),
    ],
)
def test_the_line_that_decides_can_be_told(robots, path, line):
    group = ["User-agent: *", "Crawl-delay: 1", "Disallow: /cart", "Allow: /cart/help # ask", ""]
    text = "\n".join(["# Hello", "", *group, "Disallow: /*.pdf$"])
    robots.learn(ROBOTS, status=200, body=text.encode())
    assert robots.line(SITE + path) == line
