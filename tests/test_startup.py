"""``--help`` is there at once: it loads nothing that only a command needs."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from scraper.cli import COMMANDS, cli
from tests.commands import ROOT, environment, scraper

HEAVY = (
    "bs4",
    "dask",
    "lxml",
    "parsel",
    "playwright",
    "pydantic",
    "requests",
    "rich",
    "scraper.crawl",
    "sqlite3",
)


def loaded(*arguments: str) -> set[str]:
    """Return what ``python -m scraper`` has imported by its end."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "scraper", *arguments],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return {
        line.rpartition("|")[2].strip()
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    }


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_what_only_a_command_needs_is_not_loaded(option):
    modules = loaded(option)
    assert "click" in modules
    assert modules.isdisjoint(HEAVY)


def test_plain_selectors_load_no_more_than_lxml():
    code = (
        "import sys; from scraper import FormLogin, Item, Spider, css; css('h3 > a.b'); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"bs4", "parsel", "soupsieve"}.isdisjoint(done.stdout.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_of_a_command_what_its_help_says(name):
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert (command.name, " ".join((command.help or "").split("\n\n")[0].split())) == (
        name,
        COMMANDS[name][1],
    )


def test_all_commands_are_listed_with_what_they_do():
    listed = " ".join(scraper("--help").stdout.split())
    assert [name for name, (_, about) in COMMANDS.items() if f"{name} {about}" not in listed] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help(name):
    done = scraper(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: python -m scraper {name} ")
