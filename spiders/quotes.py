"""quotes.toscrape.com: a public practice site whose login takes any name and password."""

from scraper import FormLogin, Item, Spider, css, env, fill


class Quote(Item, rows="div.quote"):
    """One quote of a list page."""

    text: str = css("span.text")
    author: str = css("small.author")
    tags: list[str] = css("a.tag")
    about: str = css("span a[href^='/author/']::attr(href)")


class Quotes(Spider):
    """Quotes of quotes.toscrape.com, signed in."""

    start_urls = ("https://quotes.toscrape.com/",)
    login = FormLogin(
        "/login",
        fill(username=env("QUOTES_USER", "reader"), password=env("QUOTES_PASSWORD", "any will do")),
        logged_in="a[href='/logout']",
    )
    item = Quote
    follow = "li.next a"
