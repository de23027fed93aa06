import lxml.html
import pytest

from scraper import SelectorError
from scraper.selector import MISSING, Selector, absolute, compile_css, compile_xpath, squeeze

BASE = "https://shop.example/books/"
PAGE = lxml.html.document_fromstring(
    """<ul><li class="book first"><a href="1" title=" A  b ">One
       <b>book</b></a></li><li class="book"><a href=" /2 ">Two</a> <i>3 left</i></li><li>None</li></ul>"""
)


def found(selector: Selector) -> list[str]:
    return list(selector.values(PAGE, BASE))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("li.book a", ["One book", "Two"]),
        ("b, i", ["book", "3 left"]),
        ("li.book > a::attr(href)", [f"{BASE}1", "https://shop.example/2"]),
        ("li.book:last-of-type, li.first i", []),
        ("a::attr(title)", [" A  b "]),
        ("li.first a::text", ["One"]),
        ("a.no", []),
    ],
)
def test_css_gives_texts_and_attributes_in_the_order_of_the_page(query, expected):
    assert found(Selector("css", query)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("//li[1]/a", ["One book"]),
        ("//a/@href", [f"{BASE}1", "https://shop.example/2"]),
        ("//b/text()", ["book"]),
        ("string(//i)", ["3 left"]),
        ("count(//li)", ["3.0"]),
        ("//i[re:test(., '^\\d')]", ["3 left"]),
        ("//li[has-class('first')]//b", ["book"]),
    ],
)
def test_xpath_gives_elements_attributes_texts_and_numbers(query, expected):
    assert found(Selector("xpath", query)) == expected


def test_attr_leaves_out_elements_that_do_not_have_it():
    assert found(Selector("css", "a", attr="title")) == [" A  b "]


@pytest.mark.parametrize(
    ("pattern", "expected"), [(r"\w+", ["One", "Two"]), ("(b)o+k", ["b"]), ("One|(w)", ["w"])]
)
def test_re_keeps_the_first_group_or_the_whole_match(pattern, expected):
    assert found(Selector("css", "a", re=pattern)) == expected


def test_only_elements_are_searched_further():
    assert [element.tag for element in Selector("css", "b, i").elements(PAGE)] == ["b", "i"]
    assert Selector("css", "a::text").elements(PAGE) == []


@pytest.mark.parametrize(
    ("language", "query", "sentence"),
    [
        ("css", "a[", r"'a\[' is not a CSS selector: Malformed attribute selector at position 1"),
        ("css", "", "'' is not a CSS selector"),
        ("css", "a::nothing", "'a::nothing' is not a CSS selector"),
        ("xpath", "//[", r"'//\[' is not an XPath expression"),
    ],
)
def test_what_does_not_compile_is_found_where_it_is_written(language, query, sentence):
    with pytest.raises(SelectorError, match=sentence):
        Selector(language, query)


def test_a_bad_regular_expression_is_found_where_it_is_written():
    with pytest.raises(SelectorError, match=r"'\(' is not a regular expression: missing \)"):
        Selector("css", "a", re="(")


def test_a_selector_is_compiled_once():
    assert compile_css("li.book a") is compile_css("li.book a")
    assert compile_xpath("//li") is compile_xpath("//li")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("href", "../a?b#c", "https://shop.example/a?b#c"),
        ("src", "//cdn.example/1.png", "https://cdn.example/1.png"),
        ("action", "", BASE),
        ("href", "mailto:ada@shop.example", "mailto:ada@shop.example"),
        ("href", "http://[broken", "http://[broken"),
        ("title", "../a", "../a"),
    ],
)
def test_addresses_come_absolute_and_nothing_else(name, value, expected):
    assert absolute(name, value, BASE) == expected


def test_white_space_is_collapsed():
    assert squeeze("\n a\t b\xa0 \r\nc ") == "a b c"


def test_a_selector_shows_as_it_was_written():
    assert repr(Selector("css", "b", attr="title", re="x", default=1)) == "css('b', attr='title', re='x')"
    assert repr(Selector("xpath", "//b").default) == repr(MISSING) == "MISSING"
