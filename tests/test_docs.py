"""The documentation is true: its code runs, its commands exist, and the reference leaves no name out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import scraper
from tests.commands import ROOT, environment

DOCS = ROOT / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md"))
TESTED_ELSEWHERE = {"tutorial.md"}
"""What is typed into the shell there runs in that shell, in test_tutorial.py."""

RUNNER = """
import json, sys, types
for number, code in enumerate(json.load(sys.stdin), 1):
    module = types.ModuleType(f"block_{number}")
    sys.modules[module.__name__] = module
    exec(compile(code, module.__name__, "exec"), vars(module))
"""
"""Runs each block of a page as a module of its own, in one process."""


def text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", text(page), re.MULTILINE | re.DOTALL)


def run(program: str, folder: Path, site, *, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program as a reader of the documentation would, whose shop is the practice site."""
    credentials = {"SHOP_USER": site.username, "SHOP_PASSWORD": site.password, "SHOP_TOTP": site.totp_secret}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment(**credentials),
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which there has been a run of the bookshop's spider, with what the pages read there."""
    from scraper import Job

    Job.create("bookshop", tmp_path / ".scraper").close()
    (tmp_path / "cookies.txt").write_text("shop.example\tFALSE\t/\tTRUE\t0\tsid\tvalue\n")
    return tmp_path


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page) and page not in TESTED_ELSEWHERE])
def test_every_block_of_a_page_runs(page, folder, site):
    code = [block.replace("https://shop.example", site.url) for block in blocks(page)]
    done = run(RUNNER, folder, site, given=json.dumps(code))
    assert done.returncode == 0, done.stderr
    assert site.password not in done.stdout + done.stderr


def test_the_spider_of_the_first_page_crawls(folder, site):
    [code] = blocks("index.md")
    done = run(code.replace("https://shop.example", site.url), folder, site)
    assert re.fullmatch(r"60 books, the first: .+\n", done.stdout), done.stderr


def test_the_session_that_takes_the_place_of_requests_signs_in(folder, site):
    code, *_ = blocks("coming-from.md")
    done = run(code.replace("https://shop.example", site.url), folder, site)
    assert done.stdout == "200 as reader\n", done.stderr


def test_the_spider_for_those_who_know_scrapy_crawls(folder, site):
    _, code, _ = blocks("coming-from.md")
    code += "\nfrom scraper import crawl\nprint(crawl(Quotes(max_pages=3)).counts().items)"
    done = run(code.replace("https://shop.example", site.url), folder, site)
    assert done.stdout == "60\n", done.stderr


def test_what_scrapys_settings_are_called_here_exists():
    table = text("coming-from.md").partition("## From Scrapy")[2].partition("## ")[0]
    cells = re.findall(r"^\|.*\|(.*)\|$", table, re.MULTILINE)
    names = set(re.findall(r"`([a-z_]+)`", " ".join(cells))) - {"export", "pip"}
    assert {"delay", "throttle", "obey_robots", "max_body"} <= names
    assert [name for name in names if not hasattr(scraper.Spider, name)] == []


def test_the_reference_leaves_no_public_name_out():
    named = set(re.findall(r"^::: scraper\.(?:\w+\.)*(\w+)$", text("reference.md"), re.MULTILINE))
    errors = {name for name in scraper.__all__ if getattr(scraper, name).__module__ == "scraper.errors"}
    assert named - {"errors"} == set(scraper.__all__) - errors


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [page for page in PAGES if f": {page}" not in navigation] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_address_on_a_page_leads_somewhere(page):
    for target in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", text(page)):
        assert (DOCS / target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_headings_stand_free(page):
    lines = re.sub(r"^```.*?^```", "", text(page), flags=re.MULTILINE | re.DOTALL).splitlines()
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if line.startswith("#"):
            assert (before, after) == ("", ""), line


def test_exit_codes_are_those_of_the_program():
    codes = dict(re.findall(r"^\| (\d+) \| ([^|]+) \|", text("every-night.md"), re.MULTILINE))
    assert {"0", "1", "2", "16", "75", "130"} == set(codes)
    assert (scraper.LoginError.exit_code, scraper.InteractionRequired.exit_code) == (16, 75)
    assert (scraper.ConfigError.exit_code, scraper.ScraperError.exit_code) == (2, 1)
