"""``retry``: failed pages are put back, and a crawl that goes on loses nothing and has nothing twice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest

from scraper import Item, Job, Spider, crawl, css
from scraper.visit import kind_of
from tests.commands import ROOT, environment, scraper
from tests.servers import Asked, Reply, serving

HTML = [("Content-Type", "text/html")]
PAGES = 12

SPIDER = """
import os

from scraper import Item, Spider, css


class Thing(Item, rows="li"):
    name: str = css("b")
    price: float = css("i")


class Shop(Spider):
    start_urls = os.environ["SHOP_URL"]
    item = Thing
    follow = "a"
    retry = 1
"""


class Things:
    """A list of twelve pages of two things each, of which some fail, and some lack a price."""

    def __init__(self) -> None:
        self.fails: dict[str, int] = {}
        self.heals: str | None = None
        self.priceless: set[str] = set()
        self.asked: Counter[str] = Counter()

    def __call__(self, asked: Asked) -> Reply:
        path = urlsplit(asked.path).path
        self.asked[path] += 1
        if path in self.fails:
            return Reply(self.fails[path] if path != self.heals else self.fails.pop(path))
        if path == "/":
            return Reply(200, HTML, "".join(f"<a href=/{n}>{n}</a>" for n in range(PAGES)).encode())
        price = "dear" if path in self.priceless else 3
        rows = "".join(f"<li><b>{path} {n}</b><i>{price if n else 3}</i>" for n in range(2))
        return Reply(200 if path[1:].isdigit() else 404, HTML, rows.encode())


class Thing(Item, rows="li"):
    name: str = css("b")
    price: float = css("i")


@pytest.fixture
def things():
    world = Things()
    with serving(world) as server:
        world.url = server.url("/")
        yield world


@pytest.fixture
def spider(things):
    class Shop(Spider):
        start_urls = things.url
        item = Thing
        follow = "a"
        retry = 1

    return Shop


def names(job: Job) -> list[str]:
    return sorted(data["name"] for _, data in job.items())


EVERY_NAME = sorted(f"/{page} {n}" for page in range(PAGES) for n in range(2))


def test_pages_that_failed_are_put_back_by_kind_and_fetched_again(things, spider, job):
    things.fails = {"/2": 503, "/3": 503, "/4": 404}
    crawl(spider(), job)
    assert job.kinds_of_failure() == {"503": 2, "404": 1}
    things.fails = {}
    assert job.retry(["503"]) == {"503": 2}
    assert (job.noted("state"), job.is_finished) == ("put back", False)
    crawl(spider(), job)
    assert job.kinds_of_failure() == {"404": 1}
    assert job.retry() == {"404": 1}
    crawl(spider(), job)
    assert names(job) == EVERY_NAME
    assert job.counts().failed == 0
    again = {path for path, times in things.asked.items() if times > 1}
    assert again == {"/2", "/3", "/4", "/robots.txt"}, "nothing else was fetched again"


def test_pages_with_rejected_rows_give_their_items_once(things, spider, job):
    things.priceless = {"/5", "/6"}
    crawl(spider(), job)
    assert (len(names(job)), job.counts().rejects) == (2 * PAGES - 2, 2)
    before = {field.field: (field.hits, field.misses) for field in job.fields()}
    things.priceless = {"/6"}
    assert job.retry(["rejected"]) == {"rejected": 2}
    assert (len(names(job)), job.counts().rejects) == (2 * PAGES - 4, 0)
    assert not [kind for kind, _ in job.pages() if kind.startswith("reject:")]
    crawl(spider(), job)
    assert names(job) == sorted({*EVERY_NAME} - {"/6 1"})
    assert job.counts().rejects == 1
    assert {field.field: (field.hits, field.misses) for field in job.fields()} == before


def test_what_was_exported_with_an_item_of_a_rejected_page_is_not_exported_twice(things, spider, job):
    things.priceless = {"/5"}
    crawl(spider(), job)
    job.retry(["rejected"])
    crawl(spider(), job)
    with job.records() as records:
        rows = list(records.rows())
    assert len(rows) == len(set(rows)) == 2 * PAGES - 1


def test_a_members_shop_that_fails_now_and_then_is_whole_after_retries(site, job, shop):
    class Moody(shop):
        tries: ClassVar[Counter[str]] = Counter()

        def parse(self, response):
            self.tries[response.url] += 1
            if len(self.tries) % 9 == 0 and self.tries[response.url] == 1:
                raise KeyError("moody")
            if len(self.tries) in (20, 50) and self.tries[response.url] == 1:
                site.fail_next = 3
            yield from super().parse(response)

    site.sign_out_after = 30
    put_back: list[dict[str, int]] = []
    while not job.is_finished or job.kinds_of_failure():
        assert len(put_back) < 20
        crawl(Moody(concurrency=1, throttle=False, max_pages=None, deny=r"page=[6-9]|page=\d\d"), job)
        put_back.append(job.retry())
    assert {"503", "KeyError"} <= {kind for kinds in put_back for kind in kinds}
    upcs = [data["upc"] for _, data in job.items()]
    assert len(upcs) == len(set(upcs)) == job.counts().done - 5 == 100


def test_nothing_is_put_back_where_nothing_failed(spider, job):
    crawl(spider(), job)
    assert job.retry() == {}
    assert job.noted("state") == "finished"


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (503, "answered 503", "503"),
        (403, "access_denied: closed to this account, though it is signed in", "access_denied"),
        (200, "KeyError: 'price' (shop.py, line 3, parse)", "KeyError"),
        (None, "https://shop.example/ took longer than 120 s; raise timeout.total to wait.", "no answer"),
        (200, "redirected to https://other.example/, which the spider does not allow", "redirected"),
        (None, "line 3 of https://shop.example/robots.txt: 'Disallow: /cart'; obey_robots...", "robots.txt"),
        (503, "stalled: shop.example answered 503 and asks to wait 9,000 seconds", "stalled"),
        (None, None, "no answer"),
    ],
)
def test_a_failure_has_a_kind_of_a_word_or_two(status, error, kind):
    assert kind_of(status, error) == kind


# As commands


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "spiders").mkdir()
    (tmp_path / "spiders" / "shop.py").write_text(SPIDER, encoding="utf-8")
    return tmp_path


def test_retry_says_what_waits_and_how_to_go_on_and_that_works(things, folder):
    things.fails, things.priceless = {"/2": 503, "/4": 404}, {"/5"}
    assert scraper("run", "shop", cwd=folder, SHOP_URL=things.url).returncode == 1
    listed = scraper("retry", "shop", "--list", cwd=folder)
    assert listed.stdout.split() == ["1", "404", "1", "503", "1", "rejected", "(--rejects)"]
    things.fails, things.priceless = {}, set()
    done = scraper("retry", "shop", "--kind", "404", "--kind", "503", "--rejects", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "python -m scraper run shop --resume" in done.stderr
    assert "put back" in scraper("jobs", cwd=folder).stdout
    resumed = scraper("run", "shop", "--resume", "-o", "-", cwd=folder, SHOP_URL=things.url)
    assert resumed.returncode == 0, resumed.stderr
    assert len(set(resumed.stdout.splitlines())) == len(resumed.stdout.splitlines()) == 2 * PAGES


def test_a_job_that_is_not_the_newest_is_gone_on_with_too(things, folder):
    things.fails = {"/2": 503}
    scraper("run", "shop", cwd=folder, SHOP_URL=things.url)
    [old] = (folder / ".scraper/jobs/shop").glob("*.sqlite")
    things.fails = {}
    scraper("run", "shop", cwd=folder, SHOP_URL=things.url)
    assert scraper("retry", str(old), cwd=folder).returncode == 0
    done = scraper("run", "shop", "--resume", cwd=folder, SHOP_URL=things.url)
    assert done.returncode == 0, done.stderr
    with Job(old) as job:
        assert (job.counts().failed, names(job)) == (0, EVERY_NAME)


def test_a_kind_that_no_page_has_is_refused_with_those_there_are(things, folder):
    things.fails = {"/2": 503}
    scraper("run", "shop", cwd=folder, SHOP_URL=things.url)
    done = scraper("retry", "shop", "--kind", "502", cwd=folder)
    assert done.returncode == 2
    assert "No page failed with '502'; did you mean '503'?" in done.stderr
    assert "no job of 'shpo'" in scraper("retry", "shpo", cwd=folder).stderr


def test_a_job_that_another_process_works_on_is_not_touched(things, folder):
    things.fails = {"/2": 503}
    scraper("run", "shop", cwd=folder, SHOP_URL=things.url)
    [path] = (folder / ".scraper/jobs/shop").glob("*.sqlite")
    with Job(path) as job, job.claimed():
        done = scraper("retry", "shop", cwd=folder)
        assert done.returncode == 2
        assert "Another process works on the job" in done.stderr
        assert job.kinds_of_failure() == {"503": 1}


@pytest.mark.skipif(os.name == "nt", reason="there is no sh")
@pytest.mark.parametrize(
    ("failing", "code"), [({"/2": 503}, 0), ({"/2": 503, "/4": 404}, 1), ({"/4": 404}, 1)]
)
def test_the_script_for_cron_in_the_documentation_does_what_it_says(failing, code, things, folder):
    [script] = re.findall(r"```bash\n(#!/bin/sh.*?)```", (ROOT / "docs/afterwards.md").read_text(), re.DOTALL)
    script = script.replace("cd /srv/bookshop || exit", "set -u").replace("bookshop", "shop")
    script = script.replace("python -m", f"'{sys.executable}' -m")
    things.fails = dict(failing)
    things.heals = "/2"
    done = subprocess.run(
        ["sh", "-c", script], cwd=folder, env=environment(SHOP_URL=things.url), capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    assert (folder / "report.html").exists() == (code != 0)
    assert things.asked["/2"] == (2 if "/2" in failing else 1)
