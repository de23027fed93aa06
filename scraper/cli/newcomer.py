"""`Newcomer`: what ``new`` does, step by step: look, sign in, look again, write, try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
from rich.console import Console

from scraper import loader
from scraper.cli import env_file
from scraper.cli.asking import Asker, supply
from scraper.cli.common import opened
from scraper.cli.looking import Looker
from scraper.cli.new import path_of
from scraper.errors import ConfigError, LoginError
from scraper.explain import advice, told
from scraper.propose import (
    Curl,
    Door,
    Draft,
    Listing,
    best_listing,
    call,
    class_name,
    compiled,
    door_of,
    fields_of,
    is_drawn_by_script,
    listing_of,
    member_mark,
    name_of_site,
    quoted,
    read_curl,
    singular,
    snake,
    table_of,
    ways_to_door,
)
from scraper.redact import redact, redact_url
from scraper.request import Request, is_http, is_loopback, join, origin
from scraper.response import Response
from scraper.session import Session

SHOWN = 3
"""So many items are shown."""


@dataclass(frozen=True)
class Wishes:
    """What the command line says; ``None``: nothing."""

    url: str | None = None
    name: str | None = None
    login_url: str | None = None
    has_login: bool = True
    user_env: str | None = None
    password_env: str | None = None
    start: str | None = None
    rows: str | None = None
    curl: str | None = None
    env_file: bool | None = None
    is_forced: bool = False


class Newcomer:
    """One ``new``: from an address to a file in ``spiders/`` whose first items have been seen."""

    def __init__(self, wishes: Wishes, console: Console, *, asks: bool) -> None:
        self.wishes, self.console, self.asker = wishes, console, Asker(asks=asks)
        self.told: dict[str, str] = {}

    def __call__(self) -> Path:
        """Do it; return the file."""
        curl = read_curl(self.wishes.curl) if self.wishes.curl is not None else None
        url = _whole(self.wishes.url or (curl.url if curl else ""))
        with Session(base_url=f"{origin(url)}/", headers=curl.headers if curl else {}) as stranger:
            page = stranger.exchange(Request(url))
            name = self._name(url, page)
            path = path_of(name, is_forced=self.wishes.is_forced)
            draft = Draft(name, self.wishes.start or url)
            if self.wishes.curl is not None:
                draft = self._with_curl(draft, read_curl(self.wishes.curl, name))
            elif self.wishes.has_login:
                draft = self._with_login(draft, page, stranger)
            draft, has_items = self._with_rows(draft, page)
        self._write(path, draft)
        self._end(name, path, has_items=has_items)
        return path

    def _name(self, url: str, page: Response) -> str:
        default = self.wishes.name or name_of_site(url, page)
        name = default if self.wishes.name else self.asker.text("Name of the spider", default)
        if snake(name) != name or not name:
            raise ConfigError(f"{name!r} cannot name a spider; write it as {snake(name) or 'shop'!r}.")
        return name

    # The way in

    def _with_curl(self, draft: Draft, curl: Curl) -> Draft:
        for note in curl.notes:
            self._say(note)
        if curl.secrets:
            self._say(
                f"Found in the command: {curl.login.partition('(')[0]}, with {', '.join(curl.secrets)}."
            )
        self._set(curl.secrets)
        return replace(draft, login=curl.login, headers=curl.headers)

    def _set(self, secrets: dict[str, str]) -> None:
        import os

        os.environ.update(secrets)
        self.told |= secrets

    def _with_login(self, draft: Draft, page: Response, stranger: Session) -> Draft:
        """Find the way in, and say what it is."""
        door = self._door(page, stranger)
        if door is not None:
            for line in door.told():
                self._say(line)
            if door.captcha:
                self._say(f"The page shows a captcha ({door.captcha}), which only a person solves.")
                return self._by_browser(draft, door.url, "A person solves the captcha.")
            return self._by_form(draft, door)
        if (
            challenge := page.headers.get("WWW-Authenticate", "").partition(" ")[0].lower()
        ) and page.status == 401:
            return self._by_challenge(draft, challenge)
        if not page.is_html and page.status in (401, 403):
            return self._by_json(draft)
        if is_drawn_by_script(page):
            self._say(f"{redact_url(page.url)} is drawn by a script, so the form is not in the page itself.")
            return self._by_browser(
                draft, page.url, "The form is drawn by a script, so a browser fills it in."
            )
        self._say(
            "No sign-in was found, so the spider goes without; --login-url names the page with the form."
        )
        return draft

    def _door(self, page: Response, stranger: Session) -> Door | None:
        """Look for the form: on the page, on the one that was named, behind its links that say so."""
        urls = [join(page.url, self.wishes.login_url)] if self.wishes.login_url else []
        if not urls and (door := door_of(page)) is not None:
            return door
        for url in urls or ways_to_door(page):
            self._say(f"Looks for the sign-in at {redact_url(url)}.")
            if (door := door_of(there := stranger.exchange(Request(url)))) is not None:
                return door
            if is_drawn_by_script(there):
                page.url = there.url
        if (
            not urls
            and page.is_html
            and (asked := self.asker.text("Address of the login page, if there is one", ""))
        ):
            self.wishes = replace(self.wishes, login_url=asked)
            return self._door(page, stranger)
        return None

    def _variables(self, draft: Draft) -> tuple[str, str]:
        """Ask for the names of the variables, and see that they have values."""
        prefix = draft.name.upper()
        user = self.wishes.user_env or self.asker.text("Variable with the user name", f"{prefix}_USER")
        password = self.wishes.password_env or self.asker.text(
            "Variable with the password", f"{prefix}_PASSWORD"
        )
        for name in (user, password):
            if not name.isidentifier() or not name.isascii():
                raise ConfigError(
                    f"{redact(name)!r} is no name of an environment variable; give the name, as SHOP_USER, "
                    "and never the value."
                )
        return user, password

    def _supply(self, user: str, password: str) -> None:
        self.told |= supply(
            [(user, f"User name ({user})", False), (password, f"Password ({password})", True)]
        )

    def _by_form(self, draft: Draft, door: Door) -> Draft:
        user, password = self._variables(draft)
        self._supply(user, password)
        given = [f"username=env({quoted(user)})"] if door.has_username else []
        login = self._login_of("FormLogin", draft, door.url, [*given, f"password=env({quoted(password)})"])
        is_door = draft.start_url.partition("?")[0] == door.url.partition("?")[0] and not self.wishes.start
        start = f"{origin(door.url)}/" if is_door else draft.start_url
        return replace(draft, start_url=start, login=login)

    def _login_of(self, kind: str, draft: Draft, url: str, given: Sequence[str]) -> str:
        address = url.partition("?")[0]
        is_near = origin(url) == origin(draft.start_url)
        return call(
            kind, quoted(address.removeprefix(origin(url)) if is_near else address), call("fill", *given)
        )

    def _by_browser(self, draft: Draft, url: str, why: str) -> Draft:
        user, password = self._variables(draft)
        given = [f"username=env({quoted(user)})", f"password=env({quoted(password)})"]
        login = self._login_of("BrowserLogin", draft, url, given)
        return replace(draft, login=login, login_comment=why)

    def _by_challenge(self, draft: Draft, scheme: str) -> Draft:
        kind = {"basic": "BasicLogin", "digest": "DigestLogin", "ntlm": "NtlmLogin"}.get(scheme)
        if kind is None:
            return self._by_json(draft)
        self._say(f"The site asks for a user name and a password by HTTP {scheme.capitalize()}.")
        user, password = self._variables(draft)
        self._supply(user, password)
        return replace(draft, login=call(kind, f"env({quoted(user)})", f"env({quoted(password)})"))

    def _by_json(self, draft: Draft) -> Draft:
        """Propose a sign-in to an API, whose address and fields no page tells."""
        user, password = self._variables(draft)
        self._say(
            "This is an API that strangers may not read. Where its sign-in is, no page says: --login-url "
            "names it. With a token of its own instead, copy a request as curl in the browser: --from-curl."
        )
        given = f'json={{"username": env({quoted(user)}), "password": env({quoted(password)})}}'
        address = self.wishes.login_url or "/api/login"
        comment = (
            "The address, the names of the fields, and where the token stands in the answer are guesses."
        )
        if self.wishes.login_url:
            self._supply(user, password)
        return replace(draft, login=call("JsonLogin", quoted(address), given), login_comment=comment)

    # What there is to take

    def _with_rows(self, draft: Draft, page: Response) -> tuple[Draft, bool]:
        """Sign in as the spider will, and propose what it takes; a guess is not tried."""
        if draft.login_comment and not (draft.login.startswith("JsonLogin") and self.wishes.login_url):
            return draft, False
        spider = compiled(draft.source(), draft.name)(save_session=True)
        with opened(spider, "new") as session:
            look = Looker(spider)
            starts = [draft.start_url]
            if draft.login:
                starts = [*starts, *self._sign_in(session)]
            pages = [look(url) for url in dict.fromkeys(starts)]
            draft = self._with_mark(draft, pages, session)
            listing = self._listing(draft, pages, look)
            if listing is None:
                return replace(draft, fields=()), False
            draft = self._taking(draft, listing, look)
            return draft, self._try(draft, look(draft.start_url))

    def _sign_in(self, session: Session) -> list[str]:
        """Sign in, prove it, and return the page that did."""
        assert session.login is not None
        session.is_fresh = True
        steps: list[str] = []
        try:
            with told(steps.append):
                session.sign_in()
        except LoginError as error:
            for line in steps:
                self._say(line)
            if words := advice(error):
                self._say(f"What to try: {words}")
            raise
        proof = session.state()["proven_at"]
        self._say(f"Signed in as {session.account or 'a member'}; proven at {redact_url(proof)}.")
        return [proof] if proof else []

    def _with_mark(self, draft: Draft, pages: Sequence[Response], session: Session) -> Draft:
        """Write down what only members see, if it has a selector; otherwise it is found anew each time."""
        if not draft.login.startswith("FormLogin"):
            return draft
        with Session(base_url=session.base_url, headers=draft.headers) as stranger:
            seen = [stranger.exchange(Request(page.url)) for page in pages if page.ok]
        mark = next((found for page in pages if page.ok and (found := member_mark(page, seen))), "")
        if not mark:
            self._say("What only members see is found by comparing pages; nothing has to be declared.")
            return draft
        self._say(f"What only members see: {mark}")
        address, rest = draft.login.removeprefix("FormLogin(").split(",", 1)
        inner = rest.strip().removesuffix(")").rstrip().removesuffix(",")
        inner = inner.replace("\n    ", "\n")
        return replace(draft, login=call("FormLogin", address.strip(), inner, f"logged_in={quoted(mark)}"))

    def _listing(self, draft: Draft, pages: Sequence[Response], look: Looker) -> Listing | None:
        """Find the page with the rows, and let a person say another."""
        if self.wishes.start or self.wishes.rows:
            return self._listing_at(_whole_at(draft.start_url, self.wishes.start), look)
        found = best_listing([page for page in pages if page.ok], look)
        default = found.url if found else pages[0].url
        url = _whole_at(draft.start_url, self.asker.text("Page that lists what you want", default))
        return found if found is not None and url == found.url else self._listing_at(url, look)

    def _listing_at(self, url: str, look: Looker) -> Listing | None:
        page = look(url)
        if not page.ok:
            raise ConfigError(
                f"{redact_url(url)} answered {page.status or 'nothing, or robots.txt forbids it'}; name "
                "another page with --start."
            )
        if self.wishes.rows:
            return self._listing_of_rows(page, self.wishes.rows, look)
        return listing_of(page, look)

    def _listing_of_rows(self, page: Response, query: str, look: Looker) -> Listing:
        rows = [one.root for one in page.css(query)]
        if not rows:
            raise ConfigError(
                f"{query!r} matches nothing on {redact_url(page.url)}; look at it with `fetch`."
            )
        known = listing_of(page, look)
        follow = known.follow if known is not None else ""
        return Listing(page, query, "", tuple(fields_of(rows)), len(rows), follow, 0.0)

    def _taking(self, draft: Draft, listing: Listing, look: Looker) -> Draft:
        """Say what was found, and write it down."""
        self._say(f"{redact_url(listing.url)} lists {listing.count} rows: {listing.rows}")
        if not listing.is_json and not self.wishes.rows:
            rows = self.asker.text("Selector of the rows", listing.rows)
            if rows != listing.rows:
                listing = self._listing_of_rows(listing.page, rows, look)
        for field in listing.fields:
            self._say(f"  {field.name:12} {field.annotation:16} {redact(field.example)[:50]}")
        self._say(f"The next page: {listing.follow}" if listing.follow else "There is no next page.")
        item = class_name(listing.name or singular(_last_word(listing.url)) or "row")
        item = "Row" if not item.isidentifier() or item.endswith("Spider") else item
        return replace(
            draft,
            start_url=listing.url,
            item=item,
            rows=listing.rows,
            is_json=listing.is_json,
            fields=listing.fields,
            follow=listing.follow,
        )

    # The file

    def _try(self, draft: Draft, page: Response) -> bool:
        """Show the first items that the file itself takes from the page."""
        spider = compiled(draft.source(), draft.name)
        items = list(page.items(spider.item))
        for reject in page.rejects[:SHOWN]:
            self._say(f"A row was rejected: {redact(str(reject))}")
        self.console.print(table_of(items[:SHOWN], self.console.width), soft_wrap=False)
        self._say(f"{len(items)} items on this page.")
        return bool(items)

    def _write(self, path: Path, draft: Draft) -> None:
        """Write the file, at once or not at all, and see that it loads."""
        if not self.asker.yes(f"Write {path}?"):
            raise click.Abort
        try:
            path.parent.mkdir(exist_ok=True)
            beside = path.with_name(f"_{path.name}")
            beside.write_text(draft.source(), encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error
        if "BrowserLogin" not in draft.login:
            loader.load(str(path))

    def _end(self, name: str, path: Path, *, has_items: bool) -> None:
        """Keep what was told, and say what comes next."""
        self._say(f"Wrote {path}.")
        if self.told:
            self._keep_secrets()
        if has_items:
            self._say(f"Next: python -m scraper run {name} -o {name}.csv")
        else:
            self._say(
                f"It takes nothing yet: say in {path} what, then try it with python -m scraper shell {name}"
            )

    def _keep_secrets(self) -> None:
        """Put what is secret where the spider finds it, or say what to set; it is never shown."""
        wanted = self.wishes.env_file
        names = ", ".join(self.told)
        if wanted is None:
            is_from_curl = self.wishes.curl is not None
            wanted = (
                self.asker.yes(f"Keep {names} in .env, readable by you alone?", default=True) or is_from_curl
            )
        if not wanted:
            self._say("Set these before you run it:\n" + "\n".join(env_file.exports(self.told)))
            return
        env_file.keep(self.told)
        self._say(f"{names}: kept in .env, readable by you alone.")
        if not env_file.is_ignored():
            self._say("Add .env to .gitignore, so that it is never committed.")

    def _say(self, line: str) -> None:
        self.console.print(redact(line), markup=False, highlight=False)


def _whole(url: str) -> str:
    """Return an address with its scheme: https, or http on this machine."""
    if "://" not in url:
        url = f"http://{url}" if is_loopback(f"http://{url}") else f"https://{url}"
    if not is_http(url):
        raise ConfigError(f"{redact_url(url)!r} is no http or https address.")
    return url.partition("#")[0]


def _whole_at(base: str, url: str | None) -> str:
    return base if url is None else _whole(join(base, url)) if not url.startswith("/") else join(base, url)


def _last_word(url: str) -> str:
    """Return the last segment of an address, as far as it is a word."""
    word = url.partition("?")[0].rstrip("/").rpartition("/")[2].partition(".")[0]
    return snake(word).strip("_") if "/" in url.partition("://")[2].rstrip("/") else ""
