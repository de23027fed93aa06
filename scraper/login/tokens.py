"""Tokens that the pages of a sign-in hand out, in addresses, hidden fields, beside elements, in storage."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain, islice
from typing import Any

from scraper.errors import FetchError
from scraper.forms import input_type
from scraper.redact import looks_secret, register, register_url, secrets_of_url
from scraper.response import Response
from scraper.selector import Element, compile_xpath

MOST = 200
"""So many values of a page or a storage are kept out of logs; more would push out those of others."""

LONGEST = 4_096
"""Characters; what is longer, such as the state of a page or an assertion, stands in no log."""

DEEPEST = 20
"""Lists and objects in each other in which JSON has what it hands out."""

_holders = compile_xpath(
    "//input[@value] | //meta[@content] | //*[@href or @src or @action or @formaction] | "
    "//*[@*[starts-with(name(), 'data-')]]"
)
_ADDRESSES = ("href", "src", "action", "formaction")
_OPAQUE = re.compile(
    r"(?=\w*\d)(?=\w*[^\W\d_])\w{16,}=*|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}", re.IGNORECASE
)
"""Letters with digits, or a UUID: what a machine made up."""

_JWT = re.compile(r"[\w-]{8,}\.[\w-]{8,}\.[\w-]*")


def register_page_secrets(page: Response) -> None:
    """From now on, keep out of logs and saved pages what `page` hands out for the next step.

    That is what stands in hidden fields, in parameters of the addresses that led here and on, beside
    elements, and in JSON, as far as its name or its look says that it is secret.
    """
    for url in (page.request.url, *page.history, page.url):
        register_url(url)
    found = chain.from_iterable(map(_held, _holders(page.tree))) if page.is_html else _secrets(members(page))
    _register(found)


def register_storage_secrets(storage: Iterable[Mapping[str, Any]], holder: object) -> None:
    """From now on, keep out of logs what local storage holds that is secret by its name or by its look.

    `storage` is ``origins`` of Playwright's ``storage_state``; `holder` is whose it is.
    """
    items = chain.from_iterable(one.get("localStorage", ()) for one in storage)
    texts = (_texts(_loaded(item["value"]), item["name"]) for item in items)
    _register(_secrets(chain.from_iterable(texts)), holder)


def _register(values: Iterable[str], holder: object = None) -> None:
    short = (value for value in values if 0 < len(value) <= LONGEST)
    for value in dict.fromkeys(islice(short, MOST)):
        register(value, lasting=False, holder=holder)


def _loaded(text: str) -> Any:
    """Return the list or the object that a text is as JSON, or the text."""
    with suppress(ValueError, RecursionError):
        if isinstance(data := json.loads(text), dict | list):
            return data
    return text


def members(page: Response) -> Iterator[tuple[str, str]]:
    """Yield the texts of a JSON answer, each with the name that it or its list goes by."""
    try:
        yield from _texts(page.json())
    except FetchError:
        return


def _secrets(found: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the texts that are secret by their name or by their look."""
    for name, text in found:
        if looks_secret(name) or _OPAQUE.fullmatch(text) or _JWT.fullmatch(text):
            yield text


def _texts(data: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(data, str):
        yield name, data
    elif isinstance(data, dict | list) and depth < DEEPEST:
        pairs = data.items() if isinstance(data, dict) else ((name, value) for value in data)
        for key, value in pairs:
            yield from _texts(value, key, depth + 1)


def _held(element: Element) -> Iterator[str]:
    name, value = element.get("name", ""), element.get("value", "")
    if input_type(element) == "hidden" and (looks_secret(name) or _OPAQUE.fullmatch(value)):
        yield value
    if element.tag == "meta" and looks_secret(name):
        yield element.get("content", "")
    for address in filter(None, map(element.get, _ADDRESSES)):
        yield from secrets_of_url(address)
    for key in map(str, element.keys()):
        if key.startswith("data-") and looks_secret(key):
            yield element.get(key, "")
