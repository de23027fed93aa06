"""The command line as a person meets it: real processes against the real practice site."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scraper import Job
from tests.commands import ROOT, environment, scraper, start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory with the bookshop's spider in it."""
    (tmp_path / "spiders").mkdir()
    shutil.copy(ROOT / "spiders" / "bookshop.py", tmp_path / "spiders")
    return tmp_path


def books(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_the_readme_run_exports_a_thousand_books_after_one_sign_in(folder, site):
    done = scraper("run", "bookshop", "-o", "books.csv", "-o", "books.jsonl", cwd=folder, SHOP_URL=site.url)
    assert done.returncode == 0, done.stderr
    assert len({book["upc"] for book in books(folder / "books.csv")}) == 1000
    assert list(books(folder / "books.csv")[0]) == ["title", "author", "price", "upc", "tags"]
    assert len((folder / "books.jsonl").read_text().splitlines()) == 1000
    assert site.counts.logins == 1
    assert done.stdout == ""
    for words in (
        "pages",
        "1,050",
        "items",
        "1,000",
        "sign-ins",
        "1 as reader",
        "retries",
        "books.csv",
        ".sqlite",
    ):
        assert words in done.stderr


def test_a_site_that_signs_everyone_out_costs_sign_ins_but_no_book(folder, site):
    site.sign_out_after = 200
    done = scraper("run", "bookshop", "-o", "books.csv", cwd=folder, SHOP_URL=site.url)
    assert done.returncode == 0, done.stderr
    rows = books(folder / "books.csv")
    assert (len(rows), len({book["upc"] for book in rows})) == (1000, 1000)
    assert 5 <= site.counts.logins <= site.counts.expiries + 1
    assert "Signed in again as reader." in done.stderr


def test_without_a_shop_the_spider_starts_one(folder):
    done = scraper("run", "bookshop", "-o", "-", "--max-pages", "10", "--no-progress", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 9


def test_a_wrong_password_ends_with_one_sentence_and_one_attempt(folder, site):
    done = scraper(
        "run", "bookshop", "-o", "b.csv", cwd=folder, SHOP_URL=site.url, SHOP_PASSWORD="Wr0ng-guess"
    )
    assert done.returncode == 16
    assert done.stderr.count("\n") == 1
    assert "did not accept the credentials" in done.stderr
    assert "Wrong user name or password." in done.stderr
    assert site.counts.login_attempts == 1
    assert "Wr0ng-guess" not in done.stdout + done.stderr
    assert not (folder / "b.csv").exists()
    assert all(b"Wr0ng-guess" not in path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "bookshp"], "There is no spider named 'bookshp' in spiders/; did you mean 'bookshop'?"),
        (["run", "bookshop", "-o", "none/books.csv"], "The folder none for books.csv does not exist"),
        (["run", "bookshop", "-o", "books.doc"], "books.doc has no known format"),
        (["run", "bookshop", "-s", "concurency=2"], "did you mean 'concurrency'?"),
        (["run", "bookshop", "-a", "colour=red"], "There is no attribute of bookshop named 'colour'"),
        (["run", "bookshop", "--max-pages", "0"], "Invalid value for '--max-pages'"),
        (["run", "broken"], "spiders/broken.py does not load"),
        (["run", "selector"], "spiders/selector.py: 'a[[' is not a CSS selector"),
        (["run", "secret"], "The environment variable NO_SUCH_PASSWORD is not set"),
        (["run", "nowhere"], "has nowhere to start"),
        (["run"], "Missing argument 'SPIDER'"),
        (["rum"], "No such command 'rum'"),
    ],
)
def test_a_mistake_ends_with_exit_code_2_and_a_sentence(folder, arguments, sentence):
    spider = "from scraper import Spider, FormLogin, env, fill\n"
    (folder / "spiders" / "broken.py").write_text(f"{spider}class Broken(Spider:\n")
    (folder / "spiders" / "selector.py").write_text(f"{spider}class Selector(Spider):\n    follow = 'a[['\n")
    (folder / "spiders" / "nowhere.py").write_text(f"{spider}class Nowhere(Spider): ...\n")
    (folder / "spiders" / "secret.py").write_text(
        f"{spider}class Secret(Spider):\n    start_urls = ['http://127.0.0.1:8420/']\n"
        "    login = FormLogin('/', fill(password=env('NO_SUCH_PASSWORD')))\n"
        "    def opened(self):\n        env('NO_SUCH_PASSWORD')()\n"
    )
    done = scraper(*arguments, cwd=folder)
    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_pages_that_failed_or_gave_no_item_end_with_exit_code_1_and_are_named(folder, site):
    (folder / "spiders" / "odd.py").write_text(
        "from scraper import Item, Spider, css\n"
        "class Price(Item):\n    price: float = css('.no-such-price')\n"
        f"class Odd(Spider):\n    start_urls = ['{site.url}/', '{site.url}/nowhere']\n    item = Price\n"
    )
    done = scraper("run", "odd", cwd=folder)
    assert done.returncode == 1
    assert f"answered 404 (1 times, the first on {site.url}/nowhere)" in done.stderr
    assert f"nothing matches css('.no-such-price') (1 times, the first on {site.url}/)" in done.stderr
    assert "No page gave an item." in done.stderr


def test_an_export_that_fails_loses_neither_the_others_nor_the_summary(folder, site):
    (folder / "taken.csv").mkdir()
    target = folder / "gone" / "b.csv"
    target.parent.mkdir()
    (folder / "spiders" / "rude.py").write_text(
        "import shutil\nfrom spiders.bookshop import Bookshop\n"
        "class Rude(Bookshop):\n    def closed(self, reason):\n        shutil.rmtree('gone')\n"
    )
    done = scraper(
        "run", "rude", "-o", "gone/b.csv", "-o", "kept.csv", "--max-pages", "5", cwd=folder, SHOP_URL=site.url
    )
    assert done.returncode == 1
    assert "b.csv" in done.stderr.splitlines()[-1]
    assert "The items are still in .scraper/jobs/rude/" in done.stderr.splitlines()[-1]
    assert len(books(folder / "kept.csv")) == 4


def test_a_reader_of_standard_output_may_leave_early(folder, site):
    command = f"{sys.executable} -m scraper run bookshop -o - --max-pages 300 | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=environment(SHOP_URL=site.url),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1), done.stderr
    assert "Broken pipe" not in done.stderr


@pytest.mark.parametrize("option", ["concurrency=0", "retry=0", "timeout=0", "timeout=-1", "concurrency=-3"])
def test_options_that_make_no_sense_end_with_exit_code_2(folder, option):
    done = scraper("run", "bookshop", "-s", option, cwd=folder)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def until(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_ctrl_c_finishes_what_is_under_way_and_exports_what_there_is(folder, site):
    site.latency = 0.02
    with start("run", "bookshop", "-o", "books.csv", cwd=folder, SHOP_URL=site.url) as process:
        until(lambda: site.counts.requests > 50)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Stopping after" in err
    assert "partial: the crawl was cut short" in err
    assert 0 < len(books(folder / "books.csv")) < 1000
    assert site.counts.books["reader"] == len(books(folder / "books.csv")), "no page was fetched in vain"


def test_ctrl_c_twice_stops_at_once_and_keeps_the_job(folder, site):
    with start("run", "bookshop", "-o", "books.csv", cwd=folder, SHOP_URL=site.url) as process:
        until(lambda: site.counts.requests > 50)
        site.latency = 60
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "What was committed is kept in .scraper/jobs/bookshop/" in err
    assert "Traceback" not in err
    assert list((folder / ".scraper" / "jobs" / "bookshop").glob("*.sqlite"))


def test_login_signs_in_and_says_so(folder, site):
    done = scraper("login", "bookshop", cwd=folder, SHOP_URL=site.url)
    assert (done.returncode, done.stderr) == (0, f"Signed in to {site.url} as reader.\n")
    assert site.counts.logins == 1


def test_login_fails_with_the_site_s_own_words(folder, site):
    done = scraper("login", "bookshop", cwd=folder, SHOP_URL=site.url, SHOP_PASSWORD="nonsense")
    assert done.returncode == 16
    assert "Wrong user name or password." in done.stderr


def test_list_names_the_spiders_and_those_that_do_not_load(folder):
    (folder / "spiders" / "broken.py").write_text("def (")
    done = scraper("list", cwd=folder)
    assert done.stdout.startswith("bookshop ")
    assert "spiders/broken.py does not load" in done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize("command", [[], ["run"], ["login"], ["list"], ["report"], ["retry"], ["why"]])
def test_every_command_has_help(command):
    done = scraper(*command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: python -m scraper {' '.join(command)}".rstrip())


def test_the_version_is_told():
    assert "0.1.0" in scraper("--version").stdout


def test_jobs_are_listed_the_newest_first_and_the_old_removed(folder, site):
    for pages in ("2", "3"):
        scraper("run", "bookshop", "--max-pages", pages, cwd=folder, SHOP_URL=site.url)
    lines = scraper("jobs", cwd=folder).stdout.splitlines()
    assert [" 3 pages" in lines[0], " 2 pages" in lines[1], "max_pages" in lines[0]] == [True, True, True]
    assert scraper("jobs", "bookshop", "--prune", "0", cwd=folder).stdout == ""
    assert list((folder / ".scraper/jobs/bookshop").glob("*.sqlite*")) == []
    assert "There is no job" in scraper("jobs", cwd=folder).stderr


def test_a_killed_job_is_listed_as_killed(folder):
    with Job.create("bookshop", folder / ".scraper"):
        pass
    assert "killed" in scraper("jobs", cwd=folder).stdout
    scraper("report", "bookshop", "-o", "report.html", cwd=folder)
    assert "Killed" in (folder / "report.html").read_text(encoding="utf-8")


def test_items_are_exported_later_by_the_spider_s_name_or_the_job_s_file(folder, site):
    scraper("run", "bookshop", "--max-pages", "6", cwd=folder, SHOP_URL=site.url)
    assert scraper("export", "bookshop", "-o", "later.json", cwd=folder).returncode == 0
    [path] = (folder / ".scraper/jobs/bookshop").glob("*.sqlite")
    scraper("export", str(path), "-o", "again.json", cwd=folder)
    assert (
        json.loads((folder / "later.json").read_text())
        == json.loads((folder / "again.json").read_text())
        != []
    )
    assert scraper("export", "nobody", "-o", "x.json", cwd=folder).returncode == 2


def test_logs_may_be_a_json_object_a_line(folder, site):
    done = scraper(
        "run",
        "bookshop",
        "--max-pages",
        "2",
        "--log-json",
        "--log-level",
        "INFO",
        cwd=folder,
        SHOP_URL=site.url,
    )
    logged = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert {"time", "level", "logger", "message"} == set(logged[0])
    assert any("Signed in as reader" in line["message"] for line in logged)
    assert site.password not in done.stderr


def test_a_run_that_a_limit_ended_may_be_resumed(folder, site):
    scraper("run", "bookshop", "--max-pages", "5", cwd=folder, SHOP_URL=site.url)
    done = scraper("run", "bookshop", "--resume", "--max-pages", "12", cwd=folder, SHOP_URL=site.url)
    assert "  pages     12" in done.stderr
    assert len(list((folder / ".scraper/jobs/bookshop").glob("*.sqlite"))) == 1
