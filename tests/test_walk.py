"""Sign-ins over several pages and origins, against small servers that behave as real ones do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from scraper import (
    CaptchaRequired,
    CodeRequired,
    FormLogin,
    LoginError,
    LoginFormNotFound,
    LoginRejected,
    PasswordExpired,
    Session,
    TermsRequired,
    fill,
)
from tests.servers import Asked, Reply, Server, redirect, serving

PASSWORD = "h0rse-battery"
LOGIN = (
    "<form method=post action=/login><input name=user><input type=password name=pw>"
    "<button>Sign in</button></form>"
)
MEMBER = "<h1>Welcome</h1><a class=logout href=/logout>Sign out</a>"
SET = ("Set-Cookie", "sid=1; Path=/")


def html(text: str, status: int = 200, *headers: tuple[str, str]) -> Reply:
    return Reply(status, [("Content-Type", "text/html"), *headers], text.encode())


def form_of(asked: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(asked.body.decode(), keep_blank_values=True).items()}


class World:
    """A site: what it answers to each method and path, and to all else by whether the cookie is there."""

    def __init__(self) -> None:
        self.pages: dict[tuple[str, str], Reply | Callable[[Asked], Reply]] = {}
        self.server: Server

    def __call__(self, asked: Asked) -> Reply:
        page = self.pages.get((asked.method, urlsplit(asked.path).path))
        if page is not None:
            return page(asked) if callable(page) else page
        return html(MEMBER) if "sid=1" in asked.headers.get("Cookie", "") else html(LOGIN)

    @property
    def posts(self) -> list[tuple[str, dict[str, str]]]:
        return [(asked.path, form_of(asked)) for asked in self.server.asked if asked.method == "POST"]


@pytest.fixture
def site() -> Iterator[World]:
    world = World()
    with serving(world) as world.server:
        yield world


@pytest.fixture
def provider() -> Iterator[World]:
    world = World()
    with serving(world, host="127.0.0.2") as world.server:
        yield world


def session(
    world: World, *, path: str = "/login", ask: Callable[[str], str] | None = None, **options
) -> Session:
    values = options.pop("fill", None) or fill(username="ada", password=PASSWORD)
    made = Session(FormLogin(path, values, **options), base_url=world.server.url("/home"), retry=1)
    made.ask = ask
    return made


def test_stay_signed_in_is_answered_by_the_button_that_says_yes(site):
    kmsi = "<p>Stay signed in?</p><form method=post action=/kmsi><input type=hidden name=flow value=9>"
    kmsi += "<button name=keep value=0>No</button><button name=keep value=1>Yes</button></form>"
    site.pages = {("POST", "/login"): html(kmsi), ("POST", "/kmsi"): html(MEMBER, 200, SET)}
    assert session(site).sign_in() == 1
    assert site.posts[1] == ("/kmsi", {"flow": "9", "keep": "1"})


def test_an_interstitial_with_one_button_a_refresh_and_a_script_are_walked_through(site):
    notice = "<p>Maintenance on Sunday.</p><form method=post action=/seen><button>Continue</button></form>"
    site.pages = {
        ("POST", "/login"): html(notice),
        ("POST", "/seen"): html("<meta http-equiv=Refresh content='0; URL=/step'>"),
        ("GET", "/step"): html("<script>window.location.href = '/enter';</script>"),
        ("GET", "/enter"): redirect("/home", 302, **{"Set-Cookie": "sid=1; Path=/"}),
    }
    assert session(site).sign_in() == 1
    walked = [asked.path for asked in site.server.asked]
    assert walked[2:7] == ["/login", "/login", "/seen", "/step", "/enter"]


def test_a_refresh_carries_the_referer_that_a_browser_would_send(site):
    site.pages = {
        ("POST", "/login"): html("<meta http-equiv=refresh content='0;url=/enter'>"),
        ("GET", "/enter"): html(MEMBER, 200, SET),
    }
    session(site).sign_in()
    [enter] = [asked for asked in site.server.asked if asked.path == "/enter"]
    assert enter.headers["Referer"] == site.server.url("/login")


def test_buttons_of_a_member_s_page_are_not_pressed(site):
    shop = f"{MEMBER}<form method=post action=/buy><button>Continue to checkout</button></form>"
    site.pages = {("POST", "/login"): html(shop, 200, SET)}
    session(site).sign_in()
    assert [path for path, _ in site.posts] == ["/login"]


def test_a_logout_form_is_no_interstitial(site):
    page = "<form method=post action=/logout><button>Continue and sign out</button></form>"
    site.pages = {("POST", "/login"): html(page, 200, SET)}
    session(site).sign_in()
    assert [path for path, _ in site.posts] == ["/login"]


def saml(target: str, **fields: str) -> Reply:
    inputs = "".join(f"<input type=hidden name={name} value='{value}'>" for name, value in fields.items())
    return html(
        f"<body onload='document.forms[0].submit()'><form method=post action='{target}'>{inputs}</form>"
    )


def single_sign_on(site: World, provider: World) -> None:
    """Let the site send strangers to the provider, which asks who they are once and hands them back."""
    acs = site.server.url("/acs")
    ask = (
        "<form method=post action=/authenticate><input name=login><input type=password name=password></form>"
    )

    def authorize(asked: Asked) -> Reply:
        knows = "idp=1" in asked.headers.get("Cookie", "")
        return saml(acs, SAMLResponse="c2lnbmVk", RelayState="r1") if knows else html(ask)

    def authenticate(asked: Asked) -> Reply:
        if form_of(asked).get("password") != PASSWORD:
            return html(f"<p role=alert>Unknown account or password</p>{ask}", 401)
        return Reply(303, [("Location", "/authorize"), ("Set-Cookie", "idp=1; Path=/")])

    def home(asked: Asked) -> Reply:
        if "sid=1" in asked.headers.get("Cookie", ""):
            return html("<p id=me>ada</p>")
        return redirect(provider.server.url("/authorize"))

    provider.pages = {("GET", "/authorize"): authorize, ("POST", "/authenticate"): authenticate}
    site.pages = {
        ("POST", "/acs"): lambda asked: redirect("/home", 303, **{"Set-Cookie": "sid=1; Path=/"}),
        ("GET", "/home"): home,
    }


def test_single_sign_on_over_two_origins_with_a_form_that_posts_itself(site, provider):
    single_sign_on(site, provider)
    made = session(site, path="/home", origins=provider.server.url())
    assert made.sign_in() == 1
    assert site.posts == [("/acs", {"SAMLResponse": "c2lnbmVk", "RelayState": "r1"})]
    assert made.is_signed_in()


def test_a_provider_that_still_knows_us_is_passed_without_a_password(site, provider):
    single_sign_on(site, provider)
    made = session(site, path="/home", origins=[provider.server.url()])
    made.sign_in()
    made.cookies.clear("127.0.0.1", "/", "sid")
    assert made.sign_in(after=1) == 2
    assert len(provider.posts) == 1


def test_a_provider_that_the_login_does_not_name_gets_nothing_and_is_named_in_the_error(site, provider):
    single_sign_on(site, provider)
    with pytest.raises(LoginError, match=f"origins='{provider.server.url('')}'"):
        session(site, path="/home").sign_in()
    assert provider.posts == []


def test_a_page_of_the_provider_in_place_of_the_site_s_is_a_stranger_s(site, provider):
    single_sign_on(site, provider)
    made = session(site, path="/home", origins=provider.server.url())
    made.sign_in()
    made.cookies.clear("127.0.0.1", "/", "sid")
    assert "ada" in made.get("/home").text
    assert made.epoch == 2


def test_a_wrong_password_at_the_provider_is_rejected_in_its_words(site, provider):
    single_sign_on(site, provider)
    wrong = fill(username="ada", password="wrong-guess")
    with pytest.raises(LoginRejected, match="Unknown account or password"):
        session(site, path="/home", origins=provider.server.url(), fill=wrong).sign_in()
    assert len(provider.posts) == 1


def test_what_posts_itself_does_not_go_to_another_machine_in_clear(site):
    site.pages = {("POST", "/login"): saml("http://shop.test/acs", SAMLResponse="c2lnbmVk")}
    with pytest.raises(LoginError, match=r"in clear to http://shop\.test"):
        session(site).sign_in()


def test_a_consent_page_of_the_provider_is_confirmed(site, provider):
    single_sign_on(site, provider)
    consent = "<h1>Authorize the library</h1><a href=/logout>Sign out</a>"
    consent += "<form method=post action=/confirm><input type=hidden name=prompt value=consent>"
    consent += "<button>Continue</button></form><a href=/abort>Cancel</a>"
    authorize = provider.pages["GET", "/authorize"]

    def confirm(asked: Asked) -> Reply:
        provider.pages["GET", "/authorize"] = authorize
        return redirect("/authorize", 303)

    def ask_for_consent(asked: Asked) -> Reply:
        return html(consent) if "idp=1" in asked.headers.get("Cookie", "") else authorize(asked)

    provider.pages |= {("GET", "/authorize"): ask_for_consent, ("POST", "/confirm"): confirm}
    assert session(site, path="/home", origins=provider.server.url()).sign_in() == 1


@pytest.mark.parametrize(
    ("page", "cookie", "header", "token"),
    [
        ("<meta name=csrf-token content=tok123456>", "", "X-CSRF-Token", "tok123456"),
        ("<meta name=_csrf content=tok9><meta name=_csrf_header content=X-XSRF-S>", "", "X-XSRF-S", "tok9"),
        ("<meta name=_csrf content=tok9><meta name=_csrf_header content=Host>", "", "X-CSRF-Token", "tok9"),
        ("<meta name=_csrf content=tok9><meta name=_csrf_header content=X-Role>", "", "X-CSRF-Token", "tok9"),
        ("<meta name=csrf-token content=' tok9 '>", "", "X-CSRF-Token", "tok9"),
        ("", "XSRF-TOKEN=a%3Db; Path=/", "X-XSRF-TOKEN", "a=b"),
        ("", "csrftoken=dj4ngo; Path=/", "X-CSRFToken", "dj4ngo"),
        ("", "_xsrf=2|abc; Path=/", "X-XSRFToken", "2|abc"),
    ],
)
def test_csrf_tokens_in_meta_tags_and_cookies_go_along_in_a_header(site, page, cookie, header, token):
    site.pages = {
        ("GET", "/login"): html(page + LOGIN, 200, *([("Set-Cookie", cookie)] if cookie else [])),
        ("POST", "/login"): html(MEMBER, 200, SET),
    }
    session(site).sign_in()
    [post] = [asked for asked in site.server.asked if asked.method == "POST"]
    assert post.headers[header] == token
    assert post.headers["Origin"] == site.server.url("")
    assert post.headers["Referer"] == site.server.url("/login")


def test_no_csrf_token_goes_to_another_origin(site, provider):
    page = f"<meta name=csrf-token content=tok123456>{LOGIN.replace('/login', provider.server.url('/login'))}"
    site.pages = {("GET", "/login"): html(page)}
    provider.pages = {("POST", "/login"): redirect(site.server.url("/home"), 303)}
    with pytest.raises(LoginError):
        session(site, origins=provider.server.url()).sign_in()
    assert "X-CSRF-Token" not in provider.server.asked[0].headers


def test_a_redirect_of_the_form_takes_no_token_and_no_address_elsewhere(site, provider):
    metas = "<meta name=_csrf content=tok123456><meta name=_csrf_header content=X-CSRF>"
    site.pages = {
        ("GET", "/login"): html(metas + LOGIN),
        ("POST", "/login"): redirect(provider.server.url("/x")),
    }
    with pytest.raises(LoginError):
        session(site, path="/login?ticket=abc").sign_in()
    asked = provider.server.asked[0].headers
    assert asked["Referer"] == site.server.url("/")
    assert not {"X-CSRF", "Origin", "Cookie"} & set(asked)


def test_a_sign_in_that_goes_round_in_circles_stops(site):
    def again(asked: Asked) -> Reply:
        n = len(site.server.asked)
        return html(f"<meta http-equiv=refresh content='0;url=/round/{n}'>")

    site.pages = {("POST", "/login"): again, ("GET", "/login"): html(LOGIN)}
    site.pages |= {("GET", f"/round/{n}"): again for n in range(40)}
    with pytest.raises(LoginError, match="still going on after 12 steps"):
        session(site, logged_in="#me").sign_in()
    assert len(site.server.asked) == 13


def test_a_page_that_comes_again_is_not_answered_again(site):
    notice = "<form method=post action=/login><button name=ok value=1>Continue</button></form>"
    site.pages = {("POST", "/login"): html(notice), ("GET", "/home"): html("same")}
    with pytest.raises(LoginError):
        session(site).sign_in()
    assert len(site.posts) == 2


CODE = (
    "<form method=post action=/code><label for=c>Security code</label>"
    "<input id=c name=c autocomplete=one-time-code></form>"
)


def test_a_person_is_asked_for_a_code_where_there_is_one_to_ask(site):
    site.pages = {("POST", "/login"): html(CODE), ("POST", "/code"): html(MEMBER, 200, SET)}
    questions = []
    made = session(site, ask=lambda question: questions.append(question) or "123456")
    assert made.sign_in() == 1
    assert site.posts[1] == ("/code", {"c": "123456"})
    assert questions == [f"The one-time code that {site.server.url('')} asks for"]


def test_a_code_that_nobody_gives_needs_a_person(site):
    site.pages = {("POST", "/login"): html(CODE)}
    with pytest.raises(CodeRequired, match=r"totp\(.*run --resume") as caught:
        session(site).sign_in()
    assert caught.value.exit_code == 75


def test_a_captcha_in_the_form_costs_no_attempt(site):
    form = LOGIN.replace("<button", "<div class=g-recaptcha data-sitekey=k></div><button")
    site.pages = {("GET", "/login"): html(form)}
    with pytest.raises(CaptchaRequired, match="nothing was sent"):
        session(site).sign_in()
    assert site.posts == []


def test_new_terms_and_a_new_password_are_a_person_s_to_decide(site):
    terms = (
        "<h1>Our terms of service have changed</h1><form method=post><label><input type=checkbox name=agree "
    )
    terms += "required> I accept the new terms and conditions</label><button>Continue</button></form>"
    site.pages = {("POST", "/login"): html(terms)}
    with pytest.raises(TermsRequired):
        session(site).sign_in()
    change = (
        "<p class=alert>Your password has expired. Choose a new one.</p><form method=post action=/change>"
    )
    change += "<input type=password name=old><input type=password name=new1 autocomplete=new-password>"
    change += "<input type=password name=new2 autocomplete=new-password></form>"
    site.pages = {("POST", "/login"): html(change)}
    with pytest.raises(PasswordExpired):
        session(site).sign_in()
    assert len(site.posts) == 2


TWO = "<form role=search action=/search><input name=q><input type=submit value=Go></form>"
NEWS = "<form method=post action=/news><input type=email name=email><button>Subscribe</button></form>"
JOIN = (
    "<form method=post action=/join><input name=user><input type=email name=email>"
    "<input type=password name=pw><input type=password name=pw2><button>Register</button></form>"
)


@pytest.mark.parametrize("others", [TWO, NEWS, JOIN, TWO + NEWS + JOIN])
@pytest.mark.parametrize("is_last", [True, False])
def test_the_login_form_is_found_among_others(site, others, is_last):
    site.pages = {
        ("GET", "/login"): html(others + LOGIN if is_last else LOGIN + others),
        ("POST", "/login"): html(MEMBER, 200, SET),
    }
    session(site).sign_in()
    assert site.posts == [("/login", {"user": "ada", "pw": PASSWORD})]


@pytest.mark.parametrize(
    "fields",
    [
        "<input name=a1 autocomplete=username><input name=b1 type=password>",
        "<input name=x9><input name=a1 autocomplete='section-x email'><input name=b1 type=password>",
        "<input name=a1 type=email><input name=b1 type=password>",
        "<label>Benutzername <input name=a1></label><input name=z1><input name=b1 type=password>",
        "<label for=i>E-mail</label><input id=i name=a1><input name=b1 type=password>",
        "<input name=a1 placeholder='Adresse e-mail'><input name=b1 type=password>",
        "<input name=a1><input name=b1 type=password>",
        "<input name=trap style='display:none'><input name=a1><input name=b1 type=password>",
        "<input name=trap type=password aria-hidden=true><input name=a1><input name=b1 type=password>",
        "<input name=a1><input name=b1 type=password autocomplete=current-password>"
        "<input name=c type=password autocomplete=new-password>",
    ],
)
def test_user_name_and_password_are_known_by_what_the_form_says(site, fields):
    site.pages = {
        ("GET", "/login"): html(f"<form method=post action=/login>{fields}<button>Log in</button></form>"),
        ("POST", "/login"): html(MEMBER, 200, SET),
    }
    session(site).sign_in()
    [(_, sent)] = site.posts
    assert (sent["a1"], sent["b1"]) == ("ada", PASSWORD)
    assert not any(sent.get(name) for name in ("trap", "x9", "z1", "c"))


def test_each_step_is_told_in_words_without_secrets(site, caplog):
    hidden = LOGIN.replace("<button", "<input type=hidden name=csrf value=t0ken-t0ken><button")
    site.pages = {("GET", "/login"): html(hidden), ("POST", "/login"): html(MEMBER, 200, SET)}
    with caplog.at_level(logging.INFO, "scraper.login"):
        session(site).sign_in()
    said = "\n".join(caplog.messages)
    for words in (
        "GET http://127.0.0.1",
        "the only form of the page",
        "Filled 'user', known by",
        "Carried along: csrf",
        "new cookies: sid",
        "as stranger and as member",
    ):
        assert words in said
    assert PASSWORD not in said


def test_a_first_page_without_a_form_says_what_there_is(site):
    site.pages = {("GET", "/login"): html(TWO)}
    with pytest.raises(
        LoginFormNotFound, match=r"no form with a password field; it has \[<Form GET .* with q>\]"
    ):
        session(site).sign_in()
