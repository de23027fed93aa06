import inspect

import pytest
import requests

from scraper import errors
from scraper.errors import ExtractError, FetchError, LoginError, LoginRejected, ScraperError

CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, ScraperError)]


def drawn() -> dict[str, str]:
    """The parent of every error in the tree of the module's docstring."""
    parents, path = {}, ["ScraperError"]
    for line in (errors.__doc__ or "").splitlines():
        if "── " in line:
            name, depth = line.partition("── ")[2].split()[0], line.index("── ") // 4 + 1
            path[depth:] = [name]
            parents[name] = path[depth - 1]
    return parents


def test_the_tree_is_as_it_is_drawn():
    ours = {
        cls.__name__: base.__name__
        for cls in CLASSES
        for base in cls.__bases__
        if issubclass(base, ScraperError)
    }
    assert drawn() == ours
    assert len(ours) == len(CLASSES) - 1


def test_every_error_says_what_it_is_for():
    assert all(cls.__doc__ and cls.__doc__ != cls.__base__.__doc__ for cls in CLASSES)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ScraperError", 1),
        ("FetchError", 1),
        ("AccessDenied", 1),
        ("ExportError", 1),
        ("ConfigError", 2),
        ("SecretMissing", 2),
        ("SpiderNotFound", 2),
        ("SelectorError", 2),
        ("LoginError", 16),
        ("LoginRejected", 16),
        ("SessionEnded", 16),
        ("InteractionRequired", 75),
    ],
)
def test_an_error_carries_the_exit_code_of_the_command_line(name, code):
    assert getattr(errors, name).exit_code == code


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("FetchError", requests.RequestException),
        ("TooLarge", requests.RequestException),
        ("TooSlow", requests.Timeout),
        ("TooManyRedirects", requests.TooManyRedirects),
        ("Blocked", requests.RequestException),
    ],
)
def test_who_catches_the_errors_of_requests_catches_ours(name, theirs):
    with pytest.raises(theirs, match="came back"):
        raise getattr(errors, name)("Nothing came back.")


def test_a_fetch_error_carries_request_response_and_attempts():
    request, response = requests.Request("GET", "https://shop.example/"), requests.Response()
    error = FetchError("Nothing came back.", request=request, response=response)
    assert (error.request, error.response, error.attempts) == (request, response, 1)
    assert str(error) == "Nothing came back."


def test_no_login_error_passes_for_a_fetch_error_and_is_retried():
    assert not issubclass(LoginError, requests.RequestException)


def test_a_login_error_carries_the_answer_that_showed_it():
    assert LoginRejected("No.", response="page").response == "page"
    assert LoginRejected("No.").response is None


def test_an_extract_error_says_where():
    error = ExtractError("Nothing matches.", field="price", selector="css('b')", url="https://shop.example/")
    assert (error.field, error.selector, error.url) == ("price", "css('b')", "https://shop.example/")
