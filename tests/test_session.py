from __future__ import annotations

import logging
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from requests_mock import ANY, Mocker

from scraper import (
    AccessDenied,
    ConfigError,
    FetchError,
    FormLogin,
    LoginError,
    LoginFormNotFound,
    LoginRejected,
    LoginUnavailable,
    LoginUnverified,
    Request,
    Retry,
    Session,
    SessionEnded,
    Timeout,
    TooLarge,
    TooManyRedirects,
    TooSlow,
    fill,
)

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


def test_an_exchange_over_the_deadline_is_cut_and_not_repeated(requests_mock: Mocker):
    requests_mock.get(URL, content=b"x")
    with pytest.raises(TooSlow, match=r"raise timeout\.total"):
        Session(timeout=Timeout(total=-1), retry=NO_WAIT).get(URL)
    assert requests_mock.call_count == 1


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


def test_a_post_that_met_an_ended_session_is_not_repeated(site, session, requests_mock: Mocker):
    requests_mock.register_uri(ANY, ANY, real_http=True)
    requests_mock.post(f"{site.url}/order", status_code=401)
    with pytest.raises(SessionEnded, match="did not repeat"):
        session.post("/order", data={"book": "1"})
    assert [call.method for call in requests_mock.request_history if call.path == "/order"] == ["POST"]
    assert session.epoch == 2


def test_a_page_that_stays_closed_after_a_new_sign_in_is_denied(requests_mock: Mocker):
    requests_mock.get("http://127.0.0.1/login", text=FORM, headers=HTML)
    requests_mock.post("http://127.0.0.1/login", text="<a class=logout>", headers=HTML)
    requests_mock.get("http://127.0.0.1/", text="<a class=logout>", headers=HTML)
    requests_mock.get("http://127.0.0.1/admin", text=FORM, headers=HTML)
    login = FormLogin("/login", fill(user="a", pw="secret"), logged_in="a.logout")
    with pytest.raises(AccessDenied, match=r"http://127\.0\.0\.1/admin stays closed"):
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


def test_without_an_indicator_it_says_what_to_declare(site):
    login = FormLogin("/login", fill(username=site.username, password=site.password))
    with Session(login, base_url=site.url) as session, pytest.raises(LoginUnverified, match="logged_in="):
        session.get("/books")


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
    requests_mock.get(URL + "login", exc=requests.ConnectionError)
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
