"""What ten declared fields cost on a page of 20 KB, beside the same by hand: with lxml, with BeautifulSoup.

    python -m tests.benchmarks.extract [--rounds 60]

Each makes a typed record of the same ten values: texts without spare white space, an absolute address,
numbers converted. By hand with lxml, the selectors are compiled once, and each is asked for as an experienced
person would write it down; with BeautifulSoup they are the declared ones. The rounds of the three alternate.
Printed are microseconds a page, the fields alone and together with the parse, and the ratios: the median over
rounds.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

import lxml.html
from bs4 import BeautifulSoup
from lxml import etree

from scraper import Item, Response, css

PAGES = 20
"""Pages in a round."""
LXML_BUDGET, SOUP_BUDGET = 1.25, 0.15
URL = "https://shop.example/books/book-7.html"
WORDS = "some words of a book that tells of the sea and of the moon "


class Book(Item):
    """The ten fields, declared."""

    title: str = css("h1")
    price: Decimal = css("p.price_color", re=r"[\d.]+")
    author: str = css("a.author")
    upc: str = css("tr.upc td")
    stock: int = css("p.availability", re=r"\d+")
    rating: int = css("p.star-rating", attr="data-rating")
    category: str = css("ul.breadcrumb > li:nth-child(3) a")
    description: str = css("#product_description p")
    tags: list[str] = css("a.tag")
    url: str = css("a.permalink::attr(href)")


@dataclass
class Record:
    """The ten fields, by hand."""

    title: str
    price: Decimal
    author: str
    upc: str
    stock: int
    rating: int
    category: str
    description: str
    tags: list[str]
    url: str


def _class(name: str) -> str:
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"


number = re.compile(r"[\d.]+")
digits = re.compile(r"\d+")
title, price = etree.XPath("//h1"), etree.XPath(f"//p[{_class('price_color')}]")
author, upc = etree.XPath(f"//a[{_class('author')}]"), etree.XPath(f"//tr[{_class('upc')}]//td")
stock, rating = etree.XPath(f"//p[{_class('availability')}]"), etree.XPath(f"//p[{_class('star-rating')}]")
category = etree.XPath(f"//ul[{_class('breadcrumb')}]/li[3]//a")
description = etree.XPath("//*[@id = 'product_description']//p")
tags, permalink = etree.XPath(f"//a[{_class('tag')}]"), etree.XPath(f"//a[{_class('permalink')}]/@href")


def shown(element: Any) -> str:
    """Return the text of an element without spare white space."""
    return " ".join(element.text_content().split())


def by_lxml(page: Any) -> Record:
    """Return the record by hand, with lxml."""
    return Record(
        title=shown(title(page)[0]),
        price=Decimal(number.search(shown(price(page)[0]))[0]),  # type: ignore[index]
        author=shown(author(page)[0]),
        upc=shown(upc(page)[0]),
        stock=int(digits.search(shown(stock(page)[0]))[0]),  # type: ignore[index]
        rating=int(rating(page)[0].get("data-rating")),
        category=shown(category(page)[0]),
        description=shown(description(page)[0]),
        tags=[shown(tag) for tag in tags(page)],
        url=urljoin(URL, permalink(page)[0]),
    )


def by_soup(soup: Any) -> Record:
    """Return the record by hand, with BeautifulSoup and the declared selectors."""

    def text(selector: str) -> str:
        return " ".join(soup.select_one(selector).get_text().split())

    return Record(
        title=text("h1"),
        price=Decimal(number.search(text("p.price_color"))[0]),  # type: ignore[index]
        author=text("a.author"),
        upc=text("tr.upc td"),
        stock=int(digits.search(text("p.availability"))[0]),  # type: ignore[index]
        rating=int(soup.select_one("p.star-rating")["data-rating"]),
        category=text("ul.breadcrumb > li:nth-child(3) a"),
        description=text("#product_description p"),
        tags=[" ".join(tag.get_text().split()) for tag in soup.select("a.tag")],
        url=urljoin(URL, soup.select_one("a.permalink")["href"]),
    )


def html() -> bytes:
    """Return a page of about 20 KB, as a shop has them."""
    crumbs = "".join(f"<li><a href=/c/{name}>{name}</a></li>" for name in ("home", "books", "poetry", "x"))
    rows = "".join(
        f"<tr class={name}><th>{name}</th><td> {name} 12 </td></tr>" for name in ("upc", "type", "tax")
    )
    more = "".join(
        f"<article class=product_pod><h3><a href=/books/book-{n}.html title='Book {n}'>Book {n}</a></h3>"
        f"<p class='teaser small'>{WORDS * 2}</p><div class=thumb><img src=/i/{n}.png alt=''></div></article>"
        for n in range(60)
    )
    return (
        f"<!DOCTYPE html><html><head><title>Book</title></head><body><ul class=breadcrumb>{crumbs}</ul>"
        "<article class=product_page><h1>A light\n in the attic</h1><p class='price_color big'>£51.77</p>"
        "<p class='instock availability'><i></i> In stock (22 available)</p>"
        "<p class='star-rating' data-rating=3><a class=author href=/a/1>Shel <b>Silverstein</b></a>"
        f"<table>{rows}</table><div id=product_description><h2>About</h2>"
        f"<p>{WORDS * 20}</p></div><a class=tag>poetry</a> <a class=tag>children</a>"
        f"<a class=permalink href=/books/book-7.html>link</a></article>{more}</body></html>"
    ).encode()


def declared(response: Response) -> Any:
    """Return the record as it is declared."""
    return next(iter(response.items(Book)))


def parsed(content: bytes) -> Response:
    """Return a page that has been parsed."""
    response = Response(URL, content=content, headers={"Content-Type": "text/html; charset=utf-8"})
    assert response.tree is not None
    return response


WAYS: dict[str, tuple[Callable[[bytes], Any], Callable[[Any], Any]]] = {
    "declared": (parsed, declared),
    "lxml by hand": (lambda content: lxml.html.document_fromstring(content), by_lxml),
    "BeautifulSoup": (lambda content: BeautifulSoup(content, "lxml"), by_soup),
}


def cost(parse: Callable[[bytes], Any], take: Callable[[Any], Any], content: bytes) -> tuple[float, float]:
    """Return the microseconds a page of parsing, and of taking the fields."""
    started = time.perf_counter()
    pages = [parse(content) for _ in range(PAGES)]
    between = time.perf_counter()
    for page in pages:
        take(page)
    ended = time.perf_counter()
    return (between - started) * 1e6 / PAGES, (ended - between) * 1e6 / PAGES


def main() -> None:
    """Print what each way costs, and the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=60)
    rounds, content = parser.parse_args().rounds, html()
    values = [take(parse(content)) for parse, take in WAYS.values()]
    assert all(vars(value) == vars(values[0]) for value in values), values
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, (parse, take) in WAYS.items():
            found[name].append(cost(parse, take, content))
    print(f"ten fields on a page of {len(content):,} bytes, medians of {rounds} rounds")
    for name, costs in found.items():
        parse_us, us = (statistics.median(column) for column in zip(*costs, strict=True))
        print(f"{name:14} {us:7.1f} us for the fields, {parse_us + us:8.1f} us with the parse")
    for name, budget in (("lxml by hand", LXML_BUDGET), ("BeautifulSoup", SOUP_BUDGET)):
        ours, theirs = found["declared"], found[name]
        alone = statistics.median(a[1] / b[1] for a, b in zip(ours, theirs, strict=True))
        whole = statistics.median(sum(a) / sum(b) for a, b in zip(ours, theirs, strict=True))
        print(f"declared / {name}: {alone:.3f} for the fields (at most {budget}), {whole:.3f} with the parse")


if __name__ == "__main__":
    main()
