"""`record`: a page becomes a test, without its secrets; `pytest` says which field is not what it was."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from examples.site import PracticeSite
from scraper.recorded import Recorded, StandIns
from scraper.redact import register
from tests.commands import ROOT, python, scraper
from tests.pages import page

PLUGIN = [] if entry_points(group="pytest11", name="scraper.testing") else ["-p", "scraper.testing"]

TOKEN = "k3J9x_0aLq7Zr2Vd81mB"


def stand_ins(text: str, **options) -> tuple[dict[str, str], str]:
    answer = page(text, **options)
    made = StandIns(answer, answer.content)
    return made.values, made.put(answer.content).decode()


@pytest.mark.parametrize(
    "html",
    [
        "<input type=hidden name=csrf value='{}'>",
        "<meta name=csrf-token content='{}'>",
        "<form data-csrf-token='{}'></form>",
        "<script>window.app = {{csrfToken: '{}'}}</script>",
        '<script type="application/json">{{"csrfToken":"{}"}}</script>',
        "<div data-page='{{&quot;csrf&quot;:&quot;{}&quot;}}'></div>",
        '<script>var state = "{{\\"csrf\\":\\"{}\\"}}"</script>',
        "<a href='/buy?id=7&amp;csrf={}'>buy</a>",
    ],
)
def test_a_csrf_token_is_replaced_wherever_it_stands_by_the_same_value_of_the_same_length(html):
    values, text = stand_ins(html.format(TOKEN) + f"<p>{TOKEN}</p>")
    [stand_in] = values.values()
    assert stand_in.startswith("csrf-1-x")
    assert len(stand_in) == len(TOKEN)
    assert text == html.format(stand_in) + f"<p>{stand_in}</p>"


def test_a_token_with_its_number_before_it_is_replaced_too():
    assert "AbCdEfGh0123" not in stand_ins("<p data-api-token='12|AbCdEfGh0123'>")[1]


def test_two_secrets_stay_two():
    other = TOKEN[::-1]
    values, text = stand_ins(f"<meta name=csrf content={TOKEN}><meta name=_csrf content={other}>")
    assert [value[:7] for value in values.values()] == ["csrf-1-", "csrf-2-"]
    assert TOKEN not in text
    assert other not in text


def test_credentials_that_the_page_shows_are_replaced():
    register("Robin Reader 1987")
    assert stand_ins("<p>Hello Robin%20Reader%201987</p>")[1] == "<p>Hello secret-1-xxxxxxxx</p>"


@pytest.mark.parametrize(
    "html",
    [
        "<meta name=csrf-param content=authenticity_token><input name=authenticity_token>",
        "<input type=hidden name=next value=/books><input type=hidden name=id value=978123456789>",
        "<a href='/books?page=2&sort-key=title-ascending-1'>2</a>",
        "<input type=hidden name=slug value=the-kitchen-of-valparaiso-1987>",
        "<p>token: the word</p>",
    ],
)
def test_what_is_no_secret_stays(html):
    assert stand_ins(html)[1] == html


def test_tokens_in_json_are_replaced_and_the_rest_stays():
    text = json.dumps({"accessToken": TOKEN, "books": [{"title": "Emma"}]})
    assert json.loads(stand_ins(text, type="application/json")[1]) == {
        "accessToken": "accesstoken-1-xxxxxx",
        "books": [{"title": "Emma"}],
    }


@pytest.mark.parametrize(
    "token", ["12|AbCdEfGh0123", "9812739812739812", "QwertyUiopAsdfghJkl", "Tr0ub4dor&3x!"]
)
def test_a_token_in_json_is_replaced_whatever_it_is_made_of(token):
    text = json.dumps({"tokens": [token], "code": "shirt", "title": f"A shirt by {token}"})
    recorded = json.loads(stand_ins(text, type="application/json")[1])
    assert recorded["tokens"] != [token]
    assert recorded == {
        "tokens": recorded["tokens"],
        "code": "shirt",
        "title": f"A shirt by {recorded['tokens'][0]}",
    }


def test_a_page_of_another_encoding_is_kept_in_utf8(tmp_path):
    answer = page("<p>Æsop</p>".encode("cp1252"), type="text/html; charset=windows-1252")
    recorded, body = Recorded.of(answer, "shop", [])
    recorded.save(tmp_path, body)
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "<p>Æsop</p>"
    loaded = Recorded.load(tmp_path)
    assert loaded.response(loaded.body(tmp_path)).text == "<p>Æsop</p>"


# From the command to the failing test

LIST = """
from scraper import FormLogin, Item, Spider, css, env, fill

class Book(Item, rows="article.book"):
    title: str = css("h3")
    price: str | None = css(".price")
    link: str = css("h3 a::attr(href)")

class Shelf(Spider):
    start_urls = ["SITE/books"]
    login = FormLogin("/login", fill(username=env("SHOP_USER"), password=env("SHOP_PASSWORD")))
    item = Book
"""


@pytest.fixture
def folder(tmp_path: Path, site) -> Path:
    (tmp_path / "spiders").mkdir()
    (tmp_path / "spiders" / "shelf.py").write_text(LIST.replace("SITE", site.url))
    return tmp_path


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spider, and a page of 20 books that it recorded."""
    made = tmp_path_factory.mktemp("recorded")
    (made / "spiders").mkdir()
    with PracticeSite() as site:
        (made / "spiders" / "shelf.py").write_text(LIST.replace("SITE", site.url))
        done = record(made, site, "/books", "-o", "tests/pages/books")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def books(once: Path, tmp_path: Path) -> Path:
    """A copy of that folder; the site that it is of is closed."""
    return Path(shutil.copytree(once, tmp_path / "books"))


def record(folder: Path, site, *arguments: str) -> subprocess.CompletedProcess[str]:
    return scraper(
        "record", "shelf", *arguments, cwd=folder, SHOP_USER=site.username, SHOP_PASSWORD=site.password
    )


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest as a user does, without credentials, and with warnings as errors."""
    return python(
        "-m", "pytest", "-W", "error", "--strict-config", *PLUGIN, *arguments, cwd=folder, COLUMNS="200"
    )


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "spiders" / "shelf.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_a_changed_selector_fails_the_tests_of_its_field_which_say_what_was_expected_and_what_came(
    folder, site
):
    done = record(folder, site, "/books", "-o", "tests/pages/books")
    assert done.returncode == 0, done.stderr
    expected = json.loads((folder / "tests/pages/books/expected.json").read_text())
    assert json.loads(done.stdout) == expected["items"]
    assert len(expected["items"]["Book"]) == 20
    site.stop()

    passed = run_pytest(folder, "-v")
    assert "61 passed" in passed.stdout, passed.stdout
    assert "tests/pages/books/expected.json::Book[3].price PASSED" in passed.stdout

    change(folder, '".price"', '".prize"')
    failed = run_pytest(folder)
    assert failed.returncode == 1
    assert "20 failed, 41 passed" in failed.stdout
    price = expected["items"]["Book"][3]["price"]
    assert f"Book[3].price: expected \"{price}\", got null\n  selector  css('.prize')" in failed.stdout
    assert "FAILED tests/pages/books/expected.json::Book[3].price" in failed.stdout
    assert "Book[3].title" not in failed.stdout
    assert "Traceback" not in failed.stdout


def test_a_required_field_that_is_not_found_is_named_and_the_others_of_its_row_are_skipped(books):
    change(books, 'css("h3")', 'css("h9")')
    failed = run_pytest(books, "-k", "items or Book[0]")
    assert "2 failed, 2 skipped" in failed.stdout
    assert re.search(
        r"Book\[0\]\.title: expected \"[^\"]+\", got no value: nothing matches css\('h9'\)", failed.stdout
    )
    assert "items: expected 20 Book, got 0 Book\n  rejected  Book[0].title: nothing" in failed.stdout


def test_rows_that_are_not_found_fail_one_test(books):
    change(books, "article.book", "article.gone")
    failed = run_pytest(books)
    assert "1 failed, 60 skipped" in failed.stdout
    assert "items: expected 20 Book, got no items\n  rows      css('article.gone')" in failed.stdout


def test_a_parse_that_fails_fails_one_test_with_its_line(books):
    change(books, "    item = Book", "    item = Book\n    def parse(self, response):\n        return 1 / 0")
    failed = run_pytest(books)
    assert "1 failed, 60 skipped" in failed.stdout
    assert "got none: ZeroDivisionError: division by zero (shelf.py, line 14, parse)" in failed.stdout


def test_a_parse_that_asks_the_site_is_told_that_it_cannot_here(folder, site):
    change(
        folder,
        "    item = Book",
        "    item = Book\n    def parse(self, response):\n"
        "        self.session.get(response.url)\n        return super().parse(response)",
    )
    done = record(folder, site, "/books")
    assert done.returncode == 2
    assert "is read without a request" in done.stderr
    assert not (folder / "tests").exists()


def test_what_is_right_now_is_taken_over(books):
    change(books, 'css(".price")', 'css(".price", re=r"[\\d.]+")')
    assert "20 failed" in run_pytest(books).stdout
    assert "61 passed" in run_pytest(books, "--scraper-update").stdout
    assert "61 passed" in run_pytest(books).stdout


def test_no_secret_is_in_what_is_recorded(folder, site):
    done = record(folder, site, "/account", "-o", "tests/pages/account")
    assert done.returncode == 0, done.stderr
    text = "".join(path.read_text() for path in folder.glob("tests/pages/*/*"))
    assert "Turnstone Books" in text
    assert site.password not in text
    assert "Cookie" not in text


def test_a_recorded_page_is_replaced_only_if_that_is_wanted(folder, site):
    first = record(folder, site, "/books?page=2")
    assert (folder / "tests/pages/books-page-2/expected.json").exists(), first.stderr
    again = record(folder, site, "/books?page=2")
    assert again.returncode == 2
    assert "give --update to replace it" in again.stderr
    assert record(folder, site, "/books?page=2", "--update").returncode == 0


def test_a_page_that_gives_nothing_to_test_is_not_recorded(folder, site):
    done = record(folder, site, "/nowhere")
    assert done.returncode == 1
    assert "answered 404" in done.stderr
    done = record(folder, site, "/books", "--callback", "other")
    assert "has no method 'other'" in done.stderr
    assert not (folder / "tests").exists()


def test_rejected_rows_are_told_and_stay_rejected(folder, site):
    change(folder, 'css("h3")', 'css("h3", re="^[A-M].*")')
    done = record(folder, site, "/books", "-o", "tests/pages/books")
    assert done.returncode == 1
    assert "was rejected: Book.title" in done.stderr
    assert None in json.loads(done.stdout)["Book"]
    assert run_pytest(folder).returncode == 0
    change(folder, 're="^[A-M].*"', 're=".*"')
    assert "items: expected" in run_pytest(folder).stdout


def test_a_damaged_recording_is_one_sentence(books):
    (books / "tests/pages/books/expected.json").write_text('{"spider": "shelf"}')
    assert "is no recorded page: url: Field required." in run_pytest(books).stdout
    (books / "tests/pages/books/expected.json").write_text("{")
    assert "expected.json cannot be read:" in run_pytest(books).stdout


def test_a_page_that_is_gone_and_a_spider_that_is_gone_are_one_sentence(books):
    (books / "spiders" / "shelf.py").rename(books / "spiders" / "other.txt")
    assert "There is no spider named 'shelf'" in run_pytest(books).stdout
    (books / "tests/pages/books/page.html").unlink()
    assert "page.html cannot be read: No such file or directory." in run_pytest(books).stdout


def test_only_the_folders_of_recorded_pages_count_and_there_may_be_others(books):
    (books / "tests" / "pages").rename(books / "recorded")
    assert run_pytest(books).returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    (books / "pytest.ini").write_text("[pytest]\nscraper_pages = recorded\n")
    assert "61 passed" in run_pytest(books).stdout


def test_without_the_plugin_nothing_is_collected(books):
    done = run_pytest(books, "-p", "no:scraper.testing", "--co")
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED


# For tests of one's own


def test_the_practice_site_is_a_fixture_with_levers(tmp_path):
    (tmp_path / "test_mine.py").write_text(
        "import requests\n\n\n"
        "def test_a_failure(practice_site):\n"
        "    practice_site.fail_next = 1\n"
        "    codes = [requests.get(practice_site.url).status_code for _ in range(2)]\n"
        "    assert codes == [503, 200]\n"
        "    assert practice_site.counts.failures == 1\n"
    )
    done = run_pytest(tmp_path)
    assert "1 passed" in done.stdout, done.stdout


def test_the_plugin_loads_nothing_by_itself():
    program = (
        "import sys, pytest, scraper.errors; before = {*sys.modules}; import scraper.testing; "
        "print(sorted({*sys.modules} - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "['scraper.testing']\n"
