"""Attributes of a spider that are given as text: ``-a NAME=VALUE`` and ``-s OPTION=VALUE``."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, get_type_hints

import pydantic

from scraper.errors import ConfigError
from scraper.redact import looks_secret, register
from scraper.spider import Spider

_HINTS = get_type_hints(Spider)
_NOT_OPTIONS = frozenset({"name", "start_urls", "login", "accounts", "item", "follow"})

OPTIONS = tuple(sorted(set(_HINTS) - _NOT_OPTIONS))
"""The names that ``-s`` takes: how a spider crawls, not what."""

WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False, "none": None}


def read_options(pairs: Iterable[str]) -> dict[str, Any]:
    """Read ``OPTION=VALUE`` pairs. Raises `ConfigError` for an unknown option or an unfit value."""
    return {name: _convert(name, text, _HINTS[name]) for name, text in _split(pairs, OPTIONS, "option")}


def read_attributes(spider: type[Spider], pairs: Iterable[str]) -> dict[str, Any]:
    """Read ``NAME=VALUE`` pairs for attributes of a spider's class; a value gets the type of the default."""
    names = [
        name
        for name in dir(spider)
        if not name.startswith("_") and name != "name" and not _is_code(spider, name)
    ]
    kinds = {name: _HINTS.get(name, type(getattr(spider, name, None))) for name in names}
    given = dict(_split(pairs, names, f"attribute of {spider.name}"))
    for name in filter(looks_secret, given):
        register(given[name])
    return {name: _convert(name, text, kinds[name]) for name, text in given.items()}


def _is_code(spider: type[Spider], name: str) -> bool:
    value = getattr(spider, name, None)
    return callable(value) or hasattr(value, "__get__")


def _split(pairs: Iterable[str], names: Iterable[str], what: str) -> Iterable[tuple[str, str]]:
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise ConfigError(f"{pair!r} has no value; write {name}=VALUE.")
        if name not in names:
            raise ConfigError(f"There is no {what} named {name!r}{suggest(name, names)}")
        yield name, text


def suggest(name: str, names: Iterable[str]) -> str:
    """End a sentence about an unknown name with the nearest known one, or with all of them."""
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there is {', '.join(sorted(names)) or 'none'}."


def _convert(name: str, text: str, kind: Any) -> Any:
    adapter = pydantic.TypeAdapter(Any if kind is type(None) else kind)
    problem = ""
    for value in _readings(text):
        try:
            return adapter.validate_python(value)
        except pydantic.ValidationError as error:
            problem = problem or error.errors()[0]["msg"]
    raise ConfigError(f"{name}={text} does not fit: {problem[0].lower()}{problem[1:]}.")


def _readings(text: str) -> Iterator[Any]:
    """Yield what a text may mean: a word such as ``none``, a list or mapping as JSON, the text itself."""
    if text.lower() in WORDS:
        yield WORDS[text.lower()]
    if text[:1] in ("[", "{"):
        with suppress(ValueError):
            yield json.loads(text)
    yield text
