"""`Entrance`: the first half of ``new``: how a spider is to sign in, found, and written into its draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from scraper.cli.asking import Asker, supply
from scraper.cli.wishes import Wishes
from scraper.errors import ConfigError
from scraper.propose import Door, Draft, call, door_of, is_drawn_by_script, quoted, ways_to_door
from scraper.redact import redact, redact_url
from scraper.request import Request, join, origin
from scraper.response import Response
from scraper.session import Session

USUAL = ("/login", "/signin", "/accounts/login/", "/admin/login/")
"""Where a sign-in often stands; looked at where the page that was named does not exist."""

_BY_HTTP = {"basic": "BasicLogin", "digest": "DigestLogin", "ntlm": "NtlmLogin"}


class Entrance:
    """Finds the way in. `told` are the secrets that a person typed, by the names of their variables."""

    def __init__(self, wishes: Wishes, asker: Asker, say: Callable[[str], None]) -> None:
        self.wishes, self.asker, self.say = wishes, asker, say
        self.told: dict[str, str] = {}

    def __call__(self, draft: Draft, page: Response, stranger: Session) -> Draft:
        """Return the draft with its login; `page` is what a stranger sees at the address that was given."""
        door, last = self._door(page, stranger, self.wishes.login_url)
        if door is not None:
            return self._by_door(draft, door)
        scheme = page.headers.get("WWW-Authenticate", "").partition(" ")[0].lower()
        if page.status == 401 and scheme in _BY_HTTP:
            return self._by_http(draft, scheme)
        if page.status in (401, 403) and not page.is_html:
            return self._by_json(draft)
        if is_drawn_by_script(last):
            self.say(f"{redact_url(last.url)} is drawn by a script, so the form is not in the page itself.")
            return self._by_browser(draft, last.url, "The form is drawn by a script; a browser fills it in.")
        self.say("No sign-in was found, so the spider goes without; --login-url names the page that has it.")
        return draft

    # Looking for it

    def _door(self, page: Response, stranger: Session, named: str | None) -> tuple[Door | None, Response]:
        """Return the form that signs in, if it is found, and the last page that was looked at."""
        if named is None and (door := door_of(page)) is not None:
            return door, page
        last = page
        for url in self._ways(page, named):
            last = stranger.exchange(Request(url))
            if (door := door_of(last)) is not None:
                self.say(f"Found the sign-in at {redact_url(last.url)}.")
                return door, last
        if named is not None or not page.is_html or is_drawn_by_script(last):
            return None, last
        named = self.asker.text(
            "No sign-in form was found. Address of the page that has it (none: Enter)", ""
        )
        return self._door(page, stranger, named) if named else (None, last)

    def _ways(self, page: Response, named: str | None) -> list[str]:
        if named is not None:
            return [join(page.url, named)]
        usual = [] if page.ok or page.status in (401, 403) else [join(page.url, path) for path in USUAL]
        return [*ways_to_door(page), *usual]

    # Writing it down

    def _by_door(self, draft: Draft, door: Door) -> Draft:
        for line in door.told():
            self.say(line)
        if door.captcha:
            self.say(f"The page shows a captcha ({door.captcha}), which only a person solves.")
            return self._by_browser(draft, door.url, "A person solves the captcha; the rest is filled in.")
        user, password = self._variables(draft, has_values=True)
        given = [f"username=env({quoted(user)})"] if door.has_username else []
        given.append(f"password=env({quoted(password)})")
        is_door = _bare(draft.start_url) == _bare(door.url) and not self.wishes.start
        start = f"{origin(door.url)}/" if is_door else draft.start_url
        return replace(draft, start_url=start, login=_login("FormLogin", draft, door.url, given))

    def _by_browser(self, draft: Draft, url: str, why: str) -> Draft:
        user, password = self._variables(draft, has_values=False)
        given = [f"username=env({quoted(user)})", f"password=env({quoted(password)})"]
        return replace(draft, login=_login("BrowserLogin", draft, url, given), guess=why)

    def _by_http(self, draft: Draft, scheme: str) -> Draft:
        self.say(f"The site asks for a user name and a password by HTTP {scheme.capitalize()}.")
        user, password = self._variables(draft, has_values=True)
        return replace(draft, login=(_BY_HTTP[scheme], f"env({quoted(user)})", f"env({quoted(password)})"))

    def _by_json(self, draft: Draft) -> Draft:
        """Propose a sign-in to an API, whose address and fields no page tells."""
        self.say(
            "This is an API that strangers may not read. Where its sign-in is, no page says, so what stands "
            "in the file is a guess to be corrected. If a browser is signed in there, copy a request as curl "
            "and give it to --from-curl instead."
        )
        user, password = self._variables(draft, has_values=False)
        given = f'json={{"username": env({quoted(user)}), "password": env({quoted(password)})}}'
        why = "The address, the names of the fields, and token= where the answer has one, are guesses."
        login = ("JsonLogin", quoted(self.wishes.login_url or "/api/login"), given)
        return replace(draft, login=login, guess=why)

    def _variables(self, draft: Draft, *, has_values: bool) -> tuple[str, str]:
        """Ask for the names of the variables; where the sign-in is tried, see that they have values."""
        names = []
        if self.asker.asks and not (self.wishes.user_env and self.wishes.password_env):
            self.say("The file names two environment variables, and never holds what is in them.")
        for what, stated in (("USER", self.wishes.user_env), ("PASSWORD", self.wishes.password_env)):
            says = "user name" if what == "USER" else "password"
            default = f"{draft.name.upper()}_{what}"
            names.append(stated or self.asker.text(f"Name of the variable for the {says}", default))
        for name in names:
            if not (name.isidentifier() and name.isascii()):
                raise ConfigError(
                    f"{redact(name)!r} is no name of an environment variable; give its name, as SHOP_USER, "
                    "and never its value."
                )
        user, password = names
        if has_values:
            self.told |= supply(
                [(user, f"User name ({user})", False), (password, f"Password ({password})", True)]
            )
        return user, password


def _login(kind: str, draft: Draft, url: str, given: Sequence[str]) -> tuple[str, ...]:
    """Return a login by a form as Python; its address is relative where it is of the site."""
    address, site = _bare(url), origin(url)
    shown = address.removeprefix(site) if site == origin(draft.start_url) else address
    return kind, quoted(shown or "/"), call("fill", *given)


def _bare(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]
