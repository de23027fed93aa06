"""``visit()``: the step of a crawl that a worker does: fetch one page and read it."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from scraper.errors import ConfigError, FetchError, TooLarge, TooManyRedirects
from scraper.evidence import Counts
from scraper.explain import without_secrets
from scraper.item import files_in, names_files
from scraper.kept import Kept
from scraper.record import describe, encode
from scraper.redact import redact_url
from scraper.request import FILE, Request
from scraper.response import Response
from scraper.retry import asked_to_wait
from scraper.spider import Spider
from scraper.storage import Saved, Storage
from scraper.turns import turn
from scraper.visit import Visit

log = logging.getLogger(__name__)


def visit(spider: Spider, request: Request) -> Visit:
    """Fetch one page and read it. Never raises; an error is an outcome."""
    with turn():
        return _visit(spider, request)


def _visit(spider: Spider, request: Request) -> Visit:
    saved: Saved | None = None
    if spider.render and not request.render and request.can_be_rendered:
        request = replace(request, render=spider.render)
    try:
        if request.callback == FILE:
            response, saved = spider.session.fetch_file(request, Storage(spider.files), spider.max_file)
        else:
            response = spider.session.fetch(request)
        response.allows, response.is_safe = spider.allows, spider.is_safe
    except FetchError as error:
        is_own = isinstance(error, TooLarge | TooManyRedirects)
        return Visit(
            ok=False,
            error=str(error),
            account=spider.session.account,
            attempts=error.attempts,
            says_nothing_of_host=is_own,
        )
    except Exception as error:
        return Visit(ok=False, error=describe_error(error, type(spider)), says_nothing_of_host=True)
    outcome = Visit(
        ok=False,
        status=response.status,
        auth=response.auth,
        epoch=response.epoch,
        account=response.account,
        attempts=response.attempts,
        elapsed=response.elapsed,
        size=saved.size if saved else len(response.content),
        file=saved,
        retry_after=asked_to_wait(response.status, response.headers),
    )
    if response.auth == "anonymous" or not response.ok:
        return replace(outcome, error=f"answered {response.status}")
    if request.callback == FILE:
        return replace(outcome, ok=saved is not None)
    if response.history and not spider.allows(response.url):
        shown = redact_url(response.url)
        return replace(outcome, error=f"redirected to {shown}, which the spider does not allow")
    kept: Kept | None = None
    try:
        kept = Kept.of(response) if spider.keep_pages else None
        return replace(outcome, ok=True, kept=kept, **_read(spider, response))
    except Exception as error:
        log.debug("%s could not be read", response.url, exc_info=True)
        return replace(outcome, kept=kept, error=describe_error(error, type(spider)))


def results_of(spider: Spider, response: Response) -> Iterator[Any]:
    """Yield what the callback of a page's request gives: items and requests."""
    name = str(response.request.callback or "parse")
    results = getattr(spider, name)(response)
    if isinstance(results, Request | Mapping | BaseModel | str):
        raise TypeError(f"{name} returned {results!r}; it should yield it")
    yield from results or ()


def _read(spider: Spider, response: Response) -> dict[str, Any]:
    """Let the spider read a page; return what it gave as the fields of a `Visit`."""
    found: dict[str, list[Any]] = {"items": [], "requests": [], "denied": []}
    classes: dict[type[Any], None] = {}
    for result in results_of(spider, response):
        if not isinstance(result, Request):
            found["items"].append(encode(result))
            classes[type(result)] = None
            found["requests"] += _requests_for_files(result, response)
        elif result.account is not None and (problem := spider.lacks_account(result.account)):
            raise ConfigError(problem)
        elif spider.max_depth is not None and result.depth > spider.max_depth:
            continue
        elif not spider.allows(result.url):
            found["denied"].append(result)
        elif result.is_safe and spider.session.is_login_page(result.url):
            response.avoided[result.url] = "it is the login page"
        elif not result.is_safe or not response.avoids(result.url):
            found["requests"].append(result)
    found["rejects"], found["avoided"] = response.rejects, list(response.avoided.items())
    found["types"] = list(describe(classes))
    counts = response.hits.counts()
    found["fields"] = [(key, hits, misses) for key, (hits, misses) in counts.items()]
    return {**{key: tuple(values) for key, values in found.items()}, **_evidence(spider, response, counts)}


def _requests_for_files(item: Any, page: Response) -> list[Request]:
    """Return the requests for the files that an item names, wherever they lie; none that would sign out."""
    kind: Any = type(item)
    if not names_files(kind):
        return []
    urls = dict.fromkeys(file.url for file in files_in(item))
    return [Request(url, callback=FILE, depth=page.request.depth + 1) for url in urls if not page.avoids(url)]


def _evidence(spider: Spider, response: Response, counts: Counts) -> dict[str, Any]:
    """Return the page, without secrets, where it is worth keeping."""
    kinds = spider.evidence.kinds(response, counts)
    if not kinds:
        return {}
    spider.evidence.keep(kinds)
    return {"page": without_secrets(response), "kinds": kinds}


def describe_error(error: Exception, spider: type[Spider]) -> str:
    """Say what went wrong while a page was read, and in which line, of the spider's own if there is one."""
    frames = traceback.extract_tb(error.__traceback__)
    file = getattr(sys.modules.get(spider.__module__), "__file__", None)
    own = [frame for frame in frames if frame.filename == file]
    frame = (own or frames)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}, line {frame.lineno}, {frame.name})"
