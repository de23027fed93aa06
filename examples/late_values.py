"""Late values: a credential is looked up when the form is filled, from wherever you keep it.

python -m examples.late_values
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from examples.site import PracticeSite
from scraper import FormLogin, Secret, Session, env, fill


def main() -> None:
    """Take the name from the environment and the password from a file, through a callable."""
    with PracticeSite() as site, TemporaryDirectory() as folder:
        secret_file = Path(folder, "password.txt")
        secret_file.write_text(site.password)
        login = FormLogin(
            "/login",
            fill(username=env("SHOP_USER", site.username), password=lambda: Secret(secret_file.read_text())),
            logged_in="a.logout",
        )
        print(login)
        with Session(login, base_url=site.url) as session:
            print(session.get("/account").status_code, "as", session.account)


if __name__ == "__main__":
    main()
