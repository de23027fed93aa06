"""What the pages of a sign-in hand out is kept out of logs and saved pages."""

import pytest

from scraper import Session
from scraper.login.tokens import MOST, register_page_secrets
from scraper.redact import redact
from tests.pages import URL, page

TOKEN = "Zq8Lk2Vb77aTq0sX"
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    "html",
    [
        f"<input type=hidden name=csrf value={TOKEN}>",
        f"<input type=HIDDEN name=lt value={TOKEN}>",
        f"<meta name=_csrf content={TOKEN}>",
        f"<a href='/next?ticket={TOKEN}'>Go</a>",
        f"<form action='/login;jsessionid={TOKEN}'></form>",
        f"<button formaction='/login?csrf={TOKEN}'></button>",
        f"<img src='/pixel?session_id={TOKEN}'>",
        f"<p data-csrf-token={TOKEN}>",
    ],
)
def test_a_token_is_found_wherever_a_page_has_it(html):
    register_page_secrets(page(html))
    assert redact(f"/check/{TOKEN}") == "/check/***"


@pytest.mark.parametrize(
    ("name", "value", "is_hidden"),
    [
        ("execution", UUID, True),
        ("state", "d41d8cd98f00b204e9800998ecf8427e", True),
        ("csrf", "long-enough-without-digits", True),
        ("next", "/members/area51/overview", False),
        ("url", "https://shop.example/books1", False),
        ("shop", "books-and-more-2024", False),
        ("lang", "de", False),
        ("csrf", "1", False),
    ],
)
def test_a_hidden_field_is_secret_by_its_name_or_by_its_look(name, value, is_hidden):
    register_page_secrets(page(f"<input type=hidden name={name} value='{value}'>"))
    assert (redact(value) == "***") is is_hidden


@pytest.mark.parametrize(
    ("body", "is_hidden"),
    [
        (f'{{"data": {{"access_token": "{TOKEN}"}}}}', True),
        (f'{{"data": [{{"refresh": "{UUID}"}}]}}', True),
        ('{"jwt": "aaaaaaaaaa.bbbbbbbbbb.cccc"}', True),
        ('{"x": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln"}', True),
        ('{"name": "a-plain-name-of-a-thing"}', False),
    ],
)
def test_in_json_a_token_is_known_by_its_name_or_by_its_look(body, is_hidden):
    register_page_secrets(page(body, type="application/json"))
    value = body.split('"')[-2]
    assert (redact(value) == "***") is is_hidden


@pytest.mark.parametrize("url", [f"{URL}?ticket={TOKEN}", f"{URL};jsessionid={TOKEN}"])
def test_the_addresses_that_led_to_a_page_count_too(url):
    register_page_secrets(page("{}", url, type="application/json"))
    assert redact(TOKEN) == "***"


def test_the_address_of_a_redirect_counts_too():
    register_page_secrets(page("", history=(f"{URL}?ticket={TOKEN}",)))
    assert redact(TOKEN) == "***"


def test_a_page_full_of_tokens_does_not_push_out_those_of_others():
    register_page_secrets(page(f"<input type=hidden name=csrf value={TOKEN}>"))
    many = "".join(f"<input type=hidden name=csrf value=Xx{n:020}>" for n in range(3_000))
    register_page_secrets(page(many))
    assert redact(TOKEN) == "***"
    assert redact(f"Xx{MOST - 1:020}") == "***"
    assert redact(f"Xx{MOST:020}") != "***"


@pytest.mark.parametrize(
    ("name", "value", "is_hidden"),
    [
        ("refresh_token", TOKEN, True),
        ("api-key", "9812739812739812", True),
        ("auth", f'{{"user": "ada", "tokens": ["{TOKEN}"]}}', True),
        ("persist:root", f'{{"id": "{UUID}"}}', True),
        ("last-page", "the-shelf-of-1987-and-later", False),
        ("settings", '{"theme": "a-dark-one-with-2-blues"}', False),
        ("deep", "[" * 100_000, False),
    ],
)
def test_what_local_storage_keeps_of_a_restored_session_is_kept_out_of_logs(name, value, is_hidden):
    storage = [{"origin": "https://shop.example", "localStorage": [{"name": name, "value": value}]}]
    with Session() as session:
        state = {**session.state(), "origins": storage}
    with Session.restore(state) as session:
        assert session.state()["origins"] == storage
        assert ("***" in redact(value)) is is_hidden
