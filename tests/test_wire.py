"""The short way of a GET over a kept connection gives what requests gives, or leaves it to the long way."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from collections.abc import Iterator

import pytest
import requests

from scraper import Session, Timeout, TooLarge, TooSlow
from scraper.turns import passed, turn
from tests.servers import Asked, Reply, serving

OK, SMALL = b"HTTP/1.1 200 OK\r\n", gzip.compress(b"hi", mtime=0)


class RawServer:
    """Answers the first request with something plain, and all others with bytes as they are."""

    def __init__(self, answer: bytes, *, ends: bool = False) -> None:
        self.answer, self.ends, self.requests = answer, ends, list[bytes]()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while request := self._request(connection):
                self.requests.append(request)
                is_first = len(self.requests) == 1
                connection.sendall(OK + b"Content-Length: 5\r\n\r\nfirst" if is_first else self.answer)
                if self.ends and not is_first:
                    return

    @staticmethod
    def _request(connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            try:
                piece = connection.recv(4096)
            except OSError:
                return b""
            if not piece:
                return b""
            data += piece
        return data


@pytest.fixture
def session() -> Iterator[Session]:
    with Session(retry=1, timeout=Timeout(connect=5, read=5, total=5)) as session:
        yield session


PLAIN = [
    OK + b"Content-Length: 2\r\n\r\nhi",
    OK + b"content-length:2\r\nX-A: 1\r\nX-A: 2\r\n\r\nhi",
    OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1;ext=1\r\ni\r\n0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nTrailer: x\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nhi",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n",
    OK
    + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(gzip.compress(b"hi", mtime=0))
    + gzip.compress(b"hi", mtime=0),
    OK + b"Content-Type: text/html; charset=latin-1\r\nContent-Length: 1\r\n\r\n\xe4",
    OK + b"Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2; Path=/\r\nContent-Length: 0\r\n\r\n",
]


@pytest.mark.parametrize("answer", PLAIN)
def test_an_answer_is_read_as_requests_reads_it(session, answer):
    ours, theirs = RawServer(answer), RawServer(answer)
    plain = requests.Session()
    session.get(ours.url)
    plain.get(theirs.url)
    mine, other = session.get(ours.url), plain.get(theirs.url)
    assert (mine.status_code, mine.reason, mine.content, mine.encoding) == (
        other.status_code,
        other.reason,
        other.content,
        other.encoding,
    )
    assert dict(mine.headers) == dict(other.headers)
    assert mine.cookies.get_dict() == other.cookies.get_dict()
    assert mine.text == other.text


@pytest.mark.parametrize("answer", [OK + b"\r\nhi", b"HTTP/1.0 200 OK\r\n\r\nhi"])
def test_a_body_without_a_length_ends_with_the_connection(session, answer):
    server = RawServer(answer, ends=True)
    session.get(server.url)
    assert session.get(server.url).content == b"hi"
    assert session.get(server.url).content == b"hi"


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 10\r\n\r\nhi",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhi",
        b"HTTP/1.1 200",
    ],
)
def test_an_answer_that_breaks_off_is_an_error_of_requests(session, answer):
    server = RawServer(answer, ends=True)
    session.get(server.url)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        session.get(server.url)


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: two\r\n\r\nhi",
        OK + b"X : y\r\nContent-Length: 2\r\n\r\nhi",
        OK + b"Transfer-Encoding: gzip\r\n\r\nhi",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n0\r\n\r\n",
    ],
)
def test_what_is_odd_is_asked_for_the_long_way(session, answer):
    server = RawServer(answer, ends=True)
    session.get(server.url)
    with contextlib.suppress(requests.RequestException):
        session.get(server.url)
    assert len(server.requests) == 3


def test_what_is_left_over_spoils_no_later_answer(session):
    server = RawServer(OK + b"Content-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    session.get(server.url)
    assert [session.get(server.url).content for _ in range(3)] == [b"hi"] * 3


def test_limits_hold_on_the_short_way_too(session):
    session.max_body = 10
    server = RawServer(OK + b"Content-Length: 11\r\n\r\n" + b"x" * 11)
    session.get(server.url)
    with pytest.raises(TooLarge, match="more than 10 bytes"):
        session.get(server.url)
    bomb = gzip.compress(b"x" * 100_000)
    server = RawServer(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb)
    session.max_body = 1000
    session.get(server.url)
    with pytest.raises(TooLarge):
        session.get(server.url)


def test_the_deadline_holds_on_the_short_way_too():
    server = RawServer(OK + b"Content-Length: 5\r\n\r\nhi")
    with Session(retry=1, timeout=Timeout(connect=5, read=5, total=0.3)) as session:
        session.get(server.url)
        with pytest.raises(TooSlow):
            session.get(server.url)


def test_a_header_with_a_line_break_is_not_sent(session):
    server = RawServer(OK + b"Content-Length: 2\r\n\r\nhi")
    session.get(server.url)
    prepared = session.prepare_request(requests.Request("GET", server.url))
    prepared.headers["X-A"] = "1\r\nX-Evil: 2"
    with pytest.raises((ValueError, requests.RequestException)):
        session.send(prepared)
    assert not any(b"X-Evil" in request for request in server.requests)


def test_headers_given_as_bytes_are_sent_as_they_are(session):
    server = RawServer(OK + b"Content-Length: 2\r\n\r\nhi")
    for headers in ({"X-A": b"1"}, {"X-A": b"2"}, {b"X-A": b"3"}, {b"X-A": "4"}):
        session.get(server.url, headers=headers)
    sent = [line for request in server.requests for line in request.split(b"\r\n") if b"X-A" in line]
    assert sent == [b"X-A: 1", b"X-A: 2", b"X-A: 3", b"X-A: 4"]


def test_kept_connections_are_kept():
    with serving(lambda asked: Reply(200, [], b"x" * 100)) as server, Session() as session:
        for n in range(20):
            assert session.get(server.url(f"/{n}?a={n}")).content == b"x" * 100
        assert server.connections == 1
        first, later = (dict(server.asked[n].headers) for n in (0, 10))
        assert first == later


def test_hooks_redirects_and_streams_work(session):
    def answer(asked: Asked) -> Reply:
        return Reply(302, [("Location", "/end")]) if asked.path == "/start" else Reply(200, [], b"end")

    with serving(answer) as server:
        session.get(server.url("/warm"))
        answered = session.get(server.url("/start"))
        assert (answered.content, [step.status_code for step in answered.history]) == (b"end", [302])
        assert b"".join(session.get(server.url("/x"), stream=True).iter_content(1)) == b"end"
        assert answered.elapsed.total_seconds() > 0


# Turns


def test_one_thread_has_the_turn_and_passes_it_on_while_it_waits():
    order, has_begun, may_go = [], threading.Event(), threading.Event()

    def other() -> None:
        has_begun.wait(5)
        with turn():
            order.append("other")
        may_go.set()

    thread = threading.Thread(target=other)
    thread.start()
    with turn():
        has_begun.set()
        order.append("mine")
        with passed():
            assert may_go.wait(5)
        order.append("mine again")
    thread.join()
    assert order == ["mine", "other", "mine again"]


def test_whoever_keeps_the_turn_for_long_holds_nobody_up(monkeypatch):
    monkeypatch.setattr("scraper.turns.PATIENCE", 0.01)
    done = threading.Event()

    def other() -> None:
        with turn():
            done.set()

    with turn():
        thread = threading.Thread(target=other)
        thread.start()
        assert done.wait(5)
    thread.join()


def test_a_turn_within_a_turn_is_the_same():
    with turn(), turn():
        pass
    with turn():
        pass
