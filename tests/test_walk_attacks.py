"""What a hostile page, or a member's page that looks like a step, may not make a sign-in do."""

# ruff: noqa: E501 - pages are easier to read on one line

from __future__ import annotations

import pytest

from scraper import CodeRejected, LoginError, LoginUnverified, PasswordExpired, fill, text
from scraper.avoid import why_avoid
from scraper.calibration import calibrate
from scraper.login.choose import is_sign_in, sign_in_button
from scraper.request import origin
from tests.pages import page
from tests.servers import redirect
from tests.test_walk import CODE, LOGIN, MEMBER, PASSWORD, SET, World, form_of, html, provider, session, site

__all__ = ["provider", "site"]

OUT = "<a href=/logout>Log out</a>"


def asked_after_login(world: World) -> list[str]:
    paths = [f"{asked.method} {asked.path}" for asked in world.server.asked]
    return paths[paths.index("POST /login") + 1 :]


@pytest.mark.parametrize(
    "member",
    [
        f"{OUT}<form action=/buy method=post id=buy><input type=hidden name=item value=1><button>Buy now</button>"
        "</form><script>document.querySelector('#buy').onclick=function(){this.form.submit()}</script>",
        f"{OUT}<script>setTimeout(function(){{ location.href='/logout' }}, 900000)</script>",
        f"{OUT}<script>function del(){{ if(confirm('sure?')) location.href='/account/delete?sure=1' }}</script>",
        "<p>One open order</p><form action=/pay method=post><button>Confirm and pay 990 EUR</button></form>",
        "<form action=/transfer method=post><button name=d value=1>Approve</button><button>Decline</button></form>",
        "<form action=/account/delete method=post><input type=password name=pw><button>Delete my account</button>"
        "</form>",
        f"{OUT}<h1>Profile</h1><form method=post action=/profile><input name=user><input name=pw type=password>"
        "</form>",
        "<form action='javascript:void(0)'><button>Continue</button></form>",
        "<meta http-equiv=refresh content='1.2.3;url=/x'>",
    ],
)
def test_nothing_on_a_member_s_page_is_pressed_or_filled(site, member):
    site.pages = {("POST", "/login"): html(member, 200, SET), ("GET", "/home"): html(MEMBER)}
    made = session(site, logged_in="a.logout")
    made.sign_in()
    assert set(asked_after_login(site)) <= {"GET /home", "GET /.3;url=/x"}


def test_a_page_that_deletes_the_account_gets_no_password_in_place_of_the_login(site):
    settings = f"{OUT}<form method=post action=/account/delete><input name=user><input type=password name=pw>"
    site.pages = {
        ("GET", "/login"): redirect("/settings"),
        ("GET", "/settings"): html(f"{settings}<button>Delete my account</button></form>"),
    }
    with pytest.raises(LoginError):
        session(site).sign_in()
    assert site.posts == []


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("<input name=u><input type=password name=p><button>Log in</button>", True),
        ("<input name=u><input type=password name=p autocomplete=new-password><button>Go</button>", True),
        ("<input name=u><input type=password name=p><input type=password name=q><button>Go</button>", False),
        ("<input name=u><input type=password name=p><button>Register</button>", False),
        ("<input type=password name=p><button>Delete account</button>", False),
    ],
)
def test_a_form_with_a_password_signs_in_or_does_something_else(form, expected):
    [made] = page(f"<form method=post action=/x>{form}</form>").forms()
    assert is_sign_in(made) is expected


def test_the_button_that_goes_back_is_not_pressed():
    wizard = "<form><input type=submit value='' hidden><button name=wizard_goto_step value=auth formnovalidate>Back"
    [form] = page(f"{wizard}</button><button type=submit>Next</button></form>").forms()
    button = sign_in_button(form)
    assert button is not None
    assert button.text == "Next"


def reflecting(target: str, way: str) -> str:
    inputs = f"<input type=hidden name=p value='{PASSWORD}'>"
    return {
        "posts itself": f"<body onload='document.forms[0].submit()'><form method=post action={target}/s>{inputs}</form>",
        "a button": f"<form action={target}/s>{inputs}<button>Continue</button></form>",
        "a refresh": f"<meta http-equiv=refresh content='0;url={target}/s?p={PASSWORD}'>",
    }[way]


@pytest.mark.parametrize("way", ["posts itself", "a button", "a refresh"])
def test_a_password_that_a_page_gives_back_goes_nowhere_else(site, provider, way):
    site.pages = {("POST", "/login"): html(reflecting(provider.server.url(""), way))}
    with pytest.raises(LoginError, match="pass the credentials on to"):
        session(site).sign_in()
    assert provider.server.asked == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_code_that_a_person_types_goes_only_where_the_password_may(site, provider, method):
    form = CODE.replace("method=post", f"method={method}").replace("/code", provider.server.url("/steal"))
    site.pages = {("POST", "/login"): html(form)}
    asked = []
    with pytest.raises(LoginError, match="Nothing was sent"):
        session(site, ask=lambda question: asked.append(question) or "492817").sign_in()
    assert (asked, provider.server.asked) == ([], [])


def test_a_page_of_another_origin_does_not_choose_the_site_s_form(site, provider):
    comment = site.server.url("/comments")
    provider.pages = {
        ("GET", "/"): html(
            f"<form method=post action={comment}><input name=user><input type=password name=text></form>"
        )
    }
    site.pages = {("GET", "/login"): redirect(provider.server.url("/"))}
    with pytest.raises(LoginError, match="for a page of http://127"):
        session(site).sign_in()
    assert site.posts == []


def test_a_page_of_another_origin_proves_nothing(site, provider):
    provider.pages = {("GET", "/promo"): html(MEMBER)}
    site.pages = {("POST", "/login"): redirect(provider.server.url("/promo")), ("GET", "/home"): html("shop")}
    with pytest.raises(LoginUnverified):
        session(site, logged_in="a.logout").sign_in()


def test_a_login_page_that_greets_strangers_is_no_proof(site):
    site.pages = {("GET", "/login"): html(f"<h1>Welcome back</h1>{LOGIN}"), ("POST", "/login"): html("no")}
    with pytest.raises(LoginError):
        session(site, logged_in=text("Welcome back")).sign_in()
    assert len(site.posts) == 1


def test_names_that_only_look_alike_are_different_origins():
    assert origin("https://faß.de") == "https://xn--fa-hia.de" != origin("https://fass.de")
    assert origin("http://shop.example:99999/") == "http://shop.example:99999/"


def test_a_wrong_code_is_no_wrong_password(site):
    wrong = CODE.replace("</form>", "<p class=error>Wrong code</p></form>")
    site.pages = {
        ("POST", "/login"): html(CODE),
        ("POST", "/code"): lambda asked: (
            html(MEMBER, 200, SET) if form_of(asked)["c"] == "1" else html(wrong)
        ),
    }
    values = {"username": "ada", "password": PASSWORD}
    with pytest.raises(CodeRejected, match="one-time code"):
        session(site, fill=fill(**values, code="2")).sign_in()
    assert session(site, fill=fill(**values, code="1")).sign_in() == 1


def test_a_voucher_field_of_a_member_s_page_gets_no_code(site):
    shop = f"{OUT}<form method=post action=/redeem><input name=code placeholder=Voucher><button>Redeem</button></form>"
    site.pages = {("POST", "/login"): html(shop, 200, SET)}
    session(site, fill=fill(username="ada", password=PASSWORD, code="123456")).sign_in()
    assert [path for path, _ in site.posts] == ["/login"]


def test_an_expired_password_is_no_sign_in_though_there_is_a_way_out(site):
    change = f"{OUT}<h1>Your password has expired</h1><form method=post action=/password><input type=password name=a>"
    site.pages = {("POST", "/login"): html(f"{change}<input type=password name=b></form>", 200, SET)}
    with pytest.raises(PasswordExpired):
        session(site).sign_in()


def test_a_form_that_comes_back_without_a_word_may_have_worked(site):
    site.pages = {("POST", "/login"): html(LOGIN, 200, SET), ("GET", "/login"): html(LOGIN)}
    assert session(site).sign_in() == 1


# What members are known by


@pytest.mark.parametrize(
    ("way_out", "stranger_s"),
    [
        ("/doku.php?id=start&do=logout&sectok=1a2b", "/doku.php?id=start&do=login"),
        ("/index.php?title=Special:UserLogout", "/index.php?title=Special:UserLogin"),
        ("/login.php", "/login.php"),
    ],
)
def test_a_way_out_that_is_only_a_parameter_or_a_label_is_known_by_that(way_out, stranger_s):
    out, into = f"<a href='{way_out}'>Logout</a>", f"<a href='{stranger_s}'>Log in</a>"
    found = calibrate([page(into)] * 2, [page(out)] * 2)
    assert found is not None
    assert found.is_member_page(page(f"<h1>other</h1>{out}"))
    assert not found.is_member_page(page(f"<h1>other</h1>{into}"))


def test_a_member_s_page_with_another_password_field_is_not_a_stranger_s(site):
    profile = "<form method=post action=/password><input type=password name=new_password></form>"
    site.pages = {("POST", "/login"): html(MEMBER, 200, SET), ("GET", "/profile"): html(profile)}
    made = session(site, logged_in="a.logout")
    made.sign_in()
    assert made.get("/profile").ok
    assert made.epoch == 1


@pytest.mark.parametrize(
    ("url", "avoided"),
    [
        ("/editactive.php?table=domain&active=0&token=176c0f0e0d0c0b0a99887766554433221", True),
        ("/comment.php?action=spamcomment&c=1", True),
        ("/post?id=1&_wpnonce=ab12", True),
        ("/user?action=deactivate&id=3", True),
        ("/list?token=abc", False),
        ("/search?q=approve", False),
        ("/theme-editor.php?file=templates/archive.html", False),
        ("/index.php?file=logout.php", True),
    ],
)
def test_links_with_a_token_for_a_change_or_an_order_are_avoided(url, avoided):
    assert bool(why_avoid(None, f"https://shop.example{url}")) is avoided


def test_a_token_that_is_on_every_address_says_nothing():
    token = "user_token=176c0f0e0d0c0b0a9988776655443322"
    here, there = f"https://shop.example/admin?{token}", f"https://shop.example/orders?{token}"
    assert why_avoid(None, there, here) is None
