"""docs/tutorial.md is true: its commands are run in an empty folder, and what comes is what it shows."""

from __future__ import annotations

import re

import pytest

from tests.commands import ROOT, scraper
from tests.test_new import rows
from tests.test_shell import shell

TEXT = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
NAME = "turnstone_books"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def variables(site) -> dict[str, str]:
    return {"TURNSTONE_BOOKS_USER": site.username, "TURNSTONE_BOOKS_PASSWORD": site.password}


def settled(text: str, site) -> list[str]:
    """The lines of a screen, at the tutorial's address and without questions, times and tables."""
    text = text.replace(site.url, "http://127.0.0.1:8420").replace(site.url[7:], "127.0.0.1:8420")
    lines = [re.sub(r"\d+\.\d s$|\d{8}T\d{6}Z", "<time>", line) for line in text.splitlines()]
    return [line.rstrip() for line in lines if line.strip() and not re.search(r"\]:|\): ?\w*$", line)]


def test_the_tutorial_leads_from_an_empty_folder_to_a_thousand_books(site, tmp_path, variables):
    done = scraper("new", site.url, "--yes", cwd=tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    shown = settled(done.stderr, site)
    told = [line for block in blocks("text")[2:4] for line in settled(block, site)]
    of_a_person = [line for line in told if ".env" in line or line.startswith("The file names two")]
    assert [line for line in told if line not in shown] == of_a_person
    source = (tmp_path / "spiders" / f"{NAME}.py").read_text()
    assert settled(source, site) == settled(blocks("python")[0], site)
    done = scraper("run", NAME, "-o", f"{NAME}.csv", "--no-progress", cwd=tmp_path, **variables)
    assert settled(done.stderr, site) == settled(blocks("text")[4], site)
    assert len(rows(tmp_path / f"{NAME}.csv")) == 1000


def test_the_selectors_of_the_tutorial_match(site, tmp_path, variables):
    scraper("new", site.url, "--yes", cwd=tmp_path, **variables)
    done = shell(blocks("python")[1], NAME, cwd=tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    for words in (
        "20 matches of css('article.book p.stock')",
        "20 items of Book",
        "1 matches of css('td.number')",
    ):
        assert words in done.stdout
