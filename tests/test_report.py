"""``report``: a page on how a job went: what it tells, and that nothing in it can act, leave or leak."""

from __future__ import annotations

import re
import shutil
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from scraper import Item, Job, Request, Spider, crawl, css
from scraper.gate import Gate
from scraper.item import Reject
from scraper.job import Figures
from scraper.job.figures import BARS, place
from scraper.pace import Pace
from scraper.redact import register
from scraper.report import report
from scraper.report.markup import address, tag
from scraper.visit import Outcome, Visit
from tests.commands import scraper

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HOSTILE = "</pre></style></title><script>alert(1)</script><img src=x onerror=alert(1)> \"quoted' &amp;"
T = 1_800_000_000.0


class Seen(HTMLParser):
    """What a parser makes of a page: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def names(self) -> set[str]:
        return {name for name, _ in self.elements}


def settle(job: Job, at: float = T, url: str = "https://shop.example/1", **visit) -> None:
    """Fetch a page at a moment, with what came of it."""
    job.add([Request(url)])
    [lease] = job.lease(1)
    job.commit([Outcome(lease, Visit(**{"ok": True, "status": 200, "elapsed": 0.1, "size": 9, **visit}), at)])


def page_of(job: Job, tmp_path: Path) -> Seen:
    return Seen(report(job, tmp_path))


class Title(Item, rows="article.detail"):
    title: str = css("h1")
    stars: int = css(".no-such", re=r"\d")


def test_a_crawl_with_trouble_is_told_in_all_its_parts(site, login, job, tmp_path):
    class Shop(Spider):
        start_urls = (f"{site.url}/books",)
        item = Title
        follow = ("article.book h3 a", "header")
        max_pages, retry, state_dir = 40, 1, str(tmp_path / "vault")

        def parse(self, response):
            yield from super().parse(response)
            yield response.follow("/nowhere")

    site.sign_out_after = 20
    crawl(Shop(login=login), job)
    seen = page_of(job, tmp_path)
    for words in (
        "What to do next", "Over time", "Fields", "Rejected rows", "Failed pages", "Answers", "Hosts",
        "Slowest pages", "Links left out", "signed out by the site", "its path is /logout", "× 404",
        "Title.stars", "nothing matches", f"retry {job.path}", "Stopped at max_pages", f"{site.url}/nowhere",
    ):  # fmt: skip
        assert words in seen.text, words
    assert "<article" in seen.text, "the page that was kept is shown as text"
    assert sum(name == "svg" for name, _ in seen.elements) >= 2


def test_nothing_of_a_page_can_act_or_load_anything(job, tmp_path):
    rejects = (Reject(0, "Book", "price", HOSTILE, HOSTILE, "", HOSTILE),)
    settle(job, url="https://shop.example/%22onload=alert(1)?q=<script>", rejects=rejects,
           page=HOSTILE.encode(), kinds=(f"reject:{HOSTILE}",),
           avoided=((f"https://shop.example/{HOSTILE}", HOSTILE),))  # fmt: skip
    settle(job, url="https://shop.example/2", ok=False, status=200, error=f"KeyError: {HOSTILE}")
    job.event("paused", HOSTILE)
    job.event(HOSTILE, HOSTILE)
    job.note("spider", HOSTILE)
    job.note("state", HOSTILE)
    html = report(job, tmp_path)
    seen = Seen(html)
    assert not seen.names() & {"script", "img", "iframe", "link", "object", "embed", "form", "a", "base"}
    loading = {"src", "href", "srcset", "xlink:href", "data", "action", "poster", "srcdoc"}
    assert not [attributes for _, attributes in seen.elements if loading & attributes.keys()]
    assert not [name for _, attributes in seen.elements for name in attributes if name.startswith("on")]
    assert seen.text.count(HOSTILE) >= 6
    assert "default-src 'none'" in html
    assert "url(" not in html
    assert "@import" not in html


def test_what_is_secret_is_not_in_it(job, tmp_path):
    register("hunter2-hunter2")
    settle(job, url="https://shop.example/a?token=t0ps3cret&q=hunter2-hunter2")
    settle(job, url="https://ann:pa55word@shop.example/b", ok=False, status=500, error="answered 500")
    job.event("signed_in", "hunter2-hunter2")
    html = report(job, tmp_path)
    for secret in ("hunter2", "t0ps3cret", "pa55word"):
        assert secret not in html
    assert "https://shop.example/a?token=***&amp;q=***" in html


def test_an_empty_job_has_a_page_too(job, tmp_path):
    assert "nothing fetched" in page_of(job, tmp_path).text


def test_a_page_without_a_moment_or_a_status_does_no_harm(job, tmp_path):
    settle(job, ok=False, status=None, error="the site did not answer", elapsed=0.0)
    assert "no answer" in page_of(job, tmp_path).text


def test_fields_are_compared_with_earlier_runs(tmp_path):
    key = (("Book", "price", "css('.price')"),)
    for found in (True, True, False):
        with Job.create("shop", tmp_path) as job:
            for n in range(30):
                hits = ((*key, 1, 0),) if found else ((*key, 0, 1),)
                settle(job, url=f"https://shop.example/{n}", fields=hits)
            job.note("state", "finished")
            text = page_of(job, tmp_path).text
    assert "Was found in 100%, and is in 0%" in text
    assert "Earlier runs" in text


def test_it_stays_small_however_much_went_wrong(job, tmp_path):
    job.add(Request(f"https://shop{n}.example/{'x' * 50}") for n in range(3000))
    outcomes = [
        Outcome(lease, Visit(
            ok=n % 2 == 0, status=500 + n % 90, error=None if n % 2 == 0 else f"Error{n % 500}: {'x' * 100}",
            elapsed=n / 100, items=(("Book", "{}"),), page=b"x" * 200_000, kinds=(f"reject:Book.f{n}",),
            rejects=(Reject(0, "Book", f"f{n}", "m" * 100, "", "", "e" * 200),),
            avoided=((f"https://shop.example/out{n}", f"its text says {n}"),),
        ), T + n)
        for n, lease in enumerate(job.lease(3000))
    ]  # fmt: skip
    job.commit(outcomes)
    for n in range(2000):
        job.event("signed_out", f"the {n}. time")
    assert len(report(job, tmp_path)) < 1_200_000


# Figures


def test_time_in_which_nothing_came_is_left_out_of_plots(job):
    for n, at in enumerate((0, 30, 60, 90_000, 90_060)):
        settle(job, T + at, url=f"https://shop.example/{n}", items=(("Book", "{}"),) * n)
    with Figures(job.path) as figures:
        bars = figures.over_time()
        assert len(bars) <= BARS + 2
        assert (sum(bar.done for bar in bars), sum(bar.items for bar in bars)) == (5, 10)
        [cut] = [n for n, bar in enumerate(bars) if bar.is_cut]
        assert bars[cut].start == T + 90_000
        assert place(bars, T) == 0
        assert place(bars, T + 45_000) == cut / len(bars)
        job.event("signed_in", "ann")
        assert [(kind, times) for kind, times, _ in figures.marks(bars)] == []
    with Figures(job.path) as figures:
        assert [(kind, times) for kind, times, _ in figures.marks(bars)] == [("signed_in", 1)]


def test_latencies_are_counted_and_their_percentiles_told(job):
    for n in range(1, 101):
        settle(job, T + n, url=f"https://shop.example/{n}", elapsed=n / 100)
    settle(job, T, url="https://shop.example/none", ok=False, status=None, elapsed=0.0)
    with Figures(job.path) as figures:
        latency = figures.latency()
    assert list(latency.percentiles) == [0.5, 0.9, 0.95, 0.99, 1.0]
    assert list(latency.counts) == [1, 1, 3, 5, 10, 30, 50, 0, 0, 0, 0, 0, 0]


def test_pauses_of_a_host_are_events_and_each_is_noted_once(job, tmp_path):
    gate = Gate(job, Pace(0), "me", lambda request: pytest.fail(str(request)), obeys=False)
    job.add(Request(f"https://shop.example/{n}") for n in range(3))
    for lease in job.lease(3):
        gate.settle(Outcome(lease, Visit(ok=False, status=503, retry_after=60.0, error="answered 503")))
    gate.close()
    assert job.events("paused") == ["shop.example for 60 s: it answered 503 and asks to wait 60 seconds"]
    assert "left a host alone" in page_of(job, tmp_path).text


# Markup


def test_an_element_escapes_all_but_its_own():
    assert tag("p", "<b>", tag("b", "&"), None, ["x", 1], class_='a"b') == (
        '<p class="a&quot;b">&lt;b&gt;<b>&amp;</b>x1</p>'
    )
    assert address("https://shop.example/?sid=1") == '<code class="url">https://shop.example/?sid=***</code>'


# As a command


def test_the_command_writes_one_file_by_the_spider_s_name(job, tmp_path):
    (tmp_path / ".scraper").mkdir()
    shutil.copytree(tmp_path / "jobs", tmp_path / ".scraper" / "jobs")
    done = scraper("report", "test", "-o", "page.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Wrote page.html: a report on .scraper/jobs/test/" in done.stderr
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_it_is_opened_in_the_browser_if_that_is_wanted(job, tmp_path):
    (tmp_path / "browse.py").write_text("import sys; open('opened', 'w').write(sys.argv[1])")
    browser = f"{sys.executable} {tmp_path / 'browse.py'} %s"
    assert scraper("report", str(job.path), "--open", cwd=tmp_path, BROWSER=browser).returncode == 0
    assert (tmp_path / "opened").read_text() == (tmp_path / "report.html").as_uri()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nothing",), "There is no job of 'nothing'"),
        (("nothing.sqlite",), "There is no job nothing.sqlite"),
    ],
)
def test_a_job_that_is_not_there_is_said(arguments, sentence, tmp_path):
    done = scraper("report", *arguments, cwd=tmp_path)
    assert (done.returncode, sentence in done.stderr) == (2, True)


def test_a_folder_that_is_not_there_is_said(job, tmp_path):
    done = scraper("report", str(job.path), "-o", "no/such/page.html", cwd=tmp_path)
    assert done.returncode == 2
    assert "There is no folder no/such to write page.html to." in done.stderr


# In a browser


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1200, "light")])
def test_in_chromium_it_asks_for_nothing_fits_a_phone_and_is_dark_at_night(width, scheme, job, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    for n in range(40):
        settle(job, time.time() + n, url=f"https://shop.example/{'long' * 60}/{n}", ok=n % 3 > 0,
               error=None if n % 3 else "E" * 300, page=HOSTILE.encode() * 50, kinds=("reject:Book.price",),
               rejects=(Reject(0, "Book", "price", "m" * 300, "css('.price')", "", HOSTILE),))  # fmt: skip
    target = tmp_path / "page.html"
    target.write_text(report(job, tmp_path), encoding="utf-8")
    asked: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("dialog", lambda dialog: asked.append(dialog.message))
        tab.on("console", lambda message: asked.append(message.text))
        tab.goto(target.as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        wide = tab.evaluate("document.documentElement.scrollWidth")
        back = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        browser.close()
    assert asked == [target.as_uri()]
    assert wide <= width
    darkness = [int(part) for part in re.findall(r"\d+", back)]
    assert (max(darkness) < 60) == (scheme == "dark")
