"""Pages that a job keeps: all of them, small, without secrets, and only while they are believed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from scraper import Item, Job, Request, Spider, crawl, css
from scraper.kept import Kept
from scraper.redact import register
from scraper.visit import Outcome, Visit
from tests.commands import scraper
from tests.pages import page
from tests.servers import Asked, Reply, serving


class Line(Item, rows="p"):
    text: str = css(":scope")


class Lines(Spider):
    item = Line
    follow = "a"
    keep_pages = True
    retry = 1


HTML = "<p>one</p><p>two</p><a href=/2>next</a>" + "<!-- nothing -->" * 500


def site(asked: Asked) -> Reply:
    status = 404 if asked.path in ("/robots.txt", "/2") else 200
    return Reply(status, [("Content-Type", "text/html; charset=windows-1252")], HTML.encode("cp1252"))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch):
    """A job of two pages, one of which is not there."""
    monkeypatch.chdir(tmp_path)
    with serving(site) as server, crawl(Lines(start_urls=server.url("/1"))) as job:
        yield job


def test_every_page_that_was_read_is_kept_with_what_it_takes_to_read_it_again(kept):
    [read] = kept.kept()
    assert read.page.url.endswith("/1")
    assert (read.page.status, read.page.content_type, read.page.encoding) == (200, "text/html", "utf-8")
    assert read.page.text == HTML
    assert [data for _, data in read.items] == ['{"text":"one"}', '{"text":"two"}']
    assert [item.text for item in read.page.items(Line)] == ["one", "two"]


def test_kept_pages_are_compressed(kept):
    with closing(sqlite3.connect(kept.path)) as db:
        [size] = db.execute("SELECT length(body) FROM kept").fetchone()
    assert size < len(HTML) / 20


def test_nothing_is_kept_unless_wanted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with serving(site) as server, crawl(Lines(start_urls=server.url("/1"), keep_pages=False)) as job:
        assert list(job.kept()) == []


def test_a_page_that_parse_fails_on_is_kept_too(tmp_path, monkeypatch):
    class Fails(Lines):
        def parse(self, response):
            raise ValueError("no")

    monkeypatch.chdir(tmp_path)
    with serving(site) as server, crawl(Fails(start_urls=server.url("/1"))) as job:
        [read] = job.kept()
    assert read.error.startswith("ValueError: no (test_kept.py")


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8"])
def test_a_secret_is_not_kept_however_the_page_is_encoded(job, encoding):
    register("hush-hush-é-123")
    answer = page("<p>hush-hush-é-123</p>".encode(encoding), type=f"text/html; charset={encoding}")
    job.add([Request(answer.url)])
    visit = Visit(ok=True, status=200, kept=Kept.of(answer))
    job.commit([Outcome(lease, visit) for lease in job.lease(1)])
    [read] = job.kept()
    assert read.page.text == "<p>***</p>"


def test_a_secret_that_a_worker_did_not_know_is_not_kept(job):
    kept = Kept.of(page("<p>hush-hush-123</p>"))
    register("hush-hush-123")
    job.add([Request("https://shop.example/")])
    job.commit([Outcome(lease, Visit(ok=True, status=200, kept=kept)) for lease in job.lease(1)])
    [read] = job.kept()
    assert read.page.text == "<p>***</p>"


def test_what_looks_secret_in_json_is_not_kept():
    answer = page('{"name": "ada", "refresh_token": "letters"}', type="application/json")
    assert Kept.of(answer).content == b'{"name": "ada", "refresh_token": "***"}'


def test_what_is_no_text_is_kept_as_it_came():
    answer = page(b"\x89PNG\xff\xfe", type="image/png")
    assert Kept.of(answer).response(answer.request, 200).content == b"\x89PNG\xff\xfe"


def test_the_page_of_an_answer_in_doubt_is_dropped_and_kept_once_it_is_fetched_again(job):
    job.add([Request("https://shop.example/")])
    for text, count in (("a stranger's", 1), ("a member's", 1)):
        visit = Visit(ok=True, status=200, auth="unknown", epoch=1, kept=Kept.of(page(text)))
        job.commit([Outcome(lease, visit) for lease in job.lease(1)])
        assert [read.page.text for read in job.kept()] == [text] * count
        job.doubt(0.0)
        assert list(job.kept()) == []


def test_pages_come_back_from_other_processes(tmp_path, site_of_books):
    arguments = ("--keep-pages", "--processes", "2", "--max-pages", "6", "--no-progress")
    done = scraper("run", "bookshop", *arguments, cwd=tmp_path, SHOP_URL=site_of_books.url)
    assert done.returncode == 0, done.stderr
    [path] = tmp_path.glob(".scraper/jobs/bookshop/*.sqlite")
    with Job(path) as job:
        texts = [read.page.text for read in job.kept()]
        assert job.counts().done == len(texts) == 6
    assert all("Turnstone Books" in text for text in texts)
    assert not any("practice-makes-perfect" in text for text in texts)


@pytest.fixture
def site_of_books(site, tmp_path):
    """The practice site, and its spider in the working directory."""
    (tmp_path / "spiders").mkdir()
    source = Path("spiders/bookshop.py").read_text(encoding="utf-8")
    (tmp_path / "spiders" / "bookshop.py").write_text(source, encoding="utf-8")
    return site
