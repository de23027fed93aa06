"""NTLM: real handshakes, each over one connection."""

from __future__ import annotations

import hashlib
import io
import pickle
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest

from scraper import (
    AccessDenied,
    ConfigError,
    FetchError,
    LoginError,
    LoginRejected,
    LoginUnavailable,
    NtlmLogin,
    Session,
    Spider,
    Vault,
    crawl,
)
from scraper.crawl import visit
from scraper.executors import processes
from scraper.login.ntlm import Ntlm
from tests.certificates import Authority
from tests.ntlm_site import serving_ntlm
from tests.servers import Reply, serving

pytest.importorskip("spnego", reason="pyspnego is not installed: pip install 'login-aware-scraper[ntlm]'")
GssChannelBindings = pytest.importorskip("spnego.channel_bindings").GssChannelBindings

PASSWORD = "Pass-wörd 9"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NTLM_USER_FILE", str(tmp_path / "accounts"))
    with serving_ntlm(tmp_path / "accounts", f"DOMAIN:ada:{PASSWORD}") as server:
        yield server


def session_for(site, password=PASSWORD, **options) -> Session:
    login = NtlmLogin("DOMAIN\\ada", password, logged_in="#in")
    return Session(login, base_url=site.url("/list?page=1"), retry=1, **options)


def test_one_handshake_serves_a_thread(site):
    with session_for(site) as session:
        assert [session.get(f"/{n}").status_code for n in range(5)] == [200] * 5
        assert session.account == "DOMAIN\\ada"
    assert (site.handshakes, site.refused) == (1, 0)


def test_each_thread_has_a_connection_of_its_own(site):
    with session_for(site) as session, ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: session.get(f"/{n}").status_code, range(90)))
        assert answers == [200] * 90
        assert session.epoch == 1
    assert site.refused == 0
    assert site.handshakes <= 7


def test_a_wrong_password_reaches_the_site_once_and_not_again_in_the_next_run(site, tmp_path: Path):
    for words in (r"did not accept DOMAIN\\ada", "Nothing was sent: the site rejected"):
        with session_for(site, "wrong", state_dir=Vault(tmp_path / "vault")) as session:
            for _ in range(2):
                with pytest.raises(LoginRejected, match=words):
                    session.get("/a")
    assert (site.refused, site.handshakes) == (1, 0)


def test_a_connection_that_is_lost_in_a_handshake_costs_another(site):
    site.cut.add("/a")
    with session_for(site) as session:
        session.sign_in()
        site.end_sessions()
        assert session.get("/a").status_code == 200
        assert session.epoch == 1
    assert site.refused == 0


def test_a_server_that_always_closes_is_no_rejection(site):
    site.cut = Always()
    with (
        session_for(site) as session,
        pytest.raises(LoginUnavailable, match="closes the connection"),
    ):
        session.get("/a")
    assert site.refused == 0


class Always(set):
    def __contains__(self, path: object) -> bool:
        return True


def test_bodies_are_sent_again_with_the_handshake(site):
    with session_for(site) as session:
        session.sign_in()
        for body in (b"plain", io.BytesIO(b"of a file")):
            site.end_sessions()
            assert session.post("/form", data=body).status_code == 200
    assert site.posted == [b"plain", b"of a file"]


def test_no_message_of_it_stays_on_a_request(site):
    with session_for(site) as session:
        answer = session.get("/a")
        assert "Authorization" not in answer.request.headers
        assert answer.history == []


def test_a_single_closed_page_is_no_reason_to_sign_in(site):
    site.closed.add("/board")
    with session_for(site) as session:
        with pytest.raises(AccessDenied):
            session.get("/board")
        assert session.get("/a").ok
        assert session.epoch == 1


def test_it_goes_to_no_other_origin(site):
    with serving(lambda asked: Reply(200)) as other, session_for(site) as session:
        session.sign_in()
        assert session.get(other.url("/")).ok
        assert "Authorization" not in other.asked[0].headers


@pytest.mark.parametrize("token", ["TlRMTVNTUAAC", "bm9uc2Vuc2U="])
def test_a_message_that_makes_no_sense_is_an_error_in_words(token):
    def answer(asked):
        given = asked.headers.get("Authorization", "")
        return Reply(401, [("WWW-Authenticate", f"NTLM {token}" if given else "NTLM")])

    with serving(answer) as server:
        session = Session(NtlmLogin("DOMAIN\\ada", PASSWORD), base_url=server.url("/"))
        with session, pytest.raises((LoginError, FetchError), match="The NTLM handshake broke off"):
            session.get("/a")


def test_a_site_that_asks_for_another_kind_is_named():
    with serving(lambda asked: Reply(401, [("WWW-Authenticate", 'Basic realm="x"')])) as server:
        session = Session(NtlmLogin("DOMAIN\\ada", PASSWORD), base_url=server.url("/"))
        with session, pytest.raises(LoginError, match="asks for Basic, not for Ntlm"):
            session.get("/a")


@pytest.mark.parametrize("is_bound", [True, False])
def test_over_tls_a_handshake_is_bound_to_its_connection(is_bound, tmp_path, monkeypatch):
    monkeypatch.setenv("NTLM_USER_FILE", str(tmp_path / "accounts"))
    authority = Authority(tmp_path)
    context = authority.context()
    pem = (tmp_path / "server.crt").read_text()
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest() if is_bound else b"another one"
    bindings = GssChannelBindings(application_data=b"tls-server-end-point:" + digest)
    account = f"DOMAIN:ada:{PASSWORD}"
    with (
        serving_ntlm(tmp_path / "accounts", account, context, bindings) as site,
        session_for(site, verify=str(authority.ca)) as session,
        nullcontext() if is_bound else pytest.raises(LoginRejected),
    ):
        assert session.get("/a").ok


def test_what_travels_shows_nothing(site):
    authorization = Ntlm("DOMAIN\\ada", PASSWORD)
    assert pickle.loads(pickle.dumps(authorization)) == authorization
    assert PASSWORD not in repr(authorization) + repr(NtlmLogin("DOMAIN\\ada", PASSWORD))


def test_it_is_not_sent_in_clear():
    with pytest.raises(ConfigError, match="in clear"):
        NtlmLogin("ada", PASSWORD, site="http://intranet.example/")
    assert NtlmLogin("ada", PASSWORD, site="http://intranet.example/", in_clear=True).in_clear


class Members(Spider):
    concurrency = 6

    def parse(self, response):
        yield {"url": response.url}


@pytest.mark.parametrize("number", [None, 2])
def test_a_crawl_goes_on_where_connections_have_to_sign_in_anew(site, number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spider = Members(
        start_urls=[site.url(f"/{n}") for n in range(40)],
        login=NtlmLogin("DOMAIN\\ada", PASSWORD),
        save_session=False,
    )
    with crawl(spider, executor=processes(visit, spider, number) if number else None) as job:
        assert (job.counts().done, job.counts().items) == (40, 40)
        assert len(job.events("signed_in")) == 1
    assert site.refused == 0
    assert site.handshakes <= 14


def test_a_new_password_in_mid_crawl_costs_one_sign_in(site, job, tmp_path):
    passwords, done = [PASSWORD], []

    class Ending(Members):
        def parse(self, response):
            done.append(response.url)
            if len(done) == 10:
                passwords[0] = "another one"
                (tmp_path / "accounts").write_text("DOMAIN:ada:another one\n")
                site.end_sessions()
            yield from super().parse(response)

    spider = Ending(
        start_urls=[site.url(f"/{n}") for n in range(40)],
        login=NtlmLogin("DOMAIN\\ada", lambda: passwords[0]),
        save_session=False,
        concurrency=2,
    )
    crawl(spider, job)
    assert (job.counts().done, job.counts().failed) == (40, 0)
    assert len(job.events("signed_in")) == 2
