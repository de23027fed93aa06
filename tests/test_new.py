"""``new`` as a person meets it: from an address to a spider that runs and yields every row."""

from __future__ import annotations

import csv
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import scraper as package
from tests.commands import environment, scraper
from tests.servers import Reply, serving

SECRETS = ("SHOP_USER", "SHOP_PASSWORD")
NAMED = ("--name", "shop", "--user-env", "SHOP_USER", "--password-env", "SHOP_PASSWORD")


def credentials(site) -> dict[str, str]:
    return {"SHOP_USER": site.username, "SHOP_PASSWORD": site.password}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("address", ["/", "/login", "/books"])
def test_a_spider_for_the_practice_site_yields_every_book_wherever_it_began(site, tmp_path, address):
    done = scraper("new", f"{site.url}{address}", "--yes", *NAMED, cwd=tmp_path, **credentials(site))
    assert done.returncode == 0, done.stderr
    for words in ("Signed in as reader", "a.logout", "20 items on this page", "-o shop.csv"):
        assert words in done.stderr
    done = scraper("run", "shop", "-o", "shop.csv", cwd=tmp_path, **credentials(site))
    assert done.returncode == 0, done.stderr
    assert len({row["url"] for row in rows(tmp_path / "shop.csv")}) == 1000
    assert list(rows(tmp_path / "shop.csv")[0]) == ["title", "url", "from_", "price", "rating", "stock"]
    assert site.counts.logins == 1


def test_no_credential_stands_in_the_file_or_on_the_screen(site, tmp_path):
    done = scraper("new", site.url, "--yes", *NAMED, cwd=tmp_path, **credentials(site))
    source = (tmp_path / "spiders" / "shop.py").read_text()
    assert site.password not in source + done.stdout + done.stderr
    assert 'fill(username=env("SHOP_USER"), password=env("SHOP_PASSWORD"))' in source
    assert not (tmp_path / ".env").exists()


@pytest.mark.parametrize("address", ["/admin/", "/admin/login/", "/admin/library/book/"])
def test_a_spider_for_django_s_admin_yields_every_row(tmp_path, address):
    pytest.importorskip("django")
    from tests.apps.django_admin import DjangoAdmin

    with DjangoAdmin(tmp_path) as admin:
        variables = {"SHOP_USER": admin.username, "SHOP_PASSWORD": admin.password}
        done = scraper("new", f"{admin.url}{address}", "--yes", *NAMED, cwd=tmp_path, **variables)
        assert done.returncode == 0, done.stderr
        done = scraper("run", "shop", "-o", "shop.csv", cwd=tmp_path, **variables)
        assert done.returncode == 0, done.stderr
        found = rows(tmp_path / "shop.csv")
        assert (len(found), len({row["isbn"] for row in found})) == (72, 72)
        assert list(found[0]) == ["title", "url", "author", "isbn", "price", "published"]


def test_a_wrong_password_writes_nothing_and_says_each_step(site, tmp_path):
    done = scraper(
        "new", site.url, "--yes", *NAMED, cwd=tmp_path, SHOP_USER="reader", SHOP_PASSWORD="Wr0ng-guess"
    )
    assert done.returncode == 16
    assert "did not accept the credentials" in done.stderr
    assert "Wr0ng-guess" not in done.stdout + done.stderr
    assert (site.counts.login_attempts, list(tmp_path.iterdir())) == (1, [])


def test_without_credentials_it_names_the_variables_to_set(site, tmp_path):
    done = scraper("new", site.url, "--yes", cwd=tmp_path)
    assert done.returncode == 2
    assert "TURNSTONE_BOOKS_USER and TURNSTONE_BOOKS_PASSWORD: no value" in done.stderr
    assert site.counts.login_attempts == 0


def test_a_file_that_is_there_is_kept_unless_that_is_forced(site, tmp_path):
    (tmp_path / "spiders").mkdir()
    (tmp_path / "spiders" / "shop.py").write_text("mine = 1\n")
    done = scraper("new", site.url, "--yes", *NAMED, cwd=tmp_path, **credentials(site))
    assert (done.returncode, (tmp_path / "spiders" / "shop.py").read_text()) == (2, "mine = 1\n")
    assert "spiders/shop.py is there already" in done.stderr
    done = scraper("new", site.url, "--yes", "--force", *NAMED, cwd=tmp_path, **credentials(site))
    assert done.returncode == 0
    assert "class Shop(Spider)" in (tmp_path / "spiders" / "shop.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name the address of the site, or give --from-curl"),
        (["ftp://shop.example"], "is no http or https address"),
        (["https://shop.example/?api_key=k1-s3cret"], "holds a secret"),
        (["http://127.0.0.1:1/"], "127.0.0.1:1"),
        (["SITE", "--name", "my shop"], "'my shop' cannot name a spider; 'my_shop' could"),
        (["SITE", "--user-env", "ada@shop.example"], "is no name of an environment variable"),
        (["SITE/nowhere", "--no-login"], "answered 404"),
        (["SITE", "--start", "/nowhere", *NAMED], "/nowhere answered 404"),
        (["SITE", "--items", "div.no-such", *NAMED], "'div.no-such' matches nothing"),
        (["SITE", "--items", "div[[", *NAMED], "is not a CSS selector"),
        (["--from-curl", "wget https://shop.example"], "This is no curl command"),
    ],
)
def test_what_makes_no_sense_ends_with_a_sentence_and_writes_nothing(site, tmp_path, arguments, sentence):
    arguments = [argument.replace("SITE", site.url) for argument in arguments]
    done = scraper("new", *arguments, "--yes", cwd=tmp_path, **credentials(site))
    assert done.returncode in (1, 2)
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert "k1-s3cret" not in done.stderr
    assert not (tmp_path / "spiders").exists()


def test_rows_and_page_may_be_said_beforehand(site, tmp_path):
    arguments = ("--start", "/category/poetry", "--items", "article.book h3")
    done = scraper("new", site.url, "--yes", *arguments, *NAMED, cwd=tmp_path, **credentials(site))
    assert done.returncode == 0, done.stderr
    source = (tmp_path / "spiders" / "shop.py").read_text()
    assert f'start_urls = ["{site.url}/category/poetry"]' in source
    assert 'rows="article.book h3"' in source


# A person at a terminal


def at_a_terminal(arguments: list[str], answers: list[str], cwd: Path, **variables: str) -> tuple[int, str]:
    """Run ``new`` at a terminal of its own; give each answer once something is asked."""
    here, there = pty.openpty()
    command = [sys.executable, "-m", "scraper", "new", *arguments]
    env = environment(**{"TERM": "dumb", "COLUMNS": "100", **variables})
    process = subprocess.Popen(
        command, cwd=cwd, env=env, stdin=there, stdout=there, stderr=there, start_new_session=True
    )
    os.close(there)
    shown = b""
    while True:
        try:
            shown += (got := os.read(here, 4096))
        except OSError:
            break
        if not got:
            break
        if answers and shown.rstrip(b" ").endswith((b":", b"]: ", b"]:")) and b"\n" not in got[-3:]:
            os.write(here, f"{answers.pop(0)}\n".encode())
            shown += b"<answered>"
    os.close(here)
    return process.wait(), shown.decode()


def test_at_a_terminal_every_question_has_a_default_and_secrets_go_into_a_file_of_one_s_own(site, tmp_path):
    answers = ["", "", "", site.username, site.password, "", "", "", ""]
    code, shown = at_a_terminal([site.url], answers, tmp_path)
    assert (code, answers) == (0, []), shown
    assert site.password not in shown
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    done = scraper("run", "turnstone_books", "-o", "b.csv", "--max-pages", "2", cwd=tmp_path)
    assert (done.returncode, len(rows(tmp_path / "b.csv"))) == (0, 40), done.stderr


# A copied curl command


def curl_of(site, login_session) -> str:
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in login_session.cookies)
    return f"curl '{site.url}/books' -H 'Accept: text/html' -b '{cookies}; _ga=1' --compressed"


def test_a_curl_command_s_cookies_go_into_env_and_the_spider_runs_with_them(site, session, tmp_path):
    session.sign_in()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".env").write_text("OTHER=1\n")
    (tmp_path / ".env").chmod(0o600)
    for _ in range(2):
        done = scraper(
            "new", "--yes", "--force", "--name", "shop", "--from-curl", curl_of(site, session), cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
    source, kept = (tmp_path / "spiders" / "shop.py").read_text(), (tmp_path / ".env").read_text()
    assert f'CookieLogin({{"{site.url}": ' in source or "CookieLogin(\n" in source
    assert "OTHER=1" in kept
    assert len(kept.splitlines()) == len({line.partition("=")[0] for line in kept.splitlines()})
    values = [cookie.value for cookie in session.cookies]
    assert all(value not in source + done.stdout + done.stderr and value in kept for value in values)
    assert "Add .env to .gitignore" in done.stderr
    done = scraper("run", "shop", "-o", "shop.csv", "--max-pages", "2", cwd=tmp_path)
    assert (done.returncode, len(rows(tmp_path / "shop.csv"))) == (0, 40), done.stderr
    assert site.counts.logins == 1


def test_a_token_for_an_api_gives_a_spider_that_goes_on_over_its_pages(site, tmp_path):
    import requests

    answer = requests.post(
        f"{site.url}/api/login", json={"username": site.username, "password": site.password}, timeout=9
    )
    token = answer.json()["access"]
    command = f"curl {site.url}/api/books -H 'Authorization: Bearer {token}'"
    done = subprocess.run(
        [sys.executable, "-m", "scraper", "new", "--from-curl", "-", "--yes", "--name", "api"],
        cwd=tmp_path, env=environment(), input=command,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert token not in done.stderr + (tmp_path / "spiders" / "api.py").read_text()
    done = scraper("run", "api", "-o", "api.json", "--no-progress", cwd=tmp_path)
    assert (done.returncode, len(json.loads((tmp_path / "api.json").read_text()))) == (0, 1000), done.stderr


def test_secrets_that_are_not_to_be_kept_are_not_shown_either(site, session, tmp_path):
    session.sign_in()
    done = scraper(
        "new", "--yes", "--name", "shop", "--no-env-file", "--from-curl", curl_of(site, session), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "export SHOP_" in done.stderr
    assert all(cookie.value not in done.stdout + done.stderr for cookie in session.cookies)
    assert not (tmp_path / ".env").exists()


# Sites of another kind


def html(body: str, status: int = 200, *headers: tuple[str, str]) -> Reply:
    return Reply(status, [("Content-Type", "text/html"), *headers], body.encode())


def test_a_public_site_gets_a_spider_without_a_login(tmp_path):
    lamps = "".join(
        f'<li class="lamp"><b class="name">Lamp {n}</b><i class="watt">{n} W</i></li>' for n in range(4)
    )

    def answer(asked):
        return html(f"<ul>{lamps}</ul>") if asked.path == "/" else html("", 404)

    with serving(answer) as server:
        done = scraper("new", server.url(), "--yes", "--name", "lamps", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "No sign-in was found" in done.stderr
        assert "login" not in (tmp_path / "spiders" / "lamps.py").read_text()


def test_what_robots_txt_forbids_is_not_read(tmp_path):
    def answer(asked):
        is_robots = asked.path == "/robots.txt"
        return (
            Reply(200, [("Content-Type", "text/plain")], b"User-agent: *\nDisallow: /")
            if is_robots
            else html("<p>x")
        )

    with serving(answer) as server:
        done = scraper("new", server.url(), "--yes", "--name", "lamps", cwd=tmp_path)
    assert (done.returncode, "robots.txt forbids it" in done.stderr) == (2, True)


def test_an_api_that_refuses_strangers_gets_a_guess_that_says_so(tmp_path):
    def answer(asked):
        return Reply(401, [("Content-Type", "application/json")], b'{"error": "sign in"}')

    with serving(answer) as server:
        done = scraper("new", server.url(), "--yes", "--name", "api", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    source = (tmp_path / "spiders" / "api.py").read_text()
    assert 'JsonLogin(\n        "/api/login"' in source or 'JsonLogin("/api/login"' in source
    assert "It takes nothing yet" in done.stderr


def test_a_site_that_asks_by_http_gets_a_basic_login(tmp_path):
    def answer(asked):
        if asked.path == "/robots.txt":
            return html("", 404)
        if asked.headers.get("Authorization") != "Basic YWRhOnRlbXA2MjE=":
            return html("", 401, ("WWW-Authenticate", 'Basic realm="x"'))
        return html(
            "".join(f'<li class="lamp"><b class="name">Lamp {n}</b> <i>{n}</i></li>' for n in range(4))
        )

    with serving(answer) as server:
        done = scraper(
            "new", server.url(), "--yes", *NAMED, cwd=tmp_path, SHOP_USER="ada", SHOP_PASSWORD="temp621"
        )
    assert done.returncode == 0, done.stderr
    assert (
        'login = BasicLogin(env("SHOP_USER"), env("SHOP_PASSWORD"))'
        in (tmp_path / "spiders/shop.py").read_text()
    )


@pytest.mark.skipif(not hasattr(package, "BrowserLogin"), reason="there is no login by a browser")
def test_a_form_that_a_script_draws_gets_a_browser_login(tmp_path):
    with serving(lambda asked: html('<div id="root"></div><script src="/app.js"></script>')) as server:
        done = scraper("new", server.url(), "--yes", *NAMED, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "drawn by a script" in done.stderr
    assert "login = BrowserLogin(" in (tmp_path / "spiders/shop.py").read_text()
