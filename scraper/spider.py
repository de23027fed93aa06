"""`Spider`: where to start, how to sign in, what to take and where to go on."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from scraper.download import MAX_FILE
from scraper.errors import ConfigError
from scraper.evidence import Evidence
from scraper.login.base import Login
from scraper.request import Request, http_host, origin
from scraper.response import Response
from scraper.retry import Retry
from scraper.selector import compile_css, compile_pattern
from scraper.session import MAX_BODY, Session, Timeout
from scraper.vault import Vault


class Spider:
    """Declares a crawl. Subclass it; everything is a class attribute, and may be given to an instance.

    `start_urls` are absolute. `item` is a class, or several, of which every page is searched for rows;
    `follow` one CSS selector, or several, of the links to go on to. A `login` signs in before the first page
    and again whenever the site has ended the session, at most `max_relogins` times. Only hosts of
    `allowed_domains` are visited (``None``: those of `start_urls`; a domain stands for its subdomains too),
    and no URL that a regular expression of `deny` is found in. Links that would sign out or delete are not
    followed either, unless a regular expression of `allow` is found in their URL. `delay` is in seconds
    between two requests to one host, half more or less; loopback is not delayed. With `throttle` it grows
    when a host slows down, answers 429 or 503, or not at all. `obey_robots` keeps to robots.txt. `sitemaps`
    adds the pages that sitemaps list to the start: ``True`` those that robots.txt names, or their addresses.
    `render` lets a browser open every page and run its scripts; a CSS selector says for what to wait there.

    Files that items name (`file()`) are kept in the folder `files`, each of `max_file` bytes at most; they
    count as pages.

    With `keep_pages` the job keeps every page that is read, compressed, so that other selectors can be tried
    on them without a request (``replay``).

    `max_time` is in seconds, `max_body` in bytes after decompression, `max_depth` in links from a start URL;
    `max_pages_without_item` counts pages in a row, `max_error_rate` is the share of the last 100 pages that
    failed, such as 0.5. The first limit that is reached ends the crawl (pages that are under way are
    finished, so a few more items may come than `max_items`).

    `accounts`, in the place of `login`, are several logins of one site, each with the name of its account,
    its session and its pace. Each crawls all pages for itself, as they may differ, and what a page leads to
    stays with the account that saw it, unless a request names another; with `share_pages` each page is
    fetched once, by whichever is free. One that cannot sign in is left out, and that is the error in the end;
    with `stop_with_account` it ends the crawl at once.

    The session is kept for the next run, unless `save_session` is false, in `state_dir` (``None``: the user's
    state folder).
    """

    name: ClassVar[str] = ""
    start_urls: str | Sequence[str] = ()
    login: Login | None = None
    accounts: Sequence[Login] = ()
    share_pages: bool = False
    stop_with_account: bool = False
    item: Any = None
    follow: str | Sequence[str] | None = None
    allowed_domains: str | Sequence[str] | None = None
    deny: str | Sequence[str] = ()
    allow: str | Sequence[str] = ()
    concurrency: int = 4
    delay: float = 0.25
    throttle: bool = True
    obey_robots: bool = True
    sitemaps: bool | str | Sequence[str] = False
    render: bool | str = False
    retry: Retry | int = Retry(attempts=4)
    timeout: Timeout | float | tuple[float, float] = Timeout()
    max_body: int = MAX_BODY
    max_pages: int | None = None
    max_items: int | None = None
    max_depth: int | None = None
    max_time: float | None = None
    max_pages_without_item: int | None = None
    max_error_rate: float | None = None
    max_relogins: int = 10
    save_session: bool = True
    state_dir: str | None = None
    files: str = ".scraper/files"
    max_file: int = MAX_FILE
    keep_pages: bool = False
    order: Literal["breadth", "depth"] = "breadth"
    headers: Mapping[str, str] = {}
    proxies: Mapping[str, str] = {}
    verify: bool | str = True
    cert: str | tuple[str, str] | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.name = cls.__dict__.get("name") or snake_case(cls.__name__)
        for selector in several(cls.follow):
            compile_css(selector)
        for pattern in (*several(cls.deny), *several(cls.allow)):
            compile_pattern(pattern)

    def __init__(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            if not hasattr(type(self), name):
                raise ConfigError(f"{type(self).__name__} has no attribute {name!r} to set.")
            setattr(self, name, value)
        if self.concurrency < 1:
            raise ConfigError(f"concurrency={self.concurrency} would never fetch anything; give at least 1.")

    def __repr__(self) -> str:
        return f"<Spider {self.name}>"

    @cached_property
    def session(self) -> Session:
        """The session of this spider, made when first used."""
        start = next(iter(several(self.start_urls)), None)
        session = Session(
            self.login,
            base_url=origin(start) if start else None,
            timeout=self.timeout,
            retry=self.retry,
            headers=self.headers,
            proxies=self.proxies,
            verify=self.verify,
            cert=self.cert,
            max_body=self.max_body,
            pool_size=max(self.concurrency, 1),
            state_dir=Vault(self.state_dir) if self.login and self.save_session else None,
        )
        session.verify_url, session.name = start, self.name
        return session

    @cached_property
    def by_account(self) -> Mapping[str, Spider]:
        """This spider as each of its `accounts` has it, by the account's name: with a session of its own.

        Raises `ConfigError` where an account has no name, or that of another.
        """
        if self.accounts and self.login is not None:
            raise ConfigError(f"{self.name} has a login and accounts; put it among them, and login = None.")
        members: dict[str, Spider] = {}
        for login in several(self.accounts):
            name = login.account if isinstance(login, Login) else None
            if not name:
                raise ConfigError(f"accounts of {self.name} are logins that each name one, not {login!r}.")
            if name.strip().casefold() in (known.strip().casefold() for known in members):
                raise ConfigError(f"Two accounts of {self.name} go by the name {name!r}; give each its own.")
            members[name] = self._as(login)
        return members

    def _as(self, login: Login) -> Spider:
        """Return a copy for one account; what `opened` has set at the session is set at its own too."""
        twin = copy.copy(self)
        vars(twin).pop("session", None)
        twin.login, twin.evidence = login, self.evidence
        if "session" in vars(self):
            for setting in ("headers", "auth", "proxies", "verify", "cert", "trust_env", "adapters"):
                setattr(twin.session, setting, copy.copy(getattr(self.session, setting)))
        return twin

    def as_account(self, account: str | None) -> Spider:
        """Return this spider as an account has it; ``None``, where there are not several: itself."""
        return self if account is None else self.by_account[account]

    @property
    def all_sessions(self) -> list[Session]:
        """Its own session, and those of its `accounts` as far as they have been made."""
        members: Mapping[str, Spider] = vars(self).get("by_account", {})
        return [self.session, *(member.session for member in members.values())]

    def lacks_account(self, account: str) -> str:
        """Say that there is no such account, and which there are; empty where there is."""
        logins = several(self.accounts) or several(self.login)
        names = [login.account for login in logins if login.account]
        if account in names:
            return ""
        return f"{self.name} has no account {account!r}; it has {', '.join(names) or 'none with a name'}."

    @cached_property
    def evidence(self) -> Evidence:
        """What pages were kept so far for a person to look at."""
        return Evidence()

    def start_requests(self) -> Iterable[Request]:
        """Yield the first requests: one for each of `start_urls`."""
        for url in several(self.start_urls):
            yield Request(url)

    def parse(self, response: Response) -> Iterable[Any]:
        """Yield items and requests of a page: what `item` and `follow` say. Override it to read by hand."""
        for cls in several(self.item):
            yield from response.items(cls)
        for selector in several(self.follow):
            yield from response.links(selector)

    def opened(self) -> None:
        """Called once before anything else; may still set attributes such as `start_urls`."""

    def closed(self, reason: str) -> None:
        """Called once at the end: ``finished``, ``interrupted``, the limit reached, or what went wrong."""

    def allows(self, url: str) -> bool:
        """Whether the crawl may visit `url`: http or https, an allowed domain, nothing of `deny`."""
        if not self._is_inside(http_host(url) or ""):
            return False
        return not self._denied or not any(pattern.search(url) for pattern in self._denied)

    def refuses(self, url: str) -> str | None:
        """Say, in a clause, why the crawl may not visit `url`; ``None`` where it `allows` it."""
        host = http_host(url)
        if host is None:
            return "it is no http or https address"
        if not self._is_inside(host):
            domains = ", ".join(sorted(self._domains)) or "none"
            return f"{host} is not among the spider's allowed_domains ({domains})"
        return next((f"deny has {one.pattern!r}" for one in self._denied if one.search(url)), None)

    def _is_inside(self, host: str) -> bool:
        domains = self._domains
        return host in domains or any(host.endswith(f".{domain}") for domain in domains)

    def is_safe(self, url: str) -> bool:
        """Whether `allow` says that following a link to `url` neither signs out nor deletes anything."""
        return bool(self._allowed) and any(pattern.search(url) for pattern in self._allowed)

    @cached_property
    def _allowed(self) -> tuple[re.Pattern[str], ...]:
        return tuple(map(compile_pattern, several(self.allow)))

    @cached_property
    def _domains(self) -> frozenset[str]:
        if self.allowed_domains is not None:
            return frozenset(domain.lower().lstrip(".") for domain in several(self.allowed_domains))
        return frozenset(urlsplit(url).hostname or "" for url in several(self.start_urls)) - {""}

    @cached_property
    def _denied(self) -> tuple[re.Pattern[str], ...]:
        return tuple(map(compile_pattern, several(self.deny)))


def snake_case(name: str) -> str:
    """Return a class name as a spider's name: ``BookShop`` is ``book_shop``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def several(value: Any) -> tuple[Any, ...]:
    """Read "nothing, one or several" as a tuple."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple | set | frozenset) else (value,)
