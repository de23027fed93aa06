"""`Session` alone: a `requests.Session` that signs in when it has to, and again when the site forgets it.

python -m examples.session_alone
"""

from examples.site import PracticeSite
from scraper import FormLogin, Session, fill


def main() -> None:
    """Read two members' pages, with the session ended by the site in between."""
    with PracticeSite() as site:
        login = FormLogin(
            "/login", fill(username=site.username, password=site.password), logged_in="a.logout"
        )
        with Session(login, base_url=site.url) as session:
            print(session.get("/books").status_code, "signed in as", session.account)
            site.sign_everyone_out()
            print(session.get("/account").status_code, "after", site.counts.logins, "sign-ins")


if __name__ == "__main__":
    main()
