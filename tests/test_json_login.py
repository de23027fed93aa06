"""`JsonLogin`: what it sends, where it finds tokens and puts them, and what refusals mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp
import pytest

from scraper import (
    AccountLocked,
    CaptchaRequired,
    CodeRejected,
    CodeRequired,
    ConfigError,
    JsonLogin,
    LoginError,
    LoginRejected,
    LoginUnavailable,
    LoginUnverified,
    PasswordExpired,
    RateLimited,
    Request,
    Secret,
    SelectorError,
    Session,
    Vault,
    crawl,
    env,
    json_path,
    status,
    text,
    totp,
)
from scraper.spider import Spider
from scraper.values import forget_used
from tests.api import PASSWORD, answer, read, running
from tests.servers import Asked, Reply, serving

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TOKEN = "acc3ss-token-+/=="
OK = {"data": {"access": TOKEN}}


class Site:
    """Answers sign-ins with `reply`, and members, as `is_member` knows them, with a page."""

    def __init__(self, reply: Reply, is_member: Callable[[Asked], bool] | None = None) -> None:
        self.reply = reply
        self.is_member = is_member or (lambda asked: asked.headers.get("Authorization") == f"Bearer {TOKEN}")

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/login":
            return self.reply
        if asked.path == "/csrf":
            return Reply(204, [("Set-Cookie", "XSRF-TOKEN=abc%3D12345; Path=/")])
        return answer({"user": "ada"}) if self.is_member(asked) else answer({}, 401)


def signed_in(server: Any, **options: Any) -> Session:
    options = {"json": {"email": "ada", "password": PASSWORD}, "token": "data.access", **options}
    session = Session(JsonLogin("/login", **options), base_url=server.url("/me"), retry=1)
    with session:
        session.sign_in()
    return session


def sent_by(server: Any, path: str = "/login") -> Asked:
    [asked] = [asked for asked in server.asked if asked.path == path]
    return asked


# What is sent


def test_values_are_nested_and_looked_up_when_they_are_sent(monkeypatch):
    with serving(Site(answer(OK))) as server:
        values = {
            "user": {"email": env("SHOP_MAIL"), "remember": True},
            "secret": Secret("s3cret-word"),
            "tags": ["a", lambda: "looked-up"],
            "n": 1,
        }
        login = JsonLogin("/login", json=values, token="data.access")
        monkeypatch.setenv("SHOP_MAIL", "ada@shop.example")
        with Session(login, base_url=server.url("/me"), retry=1) as session:
            session.sign_in()
        asked = sent_by(server)
    assert asked.headers["Content-Type"] == "application/json"
    assert json.loads(asked.body) == {
        "user": {"email": "ada@shop.example", "remember": True},
        "secret": "s3cret-word",
        "tags": ["a", "looked-up"],
        "n": 1,
    }
    assert session.account == "ada@shop.example"


def test_a_form_is_sent_as_forms_are():
    with serving(Site(answer(OK))) as server:
        signed_in(
            server, json=None, data={"name": "a&b", "pw": lambda: "p=w d1", "ok": True, "s": ["x", "y"]}
        )
        asked = sent_by(server)
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.body == b"name=a%26b&pw=p%3Dw+d1&ok=true&s=x&s=y"


@pytest.mark.parametrize(
    ("values", "account"),
    [
        ({"username": "ada", "password": "x"}, "ada"),
        ({"client_id": "app", "grant_type": "password", "username": lambda: "ada"}, "ada"),
        ({"user": {"name": "ada", "password": "x"}}, "ada"),
        ({"phone": lambda: "555-12345", "pin": lambda: "123456"}, "555-12345"),
        ({"password": lambda: "only-one"}, None),
        ({"second": totp(SEED), "password": lambda: "pw"}, None),
        ({"api_key": lambda: "k3y-k3y-k3y", "api_secret": lambda: "s3cret"}, None),
    ],
)
def test_the_account_is_known_by_its_name(values, account):
    assert JsonLogin("/login", json=values).account == account


def test_one_secret_alone_stands_for_all_accounts():
    assert not JsonLogin("/login", json={"password": lambda: "pw"}).has_account
    assert JsonLogin("/login", json={"key": lambda: "a", "secret": lambda: "b"}).has_account


def test_nothing_secret_shows_in_its_repr():
    values = {"email": env("MAIL"), "password": PASSWORD, "otp": totp(SEED)}
    shown = repr(JsonLogin("/login", json=values, token="t"))
    assert shown == "JsonLogin('/login', email from env('MAIL'), password, otp from totp('***'))"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"json": {}, "data": {}},
        {"data": "a=b"},
        {"json": {"a": object()}},
        {"json": {}, "header": "Authorization: Bearer"},
        {"json": {}, "query": "a b"},
        {"json": {}, "method": "get"},
    ],
)
def test_nonsense_is_a_configuration_error(options):
    with pytest.raises(ConfigError):
        JsonLogin("/login", **options)


def test_a_token_is_looked_for_by_what_is_a_query():
    with pytest.raises(SelectorError, match="header:NAME"):
        JsonLogin("/login", json={}, token="data.[")


def test_credentials_go_over_https_only():
    login = JsonLogin("http://shop.example/login", json={"user": "a", "pw": lambda: "b"}, verify=False)
    with Session(login) as session, pytest.raises(LoginError, match=r"in clear to http://shop\.example"):
        session.sign_in()


@pytest.mark.parametrize("code", [307, 308])
def test_credentials_do_not_follow_a_redirect_to_another_origin(code):
    with serving(lambda asked: answer(OK)) as other:
        reply = Reply(code, [("Location", other.url("/login"))])
        with serving(Site(reply)) as server, pytest.raises(LoginError, match="not sent"):
            signed_in(server)
    assert other.asked == []


def test_a_cookie_against_forged_requests_goes_back_in_its_header():
    with serving(Site(answer(OK))) as server:
        signed_in(server, csrf="/csrf")
        asked = sent_by(server)
    assert asked.headers["X-XSRF-TOKEN"] == "abc=12345"
    assert asked.headers["Origin"] == server.url("")
    assert asked.headers["Referer"] == server.url("/")


# Where tokens are, and where they go


@pytest.mark.parametrize(
    ("reply", "token"),
    [
        (answer({"token": TOKEN}), "token"),
        (answer({"data": [{"jwt": TOKEN}]}), "data[0].jwt"),
        (answer(TOKEN), "@"),
        (answer({}, 200, ("X-Auth", TOKEN)), "header:X-Auth"),
        (answer({}, 200, ("Authorization", f"Bearer {TOKEN}")), "header:Authorization"),
        (answer({}, 200, ("Set-Cookie", f"jwt={TOKEN}; Path=/")), "cookie:jwt"),
    ],
)
def test_a_token_is_found_in_body_header_or_cookie(reply, token):
    with serving(Site(reply)) as server:
        signed_in(server, token=token)


@pytest.mark.parametrize(
    ("options", "is_member"),
    [
        ({"header": "X-Api-Key"}, lambda asked: asked.headers.get("X-Api-Key") == TOKEN),
        (
            {"header": "authorization: JWT {token}"},
            lambda a: a.headers.get("authorization") == f"JWT {TOKEN}",
        ),
        ({"cookie": "sid"}, lambda asked: asked.headers.get("Cookie") == f"sid={TOKEN}"),
        ({"query": "key"}, lambda asked: asked.path == "/me?key=acc3ss-token-%2B%2F%3D%3D"),
    ],
)
def test_a_token_goes_where_it_is_said(options, is_member):
    with serving(Site(answer(OK), is_member)) as server:
        signed_in(server, **options)


def test_a_token_in_an_address_is_in_no_address_that_a_spider_sees():
    is_member = lambda asked: "key=acc3ss" in asked.path  # noqa: E731
    with serving(Site(answer(OK), is_member)) as server:
        session = signed_in(server, query="key")
        page = session.exchange(Request(server.url("/me?page=2&x=%20")))
        assert page.ok
        assert page.url == server.url("/me?page=2&x=%20")
        assert session.exchange(Request(server.url("/me"))).url == server.url("/me")


def test_a_header_of_any_name_stays_behind_on_a_redirect_elsewhere():
    with serving(lambda asked: Reply()) as other:
        site = Site(answer(OK), lambda asked: asked.headers.get("X-Me") == TOKEN)
        away = lambda asked: Reply(302, [("Location", other.url())]) if asked.path == "/away" else site(asked)  # noqa: E731
        with serving(away) as server:
            signed_in(server, header="X-Me").get(server.url("/away"))
    assert [asked.headers.get("X-Me") for asked in other.asked] == [None]


def test_an_api_that_sets_cookies_needs_no_token():
    reply = answer({"ok": True}, 200, ("Set-Cookie", "sid=abc; Path=/"))
    with serving(Site(reply, lambda asked: "sid=abc" in asked.headers.get("Cookie", ""))) as server:
        assert signed_in(server, token=None).tokens == {}


def test_a_token_that_no_header_can_hold_is_said_to_be_so():
    site = Site(answer({"data": {"access": "snow\u2603man"}}))
    with serving(site) as server, pytest.raises(LoginError, match="not plain ASCII"):
        signed_in(server)


# What answers mean


@pytest.mark.parametrize(
    ("code", "body", "error", "said"),
    [
        (401, {"errors": [{"message": "Invalid user credentials."}]}, LoginRejected, "Invalid user cred"),
        (400, {"non_field_errors": ["Unable to log in."]}, LoginRejected, "Unable to log in."),
        (401, {"detail": "No active account found"}, LoginRejected, "No active account"),
        (403, {"error": "invalid_grant", "error_description": "Bad owner"}, LoginRejected, "Bad owner"),
        (422, {"detail": [{"loc": ["body"], "msg": "field required"}]}, LoginRejected, "field required"),
        (422, {"email": ["The email is not known."]}, LoginRejected, "The email is not known"),
        (401, None, LoginRejected, "answered 401"),
        (200, {"success": False, "message": "Wrong password"}, LoginRejected, "Wrong password"),
        (429, {"message": "Slow down"}, RateLimited, "Wait a while"),
        (403, {"message": "Too many attempts."}, RateLimited, "Too many attempts"),
        (500, {"error_description": "Too many login attempts. Wait."}, RateLimited, "Too many login"),
        (423, {}, AccountLocked, "locked"),
        (401, {"errors": [{"message": "So.", "extensions": {"code": "USER_SUSPENDED"}}]}, AccountLocked, "S"),
        (403, {"message": "Your account has been locked."}, AccountLocked, "has been locked"),
        (403, {"code": "password_expired", "message": "Renew."}, PasswordExpired, "Renew."),
        (400, {"error": "captcha_required"}, CaptchaRequired, "captcha_required"),
        (401, {"code": "MFA_REQUIRED", "message": "More, please"}, CodeRequired, "More, please"),
        (200, {"mfa_token": "zzzz-zzzz-zzzz"}, CodeRequired, "mfa_token"),
        (419, {"message": "CSRF token mismatch."}, LoginUnavailable, "CSRF token"),
        (502, None, LoginUnavailable, "answered 502"),
        (404, {"detail": "Not found."}, LoginError, "scripts post to"),
        (415, {"detail": "Unsupported."}, LoginError, "data={...}"),
        (403, "<h1>Forbidden</h1>", LoginError, "does not say why"),
        (200, "<h1>Welcome</h1>", LoginError, "text/html, not with JSON"),
        (200, {"data": {"jwt": "s3cret-jwt", "user": {"id": 7}}}, LoginError, "data.jwt, data.user.id"),
        (200, {"data": {"access": None}}, LoginError, "it has data.access"),
    ],
)  # fmt: skip
def test_an_answer_that_refuses_is_told_apart_in_the_site_s_own_words(code, body, error, said):
    is_html = isinstance(body, str)
    reply = Reply(code, [("Content-Type", "text/html")], body.encode()) if is_html else answer(body, code)
    with serving(Site(reply)) as server:
        with pytest.raises(LoginError) as caught:
            signed_in(server)
        assert [asked.path for asked in server.asked].count("/login") == 1
    assert type(caught.value) is error
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_marks_decide_where_an_answer_is_not_plain():
    with serving(Site(answer({"state": 3}))) as server:
        with pytest.raises(LoginRejected):
            signed_in(server, rejected=json_path("state"))
        with pytest.raises(AccountLocked):
            signed_in(server, locked=status(200))
        with pytest.raises(LoginError, match="without a token"):
            signed_in(server, locked=text("nothing"))


def test_a_sign_in_that_nothing_proves_names_no_address_of_the_api():
    site = Site(answer(OK), lambda asked: True)
    with serving(site) as server, pytest.raises(LoginUnverified) as caught:
        signed_in(server)
    assert f"but {server.url('/me')} look the same" in str(caught.value)


def test_a_rejected_credential_is_not_sent_again_by_a_later_run_until_it_changes(tmp_path: Path):
    with running() as api:
        for password in ("wrong-1", "wrong-1", PASSWORD):
            login = JsonLogin(
                "/auth/login",
                json={"email": "ada@shop.example", "password": password},
                token="data.access_token",
            )
            with Session(login, base_url=api.url(), state_dir=Vault(tmp_path), retry=1) as session:
                if password == PASSWORD:
                    session.sign_in()
                else:
                    with pytest.raises(LoginRejected, match="Invalid user credentials"):
                        session.sign_in()
        assert (api.failed_logins, api.logins) == (1, 1)


# One-time codes


def test_a_code_goes_along_and_none_is_given_twice_also_by_a_later_run(tmp_path: Path):
    with serving(Site(answer(OK))) as server:
        for _ in range(2):
            source = totp(SEED, clock=lambda: 1_700_000_000.0, sleep=lambda seconds: None)
            values = {"email": "ada", "password": PASSWORD, "otp": source}
            login = JsonLogin("/login", json=values, token="data.access")
            with Session(login, base_url=server.url("/me"), state_dir=Vault(tmp_path), retry=1) as session:
                session.is_fresh = True
                session.sign_in()
            forget_used()
        codes = [read(asked)["otp"] for asked in server.asked if asked.path == "/login"]
    assert codes == [pyotp.TOTP(SEED).at(1_700_000_000 + 30 * step) for step in range(2)]


def test_a_code_that_is_refused_does_not_count_against_the_password(tmp_path: Path):
    with serving(Site(answer({"code": "INVALID_OTP", "message": "Invalid OTP."}, 401))) as server:
        values = {"email": "ada", "password": PASSWORD, "otp": totp(SEED)}
        login = JsonLogin("/login", json=values, token="data.access")
        vault = Vault(tmp_path)
        with Session(login, base_url=server.url("/me"), state_dir=vault, retry=1) as session:
            with pytest.raises(CodeRejected, match="Invalid OTP"):
                session.sign_in()
            assert [attempt.outcome for attempt in vault.attempts(session._ledger)][-1] == "code_rejected"


# Members and strangers of an API


@pytest.mark.parametrize(
    ("stranger", "mark"),
    [(401, {}), (403, {}), (404, {}), *((code, {"logged_in": json_path("data")}) for code in (401, 403))],
)
def test_a_session_signs_in_again_whatever_an_api_answers_to_strangers(stranger, mark):
    with running() as api:
        api.stranger = stranger
        login = JsonLogin(
            "/auth/login",
            json={"email": "ada@shop.example", "password": PASSWORD},
            token="data.access_token",
            **mark,
        )
        with Session(login, base_url=api.url(), retry=1) as session:
            assert session.get("/items/2").status_code == 200
            api.end()
            assert session.get("/items/3").status_code == 200
        assert api.logins == 2


def test_a_refusal_where_nothing_can_be_proven_comes_as_it_is():
    with running() as api:
        api.stranger = 403
        values = {"email": "ada@shop.example", "password": PASSWORD}
        login = JsonLogin("/auth/login", json=values, token="data.access_token", verify=False)
        with Session(login, base_url=api.url(), retry=1) as session:
            session.sign_in()
            api.end()
            assert [session.get("/items/3").status_code for _ in range(2)] == [403, 403]
        assert api.logins == 1


@pytest.mark.parametrize("stranger", [401, 403])
def test_a_crawl_without_any_mark_signs_in_again(stranger, job):
    with running() as api:
        api.stranger = stranger

        class Items(Spider):
            start_urls = tuple(api.url(f"/items/{n}") for n in range(40))
            login = JsonLogin(
                "/auth/login",
                json={"email": "ada@shop.example", "password": PASSWORD},
                token="data.access_token",
            )
            save_session = False

            def parse(self, response):
                if response.url.endswith("/20") and api.logins == 1:
                    api.end()
                yield response.json()["data"]

        crawl(Items(), job)
        assert sorted(data["path"] for _, data in job.items()) == sorted(f"/items/{n}" for n in range(40))
        assert (api.logins, job.counts().failed) == (2, 0)
