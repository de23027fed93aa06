import pytest

from scraper import Request, Response
from scraper.verdict import judge, shows
from tests.pages import page

SITE = "https://shop.example"
LOGIN = f"{SITE}/login"
LOGOUT, JOIN, PASSWORD = "<a class=logout>", "<a class=join>", "<input type=password>"


def verdict(answer: Response, login_url: str = LOGIN) -> str:
    return judge(answer, login_url=login_url, logged_in="a.logout", logged_out="a.join")


def redirected(asked: str, *steps: str, html: str = "") -> Response:
    """The answer after a redirect from `asked` over `steps` to the last of them."""
    *via, end = [SITE + step for step in (asked, *steps)]
    return page(html, end, request=Request(SITE + asked), history=tuple(via))


# One sign at a time


@pytest.mark.parametrize(
    ("html", "expected"),
    [("", "unknown"), (LOGOUT, "signed_in"), (JOIN, "anonymous"), (PASSWORD, "anonymous")],
)
def test_a_page_shows_who_asked(html, expected):
    assert verdict(page(html)) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "anonymous"),
        (419, "anonymous"),
        (440, "anonymous"),
        (403, "unknown"),
        (404, "unknown"),
        (500, "unknown"),
    ],
)
def test_a_status_shows_who_asked(status, expected):
    assert verdict(page(status=status)) == expected


@pytest.mark.parametrize(
    "steps", [["/login"], ["/login/?next=/account"], ["/login", "/sso"], ["/x", "/login", "/"]]
)
def test_a_redirect_to_the_login_page_shows_that_nobody_is_signed_in(steps):
    assert verdict(redirected("/account", *steps)) == "anonymous"
    assert verdict(redirected("/account", *steps), f"{LOGIN}/") == "anonymous"


@pytest.mark.parametrize("steps", [["/books"], ["/login-help"], ["/account/login"], ["/LOGIN"]])
def test_a_redirect_to_another_page_shows_nothing(steps):
    assert verdict(redirected("/account", *steps)) == "unknown"


def test_the_same_path_on_another_host_is_not_the_login_page():
    answer = page(url="https://other.example/login", request=Request(SITE), history=(SITE,))
    assert verdict(answer) == "unknown"


def test_asking_for_the_login_page_itself_shows_nothing():
    assert verdict(page(url=LOGIN)) == "unknown"
    assert verdict(redirected("/login", "/login?lang=en")) == "unknown"
    assert verdict(redirected("/login", "/account", html=LOGOUT)) == "signed_in"


def test_a_login_page_with_a_parameter_is_only_where_that_parameter_is():
    login_url = f"{SITE}/index.php?route=login"
    assert verdict(redirected("/", "/index.php?route=books"), login_url) == "unknown"
    assert verdict(redirected("/", "/index.php?next=%2F&route=login"), login_url) == "anonymous"
    assert verdict(redirected("/index.php?route=account", "/index.php?route=login"), login_url) == "anonymous"


# Their order


def test_every_sign_of_a_stranger_but_a_password_field_counts_before_that_of_a_member():
    assert verdict(redirected("/account", "/login", html=LOGOUT)) == "anonymous"
    assert verdict(page(JOIN + LOGOUT)) == "anonymous"
    assert verdict(page(LOGOUT, status=401)) == "anonymous"
    assert verdict(page(PASSWORD + LOGOUT)) == "signed_in"


# Indicators


def test_an_indicator_is_a_selector_or_a_callable():
    answer = page(LOGOUT, status=203)
    assert shows("a.logout", answer)
    assert shows(lambda response: response.status == 203, answer)
    assert not shows("a.join", answer)
    assert not shows(lambda response: None, answer)
    assert not shows(None, answer)


def test_a_selector_shows_on_html_only():
    assert not shows("a.logout", page(LOGOUT, type="application/json"))


def test_without_a_login_only_plain_signs_count():
    assert judge(page(LOGOUT)) == "unknown"
    assert judge(redirected("/account", "/login")) == "unknown"
    assert judge(page(PASSWORD)) == "anonymous"


@pytest.mark.parametrize("way", ["<a name=logout>x</a>", "<template><a id=logout>x</a></template>"])
def test_an_id_is_shown_by_what_css_matches_alone(way):
    page = Response("https://shop.example/", headers={"Content-Type": "text/html"}, content=way.encode())
    assert not shows("#logout", page)
