"""The practice site does what it says: a real server, asked over real HTTP."""

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyotp
import pytest
import requests
from lxml.html import HtmlElement, document_fromstring
from werkzeug.test import Client

from examples.site import CRITIC, READER, TOTP_SECRET, Member, PracticeSite
from examples.site.app import app_of
from examples.site.bindery import Bindery
from examples.site.catalogue import CATALOGUE
from examples.site.levers import LEVERS
from examples.site.scripted import token_of

ROOT = Path(__file__).parent.parent
WRONG = "Wrong user name or password."
LOCKED = "This account is locked after too many wrong passwords."


class Clock:
    """Time that passes only when told to."""

    now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now


class Browser(requests.Session):
    """A person with a browser, on one site."""

    def __init__(self, site: PracticeSite) -> None:
        super().__init__()
        self.trust_env = False
        self.site = site

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        return super().request(method, self.site.url + url, **options)

    def form(self, selector: str = "form#login", url: str = "/login") -> dict[str, str]:
        """What the form at a URL would send, apart from its buttons and boxes."""
        return fields(self.get(url), selector)

    def submit(self, member: Member = READER, **changed: str) -> requests.Response:
        """Fill the login form of /login and press "Sign in", following no redirect."""
        filled = {"username": member.username, "password": member.password, "action": "login"}
        return self.post("/login", data=self.form() | filled | changed, allow_redirects=False)

    def sign_in(self, member: Member = READER, **changed: str) -> "Browser":
        assert self.submit(member, **changed).status_code == 303
        return self

    def is_signed_in(self) -> bool:
        return self.get("/account", allow_redirects=False).status_code == 200


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(clock: Clock) -> Iterator[PracticeSite]:
    with PracticeSite(clock=clock) as running:
        yield running


@pytest.fixture
def open_browser(site: PracticeSite) -> Iterator[Callable[[], Browser]]:
    opened: list[Browser] = []

    def open_one() -> Browser:
        opened.append(Browser(site))
        return opened[-1]

    yield open_one
    for browser in opened:
        browser.close()


@pytest.fixture
def browser(open_browser: Callable[[], Browser]) -> Browser:
    return open_browser()


@pytest.fixture
def reader(browser: Browser) -> Browser:
    return browser.sign_in()


def find(response: requests.Response, selector: str) -> list[HtmlElement]:
    return document_fromstring(response.text).cssselect(selector)


def one(response: requests.Response, selector: str) -> HtmlElement:
    (found,) = find(response, selector)
    return found


def texts(response: requests.Response, selector: str) -> list[str]:
    return [tag.text_content().strip() for tag in find(response, selector)]


def text(response: requests.Response, selector: str) -> str:
    return one(response, selector).text_content().strip()


def fields(response: requests.Response, selector: str) -> dict[str, str]:
    inputs = one(response, selector).cssselect("input[name]:not([type=checkbox])")
    return {tag.get("name"): tag.get("value", "") for tag in inputs}


def prices(response: requests.Response) -> list[str]:
    return texts(response, "article.book .price")


# The books


def test_the_same_thousand_books_are_made_every_time() -> None:
    assert [vars(book) for book in Bindery().books()] == [vars(book) for book in Bindery().books()]


def test_titles_and_upcs_are_distinct_and_some_are_awkward() -> None:
    books = CATALOGUE.books
    assert 1000 == len(books) == len({book.title for book in books}) == len({book.upc for book in books})
    for awkward in '"', "“", ",", "&", "<", "é", "í":
        assert any(awkward in book.title for book in books), awkward


def test_books_vary_as_in_a_real_shop() -> None:
    books = CATALOGUE.books
    assert {len(book.reviews) for book in books} == {0, 1, 2, 3, 4}
    assert any(not book.tags for book in books)
    assert any(not book.stock for book in books)
    assert all(len(CATALOGUE.within(category)) > 20 for category in CATALOGUE.categories.values())


def test_fifty_list_pages_lead_from_one_to_the_next_and_to_every_book(reader: Browser) -> None:
    links, url = [], "/books"
    while url:
        page = reader.get(url)
        assert 15_000 < len(page.content) < 25_600
        links += re.findall(r'<h3><a href="(books/\d+-[a-z0-9-]+)" title="', page.text)
        following = re.search(r'<li class="next"><a rel="next" href="(\?page=\d+)">', page.text)
        url = following and "/books" + following[1]
    assert links == [book.path[1:] for book in CATALOGUE.books]


def test_a_list_row_has_title_price_rating_and_stock(reader: Browser) -> None:
    book, row = CATALOGUE.books[0], find(reader.get("/books"), "article.book")[0]
    assert row.cssselect("h3 a")[0].get("title") == book.title
    assert [row.cssselect(it)[0].text for it in (".price", ".rating", ".stock")] == [
        f"£{READER.price(book.pence)}",
        f"{book.rating} of 5 stars",
        book.availability,
    ]


def test_the_first_page_has_one_url_and_there_is_none_past_the_last(reader: Browser) -> None:
    assert reader.get("/books?page=1").url == f"{reader.site.url}/books"
    assert one(reader.get("/books?page=2"), "li.previous a").get("href") == "books"
    assert not find(reader.get("/books?page=50"), "li.next")
    assert [reader.get(f"/books?page={n}").status_code for n in ("0", "51", "x", "")] == [404] * 4


def test_a_category_lists_its_own_books_over_several_pages(reader: Browser) -> None:
    poetry = CATALOGUE.within(CATALOGUE.categories["poetry"])
    page = reader.get("/category/poetry?page=2")
    links = [link.get("href") for link in find(page, "article.book h3 a")]
    assert links == [f"../{book.path[1:]}" for book in poetry[20:40]]
    assert reader.get("/category/knitting").status_code == 404


@pytest.mark.parametrize("id", [1, 3, 500, 1000])
def test_the_page_of_a_book_says_all_about_it(reader: Browser, id: int) -> None:
    book = CATALOGUE.books[id - 1]
    page = reader.get(book.path)
    assert 15_000 < len(page.content) < 25_600
    assert (text(page, "h1"), text(page, ".author")) == (book.title, book.author)
    assert text(page, ".price") == f"£{READER.price(book.pence)}"
    facts = dict(zip(texts(page, ".facts th"), texts(page, ".facts td"), strict=True))
    assert (facts["UPC"], facts["Pages"], facts["Category"]) == (
        book.upc,
        str(book.pages),
        book.category.name,
    )
    assert texts(page, "a.tag") == list(book.tags)
    assert texts(page, ".description p") == list(book.description)
    assert texts(page, ".review .text") == [it.text for it in book.reviews]


def test_a_mistyped_name_in_the_url_leads_to_the_book(reader: Browser) -> None:
    assert reader.get("/books/7-whatever").url == reader.site.url + CATALOGUE.books[6].path
    assert reader.get("/books/1001-whatever").status_code == 404


def test_the_search_form_finds_books_by_their_tags(reader: Browser) -> None:
    assert len(prices(reader.get("/search", params={"q": "war & peace"}))) == 20
    assert prices(reader.get("/search", params={"q": "xyzzy"})) == []


def test_every_page_is_utf8_html_with_the_members_name_and_a_logout_link(reader: Browser) -> None:
    for url in (
        "/",
        "/books",
        CATALOGUE.books[0].path,
        "/account",
        "/search?q=sea",
        "/about",
        "/login",
        "/nope",
    ):
        page = reader.get(url)
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.text.startswith("<!DOCTYPE html>")
        assert text(page, ".member") == READER.name
        assert '<a class="logout" href="/logout">Sign out</a>' in page.text


def test_every_link_of_the_frame_leads_somewhere(reader: Browser) -> None:
    links = find(reader.get("/"), "header a:not(.logout), footer a, main a")
    assert {reader.get(link.get("href")).status_code for link in links} == {200}


def test_robots_may_read_everything_and_no_lever_touches_what_they_ask(browser: Browser) -> None:
    browser.site.fail_next = 1
    assert browser.get("/robots.txt").text == "User-agent: *\nDisallow:\n"
    assert browser.site.fail_next == 1


# Signing in


def test_an_anonymous_visitor_sees_a_teaser_without_prices(browser: Browser) -> None:
    page = browser.get("/")
    assert page.status_code == 200
    assert "Sign in to see prices" in page.text
    assert not find(page, ".price, .logout, .member, input[type=password]")
    assert "£" not in page.text


def test_a_member_is_welcomed_on_the_first_page(reader: Browser) -> None:
    assert text(reader.get("/"), "h1") == "Welcome back, Robin Reader"


def test_the_login_form_is_the_third_and_its_right_button_the_second(browser: Browser) -> None:
    page = browser.get("/login")
    search, newsletter, login = find(page, "form")
    assert (search.get("action"), newsletter.get("id"), login.get("id")) == ("/search", "newsletter", "login")
    buttons = [(it.get("name"), it.get("value"), it.text) for it in login.cssselect("button")]
    assert buttons == [("action", "register", "Create account"), ("action", "login", "Sign in")]


def test_a_right_password_gives_a_new_session_and_leads_to_the_books(browser: Browser) -> None:
    answer = browser.submit()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/books")
    assert re.fullmatch(r"session=[\w-]{43}; HttpOnly; Path=/; SameSite=Lax", answer.headers["Set-Cookie"])
    first = browser.cookies["session"]
    assert browser.sign_in().cookies["session"] != first


def test_signing_in_again_ends_the_session_before(
    reader: Browser, open_browser: Callable[[], Browser]
) -> None:
    other = open_browser()
    other.cookies.update(reader.cookies)
    reader.sign_in()
    assert (reader.is_signed_in(), other.is_signed_in()) == (True, False)


def test_the_box_makes_the_cookie_outlive_the_browser(browser: Browser) -> None:
    assert "Max-Age=2592000" in browser.submit(remember="yes").headers["Set-Cookie"]


def test_next_is_followed_within_the_site_only(browser: Browser) -> None:
    assert browser.submit(next="/books?page=7").headers["Location"] == "/books?page=7"
    for elsewhere in "https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/evil.example", "":
        assert browser.submit(next=elsewhere).headers["Location"] == "/books"


def test_a_wrong_password_shows_the_form_again_without_it(browser: Browser) -> None:
    answer = browser.submit(password="guess-me-not")
    assert answer.status_code == 200
    assert text(answer, "p.error[role=alert]") == WRONG
    assert fields(answer, "form#login")["username"] == "reader"
    assert "guess-me-not" not in answer.text
    assert text(browser.submit(username="nobody"), "p.error") == WRONG


def test_the_token_is_new_each_time_and_good_once(browser: Browser) -> None:
    first, second = browser.form(), browser.form()
    assert first["csrf"] != second["csrf"]
    filled = first | {"username": "reader", "password": READER.password, "action": "login"}
    assert [browser.post("/login", data=filled, allow_redirects=False).status_code for _ in "ab"] == [
        303,
        400,
    ]


@pytest.mark.parametrize("changed", ["csrf", "form_id", "motto", "action"])
def test_a_changed_hidden_field_or_no_button_is_refused_with_a_sentence(
    browser: Browser, changed: str
) -> None:
    answer = browser.submit(**{changed: "x"})
    assert answer.status_code == 400
    assert text(answer, "p.error[role=alert]").endswith(".")
    assert not browser.is_signed_in()


def test_a_token_belongs_to_the_visitor_who_got_it(open_browser: Callable[[], Browser]) -> None:
    mine, theirs = open_browser(), open_browser()
    theirs.form()
    assert theirs.submit(csrf=mine.form()["csrf"]).status_code == 400


def test_the_first_button_registers_nobody(browser: Browser) -> None:
    answer = browser.submit(action="register")
    assert (answer.status_code, text(answer, "h1")) == (200, "Registration is closed")
    assert not browser.is_signed_in()


def test_the_logout_link_really_signs_out(reader: Browser) -> None:
    kept = reader.cookies["session"]
    assert reader.get("/logout", allow_redirects=False).headers["Location"] == "/"
    reader.cookies.set("session", kept)
    assert not reader.is_signed_in()
    assert reader.site.counts.logouts == 1


def test_two_members_see_their_own_prices(reader: Browser, open_browser: Callable[[], Browser]) -> None:
    critic = open_browser().sign_in(CRITIC)
    expected = [round(0.9 * float(price[1:]) + 1e-9, 2) for price in prices(reader.get("/books"))]
    assert [float(price[1:]) for price in prices(critic.get("/books"))] == expected
    assert text(critic.get("/account"), "td.username") == "critic"


def test_the_newsletter_takes_an_address_from_anyone(browser: Browser) -> None:
    assert text(browser.post("/newsletter", data={"email": "me@example.com"}), "h1") == "Thank you"


# Levers


def test_everyone_can_be_signed_out_now(reader: Browser, open_browser: Callable[[], Browser]) -> None:
    critic = open_browser().sign_in(CRITIC)
    reader.site.sign_everyone_out()
    reader.site.sign_everyone_out()
    assert (reader.is_signed_in(), critic.is_signed_in()) == (False, False)
    assert reader.site.counts.expiries == 1


def test_sessions_end_after_every_so_many_member_requests(reader: Browser) -> None:
    reader.get("/books")
    reader.site.sign_out_after = 2
    for _ in range(2):
        assert [reader.is_signed_in() for _ in range(3)] == [True, True, False]
        reader.sign_in()
    assert reader.site.counts.expiries == 2


def test_a_session_ends_so_long_after_its_sign_in(reader: Browser, clock: Clock) -> None:
    reader.site.sign_out_after_seconds = 60
    clock.now += 59
    assert reader.is_signed_in()
    clock.now += 1
    assert not reader.is_signed_in()
    assert reader.site.counts.expiries == 1


def test_signed_out_visitors_are_sent_to_the_form_and_back(browser: Browser) -> None:
    answer = browser.get("/search?q=war+%26+peace", allow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=/search%3Fq%3Dwar%2B%2526%2Bpeace"
    assert browser.form(url=answer.headers["Location"])["next"] == "/search?q=war+%26+peace"


def test_signed_out_visitors_may_get_the_form_in_place(browser: Browser) -> None:
    browser.site.signed_out_answer = "form"
    answer = browser.get("/books?page=3")
    assert (answer.status_code, answer.history, one(answer, "#login").get("action")) == (200, [], "/login")
    filled = fields(answer, "#login") | {"username": "reader", "password": READER.password, "action": "login"}
    assert browser.post("/login", data=filled).url == f"{browser.site.url}/books?page=3"


@pytest.mark.parametrize("status", ["401", "403"])
def test_signed_out_visitors_may_get_a_bare_refusal(browser: Browser, status: str) -> None:
    browser.site.signed_out_answer = status
    answer = browser.get("/books")
    assert answer.status_code == int(status)
    assert not find(answer, "form, a")


def test_the_next_requests_fail_and_then_no_more(browser: Browser) -> None:
    browser.site.fail_next = 2
    assert [browser.get("/").status_code for _ in range(3)] == [503, 503, 200]
    assert (browser.site.fail_next, browser.site.counts.failures) == (0, 2)


def test_a_failure_may_say_when_to_come_back(browser: Browser) -> None:
    browser.site.set_levers(fail_next=1, fail_with="503-retry-after", retry_after=7)
    assert browser.get("/").headers["Retry-After"] == "7"


def test_a_failure_may_be_a_connection_closed_without_an_answer(browser: Browser) -> None:
    browser.site.set_levers(fail_next=1, fail_with="drop")
    with pytest.raises(requests.ConnectionError):
        browser.get("/")
    assert browser.get("/").status_code == 200


def test_every_page_may_take_its_time(browser: Browser) -> None:
    browser.site.latency = 0.05
    assert browser.get("/").elapsed.total_seconds() >= 0.05


def test_the_session_id_may_change_with_every_answer(reader: Browser, clock: Clock) -> None:
    reader.site.rotate_cookie = True
    ids = [reader.cookies["session"]]
    for _ in range(3):
        assert reader.is_signed_in()
        ids.append(reader.cookies["session"])
    assert len(set(ids)) == 4
    reader.cookies.set("session", ids[-2], domain="127.0.0.1")
    clock.now += 1.9
    assert reader.get("/books").cookies["session"] == ids[-1]
    reader.cookies.set("session", ids[-2], domain="127.0.0.1")
    clock.now += 0.1
    assert not reader.is_signed_in()


def test_requests_at_the_same_time_survive_a_changing_id(reader: Browser) -> None:
    reader.site.rotate_cookie = True
    cookie, url = {"session": reader.cookies["session"]}, reader.site.url + "/books"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: requests.get(url, cookies=cookie, timeout=5), range(16)))
    assert not any(answer.history for answer in answers)


def test_an_unused_old_id_dies_with_its_session(reader: Browser) -> None:
    reader.site.rotate_cookie = True
    old = reader.cookies["session"]
    reader.get("/books")
    reader.get("/logout")
    reader.cookies.set("session", old)
    assert not reader.is_signed_in()


def test_a_code_may_be_asked_after_the_password_and_is_good_once(browser: Browser, clock: Clock) -> None:
    browser.site.ask_totp = True
    code = pyotp.TOTP(TOTP_SECRET).at(int(clock.now))
    assert browser.submit(next="/account").headers["Location"] == "/login/code"
    assert not browser.is_signed_in()
    form = browser.form("#code-form", "/login/code")
    assert browser.post("/login/code", data=form | {"code": code}).url.endswith("/account")
    browser.submit()
    form = browser.form("#code-form", "/login/code")
    assert "used before" in text(
        browser.post("/login/code", data=form | {"code": code}), "p.error[role=alert]"
    )


def test_a_wrong_code_or_a_used_token_does_not_sign_in(browser: Browser) -> None:
    browser.site.ask_totp = True
    browser.submit()
    form = browser.form("#code-form", "/login/code")
    answers = [browser.post("/login/code", data=form | {"code": "000000"}) for _ in "ab"]
    assert [answer.status_code for answer in answers] == [200, 400]
    assert find(answers[0], "p.error[role=alert]")
    assert not browser.is_signed_in()
    assert (browser.site.counts.failed_logins, browser.site.counts.logins) == (1, 0)


def test_nobody_is_asked_for_a_code_before_the_password(browser: Browser) -> None:
    assert browser.get("/login/code").url.endswith("/login")
    assert browser.post("/login/code", data={"code": "1"}).url.endswith("/login")


# Pages that are nothing without their scripts


def typed_in(browser: Browser, **changed: str) -> requests.Response:
    """Send what the script of /login/scripted would."""
    [app] = document_fromstring(browser.get("/login/scripted").content).cssselect("#app")
    nonce, username = app.get("data-nonce"), changed.get("username", READER.username)
    filled = {"username": username, "password": READER.password, "next": "/account", "nonce": nonce}
    return browser.post("/login/scripted", json=filled | {"token": token_of(nonce, username)} | changed)


def test_the_scripted_login_has_no_form_of_its_own(browser):
    page = document_fromstring(browser.get("/login/scripted").content)
    assert page.cssselect("input[type=password]") == []


def test_the_scripted_login_lets_in_who_has_computed_the_token(browser):
    assert typed_in(browser).json() == {"next": "/account"}
    assert browser.is_signed_in()


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"token": "0"}, 400, "out of date"),
        ({"nonce": "made-up"}, 400, "out of date"),
        ({"password": "wrong"}, 401, WRONG),
    ],
)
def test_the_scripted_login_says_what_is_wrong(browser, changed, status, error):
    answer = typed_in(browser, **changed)
    assert (answer.status_code, error in answer.json()["error"]) == (status, True)
    assert not browser.is_signed_in()


def test_the_scripted_login_goes_on_to_the_code(browser, site):
    site.ask_totp = True
    assert typed_in(browser).json() == {"next": "/login/code"}


def test_the_shelf_is_for_members_and_its_rows_are_in_json(browser):
    assert browser.get("/shelf/books", allow_redirects=False).status_code == 302
    browser.sign_in()
    assert document_fromstring(browser.get("/shelf").content).cssselect("article") == []
    last = browser.get("/shelf/books?page=50").json()
    assert (len(last["books"]), last["next"]) == (20, None)
    assert browser.get("/shelf/books?page=51").status_code == 404


def test_an_account_is_locked_after_three_wrong_passwords_in_a_row(browser: Browser) -> None:
    said = [text(browser.submit(password="no"), "p.error[role=alert]") for _ in range(3)]
    assert said == [WRONG, WRONG, LOCKED]
    assert text(browser.submit(), "p.error[role=alert]") == LOCKED
    browser.sign_in(CRITIC)
    browser.site.unlock_everyone()
    browser.sign_in()


def test_a_right_password_in_between_starts_the_row_anew(browser: Browser) -> None:
    for password in "no", "no", READER.password, "no", "no":
        browser.submit(password=password)
    browser.sign_in()


def test_no_account_is_ever_locked_if_the_lever_says_so(browser: Browser) -> None:
    browser.site.lock_after = None
    assert {text(browser.submit(password="no"), "p.error") for _ in range(5)} == {WRONG}


# The JSON API


def api_login(browser: Browser, **changed: str) -> requests.Response:
    return browser.post("/api/login", json={"username": "reader", "password": READER.password} | changed)


def api_books(browser: Browser, access: str, page: int = 1) -> requests.Response:
    return browser.get(f"/api/books?page={page}", headers={"Authorization": f"Bearer {access}"})


def test_the_api_gives_books_for_a_token(browser: Browser) -> None:
    access = api_login(browser).json()["access"]
    first, last = api_books(browser, access).json(), api_books(browser, access, 50).json()
    assert first["books"][0]["title"] == CATALOGUE.books[0].title
    assert (len(first["books"]), first["next"]) == (20, f"{browser.site.url}/api/books?page=2")
    assert last["next"] is None
    assert api_books(browser, access, 51).status_code == 404


def test_the_api_refuses_wrong_passwords_and_strange_tokens(browser: Browser) -> None:
    answers = [
        api_login(browser, password="no"),
        browser.post("/api/login", data="no JSON"),
        browser.get("/api/books"),
        api_books(browser, "made-up"),
    ]
    assert [answer.status_code for answer in answers] == [401] * 4
    errors = [answer.json()["error"] for answer in answers]
    assert errors == ["wrong_credentials", "wrong_credentials", "token_invalid", "token_invalid"]


def test_the_api_locks_accounts_too(browser: Browser) -> None:
    errors = [api_login(browser, password="no").json()["error"] for _ in range(3)]
    assert errors[-1] == api_login(browser).json()["error"] == "account_locked"


def test_an_access_token_expires_and_a_refresh_token_works_once(browser: Browser, clock: Clock) -> None:
    browser.site.access_token_seconds = 10
    pair = api_login(browser).json()
    assert pair["expires_in"] == 10
    clock.now += 10
    assert api_books(browser, pair["access"]).json() == {"error": "token_expired"}
    renewed = browser.post("/api/refresh", json={"refresh": pair["refresh"]}).json()
    assert api_books(browser, renewed["access"]).status_code == 200
    assert browser.post("/api/refresh", json={"refresh": pair["refresh"]}).json() == {
        "error": "token_invalid"
    }


def test_signing_everyone_out_withdraws_tokens(browser: Browser) -> None:
    pair = api_login(browser).json()
    browser.site.sign_everyone_out()
    assert api_books(browser, pair["access"]).json() == {"error": "token_invalid"}
    assert browser.post("/api/refresh", json={"refresh": pair["refresh"]}).status_code == 401
    assert (browser.site.counts.expiries, browser.site.counts.api_logins) == (1, 1)


# Setting levers


def test_levers_are_set_when_made_or_later_and_checked() -> None:
    site = PracticeSite(sign_out_after=5, latency=1)
    site.ask_totp = True
    assert (site.sign_out_after, site.latency, site.ask_totp) == (5, 1, True)
    with pytest.raises(
        ValueError, match="The lever fail_with takes one of 503, 503-retry-after, drop; not '504'"
    ):
        site.fail_with = "504"
    with pytest.raises(ValueError, match="a whole number from 1, or null for never; not True"):
        PracticeSite(sign_out_after=True)


def test_an_unknown_lever_is_an_error_that_names_the_others() -> None:
    with pytest.raises(
        TypeError, match=r"no lever 'sign_out_afer'; it has sign_out_after, .*access_token_seconds"
    ):
        PracticeSite(sign_out_afer=5)
    with pytest.raises(AttributeError):
        PracticeSite().sign_out_afer = 5


def test_the_control_url_shows_and_sets_levers(browser: Browser) -> None:
    answer = browser.post(
        "/_control", json={"fail_next": 3, "signed_out_answer": "401", "sign_out_after": None}
    )
    assert answer.json()["levers"] == browser.get("/_control").json()["levers"] == browser.site.levers
    assert browser.site.fail_next == 3
    assert set(browser.site.levers) == set(LEVERS)


def test_the_control_url_takes_actions(reader: Browser) -> None:
    counts = reader.post("/_control", json={"sign_everyone_out": True, "unlock_everyone": True}).json()[
        "counts"
    ]
    assert (counts["logins"], counts["expiries"]) == (1, 1)
    assert not reader.is_signed_in()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"fail_nxt": 3}, "no lever 'fail_nxt'; it has sign_out_after, "),
        ({"fail_next": 1, "latency": -1}, "The lever latency takes seconds as a number from 0; not -1."),
        ({"sign_everyone_out": False}, "The action sign_everyone_out takes true; not False."),
        ([1], "Send a JSON object"),
    ],
)
def test_the_control_url_refuses_what_it_does_not_know(browser: Browser, sent: object, said: str) -> None:
    answer = browser.post("/_control", json=sent)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert browser.site.fail_next == 0


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_the_control_url_refuses_pages_of_other_sites(browser: Browser, header: dict[str, str]) -> None:
    answer = browser.post("/_control", json={"fail_next": 1}, headers=header)
    assert (answer.status_code, browser.site.fail_next) == (403, 0)


def test_the_control_url_answers_a_page_of_its_own(browser: Browser) -> None:
    assert browser.get("/_control", headers={"Origin": browser.site.url}).status_code == 200


def test_the_control_url_refuses_other_machines(site: PracticeSite) -> None:
    client = Client(app_of(site))
    assert client.get("/_control", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403
    assert client.get("/_control", environ_base={"REMOTE_ADDR": "127.0.0.1"}).status_code == 200


def test_the_control_url_is_neither_counted_nor_spoiled(browser: Browser) -> None:
    browser.site.fail_next = 1
    assert browser.get("/_control").status_code == 200
    assert (browser.site.counts.requests, browser.site.fail_next) == (0, 1)


# Counts


def test_counts_tell_what_was_served_to_whom(reader: Browser, open_browser: Callable[[], Browser]) -> None:
    book = CATALOGUE.books[0].path
    for url in "/books", book, book:
        reader.get(url)
    open_browser().get("/")
    counts = reader.site.counts
    assert (counts.logins, counts.login_attempts, counts.login_pages, counts.failed_logins) == (1, 1, 1, 0)
    assert (counts.pages, counts.books, counts.anonymous_pages) == ({"reader": 3}, {"reader": 1}, 2)
    assert counts.served == {"/books": 1, book: 2}
    assert (counts.requests, counts.connections) == (6, 2)


def test_counts_are_a_copy(browser: Browser) -> None:
    before = browser.site.counts
    browser.get("/")
    assert (before.requests, browser.site.counts.requests) == (0, 1)


def test_login_forms_are_counted_wherever_they_are_served(browser: Browser) -> None:
    browser.site.signed_out_answer = "form"
    browser.get("/books")
    browser.submit(password="no")
    counts = browser.site.counts
    assert (counts.login_pages, counts.login_attempts, counts.failed_logins) == (3, 1, 1)


def test_counts_hold_when_many_ask_at_once(reader: Browser) -> None:
    cookie, url = {"session": reader.cookies["session"]}, reader.site.url
    paths = [book.path for book in CATALOGUE.books[:60]]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda path: requests.get(url + path, cookies=cookie, timeout=5), paths))
    counts = reader.site.counts
    assert (counts.pages, counts.books) == ({"reader": 60}, {"reader": 60})
    assert counts.served == dict.fromkeys(paths, 1)


# The server


def test_one_connection_serves_many_requests_and_their_bodies(site: PracticeSite) -> None:
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"))
    for method, url, body in (
        ("POST", "/nope", b"x" * 9000),
        ("HEAD", "/", None),
        ("POST", "/newsletter", b""),
    ):
        connection.request(method, url, body)
        answer = connection.getresponse()
        assert (answer.version, answer.getheader("Connection")) == (11, "keep-alive")
        answer.read()
    connection.close()
    assert (site.counts.requests, site.counts.connections) == (3, 1)


@pytest.mark.parametrize(
    ("header", "status"),
    [("Content-Length: 9999999", 413), ("Content-Length: x", 400), ("Transfer-Encoding: chunked", 411)],
)
def test_a_body_of_no_sane_length_ends_the_connection(site: PracticeSite, header: str, status: int) -> None:
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(f"POST /newsletter HTTP/1.1\r\nHost: {host}\r\n{header}\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            assert answer.read().startswith(f"HTTP/1.1 {status} ".encode())


def test_stopping_closes_open_connections_and_leaves_no_thread() -> None:
    before = threading.active_count()
    with PracticeSite() as site, Browser(site) as browser:
        browser.get("/")
        site.stop()
        assert threading.active_count() == before
        with pytest.raises(RuntimeError, match="not running"):
            site.url  # noqa: B018


def test_stopping_does_not_wait_for_a_slow_page() -> None:
    with ThreadPoolExecutor(1) as pool, PracticeSite(latency=60) as site:
        answer = pool.submit(requests.get, site.url, timeout=5)
        while not site.counts.requests:
            time.sleep(0.001)
        site.stop()
        with suppress(requests.ConnectionError):
            answer.result()


def test_requests_are_logged_only_when_asked(capfd: pytest.CaptureFixture[str]) -> None:
    for log, said in (False, ""), (True, "127.0.0.1 'GET / HTTP/1.1' 200 "):
        with PracticeSite(log=log) as site:
            requests.get(site.url, timeout=5)
        out, err = capfd.readouterr()
        assert (out, err[: len(said)], bool(err)) == ("", said, log)


def test_sites_live_side_by_side_and_start_again() -> None:
    with PracticeSite(fail_next=1) as one_site, PracticeSite() as other:
        assert requests.get(one_site.url, timeout=5).status_code == 503
        assert requests.get(other.url, timeout=5).status_code == 200
    with one_site:
        assert requests.get(one_site.url, timeout=5).status_code == 200
        with pytest.raises(RuntimeError, match="already runs at"):
            one_site.start()
    for _ in range(30):
        with PracticeSite():
            pass


def test_a_busy_port_is_an_error_or_a_reason_to_take_another(site: PracticeSite) -> None:
    port = int(site.url.rpartition(":")[2])
    with pytest.raises(OSError, match=rf"Port {port} of 127\.0\.0\.1 is in use; stop what listens there"):
        PracticeSite(port=port).start()
    with PracticeSite(port=port, or_any_port=True) as other:
        assert other.url != site.url


def test_the_site_knows_its_reader(site: PracticeSite) -> None:
    assert (site.username, site.password, site.totp_secret) == (
        "reader",
        "practice-makes-perfect",
        TOTP_SECRET,
    )
    assert READER.password not in repr(READER)


# The command line


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_stop(end: signal.Signals) -> None:
    options = ["--port", "0", "--ask-totp", "--lock-after", "never", "--fail-next", "1"]
    command = [sys.executable, "-W", "error", "-m", "examples.site", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=-1, stderr=-1, text=True) as process:
        said = "".join(iter(process.stdout.readline, "Ctrl-C closes it.\n"))
        url = re.search(r"open at (http://\S+)", said)[1]
        assert requests.get(url, timeout=5).status_code == 503
        levers = requests.get(f"{url}/_control", timeout=5).json()["levers"]
        process.send_signal(end)
        out, err = process.communicate(timeout=10)
    assert (levers["lock_after"], levers["ask_totp"], levers["fail_next"]) == (None, True, 0)
    for told in "reader / practice-makes-perfect", "critic / read-between-lines", TOTP_SECRET, "curl -d":
        assert told in said
    assert "Requests: 1 over 2 connections, 1 made to fail" in out
    assert (process.returncode, err) == (0, "")


def test_the_command_explains_every_lever() -> None:
    told = run("-m", "examples.site", "--help").stdout
    for name in LEVERS:
        assert f"--{name.replace('_', '-')}" in told


def test_the_command_refuses_a_wrong_value_with_a_sentence() -> None:
    refused = run("-m", "examples.site", "--fail-with", "504")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "The lever fail_with takes one of 503, 503-retry-after, drop; not '504'." in refused.stderr


def test_the_command_says_that_a_port_is_busy(site: PracticeSite) -> None:
    refused = run("-m", "examples.site", "--port", site.url.rpartition(":")[2])
    assert refused.returncode == 2
    assert re.fullmatch(r"Port \d+ of 127\.0\.0\.1 is in use; .*\.\n", refused.stderr)


def test_the_command_says_what_to_install_if_flask_is_missing() -> None:
    program = (
        "import runpy, sys; sys.modules['flask'] = None; runpy.run_module('examples.site', None, '__main__')"
    )
    refused = run("-c", program)
    assert refused.returncode == 2
    assert refused.stderr == ("The practice site needs flask; install it: python -m pip install flask\n")
