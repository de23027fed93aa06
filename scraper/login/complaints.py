"""What a page complains about, in its own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import quote as percent
from urllib.parse import quote_plus

from scraper.errors import FetchError
from scraper.forms import is_visible
from scraper.login.words import WRONG, says
from scraper.redact import MASK, redact, redact_url
from scraper.response import Response
from scraper.selector import Element, compile_xpath, squeeze

LONGEST_QUOTE = 200
"""Characters of a site's words that a message shows."""

LONGEST_COMPLAINT = 600
"""Characters; what is longer is a part of the page, and no alert."""

_marked = compile_xpath("//*[@class or @id or @role or @aria-live]")
_invalid = compile_xpath("//*[@aria-invalid='true']")
_headings = compile_xpath("//title | //h1 | //h2 | //legend")
_pieces = compile_xpath(
    ".//br | .//text()[not(ancestor::script or ancestor::style or ancestor::template "
    "or ancestor::noscript or ancestor::button or ancestor::select or ancestor::textarea)]"
)
_has_fields = compile_xpath("boolean(.//input[not(@type='hidden')] | .//select | .//textarea | .//label)")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_ERRORS = frozenset((
    "error", "errors", "err", "errornote", "errorlist", "invalid", "danger", "fail", "failed", "failure",
    "fehler", "erreur",
))  # fmt: skip
_NOTICES = frozenset((
    "alert", "alerts", "warning", "warn", "flash", "message", "messages", "msg", "notice", "toast",
    "feedback",
))  # fmt: skip
_QUIET = frozenset(("success", "successful", "ok", "info"))
_NEVER = frozenset(("html", "body", "form", "input", "select", "textarea", "button", "meta", "link"))
_HIDES = frozenset(("hidden", "hide", "d-none", "invisible", "is-hidden"))
_INLINE = frozenset((
    "a", "abbr", "b", "big", "cite", "code", "em", "font", "i", "mark", "q", "s", "small", "span", "strong",
    "sub", "sup", "tt", "u",
))  # fmt: skip
_KEYS = (
    *("error_description", "error_message", "errorSummary", "message", "msg", "detail", "details"),
    *("non_field_errors", "errors", "error", "reason", "title"),
)


def quote(page: Response, secrets: Iterable[str] = (), before: Response | None = None) -> str:
    """Quote the site's own words, as the end of a sentence, without any of `secrets`."""
    return quoted(complaint(page, before), secrets)


def quoted(words: str, secrets: Iterable[str] = ()) -> str:
    """Put `words` into quotation marks, as the end of a sentence: cut short, and without any of `secrets`."""
    words = redact(_mask(words, secrets)).strip(" ×✕✖")
    if len(words) > LONGEST_QUOTE:
        words = f"{words[:LONGEST_QUOTE].rsplit(' ', 1)[0]}…"
    return f" and says “{words}”" if words else ""


def shown_url(url: str, secrets: Iterable[str] = ()) -> str:
    """Return `url` as a message may show it."""
    return _mask(redact_url(url), secrets)


def _mask(text: str, secrets: Iterable[str]) -> str:
    ways = (str, squeeze, quote_plus, percent, partial(percent, safe=""))
    spellings = {way(secret) for secret in secrets for way in ways} - {""}
    ordered = map(re.escape, sorted(spellings, key=len, reverse=True))
    return re.sub("|".join(ordered), MASK, text, flags=re.IGNORECASE) if spellings else text


def complaint(page: Response, before: Response | None = None) -> str:
    """Return what a page complains about, or nothing; sooner what the page `before` it did not say."""
    alerts = alerts_of(page)
    fresh = news(page, before) if before else alerts
    told = (text for text in fresh if text in alerts or says(WRONG, text))
    return next(told, next(iter(alerts), ""))


def news(page: Response, before: Response) -> list[str]:
    """Return what `page` says and `before` did not: its alerts, then all else, as many sites have none."""
    if not page.is_html:
        return alerts_of(page)
    known = told_by(before)
    return [text for text in dict.fromkeys([*alerts_of(page), *_lines(page)]) if text not in known]


def told_by(page: Response) -> set[str]:
    """Return all that a page says, by lines and by alerts."""
    return {*_lines(page), *alerts_of(page), *headings_of(page)} if page.is_html else set()


def headings_of(page: Response) -> list[str]:
    """Return the title and the headings of a page."""
    return [text for it in _headings(page.tree) if (text := text_in(it))] if page.is_html else []


def alerts_of(page: Response) -> list[str]:
    """Return the texts that a page marks as alerts, the most telling first; of JSON, the messages."""
    if page.is_html:
        found = [(rank, text) for element, rank in _alerts(page) if (text := text_in(element))]
        found.sort(key=lambda pair: (pair[0], _is_brief(pair[1]), len(pair[1])))
        return [text for _, text in found]
    try:
        return list(_messages(page.json()))
    except FetchError:
        text = squeeze(page.text) if page.content_type == "text/plain" else ""
        return [text] if 0 < len(text) <= LONGEST_COMPLAINT else []


def _is_brief(text: str) -> bool:
    """Whether `text` is only one word, such as "Error!"."""
    return " " not in text and text.isascii()


def _messages(data: Any) -> Iterator[str]:
    """Yield the texts in JSON that are meant for a person."""
    if isinstance(data, str):
        yield from filter(None, [squeeze(data)])
    elif isinstance(data, list):
        for item in data:
            yield from _messages(item)
    elif isinstance(data, dict):
        known = [key for key in _KEYS if key in data]
        for key in known or [key for key, value in data.items() if isinstance(value, list | dict)]:
            yield from _messages(data[key])


def is_error(page: Response) -> bool:
    """Whether a page is JSON that says of itself that it is an error."""
    try:
        data = None if page.is_html else page.json()
    except FetchError:
        return False
    if not isinstance(data, dict):
        return False
    states = (data.get(name) for name in ("success", "ok", "status"))
    is_failure = any(state is False or state in ("error", "fail") for state in states)
    return is_failure or any(
        map(data.get, ("error", "errors", "errorCode", "error_code", "non_field_errors"))
    )


# What counts as an alert


def _alerts(page: Response) -> Iterator[tuple[Element, int]]:
    """Yield the outermost elements that are alerts, each with its rank, 0 for errors."""
    ranks = {element: rank for element in _marked(page.tree) if (rank := _rank(element)) is not None}
    ranks |= {element: 0 for element in _described(page.tree) if _is_alert_like(element)}
    for element, rank in ranks.items():
        if not any(around in ranks for around in element.iterancestors()):
            yield element, rank


def _rank(element: Element) -> int | None:
    words = {word.lower() for name in ("class", "id") for word in _WORD.findall(element.get(name, ""))}
    is_live = element.get("role") in ("alert", "alertdialog") or element.get("aria-live") == "assertive"
    if words & _QUIET or not (is_live or words & (_ERRORS | _NOTICES)) or not _is_alert_like(element):
        return None
    return 0 if words & _ERRORS else 1 if is_live or "alert" in words else 2


def _is_alert_like(element: Element) -> bool:
    """Whether an element holds only words, and not too many."""
    if element.tag in _NEVER or _has_fields(element):
        return False
    return 0 < len(text_in(element)) <= LONGEST_COMPLAINT


def _described(tree: Element) -> Iterator[Element]:
    """Yield what describes the fields that are marked as invalid."""
    ids = {
        id
        for field in _invalid(tree)
        for name in ("aria-describedby", "aria-errormessage")
        for id in field.get(name, "").split()
    }
    yield from (element for element in tree.iter() if element.get("id") in ids) if ids else ()


# What a page shows


def text_in(element: Element) -> str:
    """Return what a person can read in `element`."""
    return squeeze(_rendered(element))


def is_shown(element: Element) -> bool:
    """Whether neither markup nor the usual names of classes hide `element`."""
    around = (element, *element.iterancestors())
    return is_visible(element) and not any(_HIDES.intersection(it.get("class", "").split()) for it in around)


def _lines(page: Response) -> list[str]:
    """Return what a page shows, line by line."""
    lines = map(squeeze, _rendered(page.tree).split("\n"))
    return [line for line in lines if 0 < len(line) <= LONGEST_COMPLAINT]


def _rendered(element: Element) -> str:
    """Return the text that `element` shows, with a line for each paragraph and each ``<br>``."""
    pieces = [piece for piece in _pieces(element) if is_shown(_holder(piece))]
    lines = groupby(pieces, key=lambda piece: _block(_holder(piece)))
    return "\n".join("".join(map(_written, line)) for _, line in lines)


def _written(piece: Any) -> str:
    return " ".join(piece.split("\n")) if isinstance(piece, str) else "\n"


def _block(element: Element) -> Element:
    """Return `element`, or what it stands in if it is only a part of a line."""
    return next(it for it in (element, *element.iterancestors()) if it.tag not in _INLINE)


def _holder(piece: Any) -> Any:
    """Return the element in which a text stands, be it behind another one in there."""
    parent = piece.getparent()
    return parent.getparent() if getattr(piece, "is_tail", False) else parent
