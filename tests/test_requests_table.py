"""What requests gets wrong with cookies and credentials by host name, over real sockets and TLS.

Names lead to loopback addresses by a hook in the resolver; by name they are as foreign as any.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest
import requests
from werkzeug.serving import make_ssl_devcert

from scraper import Session
from tests.servers import Reply, Server, names, redirect, serving

HOSTS = (
    "shop.example",
    "sub.shop.example",
    "www.shop.example",
    "evil.co.uk",
    "other.co.uk",
    "a.github.io",
    "b.github.io",
)


@pytest.fixture(autouse=True)
def hosts(monkeypatch) -> Iterator[None]:
    """All these names lead here, and the machine's own CA bundles are out of the way."""
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)
    with names(monkeypatch, **{host.replace(".", "_"): "127.0.0.1" for host in HOSTS}):
        yield


@pytest.fixture
def web() -> Iterator[Server]:
    """A server in the clear, of every name."""
    with serving(lambda asked: Reply()) as server:
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[str, str]:
    """A certificate for shop.example and the names below it, and its key."""
    return make_ssl_devcert(str(tmp_path_factory.mktemp("tls") / "cert"), host="shop.example")


@pytest.fixture
def tls(certificate) -> Iterator[Server]:
    """A server over TLS, of shop.example and the names below it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with serving(lambda asked: Reply(), context=context) as server:
        yield server


@pytest.fixture
def session(certificate) -> Iterator[Session]:
    """A session that trusts the certificate."""
    with Session(verify=certificate[0], retry=1) as session:
        yield session


def cookies(server: Server) -> list[str | None]:
    return [asked.headers.get("Cookie") for asked in server.asked]


def setting(cookie: str):
    return lambda asked: Reply(headers=[("Set-Cookie", cookie)] if asked.path == "/set" else [])


@pytest.mark.parametrize(
    ("cookie", "home", "other", "sent_home", "sent_elsewhere"),
    [
        ("sid=1", "shop.example", "sub.shop.example", "sid=1", None),
        ("sid=1; Domain=shop.example", "www.shop.example", "sub.shop.example", "sid=1", "sid=1"),
        ("sid=1; Domain=co.uk", "evil.co.uk", "other.co.uk", None, None),
        ("sid=1; Domain=github.io", "a.github.io", "b.github.io", None, None),
        ("sid=1; Domain=other.co.uk", "evil.co.uk", "other.co.uk", None, None),
        ("sid=1; Secure", "shop.example", "shop.example", None, None),
        ("sid=1; Secure", "127.0.0.1", "127.0.0.1", "sid=1", "sid=1"),
        ("__Host-sid=1; Path=/", "shop.example", "shop.example", None, None),
    ],
)
def test_in_the_clear_a_cookie_goes_where_a_browser_sends_it(
    web, session, cookie, home, other, sent_home, sent_elsewhere
):
    web.answer = setting(cookie)
    session.get(web.url("/set", host=home))
    session.get(web.url("/", host=home))
    session.get(web.url("/", host=other))
    assert cookies(web) == [None, sent_home, sent_elsewhere]


@pytest.mark.parametrize(
    ("cookie", "sent_home", "sent_below"),
    [
        ("__Host-sid=1; Secure; Path=/", "__Host-sid=1", None),
        ("__Host-sid=1; Secure; Path=/; Domain=shop.example", None, None),
        ("__Secure-sid=1; Secure; Domain=shop.example", "__Secure-sid=1", "__Secure-sid=1"),
        ("__Secure-sid=1", None, None),
    ],
)
def test_over_tls_prefixes_keep_their_promise(tls, session, cookie, sent_home, sent_below):
    tls.answer = setting(cookie)
    session.get(tls.url("/set", host="shop.example"))
    session.get(tls.url("/", host="shop.example"))
    session.get(tls.url("/", host="sub.shop.example"))
    assert cookies(tls) == [None, sent_home, sent_below]


def test_no_cookie_and_no_credential_goes_on_a_redirect_from_https_to_http(tls, web, session):
    tls.answer = lambda asked: redirect(web.url("/", host="shop.example"), **{"Set-Cookie": "sid=1"})
    session.get(tls.url("/", host="shop.example"), cookies={"own": "2"}, auth=("ada", "s3cret"))
    assert cookies(web) == [None]
    assert "Authorization" not in web.asked[0].headers


def test_a_secure_cookie_comes_back_over_tls_and_not_in_the_clear(tls, web, session):
    tls.answer = setting("sid=1; Secure")
    session.get(tls.url("/set", host="shop.example"))
    session.get(web.url("/", host="shop.example"))
    session.get(tls.url("/", host="shop.example"))
    assert (cookies(web), cookies(tls)) == ([None], [None, "sid=1"])


def test_a_bundle_of_the_environment_is_trusted_and_verify_wins_over_it(tls, certificate, monkeypatch):
    url = tls.url("/", host="shop.example")
    with Session(retry=1) as session, pytest.raises(requests.exceptions.SSLError):
        session.get(url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate[0])
    with Session(retry=1) as session:
        assert session.get(url).ok
        with pytest.warns(Warning, match="Unverified HTTPS request"):
            assert session.get(url, verify=False).ok


def test_a_certificate_for_another_name_is_refused_and_not_tried_again(tls, certificate):
    with Session(verify=certificate[0]) as session, pytest.raises(requests.exceptions.SSLError):
        session.get(tls.url("/", host="evil.co.uk"))
    assert tls.asked == []


def test_session_auth_is_not_bound_to_an_address_in_the_clear(tls, web, session):
    session.auth = ("ada", "s3cret")
    session.get(web.url("/", host="shop.example"))
    tls.answer = lambda asked: redirect(web.url("/", host="shop.example"))
    session.get(tls.url("/", host="shop.example"))
    assert [asked.headers.get("Authorization") for asked in web.asked] == [None, None]
    assert tls.asked[0].headers["Authorization"].startswith("Basic ")
