"""The crawl with Scrapy: ``python -m tests.benchmarks.peers.scrapy_spider ORIGIN FILE CONCURRENCY``."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import FormRequest, TextResponse

from tests.benchmarks.site import START


class Books(scrapy.Spider):
    name = "books"

    async def start(self) -> AsyncIterator[Any]:
        """Open the login page."""
        yield scrapy.Request(f"{self.origin}/login", callback=self.sign_in)  # type: ignore[attr-defined]

    def sign_in(self, response: TextResponse) -> FormRequest:
        """Fill the form in."""
        fields = {"username": "ada", "password": "benchmark"}
        return FormRequest.from_response(response, formdata=fields, callback=self.begin, dont_filter=True)

    def begin(self, response: TextResponse) -> Iterator[Any]:
        """Make sure that it worked, and go on."""
        if not response.css("a.logout"):
            raise ValueError("not signed in")
        yield scrapy.Request(f"{self.origin}{START}", dont_filter=True)  # type: ignore[attr-defined]

    def parse(self, response: TextResponse) -> Iterator[Any]:
        """Follow the links of a list."""
        yield from response.follow_all(css="article.product_pod h3 a", callback=self.parse_book)
        yield from response.follow_all(css="ul.pager a")

    def parse_book(self, response: TextResponse) -> Iterator[Any]:
        """Read a book."""
        page = response.css("article.product_page")
        yield {
            "title": page.css("h1::text").get(),
            "price": float(page.css(".price_color::text").re_first(r"[\d.]+")),
            "author": page.css("a.author::text").get(),
            "upc": page.css("tr.upc td::text").get(),
            "stock": int(page.css(".availability::text").re_first(r"\d+")),
            "rating": int(page.css(".star-rating::attr(data-rating)").get()),
            "category": response.xpath("//ul[@class='breadcrumb']/li[3]/a/text()").get(),
            "description": page.css("#product_description p::text").get(),
            "tags": page.css("a.tag::text").getall(),
            "url": response.urljoin(page.css("a.permalink::attr(href)").get()),
        }


def main(origin: str, file: str, concurrency: str) -> None:
    """Crawl the site at `origin` and write its books as JSON Lines."""
    process = CrawlerProcess(
        {
            "CONCURRENT_REQUESTS": int(concurrency),
            "CONCURRENT_REQUESTS_PER_DOMAIN": int(concurrency),
            "DOWNLOAD_DELAY": 0,
            "ROBOTSTXT_OBEY": False,
            "LOG_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "FEEDS": {file: {"format": "jsonlines", "encoding": "utf-8"}},
        }
    )
    process.crawl(Books, origin=origin)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
