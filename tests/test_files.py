"""Files that items name: fetched with the session, once, bounded, gone on with, kept by their content."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import pytest

from scraper import (
    AccessDenied,
    ConfigError,
    Credentials,
    FetchError,
    File,
    Item,
    Login,
    Request,
    Session,
    Spider,
    crawl,
    css,
    file,
)
from scraper.crawl import visit
from scraper.executors import processes
from scraper.export import export
from tests.servers import Asked, Reply, serving

if TYPE_CHECKING:
    from nowhere import NotThere

LARGE = bytes(range(256)) * 4096
HTML = ("Content-Type", "text/html")
LOGIN = b"<form method=post><input name=u><input type=password name=p></form>"


class Report(Item, rows="li"):
    title: str = css("b")
    pdf: File = file("a")
    pictures: list[File] = file("img")
    note: File | None = file("a.note")


class Reports(Spider):
    item, follow, concurrency, retry = Report, "a.next", 2, 4

    def parse(self, response: Any) -> Any:
        yield from super().parse(response)


class Site:
    """Pages that name files; `breaks` of the answers for the large one break off in the middle."""

    def __init__(self) -> None:
        self.breaks, self.etag, self.is_closed, self.takes_ranges = 0, '"v1"', False, True
        self.is_down, self.goes_down = False, False

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/":
            return Reply(200, [HTML], self.page())
        if asked.path.startswith("/small"):
            return Reply(200, [("Content-Type", "image/png")], b"small")
        if asked.path == "/large.PDF":
            return self.large(asked)
        return Reply(404)

    def page(self) -> bytes:
        row = "<li><b>{0}</b><a href=/large.PDF>x</a><img src=/small?n={0}><img src=/small?n=same></li>"
        return "".join(map(row.format, "AB")).encode()

    def large(self, asked: Asked) -> Reply:
        if self.is_closed:
            return Reply(200, [HTML], LOGIN)
        if self.is_down:
            return Reply(503)
        start = self.start(asked)
        if start >= len(LARGE):
            return Reply(416, [("Content-Range", f"bytes */{len(LARGE)}")])
        headers = [("Content-Type", "application/pdf"), ("ETag", self.etag)]
        if start:
            headers.append(("Content-Range", f"bytes {start}-{len(LARGE) - 1}/{len(LARGE)}"))
        rest = LARGE[start:]
        if not self.breaks:
            return Reply(206 if start else 200, headers, rest)
        self.breaks -= 1
        self.is_down = self.goes_down
        headers.append(("Content-Length", str(len(rest))))
        return Reply(206 if start else 200, headers, chunks=iter([rest[: len(rest) // 2]]))

    def start(self, asked: Asked) -> int:
        if asked.headers.get("If-Range") != self.etag or not self.takes_ranges:
            return 0
        match = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("Range", ""))
        return int(match[1]) if match else 0


@pytest.fixture
def site(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    site = Site()
    with serving(site) as server:
        site.server = server
        yield site


def asked_for(site: Any, path: str) -> list[Asked]:
    return [asked for asked in site.server.asked if asked.path == path]


def parts(folder: Path) -> list[Path]:
    return [path for path in (folder / ".parts").glob("*") if path.is_file()]


@pytest.mark.parametrize("number", [None, 2])
def test_files_are_fetched_once_and_told_of_in_the_items(site, number, tmp_path):
    spider = Reports(start_urls=[site.server.url()])
    with crawl(spider, executor=processes(visit, spider, number) if number else None) as job:
        items = [data for _, data in job.items()]
        assert job.counts().failed == 0
        with job.records() as records:
            assert export(records, "reports.json") == 2
    digest = hashlib.sha256(LARGE).hexdigest()
    place = f".scraper/files/{digest[:2]}/{digest}.pdf"
    assert [item["pdf"] for item in items] == [
        {"url": site.server.url("/large.PDF"), "path": place, "sha256": digest, "size": len(LARGE),
         "type": "application/pdf"}
    ] * 2  # fmt: skip
    assert Path(place).read_bytes() == LARGE
    assert stat.S_IMODE(os.stat(place).st_mode) == 0o600
    assert [Path(one["path"]).suffix for one in items[0]["pictures"]] == [".png", ".png"]
    assert items[0]["note"] is None
    assert json.loads(Path("reports.json").read_text()) == items
    assert len(asked_for(site, "/large.PDF")) == len(asked_for(site, "/small?n=same")) == 1
    assert parts(Path(".scraper/files")) == []


def test_what_breaks_off_is_gone_on_with(site):
    site.breaks = 2
    with Session(retry=2) as session:
        saved = session.download(site.server.url("/large.PDF"))
    assert Path(saved.path).read_bytes() == LARGE
    ranges = [asked.headers.get("Range") for asked in asked_for(site, "/large.PDF")]
    assert ranges == [None, f"bytes={len(LARGE) // 2}-", f"bytes={len(LARGE) * 3 // 4}-"]


def test_it_is_gone_on_with_by_a_later_program_too(site):
    site.breaks, site.goes_down = 1, True
    with Session(retry=1) as session, pytest.raises(FetchError, match="answered 503"):
        session.download(site.server.url("/large.PDF"))
    site.is_down = False
    assert [path.stat().st_size for path in parts(Path("files")) if not path.suffix] == [len(LARGE) // 2]
    with Session(retry=1) as session:
        saved = session.download(site.server.url("/large.PDF"))
    assert Path(saved.path).read_bytes() == LARGE
    assert parts(Path("files")) == []


@pytest.mark.parametrize("change", [{"etag": '"v2"'}, {"takes_ranges": False}, {"etag": 'W/"weak"'}])
def test_one_that_has_changed_meanwhile_is_fetched_anew(site, change):
    site.breaks, site.goes_down = 1, True
    with Session(retry=1) as session:
        with pytest.raises(FetchError):
            session.download(site.server.url("/large.PDF"))
        vars(site).update(change, is_down=False)
        assert Path(session.download(site.server.url("/large.PDF")).path).read_bytes() == LARGE


@pytest.mark.parametrize("breaks", [0, 1])
def test_one_that_is_too_large_is_left_out(site, breaks):
    site.breaks = breaks
    with crawl(Reports(start_urls=[site.server.url()], max_file=1000), progress=lambda crawl: None) as job:
        [(url, error)] = job.failures()
        assert [data["pdf"]["path"] for _, data in job.items()] == [None, None]
    assert url == site.server.url("/large.PDF")
    assert "is a file of more than 1000 bytes; raise max_file to take it" in error
    assert parts(Path(".scraper/files")) == []


def test_a_folder_that_cannot_be_written_to_is_a_failed_page_with_a_sentence(site, tmp_path):
    (tmp_path / "file").write_text("")
    with crawl(Reports(start_urls=[site.server.url()], files="file/x"), progress=lambda crawl: None) as job:
        errors = {error for _, error in job.failures()}
    assert all("could not be written to file/x: File exists." in error for error in errors)
    assert len(errors) == 4


def test_what_is_no_web_address_rejects_the_item(site):
    site.page = lambda: b"<li><b>A</b><a href='mailto:ada@shop.example'>x</a></li>"
    with crawl(Reports(start_urls=[site.server.url()]), progress=lambda crawl: None) as job:
        [(_, reject)] = job.rejects()
    assert "a file has an http or https address" in reject.message


class Bearer(Login):
    """Gets a token by one POST."""

    account = "ada"

    def sign_in(self, session: Session) -> Any:
        answer = session.exchange(Request(session.absolute("/token"), "POST"))
        session.grant(answer.json())
        return answer

    def authorization(self, tokens: Any) -> Any:
        return Credentials(self.url, headers={"Authorization": f"Bearer {tokens['access']}"})


class Members(Site):
    """The site for members: a token is good for `uses` answers."""

    def __init__(self) -> None:
        super().__init__()
        self.count, self.left, self.uses, self.is_page = 0, 0, 9, False

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/token":
            self.count, self.left = self.count + 1, self.uses
            return Reply(body=json.dumps({"access": f"access-token-{self.count}"}).encode())
        self.left -= 1
        is_in = asked.headers.get("Authorization") == f"Bearer access-token-{self.count}" and self.left >= 0
        if not is_in:
            return Reply(200, [HTML], LOGIN) if self.is_page else Reply(401)
        return super().__call__(asked)

    def page(self) -> bytes:
        rows = "".join(f"<li><b>{n}</b><a href=/small-{n}>x</a></li>" for n in range(12))
        return f"<a class=out>x</a>{rows}".encode()


@pytest.mark.parametrize("uses", [5, 7, 8, 9])
@pytest.mark.parametrize("is_page", [False, True])
def test_the_page_of_a_session_that_ended_is_no_file(is_page, uses, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    site = Members()
    site.is_page, site.uses = is_page, uses
    with serving(site) as server:
        login = Bearer(server.url(), logged_in="a.out", verify_url=server.url())
        spider = Reports(start_urls=[server.url()], login=login, save_session=False, obey_robots=False)
        spider.max_relogins = 100
        with crawl(spider, progress=lambda crawl: None) as job:
            items = [data for _, data in job.items()]
            assert job.counts().failed == 0
    assert [Path(item["pdf"]["path"]).read_bytes() for item in items] == [b"small"] * 12
    assert site.count > 1


def test_a_script_gets_a_file_as_a_member(tmp_path):
    site = Members()
    with serving(site) as server:
        login = Bearer(server.url(), logged_in="a.out", verify_url=server.url())
        with Session(login, base_url=server.url(), retry=1) as session:
            assert Path(session.download("/small-1", tmp_path).path).read_bytes() == b"small"
            site.left = 0
            assert Path(session.download("/small-2", tmp_path).path).read_bytes() == b"small"
            with pytest.raises(FetchError, match="answered 404"):
                session.download("/none", tmp_path)


def test_a_file_that_stays_closed_is_said(site, tmp_path):
    login = Bearer(site.server.url(), verify=False)
    login.sign_in = lambda session: session.exchange(Request(site.server.url()))
    site.is_closed = True
    session = Session(login, base_url=site.server.url(), retry=1)
    with session, pytest.raises(AccessDenied, match="is closed to ada"):
        session.download("/large.PDF", tmp_path)


def test_a_login_does_not_download(site, tmp_path):
    login = Bearer(site.server.url(), verify=False)
    login.sign_in = lambda session: session.download("/large.PDF", tmp_path)
    with (
        Session(login, base_url=site.server.url(), retry=1) as session,
        pytest.raises(ConfigError, match=r"not by session\.download"),
    ):
        session.get("/")
    assert site.server.asked == []


def test_one_that_was_all_there_when_its_program_was_killed_is_fetched_anew(site):
    site.breaks, site.goes_down = 1, True
    with Session(retry=1) as session:
        with pytest.raises(FetchError):
            session.download(site.server.url("/large.PDF"))
        [part] = [path for path in parts(Path("files")) if not path.suffix]
        part.write_bytes(LARGE)
        site.is_down = False
        saved = session.download(site.server.url("/large.PDF"))
    assert Path(saved.path).read_bytes() == LARGE
    assert [asked.headers.get("Range") for asked in asked_for(site, "/large.PDF")][-2:] == [
        f"bytes={len(LARGE)}-",
        None,
    ]


def test_an_address_may_be_both_a_file_and_a_page(site):
    site.page = lambda: b"<li><b>A</b><a class=next href=/small-page>x</a></li>"
    with crawl(Reports(start_urls=[site.server.url()]), progress=lambda crawl: None) as job:
        [(_, item)] = job.items()
        assert job.counts().done == 3
    assert item["pdf"]["sha256"] == hashlib.sha256(b"small").hexdigest()
    assert len(asked_for(site, "/small-page")) == 2


@attrs.define
class Slotted:
    pdf: Annotated[File, file("a")]


@dataclass(slots=True)
class Late:
    pdf: File
    of: NotThere | None = None


@pytest.mark.parametrize("kind", [Slotted, Late])
def test_files_of_classes_with_slots_are_fetched(site, kind):
    class Given(Reports):
        item = None

        def parse(self, response: Any) -> Any:
            yield kind(File(url=response.url + "large.PDF"))

    with crawl(Given(start_urls=[site.server.url()]), progress=lambda crawl: None) as job:
        [(_, item)] = job.items()
    assert item["pdf"]["size"] == len(LARGE)


def test_a_length_of_thousands_of_digits_is_too_large():
    headers = [("Content-Type", "application/pdf"), ("Content-Length", "9" * 5000)]
    with serving(lambda asked: Reply(200, headers, chunks=iter([b"x"]))) as server:
        session = Session(retry=1)
        with session, pytest.raises(FetchError):
            session.download(server.url("/a.pdf"))
