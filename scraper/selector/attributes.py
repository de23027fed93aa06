"""Attribute selectors as XPath conditions, with the meaning that soupsieve gives them.

soupsieve keeps ``[href^="/b"]`` as a regular expression; which operator it was shows in its form.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soupsieve import css_types as ct

UPPER, LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"

_NAME = re.compile(r"[a-z_][a-z0-9_.-]*")
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_VALUE = r"((?:[^\\^$(?]|\\[^A-Za-z])*)"
_FORMS = tuple(
    (re.compile(form.replace("VALUE", _VALUE), re.DOTALL), operator)
    for form, operator in (
        (r"\^?\(\?!\)", "never"),
        (r"\(\?:\(\?<=\^\)\|\(\?<=\[ \\t\\r\\n\\f\]\)\)\(\?!\).*", "never"),
        (r"\^\(\?!VALUE\\Z\)", "!="),
        (r"\^VALUE\(\?:-\.\*\)\?\\Z", "|="),
        (r"\(\?:\(\?<=\^\)\|\(\?<=\[ \\t\\r\\n\\f\]\)\)VALUE\(\?=\(\?:\[ \\t\\r\\n\\f\]\|\\Z\)\)", "~="),
        (r"\^VALUE\\Z", "="),
        (r"\^VALUE", "^="),
        (r"VALUE\\Z", "$="),
        (r"VALUE", "*="),
    )
)


@cache
def _lists() -> dict[str, set[str]]:
    """Return the attributes in which BeautifulSoup collapses white space, as they hold words, by tag."""
    from bs4.builder import HTMLTreeBuilder

    return {tag: set(names) for tag, names in HTMLTreeBuilder.DEFAULT_CDATA_LIST_ATTRIBUTES.items()}


class Untranslatable(Exception):
    """A selector has no XPath; soupsieve itself has to look for its matches."""


def literal(text: str) -> str:
    """Return `text` as an XPath expression."""
    if _UNSPEAKABLE.search(text):
        raise Untranslatable
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    return "concat(" + ', "\'", '.join(f"'{part}'" for part in text.split("'")) + ")"


def attribute_test(attribute: ct.SelectorAttribute, tag: str) -> str:
    """Return the condition for an attribute of an element named `tag` (``*``: any)."""
    name = attribute.attribute.lower()
    if attribute.prefix or not _NAME.fullmatch(name):
        raise Untranslatable
    if attribute.pattern is None:
        return f"@{name}"
    operator, value = _read(attribute.pattern.pattern)
    in_lists = [element for element, names in _lists().items() if name in names]
    if tag in in_lists or "*" in in_lists:
        return _compare(name, f"normalize-space(@{name})", operator, value, attribute.ignore_case)
    plain = _compare(name, f"@{name}", operator, value, attribute.ignore_case)
    if tag != "*" or not in_lists:
        return plain
    listed = _compare(name, f"normalize-space(@{name})", operator, value, attribute.ignore_case)
    is_listed = " or ".join(f"self::{element}" for element in in_lists)
    return f"(({is_listed}) and {listed} or not({is_listed}) and {plain})"


def _read(pattern: str) -> tuple[str, str]:
    """Return the operator and the value that a regular expression of soupsieve stands for."""
    for form, operator in _FORMS:
        if match := form.fullmatch(pattern):
            escaped = match[1] if match.groups() else ""
            return operator, re.sub(r"\\(.)", r"\1", escaped, flags=re.DOTALL)
    raise Untranslatable


def _compare(name: str, got: str, operator: str, value: str, ignore_case: bool) -> str:
    got = f"translate({got}, '{UPPER}', '{LOWER}')" if ignore_case else got
    want = literal(value)
    if operator == "!=":
        return f"not(@{name} and {got} = {want})"
    tests = {
        "never": "false()",
        "=": f"{got} = {want}",
        "^=": f"starts-with({got}, {want})",
        "$=": f"substring({got}, string-length({got}) - {len(value) - 1}) = {want}",
        "*=": f"contains({got}, {want})",
        "~=": f"contains(concat(' ', normalize-space({got}), ' '), {literal(f' {value} ')})",
        "|=": f"({got} = {want} or starts-with({got}, {literal(f'{value}-')}))",
    }
    return f"(@{name} and {tests[operator]})"
