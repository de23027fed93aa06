"""`replay`: today's spider over kept pages says which items would differ, and asks nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from scraper import Item, Spider, crawl, css
from scraper.offline import take_offline
from scraper.replay import replay
from tests.commands import scraper
from tests.servers import Asked, Reply, Server, serving

ROW = "<article><h3>{0}</h3><b class=price>{1}.50</b></article>"
PAGES = {f"/{n}": "".join(ROW.format(f"Book {n}{row}", n * 10 + row) for row in range(3)) for n in (1, 2)}


def site(asked: Asked) -> Reply:
    if asked.path not in PAGES:
        return Reply(404)
    return Reply(200, [("Content-Type", "text/html")], PAGES[asked.path].encode())


class Book(Item, rows="article"):
    title: str = css("h3")
    price: float = css(".price")


class Shop(Spider):
    item = Book
    keep_pages = True
    retry = 1


@pytest.fixture
def server():
    with serving(site) as server:
        yield server


@pytest.fixture
def crawled(server: Server, tmp_path: Path, monkeypatch):
    """A job with two kept pages of three books."""
    monkeypatch.chdir(tmp_path)
    with crawl(Shop(start_urls=[server.url("/1"), server.url("/2")])) as job:
        yield job


def told(job, spider: type[Spider]) -> list[str]:
    pages = replay(job, take_offline(spider()))
    return [difference.text for page in pages for difference in page.differences]


def reading(cls: type) -> type[Spider]:
    return type("Shop", (Shop,), {"item": cls})


def test_the_same_spider_gives_the_same_items(crawled):
    assert told(crawled, Shop) == []
    assert [page.items for page in replay(crawled, take_offline(Shop()))] == [3, 3]


def test_a_field_that_differs_is_told_with_both_values(crawled):
    class Book(Item, rows="article"):
        title: str = css("h3", re="Book (.*)")
        price: float = css(".price")

    assert told(crawled, reading(Book))[:2] == [
        'Book[0].title: "Book 10" -> "10"',
        'Book[1].title: "Book 11" -> "11"',
    ]


def test_a_field_that_is_new_or_gone_is_told(crawled):
    class Book(Item, rows="article"):
        title: str = css("h3")
        shout: str = css("h3", clean=str.upper)

    assert told(crawled, reading(Book))[:2] == [
        "Book[0].price: 10.5 -> no field",
        'Book[0].shout: no field -> "BOOK 10"',
    ]


def test_items_that_are_new_or_gone_are_told(crawled):
    class Book(Item, rows="article:not(:first-child)"):
        title: str = css("h3")
        price: float = css(".price")

    class Name(Item, rows="h3"):
        text: str = css(":scope")

    lines = told(crawled, reading([Name, Book]))
    assert 'Book[2] is gone: {"title":"Book 12","price":12.5}' in lines
    assert 'Name[0] is new: {"text":"Book 10"}' in lines


def test_items_with_a_key_are_compared_by_it_wherever_they_stand(crawled):
    class Book(Item, rows="article:not(:first-child)", key="title"):
        title: str = css("h3")
        price: float = css(".price")

    assert told(crawled, reading(Book)) == [
        'Book["Book 10"] is gone: {"title":"Book 10","price":10.5}',
        'Book["Book 20"] is gone: {"title":"Book 20","price":20.5}',
    ]


def test_a_row_that_is_rejected_now_does_not_shift_the_others(crawled):
    class Book(Item, rows="article"):
        title: str = css("h3", re="Book .[^1]")
        price: float = css(".price")

    rejected = "Book[1].title is rejected: nothing matches css('h3', re='Book .[^1]')"
    assert told(crawled, reading(Book)) == [rejected, rejected]


def test_a_row_that_was_rejected_and_is_no_more_is_told(server, tmp_path, monkeypatch):
    class Strict(Item, rows="article"):
        title: str = css("h3", re="Book .[^1]")

    class Loose(Item, rows="article"):
        title: str = css("h3")

    Strict.__name__ = Loose.__name__ = "Book"
    monkeypatch.chdir(tmp_path)
    with crawl(reading(Strict)(start_urls=server.url("/1"))) as job:
        assert told(job, reading(Loose)) == [
            'Book[1] is new: {"title":"Book 11"}',
            "Book[1].title is no longer rejected",
        ]


def test_a_page_that_cannot_be_read_any_more_is_told_and_the_next_one_read(crawled):
    class Breaks(Shop):
        def parse(self, response):
            if response.url.endswith("/1"):
                raise ValueError("no")
            yield from super().parse(response)

    [line] = told(crawled, Breaks)
    assert line.startswith("the page cannot be read: ValueError: no (test_replay.py, line")


def test_a_page_that_can_be_read_again_gives_its_items(server, tmp_path, monkeypatch):
    class Broken(Shop):
        def parse(self, response):
            raise ValueError("no")

    monkeypatch.chdir(tmp_path)
    with crawl(Broken(start_urls=server.url("/1"))) as job:
        first, *items = told(job, Shop)
        assert told(job, Broken) == []
    assert first.startswith("the page can be read; before: ValueError")
    assert len(items) == 3


@pytest.mark.parametrize("how", ["get", "fetch", "download"])
def test_no_request_is_made_and_one_that_parse_asks_for_is_an_error(crawled, server, how):
    from scraper import Request

    class Asks(Shop):
        def parse(self, response):
            url = response.url
            getattr(self.session, how)(Request(url) if how == "fetch" else url)
            yield from super().parse(response)

    before = len(server.asked)
    line, _ = told(crawled, Asks)
    assert "parse asked for http://127.0.0.1" in line
    assert "is read without a request" in line
    assert len(server.asked) == before


def test_a_callback_of_its_own_reads_the_page_again(tmp_path, server, monkeypatch):
    class Two(Shop):
        def start_requests(self):
            yield from (request for request in super().start_requests())
            from scraper import Request

            yield Request(server.url("/2"), callback="other")

        def other(self, response):
            yield {"title": response.css("h3::text").get()}

    monkeypatch.chdir(tmp_path)
    with crawl(Two(start_urls=server.url("/1"))) as job:
        assert told(job, Two) == []
        [_, second] = replay(job, take_offline(Two()))
    assert second.items == 1


# The command

SPIDER = """
from scraper import Item, Spider, css
class Book(Item, rows="article"):
    title: str = css("h3")
    price: str | None = css("{}")
class Shop(Spider):
    start_urls = ["{}"]
    item = Book
"""


@pytest.fixture
def folder(tmp_path: Path, server: Server) -> Path:
    (tmp_path / "spiders").mkdir()
    write(tmp_path, ".price", server)
    done = scraper("run", "shop", "--keep-pages", "--no-progress", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def write(folder: Path, selector: str, server: Server) -> None:
    (folder / "spiders" / "shop.py").write_text(SPIDER.format(selector, server.url("/1")))


def test_the_command_ends_with_0_where_all_is_the_same(folder):
    done = scraper("replay", "shop", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert "1 kept pages give 3 items today; nothing was fetched." in done.stderr
    assert "All are as they were." in done.stderr


def test_the_command_prints_what_differs_field_by_field_and_ends_with_1(folder, server):
    asked = len(server.asked)
    write(folder, ".cost", server)
    done = scraper("replay", "shop", cwd=folder)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        server.url("/1"),
        '  Book[0].price: "10.50" -> null',
        '  Book[1].price: "11.50" -> null',
        '  Book[2].price: "12.50" -> null',
    ]
    assert "Book.price: differs in 3 items" in done.stderr
    assert len(server.asked) == asked


def test_another_spider_reads_if_it_is_named(folder, server):
    (folder / "spiders" / "shop.py").rename(folder / "moved.py")
    [path] = folder.glob(".scraper/jobs/shop/*.sqlite")
    done = scraper("replay", str(path), cwd=folder)
    assert done.returncode == 2
    assert "by --spider." in done.stderr
    assert scraper("replay", str(path), "--spider", "moved.py", cwd=folder).returncode == 0


def test_a_job_without_kept_pages_says_how_to_keep_them(folder):
    scraper("run", "shop", "--no-progress", cwd=folder)
    done = scraper("replay", "shop", cwd=folder)
    assert done.returncode == 2
    assert "crawl with --keep-pages" in done.stderr
