"""What people have as the cookies of a browser, read as it comes."""

from __future__ import annotations

import json
from http.cookiejar import Cookie
from http.cookiejar import CookieJar as PlainJar

import pytest
import requests

from scraper import ConfigError
from scraper.cookies.exports import of_jar, of_mapping, parse

EDIT_THIS_COOKIE = [
    {
        "domain": ".shop.example",
        "expirationDate": 1999999999.5,
        "hostOnly": False,
        "httpOnly": True,
        "name": "sid",
        "path": "/",
        "sameSite": "no_restriction",
        "secure": True,
        "session": False,
        "storeId": "0",
        "value": "s3cret-value",
        "id": 1,
    },
    {
        "domain": "shop.example",
        "hostOnly": True,
        "httpOnly": False,
        "name": "lang",
        "path": "/books",
        "sameSite": "unspecified",
        "secure": False,
        "session": True,
        "storeId": "0",
        "value": "",
    },
]


def test_the_json_of_an_extension():
    sid, lang = parse(json.dumps(EDIT_THIS_COOKIE)).cookies
    assert (sid.name, sid.value, sid.domain, sid.path) == ("sid", "s3cret-value", ".shop.example", "/")
    assert (sid.expires, sid.secure, sid.http_only, sid.same_site) == (1999999999.5, True, True, "None")
    assert (lang.domain, lang.host_only, lang.path, lang.expires) == ("shop.example", True, "/books", None)
    assert (lang.value, lang.same_site) == ("", None)


@pytest.mark.parametrize(
    ("entry", "domain", "expires"),
    [
        ({"domain": ".a.example", "expiry": 1999999999}, ".a.example", 1999999999),  # Selenium
        ({"domain": "A.example", "expires": -1, "sameSite": "Lax"}, "a.example", None),  # Puppeteer
        ({"domain": "a.example", "hostOnly": False, "sameSite": None}, ".a.example", None),  # Cookie-Editor
    ],
)
def test_the_lists_of_other_programs(entry, domain, expires):
    [cookie] = parse(json.dumps([{"name": "sid", "value": "x", **entry}])).cookies
    assert (cookie.domain, cookie.expires, cookie.path) == (domain, expires, "/")


def test_a_state_of_playwright_with_its_local_storage():
    state = {
        "cookies": [{"name": "sid", "value": "x", "domain": "a.example", "path": "/", "expires": -1}],
        "origins": [{"origin": "https://a.example", "localStorage": [{"name": "jwt", "value": "abc"}]}],
    }
    export = parse("\ufeff" + json.dumps(state))
    assert [cookie.name for cookie in export.cookies] == ["sid"]
    assert export.storage == {"https://a.example": {"jwt": "abc"}}
    assert "abc" not in repr(export)


LINE = "{}\tTRUE\t/\tTRUE\t1999999999\tsid\tvalue"


@pytest.mark.parametrize(
    "header", ["", "# Netscape HTTP Cookie File\n# http://curl.se\n\n", "\ufeff# HTTP Cookie File\n"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_cookies_txt_with_and_without_its_first_line(header, end):
    text = (header + LINE.format(".a.example") + "\n" + LINE.format("#HttpOnly_.b.example") + "\n").replace(
        "\n", end
    )
    first, second = parse(text).cookies
    assert (first.domain, first.value, first.http_only) == (".a.example", "value", False)
    assert (second.domain, second.value, second.http_only) == (".b.example", "value", True)


def test_an_address_in_brackets_begins_no_json():
    [cookie] = parse("[::1]\tFALSE\t/\tFALSE\t0\tsid\tvalue").cookies
    assert cookie.domain == "[::1]"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[{"name": "sid", "value": "s3cret-value"}', "begin like JSON and are none"),
        ('[{"name": "sid", "value": "s3cret-value"}]', "Cookie 1 of the JSON has no usable 'domain'"),
        ('[{"name": "sid", "domain": "a.example"}]', "no usable 'value'"),
        ('[{"name": "sid", "value": "s3cret-value", "domain": "."}]', "no usable 'domain'"),
        ('[{"name": "s", "value": "v", "domain": "a.example", "expires": "s3cret"}]', "no usable 'expires'"),
        ('[[{"name": "sid"}]]', "no usable|begin like|fields"),
        ('{"sid": "s3cret-value"}', "The JSON holds no cookies"),
        ("a.example TRUE / TRUE 0 sid s3cret-value", "Line 1 .* tabs between"),
        ("{" * 100_000, "begin like JSON"),
    ],
)
def test_what_cannot_be_read_is_said_without_a_value(text, says):
    with pytest.raises(ConfigError, match=says) as caught:
        parse(text)
    assert "s3cret" not in str(caught.value)


def test_a_state_with_nonsense_for_its_origins_has_no_storage():
    for origins in ("x", [1], [{"origin": "https://a.example", "localStorage": [1, {"name": "n"}]}]):
        storage = parse(json.dumps({"cookies": [], "origins": origins})).storage
        assert not any(storage.values())


def test_jars_and_mappings():
    jar = requests.Session().cookies
    jar.set("sid", "x", domain="a.example")
    plain = PlainJar()
    plain.set_cookie(next(iter(jar)))
    assert isinstance(next(iter(plain)), Cookie)
    assert [c.domain for c in (*of_jar(jar).cookies, *of_jar(plain).cookies)] == ["a.example"] * 2
    [cookie] = of_mapping({"https://a.example": {"sid": "x"}}).cookies
    assert (cookie.domain, cookie.host_only, cookie.secure) == ("a.example", True, True)
    with pytest.raises(ConfigError, match="no http or https address"):
        of_mapping({"a.example": {"sid": "x"}})
