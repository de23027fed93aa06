"""The spiders for public practice sites, over pages in the shape of theirs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from requests_mock import Mocker

from scraper import crawl
from scraper.loader import files, load
from spiders.books import Books
from spiders.quotes import Quotes

HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture(autouse=True)
def _no_rules(requests_mock: Mocker) -> None:
    """No site has a robots.txt."""
    requests_mock.get(re.compile(r"/robots\.txt$"), status_code=404)


def quotes_page(n: int) -> str:
    following = (
        f'<ul class="pager"><li class="next"><a href="/page/{n + 1}/">Next</a></li></ul>' if n < 3 else ""
    )
    return (
        f'<a href="/logout">Logout</a><div class="quote"><span class="text">“Quote {n}”</span>'
        '<span>by <small class="author">A. Writer</small> <a href="/author/A-Writer">(about)</a></span>'
        '<div class="tags"><a class="tag" href="/x/">x</a> <a class="tag" href="/y/">y</a></div></div>'
        f"{following}"
    )


def test_quotes_signs_in_with_the_page_s_token_and_takes_every_quote(requests_mock: Mocker, job):
    site = "https://quotes.toscrape.com"
    form = (
        '<form action="/login" method="post"><input type="hidden" name="csrf_token" value="t0k3n">'
        '<input name="username"><input type="password" name="password"><input type="submit"></form>'
    )
    requests_mock.get(f"{site}/login", text=form, headers=HTML)
    submit = requests_mock.post(f"{site}/login", status_code=302, headers={"Location": "/"})
    requests_mock.get(f"{site}/", text=quotes_page(1), headers=HTML)
    for n in (2, 3):
        requests_mock.get(f"{site}/page/{n}/", text=quotes_page(n), headers=HTML)
    crawl(Quotes(delay=0), job)
    assert submit.last_request.text == "csrf_token=t0k3n&username=reader&password=any+will+do"
    assert [data["text"] for _, data in job.items()] == ["“Quote 1”", "“Quote 2”", "“Quote 3”"]
    assert next(job.items())[1]["tags"] == ["x", "y"]
    assert next(job.items())[1]["about"] == f"{site}/author/A-Writer"


def test_books_goes_from_list_pages_to_every_book(requests_mock: Mocker, job):
    site = "https://books.toscrape.com"
    pod = '<article class="product_pod"><h3><a href="catalogue/{0}/index.html">{0}</a></h3></article>'
    requests_mock.get(
        f"{site}/",
        text=pod.format("one") + '<li class="next"><a href="catalogue/page-2.html">next</a></li>',
        headers=HTML,
    )
    requests_mock.get(
        f"{site}/catalogue/page-2.html", text=pod.format("two").replace("catalogue/", ""), headers=HTML
    )
    for name in ("one", "two"):
        requests_mock.get(
            f"{site}/catalogue/{name}/index.html",
            text='<article class="product_page">'
            f'<div id="product_gallery"><img src="../../media/{name}.jpg"></div><h1>{name}</h1>'
            '<p class="price_color">£51.77</p><p class="availability">In stock (22 available)</p>'
            "<table><tr><th>UPC</th><td>a897fe</td></tr></table></article>",
            headers=HTML,
        )
    crawl(Books(delay=0), job)
    assert [data for _, data in job.items()] == [
        {
            "title": name,
            "price": "51.77",
            "stock": 22,
            "upc": "a897fe",
            "cover": f"{site}/media/{name}.jpg",
            "description": None,
        }
        for name in ("one", "two")
    ]


@pytest.mark.parametrize("name", ["books", "bookshop", "quotes"])
def test_a_spider_is_found_by_its_name_and_fits_on_a_screen(name):
    assert load(name).name == name
    assert len(Path("spiders", f"{name}.py").read_text().splitlines()) < 40


def test_every_spider_file_is_tested_here():
    assert [path.stem for path in files()] == ["books", "bookshop", "quotes"]
