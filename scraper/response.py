"""`Response`: an answer, with one parsed tree that everything reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from lxml import etree
from requests.structures import CaseInsensitiveDict

from scraper.avoid import is_sign_out, why_avoid
from scraper.charset import decode, encoding_of, without_surrogates
from scraper.errors import ConfigError, FetchError
from scraper.forms import Form, is_password
from scraper.item import Hits, Reject, extract, reads_json
from scraper.markup import clean_xml, parse_html, parse_xml
from scraper.redact import redact_url
from scraper.request import Callback, Request, is_http, join
from scraper.selector import (
    ADDRESSES,
    Element,
    Selector,
    compile_css,
    compile_xpath,
    pieces_of,
)

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag
    from parsel import Selector as ParselSelector
    from parsel import SelectorList

T = TypeVar("T")
Auth = Literal["signed_in", "anonymous", "unknown"]

HTML = ("text/html", "application/xhtml+xml")
"""The media types of HTML."""

FORMS_NAMED = 20
"""So many forms a message names at most."""

_HALF_ESCAPED = re.compile(
    rb"\\u[dD](?:[89abAB]..(?!\\u[dD][c-fC-F])|[c-fC-F](?<!\\u[dD][89abAB]..\\u[dD][c-fC-F]))"
)
_HALF = re.compile(rb"\xed[\xa0-\xbf]")

_forms = compile_xpath("//form")
_base = compile_xpath("string(/descendant::base[@href][1]/@href)")
_passwords = compile_xpath("//input[@type]")
_ways = compile_xpath("//a[@href] | //form | //button")


class Response:
    """The answer to a `Request`, its body read.

    `url` is where the answer came from, after redirects; `history` holds the URLs that led there. `auth`
    says whether the session was signed in (``"signed_in"``, ``"anonymous"``, ``"unknown"``), `account` as
    whom, and `epoch` under which sign-in of the session the request was sent (0: before any). `elapsed` is
    seconds, `attempts` how often the request was sent. `rejects` collects the rows that gave no item, and
    `hits` counts which of their fields were found.
    """

    auth: Auth = "unknown"
    account: str | None = None
    epoch: int = 0

    def __init__(
        self,
        url: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        request: Request | None = None,
        history: tuple[str, ...] = (),
        elapsed: float = 0.0,
        attempts: int = 1,
        allows: Callable[[str], bool] = is_http,
    ) -> None:
        self.url, self.status, self.content, self.history = url, status, content, history
        self.headers: Mapping[str, str] = (
            headers if isinstance(headers, CaseInsensitiveDict) else CaseInsensitiveDict(headers or {})
        )
        self.request = request if request is not None else Request(url)
        self.elapsed, self.attempts = elapsed, attempts
        self.allows = allows
        self.rejects: list[Reject] = []
        self.hits = Hits()
        self.is_safe: Callable[[str], bool] = lambda url: False
        self.avoided: dict[str, str] = {}
        self._harmless: set[str] = set()
        self.set_cookies: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Response {self.status} {redact_url(self.url)} ({self.auth})>"

    @property
    def ok(self) -> bool:
        """Whether the status is 200 to 299."""
        return 200 <= self.status < 300

    @cached_property
    def content_type(self) -> str:
        """The media type, without parameters, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def is_html(self) -> bool:
        """Whether the body is HTML, by its type, or by its look where it has none."""
        if self.content_type:
            return self.content_type in HTML
        return self.text[:256].lstrip().startswith("<")

    @property
    def is_xml(self) -> bool:
        """Whether the body is XML by its type, and not XHTML: a feed, a sitemap, an answer of an API."""
        type = self.content_type
        return type.endswith(("/xml", "+xml")) and type not in HTML

    @property
    def is_markup(self) -> bool:
        """Whether the body is HTML or XML, and has items and links."""
        return self.is_html or self.is_xml

    @cached_property
    def encoding(self) -> str:
        """Python's name of the text encoding, found as browsers do.

        The byte order mark counts first, then the HTTP header, what the page declares, and a guess: UTF-8
        where the body is that, else by its letters, else Windows-1252.
        """
        type = self.headers.get("Content-Type", "")
        return encoding_of(self.content, type, is_xml=self.content_type.endswith(("/xml", "+xml")))

    @cached_property
    def text(self) -> str:
        """The body as text; what the encoding does not have is U+FFFD."""
        return decode(self.content, self.encoding)

    def json(self) -> Any:
        """Return the body as JSON. Raises `FetchError` where it is none.

        Halves of characters, as ``"\\ud83d"`` alone, are U+FFFD.
        """
        try:
            return self._json()
        except (ValueError, RecursionError) as error:
            reason = f"{redact_url(self.url)} did not answer with JSON but with {self.content_type!r}"
            raise FetchError(f"{reason}: {error}.") from error

    def _json(self) -> Any:
        try:
            data = json.loads(self.content)
        except UnicodeDecodeError:
            data = json.loads(self.text)
        is_wide = b"\0" in self.content[:4]
        if is_wide or _HALF_ESCAPED.search(self.content) or _HALF.search(self.content):
            return json.loads(without_surrogates(json.dumps(data, ensure_ascii=False)))
        return data

    @cached_property
    def tree(self) -> Element:
        """The page as one lxml tree, parsed once; XML by an XML parser. An empty page has an empty body.

        Elements that nest deeper than lxml reads become siblings, as in browsers. Raises `FetchError` for
        XML that cannot be read.
        """
        if not self.is_xml:
            return parse_html(self._utf8)
        try:
            return parse_xml(self._utf8)
        except ValueError as error:
            raise FetchError(f"{redact_url(self.url)} did not answer with readable XML: {error}.") from error

    @cached_property
    def soup(self) -> BeautifulSoup:
        """The page as BeautifulSoup over lxml, made when first asked for. Raises `FetchError` as `tree`."""
        from bs4 import BeautifulSoup
        from bs4.exceptions import ParserRejectedMarkup

        try:
            return BeautifulSoup(BytesIO(self._utf8), "xml" if self.is_xml else "lxml", from_encoding="utf-8")
        except ParserRejectedMarkup as error:
            raise FetchError(f"{redact_url(self.url)} did not answer with what lxml can read.") from error

    @property
    def _utf8(self) -> bytes:
        """The body in UTF-8, for parsers: libxml2 does not know every encoding."""
        if self.is_xml:
            return clean_xml(self.text)
        return self.content if self.encoding == "utf-8" else self.text.encode()

    @cached_property
    def base_url(self) -> str:
        """The address against which the links of the page count: ``<base href>``, or its own."""
        if self.is_xml:
            return self.url
        stated = join(self.url, str(_base(self.tree)))
        return stated if is_http(stated) else self.url

    @cached_property
    def selector(self) -> ParselSelector:
        """The page as a parsel selector."""
        from scraper.selector.nodes import Nodes

        return Nodes(root=self.tree, type="xml" if self.is_xml else "html", base_url=self.base_url)

    def css(self, query: str) -> SelectorList[ParselSelector]:
        """Return parsel selectors for all matches of a CSS selector: any that BeautifulSoup accepts."""
        found: SelectorList[ParselSelector] = self.selector.css(query)
        return found

    def xpath(self, query: str, **variables: Any) -> SelectorList[ParselSelector]:
        """Return parsel selectors for all matches of an XPath expression."""
        return self.selector.xpath(query, **variables)

    def items(self, cls: type[T], *, rows: Any = None) -> Iterator[T]:
        """Yield an item of `cls` for each of its rows; a row that gives none goes into `rejects`.

        `cls` is an `Item`, or a pydantic model, dataclass or attrs class whose fields are annotated as
        ``Annotated[str, css(...)]``. `rows` stands in for the class's own. Classes of ``json_path`` fields
        are taken from JSON answers, others from HTML pages; other answers give none. `hits` counts which
        fields were found.
        """
        for row in self._extract(cls, rows):
            if isinstance(row, list):
                self.rejects.extend(row)
            else:
                yield row

    def _extract(self, cls: Any, rows: Any) -> Iterator[Any]:
        if self.is_markup == reads_json(cls, rows) or not (self.is_markup or self._is_json):
            return iter(())
        page, base_url = (self.tree, self.base_url) if self.is_markup else (self.json(), self.url)
        return extract(cls, page, base_url, rows, url=self.url, hits=self.hits)

    @property
    def _is_json(self) -> bool:
        """Whether the body is JSON, by its type, or by its look."""
        return "json" in self.content_type or self.content[:64].lstrip()[:1] in (b"{", b"[")

    def links(self, selector: str, *, callback: Callback = None) -> Iterator[Request]:
        """Yield a request for every link that `selector` matches, or that stands in what it matches.

        Only http and https addresses that the spider allows, each once, in the order of the page. What would
        sign out or delete is left out, and kept in `avoided` with the reason.
        """
        seen, depth = set(), self.request.depth + 1
        for match in _outermost(compile_css(selector)(self.tree)) if self.is_markup else ():
            for element, url in self._addresses(match):
                if url in seen:
                    continue
                seen.add(url)
                if self.allows(url) and not self.avoids(url, element):
                    yield Request(url, callback=callback, depth=depth, found_by=selector)

    def avoids(self, url: str, element: Element | None = None) -> bool:
        """Whether following a link to `url` would sign out or destroy; then `avoided` says why.

        `element` is the link, where it is known.
        """
        if url in self._harmless:
            return False
        reason = self.avoided.get(url) or (None if self.is_safe(url) else why_avoid(element, url, self.url))
        if reason is None:
            self._harmless.add(url)
        else:
            self.avoided[url] = reason
        return reason is not None

    def _addresses(self, match: Any) -> Iterator[tuple[Element | None, str]]:
        if not isinstance(match, etree._Element):
            yield from ((None, url) for url in self._absolute(str(match)))
            return
        for link in [match] if match.get("href") is not None else match.iter("a", "area"):
            if link.get("href") is not None:
                yield from ((link, url) for url in self._absolute(link.get("href", "")))

    def _absolute(self, href: str) -> Iterator[str]:
        url = join(self.base_url, href).partition("#")[0]
        if is_http(url):
            yield url

    def follow(
        self, target: str | Tag | Element | ParselSelector, *, callback: Callback = None, **options: Any
    ) -> Request:
        """Return a request for an address on this page, or for an element that holds one.

        `target` may be relative; `options` are those of `Request`. The request is one link deeper than this
        page, and the fragment is left out. If it would sign out or destroy, a crawl leaves it out.
        """
        options.setdefault("found_by", _found_by(target))
        url = join(self.base_url, _address_of(target)).partition("#")[0]
        root = _root_of(target)
        if isinstance(root, etree._Element) and is_http(url):
            self.avoids(url, root)
        return Request(url, callback=callback, depth=self.request.depth + 1, **options)

    def forms(self, most: int | None = None) -> list[Form]:
        """Return the forms of the page, in its order, or the first `most` of them; to be filled in anew."""
        return [self._form(element) for element in _forms(self.tree)[:most]] if self.is_html else []

    def form(self, selector: str) -> Form:
        """Return the form that `selector` matches, or that stands around or in its first match."""
        for match in Selector("css", selector).elements(self.tree):
            around = [match, *match.iterancestors("form"), *match.iter("form")]
            for element in around:
                if element.tag == "form":
                    return self._form(element)
        has = self.forms(FORMS_NAMED) or "no form at all"
        raise ConfigError(f"{redact_url(self.url)} has no form {selector!r}; it has {has}.")

    def _form(self, element: Element) -> Form:
        return Form(element, url=self.url, base_url=self.base_url, encoding=self.encoding)

    @cached_property
    def shown_text(self) -> str:
        """The text of the page without scripts and styles, white space collapsed."""
        return " ".join(pieces_of(self.tree))

    @cached_property
    def ways_out(self) -> tuple[str, ...]:
        """The addresses of the links, forms and buttons of the page to sign out by, as only members have."""
        return tuple(target for _, target in self.exits)

    @cached_property
    def exits(self) -> tuple[tuple[Element, str], ...]:
        """The links, forms and buttons of the page to sign out by, each with its address."""
        ways = [(way, self._target(way)) for way in (_ways(self.tree) if self.is_html else ())]
        reasons = [(way, target, why_avoid(way, target)) for way, target in ways]
        return tuple((way, target) for way, target, reason in reasons if reason and is_sign_out(reason))

    def _target(self, way: Element) -> str:
        url = join(self.base_url, way.get("href") or way.get("action") or way.get("formaction") or "")
        return url if is_http(url) else self.url

    @property
    def password_names(self) -> frozenset[str]:
        """The names of the fields in which the page asks for a password."""
        if not self.has_password_field:
            return frozenset()
        return frozenset(c.get("name", "") for c in _passwords(self.tree) if is_password(c))

    @cached_property
    def has_password_field(self) -> bool:
        """Whether the page asks for a password."""
        if not self.is_html or b"password" not in self.content.lower():
            return False
        return any(is_password(control) for control in _passwords(self.tree))


def _outermost(matches: list[Any]) -> Iterator[Any]:
    """Yield matches, but not what has no address and stands in one that was yielded: its links are known.

    Looking through each of many nested elements would take the square of the time.
    """
    inside: set[Any] = set()
    for match in matches:
        if isinstance(match, etree._Element) and match.get("href") is None:
            if match in inside:
                continue
            inside = set(match.iter("*"))
        yield match


def _found_by(target: Any) -> str:
    """Return the selector of what is followed, or the call that was given an element or an address."""
    return str(getattr(target, "_expr", None) or "response.follow()")


def _root_of(target: Any) -> Any:
    """Return the element or the text that a parsel selector stands for; anything else as it is."""
    if isinstance(target, str | etree._Element):
        return target
    from parsel import Selector as ParselSelector

    return target.root if isinstance(target, ParselSelector) else target


def _is_element(root: Any) -> bool:
    if isinstance(root, etree._Element):
        return True
    from bs4 import Tag

    return isinstance(root, Tag)


def _address_of(target: Any) -> str:
    root = _root_of(target)
    if isinstance(root, str):
        return root
    for name in ("href", *sorted(ADDRESSES)) if _is_element(root) else ():
        if (value := root.get(name)) is not None:
            return str(value)
    raise ConfigError(f"{target!r} holds no address to follow; give a URL or an element with href or src.")
