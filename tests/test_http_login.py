"""Basic: sent to its origin alone, and a wrong password once."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scraper import (
    AccessDenied,
    AccountLocked,
    BasicLogin,
    ConfigError,
    DigestLogin,
    LoginError,
    LoginRejected,
    LoginUnavailable,
    LoginUnverified,
    RateLimited,
    Session,
    Spider,
    Vault,
    crawl,
    env,
)
from scraper.crawl import visit
from scraper.executors import processes
from tests.commands import scraper
from tests.http_sites import HTML, PAGE, BasicSite
from tests.servers import Reply, redirect, serving

PASSWORD = "pa:ss wörd"


@pytest.fixture
def site():
    site = BasicSite()
    with serving(site) as server:
        site.server = server
        yield site


def session_for(site, password=PASSWORD, **options) -> Session:
    marks = {name: options.pop(name) for name in ("logged_in", "verify_url", "site") if name in options}
    login = BasicLogin("ada", password, **marks)
    return Session(login, base_url=site.server.url("/list?page=1"), retry=1, **options)


def test_it_signs_in_by_comparing_and_without_an_address(site):
    with session_for(site) as session:
        assert session.get("/a").status_code == 200
        assert (session.epoch, session.account) == (1, "ada")
    assert set(site.given) == {f"ada:{PASSWORD}"}


def test_it_signs_in_by_an_indicator(site):
    with session_for(site, logged_in="#in") as session:
        assert session.get("/a").ok


def test_a_wrong_password_reaches_the_site_once_and_not_again_in_the_next_run(site, tmp_path: Path):
    with session_for(site, "wrong", state_dir=Vault(tmp_path)) as session:
        for _ in range(2):
            with pytest.raises(LoginRejected, match=r"accept ada for “Cellar, .lower. part” and says “401"):
                session.get("/a")
    again = session_for(site, "wrong", state_dir=Vault(tmp_path))
    with again, pytest.raises(LoginRejected, match="Nothing was sent: the site rejected these very"):
        again.get("/a")
    assert site.given == ["ada:wrong"]
    with session_for(site, state_dir=Vault(tmp_path)) as session:
        assert session.get("/a").ok


def test_nothing_of_it_is_kept(site, tmp_path: Path):
    with session_for(site, state_dir=Vault(tmp_path)) as session:
        session.get("/a")
        assert session.state()["tokens"] == {}
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"saved_at" not in files
    with session_for(site, state_dir=Vault(tmp_path)) as session:
        assert session.get("/a").ok
        assert not session.is_restored


def test_a_restored_session_signs_in_before_it_sends_anything(site):
    with session_for(site) as session:
        session.get("/a")
        state = session.state()
    site.given.clear()
    login = BasicLogin("ada", "wrong")
    again = Session.restore(state, login, base_url=site.server.url("/"))
    with again, pytest.raises(LoginRejected):
        again.get("/a")
    assert site.given == ["ada:wrong"]


def test_a_single_closed_page_is_no_reason_to_sign_in(site):
    site.closed.add("/board")
    with session_for(site) as session:
        session.get("/a")
        with pytest.raises(AccessDenied, match="/board is closed to ada"):
            session.get("/board")
        assert session.epoch == 1


def test_it_goes_to_no_other_origin(site):
    with serving(lambda asked: Reply(200, [HTML], PAGE)) as other, session_for(site) as session:
        session.get("/a")
        site.page = lambda asked: redirect(other.url("/x"))
        session.get("/away")
        session.get(other.url("/direct"))
    assert [asked.headers.get("Authorization") for asked in other.asked] == [None, None]


def test_a_redirect_to_the_front_page_signs_nobody_out(site):
    with session_for(site) as session:
        assert session.get("/to/").url == site.server.url("/")
        assert session.epoch == 1


def test_a_site_of_its_own_is_the_only_one(site):
    with serving(lambda asked: Reply(200, [HTML], PAGE)) as front:
        login = BasicLogin("ada", PASSWORD, site=site.server.url("/"), verify_url=site.server.url("/list"))
        with Session(login, base_url=front.url("/")) as session:
            assert session.get(site.server.url("/a")).ok
            assert session.get(front.url("/a")).ok
        assert {asked.headers.get("Authorization") for asked in front.asked} == {None}


def test_a_page_of_another_site_proves_nothing(site):
    with serving(lambda asked: Reply()) as front:
        login = BasicLogin("ada", PASSWORD, site=site.server.url("/"))
        with Session(login, base_url=front.url("/")) as session, pytest.raises(ConfigError) as caught:
            session.sign_in()
    assert "proves nothing: BasicLogin('ada', '***') goes to" in str(caught.value)
    assert site.given == []


def test_without_a_site_it_says_so():
    with Session(BasicLogin("ada", PASSWORD)) as session, pytest.raises(ConfigError, match="no base_url"):
        session.get("https://shop.example/")


def test_latin_1_is_for_old_servers():
    site = BasicSite(encoding="latin-1")
    with serving(site) as server:
        login = BasicLogin("ada", PASSWORD, encoding="latin-1")
        with Session(login, base_url=server.url("/")) as session:
            assert session.get("/a").ok
    login = BasicLogin("ada", "пароль", encoding="latin-1")
    with serving(site) as server, pytest.raises(ConfigError, match="cannot be written in latin-1"):
        Session(login, base_url=server.url("/")).get("/a")


def test_letters_in_two_parts_go_as_one(site):
    with session_for(site, "pa:ss wo\u0308rd") as session:
        assert session.get("/a").ok


@pytest.mark.parametrize(
    ("username", "password", "words"),
    [
        ("ada:2", "secret", "has a colon, which Basic cannot send"),
        ("ada", "secret\n", "has a line break or another control character"),
        ("a\rda", "secret", "The user name, 'a.rda', has a line break"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(site, username, password, words):
    session = Session(BasicLogin(username, password), base_url=site.server.url("/"))
    with session, pytest.raises(ConfigError, match=words):
        session.get("/a")
    assert site.given == []


@pytest.mark.parametrize("login", [BasicLogin, DigestLogin])
def test_it_is_not_sent_in_clear(login):
    with pytest.raises(ConfigError, match=r"in clear; give its https address"):
        login("ada", PASSWORD, site="http://shop.example/")
    session = Session(login("ada", PASSWORD, logged_in="#in"), base_url="http://shop.example/")
    with session, pytest.raises(ConfigError, match=r"in clear; give its https address"):
        session.sign_in()


def test_it_is_not_sent_to_a_site_that_asks_for_another_kind(site):
    site.challenge = 'Digest realm="x", nonce="y", NTLM'
    with session_for(site) as session, pytest.raises(LoginError) as caught:
        session.get("/a")
    assert "Nothing was sent:" in str(caught.value)
    assert "asks for Digest, Ntlm, not for Basic. Use DigestLogin(...) instead." in str(caught.value)
    assert site.given == []


def test_a_site_that_asks_for_nothing_gets_it_all_the_same():
    def answer(asked):
        return Reply(200, [HTML], PAGE) if "Authorization" in asked.headers else Reply(404)

    with serving(answer) as server, Session(BasicLogin("ada", "pw-1"), base_url=server.url("/")) as session:
        assert session.get("/a").ok


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (423, b"", AccountLocked, "treats the account as locked"),
        (403, b"<p class=error>Your account has been locked.</p>", AccountLocked, "has been locked"),
        (429, b"", RateLimited, "takes no more sign-ins for now"),
        (500, b"", LoginUnavailable, "answered 500 to the sign-in"),
        (403, b"", LoginUnverified, "answered 403 to ada for .* which proves nothing"),
    ],
)
def test_what_the_site_says_is_told_apart(site, status, body, error, words):
    site.page = lambda asked: Reply(status, [HTML], body)
    with session_for(site) as session, pytest.raises(error, match=words):
        session.get("/a")
    assert len(site.given) == 1


def test_an_open_page_proves_nothing():
    with serving(lambda asked: Reply(200, [HTML], PAGE)) as server:
        session = Session(BasicLogin("ada", "pw-1"), base_url=server.url("/"))
        with session, pytest.raises(LoginUnverified, match="look the same to members and to strangers"):
            session.get("/a")


def test_an_answer_that_does_not_come_is_not_asked_for_again(site):
    site.page = lambda asked: Reply(200, [HTML], chunks=iter([]), pause=0)
    answer = site.server.answer

    def breaking(asked):
        reply = answer(asked)
        if reply.status == 200:
            raise ConnectionResetError
        return reply

    site.server.answer = breaking
    with session_for(site) as session, pytest.raises(LoginUnavailable, match="did not get through"):
        session.get("/a")
    assert len(site.given) == 1


def test_ten_threads_and_a_new_password_are_one_sign_in(site):
    session = Session(BasicLogin("ada", Changing(site)), base_url=site.server.url("/"), retry=1)
    with session, ThreadPoolExecutor(10) as pool:
        session.sign_in()
        site.password = "another one"
        answers = list(pool.map(lambda n: session.get(f"/{n}").status_code, range(60)))
        assert answers == [200] * 60
        assert session.epoch == 2


def test_no_repr_shows_the_password(site):
    with session_for(site) as session:
        session.get("/a")
        authorization = session.travelling()["authorization"]
        assert pickle.loads(pickle.dumps(authorization)) == authorization
        assert repr(authorization) == "Basic()"
    assert repr(BasicLogin(env("USER"), "secret")) == "BasicLogin(env('USER'), '***')"


class Members(Spider):
    concurrency = 8

    def parse(self, response):
        yield {"url": response.url}


class Changing:
    """A password that changes with the site's."""

    def __init__(self, site) -> None:
        self.site = site

    def __call__(self) -> str:
        return self.site.password


@pytest.mark.parametrize("number", [None, 2])
def test_a_new_password_in_mid_crawl_costs_one_sign_in_and_no_page(site, number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = site.server.answer

    def ending(asked):
        if asked.path == "/20":
            site.password = "another one"
        return answer(asked)

    site.server.answer = ending
    spider = Members(
        start_urls=[site.server.url(f"/{n}") for n in range(40)],
        login=BasicLogin("ada", Changing(site)),
        save_session=False,
    )
    with crawl(spider, executor=processes(visit, spider, number) if number else None) as job:
        assert (job.counts().done, job.counts().failed, job.counts().items) == (40, 0, 40)
        assert len(job.events("signed_in")) == 2


def test_a_wrong_password_ends_a_run_with_16_and_the_next_sends_nothing(site, tmp_path):
    (tmp_path / "board.py").write_text(
        "from scraper import BasicLogin, Spider, env\n\n\nclass Board(Spider):\n"
        f"    start_urls = {site.server.url('/')!r}\n    login = BasicLogin('ada', env('SHOP_PASSWORD'))\n"
    )
    given = {"SHOP_PASSWORD": "wrong", "SCRAPER_STATE_DIR": str(tmp_path / "state")}
    runs = [scraper("run", "board.py", *more, cwd=tmp_path, **given) for more in ([], ["--processes", "2"])]
    assert [run.returncode for run in runs] == [16, 16]
    assert "did not accept ada for" in runs[0].stderr
    assert "Nothing was sent" in runs[1].stderr
    assert site.given == ["ada:wrong"]
    checked = scraper("login", "board.py", "--check", cwd=tmp_path, **given)
    assert (checked.returncode, len(site.given)) == (16, 1)
    assert "Nothing is kept for board" in checked.stderr
    told = scraper("login", "board.py", "--explain", "--forget", cwd=tmp_path, **given)
    assert "answered 401; it asks for: Basic (Cellar," in told.stdout + told.stderr
    assert len(site.given) == 2


def test_a_page_that_is_closed_in_a_crawl_is_denied(site, job):
    site.closed.add("/3")
    spider = Members(
        start_urls=[site.server.url(f"/{n}") for n in range(6)], login=BasicLogin("ada", PASSWORD)
    )
    crawl(spider, job)
    assert (job.counts().done, job.counts().failed) == (5, 1)
    assert len(job.events("signed_in")) == 1
    [(_, problem, _)] = job.problems()
    assert problem.startswith("access_denied")


def test_a_page_that_refuses_with_other_challenges_too_is_answered(site):
    site.challenge = 'Negotiate, NTLM, Basic realm="x"'
    with session_for(site) as session:
        assert session.get("/a").ok


def test_a_refusal_says_what_the_realm_asks_for(site, caplog):
    caplog.set_level("INFO", "scraper.login")
    with session_for(site) as session:
        session.get("/a")
    assert 'it asks for: Basic (Cellar, "lower" part).' in caplog.text
    assert PASSWORD not in caplog.text
