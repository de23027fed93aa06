"""A wrong password: one attempt, one sentence, and no crawl goes on as a stranger.

python -m examples.wrong_password
"""

from examples.site import PracticeSite
from scraper import FormLogin, LoginRejected, Session, fill


def main() -> None:
    """Try twice; the second try does not reach the site."""
    with PracticeSite() as site:
        login = FormLogin("/login", fill(username=site.username, password="a guess"), logged_in="a.logout")
        with Session(login, base_url=site.url) as session:
            for page in ("/books", "/account"):
                try:
                    session.get(page)
                except LoginRejected as error:
                    print(error)
        print(site.counts.login_attempts, "attempt at the site")


if __name__ == "__main__":
    main()
