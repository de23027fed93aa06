"""Digest, against RFC 7616 and a server that is strict about it."""

from __future__ import annotations

import io
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scraper import (
    AccessDenied,
    DigestLogin,
    LoginError,
    LoginRejected,
    LoginUnverified,
    Session,
    Spider,
    Vault,
    crawl,
)
from scraper.crawl import visit
from scraper.executors import processes
from scraper.login.challenges import challenges
from scraper.login.digest import Account, Answering, Digest
from tests.http_sites import HTML, PAGE, DigestSite
from tests.servers import Reply, redirect, serving

PASSWORD = 'pa,ss "wörd"'


@pytest.fixture
def site():
    site = DigestSite()
    with serving(site) as server:
        site.server = server
        yield site


def session_for(site, password=PASSWORD, **options) -> Session:
    login = DigestLogin("ada", password, logged_in="#in")
    return Session(login, base_url=site.server.url("/list?page=1"), retry=1, **options)


# RFC 7616, 3.9


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_first_example_of_the_standard(algorithm, response):
    header = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=' + algorithm + ", "
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    answering = Answering(challenges(header)[0], cnonce, 1)
    value = answering.header(Account.of("Mufasa", "Circle of Life"), "GET", "/dir/index.html")
    assert value == (
        'Digest username="Mufasa", realm="http-auth@example.org", '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", '
        f'response="{response}", algorithm={algorithm}, '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", '
        f'qop=auth, nc=00000001, cnonce="{cnonce}"'
    )


def test_a_hashed_user_name_does_not_show():
    header = (
        'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, userhash=true, charset=UTF-8, '
        'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK"'
    )
    answering = Answering(challenges(header)[0], "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm", 1)
    value = answering.header(Account.of("Jäsøn Doe", "Secret, or not?"), "GET", "/doe.json")
    assert value.endswith("userhash=true")
    assert "Doe" not in value.partition("uri=")[0]


def test_a_user_name_in_other_letters_goes_as_the_standard_has_it():
    header = 'Digest realm="x", nonce="n", charset=UTF-8'
    value = Answering(challenges(header)[0], "c", 1).header(Account.of("Jäsøn", "p"), "GET", "/")
    assert "username*=UTF-8''J%C3%A4s%C3%B8n, " in value


# Against a server


@pytest.mark.parametrize(
    ("algorithm", "qop"),
    [
        *((name, "auth") for name in ("", "MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256")),
        *((name, None) for name in ("", "MD5", "SHA-256")),
    ],
)
def test_every_algorithm_signs_in(algorithm, qop):
    site = DigestSite(algorithm=algorithm, qop=qop)
    with serving(site) as server, Session(DigestLogin("ada", PASSWORD), base_url=server.url("/")) as session:
        assert [session.get(f"/{n}?q=a,b&c=%22").status_code for n in range(3)] == [200] * 3
    assert site.wrong == 0


def test_one_challenge_serves_all_threads_and_pages(site):
    with session_for(site) as session, ThreadPoolExecutor(8) as pool:
        session.sign_in()
        before = site.challenges
        answers = list(pool.map(lambda n: session.get(f"/{n}?a={n}").status_code, range(60)))
        assert answers == [200] * 60
    assert (site.wrong, site.challenges) == (0, before)


def test_a_stale_nonce_is_neither_a_sign_out_nor_a_wrong_password(site):
    with session_for(site) as session:
        session.sign_in()
        for _ in range(3):
            site.expire()
            answer = session.get("/a")
            assert (answer.status_code, answer.history) == (200, [])
        assert session.epoch == 1
    assert (site.wrong, site.stale) == (0, 3)


def test_nonces_that_live_shortly_under_many_threads(site):
    site.lifetime = 3
    with session_for(site) as session, ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: session.get(f"/{n}").status_code, range(40)))
        assert answers == [200] * 40
        assert session.epoch == 1
    assert site.wrong == 0


def test_a_server_whose_nonces_are_always_stale_is_given_up(site):
    site.lifetime = 0
    with session_for(site) as session, pytest.raises(LoginRejected):
        session.get("/a")
    assert site.challenges < 10


def test_the_nonce_that_the_server_wants_next_is_used(site):
    site.next_nonce, site.lifetime = True, 1
    with session_for(site) as session:
        assert [session.get(f"/{n}").status_code for n in range(5)] == [200] * 5
    assert site.stale == 0


def test_a_wrong_password_reaches_the_site_once_and_not_again_in_the_next_run(site, tmp_path: Path):
    for words in ("did not accept ada", "Nothing was sent: the site rejected"):
        with session_for(site, "wrong", state_dir=Vault(tmp_path)) as session:
            for _ in range(2):
                with pytest.raises(LoginRejected, match=words):
                    session.get("/a")
    assert site.wrong == 1


def test_a_single_closed_page_is_no_reason_to_sign_in(site):
    site.closed.add("/board")
    with session_for(site) as session:
        with pytest.raises(AccessDenied):
            session.get("/board")
        assert session.get("/a").ok
        assert session.epoch == 1


def test_a_body_is_sent_again_where_the_nonce_was_stale(site):
    with session_for(site) as session:
        session.sign_in()
        for body in (b"plain", "wörds".encode(), io.BytesIO(b"of a file")):
            site.expire()
            assert session.post("/form", data=body).status_code == 200
    assert site.posted == [b"plain", "wörds".encode(), b"of a file"]


def test_a_redirect_is_signed_for_its_own_address(site):
    with session_for(site) as session:
        assert session.get("/to/there?x=1").url.endswith("/there?x=1")
        assert session.post("/to/there", data=b"x").ok
        assert session.epoch == 1
    assert site.wrong == 0


def test_it_goes_to_no_other_origin(site):
    with serving(lambda asked: Reply(200, [HTML], PAGE)) as other, session_for(site) as session:
        session.sign_in()
        page = site.page
        site.page = lambda asked: redirect(other.url("/x")) if asked.path == "/away" else page(asked)
        assert session.get("/away").ok
        assert session.get(other.url("/direct")).ok
    assert [asked.headers.get("Authorization") for asked in other.asked] == [None, None]


def test_it_comes_back_with_a_redirect_that_comes_back(site):
    with serving(lambda asked: redirect(site.server.url("/back"))) as other, session_for(site) as session:
        session.sign_in()
        page = site.page
        site.page = lambda asked: redirect(other.url("/x")) if asked.path == "/away" else page(asked)
        assert session.get("/away").status_code == 200
    assert site.wrong == 0


def test_another_realm_has_other_passwords(site):
    answer = site.server.answer
    with session_for(site) as session:
        session.sign_in()
        site.server.answer = lambda asked: (
            Reply(401, [("WWW-Authenticate", 'Digest realm="other", nonce="n", qop="auth"')])
            if asked.path == "/other"
            else answer(asked)
        )
        with pytest.raises(AccessDenied):
            session.get("/other")
        assert session.get("/a").ok
        sent = [a.headers["Authorization"] for a in site.server.asked if a.path == "/other"]
    assert not any('realm="other"' in header for header in sent)


def test_the_first_challenge_that_can_be_answered_is(site):
    site.others = ('Negotiate, Digest realm="a, b", nonce="n", algorithm=BLAKE3', 'Basic realm="x"')
    with session_for(site) as session:
        assert session.get("/a").ok


@pytest.mark.parametrize(
    ("challenge", "words"),
    [
        ('Digest realm="x", nonce="n", algorithm=BLAKE3', "wants the algorithm BLAKE3"),
        ('Digest realm="x", nonce="n", qop="auth-int"', "wants whole bodies signed"),
        ('Digest realm="x"', "has no realm or no nonce"),
        ('Basic realm="x"', r"asks for Basic, not for Digest\. Use BasicLogin\(\.\.\.\) instead"),
    ],
)
def test_a_challenge_that_cannot_be_answered_is_named(challenge, words):
    with serving(lambda asked: Reply(401, [("WWW-Authenticate", challenge)])) as server:
        session = Session(DigestLogin("ada", PASSWORD), base_url=server.url("/"))
        with session, pytest.raises(LoginError, match=words):
            session.get("/a")
        assert not any("Authorization" in asked.headers for asked in server.asked)


def test_a_page_that_asks_for_nothing_is_no_place_to_sign_in():
    with serving(lambda asked: Reply(200, [HTML], PAGE)) as server:
        session = Session(DigestLogin("ada", PASSWORD), base_url=server.url("/"))
        with session, pytest.raises(LoginError, match="answered 200 to a stranger and asked for nothing"):
            session.get("/a")


def test_a_refusal_without_end_is_cut_off(site):
    answer = site.server.answer

    def endless(asked):
        reply = answer(asked)
        if reply.status == 401:
            reply.chunks = (b"x" * 65536 for _ in range(50))
        return reply

    site.server.answer = endless
    with session_for(site) as session:
        assert session.get("/a").ok
        site.expire()
        assert session.get("/b").ok


def test_cookies_of_a_refusal_are_kept(site):
    answer = site.server.answer

    def baking(asked):
        reply = answer(asked)
        if reply.status == 401:
            reply.headers.append(("Set-Cookie", f"seen={site.challenges}"))
        return reply

    site.server.answer = baking
    with session_for(site) as session:
        session.sign_in()
        site.expire()
        assert session.get("/b").ok
        assert session.cookies["seen"] == str(site.challenges)


def test_over_http_only_where_the_user_says_so(site, monkeypatch):
    login = DigestLogin("ada", PASSWORD, in_clear=True, site="http://camera.example/")
    with Session(login, base_url="http://camera.example/") as session:
        session.carry(Digest(Account.of("ada", PASSWORD)))
        assert session.session_auth("http://camera.example/x") is not None


def test_what_travels_is_equal_and_shows_nothing(site):
    with session_for(site) as session:
        session.get("/a")
        authorization = session.travelling()["authorization"]
    copy = pickle.loads(pickle.dumps(authorization))
    assert copy == authorization
    assert hash(copy) == hash(authorization)
    assert copy != Digest(Account.of("eve", "x"))
    assert "wörd" not in repr(copy) + repr(DigestLogin("ada", PASSWORD))


class Members(Spider):
    concurrency = 8

    def parse(self, response):
        yield {"url": response.url}


@pytest.mark.parametrize("number", [None, 2])
def test_a_crawl_over_nonces_that_end_signs_in_once(site, number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = site.server.answer

    def ending(asked):
        if asked.path in ("/10", "/20", "/30"):
            site.nonces = {nonce: uses for nonce, uses in site.nonces.items() if not uses}
        return answer(asked)

    site.server.answer = ending
    spider = Members(
        start_urls=[site.server.url(f"/{n}") for n in range(40)],
        login=DigestLogin("ada", PASSWORD),
        save_session=False,
    )
    with crawl(spider, executor=processes(visit, spider, number) if number else None) as job:
        assert (job.counts().done, job.counts().items) == (40, 40)
        assert len(job.events("signed_in")) == 1
    assert site.wrong == 0


def test_workers_take_one_challenge_each_and_not_one_a_batch(site, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spider = Members(
        start_urls=[site.server.url(f"/{n}") for n in range(60)],
        login=DigestLogin("ada", PASSWORD, logged_in="#in"),
        save_session=False,
        concurrency=2,
    )
    with crawl(spider, executor=processes(visit, spider, 2)) as job:
        assert job.counts().done == 60
    assert site.challenges < 12


def test_a_new_password_in_mid_crawl_costs_one_sign_in(site, job):
    passwords = [PASSWORD]
    answer = site.server.answer

    def ending(asked):
        if asked.path == "/20":
            passwords[0] = site.password = "another one"
        return answer(asked)

    site.server.answer = ending
    spider = Members(
        start_urls=[site.server.url(f"/{n}") for n in range(40)],
        login=DigestLogin("ada", lambda: passwords[0]),
        save_session=False,
    )
    crawl(spider, job)
    assert (job.counts().done, job.counts().failed) == (40, 0)
    assert len(job.events("signed_in")) == 2


def test_a_page_that_leads_to_another_site_proves_nothing(site):
    with serving(DigestSite()) as other, session_for(site) as session:
        site.page = lambda asked: redirect(other.url("/x"))
        with pytest.raises(LoginUnverified, match=r"is where .* leads, and the credentials do not go there"):
            session.get("/a")


def test_it_proves_itself_by_comparing_too(site):
    with Session(DigestLogin("ada", PASSWORD), base_url=site.server.url("/")) as session:
        assert session.get("/a").ok
    site.closed.add("/")
    session = Session(DigestLogin("ada", PASSWORD), base_url=site.server.url("/"))
    with session, pytest.raises((LoginRejected, LoginUnverified)):
        session.get("/a")
