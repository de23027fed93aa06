"""Short ways for what is usual give what the long ways give."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import lxml.html
import pytest
from cssselect import HTMLTranslator
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from requests.models import PreparedRequest
from w3lib.url import canonicalize_url

from scraper.job.rows import _canonical
from scraper.request import host_of, http_host, is_http, is_sent_as_it_is, join
from scraper.selector import compile_css

PIECES = st.sampled_from(
    [
        "a",
        "B",
        "ä",
        "%41",
        "%2F",
        "..",
        ".",
        "/",
        "//",
        "?",
        "&",
        "=",
        "#",
        ";",
        ":",
        "@",
        "+",
        "~",
        "-",
        "_",
        " ",
        "p=1",
    ]
)
TAILS = st.lists(PIECES, max_size=8).map("".join)
BASES = st.sampled_from(
    [
        "http://shop.example",
        "https://Shop.Example:8443",
        "http://127.0.0.1:80",
        "https://x_y.example",
        "ftp://a",
        "",
    ]
)


@settings(max_examples=500)
@given(BASES, TAILS)
def test_addresses_are_read_alike(base: str, tail: str):
    url = f"{base}/{tail}"
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    assert is_http(url) is is_usable
    if is_usable:
        assert http_host(url) == urlsplit(url).hostname
        assert host_of(url) == urlsplit(url).hostname


@settings(max_examples=500)
@given(BASES, TAILS, TAILS)
def test_links_are_resolved_alike(base: str, path: str, link: str):
    try:
        expected = urljoin(f"{base}/{path}", link.strip())
    except ValueError:
        return
    assert join(f"{base}/{path}", link) == expected


@settings(max_examples=500)
@given(BASES.filter(bool), TAILS)
def test_pages_have_the_key_that_w3lib_gives(base: str, tail: str):
    assert _canonical(f"{base}/{tail}") == canonicalize_url(f"{base}/{tail}")


@settings(max_examples=500)
@given(BASES.filter(lambda base: base.startswith("http")), TAILS)
def test_what_is_sent_as_it_is_is_what_requests_would_send(base: str, tail: str):
    url = f"{base}/{tail}"
    if is_sent_as_it_is(url):
        prepared = PreparedRequest()
        prepared.prepare_url(url, None)
        assert prepared.url == url


PAGE = lxml.html.document_fromstring(
    "<div id=main class='a b'><p class='price x'>1</p><p class=b id=two>2<b class=price>3</b></p>"
    "<ul><li class=b>4<li class='b c'>5<li>6</ul><a class=next id=main href=/x>7</a></div><p class=''>8</p>"
)


@pytest.mark.parametrize(
    "query",
    [
        *(
            ".price",
            ".b",
            "p.b",
            "div .b",
            "div > .b",
            "#main",
            "p#two",
            "#two .price",
            ".a .b .price",
            ".b + .b",
        ),
        *(
            ".b ~ li",
            "li.b:first-child",
            "li:nth-child(2)",
            ".b:not(.c)",
            "ul .b:last-child",
            "*.b",
            "[class]",
        ),
        *(".price::text", "a.next::attr(href)", ".b, .price", ":is(.b)", "p:nth-of-type(2)", "div.a.b"),
    ],
)
def test_selectors_match_the_same_elements_in_the_same_order(query: str):
    plain = query.partition("::")[0]
    expected = etree.XPath(HTMLTranslator().css_to_xpath(plain))(PAGE)
    found = compile_css(query)(PAGE)
    if "::" in query:
        assert len(found) == len(expected)
    else:
        assert found == expected
        assert compile_css(query, first=True)(PAGE) == expected[:1]
