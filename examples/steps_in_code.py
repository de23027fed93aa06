"""Signing in by steps of one's own: the password, and then the code that this shop asks for.

python -m examples.steps_in_code
"""

from examples.site import PracticeSite
from scraper import Login, Session, fill, totp


class ShopLogin(Login):
    """Does what a person does: opens the page, fills in its form, and then the next one."""

    account = "reader"

    def __init__(self, password: str, seed: str) -> None:
        super().__init__("/login", logged_in="a.logout")
        self.password, self.seed = password, seed

    def sign_in(self, session):
        """Return the page on which the steps end."""
        page = session.open("/login")
        page = session.submit(page.form("#login"), fill(username=self.account, password=self.password))
        return session.submit(page.form("#code-form"), fill(code=totp(self.seed)))


def main() -> None:
    """Read a page of members."""
    with PracticeSite(ask_totp=True) as site:
        login = ShopLogin(site.password, site.totp_secret)
        with Session(login, base_url=site.url) as session:
            print(session.get("/books").status_code, "signed in as", session.account)


if __name__ == "__main__":
    main()
