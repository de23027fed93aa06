"""Visits in other processes and on a cluster: the same pages, and nothing lost with a worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from scraper import ConfigError, FormLogin, Job, Spider, crawl, fill
from scraper.crawl import visit
from scraper.executors import Elsewhere, cluster, processes
from scraper.recipe import Recipe
from spiders.bookshop import Book
from tests.commands import ROOT, environment, scraper, start


class Shop(Spider):
    """The practice shop, whole or in part; what differs is given to the instance."""

    item = Book
    follow = ("article.book h3 a", "li.next a")
    concurrency = 8
    retry = 1


class Deadly(Shop):
    """One of its pages ends the process that reads it, once or always."""

    marker = ""

    def parse(self, response):
        if response.url.endswith("/books?page=2") and not Path(self.marker).exists():
            if not self.marker.endswith("never"):
                Path(self.marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        yield from super().parse(response)


def shop(kind: type[Spider], site, **attributes: Any) -> Spider:
    login = FormLogin("/login", fill(username=site.username, password=site.password), logged_in="a.logout")
    return kind(start_urls=[f"{site.url}/books"], login=login, **attributes)


def upcs(job: Job) -> list[str]:
    return [data["upc"] for _, data in job.items()]


def test_processes_read_the_whole_shop_through_expiries_with_one_sign_in_each(site, job):
    site.sign_out_after = 60
    spider = shop(Shop, site, max_pages=250)
    crawl(spider, job, processes(visit, spider, 2))
    assert (job.counts().done, job.counts().failed) == (250, 0)
    assert len(upcs(job)) == len(set(upcs(job)))
    assert 2 <= site.counts.logins <= site.counts.expiries + 1


def test_a_process_that_dies_costs_nothing(site, job, tmp_path):
    spider = shop(Deadly, site, max_pages=84, marker=str(tmp_path / "once"))
    crawl(spider, job, processes(visit, spider, 2))
    assert (job.counts().done, job.counts().failed, site.counts.logins) == (84, 0, 1)


def test_a_page_that_always_kills_its_worker_is_one_failed_page(site, job, tmp_path):
    spider = shop(Deadly, site, follow="li.next a", max_pages=3, marker=str(tmp_path / "never"))
    crawl(spider, job, processes(visit, spider, 2))
    [(url, error)] = job.failures()
    assert url.endswith("/books?page=2")
    assert "its worker was lost 3 times" in error


def test_cookies_that_change_come_back(site, job):
    site.rotate_cookie, site.rotate_grace = True, 30
    spider = shop(Shop, site, max_pages=60)
    crawl(spider, job, processes(visit, spider, 2))
    assert (job.counts().done, site.counts.logins) == (60, 1)


def test_no_credential_travels(site):
    spider = shop(Shop, site)
    assert site.password.encode() not in Recipe.of(spider).attributes


def test_what_cannot_travel_stays(site):
    spider = shop(Shop, site)
    spider.lock = threading.Lock()
    again = Recipe.of(spider).spider()
    assert again.start_urls == spider.start_urls
    assert not hasattr(again, "lock")
    assert not again.save_session
    with pytest.raises(ConfigError, match="does not sign in"):
        again.session.sign_in()


def test_a_spider_inside_a_function_is_refused_in_a_sentence():
    class Inside(Spider):
        start_urls = "http://127.0.0.1/"

    with pytest.raises(ConfigError, match="stands inside a function"):
        Recipe.of(Inside())


def test_a_worker_that_lacks_the_spider_s_file_gets_its_source(tmp_path):
    source = "from scraper import Spider\nclass Far(Spider):\n    start_urls = 'http://127.0.0.1/far'\n"
    [far] = [Recipe("nowhere.far", "Far", source, Recipe.of(Shop()).attributes).spider()]
    assert (far.name, far.start_urls) == ("far", "http://127.0.0.1/far")


def test_the_command_line_takes_processes(site, tmp_path):
    (tmp_path / "spiders").symlink_to(ROOT / "spiders")
    done = scraper(
        "run",
        "bookshop",
        "--processes",
        "2",
        "-s",
        "max_pages=30",
        "-o",
        "b.json",
        cwd=tmp_path,
        SHOP_URL=site.url,
    )
    assert done.returncode == 0, done.stderr
    assert site.counts.logins == 1
    both = scraper("run", "bookshop", "--processes", "2", "--cluster", "tcp://127.0.0.1:1", cwd=tmp_path)
    assert both.returncode == 2


def children_of(pid: int) -> set[int]:
    """Return the processes whose parent is `pid`."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name_and_rest = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(name_and_rest[1]) == pid:
            found.add(int(stat.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="There is no /proc to find the workers in")
def test_workers_end_with_a_loop_that_is_killed(site, tmp_path):
    (tmp_path / "spiders").symlink_to(ROOT / "spiders")
    site.latency = 0.1
    with start("run", "bookshop", "--processes", "2", cwd=tmp_path, SHOP_URL=site.url) as run:
        wait_until(lambda: site.counts.pages.get("reader", 0) > 10)
        workers = children_of(run.pid)
        run.kill()
        run.communicate()
    assert len(workers) >= 2
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def wait_until(holds, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def test_an_executor_of_processes_may_be_broken_and_is_made_anew():
    made = []

    def make() -> ProcessPoolExecutor:
        made.append(1)
        pool = ProcessPoolExecutor(1)
        if len(made) == 1:
            pool.shutdown()
        return pool

    workers = Elsewhere(visit, Shop(start_urls=["http://127.0.0.1:9/"]), make, 1)
    with workers:
        workers.hand_out([])
        assert (workers.in_flight, len(made)) == (0, 1)


# A Dask cluster

dask = pytest.importorskip("distributed", reason="Dask is not installed")


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, each a process of its own, as on two machines."""
    with open(tmp_path / "dask.log", "wb") as log:
        file = tmp_path / "scheduler.json"

        def begin(module: str, *options: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", module, "--scheduler-file", str(file), *options]
            variables = environment() | {"PYTHONWARNINGS": "default"}
            return subprocess.Popen(command, env=variables, stdout=log, stderr=log, cwd=tmp_path)

        processes = [
            begin("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        ]
        wait_until(lambda: file.exists() and file.stat().st_size > 0)
        worker = ("--host", "127.0.0.1", "--no-nanny", "--no-dashboard", "--nthreads", "1")
        processes += [begin("distributed.cli.dask_worker", *worker) for _ in range(2)]
        address = json.loads(file.read_text())["address"]
        try:
            yield address, processes
        finally:
            for process in processes:
                process.kill()
                process.wait()


def test_a_cluster_loses_a_worker_and_its_session_and_no_page(site, job, scheduler):
    address, (_, *workers) = scheduler
    spider = shop(Shop, site, concurrency=16)
    wait_for_workers(address, 2)
    hired = cluster(visit, spider, address)

    def lose() -> None:
        wait_until(lambda: site.counts.pages.get("reader", 0) > 100)
        workers[0].kill()
        site.sign_everyone_out()

    loser = threading.Thread(target=lose)
    loser.start()
    crawl(spider, job, hired)
    loser.join()
    assert (job.counts().done, job.counts().failed) == (1050, 0)
    assert len(upcs(job)) == len(set(upcs(job))) == 1000
    assert (site.counts.expiries, site.counts.logins) == (1, 2)


def wait_for_workers(address: str, number: int) -> None:
    client = dask.Client(address, set_as_default=False)
    client.wait_for_workers(number, timeout=60)
    client.close()


def test_where_no_scheduler_answers_it_is_said(monkeypatch):
    monkeypatch.setattr("scraper.executors.dask.CONNECT_SECONDS", 1)
    spider = Shop(start_urls=["http://127.0.0.1:9/"])
    with pytest.raises(ConfigError, match="No Dask scheduler answers at tcp://127"):
        cluster(visit, spider, "tcp://127.0.0.1:1")
