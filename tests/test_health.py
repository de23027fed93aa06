"""Selector health: a field that has ceased to be found is named, since which page, and what is near."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scraper import Item, Job, Spider, crawl, css
from scraper.evidence import Evidence
from scraper.health import findings
from scraper.item.declare import place_of
from scraper.visit import Outcome, Visit
from tests.commands import scraper
from tests.pages import page
from tests.servers import Asked, Reply, serving

PAGES, BREAKS = 100, 50


class Book(Item, rows="article.book"):
    title: str = css("h3 a")
    price: str | None = css("p.price_color")


class Shop(Spider):
    item = Book
    follow = "a.next"
    concurrency = 1


class Site:
    """A shop of pages with two books each; from page `breaks` on prices have another class."""

    def __init__(self) -> None:
        self.pages, self.breaks, self.tag = PAGES, BREAKS, "<p class=price-new>"

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/robots.txt":
            return Reply(404)
        number = int(asked.path.strip("/") or 1)
        price = self.tag if number >= self.breaks else "<p class=price_color>"
        book = f"<article class=book><h3><a href=#>Book {number}</a></h3>{price}£{number}.50</p></article>"
        token = "<input type=hidden name=csrf_token value=hush-hush-hush>"
        more = f"<a class=next href=/{number + 1}>next</a>" if number < self.pages else ""
        html = f"<html><body>{book * 2}{token}{more}</body></html>"
        return Reply(200, [("Content-Type", "text/html")], html.encode())


@pytest.fixture
def site(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    site = Site()
    with serving(site) as server:
        site.url = server.url("/1")
        yield site


def at(site: Any, number: int) -> str:
    return f"{site.url.removesuffix('/1')}/{number}"


def crawled(site: Any) -> Job:
    return crawl(Shop(start_urls=[site.url]), progress=lambda crawl: None)


def test_a_field_that_ceases_in_mid_crawl_is_found_with_the_page_and_what_is_near(site):
    with crawled(site) as job:
        [found] = findings(job)
    assert (found.type, found.field, found.before, found.now) == ("Book", "price", 1.0, 0.0)
    assert found.url == at(site, BREAKS)
    assert found.suggestion == "p.price-new"
    assert "css('p.price_color') was found in 100% of the rows before" in str(found)


def test_a_field_that_is_gone_from_the_start_is_found_by_comparison_with_the_run_before(site):
    site.breaks = PAGES + 1
    with crawled(site) as job:
        assert findings(job) == []
    site.breaks = 1
    with crawled(site) as job:
        [found] = findings(job)
    assert (found.field, found.suggestion) == ("price", "p.price-new")
    assert found.url == site.url


def test_a_field_that_always_was_as_seldom_is_healthy(site):
    with crawled(site):
        pass
    with crawled(site) as job:
        assert findings(job) == []


def test_rows_that_are_gone_are_found_too(site):
    site.breaks = PAGES + 1
    with crawled(site):
        pass
    Book.__rows__ = place_of("li.book")
    try:
        with crawled(site) as job:
            [found] = findings(job)
    finally:
        Book.__rows__ = place_of("article.book")
    assert found.field == "(rows)"


def test_nothing_is_concluded_from_a_few_rows(site):
    site.breaks = 3
    with crawl(Shop(start_urls=[site.url], max_pages=6), progress=lambda crawl: None) as job:
        assert findings(job) == []


def test_the_pages_are_kept_without_secrets(site):
    with crawled(site) as job:
        kinds = dict(job.pages())
        page = job.page("break:Book.price")
    assert kinds["good:Book"] == site.url
    assert kinds["break:Book.price"] == at(site, BREAKS)
    assert page is not None
    assert b"price-new" in page
    assert b"hush-hush-hush" not in page


@pytest.mark.parametrize("kind", ["str", "str | None"])
def test_a_run_ends_with_exit_code_1_and_says_it(site, kind, tmp_path: Path):
    site.pages, site.breaks = 1000, 500
    (tmp_path / "shop.py").write_text(
        "from scraper import Item, Spider, css\n"
        "class Book(Item, rows='article.book'):\n"
        f"    price: {kind} = css('p.price_color')\n"
        "class Shop(Spider):\n"
        f"    start_urls = ['{site.url}']\n"
        "    item, follow = Book, 'a.next'\n"
    )
    run = scraper("run", "shop.py", "--no-progress", cwd=tmp_path)
    assert run.returncode == 1
    assert "broken    Book.price: css('p.price_color')" in run.stderr
    assert f"since {at(site, 500)}. Perhaps css('p.price-new')?" in run.stderr


def test_fields_of_pages_that_are_doubted_count_no_longer(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    key = ("Book", "price", "css('p')")
    with Job.create("shop") as job:
        job.add(Shop(start_urls=[f"https://shop.example/{n}" for n in range(3)]).start_requests())
        sure, unsure, other = job.lease(3)
        seen = [
            Outcome(lease, Visit(ok=True, auth=auth, epoch=1, fields=((key, hits, misses),)), at=9.0)
            for lease, auth, hits, misses in (
                (sure, "signed_in", 4, 1),
                (unsure, "unknown", 0, 5),
                (other, "unknown", 1, 0),
            )
        ]
        job.commit(seen)
        job.doubt(5.0, 1)
        [field] = job.fields()
        assert (field.hits, field.misses, field.broke_at) == (4, 1, None)


def test_fields_are_counted_in_the_order_of_the_pages(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    key = ("Book", "price", "css('p')")
    pages = [(1, 0), (1, 0), (0, 1), (1, 0), (1, 0), (0, 1), (1, 0), (1, 0)]
    with Job.create("shop") as job:
        job.add(Shop(start_urls=[f"https://shop.example/{n}" for n in range(len(pages))]).start_requests())
        leases = job.lease(len(pages))
        job.commit(
            Outcome(lease, Visit(ok=True, fields=((key, *counts),)))
            for lease, counts in zip(leases, pages, strict=True)
        )
        [field] = job.fields()
        assert (field.hits, field.misses, field.broke_at, field.misses_since) == (6, 2, None, 0)


def test_pages_without_rows_are_evidence_where_more_follow_each_other_than_before():
    evidence, answer = Evidence(), page("<p>")
    with_rows, without = {("Book", "(rows)", "b"): (1, 0)}, {("Book", "(rows)", "b"): (0, 1)}

    def shown(pages: list[dict[tuple[str, str, str], tuple[int, int]]]) -> list[int]:
        found = [evidence.kinds(answer, counts) for counts in pages]
        return [n for n, kinds in enumerate(found) if "break:Book.(rows)" in kinds]

    assert shown([without, *[with_rows] * 20] * 5) == [0]
    assert shown([without] * 100) == [1]
