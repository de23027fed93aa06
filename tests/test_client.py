"""What requests gets wrong today, measured, and what a browser does, over real sockets."""

from __future__ import annotations

import gzip
import io
import itertools
import logging
import time
import tracemalloc
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth
from requests_mock import ANY

from scraper import ConfigError, FetchError, Retry, Session, Timeout, TooLarge, TooManyRedirects, TooSlow
from scraper.auth import Credentials
from scraper.redact import redact
from scraper.request import origin
from tests.servers import Reply, redirect, serving

ONCE = {"retry": 1}


def ok(asked) -> Reply:
    return Reply(body=b"ok")


@pytest.fixture
def home():
    """A server, and `home.elsewhere`, another one on another address."""
    with serving(ok) as server, serving(ok, host="127.0.0.2") as elsewhere:
        server.elsewhere = elsewhere
        server.answer = lambda asked: (
            redirect(elsewhere.url("/there")) if asked.path.startswith("/away") else ok(asked)
        )
        yield server


def sent(server, name: str) -> list[str | None]:
    return [asked.headers.get(name) for asked in server.asked]


# Cookies


def test_a_seeded_cookie_belongs_to_the_base_url(home):
    session = Session(base_url=home.url(), **ONCE)
    session.cookies.update({"sid": "s3cret"})
    session.get("/")
    session.get(home.elsewhere.url())
    assert sent(home, "Cookie") == ["sid=s3cret"]
    assert sent(home.elsewhere, "Cookie") == [None]


def test_a_seeded_cookie_without_an_origin_is_refused():
    with pytest.raises(ConfigError, match="base_url"):
        Session().cookies.update({"sid": "s3cret"})


def test_cookies_given_for_one_call_stay_when_it_is_redirected_to_another_host(home):
    Session(**ONCE).get(home.url("/away"), cookies={"sid": "s3cret"})
    assert sent(home, "Cookie") == ["sid=s3cret"]
    assert sent(home.elsewhere, "Cookie") == [None]


def test_cookies_given_for_one_call_follow_a_redirect_on_the_same_host(home):
    home.answer = lambda asked: redirect("/next") if asked.path == "/" else ok(asked)
    Session(**ONCE).get(home.url(), cookies={"sid": "s3cret"})
    assert sent(home, "Cookie") == ["sid=s3cret", "sid=s3cret"]


def test_cookies_given_for_one_call_are_not_kept_and_win_over_the_jar(home):
    session = Session(base_url=home.url(), **ONCE)
    session.cookies.update({"sid": "old", "lang": "en"})
    session.get("/", cookies={"sid": "new"})
    session.get("/")
    assert sent(home, "Cookie") == ["lang=en; sid=new", "sid=old; lang=en"]


def test_an_explicit_cookie_header_wins(home):
    session = Session(base_url=home.url(), **ONCE)
    session.cookies.update({"sid": "old"})
    session.get("/", headers={"Cookie": "mine=1"})
    assert sent(home, "Cookie") == ["mine=1"]


def test_cookies_set_on_a_redirect_go_with_the_next_request_to_that_host_only(home):
    away = home.elsewhere.url()
    home.answer = lambda asked: (
        redirect(away, **{"Set-Cookie": "sid=1; Path=/"}) if asked.path == "/" else ok(asked)
    )
    session = Session(**ONCE)
    session.get(home.url())
    session.get(home.url("/x"))
    assert sent(home, "Cookie") == [None, "sid=1"]
    assert sent(home.elsewhere, "Cookie") == [None]


def test_another_jar_that_is_set_keeps_our_manners(home):
    session = Session(base_url=home.url(), **ONCE)
    session.cookies = requests.cookies.cookiejar_from_dict({"sid": "1"})
    session.get("/")
    session.get(home.elsewhere.url())
    assert (sent(home, "Cookie"), sent(home.elsewhere, "Cookie")) == (["sid=1"], [None])


# Credentials


def test_secrets_in_session_headers_warn_once_and_are_dropped_on_a_redirect_elsewhere(home):
    session = Session(headers={"X-Api-Key": "s3cret", "X-Plain": "yes"}, **ONCE)
    with pytest.warns(UserWarning, match=r"session\.headers\['X-Api-Key'\].*Credentials\("):
        session.get(home.url("/away"))
    session.get(home.url())
    assert sent(home, "X-Api-Key") == ["s3cret", "s3cret"]
    assert sent(home.elsewhere, "X-Api-Key") == [None]
    assert sent(home.elsewhere, "X-Plain") == ["yes"]


def test_session_auth_belongs_to_the_first_origin_it_is_used_for(home):
    session = Session(auth=("ada", "s3cret"), **ONCE)
    session.get(home.url())
    session.get(home.elsewhere.url())
    session.get(home.url("/away"))
    assert sent(home, "Authorization") == ["Basic YWRhOnMzY3JldA=="] * 2
    assert sent(home.elsewhere, "Authorization") == [None, None]


def test_session_auth_belongs_to_the_base_url_and_may_be_set_later(home):
    session = Session(base_url=home.url(), **ONCE)
    session.auth = ("ada", "s3cret")
    session.get(home.elsewhere.url())
    session.get("/")
    assert (len(sent(home, "Authorization")), sent(home.elsewhere, "Authorization")) == (1, [None])
    assert sent(home, "Authorization")[0]


def test_another_port_is_another_origin(home):
    with serving(ok) as other:
        session = Session(base_url=home.url(), auth=("ada", "s3cret"), **ONCE)
        home.answer = lambda asked: redirect(other.url())
        session.get("/")
        assert sent(other, "Authorization") == [None]


def test_auth_of_one_call_is_dropped_on_a_redirect_to_another_origin(home):
    Session(**ONCE).get(home.url("/away"), auth=("ada", "s3cret"))
    assert (sent(home, "Authorization")[0], sent(home.elsewhere, "Authorization")) == (
        "Basic YWRhOnMzY3JldA==",
        [None],
    )


def test_credentials_go_to_their_origin_only_and_come_back_when_redirected_home(home):
    home.elsewhere.answer = lambda asked: redirect(home.url("/back"))
    credentials = Credentials(
        home.url(),
        headers={"X-Api-Key": lambda: "k3y-value"},
        params={"token": "t0ken"},
        basic=("ada", "s3cret"),
    )
    session = Session(auth=credentials, **ONCE)
    session.get(home.url("/away"))
    session.get(home.elsewhere.url())
    assert sent(home, "X-Api-Key") == ["k3y-value"] * 3
    assert [asked.path for asked in home.asked] == [
        "/away?token=t0ken",
        "/back?token=t0ken",
        "/back?token=t0ken",
    ]
    assert {*sent(home.elsewhere, "X-Api-Key"), *sent(home.elsewhere, "Authorization")} == {None}
    assert "t0ken" not in " ".join(asked.path for asked in home.elsewhere.asked)
    assert repr(credentials) == f"Credentials('{home.url()[:-1]}', X-Api-Key, token, Basic)"


@pytest.mark.parametrize("site", ["http://api.example", "api.example", "ftp://api.example"])
def test_credentials_want_a_safe_origin(site):
    with pytest.raises(ConfigError):
        Credentials(site, headers={"X-Api-Key": "k3y-value"})


def test_nothing_secret_goes_in_clear_to_another_machine(requests_mock, caplog):
    requests_mock.get(ANY)
    session = Session(auth=("ada", "s3cret"))
    session.get("http://shop.test/")
    session.get("http://ada:s3cret@shop.test/")
    session.get("http://shop.test/", auth=("ada", "s3cret"))
    assert [request.headers.get("Authorization") for request in requests_mock.request_history] == [None] * 3
    assert "Credentials for http://shop.test were not sent: they would go in clear." in caplog.text


def test_netrc_is_not_read_unasked(home, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    Session(**ONCE).get(home.url(), headers={"Authorization": "Bearer t0ken"})
    Session(**ONCE).get(home.url())
    assert sent(home, "Authorization") == ["Bearer t0ken", None]


def test_proxies_of_the_environment_are_used_and_no_proxy_is_kept(home, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", home.url())
    monkeypatch.setenv("NO_PROXY", "127.0.0.2")
    assert Session(**ONCE).get("http://shop.test/books").text == "ok"
    Session(**ONCE).get(home.elsewhere.url())
    assert [asked.path for asked in home.asked] == ["http://shop.test/books"]
    assert [asked.path for asked in home.elsewhere.asked] == ["/"]


def test_the_environment_may_be_distrusted(home, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    session = Session(**ONCE)
    session.trust_env = False
    assert session.get(home.url()).ok


# Redirects


def test_a_post_becomes_a_get_and_loses_its_body(home):
    home.answer = lambda asked: redirect("/done", 303) if asked.method == "POST" else ok(asked)
    Session(**ONCE).post(home.url(), data={"a": "b"})
    assert [(asked.method, asked.body) for asked in home.asked] == [("POST", b"a=b"), ("GET", b"")]
    assert "Content-Type" not in home.asked[1].headers


def test_308_keeps_method_and_body(home):
    home.answer = lambda asked: redirect("/done", 308) if asked.path == "/" else ok(asked)
    Session(**ONCE).post(home.url(), data={"a": "b"})
    assert [(asked.method, asked.body) for asked in home.asked] == [("POST", b"a=b")] * 2


def test_the_history_is_kept_and_a_redirect_may_be_left_alone(home):
    home.answer = lambda asked: redirect("/b#part") if asked.path == "/a" else ok(asked)
    answer = Session(**ONCE).get(home.url("/a"))
    assert ([step.status_code for step in answer.history], answer.url) == ([302], home.url("/b#part"))
    answer = Session(**ONCE).get(home.url("/a"), allow_redirects=False)
    assert (answer.status_code, answer.next.url) == (302, home.url("/b#part"))


def test_ten_redirects_are_followed_and_no_more(home):
    count = itertools.count(1)
    home.answer = lambda asked: redirect(f"/{next(count)}")
    with pytest.raises(TooManyRedirects, match="more than 10 times"):
        Session(**ONCE).get(home.url())
    assert len(home.asked) == 11


@pytest.mark.parametrize(
    "target", ["ftp://127.0.0.1/", "file:///etc/passwd", "javascript:alert(1)", "http://[bad"]
)
def test_only_web_addresses_are_followed(home, target):
    home.answer = lambda asked: redirect(target)
    with pytest.raises(FetchError, match="which is no http or https address"):
        Session(**ONCE).get(home.url())
    assert Session(**ONCE).get(home.url(), allow_redirects=False).status_code == 302


def test_a_public_site_leads_to_no_private_address_unless_allowed(home, monkeypatch):
    monkeypatch.setattr("scraper.transport.is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr("scraper.client.is_public", lambda address: address == "127.0.0.1")
    with pytest.raises(FetchError, match=r"private address 127\.0\.0\.2.*allow_private_redirects=True"):
        Session(**ONCE).get(home.url("/away"))
    assert home.elsewhere.asked == []
    assert Session(allow_private_redirects=True, **ONCE).get(home.url("/away")).ok
    assert Session(**ONCE).get(home.elsewhere.url()).ok, "asked for by the user, it is no redirect"


def test_a_kept_connection_to_a_private_address_is_no_way_around(home, monkeypatch):
    monkeypatch.setattr("scraper.transport.is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr("scraper.client.is_public", lambda address: address == "127.0.0.1")
    session = Session(**ONCE)
    session.get(home.elsewhere.url())
    with pytest.raises(FetchError, match="private address"):
        session.get(home.url("/away"))
    assert len(home.elsewhere.asked) == 1


# Limits


def drip(pieces, seconds: float):
    for piece in pieces:
        yield piece
        time.sleep(seconds)


SLOW = {
    "body": lambda asked: Reply(chunks=drip(itertools.repeat(b"x"), 0.05)),
    "headers": lambda asked: Reply(headers=[("X-Slow", "x")] * 90, pause=0.05),
    "redirects": lambda asked: time.sleep(0.1) or redirect("/"),
}


@pytest.mark.parametrize("part", SLOW)
def test_the_deadline_cuts_what_drips(home, part):
    home.answer = SLOW[part]
    session = Session(timeout=Timeout(total=0.4), retry=Retry(attempts=3, wait=0))
    session.max_redirects = 1000
    started = time.monotonic()
    with pytest.raises(TooSlow, match=r"took longer than 0\.4 s"):
        session.get(home.url())
    assert time.monotonic() - started < 2


def test_the_deadline_holds_for_a_body_that_is_streamed(home):
    home.answer = lambda asked: Reply(chunks=drip(itertools.repeat(b"x"), 0.05))
    answer = Session(timeout=Timeout(total=0.3), **ONCE).get(home.url(), stream=True)
    with pytest.raises(requests.ConnectionError):
        list(answer.iter_content(1))


def test_one_exchange_that_ran_out_of_time_does_not_spoil_the_next(home):
    home.answer = lambda asked: (time.sleep(0.3) if asked.path == "/slow" else None) or ok(asked)
    session = Session(timeout=Timeout(total=0.2), **ONCE)
    with pytest.raises(TooSlow):
        session.get(home.url("/slow"))
    assert session.get(home.url()).ok


def deflated(megabytes: int, wbits: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    zeros = b"\0" * 1024 * 1024
    return b"".join(packer.compress(zeros) for _ in range(megabytes)) + packer.flush()


def brotli_bomb(megabytes: int) -> bytes:
    brotli = pytest.importorskip("brotli", minversion="1.2.0")
    packer = brotli.Compressor(quality=3)
    zeros = b"\0" * 1024 * 1024
    return b"".join(packer.process(zeros) for _ in range(megabytes)) + packer.finish()


def zstd_bomb(megabytes: int) -> bytes:
    zstd = pytest.importorskip("backports.zstd")
    return zstd.compress(b"\0" * 1024 * 1024 * megabytes)


BOMBS = {
    "gzip": lambda n: deflated(n, 31),
    "deflate": lambda n: deflated(n, 15),
    "br": brotli_bomb,
    "zstd": zstd_bomb,
}


@pytest.mark.parametrize("encoding", BOMBS)
def test_a_compression_bomb_is_cut_early(home, encoding):
    bomb = BOMBS[encoding](200)
    assert len(bomb) < 1024 * 1024
    home.answer = lambda asked: Reply(headers=[("Content-Encoding", encoding)], body=bomb)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge, match="more than 1000000 bytes"):
            Session(max_body=1_000_000, **ONCE).get(home.url())
        assert tracemalloc.get_traced_memory()[1] < 30 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_compressed_pages_are_read(home):
    home.answer = lambda asked: Reply(headers=[("Content-Encoding", "gzip")], body=gzip.compress(b"hello"))
    assert Session(**ONCE).get(home.url()).text == "hello"


def test_the_body_of_a_redirect_is_bounded_too(home):
    home.answer = lambda asked: (
        Reply(302, [("Location", "/next")], b"x" * 2000) if asked.path == "/" else ok(asked)
    )
    with pytest.raises(TooLarge):
        Session(max_body=1000, **ONCE).get(home.url())


# Retries


def test_a_post_is_repeated_only_where_no_byte_was_sent(home):
    with serving(ok) as gone:
        url = gone.url()
    attempts = []
    session = Session(retry=Retry(attempts=3, wait=0))
    session.hooks["response"].append(lambda *args, **kwargs: attempts.append(1))
    with pytest.raises(requests.ConnectionError) as caught:
        session.post(url, data={"a": "b"})
    assert caught.value.attempts == 3
    home.answer = lambda asked: Reply(503)
    assert session.post(home.url(), data={"a": "b"}).status_code == 503
    assert len(home.asked) == 1


# Threads and connections


def test_connections_are_pooled_and_reused(home):
    session = Session(**ONCE)
    for _ in range(20):
        session.get(home.url())
    assert home.connections == 1
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: session.get(home.url()), range(200)))
    assert home.connections <= 8


def test_answers_to_a_session_that_has_ended_do_not_touch_the_cookies_of_the_new_one(home):
    session = Session(base_url=home.url(), **ONCE)
    session.cookies.update({"sid": "new"})

    def late(asked) -> Reply:
        session.cookies.new_generation()
        return Reply(headers=[("Set-Cookie", "sid=; Max-Age=0")], body=b"late")

    home.answer = late
    assert session.get("/").text == "late"
    assert session.cookies["sid"] == "new"


def test_thirty_two_threads_stay_signed_in_on_a_site_that_changes_its_cookie_with_every_answer(site, session):
    site.rotate_cookie = True
    session.get("/books")
    with ThreadPoolExecutor(32) as pool:
        pages = list(pool.map(lambda n: session.get(f"/books?page={n % 48 + 2}"), range(320)))
    assert all("Sign out" in page.text for page in pages)
    assert site.counts.logins == 1
    assert session.is_signed_in()


# What users of requests expect


def test_a_prepared_request_is_sent_within_the_same_limits(home):
    session = Session(max_body=1, **ONCE)
    with pytest.raises(TooLarge):
        session.send(session.prepare_request(requests.Request("GET", home.url())))


def test_files_and_multipart_and_json_go_as_requests_sends_them(home):
    session = Session(**ONCE)
    session.post(home.url(), files={"f": ("a.txt", io.BytesIO(b"text"))})
    session.post(home.url(), json={"a": 1})
    session.post(home.url())
    assert home.asked[0].headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert (home.asked[1].headers["Content-Type"], home.asked[1].body) == ("application/json", b'{"a": 1}')
    assert home.asked[2].headers["Content-Length"] == "0"


def test_warnings_are_not_given_for_plain_headers(home):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Session(headers={"Accept-Language": "de", "X-Request-Id": "1"}, **ONCE).get(home.url())


def test_every_attempt_that_failed_is_logged_once_and_without_secrets(home, caplog):
    home.answer = lambda asked: Reply(503)
    with caplog.at_level(logging.INFO, "scraper.retry"):
        Session(retry=Retry(attempts=3, wait=0)).get(home.url("/?token=abc"))
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "attempt 1 of 3: answered 503",
        "attempt 2 of 3: answered 503",
    ]
    assert "/?token=***" in caplog.text


# What a second look found


def test_a_jar_given_for_one_call_keeps_its_own_rules(home):
    jar = requests.cookies.RequestsCookieJar()
    jar.set("bank", "s3cret", domain="bank.example")
    jar.set("mine", "1", domain="127.0.0.1")
    Session(**ONCE).get(home.url("/away"), cookies=jar)
    assert (sent(home, "Cookie"), sent(home.elsewhere, "Cookie")) == (["mine=1"], [None])


def test_digest_answers_no_challenge_of_another_origin(home):
    challenge = ("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')
    home.elsewhere.answer = lambda asked: Reply(401, [challenge])
    for session, options in (
        (Session(auth=HTTPDigestAuth("ada", "s3cret"), **ONCE), {}),
        (Session(**ONCE), {"auth": HTTPDigestAuth("ada", "s3cret")}),
    ):
        assert session.get(home.url("/away"), **options).status_code == 401
    assert sent(home.elsewhere, "Authorization") == [None, None]


def test_digest_works_beside_a_hook_that_raises_for_status(home):
    challenge = ("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')
    home.answer = lambda asked: ok(asked) if "Authorization" in asked.headers else Reply(401, [challenge])
    session = Session(**ONCE)
    session.hooks["response"].append(lambda answer, **_: answer.raise_for_status())
    assert session.get(home.url(), auth=HTTPDigestAuth("ada", "s3cret")).text == "ok"


def test_credentials_of_one_call_stay_with_their_origin_whatever_their_names(home):
    credentials = Credentials(home.url(), headers={"X-Tenant": "acme-7731"})
    Session(**ONCE).get(home.url("/away"), auth=credentials)
    assert (sent(home, "X-Tenant"), sent(home.elsewhere, "X-Tenant")) == (["acme-7731"], [None])


def test_a_user_agent_of_credentials_gives_way_to_the_sessions_own_elsewhere(home):
    session = Session(auth=Credentials(home.url(), headers={"User-Agent": "Signed/1.0"}), **ONCE)
    session.get(home.url("/away"))
    own = session.headers["User-Agent"]
    assert (sent(home, "User-Agent"), sent(home.elsewhere, "User-Agent")) == (["Signed/1.0"], [own])


def test_parameters_of_credentials_go_along_on_a_redirect_once(home):
    home.answer = lambda asked: redirect("/next") if asked.path.startswith("/first") else ok(asked)
    session = Session(auth=Credentials(home.url(), params={"key": "k3y-value"}), **ONCE)
    session.get(home.url("/first"))
    session.get(home.url("/direct?key=given"))
    assert [asked.path for asked in home.asked] == [
        "/first?key=k3y-value",
        "/next?key=k3y-value",
        "/direct?key=given",
    ]


def test_a_redirect_of_an_ended_session_does_not_touch_the_cookies_of_the_new_one(home):
    session = Session(base_url=home.url(), **ONCE)
    session.cookies.update({"sid": "new"})

    def answer(asked) -> Reply:
        if asked.path == "/":
            session.cookies.new_generation()
            return redirect("/login")
        return Reply(headers=[("Set-Cookie", "sid=anonymous; Path=/")])

    home.answer = answer
    session.get("/")
    assert session.cookies["sid"] == "new"


def test_requests_of_a_hook_have_limits_of_their_own_and_no_more_time_than_is_left(home):
    home.answer = lambda asked: Reply(body=b"x" * (2000 if asked.path == "/big" else 1))
    session = Session(max_body=1000, **ONCE)
    errors = []

    def look(answer, **_):
        if answer.url.endswith("/small"):
            try:
                session.get(home.url("/big"))
            except TooLarge as error:
                errors.append(error)

    assert session.get(home.url("/small"), hooks={"response": look}).text == "x"
    assert len(errors) == 1


def test_the_deadline_holds_for_what_is_sent(home):
    home.answer = ok
    slow = (time.sleep(0.1) or b"x" for _ in range(100))
    started = time.monotonic()
    with pytest.raises(TooSlow):
        Session(timeout=Timeout(total=0.3), **ONCE).post(home.url(), data=slow)
    assert time.monotonic() - started < 2


def test_an_adapter_of_requests_keeps_to_the_deadline_too(home):
    home.answer = SLOW["body"]
    session = Session(timeout=Timeout(total=0.3), **ONCE)
    session.mount("http://", HTTPAdapter())
    with pytest.raises(TooSlow):
        session.get(home.url())


def test_a_body_that_a_hook_has_made_is_kept(home):
    def change(answer, **_):
        answer._content = b"changed"

    assert Session(**ONCE).get(home.url(), hooks={"response": change}).text == "changed"


def test_a_redirect_is_followed_though_its_body_is_broken(home):
    broken = Reply(302, [("Location", "/next"), ("Content-Encoding", "gzip")], b"no gzip")
    home.answer = lambda asked: broken if asked.path == "/" else ok(asked)
    assert Session(**ONCE).get(home.url()).text == "ok"


def test_adapters_for_other_schemes_work(home):
    class Odd(HTTPAdapter):
        def send(self, request, **_):
            answer = requests.Response()
            answer.status_code, answer._content, answer.url = 200, b"odd", request.url
            return answer

    session = Session(**ONCE)
    session.mount("http+unix://", Odd())
    assert session.get("http+unix://socket/path").text == "odd"


def test_every_value_of_a_secret_header_is_kept_out_of_logs(home):
    session = Session(**ONCE)
    session.get(home.url(), headers={"Authorization": "Bearer first-t0ken-123"})
    session.get(home.url(), headers={"Authorization": "Bearer second-t0ken-45"})
    assert redact("first-t0ken-123 second-t0ken-45") == "*** ***"


def test_our_sentences_show_no_secrets_of_an_address(home):
    home.answer = lambda asked: Reply(body=b"x" * 10)
    url = home.url("/?access_token=zzz").replace("//", "//ada:pw12345678@", 1)
    with pytest.raises(TooLarge) as caught:
        Session(max_body=1, **ONCE).get(url)
    assert "zzz" not in str(caught.value)
    assert "pw12345678" not in str(caught.value)


def test_international_names_are_one_origin_in_either_form():
    assert origin("https://b\u00fccher.example/a") == origin("https://xn--bcher-kva.example")


FROM_A_FORM = {"Origin": "http://127.0.0.1", "X-CSRF": "csrf-t0ken-1", "X-Xsrf-Header": "csrf-t0ken-2"}


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_elsewhere_tells_the_origin_of_the_page_and_no_token(home, status):
    home.answer = lambda asked: redirect(home.elsewhere.url(), status)
    page = home.url("/login?ticket=abc#top")
    Session(**ONCE).post(home.url("/away"), headers={"Referer": page, **FROM_A_FORM})
    [asked] = home.elsewhere.asked
    assert asked.headers["Referer"] == home.url("/")
    assert not set(FROM_A_FORM) & set(asked.headers)


def test_what_was_taken_off_for_another_origin_does_not_come_back(home):
    home.elsewhere.answer = lambda asked: redirect(home.url("/back"))
    Session(**ONCE).get(home.url("/away"), headers={"Referer": home.url("/login?ticket=abc")})
    assert sent(home, "Referer") == [home.url("/login?ticket=abc"), home.url("/")]


def test_a_redirect_on_the_same_origin_keeps_page_and_token(home):
    home.answer = lambda asked: redirect("/b") if asked.path == "/a" else ok(asked)
    page = home.url("/login?ticket=abc")
    Session(**ONCE).get(home.url("/a"), headers={"Referer": page, "X-CSRF": "csrf-t0ken-1"})
    assert sent(home, "Referer") == [page, page]
    assert sent(home, "X-CSRF") == ["csrf-t0ken-1", "csrf-t0ken-1"]


def test_tokens_that_a_redirect_hands_out_are_in_no_log_of_urllib3(home, caplog):
    token = "Zq8Lk2Vb77aTq0sX"
    target = f"/check/{token};jsessionid={token}?ticket={token}"
    home.answer = lambda asked: redirect(target) if asked.path == "/" else ok(asked)
    with caplog.at_level(logging.DEBUG):
        assert Session(**ONCE).get(home.url()).url == home.url(target)
    assert '"GET /check/***;jsessionid=***?ticket=*** HTTP/1.1" 200' in caplog.text
    assert token not in caplog.text
