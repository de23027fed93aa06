"""Django's admin is what the tests that sign in to it take it for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from bs4 import BeautifulSoup, Tag

from .django_admin import READER, DjangoAdmin

pytest.importorskip("django")

BOOKS = "/admin/library/book/"
ROWS = "#result_list tbody tr"
NEXT_PAGE = "p.paginator span.this-page + a:not(.showall)"


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    """A person without a proxy."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def admin(tmp_path: Path) -> Iterator[DjangoAdmin]:
    """A running admin whose sessions last."""
    with DjangoAdmin(tmp_path) as admin:
        yield admin


def test_signing_in_takes_both_the_cookie_and_the_hidden_token(
    admin: DjangoAdmin, browser: requests.Session
) -> None:
    """Django answers 403 to half of the pair, without looking at the password."""
    page = browser.get(admin.url + BOOKS)
    cookie = browser.cookies["csrftoken"]
    form = login_form(page, admin.username, admin.password)

    browser.cookies.clear()
    assert browser.post(page.url, form).status_code == 403
    browser.cookies["csrftoken"] = cookie
    assert browser.post(page.url, {**form, "csrfmiddlewaretoken": ""}).status_code == 403
    assert (admin.logins, admin.failed_logins) == (0, 0)

    assert browser.post(page.url, form).url == admin.url + BOOKS
    assert (admin.logins, admin.failed_logins) == (1, 0)


def test_a_refused_login_is_a_200_and_counts_as_failed_only_if_the_password_was_wrong(
    admin: DjangoAdmin, browser: requests.Session
) -> None:
    """The reader's password is right, but the admin is for staff."""
    for username, password in [(admin.username, "wrong"), (READER.username, READER.password)]:
        refusal = sign_in(browser, admin, username, password)
        assert refusal.status_code == 200
        assert soup(refusal).select("p.errornote")
        assert (admin.logins, admin.failed_logins) == (0, 1)


def test_the_change_list_has_72_books_on_three_pages(admin: DjangoAdmin, browser: requests.Session) -> None:
    """The link after the last page's number is "Show all", which is no next page."""
    pages = [soup(sign_in(browser, admin))]
    while link := pages[-1].select_one(NEXT_PAGE):
        pages.append(soup(browser.get(f"{admin.url}{BOOKS}{link['href']}")))
    rows = [row for page in pages for row in page.select(ROWS)]

    assert [len(page.select(ROWS)) for page in pages] == [25, 25, 22]
    assert len({fields(row)["isbn"] for row in rows}) == 72
    assert fields(rows[4]) == {
        "title": "The Silent Cartographer",
        "author": "Ida <i> Holm",
        "isbn": "9781000316766",
        "price": "6.47",
        "published": "April 10, 1954",
    }


def test_expire_after_ends_the_sessions_once(tmp_path: Path, browser: requests.Session) -> None:
    """Signing in ends on the list itself, the first of the three requests."""
    with DjangoAdmin(tmp_path, expire_after=3) as admin:
        sign_in(browser, admin)
        assert [is_signed_in(browser, admin) for _ in range(3)] == [True, True, False]
        assert (admin.expiries, admin.logins) == (1, 1)

        sign_in(browser, admin)
        assert [is_signed_in(browser, admin) for _ in range(5)] == [True] * 5
        assert (admin.expiries, admin.logins) == (1, 2)


def test_sessions_can_be_ended_behind_the_back_of_the_server(
    admin: DjangoAdmin, browser: requests.Session
) -> None:
    """The lever's own count stays as it is."""
    sign_in(browser, admin)
    assert is_signed_in(browser, admin)

    assert admin.expire_sessions() == 1
    assert not is_signed_in(browser, admin)
    assert admin.expiries == 0


def sign_in(browser: requests.Session, admin: DjangoAdmin, *account: str) -> requests.Response:
    """Ask for the books, and send the form that comes instead."""
    page = browser.get(admin.url + BOOKS)
    return browser.post(page.url, login_form(page, *(account or (admin.username, admin.password))))


def login_form(page: requests.Response, username: str, password: str) -> dict[str, str]:
    """Fill in the login form on `page`, hidden fields included."""
    hidden = soup(page).select("#login-form input[type=hidden]")
    fields = {str(field["name"]): str(field["value"]) for field in hidden}
    return {**fields, "username": username, "password": password}


def is_signed_in(browser: requests.Session, admin: DjangoAdmin) -> bool:
    """Tell whether the list of books comes without a detour to the login page."""
    return not browser.get(admin.url + BOOKS).history


def fields(row: Tag) -> dict[str, str]:
    """Read the columns of a book, by the names of the model's fields."""
    cells = row.select("[class^=field-]")
    return {str(cell["class"][0]).removeprefix("field-"): cell.text for cell in cells}


def soup(page: requests.Response) -> BeautifulSoup:
    """Parse a page."""
    return BeautifulSoup(page.text, "lxml")
