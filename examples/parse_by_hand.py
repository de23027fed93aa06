"""Overriding `parse`: read a page with BeautifulSoup, and say yourself where to go on.

python -m examples.parse_by_hand
"""

from examples.site import PracticeSite
from scraper import FormLogin, Spider, crawl, fill


class Reviewed(Spider):
    """Books that have reviews, from their own pages."""

    max_pages = 25

    def parse(self, response):
        """Go from a list page to its books."""
        for link in response.soup.select("article.book h3 a"):
            yield response.follow(link, callback=self.parse_book)

    def parse_book(self, response):
        """Yield a plain dict for a book with reviews."""
        reviews = [p.get_text(strip=True) for p in response.soup.select("div.review .text")]
        if reviews:
            yield {"title": response.soup.h1.get_text(strip=True), "reviews": reviews}


def main() -> None:
    """Crawl one list page with its books."""
    with PracticeSite() as site:
        login = FormLogin(
            "/login", fill(username=site.username, password=site.password), logged_in="a.logout"
        )
        with crawl(Reviewed(start_urls=[f"{site.url}/books"], login=login)) as job:
            for _, book in job.items():
                print(len(book["reviews"]), "reviews of", book["title"])


if __name__ == "__main__":
    main()
