"""`OAuth2Login`: each grant without a person, what answers mean, and where secrets and tokens go."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scraper import (
    AccountLocked,
    ConfigError,
    FormLogin,
    InteractionRequired,
    LoginError,
    LoginRejected,
    LoginUnavailable,
    OAuth2Login,
    RateLimited,
    Session,
    Vault,
    env,
    fill,
)
from tests.api import answer, read
from tests.oauth_site import CLIENT, PASSWORD, PUBLIC, SECRET, USER, OAuthSite, running
from tests.servers import Reply, redirect, serving

pytest.importorskip("oauthlib", reason="oauthlib is not installed")


@pytest.fixture
def site() -> Iterator[OAuthSite]:
    with running() as site:
        yield site


def walk(password: str = PASSWORD) -> FormLogin:
    return FormLogin("/signin", fill(username=USER, password=lambda: password))


def login_for(site: OAuthSite, /, **options: Any) -> OAuth2Login:
    return OAuth2Login(site.issuer, **{"client_id": CLIENT, "client_secret": lambda: SECRET, **options})


def session_for(site: OAuthSite, vault: Vault | None = None, **options: Any) -> Session:
    return Session(login_for(site, **options), base_url=site.api.url("/items/1"), state_dir=vault, retry=1)


def signed_in(site: OAuthSite, **options: Any) -> Session:
    with session_for(site, **options) as session:
        assert session.get("/items/7").json() == {"path": "/items/7"}
    return session


def asked_at(site: OAuthSite, path: str) -> list[Any]:
    return [asked for asked in site.server.asked if asked.path.partition("?")[0] == path]


# The grants


@pytest.mark.parametrize("way", ["basic", "post", None])
def test_client_credentials_are_a_token(site, way):
    session = signed_in(site, client_auth=way, scope=["read"], params={"audience": "api"})
    [asked] = asked_at(site, "/token")
    assert read(asked)["scope"] == "read"
    assert read(asked)["audience"] == "api"
    assert ("client_secret" in read(asked)) == (way == "post")
    assert session.account == CLIENT
    assert site.strayed == []


def test_a_secret_goes_into_the_body_for_a_provider_that_takes_no_header(site):
    site.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    signed_in(site)
    assert "Authorization" not in asked_at(site, "/token")[0].headers


def test_a_password_is_a_token_also_for_a_public_client(site):
    session = signed_in(site, client_id=PUBLIC, client_secret=None, username=USER, password=lambda: PASSWORD)
    assert session.account == USER
    assert site.granted == {"password": 1}


def test_a_walk_may_end_at_an_address_that_only_an_app_could_open(site):
    signed_in(site, walk=walk(), redirect_uri="com.example.app:/callback")
    assert site.granted == {"authorization_code": 1}


@pytest.mark.parametrize("client", [{}, {"client_id": PUBLIC, "client_secret": None}])
def test_the_provider_s_pages_are_walked_through_and_the_address_they_end_at_is_not_asked_for(site, client):
    with serving(lambda asked: Reply(500)) as elsewhere:
        back = elsewhere.url("/callback?tenant=7")
        session = signed_in(site, walk=walk(), scope="read", redirect_uri=back, **client)
        assert elsewhere.asked == []
    assert session.account == USER
    assert (site.signed_in, site.consents, site.reused, site.strayed) == (1, 1, [], [])
    [asked] = asked_at(site, "/token")
    assert read(asked)["redirect_uri"] == back


def test_a_provider_that_knows_the_account_still_asks_for_no_password_again(site):
    with session_for(site, walk=walk()) as session:
        session.sign_in()
        session._auth_cookies = frozenset()
        site.end()
        assert session.get("/items/2").ok
    assert (site.signed_in, site.consents) == (1, 2)


def test_a_walk_that_the_form_does_not_end_says_where_it_ended(site):
    site.metadata = {"authorization_endpoint": site.server.url("/nowhere")}
    usual = site.server.answer
    page = Reply(200, [("Content-Type", "text/html")], b"<h1>Hello</h1>")
    site.server.answer = lambda asked: page if asked.path.startswith("/nowhere") else usual(asked)
    with pytest.raises(LoginError, match=r"does not lead back to http://127\.0\.0\.1/callback"):
        signed_in(site, walk=walk())


# Discovery


@pytest.mark.parametrize("path", ["openid-configuration", "oauth-authorization-server"])
def test_a_provider_says_itself_where_it_is_asked(site, path):
    site.wellknown = path
    signed_in(site)


def test_addresses_that_are_given_are_not_asked_for(site):
    login = OAuth2Login(token_url=site.server.url("/token"), client_id=CLIENT, client_secret=SECRET)
    with Session(login, base_url=site.api.url("/items/1"), retry=1) as session:
        session.sign_in()
    assert {asked.path for asked in site.server.asked} == {"/token"}


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"issuer": "https://other.example"}, "another issuer"),
        ({"issuer": None}, "another issuer"),
        ({"token_endpoint": "http://sso.example/token"}, "not https"),
        ({"token_endpoint": 7}, "not https"),
        ({"token_endpoint": None}, "token_url="),
    ],
)
def test_metadata_that_is_not_of_the_issuer_or_not_safe_sends_nothing(site, metadata, said):
    site.metadata = metadata
    with pytest.raises(LoginError, match=said):
        signed_in(site)
    assert asked_at(site, "/token") == []


def test_an_address_that_is_no_issuer_is_said_to_be_none(site):
    site.wellknown = "nothing"
    with pytest.raises(LoginError, match="Is that the issuer"):
        signed_in(site)


# Where secrets and tokens go


def test_secrets_do_not_follow_a_redirect_to_another_origin(site):
    with serving(lambda asked: answer({})) as other:
        site.broken = redirect(other.url("/token"), 307)
        with pytest.raises(LoginError, match="not sent"):
            signed_in(site, client_auth="post")
        assert other.asked == []


def test_a_token_stays_behind_on_a_redirect_and_goes_to_the_site_that_is_named(site):
    usual = site.api.answer
    with serving(lambda asked: answer({})) as other:
        away = redirect(other.url())
        site.api.answer = lambda asked: away if asked.path == "/away" else usual(asked)
        login = login_for(site, site=site.api.url(""), verify_url=site.api.url("/items/1"))
        with Session(login, base_url=other.url("/home"), retry=1) as session:
            assert session.get(site.api.url("/items/3")).ok
            session.get(site.api.url("/away"))
            session.get("/home")
        assert ["Authorization" in asked.headers for asked in other.asked] == [False, False]
    assert site.strayed == []


def test_everything_goes_over_https_only():
    for options in ({"issuer": "http://sso.example"}, {"token_url": "http://sso.example/token"}):
        with pytest.raises(ConfigError, match="takes https addresses"):
            OAuth2Login(**options, client_id="app", client_secret="x")


# State, PKCE, issuer


@pytest.mark.parametrize(
    ("tampered", "said"),
    [
        ({"state": "an0ther-state"}, "state of another sign-in"),
        ({"iss": "https://other.example"}, "not of"),
        ({"code": ""}, "sent back no code"),
        (
            {"error": "access_denied", "error_description": "Not you."},
            r"denied the sign-in and says “Not you\.”",
        ),
        ({"error": "login_required"}, "wants a person"),
        ({"error": "server_error"}, "cannot sign anyone in now"),
        ({"error": "odd_thing"}, "'odd_thing'"),
    ],
)
def test_what_is_sent_back_is_used_only_if_it_is_the_answer_to_what_was_asked(site, tampered, said):
    site.tampers = tampered
    with pytest.raises(LoginError, match=said):
        signed_in(site, walk=walk())
    assert asked_at(site, "/token") == []


@pytest.mark.parametrize("is_named", [True, False])
def test_a_provider_that_names_itself_has_to(site, is_named):
    site.metadata = {"authorization_response_iss_parameter_supported": True}
    site.named = site.issuer if is_named else ""
    if is_named:
        signed_in(site, walk=walk())
    else:
        with pytest.raises(LoginError, match="issuer 'nobody'"):
            signed_in(site, walk=walk())


def test_each_request_has_a_state_and_a_verifier_of_its_own(site):
    for _ in range(2):
        signed_in(site, walk=walk())
    first, second = (asked.path for asked in asked_at(site, "/authorize"))
    assert "code_challenge_method=S256" in first
    assert first != second


def test_a_code_that_the_provider_does_not_know_any_more_is_no_wrong_password(site, tmp_path):
    site.broken = answer({"error": "invalid_grant", "error_description": "Code not valid."}, 400)
    with session_for(site, Vault(tmp_path), walk=walk()) as session:
        with pytest.raises(LoginError, match="code that it gave") as caught:
            session.sign_in()
        assert type(caught.value) is LoginError


# What answers mean


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (401, {"error": "invalid_client"}, LoginRejected, "client_id and client_secret"),
        (400, {"error": "invalid_grant", "error_description": "No."}, LoginRejected, "“No.”"),
        (400, {"error": "invalid_grant", "error_description": "Account locked."}, AccountLocked, "locked"),
        (400, {"error": "access_denied"}, LoginRejected, "denied"),
        (200, {"error": "invalid_client", "error_description": "x"}, LoginRejected, "know this client"),
        (400, {"error": "invalid_scope", "error_description": "No x."}, LoginError, "scope 'read'"),
        (400, {"error": "unsupported_grant_type"}, LoginError, "does not know this grant"),
        (400, {"error": "unauthorized_client"}, LoginError, "does not allow this client"),
        (400, {"error": "invalid_request", "error_description": "audience"}, LoginError, "“audience”"),
        (400, {"error": "new_error"}, LoginError, "'new_error'"),
        (400, {"error": {"code": 7}}, LoginError, "error"),
        (503, {"error": "temporarily_unavailable"}, LoginUnavailable, "later"),
        (400, {"error": "server_error"}, LoginUnavailable, "later"),
        (502, "<h1>Bad gateway</h1>", LoginUnavailable, "502"),
        (429, {"error": "slow"}, RateLimited, "Wait"),
        (200, "<h1>Welcome</h1>", LoginError, "Is that the token_url"),
        (404, "<h1>Not found</h1>", LoginError, "Is that the token_url"),
        (200, [1], LoginError, "Is that the token_url"),
        (200, {"access_token": 7}, LoginError, "Is that the token_url"),
        (200, {"access_token": "x", "expires_in": "soon"}, LoginError, "Is that the token_url"),
        (200, {"access_token": "acc3ss-1234", "token_type": "DPoP"}, LoginError, "'DPoP'"),
        (200, {"access_token": "snow\u2603man"}, LoginError, "not plain ASCII"),
    ],
)
def test_an_answer_without_a_token_is_told_apart(site, status, body, error, said):
    is_html = isinstance(body, str)
    reply = Reply(status, [("Content-Type", "text/html")], body.encode()) if is_html else answer(body, status)
    site.broken = reply
    with pytest.raises(LoginError) as caught:
        signed_in(site, scope="read")
    assert type(caught.value) is error
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)
    assert len(asked_at(site, "/token")) == 1


def test_a_provider_that_answers_as_a_form_does_is_understood(site):
    site.access.add("acc3ss-in-a-form")
    site.broken = Reply(200, [("Content-Type", "application/x-www-form-urlencoded")],
                        b"access_token=acc3ss-in-a-form&token_type=bearer&expires_in=60")  # fmt: skip
    signed_in(site)


WRONG = [
    {"client_secret": lambda: "an0ther-secret"},
    {"username": USER, "password": lambda: "an0ther-word"},
    {"walk": walk("an0ther-word")},
    {"walk": walk(), "client_secret": lambda: "an0ther-secret"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=["client", "password", "walk", "client of a walk"])
def test_a_rejected_credential_is_not_sent_again_by_a_later_run_until_it_changes(site, wrong, tmp_path: Path):
    for _ in range(2):
        with session_for(site, Vault(tmp_path), **wrong) as session, pytest.raises(LoginRejected):
            session.sign_in()
    assert site.failed + site.asked_for["client_credentials"] + site.asked_for["authorization_code"] == 1
    right = {**wrong, "client_secret": lambda: SECRET}
    if "password" in wrong:
        right |= {"password": lambda: PASSWORD}
    if "walk" in wrong:
        right |= {"walk": walk()}
    with session_for(site, Vault(tmp_path), **right) as session:
        session.sign_in()


def test_an_account_counts_where_its_password_is_judged_whatever_site_the_token_is_for(site, tmp_path: Path):
    wrong = {"username": USER, "password": lambda: "an0ther-word"}
    with session_for(site, Vault(tmp_path), **wrong) as session, pytest.raises(LoginRejected):
        session.sign_in()
    with serving(site.item) as second:
        login = login_for(site, **wrong)
        session = Session(login, base_url=second.url("/items/1"), state_dir=Vault(tmp_path), retry=1)
        with session, pytest.raises(LoginRejected, match="Nothing was sent"):
            session.sign_in()
    assert site.failed == 1


# Declaring it


@pytest.mark.parametrize(
    ("options", "grant"),
    [
        ({"client_secret": "x"}, "client_credentials"),
        ({"username": "ada", "password": "x"}, "password"),
        ({"walk": walk()}, "authorization_code"),
        ({"client_secret": "x", "walk": walk()}, "authorization_code"),
        ({}, "authorization_code"),
        ({"device_url": "https://sso.example/device"}, "device_code"),
        ({"grant": "device_code"}, "device_code"),
    ],
)
def test_the_grant_is_what_was_given_for(options, grant):
    assert OAuth2Login("https://sso.example", client_id="app", **options).grant == grant


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"issuer": ""}, "issuer, or token_url and authorization_url"),
        ({"grant": "implicit"}, "none of client_credentials"),
        ({"grant": "client_credentials"}, "client_secret too"),
        ({"username": "ada"}, "username and password|password too"),
        ({"grant": "device_code", "walk": walk()}, "walk="),
        ({"walk": "/login"}, "FormLogin"),
        ({"client_auth": "jwt"}, "neither 'basic' nor 'post'"),
        ({"redirect_uri": "https://app.example/back"}, "come back to this program"),
        ({"redirect_uri": "http://[::1"}, "come back to this program"),
        ({"redirect_uri": "http://127.0.0.1.example/back"}, "come back to this program"),
        ({"site": "api.example"}, "no address"),
        ({"params": {"scope": "read", "state": "x"}}, "scope, state, which OAuth2Login says itself"),
    ],
)
def test_nonsense_is_a_configuration_error(options, said):
    with pytest.raises(ConfigError, match=said):
        OAuth2Login(**{"issuer": "https://sso.example", "client_id": "app", **options})


def test_nothing_secret_shows_in_its_repr():
    login = OAuth2Login("https://sso.example", client_id=env("ID"), client_secret="s3cret-word")
    assert repr(login) == "OAuth2Login('https://sso.example', client_credentials, client_id=env('ID'))"


def test_without_oauthlib_the_extra_is_named(site, monkeypatch):
    monkeypatch.setitem(sys.modules, "oauthlib", None)
    with pytest.raises(ConfigError, match=r"login-aware-scraper\[oauth\]"):
        signed_in(site)


def test_without_anyone_to_ask_nothing_is_asked(site):
    for grant in ("device_code", "authorization_code"):
        with session_for(site, grant=grant) as session, pytest.raises(InteractionRequired, match="terminal"):
            session.sign_in()
    assert site.server.asked == []
