from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from scraper import ConfigError, Job, Request
from scraper.item import Reject
from scraper.job import files, fingerprint
from scraper.job.frontier import _OLDEST_FIRST, _SOONEST_OF, _WAITING_OF
from scraper.visit import Lease, Outcome, Visit

URL = "http://shop.test/"


def page(*items: str, **options) -> Visit:
    return Visit(**{"ok": True, "status": 200, "items": tuple(("Book", item) for item in items), **options})


def urls(leases) -> list[str]:
    return [lease.request.url.removeprefix(URL) for lease in leases]


def test_a_request_comes_out_as_it_went_in(job):
    request = Request(URL, "post", {"A": "b"}, b"\x00body", "parse_book", {"page": [1]}, 5, 2)
    job.add([request])
    assert [lease.request for lease in job.lease(1)] == [request]


def test_a_request_is_handed_out_once(job):
    job.add([Request(URL)])
    assert len(job.lease(5)) == 1
    assert job.lease(5) == []


def test_the_same_page_is_never_queued_twice(job):
    assert job.add([Request(f"{URL}?b=2&a=1"), Request(f"{URL}?a=1&b=2#part")]) == 1


def test_two_accounts_method_and_body_make_different_pages():
    get = fingerprint(Request(URL), "ada")
    assert get == fingerprint(Request(URL), "ada")
    assert (
        len({get, fingerprint(Request(URL), "bob"), fingerprint(Request(URL, "POST", body=b"x"), "ada")}) == 3
    )


def test_the_address_on_the_wire_is_the_one_the_page_gave(job):
    job.add([Request(f"{URL}?b=2&a=1")])
    assert urls(job.lease(1)) == ["?b=2&a=1"]


def test_higher_priority_goes_first_then_the_older(job):
    job.add([Request(f"{URL}a"), Request(f"{URL}b"), Request(f"{URL}c", priority=1)])
    assert urls(job.lease(3)) == ["c", "a", "b"]


def test_the_newest_may_go_first(job):
    job.add([Request(f"{URL}a"), Request(f"{URL}b")])
    assert urls(job.lease(2, newest_first=True)) == ["b", "a"]


def test_what_is_put_back_waits_again(job):
    job.add([Request(URL)])
    job.put_back(job.lease(1))
    assert len(job.lease(1)) == 1


def test_a_commit_writes_outcome_items_rejects_and_new_requests(job):
    job.add([Request(URL)])
    [lease] = job.lease(1)
    visit = page(
        '{"title":"a"}',
        rejects=(Reject(1, "Book", "price", "nothing matches"),),
        requests=(Request(f"{URL}next"), Request(URL)),
        attempts=3,
    )
    job.commit([Outcome(lease, visit)])
    assert list(job.items()) == [("Book", {"title": "a"})]
    assert list(job.rejects()) == [(URL, Reject(1, "Book", "price", "nothing matches", url=URL))]
    counts = job.counts()
    assert (counts.done, counts.queued, counts.items, counts.rejects, counts.retries) == (1, 1, 1, 1, 2)


def test_a_batch_is_committed_whole_or_not_at_all(job):
    job.add([Request(f"{URL}a"), Request(f"{URL}b")])
    first, second = job.lease(2)
    broken = Visit(ok=True, items=(("Book", None),))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"NOT NULL constraint failed.*What was committed is kept"):
        job.commit([Outcome(first, page("{}")), Outcome(second, broken)])
    assert list(job.items()) == []
    assert job.counts().done == 0


def test_items_come_in_the_order_in_which_their_pages_were_found(job):
    job.add([Request(f"{URL}a"), Request(f"{URL}b")])
    first, second = job.lease(2)
    job.commit([Outcome(second, page('{"n":3}'))])
    job.commit([Outcome(first, page('{"n":1}', '{"n":2}'))])
    assert [data["n"] for _, data in job.items()] == [1, 2, 3]


def test_doubtful_pages_are_taken_back_with_all_they_gave(job):
    job.add([Request(URL + name) for name in ("proven", "early", "late", "failed", "other-epoch")])
    proven, early, late, failed, other = job.lease(5)
    job.commit(
        [
            Outcome(proven, page('{"n":1}', auth="signed_in", epoch=1), at=12.0),
            Outcome(early, page('{"n":2}', epoch=1), at=9.0),
            Outcome(late, page('{"n":3}', epoch=1, rejects=(Reject(0, "Book", "a", "b"),)), at=11.0),
            Outcome(failed, Visit(ok=False, status=403, error="answered 403", epoch=1), at=11.0),
            Outcome(other, page('{"n":4}', epoch=2), at=11.0),
        ]
    )
    assert job.doubt(since=10.0, epoch=1) == 2
    assert [data["n"] for _, data in job.items()] == [1, 2, 4]
    assert list(job.rejects()) == []
    assert urls(job.lease(5)) == ["late", "failed"]


def test_a_page_taken_back_may_give_its_items_again(job):
    job.add([Request(URL)])
    job.commit([Outcome(job.lease(1)[0], page("{}", epoch=1), at=11.0)])
    job.doubt(since=10.0)
    job.commit([Outcome(job.lease(1)[0], page("{}", auth="signed_in", epoch=2))])
    assert (job.counts().items, job.counts().retries) == (1, 0)


def test_events_and_notes_are_kept(job):
    job.event("signed_in", "ada")
    job.event("signed_in", "bob")
    job.note("state", "running")
    job.note("state", "finished")
    assert job.events("signed_in") == ["ada", "bob"]
    assert (job.noted("state"), job.noted("nothing")) == ("finished", None)


def test_jobs_lie_in_a_folder_that_git_ignores(tmp_path):
    with Job.create("shop", tmp_path / "x") as first, Job.create("shop", tmp_path / "x") as second:
        assert first.path != second.path
        assert first.path.parent == tmp_path / "x" / "jobs" / "shop"
    assert (tmp_path / "x" / ".gitignore").read_text() == "*\n"


def test_nobody_else_may_look_at_a_job(tmp_path):
    folder = tmp_path / "x"
    with Job.create("shop", folder) as job, job.claimed():
        job.add([Request(URL)])
        modes = {path.name: path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")]}
    assert {modes.pop(name) for name in ("x", "jobs", "shop")} == {0o700}
    endings = {name.replace(job.path.stem, "") for name in modes}
    assert endings == {".gitignore", ".sqlite", ".sqlite-wal", ".sqlite-shm", ".sqlite.lock"}
    assert set(modes.values()) == {0o600}


def test_a_folder_that_is_there_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    with Job.create("shop", tmp_path) as job:
        assert job.path.stat().st_mode & 0o777 == 0o600
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_jobs_that_begin_in_the_same_second_have_files_of_their_own(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: _created(tmp_path), range(24)))
    assert len(paths) == 24


def _created(folder) -> Path:
    with Job.create("shop", folder) as job:
        return job.path


def test_what_went_wrong_is_grouped_and_counted(job):
    job.add([Request(f"{URL}{n}") for n in range(3)])
    reject = Reject(0, "Book", "price", "nothing matches")
    first, *others = job.lease(3)
    job.commit([Outcome(first, page(rejects=(reject,)))])
    job.commit([Outcome(lease, Visit(ok=False, error="answered 404")) for lease in others])
    assert list(job.problems()) == [
        (2, "answered 404", f"{URL}1"),
        (1, "Book.price: nothing matches", f"{URL}0"),
    ]


def test_a_job_is_opened_again_by_its_path(job):
    job.add([Request(URL)])
    with Job(job.path) as again:
        assert again.queued() == 1


def test_what_is_no_job_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(ConfigError, match="There is no job"):
        Job(tmp_path / "none.sqlite")
    sqlite3.connect(tmp_path / "other.sqlite").close()
    with pytest.raises(ConfigError, match="is no job of the scraper"):
        Job(tmp_path / "other.sqlite")
    (tmp_path / "text.sqlite").write_text(
        "a text that is long enough to be read as the head of a database" * 20
    )
    with pytest.raises(ConfigError, match="is no job: the file is something else"):
        Job(tmp_path / "text.sqlite")


def test_a_job_of_a_newer_version_is_left_alone(job):
    with closing(sqlite3.connect(job.path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ConfigError, match="newer version of the scraper; upgrade"):
        Job(job.path)


def test_a_job_of_an_older_version_is_left_alone(job):
    with closing(sqlite3.connect(job.path)) as db:
        db.execute("PRAGMA user_version = 1")
    with pytest.raises(ConfigError, match="older version of the scraper; begin a new job"):
        Job(job.path)


def test_a_full_disk_is_said_and_loses_nothing_that_was_committed(job):
    job.add(Request(f"{URL}{n}") for n in range(100))
    [first, *rest] = job.lease(100)
    job.commit([Outcome(first, page("{}"))])
    job._db.execute(f"PRAGMA max_page_count = {job._one('PRAGMA page_count') + 2}")
    with pytest.raises(
        ConfigError, match=r"the disk is full; make room and run with --resume.*committed is kept"
    ):
        job.commit([Outcome(lease, page("x" * 4000)) for lease in rest])
    with Job(job.path) as again:
        again.put_all_back()
        assert (again.counts().done, again.counts().items, again.counts().queued) == (1, 1, 99)


def test_two_processes_do_not_work_on_one_job(job):
    with job.claimed(), pytest.raises(ConfigError, match="Another process works on the job"), job.claimed():
        pass
    with job.claimed():
        pass


def test_the_newest_job_that_has_not_come_to_its_end_is_found(tmp_path):
    assert Job.unfinished("shop", tmp_path) is None
    for state in ("finished", "max_pages"):
        with Job.create("shop", tmp_path) as job:
            job.note("state", state)
        assert Job.unfinished("shop", tmp_path) is None
    with Job.create("shop", tmp_path) as job:
        assert Job.unfinished("shop", tmp_path) == job.path


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_fetched(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        Job.create("shop", tmp_path / "file")


def test_links_that_only_a_doubted_page_had_are_withdrawn_with_it(job):
    job.add([Request(URL), Request(f"{URL}list")])
    doubted, proven = job.lease(2)
    found = Request(f"{URL}login?next=/"), Request(f"{URL}shared")
    job.commit([Outcome(doubted, page(requests=found, epoch=1), at=11.0)])
    job.commit([Outcome(proven, page(requests=(found[1],), auth="signed_in", epoch=1), at=12.0)])
    assert job.doubt(since=10.0) == 1
    assert sorted(urls(job.lease(9))) == ["", "shared"]
    again = page(requests=(found[0],), auth="signed_in", epoch=2)
    job.commit([Outcome(doubted, again)])
    assert urls(job.lease(9)) == ["login?next=/"]


def test_a_link_says_on_which_page_it_was_found(job):
    job.add([Request(f"{URL}a?token=1#part")])
    [lease] = job.lease(1)
    job.commit(
        [
            Outcome(
                lease,
                page(
                    requests=(
                        Request(f"{URL}b"),
                        Request("http://other.test/"),
                        Request(f"{URL}c", headers={"referer": "mine"}),
                    )
                ),
            )
        ]
    )
    headers = {lease.request.url: dict(lease.request.headers) for lease in job.lease(3)}
    assert headers == {
        f"{URL}b": {"Referer": f"{URL}a?token=1"},
        "http://other.test/": {"Referer": URL},
        f"{URL}c": {"referer": "mine"},
    }


def test_looking_whether_a_job_is_worked_on_hinders_nobody(job):
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            files.is_claimed(job.path)

    looker = threading.Thread(target=look)
    looker.start()
    try:
        for _ in range(50):
            with job.claimed():
                pass
    finally:
        done.set()
        looker.join()


URLS = [f"{URL}{n}" for n in range(8)]


def test_what_waits_is_counted_as_it_comes_and_goes(job):
    def recounted() -> int:
        with Job(job.path) as again:
            return again.queued()

    assert job.queued() == 0
    job.add([Request(url) for url in URLS], account="ada")
    first, *rest = job.lease(3)
    assert job.queued() == recounted() == len(URLS) - 3
    found = (Request(URLS[0]), Request("https://shop.example/new"), Request("https://shop.example/newer"))
    foreign = (Request("https://other.example/"),)
    visit = Visit(ok=True, requests=found, denied=foreign, account="ada")
    job.commit([Outcome(first, visit)])
    assert job.queued() == recounted() == len(URLS) - 1
    job.put_back(rest)
    job.deny(job.lease(1), "robots.txt")
    assert job.queued() == recounted() == len(URLS)
    job.lease(2)
    job.put_all_back()
    assert job.queued() == recounted() == len(URLS)


def test_a_count_of_what_was_rolled_back_is_none(job):
    job.add([Request(URLS[0])])
    assert job.queued() == 1
    with pytest.raises(TypeError):
        job.add([Request(URLS[1]), Request(URLS[2], headers={"A": object()})])
    assert job.queued() == 1


def test_the_next_moment_is_now_unless_all_that_waits_is_for_later(job):
    assert job.next_moment() is None
    job.add([Request(url) for url in URLS[:3]])
    one, two, _ = job.lease(3)
    job.put_back([one], not_before=2_000_000_000.0)
    job.put_back([two], not_before=1_900_000_000.0)
    assert job.next_moment() == 1_900_000_000.0
    job.add([Request(URLS[3])])
    assert job.next_moment() == 0.0


# Several accounts


def accounts_of(job: Job) -> list[tuple[str, str | None]]:
    with closing(sqlite3.connect(job.path)) as db:
        return db.execute("SELECT url, account FROM requests ORDER BY id").fetchall()


def seen_by(account: str, lease: Lease, *found: Request, auth: str = "signed_in", at: float = 9.0) -> Outcome:
    visit = Visit(ok=True, status=200, auth=auth, epoch=1, account=account, requests=found)
    return Outcome(lease, visit, at=at)


def test_each_account_has_a_queue_and_what_it_finds_is_its_own(job):
    job.deal(by_anyone=False)
    for account in ("ada", "bob"):
        assert job.add([Request(f"{URL}a"), Request(f"{URL}b", priority=1)], account=account) == 2
    assert job.lease_of("eve", 5) == []
    assert urls(job.lease_of("ada", 1)) == ["b"]
    [lease] = job.lease_of("ada", 5)
    job.commit([seen_by("ada", lease, Request(f"{URL}c"), Request(f"{URL}d", account="bob"))])
    assert urls(job.lease_of("ada", 5)) == ["c"]
    assert urls(job.lease_of("bob", 5)) == ["b", "a", "d"]
    assert (job.next_moment_of("ada"), job.accounts_waiting()) == (None, set())


def test_where_pages_are_anyone_s_only_those_that_name_an_account_are_its_own(job):
    job.deal(by_anyone=True)
    job.add([Request(f"{URL}a"), Request(f"{URL}b", account="bob")])
    [lease] = job.lease_of(None, 5)
    job.commit([seen_by("ada", lease, Request(f"{URL}c"), Request(f"{URL}a"))])
    assert urls(job.lease_of("bob", 5)) == ["b"]
    assert urls(job.lease_of(None, 5)) == ["c"]
    assert accounts_of(job) == [(f"{URL}a", "ada"), (f"{URL}b", "bob"), (f"{URL}c", None)]


def test_the_pages_of_one_account_are_doubted_and_may_then_be_anyone_s(job):
    job.deal(by_anyone=True)
    job.add([Request(f"{URL}a"), Request(f"{URL}b", account="bob"), Request(f"{URL}c")])
    [a, c], [b] = job.lease_of(None, 2), job.lease_of("bob", 1)
    job.commit([seen_by("bob", lease, auth="unknown") for lease in (a, b)])
    job.commit([seen_by("ada", c, auth="unknown")])
    assert job.doubt(5.0, account="bob") == 2
    assert urls(job.lease_of("bob", 5)) == ["b"]
    assert urls(job.lease_of(None, 5)) == ["a"]


def test_what_is_known_of_a_session_is_known_by_account(job):
    job.add([Request(f"{URL}a"), Request(f"{URL}b")])
    a, b = job.lease(2)
    job.commit([seen_by("ada", a, at=20.0), seen_by("bob", b, at=30.0)])
    assert [job.last_alive(account) for account in ("ada", "bob", "eve", None)] == [20.0, 30.0, 0.0, 30.0]
    assert [job.last_epoch(account) for account in ("ada", "eve", None)] == [1, 0, 1]
    job.event("alive", "eve")
    assert job.last_alive("eve") > 30.0 > job.last_alive("ada")


def test_a_page_that_no_account_could_fetch_stays_its_own(job):
    job.deal(by_anyone=False)
    job.add([Request(f"{URL}a")], account="ada")
    job.commit([Outcome(lease, Visit(ok=False, error="stalled")) for lease in job.lease_of("ada", 1)])
    assert accounts_of(job) == [(f"{URL}a", "ada")]


def test_a_long_queue_is_read_by_its_index(job):
    job.deal(by_anyone=False)
    with closing(sqlite3.connect(job.path)) as db:
        next_ones = db.execute(
            f"EXPLAIN QUERY PLAN {_WAITING_OF} {_OLDEST_FIRST}", (0.0, "ada", 5)
        ).fetchall()
        soonest = db.execute(f"EXPLAIN QUERY PLAN {_SOONEST_OF}", ("ada",)).fetchall()
    assert "INDEX queues (account=?)" in str(next_ones)
    assert "INDEX soonest (account=?)" in str(soonest)
    assert "B-TREE" not in f"{next_ones} {soonest}"


def test_keys_of_addresses_that_are_numbered_alike_stand_together():
    keys = {fingerprint(Request(f"https://shop.example/books/{n}.html"), None) for n in range(12000, 13000)}
    far = fingerprint(Request("https://shop.example/books/99000.html"), None)
    assert len(keys) == 1000
    assert len({key[:2] for key in keys}) == 1
    assert far[:2] not in {key[:2] for key in keys}
