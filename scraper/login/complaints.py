"""What a page complains about, in its own words."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import quote as percent
from urllib.parse import quote_plus

from scraper.errors import FetchError
from scraper.login.reading import Reading, read
from scraper.login.words import WRONG, says
from scraper.redact import MASK, redact, redact_url
from scraper.response import Response
from scraper.selector import Element, compile_xpath, squeeze

LONGEST_QUOTE = 200
"""Characters of a site's words that a message shows."""

LONGEST_COMPLAINT = 600
"""Characters; what is longer is a part of the page, and no alert."""

MOST_TEXTS = 1_000
"""So many of a page's alerts and lines are looked at."""

DEEPEST = 20
"""Lists and objects in each other in which JSON has its messages."""

_marked = compile_xpath("//*[@class or @id or @role or @aria-live]")
_invalid = compile_xpath("//*[@aria-invalid='true']")
_headings = compile_xpath("//title | //h1 | //h2 | //legend")
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
_KEYS = (
    *("error_description", "error_message", "errorSummary", "message", "msg", "detail", "details"),
    *("non_field_errors", "errors", "error", "reason", "title"),
)


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
    """Return `text` without `secrets`, however short; `redact` keeps out only what is no everyday text."""
    ways = (str, squeeze, quote_plus, percent, partial(percent, safe=""), html.escape, _json_escape)
    spellings = {way(secret) for secret in secrets for way in ways} - {""}
    ordered = map(re.escape, sorted(spellings, key=len, reverse=True))
    return re.sub("|".join(ordered), MASK, text, flags=re.IGNORECASE) if spellings else text


def _json_escape(text: str) -> str:
    return json.dumps(text)[1:-1]


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
    fresh = (text for text in dict.fromkeys([*alerts_of(page), *_lines(page)]) if text not in known)
    return list(islice(fresh, MOST_TEXTS))


def told_by(page: Response) -> set[str]:
    """Return all that a page says, by lines and by alerts."""
    return {*_lines(page), *alerts_of(page), *headings_of(page)} if page.is_html else set()


def headings_of(page: Response) -> list[str]:
    """Return the title and the headings of a page; what is too long is no heading, but was not closed."""
    if not page.is_html:
        return []
    reading = read(page.tree)
    headings = {heading for heading in _headings(page.tree) if reading.letters(heading) <= LONGEST_COMPLAINT}
    return [reading.text(heading) for heading in reading.outermost(headings)]


def alerts_of(page: Response) -> list[str]:
    """Return the texts that a page marks as alerts, the most telling first; of JSON, the messages."""
    if page.is_html:
        found = sorted(_alerts(page), key=lambda pair: (pair[0], _is_brief(pair[1]), len(pair[1])))
        return [text for _, text in found[:MOST_TEXTS]]
    try:
        return list(islice(_messages(page.json()), MOST_TEXTS))
    except FetchError:
        text = squeeze(page.text) if page.content_type == "text/plain" else ""
        return [text] if 0 < len(text) <= LONGEST_COMPLAINT else []


def _is_brief(text: str) -> bool:
    """Whether `text` is only one word, such as "Error!"."""
    return " " not in text and text.isascii()


def _messages(data: Any, depth: int = 0) -> Iterator[str]:
    """Yield the texts in JSON that are meant for a person."""
    if isinstance(data, str):
        yield from filter(None, [squeeze(data)])
    elif depth < DEEPEST:
        for part in _told_in(data):
            yield from _messages(part, depth + 1)


def _told_in(data: Any) -> Iterable[Any]:
    """Return the parts of a list or an object in which there may be messages."""
    if not isinstance(data, dict):
        return data if isinstance(data, list) else ()
    known = [data[key] for key in _KEYS if key in data]
    return known or [value for value in data.values() if isinstance(value, list | dict)]


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


def _alerts(page: Response) -> Iterator[tuple[int, str]]:
    """Yield the texts of the outermost elements that are alerts, each behind its rank, 0 for errors."""
    reading = read(page.tree)
    ranks = {it: rank for it in _marked(page.tree) if (rank := _rank(it)) is not None}
    ranks |= dict.fromkeys(_described(page.tree), 0)
    alerts = {element for element in ranks if _is_alert_like(element, reading)}
    yield from ((ranks[element], reading.text(element)) for element in reading.outermost(alerts))


def _rank(element: Element) -> int | None:
    words = {word.lower() for name in ("class", "id") for word in _WORD.findall(element.get(name, ""))}
    is_live = element.get("role") in ("alert", "alertdialog") or element.get("aria-live") == "assertive"
    if words & _QUIET or not (is_live or words & (_ERRORS | _NOTICES)):
        return None
    return 0 if words & _ERRORS else 1 if is_live or "alert" in words else 2


def _is_alert_like(element: Element, reading: Reading) -> bool:
    """Whether an element holds only words, and not too many."""
    is_brief = 0 < reading.letters(element) <= LONGEST_COMPLAINT
    return is_brief and element.tag not in _NEVER and not reading.has_fields(element)


def _described(tree: Element) -> Iterator[Element]:
    """Yield what describes the fields that are marked as invalid."""
    ids = {
        id
        for field in _invalid(tree)
        for name in ("aria-describedby", "aria-errormessage")
        for id in field.get(name, "").split()
    }
    yield from (element for element in tree.iter() if element.get("id") in ids) if ids else ()


def _lines(page: Response) -> list[str]:
    """Return what a page shows, line by line."""
    return [line for line in read(page.tree).lines if len(line) <= LONGEST_COMPLAINT]
