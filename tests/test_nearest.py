"""The selector nearest to one that has ceased to match."""

from __future__ import annotations

import lxml.html
import pytest

from scraper.nearest import nearest, nearest_rows
from scraper.selector import Selector

PRICES = ["£51.77", "£7.50", "£1,020.00"]


def books(row: str, n: int = 3) -> lxml.html.HtmlElement:
    rows = "".join(row.format(n=n, price=PRICES[n]) for n in range(n))
    return lxml.html.document_fromstring(f"<nav><a href=/>Home</a></nav><main>{rows}</main>")


BEFORE = books(
    "<article class=book><h3><a href=/b/{n} title='Book {n}'>Book {n}</a></h3>"
    "<p class=price_color>{price}</p><p class=stock>In stock</p></article>"
)


def css(query: str, **options: str) -> Selector:
    return Selector("css", query, **options)


ROW = css("article.book")


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("<p class=price-colour>{price}</p><p class=stock>In stock</p>", "p.price-colour"),
        ("<p class=stock>In stock</p><p class=amount>{price}</p>", "p.amount"),
        ("<p class=stock>In stock</p><span data-testid=price>{price}</span>", 'span[data-testid="price"]'),
        ("<p class=x>In stock</p><div class=buy><b>{price}</b></div>", "b"),
    ],
)
def test_what_moved_is_found_by_name_shape_and_place(row, found):
    now = books(f"<article class=book><h3><a href=/b/{{n}}>Book {{n}}</a></h3>{row}</article>")
    query = nearest(BEFORE, now, css("p.price_color"), rows=ROW)
    assert query == found
    assert [match.text for match in css(f"article.book {query}").elements(now)] == PRICES


def test_an_attribute_is_asked_for_again():
    now = books("<article class=book><h2><a href=/b/{n} title='Book {n}'>Book {n}</a></h2></article>")
    assert nearest(BEFORE, now, css("h3 a", attr="title"), rows=ROW) == "a::attr(title)"
    assert nearest(BEFORE, now, css("h3 a::attr(title)"), rows=ROW) == "a::attr(title)"


def test_nothing_is_suggested_where_nothing_is_like_it():
    now = books("<article class=book><img src=/{n}.png></article>")
    assert nearest(BEFORE, now, css("p.price_color"), rows=ROW) is None
    assert nearest(BEFORE, now, css("p.nowhere"), rows=ROW) is None
    assert nearest(BEFORE, BEFORE, css("p.price_color"), rows=css("li")) is None


def test_rows_are_found_by_what_they_look_like():
    now = books("<li class=book-card><h3><a href=/b/{n}>Book {n}</a></h3><p>{price}</p><p>In stock</p></li>")
    assert nearest_rows(BEFORE, now, ROW) == "li.book-card"
    assert nearest_rows(BEFORE, lxml.html.document_fromstring("<p>Nothing</p>"), ROW) is None


def test_a_page_of_thousands_of_elements_is_looked_at_in_part():
    now = lxml.html.document_fromstring("<article class=book>" + "<i>x</i>" * 50_000 + "</article>")
    assert nearest(BEFORE, now, css("p.price_color"), rows=ROW) is None


@pytest.mark.parametrize("ending", ["::attr('title')", "::ATTR(title)", '::attr("title")'])
def test_an_attribute_in_any_spelling_is_asked_for_again(ending):
    now = books("<article class=book><h2><a href=/b/{n} title='Book {n}'>Book {n}</a></h2></article>")
    assert nearest(BEFORE, now, css(f"h3 a{ending}"), rows=ROW) == "a::attr(title)"
