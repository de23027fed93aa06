"""The crawl with requests and compiled lxml alone, one page after the other: what no framework adds to.

python -m tests.benchmarks.peers.bare_loop ORIGIN FILE CONCURRENCY
"""

from __future__ import annotations

import json
import re
import sys
from collections import deque
from typing import Any
from urllib.parse import urljoin

import lxml.html
import requests
from cssselect import HTMLTranslator
from lxml import etree

from tests.benchmarks.site import START


def css(query: str, end: str = "") -> etree.XPath:
    """Compile a CSS selector, and a step behind it."""
    return etree.XPath(HTMLTranslator().css_to_xpath(query) + end)


number, rows = re.compile(r"[\d.]+"), css("article.product_page")
links = [css("article.product_pod h3 a", "/@href"), css("ul.pager a", "/@href")]
title, price, author = css("h1", "/text()"), css(".price_color", "/text()"), css("a.author", "/text()")
upc, stock, rating = css("tr.upc td", "/text()"), css(".availability"), css(".star-rating", "/@data-rating")
category = etree.XPath("//ul[@class='breadcrumb']/li[3]/a/text()")
description, tags = css("#product_description p", "/text()"), css("a.tag", "/text()")
permalink = css("a.permalink", "/@href")


def fields(page: Any, url: str) -> dict[str, Any]:
    """Return the ten fields of a page."""
    return {
        "title": title(page)[0],
        "price": float(number.search(price(page)[0])[0]),
        "author": author(page)[0],
        "upc": upc(page)[0],
        "stock": int(number.search(stock(page)[0].text_content())[0]),
        "rating": int(rating(page)[0]),
        "category": category(page)[0],
        "description": description(page)[0],
        "tags": tags(page),
        "url": urljoin(url, permalink(page)[0]),
    }


def main(origin: str, file: str, concurrency: str) -> None:
    """Crawl the site at `origin` and write its books as JSON Lines; `concurrency` means nothing here."""
    with requests.Session() as session, open(file, "w", encoding="utf-8") as stream:
        session.post(f"{origin}/login", data={"username": "ada", "password": "benchmark"})
        queue = deque([origin + START])
        seen = set(queue)
        while queue:
            answer = session.get(queue.popleft())
            tree = lxml.html.document_fromstring(answer.content)
            for page in rows(tree):
                stream.write(json.dumps(fields(page, answer.url), ensure_ascii=False) + "\n")
            for url in (urljoin(answer.url, href) for find in links for href in find(tree)):
                if url not in seen:
                    seen.add(url)
                    queue.append(url)


if __name__ == "__main__":
    main(*sys.argv[1:])
