"""Items inside items: a book with all its reviews as one record.

python -m examples.nested_items
"""

import json

from examples.site import PracticeSite
from scraper import FormLogin, Item, Request, Session, css, fill


class Review(Item):
    """One review of a book."""

    by: str = css(".reviewer")
    stars: int = css(".stars", re=r"\d")
    text: str = css(".text")


class Book(Item, rows="article.detail"):
    """A book and what members say about it; `list` takes every match, `| None` allows for none."""

    title: str = css("h1")
    publisher: str | None = css("th:contains('Publisher') + td")
    reviews: list[Review] = css("div.review")


def main() -> None:
    """Read one page as a member and print its item as JSON."""
    with PracticeSite() as site:
        login = FormLogin(
            "/login", fill(username=site.username, password=site.password), logged_in="a.logout"
        )
        with Session(login, base_url=site.url) as session:
            session.sign_in()
            first = next(session.fetch(Request(f"{site.url}/books")).links("article.book h3 a"))
            for book in session.fetch(first).items(Book):
                print(json.dumps(book.model_dump(), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
