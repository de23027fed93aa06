"""What requests documents and we promise, run with ``requests.Session`` and with `Session`."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth, HTTPDigestAuth
from requests_toolbelt import MultipartEncoder

from scraper import Retry, Session
from tests.commands import ROOT
from tests.servers import Asked, Reply, Server, redirect, serving

Promise = Callable[[requests.Session, Server], Any]
PROMISES: dict[str, Promise] = {}


def promise(sentence: str) -> Callable[[Promise], Promise]:
    """Register a behaviour under the sentence with which the documentation promises it."""

    def keep(behaviour: Promise) -> Promise:
        PROMISES[sentence] = behaviour
        return behaviour

    return keep


def echo(asked: Asked) -> Reply:
    """Tell what was asked, or do what the path says."""
    if asked.path == "/redirect":
        return redirect("/target")
    if asked.path.startswith("/status/"):
        return Reply(int(asked.path.rpartition("/")[2]))
    if asked.path == "/cookie":
        return Reply(headers=[("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/")])
    if asked.path == "/digest" and "Authorization" not in asked.headers:
        return Reply(401, [("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')])
    body = json.dumps({**vars(asked), "body": asked.body.decode("latin-1")}).encode()
    return Reply(headers=[("Content-Type", "application/json; charset=utf-8"), ("X-Odd", "a")], body=body)


@pytest.fixture(params=[requests.Session, Session], ids=["requests", "ours"])
def session(request):
    """A session of requests, and then ours."""
    with request.param() as session:
        yield session


@pytest.fixture
def server():
    """A server that echoes."""
    with serving(echo) as server:
        yield server


@promise("`get`, `options`, `head`, `post`, `put`, `patch`, `delete` and `request` send their method.")
def _(session, server):
    for name in ("get", "options", "post", "put", "patch", "delete"):
        assert getattr(session, name)(server.url()).json()["method"] == name.upper()
    assert session.head(server.url()).text == ""
    assert session.request("REPORT", server.url()).json()["method"] == "REPORT"


@promise("`params` of a call and of the session are merged; `None` takes one out.")
def _(session, server):
    session.params = {"a": "1", "b": "2"}
    assert session.get(server.url(), params={"b": None, "c": ["3", "4"]}).json()["path"] == "/?a=1&c=3&c=4"


@promise("`headers` of a call and of the session are merged, whatever their case; `None` takes one out.")
def _(session, server):
    session.headers["X-Mine"] = "session"
    assert session.get(server.url(), headers={"x-mine": "call"}).json()["headers"]["x-mine"] == "call"
    assert "X-Mine" not in session.get(server.url(), headers={"X-Mine": None}).json()["headers"]
    assert session.get(server.url()).json()["headers"]["X-Mine"] == "session"


@promise("`data` is sent as a form, or as it is; `json` as JSON; a file or a generator as a stream.")
def _(session, server):
    assert session.post(server.url(), data=[("a", "1"), ("a", "2")]).json()["body"] == "a=1&a=2"
    assert session.post(server.url(), data="text").json()["body"] == "text"
    assert session.post(server.url(), data=b"\xff").json()["body"] == "\xff"
    assert session.post(server.url(), json=[]).json()["body"] == "[]"
    assert session.post(server.url(), data=io.BytesIO(b"file")).json()["body"] == "file"


@promise("`files` is sent as multipart/form-data, and requests-toolbelt's `MultipartEncoder` works.")
def _(session, server):
    files = {"f": ("a.txt", b"text", "text/plain")}
    sent = session.post(server.url(), files=files, data={"a": "1"}).json()
    assert 'filename="a.txt"' in sent["body"]
    encoder = MultipartEncoder({"a": "1"})
    sent = session.post(server.url(), data=encoder, headers={"Content-Type": encoder.content_type}).json()
    assert 'name="a"' in sent["body"]


@promise("`cookies` persist over calls; those of one call are not kept.")
def _(session, server):
    session.get(server.url("/cookie"))
    assert session.get(server.url(), cookies={"c": "3"}).json()["headers"]["Cookie"] == "a=1; b=2; c=3"
    assert session.get(server.url()).json()["headers"]["Cookie"] == "a=1; b=2"


@promise("`session.cookies` is a mapping and a jar: get, set with a domain, iterate, `get_dict`, clear.")
def _(session, server):
    session.get(server.url("/cookie"))
    assert (session.cookies["a"], session.cookies.get("x", "none")) == ("1", "none")
    assert {cookie.name: cookie.value for cookie in session.cookies} == {"a": "1", "b": "2"}
    session.cookies.set("d", "4", domain="127.0.0.1", path="/")
    assert session.cookies.get_dict() == {"a": "1", "b": "2", "d": "4"}
    assert "d=4" in session.get(server.url()).json()["headers"]["Cookie"]
    session.cookies.clear()
    assert "Cookie" not in session.get(server.url()).json()["headers"]


@promise("`response.cookies` holds what that answer set.")
def _(session, server):
    assert session.get(server.url("/cookie")).cookies.get_dict() == {"a": "1", "b": "2"}


@promise("`auth` is a pair for Basic, an `AuthBase` such as `HTTPDigestAuth`, or a callable.")
def _(session, server):
    basic = "Basic YTpi"
    assert session.get(server.url(), auth=("a", "b")).json()["headers"]["Authorization"] == basic
    session.auth = HTTPBasicAuth("a", "b")
    assert session.get(server.url()).json()["headers"]["Authorization"] == basic
    session.auth = None
    digest = session.get(server.url("/digest"), auth=HTTPDigestAuth("a", "b"))
    assert digest.json()["headers"]["Authorization"].startswith("Digest username")

    def sign(request):
        request.headers["X-Signed"] = "yes"
        return request

    assert session.get(server.url(), auth=sign).json()["headers"]["X-Signed"] == "yes"


@promise("`timeout` is a number or a pair, and raises `ConnectTimeout` or `ReadTimeout`.")
def _(session, server):
    def slow(asked: Asked) -> Reply:
        return Reply(headers=[("X-Slow", "x")] * 9, pause=0.3)

    server.answer = slow
    for timeout in (0.1, (5, 0.1)):
        with pytest.raises(requests.ReadTimeout):
            session.get(server.url(), timeout=timeout)


@promise("`allow_redirects`, `history`, `url`, `next` and `is_redirect` tell of redirects.")
def _(session, server):
    followed = session.get(server.url("/redirect"))
    assert ([step.status_code for step in followed.history], followed.url) == ([302], server.url("/target"))
    stayed = session.get(server.url("/redirect"), allow_redirects=False)
    assert (stayed.is_redirect, stayed.next.url) == (True, server.url("/target"))
    assert session.head(server.url("/redirect")).status_code == 302


@promise("`hooks` of a call and of the session see every answer.")
def _(session, server):
    seen = []
    session.hooks["response"].append(lambda answer, *args, **kwargs: seen.append("session"))
    session.get(server.url())
    session.get(server.url(), hooks={"response": lambda answer, *args, **kwargs: seen.append("call")})
    assert seen[0] == "session"
    assert "call" in seen


@promise("`stream=True` leaves the body to `iter_content`, `iter_lines` and `raw`.")
def _(session, server):
    server.answer = lambda asked: Reply(body=b"one\ntwo\n")
    with session.get(server.url(), stream=True) as answer:
        assert list(answer.iter_lines()) == [b"one", b"two"]
    with session.get(server.url(), stream=True) as answer:
        assert answer.raw.read(3) == b"one"


@promise(
    "`content`, `text`, `json()`, `encoding`, `headers`, `ok`, `reason` and `elapsed` tell of the answer."
)
def _(session, server):
    answer = session.get(server.url())
    assert answer.json() == json.loads(answer.text) == json.loads(answer.content)
    assert (answer.encoding, answer.headers["x-odd"], answer.ok, answer.reason) == ("utf-8", "a", True, "OK")
    assert answer.elapsed.total_seconds() > 0


@promise("`raise_for_status()` raises `HTTPError` with the answer.")
def _(session, server):
    with pytest.raises(requests.HTTPError) as caught:
        session.get(server.url("/status/404")).raise_for_status()
    assert caught.value.response.status_code == 404


@promise("`prepare_request` and `send` work by hand, with the settings of the session.")
def _(session, server):
    session.headers["X-Mine"] = "yes"
    prepared = session.prepare_request(requests.Request("POST", server.url(), data={"a": "1"}))
    prepared.headers["X-Also"] = "yes"
    sent = session.send(prepared, timeout=5).json()
    assert (sent["body"], sent["headers"]["X-Mine"], sent["headers"]["X-Also"]) == ("a=1", "yes", "yes")


@promise("Adapters are mounted by prefix, the longest first.")
def _(session, server):
    class Odd(HTTPAdapter):
        def send(self, request, *args, **kwargs):
            request.headers["X-Adapter"] = "odd"
            return super().send(request, *args, **kwargs)

    session.mount(server.url("/odd"), Odd())
    assert session.get(server.url("/odd")).json()["headers"]["X-Adapter"] == "odd"
    assert "X-Adapter" not in session.get(server.url()).json()["headers"]


@promise("`proxies` of a call and of the session are used.")
def _(session, server):
    session.proxies = {"http": server.url()}
    assert session.get("http://shop.test/a").json()["path"] == "http://shop.test/a"
    session.proxies = {}
    assert session.get("http://shop.test/b", proxies={"http": server.url()}).json()["path"].endswith("/b")


@promise("`close()` may be called, and the session used again.")
def _(session, server):
    session.get(server.url())
    session.close()
    assert session.get(server.url()).ok


@promise("Errors are those of requests: `ConnectionError`, `InvalidURL`, `MissingSchema` and others.")
def _(session, server):
    for url, error in {
        "http://127.0.0.1:9/": requests.ConnectionError,
        "http://": requests.exceptions.InvalidURL,
        "shop.test": requests.exceptions.MissingSchema,
        "ftp://127.0.0.1/": requests.exceptions.InvalidSchema,
    }.items():
        with pytest.raises(error):
            session.get(url)


@pytest.mark.parametrize("sentence", PROMISES)
def test_a_promise_is_kept(sentence: str, session, server):
    if isinstance(session, Session):
        session.retry = Retry(attempts=1)
    PROMISES[sentence](session, server)


def test_the_documentation_lists_what_is_promised():
    page = (ROOT / "docs" / "session.md").read_text(encoding="utf-8")
    listed = re.findall(
        r"^- (.+?)$", page.partition("## What is promised")[2].partition("\n## ")[0], re.MULTILINE
    )
    assert listed == list(PROMISES)
