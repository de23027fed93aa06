"""The crawl with Crawlee: ``python -m tests.benchmarks.peers.crawlee_spider ORIGIN FILE CONCURRENCY``.

Requests and items are kept in memory, which costs less than Crawlee's default, a file for each of them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urljoin

from crawlee import ConcurrencySettings, Request
from crawlee.crawlers import ParselCrawler, ParselCrawlingContext
from crawlee.router import Router
from crawlee.sessions import SessionPool
from crawlee.storage_clients import MemoryStorageClient
from crawlee.storages import Dataset

from tests.benchmarks.site import START

router = Router[ParselCrawlingContext]()


@router.handler("login")
async def begin(context: ParselCrawlingContext) -> None:
    """Make sure that the sign-in worked, and go on."""
    if not context.selector.css("a.logout"):
        raise ValueError("not signed in")
    await context.add_requests([urljoin(context.request.url, START)])


@router.default_handler
async def read_list(context: ParselCrawlingContext) -> None:
    """Follow the links of a list."""
    await context.enqueue_links(selector="article.product_pod h3 a", label="book")
    await context.enqueue_links(selector="ul.pager a")


@router.handler("book")
async def read_book(context: ParselCrawlingContext) -> None:
    """Read a book."""
    await context.push_data(fields(context.selector, context.request.loaded_url or context.request.url))


def fields(selector: Any, url: str) -> dict[str, Any]:
    """Return the ten fields of a page."""
    page = selector.css("article.product_page")
    return {
        "title": page.css("h1::text").get(),
        "price": float(page.css(".price_color::text").re_first(r"[\d.]+")),
        "author": page.css("a.author::text").get(),
        "upc": page.css("tr.upc td::text").get(),
        "stock": int(page.css(".availability::text").re_first(r"\d+")),
        "rating": int(page.css(".star-rating::attr(data-rating)").get()),
        "category": selector.xpath("//ul[@class='breadcrumb']/li[3]/a/text()").get(),
        "description": page.css("#product_description p::text").get(),
        "tags": page.css("a.tag::text").getall(),
        "url": urljoin(url, page.css("a.permalink::attr(href)").get()),
    }


async def main(origin: str, file: str, concurrency: str) -> None:
    """Crawl the site at `origin` and write its books as JSON Lines."""
    logging.disable(logging.CRITICAL)
    n = int(concurrency)
    crawler = ParselCrawler(
        request_handler=router,
        concurrency_settings=ConcurrencySettings(min_concurrency=n, max_concurrency=n, desired_concurrency=n),
        session_pool=SessionPool(
            max_pool_size=1,
            create_session_settings={"max_age": timedelta(hours=9), "max_usage_count": 1_000_000},
        ),
        max_session_rotations=0,
        storage_client=MemoryStorageClient(),
        configure_logging=False,
    )
    form = urlencode({"username": "ada", "password": "benchmark"})
    login = Request.from_url(
        f"{origin}/login",
        method="POST",
        label="login",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        payload=form.encode(),
    )
    await crawler.run([login])
    dataset: Dataset = await crawler.get_dataset()
    with open(file, "w", encoding="utf-8") as stream:
        async for item in dataset.iterate_items():
            stream.write(json.dumps(item, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
