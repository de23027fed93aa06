"""``shell`` and ``fetch``: a page as a spider's session sees it, and selectors tried on it."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scraper.cli import COMMANDS
from tests.commands import ROOT, environment, python, scraper


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory with the bookshop's spider in it."""
    (tmp_path / "spiders").mkdir()
    shutil.copy(ROOT / "spiders" / "bookshop.py", tmp_path / "spiders")
    return tmp_path


def shell(lines: str, *arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``shell`` over lines that are piped in."""
    return subprocess.run(
        [sys.executable, "-m", "scraper", "shell", *arguments],
        cwd=cwd,
        env=environment(**{"COLUMNS": "120", **variables}),
        input=lines,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_shell_is_signed_in_and_says_what_it_holds(folder, site):
    done = shell("print(response.auth, session.account)\n", "bookshop", cwd=folder, SHOP_URL=site.url)
    assert (done.returncode, done.stdout) == (0, "signed_in reader\n"), done.stderr
    for word in (
        "signed in as reader",
        "fetch(url)",
        "response",
        "try_item(x)",
        "Book",
        "items()",
        "session",
    ):
        assert word in done.stderr


def test_a_class_is_tried_field_by_field(folder, site):
    lines = (
        'page = fetch("/books/1-ordinary-diary-and-other-stories")\ntry_item(Book)\nprint(items()[0].upc)\n'
    )
    done = shell(lines, "bookshop", cwd=folder, SHOP_URL=site.url)
    assert "1 items of Book, 0 rows rejected" in done.stdout, done.stderr
    assert "css('.author')" in done.stdout
    assert "1 of 1" in done.stdout
    assert "939225075879" in done.stdout


def test_a_class_that_does_not_fit_the_page_says_which_field_lacks(folder, site):
    lines = 'try_item(type("Row", (Book,), {}, rows="article.book"))\n'
    done = shell(lines, "bookshop", cwd=folder, SHOP_URL=site.url)
    assert "0 items of Row, 20 rows rejected" in done.stdout, done.stderr
    assert "Row.upc: nothing matches css" in done.stdout


def test_a_selector_shows_how_often_and_what_it_matches(folder, site):
    done = shell(
        'try_item("article.book h3 a")\ntry_item("b.no-such")\n', "bookshop", cwd=folder, SHOP_URL=site.url
    )
    assert "20 matches of css('article.book h3 a')" in done.stdout
    assert "Ordinary Diary" in done.stdout
    assert "0 matches of css('b.no-such')" in done.stdout


def test_a_mistake_in_a_shell_is_told_and_the_next_line_still_runs(folder, site):
    done = shell('try_item("a[[")\nprint("on")\n', "bookshop", cwd=folder, SHOP_URL=site.url)
    assert (done.returncode, done.stdout) == (0, "on\n")
    assert "is not a CSS selector" in done.stderr


def test_a_page_to_begin_with_may_be_named(folder, site):
    done = shell("print(response.url)\n", "bookshop", "/account", cwd=folder, SHOP_URL=site.url)
    assert done.stdout == f"{site.url}/account\n"


@pytest.mark.parametrize("arguments", [["shell", "bookshop"], ["fetch", "bookshop", "/books"]])
def test_where_the_sign_in_fails_nothing_opens(folder, site, arguments):
    done = scraper(*arguments, cwd=folder, SHOP_URL=site.url, SHOP_PASSWORD="Wr0ng-guess")
    assert (done.returncode, done.stdout) == (16, "")
    assert "did not accept the credentials" in done.stderr


def test_at_a_terminal_ipython_opens_with_the_same_names(folder, site, tmp_path):
    pytest.importorskip("IPython")
    here, there = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "scraper", "shell", "bookshop"],
        cwd=folder,
        env={
            **environment(SHOP_URL=site.url, TERM="dumb", IPYTHONDIR=str(tmp_path)),
            "PYTHONWARNINGS": "ignore",
        },
        stdin=there,
        stdout=there,
        stderr=there,
        start_new_session=True,
    )
    os.close(there)
    shown, has_asked = b"", False
    while b"signed_in 20" not in shown:
        try:
            shown += os.read(here, 4096)
        except OSError:
            break
        if b"In [1]" in shown and not has_asked:
            has_asked = True
            os.write(here, b"print(response.auth, len(response.css('article.book')))\r")
    os.write(here, b"exit\r")
    process.wait(30)
    os.close(here)
    assert b"signed in as reader" in shown
    assert b"signed_in 20" in shown


# fetch


def test_a_page_is_printed_as_the_member_or_the_stranger_sees_it(folder, site):
    done = scraper("fetch", "bookshop", "/books", cwd=folder, SHOP_URL=site.url)
    assert (done.returncode, done.stdout.count('<article class="book"')) == (0, 20)
    assert f"200 {site.url}/books as reader (signed_in)" in done.stderr
    done = scraper("fetch", "bookshop", "/books", "--as", "anonymous", cwd=folder, SHOP_URL=site.url)
    assert (done.returncode, done.stdout.count('id="login"')) == (0, 1)
    assert "as a stranger after" in done.stderr


def test_the_difference_shows_what_only_one_of_them_sees(folder, site):
    done = scraper("fetch", "bookshop", "/", "--diff", cwd=folder, SHOP_URL=site.url)
    lines = done.stdout.splitlines()
    assert {"+Sign out", "+Robin Reader", "-A bookshop for members"} <= set(lines)
    assert not [line for line in lines if "The flood, and what floated" in line]


def test_headers_come_before_the_page_and_no_secret_in_either(folder, site):
    done = scraper(
        "fetch", "bookshop", "/login", "--as", "anonymous", "--headers", cwd=folder, SHOP_URL=site.url
    )
    head, _, body = done.stdout.partition("\n\n")
    assert head.startswith("HTTP 200\n")
    assert "Set-Cookie: ***" in head
    assert 'name="csrf" value="***"' in body


def test_an_error_page_is_printed_and_ends_with_exit_code_1(folder, site):
    done = scraper("fetch", "bookshop", "/nowhere", cwd=folder, SHOP_URL=site.url)
    assert (done.returncode, "Not on our shelves" in done.stdout) == (1, True)


# Commands by their names


def test_a_command_that_is_none_is_told_the_nearest(folder):
    done = scraper("fecth", "bookshop", cwd=folder)
    assert (done.returncode, "Did you mean 'fetch'?" in done.stderr) == (2, True)
    assert "There is new, run," in scraper("xyzzy", cwd=folder).stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_has_an_example(command):
    assert f"python -m scraper {command}" in scraper(command, "--help").stdout.partition("\n")[2]


def as_script(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run what the console script ``scraper`` runs."""
    code = "import sys; sys.argv[0] = '/usr/bin/scraper'; from scraper.cli import main; main()"
    return python("-c", code, *arguments, cwd=cwd, **variables)


def test_the_console_script_names_itself_and_completes_commands_and_spiders(folder):
    assert as_script("--help", cwd=folder).stdout.startswith("Usage: scraper ")
    completing = {"_SCRAPER_COMPLETE": "bash_complete", "COMP_CWORD": "2"}
    done = as_script(cwd=folder, COMP_WORDS="scraper run boo", **completing)
    assert done.stdout == "plain,bookshop\n"
    done = as_script(cwd=folder, _SCRAPER_COMPLETE="bash_complete", COMP_CWORD="1", COMP_WORDS="scraper lo")
    assert done.stdout == "plain,login\nplain,logout\n"
    assert "complete" in as_script(cwd=folder, _SCRAPER_COMPLETE="bash_source").stdout


# Spiders as a crawl has them

ACCOUNTS = """
import os
from scraper import FormLogin, Spider, fill

def login(name, password):
    return FormLogin("/login", fill(username=name, password=password), logged_in="a.logout")


class Prices(Spider):
    start_urls = [f"{os.environ['SHOP_URL']}/books"]
    accounts = [login("reader", "practice-makes-perfect"), login("critic", "read-between-lines")]
    save_session = False
    allow = ["/logout"]
"""


@pytest.mark.parametrize(("account", "name"), [((), "reader"), (("--account", "critic"), "critic")])
def test_a_spider_of_several_accounts_is_the_first_or_the_one_that_is_named(folder, site, account, name):
    (folder / "spiders" / "prices.py").write_text(ACCOUNTS, encoding="utf-8")
    printed = scraper("fetch", "prices", "/books", *account, cwd=folder, SHOP_URL=site.url)
    assert (printed.returncode, f"as {name} (signed_in)" in printed.stderr) == (0, True), printed.stderr
    done = shell("print(session.account)\n", "prices", *account, cwd=folder, SHOP_URL=site.url)
    assert done.stdout == f"{name}\n", done.stderr
    kept = scraper("record", "prices", "/books", *account, cwd=folder, SHOP_URL=site.url)
    assert kept.returncode == 0, kept.stderr
    [page] = (folder / "tests" / "pages").glob("*/page.html")
    assert 'class="logout"' in page.read_text(encoding="utf-8")


def test_an_account_that_there_is_not_is_said_with_those_there_are(folder, site):
    (folder / "spiders" / "prices.py").write_text(ACCOUNTS, encoding="utf-8")
    done = scraper("fetch", "prices", "/books", "--account", "nobody", cwd=folder, SHOP_URL=site.url)
    assert (done.returncode, "reader" in done.stderr, "critic" in done.stderr) == (2, True, True)


def test_links_are_those_that_a_crawl_would_follow(folder, site):
    (folder / "spiders" / "prices.py").write_text(ACCOUNTS, encoding="utf-8")
    done = shell(
        "print([link.url.rpartition('/')[2] for link in response.links('a.logout')])\n",
        "prices",
        cwd=folder,
        SHOP_URL=site.url,
    )
    assert done.stdout == "['logout']\n", done.stderr
