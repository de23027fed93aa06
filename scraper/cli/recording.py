"""``record``: a page of a site becomes a test."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click

from scraper.cli.common import (
    DONE,
    INCOMPLETE,
    account_option,
    as_account,
    console_for,
    make,
    opened,
    spider_options,
)
from scraper.cli.looking import fetched
from scraper.differences import rows_by_type
from scraper.errors import AccessDenied, ConfigError, FetchError
from scraper.offline import Reading, read
from scraper.recorded import EXPECTED, Recorded
from scraper.redact import looks_secret, redact_url
from scraper.request import is_http, join
from scraper.response import Response
from scraper.spider import Spider

FOLDER = Path("tests/pages")
LONGEST_NAME = 60


@click.command(name="record")
@spider_options
@click.argument("url")
@account_option
@click.option(
    "-o",
    "output",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"Where to keep it, such as {FOLDER}/NAME; the name is made of the address unless given.",
)
@click.option("--callback", default="parse", show_default=True, help="The spider's method that reads it.")
@click.option("--update", is_flag=True, help="Put it in the place of one that is there.")
def record_(
    spider: str,
    url: str,
    attributes: Sequence[str],
    options: Sequence[str],
    log_level: str,
    account: str | None,
    output: Path | None,
    callback: str,
    update: bool,
) -> int:
    """Fetch URL signed in as SPIDER would, and keep the page and its items as a test that pytest runs.

    Secrets are replaced, each by the same value wherever it stands; cookies and headers are not kept. The
    items are printed: look whether they are right, as the test will ask for them. For example:

        python -m scraper record bookshop /books -o tests/pages/books
    """
    console_for(log_level)
    instance = make(spider, attributes, options)
    if not callable(getattr(instance, callback, None)):
        raise ConfigError(f"{instance.name} has no method {callback!r} that could read the page.")
    with opened(instance, "record"):
        page = _fetch(as_account(instance, account), url, callback)
        folder = output or FOLDER / _name_of(page.url)
        if not update and (folder / EXPECTED).exists():
            raise ConfigError(f"{folder} is there already; give --update to replace it, or another -o.")
        named = [pair for pair in attributes if not looks_secret(pair.partition("=")[0])]
        recorded, body = Recorded.of(page, spider, named)
        seen = read(instance, page)
        reading, _ = recorded.read(body)
    if reading.error is not None:
        raise ConfigError(f"{instance.name} cannot read {redact_url(url)}: {seen.error or reading.error}.")
    recorded = recorded.with_items(reading)
    recorded.save(folder, body)
    _tell(folder, recorded, reading, seen)
    return INCOMPLETE if reading.rejects else DONE


def _fetch(spider: Spider, url: str, callback: str) -> Response:
    """Fetch a page signed in. Raises `FetchError` or `AccessDenied` where it is not what members see."""
    session = spider.session
    address = join(session.base_url or "", url)
    if not is_http(address):
        raise ConfigError(f"{url!r} is no http or https address, nor a path of the spider's site.")
    if spider.login is not None:
        session.sign_in()
    page = fetched(spider, address, callback)
    if page.auth == "anonymous":
        raise AccessDenied(f"{redact_url(address)} is closed to {session.account or 'this account'}.")
    if not page.ok:
        raise FetchError(f"{redact_url(address)} answered {page.status}, which gives no items to test.")
    return page


def _name_of(url: str) -> str:
    """Return a name for a folder, made of an address."""
    parts = urlsplit(url)
    return (
        re.sub(r"[^a-z0-9]+", "-", f"{parts.path} {parts.query}".lower())[:LONGEST_NAME].strip("-") or "home"
    )


def _tell(folder: Path, recorded: Recorded, reading: Reading, seen: Reading) -> None:
    """Print the items, and say what a person should look at."""
    click.echo(json.dumps(recorded.items, indent=2, ensure_ascii=False))
    for reject in reading.rejects:
        click.echo(f"Row {reject.n} was rejected: {reject}", err=True)
    if rows_by_type(seen.items, seen.rejects) != recorded.items:
        click.echo(
            "Some values differ from the site's: made-up ones stand in for what looks secret.", err=True
        )
    counts = [f"{sum(row is not None for row in rows):,} {type}" for type, rows in recorded.items.items()]
    click.echo(
        f"{folder} holds {recorded.page} and what was taken: {', '.join(counts) or 'nothing'}.", err=True
    )
    click.echo(f"Look whether that is right; then: python -m pytest {folder}", err=True)
