"""A client certificate: shown to its origin alone, read anew at each sign-in, and refused in words."""

from __future__ import annotations

import pickle
import shutil
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from scraper import (
    ClientCertLogin,
    ConfigError,
    LoginRejected,
    LoginUnavailable,
    Retry,
    Session,
    Spider,
    Vault,
    crawl,
    env,
)
from scraper.crawl import visit
from scraper.executors import processes
from scraper.login import certificate
from tests.certificates import Authority
from tests.http_sites import HTML, PAGE
from tests.servers import Asked, Reply, redirect, serving

PASSWORD = "key-phrase-7"


class Vaults:
    """Answers as nginx does to who shows no certificate, or a revoked one."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.revoked: set[int] = set()
        self.closed: set[str] = set()

    def __call__(self, asked: Asked) -> Reply:
        if asked.certificate is None:
            return Reply(400, [HTML], b"<center>No required SSL certificate was sent</center>")
        if int(asked.certificate, 16) in self.revoked:
            return Reply(400, [HTML], b"<title>400 The SSL certificate error</title>")
        if asked.path in self.closed:
            return Reply(403, [HTML], b"Not for you")
        return Reply(200, [HTML], PAGE)

    def revoke(self) -> None:
        self.revoked.add(self.authority.serial("banker"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def site(authority):
    site = Vaults(authority)
    authority.issue("banker")
    with serving(site, context=authority.context(ssl.CERT_OPTIONAL)) as server:
        site.server = server
        yield site


def login_for(authority: Authority, **options) -> ClientCertLogin:
    return ClientCertLogin(authority.folder / "banker.crt", authority.folder / "banker.key", **options)


def session_for(site, login=None, **options) -> Session:
    login = login or login_for(site.authority)
    verify = str(site.authority.ca)
    return Session(login, base_url=site.server.url("/list"), verify=verify, retry=1, **options)


def test_it_signs_in_by_comparing(site):
    with session_for(site) as session:
        assert session.get("/a").status_code == 200
        assert (session.epoch, session.account) == (1, "banker")


def test_it_signs_in_by_an_indicator(site):
    with session_for(site, login_for(site.authority, logged_in="#in")) as session:
        assert session.get("/a").status_code == 200


@pytest.mark.parametrize(
    ("names", "password"),
    [
        (["banker.crt", "banker.enc.key"], PASSWORD),
        (["banker.p12"], PASSWORD),
        (["banker.crt", "banker.key"], None),
        (["both.pem"], None),
    ],
)
def test_keys_may_be_encrypted_or_together_with_the_certificate(site, names, password):
    folder = site.authority.folder
    both = [(folder / f"banker{end}").read_bytes() for end in (".crt", ".key")]
    (folder / "both.pem").write_bytes(b"".join(both))
    login = ClientCertLogin(*(folder / name for name in names), password=password)
    with session_for(site, login) as session:
        assert session.get("/a").ok


def test_no_key_in_clear_is_ever_written(site, monkeypatch):
    written, write = [], Path.write_bytes

    def watching(path: Path, data: bytes) -> int:
        written.append(data)
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", watching)
    login = ClientCertLogin(site.authority.folder / "banker.p12", password=PASSWORD)
    with session_for(site, login) as session:
        assert session.get("/a").ok
    assert written
    assert all(b"BEGIN ENCRYPTED PRIVATE KEY" in data for data in written)
    assert not any(b"BEGIN PRIVATE KEY" in data or PASSWORD.encode() in data for data in written)


@pytest.mark.parametrize(
    ("names", "password", "words"),
    [
        (["none.crt"], None, r"none\.crt cannot be read: No such file"),
        (["banker.crt", "none.key"], None, r"none\.key cannot be read: No such file"),
        (["banker.crt", "banker.enc.key"], None, r"banker\.enc\.key is encrypted; give password="),
        (["banker.crt", "banker.enc.key"], "wrong", r"password does not open the key in .*banker\.enc\.key"),
        (["banker.crt", "other.key"], None, r"key in .*other\.key is not that of the certificate"),
        (["garbled.pem"], None, r"garbled\.pem does not hold a certificate and its key, in PEM"),
        (["banker.crt"], None, r"banker\.crt does not hold a certificate and its key, in PEM"),
        (["banker.p12"], "wrong", r"does not open .*banker\.p12"),
        (["garbled.p12"], None, r"does not open .*garbled\.p12"),
    ],
)
def test_files_that_do_not_serve_are_named(site, names, password, words, monkeypatch):
    site.authority.issue("other")
    for name in ("garbled.pem", "garbled.p12"):
        (site.authority.folder / name).write_bytes(b"nonsense")
    monkeypatch.setattr(certificate, "MOMENT", 0)
    login = ClientCertLogin(*(site.authority.folder / name for name in names), password=password)
    with session_for(site, login) as session, pytest.raises(ConfigError, match=words):
        session.get("/a")
    assert all(asked.certificate is None for asked in site.server.asked)


def test_a_revoked_certificate_is_shown_once_and_not_again_until_it_changes(site, tmp_path):
    site.authority.issue("banker")
    site.revoke()
    for words in ("did not accept the certificate banker.crt and says “400 The SSL", "Nothing was sent"):
        session = session_for(site, state_dir=Vault(tmp_path))
        with session, pytest.raises(LoginRejected, match=words):
            session.get("/a")
    assert len([asked for asked in site.server.asked if asked.certificate]) == 1
    site.authority.issue("banker")
    with session_for(site, state_dir=Vault(tmp_path)) as session:
        assert session.get("/a").ok


def test_a_renewed_certificate_under_the_same_name_is_read_again(site):
    with session_for(site) as session:
        session.get("/a")
        site.revoke()
        site.authority.issue("banker")
        assert session.get("/b").status_code == 200
        assert session.epoch == 2


def test_a_closed_page_is_no_reason_to_sign_in(site):
    site.closed.add("/board")
    with session_for(site) as session:
        assert session.get("/board").status_code == 403
        assert session.epoch == 1


def test_it_is_shown_to_no_other_origin(site):
    answer = site.server.answer
    context = site.authority.context(ssl.CERT_OPTIONAL)
    with serving(lambda asked: Reply(200, [HTML], PAGE), context=context) as other:
        site.server.answer = lambda asked: (
            redirect(other.url("/x")) if asked.path == "/away" else answer(asked)
        )
        with session_for(site) as session:
            assert session.get("/away").ok
            assert session.get(other.url("/direct")).ok
    assert [asked.certificate for asked in other.asked] == [None, None]


def test_a_certificate_of_the_session_is_for_the_rest(site):
    folder = site.authority.folder
    site.authority.issue("other")
    context = site.authority.context(ssl.CERT_OPTIONAL)
    with serving(lambda asked: Reply(200, [HTML], PAGE), context=context) as rest:
        own = (str(folder / "other.crt"), str(folder / "other.key"))
        with session_for(site, cert=own) as session:
            assert session.get("/a").ok
            assert session.get(rest.url("/b")).ok
    assert {int(asked.certificate, 16) for asked in rest.asked} == {site.authority.serial("other")}
    members = [asked for asked in site.server.asked if asked.certificate]
    assert int(members[-1].certificate, 16) == site.authority.serial("banker")


def test_the_certificate_of_the_server_is_checked_all_the_same(site):
    session = Session(login_for(site.authority), base_url=site.server.url("/"), retry=1)
    with session, pytest.raises(LoginUnavailable, match="TLS connection could not be made or trusted"):
        session.get("/a")
    unchecked = Session(
        login_for(site.authority, logged_in="#in"), base_url=site.server.url("/"), verify=False
    )
    with unchecked, pytest.warns(match="Unverified HTTPS request"):
        assert unchecked.get("/a").ok


def test_http_has_no_certificates(authority):
    with pytest.raises(ConfigError, match="shown over TLS only"):
        ClientCertLogin("a.pem", site="http://127.0.0.1/")
    session = Session(login_for(authority, logged_in="#in"), base_url="http://127.0.0.1:9/")
    with session, pytest.raises(ConfigError, match="shown over TLS only"):
        session.get("/a")


def test_what_travels_shows_nothing_and_is_another_once_it_is_renewed(authority):
    authority.issue("banker")
    login = ClientCertLogin(
        authority.folder / "banker.crt", authority.folder / "banker.key", password=PASSWORD
    )
    before = login.credential(None).authorization
    copy = pickle.loads(pickle.dumps(before))
    assert copy == before
    assert PASSWORD not in repr(copy)
    assert "PRIVATE" not in repr(copy)
    authority.issue("banker")
    assert login.credential(None).authorization != before
    login = ClientCertLogin("client.pem", "client.key", password=env("KEY_PW"))
    assert repr(login) == "ClientCertLogin('client.pem', 'client.key', password=env('KEY_PW'))"


def test_files_that_are_being_replaced_are_read_once_more(site, monkeypatch):
    key = site.authority.folder / "banker.key"
    fitting = key.read_bytes()
    site.authority.issue("other")
    shutil.copy(site.authority.folder / "other.key", key)
    monkeypatch.setattr(certificate.time, "sleep", lambda seconds: key.write_bytes(fitting))
    with session_for(site) as session:
        assert session.get("/a").ok


class Members(Spider):
    concurrency = 4
    retry = 1

    def parse(self, response):
        yield {"url": response.url}


@pytest.mark.parametrize("number", [None, 2])
def test_another_certificate_in_mid_crawl_costs_one_sign_in_and_no_page(site, number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer, ended = site.server.answer, []

    def ending(asked):
        if asked.path == "/20" and not ended:
            ended.append(1)
            site.revoke()
            site.authority.issue("banker")
        return answer(asked)

    site.server.answer = ending
    folder = site.authority.folder
    spider = Members(
        start_urls=[site.server.url(f"/{n}") for n in range(40)],
        login=ClientCertLogin(folder / "banker.crt", folder / "banker.enc.key", password=PASSWORD),
        verify=str(site.authority.ca),
        save_session=False,
    )
    with crawl(spider, executor=processes(visit, spider, number) if number else None) as job:
        assert (job.counts().done, job.counts().failed, job.counts().items) == (40, 0, 40)
        assert len(job.events("signed_in")) == 2


def test_a_revoked_certificate_ends_a_crawl(site, job):
    class Ending(Members):
        def parse(self, response):
            site.revoke()
            yield from super().parse(response)

    spider = Ending(
        start_urls=[site.server.url(f"/{n}") for n in range(10)],
        login=login_for(site.authority),
        verify=str(site.authority.ca),
    )
    with pytest.raises(LoginRejected, match="The SSL certificate error"):
        crawl(spider, job)


# Servers that do not speak to strangers at all


@pytest.fixture(params=["TLSv1_2", "TLSv1_3"])
def strict(request, authority):
    site = Vaults(authority)
    authority.issue("banker")

    def context(ca: Path) -> ssl.SSLContext:
        context = authority.context(ssl.CERT_REQUIRED, ca)
        context.maximum_version = ssl.TLSVersion[request.param]
        return context

    site.version, site.context = request.param, context
    with serving(site, context=context(authority.ca)) as server:
        site.server = server
        yield site


def test_a_server_that_breaks_off_without_a_certificate_is_no_failure(strict):
    with session_for(strict) as session:
        assert session.get("/a").ok
        assert session.epoch == 1


def test_a_certificate_that_has_ended_is_rejected_in_words(strict):
    """With TLS 1.3 the words may be lost, as they come after the handshake."""
    strict.authority.issue("banker", ended=True)
    errors = (LoginRejected,) if strict.version == "TLSv1_2" else (LoginRejected, LoginUnavailable)
    words = "certificate expired" if strict.version == "TLSv1_2" else "broke the TLS|broke off"
    with session_for(strict) as session, pytest.raises(errors, match=words):
        session.get("/a")


def test_a_handshake_that_is_refused_in_mid_crawl_loses_no_page(strict, job, tmp_path):
    """Each page comes over a new connection; in mid-crawl the server trusts another authority alone."""
    renewed, answer = Authority(tmp_path), strict.server.answer
    renewed.issue("banker")

    def ending(asked):
        if asked.path == "/10" and not strict.closed:
            strict.closed.add("once")
            for name in ("banker.crt", "banker.key"):
                shutil.copy(tmp_path / name, strict.authority.folder)
            strict.server.socket.context = strict.context(renewed.ca)
        reply = answer(asked)
        return replace(reply, headers=[*reply.headers, ("Connection", "close")])

    strict.server.answer = ending
    spider = Members(
        start_urls=[strict.server.url(f"/{n}") for n in range(20)],
        login=login_for(strict.authority),
        verify=str(strict.authority.ca),
        retry=Retry(attempts=6, wait=0.01),
    )
    crawl(spider, job)
    assert (job.counts().done, job.counts().failed) == (20, 0)
    assert len(job.events("signed_in")) == 2


def test_other_failures_of_a_connection_stay_what_they_are(authority):
    session = Session(login_for(authority, logged_in="#in"), base_url="https://127.0.0.1:9/", retry=1)
    with session, pytest.raises(LoginUnavailable, match="did not get through"):
        session.get("/a")


def test_a_plain_session_still_takes_cert(site):
    pair = tuple(str(site.authority.folder / f"banker{end}") for end in (".crt", ".key"))
    with Session(verify=str(site.authority.ca), cert=pair) as session:
        assert session.get(site.server.url("/a")).ok
    with Session(verify=str(site.authority.ca)) as session:
        assert session.get(site.server.url("/a")).status_code == 400
