from __future__ import annotations

import json
import logging
import pickle
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
import requests
from requests_mock import ANY, Mocker

from scraper import (
    AccessDenied,
    ConfigError,
    FetchError,
    FormLogin,
    InteractionRequired,
    LoginError,
    LoginFormNotFound,
    LoginRejected,
    LoginUnavailable,
    LoginUnverified,
    Request,
    Response,
    Retry,
    Session,
    SessionEnded,
    Timeout,
    TooLarge,
    TooManyRedirects,
    TooSlow,
    fill,
)
from tests.servers import Reply, Server, names, redirect, serving

URL = "http://shop.test/"
HTML = {"Content-Type": "text/html"}
FORM = "<form method=post><input name=user><input type=password name=pw></form>"
NO_WAIT = Retry(attempts=3, wait=0)


def test_it_is_a_requests_session_without_a_login(requests_mock: Mocker):
    requests_mock.get(URL, text="hello")
    with Session() as session:
        assert isinstance(session, requests.Session)
        assert session.get(URL).text == "hello"


def test_relative_addresses_count_from_the_base_url(requests_mock: Mocker):
    requests_mock.get("http://shop.test/a/b", text="b")
    assert Session(base_url="http://shop.test/a/").get("b").text == "b"


def test_default_headers_and_timeouts_go_with_every_request(requests_mock: Mocker):
    requests_mock.get(URL)
    Session(headers={"Accept-Language": "de"}, timeout=Timeout(connect=3, read=4)).get(URL)
    assert requests_mock.last_request.headers["Accept-Language"] == "de"
    assert requests_mock.last_request.timeout == (3, 4)


def test_a_plain_number_is_a_timeout_and_a_call_may_have_its_own(requests_mock: Mocker):
    requests_mock.get(URL)
    Session(timeout=5).get(URL)
    assert requests_mock.last_request.timeout == (5, 5)
    Session(timeout=5).get(URL, timeout=1)
    assert requests_mock.last_request.timeout == 1


def test_positional_arguments_are_those_of_requests(requests_mock: Mocker):
    requests_mock.post(URL, text="ok")
    Session().request("POST", URL, {"q": "1"}, {"field": "x"})
    assert requests_mock.last_request.url == URL + "?q=1"
    assert requests_mock.last_request.text == "field=x"


def test_hooks_params_and_mounted_adapters_work_as_in_requests(requests_mock: Mocker):
    requests_mock.get(URL + "?page=2", text="two")
    seen = []
    session = Session()
    session.params = {"page": "2"}
    session.hooks["response"].append(lambda response, **_: seen.append(response.status_code))
    assert session.get(URL).text == "two"
    assert seen == [200]


def test_transient_failures_are_retried(requests_mock: Mocker):
    requests_mock.get(URL, [{"status_code": 503}, {"exc": requests.ConnectionError}, {"text": "there"}])
    assert Session(retry=NO_WAIT).get(URL).text == "there"


def test_the_last_answer_is_returned_when_the_attempts_are_used_up(requests_mock: Mocker):
    requests_mock.get(URL, status_code=503)
    assert Session(retry=NO_WAIT).get(URL).status_code == 503
    assert requests_mock.call_count == 3


def test_a_post_is_sent_once(requests_mock: Mocker):
    requests_mock.post(URL, status_code=503)
    assert Session(retry=NO_WAIT).post(URL).status_code == 503
    assert requests_mock.call_count == 1


def test_scripts_get_the_errors_of_requests(requests_mock: Mocker):
    requests_mock.get(URL, exc=requests.ConnectTimeout)
    with pytest.raises(requests.ConnectTimeout):
        Session(retry=1).get(URL)


def test_crawls_get_one_error_that_says_what_and_how_often(requests_mock: Mocker):
    requests_mock.get(URL, exc=requests.ConnectTimeout)
    with pytest.raises(
        FetchError, match=r"GET http://shop\.test/ failed 3 times: no connection in time"
    ) as caught:
        Session(retry=NO_WAIT).fetch(Request(URL))
    assert caught.value.attempts == 3


def test_a_body_over_the_limit_is_cut(requests_mock: Mocker):
    requests_mock.get(URL, content=b"x" * 1001)
    assert len(Session(max_body=1001).get(URL).content) == 1001
    with pytest.raises(TooLarge, match="more than 1000 bytes; raise max_body"):
        Session(max_body=1000).get(URL)


def test_an_exchange_over_the_deadline_is_cut_and_not_repeated(site):
    site.latency = 60
    session = Session(timeout=Timeout(total=0.2), retry=NO_WAIT)
    with pytest.raises(TooSlow, match=r"raise timeout\.total") as caught:
        session.get(site.url)
    assert isinstance(caught.value, requests.Timeout)
    assert site.counts.requests == 1


def test_a_streamed_body_is_left_to_the_caller(requests_mock: Mocker):
    requests_mock.get(URL, content=b"abc")
    with Session(max_body=1).get(URL, stream=True) as response:
        assert b"".join(response.iter_content(1)) == b"abc"


def test_redirects_are_limited(requests_mock: Mocker):
    requests_mock.get(URL, status_code=302, headers={"Location": URL})
    with pytest.raises(TooManyRedirects, match="more than 10 times; raise max_redirects") as caught:
        Session(retry=NO_WAIT).get(URL)
    assert isinstance(caught.value, requests.TooManyRedirects)
    assert requests_mock.call_count == 11


def test_a_session_is_not_pickled():
    with pytest.raises(TypeError, match="holds credentials"):
        pickle.dumps(Session())


def test_signing_in_needs_a_login():
    with pytest.raises(ConfigError, match="no login"):
        Session().sign_in()


def test_a_relative_login_needs_a_base_url():
    with pytest.raises(ConfigError, match="base_url"):
        Session(FormLogin("/login", fill(password="x" * 8))).sign_in()


def test_the_first_request_signs_in(site, session):
    assert "Sign out" in session.get("/books").text
    assert (session.epoch, session.account) == (1, "reader")
    assert site.counts.logins == 1


def test_the_session_cookie_is_kept_and_sign_in_is_not_repeated(site, session):
    for _ in range(3):
        session.get("/books")
    assert "session" in session.cookies
    assert site.counts.logins == 1


@pytest.mark.parametrize("answer", ["redirect", "form", "401"])
def test_an_ended_session_is_renewed_and_the_page_fetched_again(site, session, answer):
    site.signed_out_answer = answer
    session.get("/books")
    site.sign_everyone_out()
    assert "Sign out" in session.get("/account").text
    assert (session.epoch, site.counts.logins) == (2, 2)


def test_ten_threads_with_one_ended_session_sign_in_once(site, session):
    session.get("/books")
    site.sign_everyone_out()
    together = threading.Barrier(10)

    def fetch(_: int) -> bool:
        together.wait()
        return "Sign out" in session.get("/account").text

    with ThreadPoolExecutor(10) as pool:
        assert all(pool.map(fetch, range(10)))
    assert site.counts.logins == 2


def test_a_post_that_met_an_ended_session_is_not_repeated(site, session):
    site.signed_out_answer = "401"
    session.get("/books")
    site.sign_everyone_out()
    with Mocker(real_http=True) as web:
        web.post(f"{site.url}/order", status_code=401)
        with pytest.raises(SessionEnded, match="did not repeat"):
            session.post("/order", data={"book": "1"})
        assert [call.path for call in web.request_history if call.method == "POST"] == ["/order", "/login"]
    assert (session.epoch, site.counts.logins) == (2, 2)


def test_a_page_that_is_closed_to_a_live_session_is_denied(requests_mock: Mocker):
    requests_mock.get("http://127.0.0.1/login", text=FORM, headers=HTML)
    requests_mock.post("http://127.0.0.1/login", text="<a class=logout>", headers=HTML)
    requests_mock.get("http://127.0.0.1/", text="<a class=logout>", headers=HTML)
    requests_mock.get("http://127.0.0.1/admin", text=FORM, headers=HTML)
    login = FormLogin("/login", fill(user="a", pw="secret"), logged_in="a.logout")
    with pytest.raises(AccessDenied, match=r"http://127\.0\.0\.1/admin is closed to a"):
        Session(login, base_url="http://127.0.0.1/").get("/admin")


def test_a_wrong_password_is_submitted_once_for_the_whole_session(site):
    login = FormLogin("/login", fill(username="reader", password="wrong guess"), logged_in="a.logout")
    with Session(login, base_url=site.url) as session:
        for _ in range(2):
            with pytest.raises(LoginRejected, match="Wrong user name or password") as caught:
                session.get("/books")
            assert "wrong guess" not in str(caught.value)
    assert site.counts.login_attempts == 1


def test_a_sign_in_that_nothing_proves_does_not_count(site):
    login = FormLogin("/login", fill(username=site.username, password=site.password), logged_in="a.nowhere")
    with Session(login, base_url=site.url) as session, pytest.raises(LoginUnverified, match=r"'a\.nowhere'"):
        session.get("/books")
    assert session.epoch == 0


@pytest.mark.parametrize("answer", ["redirect", "form", "401", "403"])
def test_without_an_indicator_members_are_told_from_strangers_by_comparing(site, answer):
    site.signed_out_answer = answer
    login = FormLogin("/login", fill(username=site.username, password=site.password))
    with Session(login, base_url=f"{site.url}/books", retry=1) as session:
        assert "Sign out" in session.get("/books").text
        assert session.is_signed_in()
        site.sign_everyone_out()
        assert not session.is_signed_in()
        assert session.sign_in(after=1) == 2
    assert site.counts.logins == 2


def test_where_members_and_strangers_see_the_same_the_sign_in_does_not_count(web):
    one, _ = web
    same = "<p id=n{}>the same, but for a number</p>"
    one.answer = lambda asked: html(
        FORM if asked.target == ("GET", "/login") else same.format(len(one.asked))
    )
    login = FormLogin("/login", fill(user="ada", pw=PASSWORD))
    with pytest.raises(LoginUnverified, match=r"look the same to members and to strangers.*logged_in="):
        Session(login, base_url=one.url(), retry=1).sign_in()


def test_verify_false_goes_on_without_proof(site):
    login = FormLogin("/login", fill(username=site.username, password=site.password), verify=False)
    with Session(login, base_url=site.url) as session:
        assert "Sign out" in session.get("/books").text
        assert not session.is_signed_in()


def test_the_proof_may_stand_on_a_page_of_its_own(site):
    login = FormLogin(
        "/login",
        fill(username=site.username, password=site.password),
        logged_in=lambda response: response.url.endswith("/account") and response.ok and not response.history,
        verify_url="/account",
    )
    with Session(login, base_url=site.url) as session:
        assert session.get("/books").ok


def test_whether_it_is_signed_in_is_asked_at_the_site(site, session):
    assert not session.is_signed_in()
    session.sign_in()
    assert session.is_signed_in()
    site.sign_everyone_out()
    assert not session.is_signed_in()


def test_other_sites_are_asked_without_signing_in_and_are_not_judged(site, session, requests_mock: Mocker):
    requests_mock.get("http://other.test/login", text=FORM, headers=HTML)
    assert session.get("http://other.test/login").text == FORM
    assert (session.epoch, site.counts.login_attempts) == (0, 0)


def test_a_site_that_cannot_be_reached_is_unavailable_not_rejected(requests_mock: Mocker):
    requests_mock.get(ANY, exc=requests.ConnectionError)
    session = Session(FormLogin("/login", fill(password="secret")), base_url=URL, retry=1)
    with pytest.raises(LoginUnavailable, match="did not get through"):
        session.sign_in()


def test_a_server_error_at_the_login_may_be_tried_again_later(site, session):
    site.fail_next = 1
    with pytest.raises(LoginUnavailable, match="503"):
        session.sign_in()
    assert session.sign_in() == 1


@pytest.mark.parametrize(
    ("form", "error", "words"),
    [
        ("<form><input name=q></form>", LoginFormNotFound, "no form with a password field"),
        (
            "<form method=post><input name=pw type=password></form>",
            LoginFormNotFound,
            "no field 'user'; it has pw",
        ),
        ("<form><input name=user><input name=pw type=password></form>", LoginError, "into an address"),
        (
            "<form method=post action=//evil.test/><input name=user><input name=pw type=password></form>",
            LoginError,
            "in clear to http://evil.test/",
        ),
        (
            "<form method=post action=https://x.test/><input name=user><input name=pw type=password></form>",
            LoginError,
            "send the password to https://x.test",
        ),
    ],
)
def test_a_password_goes_only_where_it_belongs(requests_mock: Mocker, form, error, words):
    requests_mock.get("http://127.0.0.1/login", text=form, headers={"Content-Type": "text/html"})
    session = Session(FormLogin("http://127.0.0.1/login", fill(user="a", pw="secret")))
    with pytest.raises(error, match=words):
        session.sign_in()
    assert requests_mock.call_count == 1


def test_signing_in_is_logged_without_secrets(site, session, caplog):
    with caplog.at_level(logging.DEBUG):
        session.get("/books")
    assert "Signed in as reader; cookies: visitor, session" in caplog.text
    assert site.password not in caplog.text


PASSWORD = "h0rse-battery"
PW_FIELD = "<input type=password name=password>"


@pytest.fixture
def web() -> Iterator[tuple[Server, Server]]:
    """Two servers; what each answers is up to the test."""
    with serving(lambda asked: Reply()) as one, serving(lambda asked: Reply()) as other:
        yield one, other


def html(text: str, status: int = 200, **headers: str) -> Reply:
    return Reply(status, [("Content-Type", "text/html"), *headers.items()], text.encode())


def form_login(**fields: str) -> FormLogin:
    return FormLogin("/login", fill(**(fields or {"user": "ada", "pw": PASSWORD})), logged_in="a.logout")


def bodies(server: Server) -> bytes:
    return b"".join(asked.body for asked in server.asked)


def test_a_login_page_that_leads_to_a_form_of_another_origin_gets_no_password(web):
    one, other = web
    one.answer = lambda asked: redirect(other.url("/steal"))
    other.answer = lambda asked: html(FORM)
    with pytest.raises(LoginError, match="which is not the login's http://127"):
        Session(form_login(), base_url=one.url(), retry=1).sign_in()
    assert bodies(other) == b""


def test_an_answer_that_passes_the_password_on_to_another_origin_is_not_followed(web):
    one, other = web
    one.answer = lambda asked: html(FORM) if asked.method == "GET" else redirect(other.url("/steal"), 307)
    with pytest.raises(LoginError, match="would pass the password on to"):
        Session(form_login(), base_url=one.url(), retry=1).sign_in()
    assert other.asked == []


@pytest.mark.parametrize(
    ("fields", "account"),
    [
        ({"pwd": PASSWORD, "log": "ada"}, "ada"),
        ({"email": "ada@shop.test", "password": PASSWORD}, "ada@shop.test"),
        ({"pin": PASSWORD}, None),
        ({"user_password": PASSWORD, "httpd_username": "ada"}, "ada"),
    ],
)
def test_the_account_is_named_by_what_is_no_secret(fields, account):
    assert form_login(**fields).account == account


@pytest.mark.parametrize("padding", [0, 185, 195, 400])
def test_the_password_is_never_quoted_not_even_in_part(web, padding):
    one, _ = web
    password = "two  spaces & more"
    complaint = f"{'x' * padding} {password} is wrong"
    one.answer = lambda asked: html(f"<p class=error>{complaint}</p>{FORM}")
    with pytest.raises(LoginRejected) as caught:
        Session(form_login(user="ada", pw=password), base_url=one.url(), retry=1).sign_in()
    assert "two" not in str(caught.value)


@pytest.mark.parametrize("wrong", [{"button": "#nope"}, {"form": "#nope"}])
def test_a_form_or_button_that_is_not_there_is_said_in_a_sentence(web, wrong):
    one, _ = web
    one.answer = lambda asked: html(FORM)
    login = FormLogin("/login", fill(user="ada", pw=PASSWORD), logged_in="a.logout", **wrong)
    with pytest.raises(LoginFormNotFound, match="'#nope'"):
        Session(login, base_url=one.url(), retry=1).sign_in()


def test_a_login_on_www_signs_in_for_the_bare_domain_too(web, monkeypatch):
    one, _ = web
    with names(monkeypatch, **{"www_shop_localhost": "127.0.0.1", "shop_localhost": "127.0.0.1"}):
        one.answer = lambda asked: html("<a class=logout>" if asked.method == "POST" else FORM)
        session = Session(form_login(), base_url=one.url(host="www.shop.localhost"), retry=1)
        with pytest.raises(LoginError):
            session.get(one.url("/account", host="shop.localhost"))
        assert PASSWORD.encode() in bodies(one)


def test_being_signed_out_is_seen_without_following_the_redirect(site, session):
    session.get("/books")
    site.sign_everyone_out()
    assert session.get("/books", allow_redirects=False).status_code == 200
    site.sign_everyone_out()
    assert session.head("/books").status_code == 200
    assert site.counts.logins == 3


def test_threads_that_meet_a_login_that_is_unavailable_submit_once(web):
    one, _ = web
    together = threading.Barrier(8)

    def answer(asked) -> Reply:
        return html(FORM) if asked.method == "GET" else Reply(503)

    def ask(_: int) -> str:
        together.wait()
        try:
            session.get("/account")
        except LoginUnavailable as error:
            return str(error)
        return ""

    one.answer = answer
    session = Session(form_login(), base_url=one.url(), retry=1)
    with ThreadPoolExecutor(8) as pool:
        assert all("503" in error for error in pool.map(ask, range(8)))
    assert [asked.method for asked in one.asked].count("POST") <= 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"retry": 0}, "at least 1"),
        ({"timeout": 0}, "more than 0 seconds"),
        ({"timeout": (3, -1)}, "read is -1"),
    ],
)
def test_limits_that_make_no_sense_are_refused(options, words):
    with pytest.raises(ConfigError, match=words):
        Session(**options)


def test_a_timeout_may_be_a_pair_as_in_requests():
    assert Session(timeout=(3, 10)).timeout == Timeout(connect=3, read=10)


def test_a_saved_session_goes_on_without_signing_in(site, session):
    session.get("/books")
    saved = json.loads(json.dumps(session.state()))
    with Session.restore(saved, session.login) as again:
        assert "Sign out" in again.get("/books").text
        assert (again.account, again.epoch, again.is_signed_in()) == ("reader", 1, True)
    assert site.counts.logins == 1


def test_a_restored_session_that_has_ended_signs_in(site, session):
    session.get("/books")
    saved = session.state()
    site.sign_everyone_out()
    with Session.restore(saved, session.login) as again:
        assert "Sign out" in again.get("/books").text
    assert site.counts.logins == 2


def test_a_state_of_playwright_is_taken():
    home_page = "http://127.0.0.1:1/"
    cookie = {"name": "sid", "value": "abc", "domain": "127.0.0.1", "path": "/", "expires": -1}
    state = {"cookies": [{**cookie, "httpOnly": True, "secure": False, "sameSite": "Lax"}], "origins": []}
    with Session.restore(state, base_url=home_page) as session:
        assert session.cookies.header_for(home_page) == "sid=abc"
        assert session.state()["cookies"] == state["cookies"]


def test_cookies_of_requests_mock_are_kept_too(requests_mock: Mocker):
    requests_mock.get(URL, headers={"Set-Cookie": "sid=1; Path=/"})
    session = Session()
    session.get(URL)
    session.get(URL)
    assert requests_mock.last_request.headers["Cookie"] == "sid=1"


def test_a_one_time_code_is_given_on_the_page_that_asks_for_it(site):
    site.ask_totp = True
    code = pyotp.TOTP(site.totp_secret).now
    login = FormLogin(
        "/login", fill(username=site.username, password=site.password, code=code), logged_in="a.logout"
    )
    with Session(login, base_url=site.url) as session:
        assert "Sign out" in session.get("/books").text
    assert (site.counts.logins, site.counts.login_attempts) == (1, 1)


def test_the_same_login_serves_an_account_that_is_asked_for_no_code(site):
    login = FormLogin(
        "/login", fill(username=site.username, password=site.password, code=str), logged_in="a.logout"
    )
    with Session(login, base_url=site.url) as session:
        assert session.get("/books").ok


def test_a_wrong_code_is_submitted_once(site):
    site.ask_totp = True
    login = FormLogin(
        "/login", fill(username=site.username, password=site.password, code="000000"), logged_in="a.logout"
    )
    with Session(login, base_url=site.url) as session, pytest.raises(LoginRejected, match="/login/code"):
        session.get("/books")
    assert site.counts.failed_logins == 1


def test_a_code_that_nobody_can_give_needs_a_person(site, session):
    site.ask_totp = True
    with pytest.raises(InteractionRequired, match=r"asks for a one-time code\. Give it a source") as caught:
        session.get("/books")
    assert caught.value.exit_code == 75


def test_the_user_name_may_be_asked_for_first(web):
    one, _ = web
    first = "<form><input name=q></form><form id=login method=post action=/name><input name=email></form>"
    second = f"<form method=post action=/password><input type=hidden name=email value=ada>{PW_FIELD}</form>"
    pages = {("GET", "/login"): first, ("POST", "/name"): second}
    one.answer = lambda asked: html(pages.get(asked.target, "<a class=logout>"))
    session = Session(form_login(email="ada@shop.test", password=PASSWORD), base_url=one.url(), retry=1)
    assert session.sign_in() == 1
    assert [asked.body for asked in one.asked if asked.body] == [
        b"email=ada%40shop.test",
        b"email=ada&password=h0rse-battery",
    ]


def test_a_user_name_that_is_not_known_is_rejected(web):
    one, _ = web
    form = "<form id=login method=post><input name=email></form>"
    one.answer = lambda asked: html(f"<p class=error>No such user</p>{form}")
    with pytest.raises(LoginRejected, match="No such user"):
        Session(form_login(email="ada@shop.test", password=PASSWORD), base_url=one.url(), retry=1).sign_in()
    assert PASSWORD.encode() not in bodies(one)


def test_a_sign_in_that_breaks_off_after_the_submit_is_not_repeated(web):
    one, _ = web
    one.answer = lambda asked: html(FORM if asked.method == "GET" else "<a class=logout>")

    def indicator(page: Response) -> bool:
        if page.request.method == "POST":
            raise ValueError("a bug")
        return False

    login = FormLogin("/login", fill(user="ada", pw=PASSWORD), logged_in=indicator)
    session = Session(login, base_url=one.url(), retry=1)
    with pytest.raises(ValueError, match="a bug"):
        session.sign_in()
    for _ in range(3):
        with pytest.raises(LoginError, match="The sign-in broke off: ValueError: a bug"):
            session.sign_in()
    assert [asked.method for asked in one.asked].count("POST") == 1


def test_a_submit_that_timed_out_is_not_repeated(web):
    one, _ = web
    one.answer = lambda asked: html(FORM) if asked.method == "GET" else time.sleep(0.4) or html("")
    session = Session(form_login(), base_url=one.url(), retry=1, timeout=Timeout(total=0.2))
    for _ in range(3):
        with pytest.raises(LoginUnavailable):
            session.sign_in()
    assert [asked.method for asked in one.asked].count("POST") == 1


def test_a_failure_that_is_raised_again_does_not_grow(site):
    login = FormLogin("/login", fill(username="reader", password="wrong guess"), logged_in="a.logout")
    session = Session(login, base_url=site.url)
    lengths = set()
    for _ in range(4):
        with pytest.raises(LoginRejected) as caught:
            session.sign_in()
        lengths.add(len(caught.traceback))
    assert len(lengths) <= 2


def test_a_page_for_strangers_that_says_nothing_plain_is_known_by_what_strangers_see(web):
    """No redirect, no status, no password field: only what comparing brought to light."""
    one, _ = web
    alive = [False]

    def answer(asked) -> Reply:
        if asked.target == ("POST", "/login"):
            alive[0] = True
            return redirect("/")
        if asked.path == "/login":
            return html(FORM)
        member = f"<a href=/logout>Out</a><p id=data>{asked.path}</p>"
        return html(member if alive[0] else "<div id=gate><a href=/login?x=1>You are not logged in</a></div>")

    one.answer = answer
    session = Session(FormLogin("/login", fill(user="ada", pw=PASSWORD)), base_url=one.url(), retry=1)
    session.get("/a")
    alive[0] = False
    assert "id=data" in session.get("/b").text
    assert session.epoch == 2
