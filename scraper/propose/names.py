"""Names for what is proposed: of the site, of classes, of fields."""

from __future__ import annotations

import ipaddress
import keyword
import re
from collections.abc import Collection

from publicsuffixlist import PublicSuffixList

from scraper.request import host_of
from scraper.response import Response
from scraper.selector import compile_xpath

LONGEST = 30
"""Characters of a name."""

_TAKEN = frozenset({
    "Item", "Spider", "Decimal", "FormLogin", "JsonLogin", "TokenLogin", "CookieLogin", "BasicLogin",
    "DigestLogin", "BrowserLogin", "css", "env", "fill", "json_path", "copy",
    "json", "schema", "dict", "fields", "validate", "construct", "register", "self", "cls",
})  # fmt: skip
_title = compile_xpath("string(//head/title)")
_site_name = compile_xpath("string(//meta[@property='og:site_name']/@content)")


def name_of_site(url: str, page: Response | None = None) -> str:
    """Return a name for the spider of a site: that of its domain, or else the one that the page gives it."""
    host = host_of(url)
    if domain := _domain(host):
        return _short(domain)
    if page is not None and page.is_html:
        stated = str(_site_name(page.tree)) or re.split(r"\s[|–—·:-]+\s", str(_title(page.tree)))[-1]
        if name := _short(stated):
            return name
    return "site"


def _domain(host: str) -> str:
    """Return the part of a host that its owner chose: ``shop`` of ``www.shop.co.uk``."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        registered = PublicSuffixList().privatesuffix(host) or ""
        return registered.partition(".")[0]
    return ""


def _short(text: str) -> str:
    words = snake(text).split("_")
    while len(words) > 1 and len("_".join(words)) > LONGEST:
        words.pop()
    return "_".join(words)[:LONGEST]


def snake(text: str) -> str:
    """Return a text as a name in Python, of ASCII letters and digits; empty where it has none."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
    name = name.lstrip("0123456789_")
    return f"{name}_" if keyword.iskeyword(name) or name in _TAKEN or name.startswith("model_") else name


def class_name(text: str, taken: Collection[str] = ()) -> str:
    """Return a text as the name of a class: ``turnstone_books`` is ``TurnstoneBooks``."""
    name = "".join(word.capitalize() for word in snake(text).split("_")) or "Site"
    return f"{name}Spider" if name in _TAKEN or name in taken else name


def singular(word: str) -> str:
    """Return one of what an English plural names, as far as its ending tells."""
    for ending, other in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + other
    return (
        word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word
    )


def plural(word: str) -> str:
    """Return many of what an English word names."""
    return word if word.endswith("s") else f"{word}s"
