"""``new``: from the address of a site to a spider that runs."""

from __future__ import annotations

import sys

import click

from scraper.cli.common import DONE, console_for, log_level_option
from scraper.cli.wishes import Wishes


@click.command()
@click.argument("url", required=False)
@click.option("--yes", "-y", "takes_all", is_flag=True, help="Ask nothing: take every default.")
@click.option("--name", help="The name of the spider, and of its file in spiders/.")
@click.option("--login-url", metavar="URL", help="The page with the sign-in form, where no link leads to it.")
@click.option("--no-login", is_flag=True, help="Sign in nowhere.")
@click.option("--user-env", metavar="NAME", help="The environment variable that holds the user name.")
@click.option("--password-env", metavar="NAME", help="The environment variable that holds the password.")
@click.option("--start", metavar="URL", help="The page that lists what you want.")
@click.option("--items", metavar="ROWS", help="The CSS selector of the rows on it, such as 'article.book'.")
@click.option(
    "--from-curl",
    metavar="COMMAND",
    help="Take address, cookies or token from a curl command that a browser copied; - reads it from "
    "standard input, where no shell keeps it.",
)
@click.option("--env-file/--no-env-file", default=None, help="Keep secrets in .env, or do not.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@log_level_option
def new(
    url: str | None,
    takes_all: bool,
    name: str | None,
    login_url: str | None,
    no_login: bool,
    user_env: str | None,
    password_env: str | None,
    start: str | None,
    items: str | None,
    from_curl: str | None,
    env_file: bool | None,
    force: bool,
    log_level: str,
) -> int:
    """Write a spider for the site at URL: find its sign-in, try it, and propose rows and fields.

    URL is any page of the site: the login page, a members' page, the front page. Passwords are taken from
    environment variables, from .env, or asked for; they are never written into the spider. For example:

    \b
        python -m scraper new https://shop.example/books
        python -m scraper new https://shop.example --yes --name shop --user-env SHOP_USER
        pbpaste | python -m scraper new --from-curl - --yes
    """
    from scraper.cli.newcomer import Newcomer  # what it needs takes a while to import

    command = sys.stdin.read() if from_curl == "-" else from_curl
    if url is None and command is None:
        raise click.UsageError("Name the address of the site, or give --from-curl.")
    if from_curl == "-" and not takes_all:
        raise click.UsageError("--from-curl - takes standard input, so nobody can be asked: add --yes.")
    wishes = Wishes(
        url=url,
        name=name,
        login_url=login_url,
        has_login=not no_login,
        user_env=user_env,
        password_env=password_env,
        start=start,
        rows=items,
        env_file=env_file,
        is_forced=force,
    )
    Newcomer(wishes, command, console_for(log_level), asks=not takes_all)()
    return DONE
