"""Visits in other processes and on a cluster: the same pages, and nothing lost with a worker."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scraper import ConfigError, FormLogin, Job, LoginError, Request, Retry, Session, Spider, crawl, fill
from scraper.crawl import visit
from scraper.executors import Elsewhere, cluster, processes
from scraper.executors.crew import Crew
from scraper.executors.elsewhere import Batch
from scraper.executors.hand import Hand, receive
from scraper.executors.mirror import Mirror
from scraper.item import Reject
from scraper.recipe import Recipe
from scraper.redact import forget_all, register
from scraper.visit import Visit
from spiders.bookshop import Book
from tests.commands import ROOT, environment, python, scraper, start
from tests.servers import Asked, Reply, serving


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


def test_pages_beside_one_that_kills_its_worker_do_not_fail_with_it(site, job):
    spider = shop(Deadly, site, max_pages=100, marker="/nowhere/never")
    spider.start_urls = [f"{site.url}/books?page={page}" for page in (1, 2, 3, 10)]
    crawl(spider, job, processes(visit, spider, 2))
    [(url, _)] = job.failures()
    assert (url.rpartition("/")[2], job.counts().done) == ("books?page=2", 99)


def test_cookies_that_change_come_back(site, job):
    site.rotate_cookie, site.rotate_grace = True, 30
    spider = shop(Shop, site, max_pages=60)
    crawl(spider, job, processes(visit, spider, 2))
    assert (job.counts().done, site.counts.logins) == (60, 1)


class Quitting(Shop):
    """One of its pages ends the program, as far as that is up to it; another gives what cannot travel."""

    def parse(self, response):
        if response.url.endswith("/books?page=2"):
            sys.exit("enough")
        if response.url.endswith("/books?page=5"):
            yield Request(f"{response.url}6", meta={"a": Stuck()})
        yield from super().parse(response)


class Stuck(dict[str, str]):
    def __reduce__(self):
        raise TypeError("it is stuck here")


def test_a_page_that_would_end_its_worker_is_a_failed_page(site, job):
    spider = shop(Quitting, site, follow=("li.next a", "article.book h3 a"), max_pages=30)
    spider.start_urls = [f"{site.url}/books?page={page}" for page in (2, 5, 7)]
    crawl(spider, job, processes(visit, spider, 2))
    assert list(job.failures()) == [
        (f"{site.url}/books?page=2", "SystemExit: enough"),
        (f"{site.url}/books?page=5", "TypeError: it is stuck here"),
    ]
    assert job.counts().done == 28


def test_what_a_page_gives_travels_as_plain_data():
    odd = Request("http://127.0.0.1/", "POST", {"A": "b"}, b"c", "parse_list", Stuck(d=1), 2, 3)
    again = pickle.loads(pickle.dumps(odd))
    assert (again, type(again.meta)) == (odd, dict)
    link = Request("http://127.0.0.1/", depth=4, found_by="a.next")
    assert pickle.loads(pickle.dumps(link)).found_by == "a.next"
    told = Visit(ok=True, status=200, requests=(link, odd), items=(("Book", "{}"),), retry_after=1.5)
    assert pickle.loads(pickle.dumps(told)) == told


def test_a_secret_that_only_a_worker_knows_does_not_travel():
    register("hush-hush-123")
    reject = Reject(0, "Book", "title", "no hush-hush-123")
    sent = pickle.dumps(Visit(ok=False, error="KeyError: hush-hush-123", rejects=(reject,)))
    forget_all()
    assert pickle.loads(sent) == Visit(
        ok=False, error="KeyError: ***", rejects=(replace(reject, message="no ***"),)
    )


def test_no_process_is_left_behind(site, job):
    spider = shop(Shop, site, max_pages=10)
    crawl(spider, job, processes(visit, spider, 3))
    assert multiprocessing.active_children() == []
    spider = shop(Shop, site)
    spider.login = FormLogin("/login", fill(username="nobody", password="wrong"), logged_in="a.logout")
    spider.save_session = False
    with pytest.raises(LoginError):
        crawl(spider, executor=processes(visit, spider, 2))
    assert multiprocessing.active_children() == []


def test_a_spider_that_other_processes_cannot_make_is_a_sentence(tmp_path, monkeypatch, job):
    source = (
        "import os\nfrom scraper import Secret, Spider\n"
        f"if os.getpid() != {os.getpid()}:\n    raise RuntimeError(Secret('hush-hush-123').reveal())\n"
        "class Homely(Spider):\n    start_urls = 'http://127.0.0.1:9/'\n"
    )
    (tmp_path / "homely.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    spider = importlib.import_module("homely").Homely(obey_robots=False, retry=1)
    with pytest.raises(ConfigError, match=r"could not make the spider 'homely': RuntimeError: \*\*\* "):
        crawl(spider, job, processes(visit, spider, 2))
    assert job.queued() == 1


def test_processes_that_end_as_they_begin_are_a_sentence(tmp_path):
    script = (
        "from scraper import *\nfrom scraper.crawl import visit\nfrom scraper.executors import processes\n"
    )
    script += "class Plain(Spider):\n    start_urls = 'http://127.0.0.1:9/'\n"
    script += "spider = Plain(obey_robots=False)\ncrawl(spider, executor=processes(visit, spider, 2))\n"
    (tmp_path / "unguarded.py").write_text(script)
    command = [sys.executable, "unguarded.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert done.returncode == 1
    assert "The processes end as they begin (exit code 1)" in done.stderr


def test_a_stop_cuts_short_what_waits_for_a_retry_in_a_process(job, tmp_path):
    stop = threading.Event()

    def answer(asked: Asked) -> Reply:
        stop.set()
        return Reply(503)

    with serving(answer) as server:
        spider = Shop(start_urls=[server.url()], obey_robots=False, retry=Retry(5, wait=60))
        crawl(spider, job, processes(visit, spider, 2), stop=stop)
        assert len(server.asked) == 1
    assert job.noted("state") == "interrupted"


def told_to_wait(spider: Spider, request: Request) -> Visit:
    """A visit of a host that asks for a pause where the address says so."""
    return Visit(ok=True, status=429, retry_after=9.0 if "wait" in request.url else 0.0)


def test_a_process_begins_nothing_more_until_the_loop_has_heard_that_a_host_asks_to_wait():
    near, far = multiprocessing.Pipe()
    hand = Hand(far, told_to_wait, Shop(start_urls=["http://127.0.0.1:9/"]), 1)
    go, wait = Request("http://127.0.0.1:9/go"), Request("http://127.0.0.1:9/wait")

    def begun_of(heard: int, *tasks: Request) -> list[int]:
        hand.do(heard, [(id, None, task) for id, task in enumerate(tasks)])
        answers: list[Any] = []
        while len(answers) < len(tasks):
            answers += receive(near)[0]
        return [id for id, visit in answers if visit is not None]

    assert begun_of(0, go, wait, go, go) == [0, 1]
    assert begun_of(0, go) == []
    assert begun_of(1, go, wait) == [0, 1]
    near.close()


def test_only_cookies_that_have_changed_travel():
    here, there = Session(), Session()
    near, far = Mirror(here), Mirror(there)
    here.cookies.seed("http://127.0.0.1/", "a", "1")
    here.cookies.seed("http://127.0.0.1/", "b", "2")
    far.take(near.news())
    assert (near.news(), far.news()) == (None, None)
    there.cookies.seed("http://127.0.0.1/", "a", "3")
    there.cookies.clear("127.0.0.1", "/", "b")
    news = far.news()
    assert [entry["name"] for entry in news[0]] == ["a"]
    assert news[1] == (("127.0.0.1", "/", "b"),)
    near.take(news)
    assert near.news() is None
    assert here.cookies.get_dict() == {"a": "3"}


def test_a_cookie_that_is_said_again_is_no_change():
    jar = Session().cookies
    jar.store("http://127.0.0.1/", ["a=1; Path=/; HttpOnly"])
    stamp = jar.stamp
    jar.store("http://127.0.0.1/", ["a=1; Path=/; HttpOnly"])
    assert jar.stamp == stamp
    jar.store("http://127.0.0.1/", ["a=1; Path=/"])
    assert jar.stamp != stamp


def test_no_credential_travels(site):
    spider = shop(Shop, site)
    assert site.password.encode() not in Recipe.of(spider).attributes


def test_what_travels_shows_nothing_of_the_session_in_the_logs_of_a_cluster(site):
    recipe = Recipe.of(shop(Shop, site, headers={"X-Api-Key": "tok-8f3a90b1"}))
    batch = Batch(recipe, "ada", {"cookies": [{"value": "sess10n-8f3a"}]}, (Request(site.url),))
    assert repr(batch) == (
        "Batch(recipe=Recipe(module='tests.test_executors', name='Shop'), account='ada', "
        f"requests=(<Request GET {site.url}>,))"
    )


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


FRAIL = """
import os, signal
from pathlib import Path
from scraper import Spider

class Frail(Spider):
    start_urls = ["SITE/1", "SITE/2", "SITE/3"]

    def opened(self):
        os.environ["SAID_BY_THE_LOOP"] = "heard"

    def parse(self, response):
        if response.url.endswith("/2") and not Path("marker").exists():
            Path("marker").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        yield {"page": response.url[-1], "heard": os.environ["SAID_BY_THE_LOOP"]}
"""


def test_a_forked_worker_has_the_loop_s_environment_and_is_replaced_when_it_dies(tmp_path):
    with serving(lambda asked: Reply(200, [("Content-Type", "text/html")], b"<p>")) as server:
        (tmp_path / "frail.py").write_text(FRAIL.replace("SITE", server.url("")))
        done = scraper("run", "frail.py", "--processes", "2", "-o", "pages.json", cwd=tmp_path)
    assert (done.returncode, (tmp_path / "marker").exists()) == (0, True), done.stderr
    pages = json.loads((tmp_path / "pages.json").read_text())
    assert sorted(pages, key=lambda page: page["page"]) == [
        {"page": number, "heard": "heard"} for number in ("1", "2", "3")
    ]


def test_the_server_of_workers_takes_nothing_of_the_working_directory_for_this_package(tmp_path):
    (tmp_path / "scraper.py").write_text("raise SystemExit('This is another scraper.')")
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "script"
    script.write_text("from scraper.cli import main\nif __name__ == '__main__':\n    main()\n")
    (tmp_path / "one.py").write_text("from scraper import Spider\nclass One(Spider):\n    pass\n")
    with serving(lambda asked: Reply(200, [("Content-Type", "text/html")], b"<p>")) as server:
        start_urls = f"start_urls={server.url('/')}"
        done = python(str(script), "run", "one.py", "-a", start_urls, "--processes", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "another" not in done.stderr


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


def test_a_crew_can_be_closed_where_no_thread_could_be_begun(monkeypatch):
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    crew = Crew[int](print, 2, "crew")
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            crew.begin([1])
    crew.close(waits=True)


SERVER = """
import os, signal
from scraper import forkserver
signal.signal(signal.SIGINT, lambda *_: None)
forkserver.begin()
os.killpg(0, signal.SIGINT)
worker = forkserver.context().Process(target=print, args=("It works.",))
worker.start()
os.killpg(0, signal.SIGINT)
worker.join()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="There is no such server on Windows.")
def test_ctrl_c_does_not_reach_processes_that_only_begin():
    run = [sys.executable, "-c", SERVER]
    done = subprocess.run(run, capture_output=True, text=True, start_new_session=True, env=environment())
    assert (done.stdout, done.stderr) == ("It works.\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="There is no such server on Windows.")
def test_a_run_that_is_stopped_at_once_leaves_no_folder_behind(tmp_path):
    (tmp_path / "stopped.py").write_text("raise KeyboardInterrupt")
    (tmp_path / "tmp").mkdir()
    done = scraper("run", "stopped.py", "--processes", "2", cwd=tmp_path, TMPDIR=str(tmp_path / "tmp"))
    assert (done.returncode, done.stderr.strip()) == (130, "Stopped at once.")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_processes_begin_anew_where_no_socket_can_lie(site, tmp_path):
    (tmp_path / ("x" * 100)).mkdir()
    told = {"SHOP_URL": site.url, "TMPDIR": str(tmp_path / ("x" * 100))}
    options = ("-a", "max_pages=5", "-o", "books.json", "--processes", "2")
    done = scraper("run", str(ROOT / "spiders" / "bookshop.py"), *options, cwd=tmp_path, **told)
    assert done.returncode == 0, done.stderr


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
