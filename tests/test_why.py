"""``why``: what became of an address: who linked to it, what decided on it, what came of it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from requests_mock import ANY

from scraper import Request, Spider, crawl
from scraper.cli.telling import tell
from scraper.visit import Outcome, Visit
from tests.commands import scraper
from tests.pages import page
from tests.servers import Asked, Reply, serving

HTML = [("Content-Type", "text/html")]
RULES = b"User-agent: *\nDisallow: /private\nAllow: /private/open\n"

SPIDER = """
import os

from scraper import FormLogin, Item, Spider, css


class Thing(Item, rows="li"):
    name: str = css("b")
    price: float = css("i")


class Shop(Spider):
    start_urls = os.environ.get("SHOP_URL", ())
    item = Thing
    follow = ("a.next", "nav")
    deny = r"\\.pdf$"
    retry = 1
"""

FIRST = """<a class=next href="/list?b=2&a=1">more</a>
<nav><a href=/private/x>x</a><a href=/private/open>o</a><a href=/out>Log out</a><a href=/missing>m</a></nav>
<li><b>one</b><i>1</i><li><b>two</b><i>dear</i>"""


def shop(asked: Asked) -> Reply:
    path = urlsplit(asked.path).path
    if path == "/robots.txt":
        return Reply(200, [("Content-Type", "text/plain")], RULES)
    pages = {"/": FIRST, "/list": "<a class=next href=/last>", "/last": "<li><b>3</b><i>3</i>"}
    return Reply(404 if path == "/missing" else 200, HTML, pages.get(path, "").encode())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory):
    """A folder in which a small shop was crawled once, and the shop's address."""
    folder = tmp_path_factory.mktemp("why")
    (folder / "spiders").mkdir()
    (folder / "spiders" / "shop.py").write_text(SPIDER, encoding="utf-8")
    with serving(shop) as server:
        done = scraper("run", "shop", cwd=folder, SHOP_URL=server.url("/"))
        assert done.returncode == 1, done.stderr
        yield folder, server.url("").rstrip("/")


@pytest.fixture
def why(world: tuple[Path, str]):
    """Ask for a path of the shop, or a whole address; return what is said as label and lines."""
    folder, site = world

    def ask(address: str, *arguments: str) -> dict[str, str]:
        url = address if "://" in address else site + address
        done = scraper("why", url, *arguments, cwd=folder)
        assert done.returncode == 0, done.stderr
        told: dict[str, str] = {}
        label = ""
        for line in done.stdout.splitlines()[1:]:
            label = line[2:13].strip() or label
            told[label] = f"{told.get(label, '')}\n{line[13:]}".strip()
        return told

    return ask


def test_a_page_is_told_with_the_way_to_it_and_the_selectors_on_it(why, world):
    told = why("/last")
    site = world[1]
    assert told["found"].splitlines() == [
        f"0. {site}/: a start URL",
        f"1. {site}/list?b=2&a=1: by a.next",
        "2. here: by a.next",
    ]
    assert re.match(r"done: answered 200, \d+ bytes in [\d.]+ s, 1 attempt, on 20", told["outcome"])
    assert told["items"] == 'Thing  {"name":"3","price":3.0}'
    assert told["session"] == "unknown, epoch 0"
    assert told["robots.txt"].endswith("/robots.txt has no rule that forbids it")


def test_another_spelling_is_the_same_page_and_has_its_key(why, world):
    told, other = why("/list?a=1&b=2"), why("/list?b=2&a=1#top")
    assert told["known as"].startswith(f"{world[1]}/list?b=2&a=1, which is another spelling")
    assert told["key"] == other["key"]
    assert re.fullmatch(rf"[0-9a-f]{{32}}: GET {world[1]}/list\?a=1&b=2", told["key"])
    assert "known as" not in other


def test_the_line_of_robots_txt_that_decides_is_named(why, world):
    denied = why("/private/x")
    line = f"line 2 of {world[1]}/robots.txt: 'Disallow: /private'"
    assert denied["outcome"] == f"left out: {line}"
    assert denied["robots.txt"] == f"forbidden: {line}"
    assert why("/private/open")["robots.txt"].startswith("allowed: line 3 of ")
    assert why("/private/elsewhere")["robots.txt"] == f"forbidden: {line}"


def test_rejects_and_the_pages_kept_are_told(why):
    told = why("/")
    assert told["rejects"].startswith("row 1, Thing.price: Input should be a valid number")
    assert "reject:Thing.price" in told["kept as"].splitlines()
    assert "(from css('i'))" in told["rejects"]


def test_a_failed_page_is_told_with_what_it_answered(why):
    assert why("/missing")["outcome"].startswith("failed: answered 404, ")


def test_a_link_that_would_sign_out_is_told_with_the_reason(why):
    assert why("/out")["outcome"] == "left out: its text says 'Log out'"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://elsewhere.example/", "elsewhere.example is not among the spider's allowed_domains"),
        ("/prices.pdf", "deny has '\\\\.pdf$'."),
        ("/users/sign_out", "it would sign out or delete something: its path is /users/sign_out"),
        ("/a/b/a/b/a/b/a/b", "it looks like a trap: its path repeats /a/b."),
    ],
)
def test_what_a_crawl_would_never_fetch_is_told_with_the_reason(why, address, reason):
    told = why(address)
    assert told["outcome"].startswith("unknown")
    assert told["kept out"].startswith(reason)


def test_what_nothing_kept_out_was_linked_to_by_nothing(why):
    told = why("/nowhere")
    assert told["spider"].startswith("shop would allow it, so no page that was read linked to it")
    assert "(follow = a.next, nav)" in told["spider"]


def test_one_job_may_be_asked(why, world):
    [path] = (world[0] / ".scraper/jobs/shop").glob("*.sqlite")
    assert why("/last", "--job", "shop") == why("/last")
    assert why("/last", "--job", str(path)) == {**why("/last"), "job": str(path)}


def test_half_an_address_is_refused_with_the_whole_one(world):
    done = scraper("why", "shop.example/x", cwd=world[0])
    assert done.returncode == 2
    assert "did you mean https://shop.example/x?" in done.stderr
    assert "There is no job" in scraper("why", "https://shop.example/", cwd=world[0] / "spiders").stderr


def test_a_job_whose_spider_is_gone_is_still_asked(why, world):
    folder = world[0]
    (folder / "spiders" / "shop.py").rename(folder / "shop.txt")
    try:
        assert why("/last")["items"]
        assert "There is no spider named 'shop'" in why("/nowhere")["spider"]
    finally:
        (folder / "shop.txt").rename(folder / "spiders" / "shop.py")


# By which selector a page was found


def test_links_say_by_which_selector_they_were_found():
    answer = page("<a class=next href=/2>2</a><nav><a href=/3>3</a></nav>")
    assert [request.found_by for request in answer.links("a.next")] == ["a.next"]
    assert [answer.follow(one).found_by for one in answer.css("nav a")] == ["nav a"]
    assert answer.follow("/4").found_by == answer.follow(answer.soup.a).found_by == "response.follow()"
    assert answer.follow("/4", found_by="the map").found_by == "the map"
    assert Request("https://shop.example/", found_by="a") == Request("https://shop.example/")


def test_a_page_that_is_surely_a_member_s_takes_over_what_was_found_by_a_doubtful_one(job):
    job.add([Request("https://shop.example/1"), Request("https://shop.example/2")], account=None)
    leases = job.lease(2)
    link = Request("https://shop.example/3", found_by="a.teaser")
    job.commit([Outcome(leases[0], Visit(ok=True, status=200, epoch=1, requests=(link,)))])
    link = Request("https://shop.example/3", found_by="a.member")
    job.commit([Outcome(leases[1], Visit(ok=True, status=200, auth="signed_in", epoch=1, requests=(link,)))])
    [known] = job.trace().by_key("https://shop.example/3")
    assert (known.row["found_by"], known.way) == ("a.member", (("https://shop.example/2", None),))


def test_a_long_way_is_told_by_its_ends(job, web_of_pages):
    crawl(web_of_pages, job)
    [known] = job.trace().by_key("http://127.0.0.1/p20")
    found = [line for label, line in tell(job, known, "http://127.0.0.1/p20")]
    assert "3. to 14. ..." in found
    assert "20. here: by a" in found


@pytest.fixture
def web_of_pages(requests_mock):
    def answer(asked, context):
        context.headers["Content-Type"] = "text/html"
        n = int(asked.path.removeprefix("/p") or 0)
        return f"<a href=/p{n + 1}>" if n < 20 else ""

    requests_mock.get(ANY, text=answer)

    class Chain(Spider):
        start_urls = "http://127.0.0.1/p0"
        follow = "a"
        obey_robots = False

    return Chain()


def test_a_page_that_a_browser_renders_is_known_beside_the_page_as_it_was_sent(job):
    url = "https://shop.example/"
    job.add([Request(url), Request(url, render=True), Request(url, "POST", body="a=1")])
    assert len({known.key for known in job.trace().by_key(f"{url}?")}) == 2
    assert len(job.trace().by_address(url)) == 3
