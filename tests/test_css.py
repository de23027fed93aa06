"""CSS selectors match what BeautifulSoup's ``select`` matches: on a page of everything, and on random ones.

``SCRAPER_SAVED_PAGES=folder`` tries them on the ``*.html`` of a folder too.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import soupsieve
from bs4 import BeautifulSoup, Tag
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scraper import FormLogin, Item, Response, SelectorError, Spider, css, fill
from scraper.indicators import shows
from scraper.selector import Element, compile_css, plain
from scraper.selector.css import WIDE
from scraper.selector.translate import paths
from tests.css_cases import PAGE, SELECTORS
from tests.pages import page

SAVED = sorted(Path(os.environ.get("SCRAPER_SAVED_PAGES", "/nowhere")).glob("*.html"))


class Both:
    """A page as lxml tree and as BeautifulSoup, whose elements are known by their place."""

    def __init__(self, response: Response) -> None:
        self.elements: list[Element] = list(response.tree.iter("*"))
        self.tags: list[Tag] = response.soup.find_all(True)
        self.are_alike = [e.tag for e in self.elements] == [tag.name for tag in self.tags]
        self._places: dict[object, int] = {element: n for n, element in enumerate(self.elements)}
        self._places |= {id(tag): n for n, tag in enumerate(self.tags)}
        self.soup = response.soup

    def found(self, query: str, n: int = 0, *, first: bool = False) -> list[int]:
        """The places of what matches in the element `n`, itself left out where it is not the root."""
        found = [self._places[match] for match in compile_css(query, first=first)(self.elements[n])]
        return [place for place in found if place != n or n == 0]

    def expected(self, query: str, n: int = 0) -> list[int]:
        """The places of what BeautifulSoup selects in the element `n`."""
        inside: BeautifulSoup | Tag = self.soup if n == 0 else self.tags[n]
        return [self._places[id(tag)] for tag in inside.select(query)]


EVERYTHING = Both(page(PAGE))


@pytest.mark.filterwarnings("ignore:The pseudo class:FutureWarning")
@pytest.mark.parametrize("query", SELECTORS)
def test_a_selector_matches_what_beautifulsoup_selects(query):
    assert EVERYTHING.are_alike
    assert EVERYTHING.found(query) == EVERYTHING.expected(query)
    assert EVERYTHING.found(query, first=True) == EVERYTHING.expected(query)[:1]
    for n in range(1, len(EVERYTHING.elements)):
        assert EVERYTHING.found(query, n) == EVERYTHING.expected(query, n)


@pytest.mark.filterwarnings("ignore:The pseudo class:FutureWarning")
@pytest.mark.skipif(not SAVED, reason="SCRAPER_SAVED_PAGES names no folder with pages")
@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.name)
def test_selectors_match_what_beautifulsoup_selects_on_saved_pages(path):
    both = Both(page(path.read_bytes(), type="text/html"))
    assert both.are_alike
    assert [query for query in SELECTORS if both.found(query) != both.expected(query)] == []


@pytest.mark.parametrize(
    "query",
    [
        "li:nth-child(odd)",
        "li:nth-last-child(3n)",
        "p ~ li",
        "li ~ p",
        "li:has(~ p)",
        "b:first-of-type",
        "li + p",
    ],
)
def test_among_many_siblings_a_selector_matches_the_same(query):
    items = "".join(f"<li>{n}<b>x</b>{'<p>y' * (n % 3)}</li>" for n in range(WIDE + 50))
    both = Both(page(f"<ul>{items[: len(items) // 2]}</ul><ul><p>z</p>{items}<p>z</p></ul>"))
    for n in (0, 3, len(both.elements) - 5):
        assert both.found(query, n) == both.expected(query, n)


# Random pages and selectors


def spelled(attributes: dict[str, str]) -> str:
    return "".join(f' {name}="{value}"' for name, value in attributes.items())


NAMES = st.sampled_from(
    ["div", "p", "a", "ul", "li", "section", "h2", "span", "b", "form", "option", "template", "iframe", "td"]
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["class", "id", "href", "rel", "title", "type", "lang", "data-x", "disabled"]),
    st.sampled_from(["x", "y", "x y", " x  y", "X", "", "x-y", "en-x", "it's", "next", "é"]),
    max_size=3,
)
TEXTS = st.sampled_from(["", "x", " ", "y x", "<!-- x -->", "\n", "é"])
HTML = st.recursive(
    TEXTS,
    lambda inner: st.builds(
        lambda name, attributes, children, tail: (
            f"<{name}{spelled(attributes)}>{''.join(children)}</{name}>{tail}"
        ),
        NAMES,
        ATTRIBUTES,
        st.lists(inner, max_size=4),
        TEXTS,
    ),
    max_leaves=25,
)
SIMPLE = st.sampled_from(
    [
        *(
            "*",
            "p",
            "div",
            "A",
            "li",
            ".x",
            "#x",
            "[href]",
            "[class~=x]",
            "[class='x y']",
            "[rel=x]",
            "[rel^=x]",
        ),
        *(
            "[title=X]",
            "[lang|=en]",
            "[data-x$='s']",
            "[class*=y]",
            "[title!=x]",
            "[type='X']",
            ":first-child",
        ),
        *(
            ":last-child",
            ":only-child",
            ":nth-child(2n+1)",
            ":nth-last-child(-n+2)",
            "p:first-of-type",
            ":empty",
        ),
        *(
            "li:nth-last-of-type(2)",
            ":not(p, .x)",
            ":not(div p)",
            ":is(a, .y)",
            ":has(> p)",
            ":has(.x)",
            ":root",
        ),
        *(":has(+ li)", ":nth-child(2 of .x, p)", ":is(:hover, li)", ":link", ":disabled", ":only-of-type"),
        *(
            ":where(ul, div) > *",
            ":lang(en)",
            ":scope",
            ":scope > *",
            "p:not(:has(b))",
            ":-soup-contains-own(x)",
        ),
    ]
)
QUERIES = st.builds(
    lambda first, rest: first + "".join(combinator + simple for combinator, simple in rest),
    SIMPLE,
    st.lists(st.tuples(st.sampled_from([" ", " > ", " + ", " ~ ", ", "]), SIMPLE), max_size=3),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(HTML, max_size=5), st.lists(QUERIES, min_size=3, max_size=8), st.data())
def test_on_random_pages_random_selectors_match_what_beautifulsoup_selects(parts, queries, data):
    both = Both(page("<body>" + "".join(parts)))
    assume(both.are_alike)
    n = data.draw(st.integers(0, len(both.elements) - 1))
    for query in queries:
        assert both.found(query) == both.expected(query), query
        assert both.found(query, n) == both.expected(query, n), query
        assert both.found(query, first=True) == both.expected(query)[:1], query


# Where the two differ


def differ(html: str, query: str) -> bool:
    both = Both(page(html))
    assert both.are_alike
    return both.found(query) != both.expected(query)


def test_the_searched_element_itself_may_match_so_that_a_row_can_name_itself():
    [row] = compile_css("a")(page("<a href=/1>x</a>").tree)
    assert compile_css("a")(row) == [row]
    assert page("<a href=/1>x</a>").soup.a.select("a") == []


def test_words_of_a_class_are_parted_by_the_white_space_of_html_only():
    # BeautifulSoup parts them at any white space of Unicode; HTML and browsers do not.
    assert differ("<p class='a\xa0b'>x</p>", ".a")
    assert compile_css(".a")(page("<p class='a\xa0b'>x</p>").tree) == []


def test_text_inside_of_a_template_counts_as_text_of_what_is_around_it():
    # XPath knows one text of an element; asking soupsieve on every page with a template would be dear.
    assert differ("<div><template>x</template></div>", "div:-soup-contains(x)")


# What is refused, and what is added


@pytest.mark.parametrize(
    "query", ["a[", "a >", ":nothing", "a::before", "p:has(", "@media", "", "a,,b", "::attr()", "a " * 9000]
)
def test_what_beautifulsoup_refuses_is_refused(query):
    with pytest.raises(SelectorError, match="is not a CSS selector: "):
        compile_css(query)


def test_the_parts_of_a_list_may_want_different_things():
    tree = page("<p title='1'>a <i>b</i> c</p><a href=x title='2'>d</a>").tree
    assert compile_css("a::attr(href), p::text, i")(tree)[:1] == ["a "]
    assert compile_css("p::text, a::attr('title')")(tree) == ["a ", " c", "2"]
    assert [str(found) for found in compile_css("p ::text")(tree)] == ["b"]
    assert compile_css("::attr(title)", first=True)(tree) == ["1"]
    assert compile_css("p:lang(de)::text, a::attr(href), [title='a, b::text']")(tree) == ["x"]
    assert compile_css("a:defined::attr(href), p::text")(tree) == ["a ", " c", "x"]


def test_what_only_soupsieve_can_say_is_found_in_the_page_that_is_asked_for():
    for lang in ("en", "de", "en"):
        tree = page(f"<body lang={lang}><p>x</p>").tree
        assert len(compile_css("p:lang(en)")(tree)) == (lang == "en")


# Everything that takes a selector takes any

DUTCH = """<p lang=nl><a href=/in>In</a></p><p><a href=/out>Out</a></p>
<form lang=nl id=f><input name=q></form>"""


def test_every_part_takes_a_selector_that_only_soupsieve_can_say():
    class Link(Item, rows="p:lang(nl)"):
        url: str = css("a:defined", attr="href")

    class Dutch(Spider):
        start_urls = "https://shop.example/"
        follow = "p:lang(nl) a"
        login = FormLogin("/login", fill(user="x"), logged_in="p:lang(nl)", form="form:lang(nl)")

    answer = page(DUTCH)
    assert [link.url for link in answer.items(Link)] == ["https://shop.example/in"]
    assert [request.url for request in answer.links(":lang(nl)")] == ["https://shop.example/in"]
    assert answer.css("p:lang(nl) a::attr(href)").getall() == ["/in"]
    assert answer.css("p").css(":scope:lang(nl) > a::text").get() == "In"
    assert answer.css("p:lang(nl)")[0].css("a").attrib["href"] == "/in"
    assert shows("p:lang(nl)", answer)
    assert not shows("p:lang(fr)", answer)
    assert answer.form(":lang(nl):has(> input)").element.get("id") == "f"
    assert [request.url for request in Dutch().parse(answer)] == ["https://shop.example/in"]


def says_the_same(query: str) -> bool:
    """Whether what is read as a plain selector is what soupsieve reads; ``False`` if it is not plain."""
    read = plain.read(query)
    return read is not None and list(paths(read)) == list(paths(soupsieve.compile(query).selectors))


@pytest.mark.parametrize(
    "query", ["b", "*", ".a", "#a", "*.a", "b.c#d.e", "A b>c + d~ .e , #f,*", "\n a\t\f b "]
)
def test_a_plain_selector_is_read_as_soupsieve_reads_it(query):
    assert says_the_same(query)


PIECES = ("a", "Z_9", "-", "0", ".b", "#c-d", "*", ">", "+", "~", " ", ", ", "\n")


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=9).map("".join))
def test_whatever_is_taken_for_plain_soupsieve_reads_alike(query):
    assert plain.read(query) is None or says_the_same(query)


@pytest.mark.parametrize(
    "query", ["", " ", "a,", ">a", "a >", "a[b]", "a:b", "-a", ".1", "a|b", "a > > b", "é"]
)
def test_what_is_not_plain_is_left_to_soupsieve(query):
    assert plain.read(query) is None
