"""HTML that nothing in it can break: all text is escaped, and freed of secrets, on its way in."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from scraper.redact import redact, redact_url


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, *children: Any, **attributes: Any) -> Html:
    """Return an element. Children are `Html`, text, or iterables of them; ``None`` is left out.

    An attribute is written as its name, without an underscore at its end and with hyphens for others.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{given}>{joined(children)}</{name}>")


def text(value: Any) -> Html:
    """Return text as HTML, without secrets."""
    return value if isinstance(value, Html) else Html(escape(redact(str(value))))


def joined(children: Iterable[Any]) -> Html:
    """Return children one after the other."""
    return Html("".join(map(_child, children)))


def _child(child: Any) -> str:
    if child is None:
        return ""
    return text(child) if isinstance(child, str | int | float) else joined(child)


def address(url: str) -> Html:
    """Return an address as code, which is no link: opening it might sign out."""
    return tag("code", redact_url(url), class_="url")


def short(words: str) -> Html:
    """Return words that stay on one line."""
    return tag("span", words, class_="short")


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> Html | None:
    """Return a table that scrolls within itself where it is too wide; ``None`` without rows."""
    body = [tag("tr", (tag("td", cell) for cell in row)) for row in rows]
    if not body:
        return None
    header = tag("thead", tag("tr", (tag("th", name, scope="col") for name in head)))
    return tag("div", tag("table", header, tag("tbody", body)), class_="wide")


def section(title: str, *children: Any) -> Html | None:
    """Return a section with a heading; ``None`` where nothing is in it."""
    inner = joined(children)
    return tag("section", tag("h2", title), inner) if inner else None


def details(title: Any, *children: Any) -> Html:
    """Return what opens when its title is touched."""
    return tag("details", tag("summary", title), children)
