"""`Newcomer`: what ``new`` does, step by step: look, sign in, look again, write, try."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import click
from rich.console import Console

from scraper import loader
from scraper.cli import env_file
from scraper.cli.asking import Asker
from scraper.cli.common import opened
from scraper.cli.entrance import Entrance
from scraper.cli.looking import Looker
from scraper.cli.wishes import Wishes
from scraper.errors import ConfigError, LoginError
from scraper.explain import advice, told
from scraper.export.files import replacing
from scraper.propose import (
    Curl,
    Draft,
    Listing,
    best_listing,
    class_name,
    compiled,
    fields_of,
    listing_of,
    member_mark,
    name_of_site,
    quoted,
    read_curl,
    singular,
    snake,
    table_of,
)
from scraper.redact import redact, redact_url
from scraper.request import Request, is_http, is_loopback, join, origin
from scraper.response import Response
from scraper.session import Session

SHOWN = 3
"""So many items are shown."""


class Newcomer:
    """One ``new``: from an address to a file in ``spiders/`` whose first items have been seen."""

    def __init__(self, wishes: Wishes, curl: str | None, console: Console, *, asks: bool) -> None:
        self.wishes, self.curl = wishes, None if curl is None else read_curl(curl)
        self.console, self.asker = console, Asker(asks=asks)
        self.told: dict[str, str] = {}

    def __call__(self) -> Path:
        """Do it; return the file."""
        url = whole(self.wishes.url or (self.curl.url if self.curl else ""))
        headers = self.curl.headers if self.curl else {}
        with Session(base_url=f"{origin(url)}/", headers=headers) as stranger:
            page = stranger.exchange(Request(url))
            name = self._name(url, page)
            path = path_of(name, is_forced=self.wishes.is_forced)
            draft = Draft(name, join(url, self.wishes.start or url), headers=headers)
            draft = self._with_login(draft, page, stranger)
        draft = self._with_rows(draft)
        self._write(path, draft)
        self._end(path, draft)
        return path

    def _name(self, url: str, page: Response) -> str:
        default = self.wishes.name or name_of_site(url, page)
        name = default if self.wishes.name else self.asker.text("Name of the spider", default)
        if snake(name) != name or not name:
            raise ConfigError(f"{name!r} cannot name a spider; {snake(name) or 'shop'!r} could.")
        return name

    def _with_login(self, draft: Draft, page: Response, stranger: Session) -> Draft:
        if self.curl is not None:
            return self._with_curl(draft, self.curl)
        if not self.wishes.has_login:
            return draft
        entrance = Entrance(self.wishes, self.asker, self._say)
        draft = entrance(draft, page, stranger)
        self.told = entrance.told
        return draft

    def _with_curl(self, draft: Draft, curl: Curl) -> Draft:
        for note in curl.notes:
            self._say(note)
        login, secrets = curl.login_of(draft.name)
        if login:
            self._say(f"The command signs in by {login[0]}, with {', '.join(secrets)}.")
        os.environ.update(secrets)
        self.told = secrets
        return replace(draft, login=login)

    # What there is to take

    def _with_rows(self, draft: Draft) -> Draft:
        """Sign in as the spider will, and propose what it takes; a guess is not tried."""
        if draft.guess:
            return draft
        spider = compiled(draft.source(), draft.name)()
        with opened(spider, "new") as session:
            look = Looker(spider)
            starts = [draft.start_url, *(self._sign_in(session) if draft.login else ())]
            pages = [look(url) for url in dict.fromkeys(starts)]
            if not any(page.ok for page in pages):
                raise _closed(pages[-1])
            draft = self._with_mark(draft, pages, session)
            listing = self._listing(draft, pages, look)
            if listing is None:
                return draft
            draft = self._taking(draft, listing)
            self._try(draft, look(draft.start_url))
        return draft

    def _sign_in(self, session: Session) -> list[str]:
        """Sign in, prove it, and return the page that did. Raises `LoginError`, having said each step."""
        session.is_fresh = True
        steps: list[str] = []
        try:
            with told(steps.append):
                session.sign_in()
        except LoginError as error:
            for line in [*steps, *([f"What to try: {words}"] if (words := advice(error)) else [])]:
                self._say(line)
            raise
        proof = session.state()["proven_at"]
        self._say(f"Signed in as {session.account or 'a member'}; proven at {redact_url(proof)}.")
        return [proof] if proof else []

    def _with_mark(self, draft: Draft, pages: Sequence[Response], session: Session) -> Draft:
        """Write down what only members see, if it has a selector; otherwise it is found anew each time."""
        if not draft.login or draft.login[0] != "FormLogin":
            return draft
        with Session(base_url=session.base_url) as stranger:
            seen = [stranger.exchange(Request(page.url)) for page in pages if page.ok]
        mark = next((found for page in pages if page.ok and (found := member_mark(page, seen))), "")
        if not mark:
            self._say("What only members see is found by comparing pages, at each sign-in.")
            return draft
        self._say(f"What only members see: {mark}")
        return replace(draft, login=(*draft.login, f"logged_in={quoted(mark)}"))

    def _listing(self, draft: Draft, pages: Sequence[Response], look: Looker) -> Listing | None:
        """Find the page with the rows, and let a person say another."""
        if self.wishes.start or self.wishes.rows:
            return self._listing_at(draft.start_url, look)
        found = best_listing([page for page in pages if page.ok], look)
        default = found.url if found else pages[-1].url
        url = join(default, self.asker.text("Page that lists what you want", default))
        return found if url == default else self._listing_at(url, look)

    def _listing_at(self, url: str, look: Looker) -> Listing | None:
        page = look(url)
        if not page.ok:
            raise _closed(page)
        return _listing_of_rows(page, self.wishes.rows, look) if self.wishes.rows else listing_of(page, look)

    def _taking(self, draft: Draft, listing: Listing) -> Draft:
        """Say what was found, and write it down."""
        self._say(f"{redact_url(listing.url)} lists {listing.count} rows: {listing.rows}")
        if not listing.is_json and not self.wishes.rows:
            rows = self.asker.text("Selector of the rows", listing.rows)
            listing = (
                listing
                if rows == listing.rows
                else _listing_of_rows(listing.page, rows, None, listing.follow)
            )
        for field in listing.fields:
            self._say(f"  {field.name:12} {field.annotation:16} {redact(field.example)[:50]}")
        self._say(f"The next page: {listing.follow}" if listing.follow else "There is no next page.")
        item = class_name(listing.name or singular(_last_word(listing.url)) or "row")
        return replace(
            draft,
            start_url=listing.url,
            item="Row" if item.endswith("Spider") else item,
            rows=listing.rows,
            is_json=listing.is_json,
            fields=listing.fields,
            follow=listing.follow,
        )

    def _try(self, draft: Draft, page: Response) -> None:
        """Show the first items that the file itself takes from the page."""
        items = list(page.items(compiled(draft.source(), draft.name).item))
        for reject in page.rejects[:SHOWN]:
            self._say(f"A row was rejected: {reject}")
        self.console.print(table_of(items[:SHOWN], self.console.width), soft_wrap=False)
        self._say(f"{len(items)} items on this page.")

    # The file

    def _write(self, path: Path, draft: Draft) -> None:
        """Write the file, at once or not at all, and see that it loads."""
        if not self.asker.yes(f"Write {path}?"):
            raise click.Abort
        try:
            path.parent.mkdir(exist_ok=True)
            with replacing(path) as stream:
                stream.write(draft.source().encode())
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error
        loader.load(str(path))

    def _end(self, path: Path, draft: Draft) -> None:
        """Keep what was told, and say what comes next."""
        self._say(f"Wrote {path}.")
        if self.told:
            self._keep_secrets()
        if draft.fields:
            self._say(f"Next: python -m scraper run {draft.name} -o {draft.name}.csv")
            return
        self._say(f"It takes nothing yet: say in {path} what, and look at its pages with")
        self._say(f"  python -m scraper shell {draft.name}")

    def _keep_secrets(self) -> None:
        """Put what is secret where the spider finds it, or say what to set; it is never shown."""
        names = ", ".join(self.told)
        wanted = self.wishes.env_file
        if wanted is None:
            wanted = self.asker.yes(f"Keep {names} in .env, readable by you alone?")
        if not wanted:
            self._say("\n".join(["Set these before you run it:", *env_file.exports(self.told)]))
            return
        env_file.keep(self.told)
        self._say(f"{names}: kept in .env, readable by you alone.")
        if not env_file.is_ignored():
            self._say("Add .env to .gitignore, so that it is never committed.")

    def _say(self, line: str) -> None:
        self.console.print(redact(line), markup=False, highlight=False)


def path_of(name: str, *, is_forced: bool) -> Path:
    """Return the file of a new spider. Raises `ConfigError` where there is one already."""
    path = Path(loader.FOLDER) / f"{name}.py"
    if path.exists() and not is_forced:
        raise ConfigError(
            f"{path} is there already; choose another name (--name), or write over it with --force."
        )
    return path


def whole(url: str) -> str:
    """Return an address with its scheme: https, or http on this machine."""
    if "://" not in url:
        url = f"http://{url}" if is_loopback(f"http://{url}") else f"https://{url}"
    if not is_http(url):
        raise ConfigError(f"{redact_url(url)!r} is no http or https address.")
    if redact_url(url) != redact(url):
        raise ConfigError(
            f"{redact_url(url)} holds a secret, which would stand in the file; leave it out, or copy the "
            "request as curl and give that to --from-curl."
        )
    return urlunsplit(urlsplit(url)._replace(path=urlsplit(url).path or "/", fragment=""))


def _closed(page: Response) -> ConfigError:
    """Return what it means that a page cannot be read."""
    what = f"answered {page.status}" if page.status else "cannot be had, or robots.txt forbids it"
    return ConfigError(f"{redact_url(page.url)} {what}; name a page that can be read, with --start.")


def _listing_of_rows(page: Response, query: str, look: Looker | None, follow: str = "") -> Listing:
    """Return what rows that a person named hold."""
    rows = [one.root for one in page.css(query)]
    if not rows:
        raise ConfigError(f"{query!r} matches nothing on {redact_url(page.url)}.")
    if look is not None and (known := listing_of(page, look)) is not None:
        follow = known.follow
    return Listing(page, query, "", tuple(fields_of(rows)), len(rows), follow, 0.0)


def _last_word(url: str) -> str:
    """Return the last segment of an address, as far as it is a word."""
    path = url.partition("://")[2].partition("?")[0].partition("/")[2].rstrip("/")
    return snake(path.rpartition("/")[2].partition(".")[0]).strip("_")
