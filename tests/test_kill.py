"""Crawls that are killed, many times, at any moment: the same items as of one that never was."""

from __future__ import annotations

import json
import random
import signal
import time
from pathlib import Path

import pytest

from scraper import ConfigError, Job
from scraper.export import export
from tests.commands import ROOT, scraper, start

KILLS = 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "spiders").symlink_to(ROOT / "spiders")
    return tmp_path


def the_job(folder: Path) -> Path:
    [path] = (folder / ".scraper" / "jobs" / "bookshop").glob("*.sqlite")
    return path


def exported(folder: Path) -> list[str]:
    """Export what the job holds by now, read it again, and return the key of each item."""
    with Job(the_job(folder)) as job:
        export(job.items, str(folder / "now.json"))
    return [book["upc"] for book in json.loads((folder / "now.json").read_text())]


@pytest.mark.parametrize("workers", [[], ["--processes", "2"]], ids=["threads", "processes"])
def test_a_thousand_items_survive_twenty_kills(folder, site, workers, record_property):
    chance = random.Random(20)
    kills = 0
    while kills < KILLS:
        resume = ["--resume"] if kills else []
        options = ["-s", "concurrency=8", "-s", "retry=1", *workers, *resume]
        seen, more = site.counts.requests, chance.randint(5, 45)
        with start("run", "bookshop", *options, cwd=folder, SHOP_URL=site.url) as run:
            while site.counts.requests < seen + more and run.poll() is None:
                time.sleep(0.002)
            run.send_signal(signal.SIGKILL)
            _, err = run.communicate()
            assert run.returncode == -signal.SIGKILL, err
        kills += 1
        keys = exported(folder)
        assert len(keys) == len(set(keys))
    done = scraper(
        "run", "bookshop", "--resume", "-s", "concurrency=8", *workers, cwd=folder, SHOP_URL=site.url
    )
    assert done.returncode == 0, done.stderr
    keys = exported(folder)
    assert len(keys) == len(set(keys)) == 1000
    record_property("page fetches above the 1,050 pages", sum(site.counts.served.values()) - 1050)
    assert site.counts.logins == 1


def test_a_second_process_is_refused(folder, site):
    site.latency = 0.05
    with start("run", "bookshop", cwd=folder, SHOP_URL=site.url) as first:
        while site.counts.pages.get("reader", 0) < 5:
            time.sleep(0.01)
        with (
            Job(the_job(folder)) as job,
            pytest.raises(ConfigError, match="Another process works on the job"),
            job.claimed(),
        ):
            pass
        first.send_signal(signal.SIGTERM)
        _, said = first.communicate()
    assert first.returncode == 130
    assert "run with --resume" in said or "Stopping after" in said
