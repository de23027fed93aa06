"""A password that was given as it is shows nowhere that a person or a log may look."""

import copy
import io
import json
import pickle
import sys
from typing import Any

import pytest

from scraper import FormLogin, Request, Response, Secret, Session, Spider, env, fill, prompt

PASSWORD = "hunter2-correct-horse"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Shop(Spider):
    start_urls = ("https://shop.example/",)
    login = FormLogin("/login", fill(username="ada", password=PASSWORD))


def answered(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A prompt that has its answer and remembers it."""
    monkeypatch.setattr(sys, "stdin", Terminal(f"{PASSWORD}\n"))
    source = prompt("Password", hidden=False)
    assert source().reveal() == PASSWORD
    return source


def holders(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Everything public that may hold the password."""
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    sources = [PASSWORD, Secret(PASSWORD), env("SHOP_PASSWORD"), env("NONE", PASSWORD), answered(monkeypatch)]
    fills = [fill(username="ada", password=source, remember=True) for source in sources]
    logins = [FormLogin("/login", it) for it in fills]
    sessions = [Session(login, base_url="https://shop.example") for login in logins]
    spiders = [Shop(), Shop(login=logins[0]), Shop().session]
    request = Request("https://shop.example/login", "POST", body=f"password={PASSWORD}".encode())
    return [
        *sources[1:],
        *[source() for source in sources[2:]],
        *fills,
        *logins,
        *sessions,
        *spiders,
        request,
        Response("https://shop.example/", request=request),
    ]


def test_a_password_shows_in_no_text_of_what_holds_it(monkeypatch):
    for holder in holders(monkeypatch):
        shown = [repr(holder), str(holder), f"{holder}", f"{holder!r:>5}", f"{[holder]} { ({'it': holder}) }"]
        assert not any(PASSWORD in text for text in shown), type(holder)


def test_what_is_no_secret_shows():
    shown = repr(FormLogin("/login", fill(username=env("SHOP_USER"), password=PASSWORD, remember=True)))
    assert shown == "FormLogin('/login', fill(username=env('SHOP_USER'), password='***', remember=True))"


def test_a_secret_cannot_be_shortened_measured_or_written_by_accident():
    secret = Secret(PASSWORD)
    for leak in (
        lambda: f"{secret:.5}",
        lambda: secret[:5],  # type: ignore[index]
        lambda: len(secret),  # type: ignore[arg-type]
        lambda: "password=" + secret,  # type: ignore[operator]
        lambda: json.dumps(secret),
        lambda: vars(secret),
    ):
        with pytest.raises(TypeError) as caught:
            leak()
        assert PASSWORD not in str(caught.value)


def test_a_session_is_never_pickled_or_copied():
    with Session(FormLogin("/login", fill(username="ada", password=PASSWORD))) as session:
        for write in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="A Session is not pickled: it holds credentials"):
                write(session)


def test_declaring_a_spider_asks_for_no_secret(monkeypatch):
    monkeypatch.delenv("SHOP_PASSWORD", raising=False)
    source = env("SHOP_PASSWORD")
    login = FormLogin(
        "https://shop.example/login", fill(username=lambda: pytest.fail("asked"), password=source)
    )
    assert "password=env('SHOP_PASSWORD')" in repr(login)
    assert Shop(login=login).session.login is login
