"""``fetch``: one page, as a spider's session sees it or as a stranger does."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence

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
from scraper.explain import without_secrets
from scraper.redact import MASK, looks_secret, redact, redact_url
from scraper.request import Request, join
from scraper.response import Response
from scraper.selector import pieces_of, squeeze
from scraper.session import Session
from scraper.spider import Spider

MEMBER, ANONYMOUS = "member", "anonymous"


@click.command(name="fetch")
@spider_options
@click.argument("url")
@click.option(
    "--as",
    "whom",
    type=click.Choice([MEMBER, ANONYMOUS]),
    default=MEMBER,
    show_default=True,
    help="Fetch it signed in, or as a stranger.",
)
@account_option
@click.option("--diff", "compares", is_flag=True, help="Print what strangers and members see differently.")
@click.option("--headers", "with_headers", is_flag=True, help="Print status and headers before the page.")
def fetch(
    spider: str,
    attributes: Sequence[str],
    options: Sequence[str],
    log_level: str,
    url: str,
    whom: str,
    account: str | None,
    compares: bool,
    with_headers: bool,
) -> int:
    """Print the page at URL as SPIDER sees it, without secrets, to standard output.

    URL may be relative to the site. A page that answers with an error ends with exit code 1. For example:

    \b
        python -m scraper fetch bookshop /books > books.html
        python -m scraper fetch bookshop /books --as anonymous
        python -m scraper fetch bookshop /books --diff
    """
    console = console_for(log_level)
    instance = make(spider, attributes, options)
    with opened(instance, "fetch"):
        member = as_account(instance, account)
        session = member.session
        address = join(session.base_url or "", url)
        pages = {who: _page(who, member, address) for who in ([ANONYMOUS, MEMBER] if compares else [whom])}
        for who, page in pages.items():
            console.print(_told(who, page, session), markup=False, highlight=False)
        if compares:
            sys.stdout.writelines(_difference(pages[ANONYMOUS], pages[MEMBER]))
        else:
            _print(pages[whom], with_headers=with_headers)
    return DONE if all(page.ok for page in pages.values()) or compares else INCOMPLETE


def _page(whom: str, spider: Spider, url: str) -> Response:
    """Fetch a page as a member or as a stranger."""
    from scraper.cli.looking import fetched

    if whom == MEMBER:
        if spider.session.login is not None:
            spider.session.sign_in()
        return fetched(spider, url)
    with _stranger(spider) as session:
        return session.exchange(Request(url))


def _stranger(spider: Spider) -> Session:
    """Return a session as the spider's, that signs in nowhere."""
    return Session(
        base_url=spider.session.base_url,
        timeout=spider.timeout,
        retry=spider.retry,
        headers=spider.headers,
        proxies=spider.proxies,
        verify=spider.verify,
        cert=spider.cert,
        max_body=spider.max_body,
    )


def _told(whom: str, page: Response, session: Session) -> str:
    is_member = whom == MEMBER and session.epoch
    account = f"as {session.account or 'a member'} ({page.auth})" if is_member else "as a stranger"
    way = f" after {', '.join(map(redact_url, page.history))}" if page.history else ""
    return f"{page.status} {redact_url(page.url)} {account}{way}, {len(page.content):,} bytes"


def _print(page: Response, *, with_headers: bool) -> None:
    if with_headers:
        click.echo(f"HTTP {page.status}")
        for name, value in page.headers.items():
            click.echo(redact(f"{name}: {MASK if looks_secret(name) else value}"))
        click.echo()
    click.echo(without_secrets(page).decode("utf-8" if page.is_html else page.encoding, "replace"))


def _difference(stranger: Response, member: Response) -> Iterator[str]:
    """Yield what differs: behind ``-`` what only strangers see, behind ``+`` what only members do."""
    before, after = list(_lines(stranger)), list(_lines(member))
    difference = difflib.unified_diff(before, after, "stranger", "member", n=0, lineterm="")
    yield from (f"{redact(line)}\n" for line in difference if not line.startswith("@@"))


def _lines(page: Response) -> Iterator[str]:
    """Yield the pieces of text of a page that a person reads, or its lines where it is no HTML."""
    return pieces_of(page.tree) if page.is_html else filter(None, map(squeeze, page.text.splitlines()))
