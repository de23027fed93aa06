"""The crawl with this package, for ``python -m scraper run tests.benchmarks.peers.ours:Books``."""

from __future__ import annotations

from scraper import FormLogin, Item, Spider, css, fill, xpath


class Book(Item, rows="article.product_page"):
    title: str = css("h1")
    price: float = css(".price_color", re=r"[\d.]+")
    author: str = css("a.author")
    upc: str = css("tr.upc td")
    stock: int = css(".availability", re=r"\d+")
    rating: int = css(".star-rating", attr="data-rating")
    category: str = xpath("//ul[@class='breadcrumb']/li[3]/a")
    description: str = css("#product_description p")
    tags: list[str] = css("a.tag")
    url: str = css("a.permalink", attr="href")


class Books(Spider):
    login = FormLogin("/login", fill(username="ada", password="benchmark"), logged_in="a.logout")
    item = Book
    follow = ("article.product_pod h3 a", "ul.pager a")
    save_session = False
    obey_robots = False
