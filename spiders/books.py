"""books.toscrape.com: a public practice site without a login, with a page for each book."""

from decimal import Decimal

from scraper import Item, Spider, css


class Book(Item, rows="article.product_page"):
    """One book, from its own page."""

    title: str = css("h1")
    price: Decimal = css("p.price_color", re=r"[\d.]+")
    stock: int = css("p.availability", re=r"\d+", default=0)
    upc: str = css("th:contains('UPC') + td")
    cover: str = css("#product_gallery img::attr(src)")
    description: str | None = css("#product_description + p")


class Books(Spider):
    """All books of books.toscrape.com: list pages, and from each the books' own pages."""

    start_urls = ("https://books.toscrape.com/",)
    item = Book
    follow = ("article.product_pod h3 a", "li.next a")
