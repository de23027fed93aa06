"""How requests and outcomes stand in the tables of a job, and the key under which a request is known."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from typing import Any

from w3lib.url import canonicalize_url

from scraper.item import Reject
from scraper.job.fields import noted
from scraper.job.schema import clean
from scraper.redact import redact_bytes
from scraper.referrer import referrer
from scraper.request import FILE, Request
from scraper.traps import without_session_id
from scraper.visit import Outcome

RENDER = "scraper.render"
"""Under which name the meta of a kept request says that it is rendered."""

Found = tuple[Request, str | None, int | None, str, str | None]
"""A request that was found: for which account, on the page of which request, its state and an error."""


_NUMBERS = re.compile("[0-9]{4,}")


def fingerprint(request: Request, account: str | None) -> bytes:
    """Return the key under which a request is known: method, canonical URL, body and account.

    A session id in the URL does not count: it is another one each time. A page that is rendered is another
    one than the page as it was sent, and than a file.
    """
    method = FILE if request.callback == FILE else request.method
    parts: tuple[str, ...] = (method, canonical(request.url), account or "")
    parts += ("render",) if request.render else ()
    text = json.dumps(parts).encode("utf-8", "surrogatepass")
    whole = hashlib.blake2b(text + b"\0" + (request.content or b""), digest_size=14).digest()
    return _neighbourhood(parts[1]) + whole


def _neighbourhood(url: str) -> bytes:
    """Return two bytes that addresses share which are numbered alike, as those that are found together are.

    Their keys then stand together too, so that a page's links change few places of the index.
    """
    numbers = _NUMBERS.findall(url)
    name = max(numbers, key=len)[:-3] if numbers else url.rpartition("/")[0]
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=2).digest()


def is_sure(outcome: Outcome) -> bool:
    """Whether a page is what it seems: a member's, or one of a crawl that signs in nowhere."""
    return outcome.visit.auth == "signed_in" or outcome.visit.epoch == 0


def found_by(outcome: Outcome, *, by_anyone: bool) -> Iterator[Found]:
    """Yield what the page of an outcome led to: to be fetched, denied, or avoided.

    That is for the account that saw the page, or, where pages may be fetched `by_anyone`, for none.
    """
    id, visit = outcome.lease.id, outcome.visit
    account = None if by_anyone else visit.account
    for request in visit.requests:
        yield request, request.account or account, id, "queued", None
    for request in visit.denied:
        yield request, request.account or account, id, "denied", None
    for url, reason in visit.avoided:
        yield Request(url, _avoided_method(reason)), account, id, "denied", clean(reason)


def new_row(found: Found) -> tuple[Any, ...]:
    """Return the row of a request that was found, in the order of the INSERT."""
    request, account, parent, state, error = found
    return (
        fingerprint(request, account),
        request.url,
        request.method,
        json.dumps(dict(request.headers)) if request.headers else "{}",
        request.content,
        request.callback,
        _kept_meta(request),
        request.priority,
        request.depth,
        parent,
        state,
        error,
        account,
        request.found_by,
    )


def settled(outcome: Outcome) -> tuple[Any, ...]:
    """Return what came of a request, in the order of the UPDATE, its row last."""
    visit = outcome.visit
    return (
        "done" if visit.ok else "failed",
        visit.attempts,
        visit.status,
        visit.error and clean(visit.error),
        visit.auth,
        visit.epoch,
        visit.account,
        outcome.at,
        visit.elapsed,
        visit.size,
        None if is_sure(outcome) and not visit.rejects else noted(visit.fields),
        outcome.lease.id,
    )


def reject_row(outcome: Outcome, reject: Reject) -> tuple[Any, ...]:
    """Return the row of a reject, in the order of the INSERT."""
    text = (reject.message, reject.selector, reject.excerpt)
    return (outcome.lease.id, reject.n, reject.field, reject.type, *map(clean, text))


def file_row(outcome: Outcome) -> tuple[Any, ...] | None:
    """Return the row of a file that was fetched, in the order of the INSERT; ``None`` where there is none."""
    file = outcome.visit.file
    return None if file is None else (outcome.lease.id, file.path, file.sha256, file.size, file.type)


def kept(outcome: Outcome) -> Iterator[tuple[str, int, bytes]]:
    """Yield the rows of a page that is kept for a person to look at: one for each kind."""
    if outcome.visit.page is not None:
        body = zlib.compress(redact_bytes(outcome.visit.page))
        yield from ((kind, outcome.lease.id, body) for kind in outcome.visit.kinds)


def kept_row(outcome: Outcome) -> tuple[Any, ...] | None:
    """Return the row of a page that is kept to be read again; ``None`` where it is not."""
    if outcome.visit.kept is None:
        return None
    kept = outcome.visit.kept.without_secrets()
    return (outcome.lease.id, clean(kept.url), kept.type, kept.body)


def canonical(url: str) -> str:
    """Return the form of an address that its key is made of, which other spellings of it share."""
    return _canonical(without_session_id(url))


_CANONICAL = re.compile(
    r"https?://[a-z0-9.-]+(?::[0-9]+)?/(?:[\w/-]|\.(?=\w))*(?:\?(?P<query>[\w.~-]+=[\w.~-]*(?:&[\w.~-]+=[\w.~-]*)*))?",
    re.ASCII,
)


def _canonical(url: str) -> str:
    """Return what w3lib's `canonicalize_url` does, which takes an address apart; most need only be sorted."""
    match = _CANONICAL.fullmatch(url)
    if match is None:
        return str(canonicalize_url(url))
    query = match["query"]
    if query is None or "&" not in query:
        return url
    pairs = sorted(pair.split("=", 1) for pair in query.split("&"))
    return f"{url[: match.start('query')]}{'&'.join(map('='.join, pairs))}"


def _avoided_method(reason: str) -> str:
    """Return the method that an avoided link would have had: where only that is the danger, a GET may go."""
    return "DELETE" if "data-method" in reason or "hx-delete" in reason else "GET"


def _headers(row: sqlite3.Row) -> dict[str, str]:
    """Return the headers of a request, and that which says on which page it was found, as browsers do."""
    headers: dict[str, str] = {} if row["headers"] == "{}" else json.loads(row["headers"])
    if row["page"] is None or any(name.lower() == "referer" for name in headers):
        return headers
    return {**referrer(row["page"], row["url"]), **headers}


def request_of(row: sqlite3.Row) -> Request:
    """Return the request that stands in a row, with the page that it was found on as its referrer."""
    meta = {} if row["meta"] == "{}" else json.loads(row["meta"])
    return Request(
        row["url"],
        row["method"],
        _headers(row),
        row["body"],
        row["callback"],
        meta,
        row["priority"],
        row["depth"],
        meta.pop(RENDER, False),
    )


def _kept_meta(request: Request) -> str:
    """Return the meta of a request as it is kept: with what is said of rendering."""
    if not request.render:
        return json.dumps(dict(request.meta)) if request.meta else "{}"
    return json.dumps({**request.meta, RENDER: request.render})
