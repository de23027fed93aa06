import dataclasses
import functools

import pytest

from scraper import ConfigError, Request, Spider
from scraper.request import is_http, is_loopback, is_trustworthy, join, origin


@pytest.mark.parametrize(
    "url", ["/books", "books", "ftp://shop.example/", "mailto:ada@shop.example", "https://", "http://[x", ""]
)
def test_only_whole_http_addresses_are_requested(url):
    assert not is_http(url)
    with pytest.raises(ConfigError, match="is no http or https address; give it whole"):
        Request(url)


@pytest.mark.parametrize("port", ["port", "99999", "-1", "0"])
def test_a_port_that_there_is_not_makes_no_address(port):
    assert not is_http(f"http://shop.example:{port}/")


def test_a_request_is_plain_data():
    request = Request("https://shop.example/", "post", body=b"q=1", meta={"n": 1})
    assert Request(**dataclasses.asdict(request)) == request
    assert repr(request) == "<Request POST https://shop.example/>"
    assert (
        repr(Request("https://shop.example/?token=a1b2c3d4"))
        == "<Request GET https://shop.example/?token=***>"
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.url = "https://elsewhere.example/"


def test_requests_do_not_share_their_headers_and_meta():
    one, two = Request("https://shop.example/1"), Request("https://shop.example/2")
    assert one.headers is not two.headers
    assert one.meta is not two.meta


@pytest.mark.parametrize(
    ("method", "is_safe"),
    [("get", True), ("HEAD", True), ("options", True), ("POST", False), ("delete", False)],
)
def test_methods_that_only_read_are_safe(method, is_safe):
    assert Request("https://shop.example/", method).is_safe is is_safe


def test_a_callback_counts_by_its_name():
    assert Request("https://shop.example/", callback=Spider().parse).callback == "parse"
    assert Request("https://shop.example/", callback="parse_book").callback == "parse_book"
    assert Request("https://shop.example/").callback is None


@pytest.mark.parametrize("callback", [lambda response: None, functools.partial(print)])
def test_a_callback_without_a_name_is_refused(callback):
    with pytest.raises(ConfigError, match="is no callback: it has no name; give a method of the spider"):
        Request("https://shop.example/", callback=callback)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Shop.Example:443/a?b#c", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://shop.example:443/", "http://shop.example:443"),
        ("https://ada:pw@shop.example:8443/", "https://shop.example:8443"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url, expected):
    assert origin(url) == expected


def test_what_cannot_be_an_address_is_joined_as_it_is():
    assert join("https://shop.example/a/b", " c ") == "https://shop.example/a/c"
    assert join("https://shop.example/a/b", "http://[x") == "http://[x"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("shop.localhost:8000", True),
        ("127.0.0.1", True),
        ("127.9.9.9:80", True),
        ("[::1]:80", True),
        ("10.0.0.1", False),
        ("127.evil.example", False),
        ("localhost.evil.example", False),
        ("shop.example", False),
    ],
)
def test_loopback_is_this_machine_only(host, expected):
    assert is_loopback(f"http://{host}/") is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://shop.example/", True),
        ("http://127.0.0.1:8000/", True),
        ("http://localhost/", True),
        ("http://[::1]/", True),
        ("http://shop.example/", False),
        ("http://127.evil.example/", False),
        ("http://localhost.evil.example/", False),
        ("ftp://shop.example/", False),
        ("javascript:void(0)", False),
    ],
)
def test_credentials_go_over_https_or_stay_on_this_machine(url, expected):
    assert is_trustworthy(url) is expected


def test_half_a_character_in_an_address_is_replaced_as_in_browsers():
    assert Request("http://a.example/\ud83d?\ud83d\ude00").url == "http://a.example/\ufffd?\U0001f600"
