"""`why_avoid`: tell a link or form that would sign out or destroy from one that leads to a page.

A crawl follows thousands of links; one "Log out" ends its session, one "Delete" harms the account. Words
count only where they are the whole label, a whole segment of the path or a whole command in the query,
perhaps with what the deed is done to ("delete this post"): a title that contains such a word is a title.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from lxml.etree import tostring

from scraper.avoid import phrases
from scraper.selector import Element, text_of

LONGEST_LABEL = 40
"""Characters; what is longer is a sentence or a title, and no label."""

LONGEST_END = 500
"""Characters of a link's source that are looked at before and after a picture in between."""

MOST_WORDS = 5

SIGN_OUT, DELETE, REMOVE = "sign out", "delete", "remove"

_NO = frozenset(("0", "false", "no", "off", "none", "null"))
_DEED_RELS = frozenset(("logout", "signout", "sign-out", "delete", "destroy"))
_PAGE_RELS = frozenset(("tag", "bookmark", "help", "glossary", "license"))
_TITLES = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "cite"))
_METHODS = ("data-method", "data-turbo-method", "data-http-method")
_DELETES = ("hx-delete", "data-hx-delete")
_CONFIRMS = ("data-confirm", "data-turbo-confirm", "hx-confirm", "data-hx-confirm")
_SENDERS = frozenset(("form", "button", "input"))
_HOST = len("https://")
_LABELS = ("title", "aria-label", "alt")
_NAMED = re.compile(r"id|data-(?:.*-)?(?:action|test-?id|test|qa|cy|command|cmd|event|track)")
_PICTURED = re.compile(r"class|src|icon|(?:xlink:)?href|data-(?:icon|feather|lucide)")
_FORGERY = re.compile(
    r"[?&;](?P<name>_wpnonce|sectok|[\w-]*csrf[\w-]*|[\w-]*xsrf[\w-]*|authenticity_token|sesskey|my_post_key|_token|"
    r"(?:token|formkey|form_key)(?==[0-9a-f]{32}))=[^&;]",
    re.IGNORECASE,
)
_IS_FILE = re.compile(r"\.\w{2,5}$")
_ASKS = re.compile(r"\bconfirm\s*\(")
_TERSE_PATH = re.compile(r"/(?:del|rm|trash)/(?:id/)?\d")
_BARE = {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"}


class _Fold(dict[int, str]):
    """What becomes of each character when accents and punctuation go; found out when it is first met."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFKD", _BARE.get(chr(code), chr(code)))
        bare = "".join(part for part in parts if unicodedata.category(part)[0] != "M")
        return self.setdefault(code, "".join(part if part.isalnum() else " " for part in bare))


_FOLD = _Fold()


def _words(text: str) -> list[str]:
    """Return the words of `text`, without case, accents and punctuation."""
    return text.casefold().translate(_FOLD).split()


def _bare(text: str) -> str:
    return " ".join(_words(text))


def _phrases(text: str) -> frozenset[str]:
    return frozenset(map(_bare, text.replace("\n", ",").split(","))) - {""}


def _set(text: str) -> frozenset[str]:
    return frozenset(_words(text))


def _deeds() -> dict[str, str]:
    """Return every phrase with the deed that it names, and what programmers make of the commonest."""
    kinds = ((REMOVE, phrases.REMOVE), (DELETE, phrases.DELETE), (SIGN_OUT, phrases.SIGN_OUT))
    deeds = {phrase: deed for deed, text in kinds for phrase in _phrases(text)}
    for stem in phrases.STEMS.split():
        for affix in phrases.AFFIXES.split():
            deeds[stem + affix] = deeds[affix + stem] = deeds[stem]
    return deeds


_DEEDS = _deeds()
_EXITS, _LEAVES, _TERSES, _PICTURES = map(
    _phrases, (phrases.EXIT, phrases.LEAVE, phrases.TERSE, phrases.ICONS)
)
_DONE_TO, _ABOUT, _NARROWS, _COMMAND_NAMES = map(
    _set, (phrases.OBJECTS, phrases.TOPICS, phrases.FACETS, phrases.COMMANDS)
)
_ADDED, _OPENINGS, _ORDERS = map(_set, (phrases.TECHNICAL, phrases.ARTICLES, phrases.CHANGES))
_IN_NAMES = _DONE_TO | _ADDED

_MARKS = {"confirm"}.union(
    max(phrase.split(), key=lambda word: (word not in _IN_NAMES, len(word)))
    for phrase in (*_DEEDS, *_EXITS, *_LEAVES, *_TERSES, *_PICTURES, *_ORDERS)
)
"""A word of every phrase: where none of them stands, nothing needs a closer look."""

_ASCII_MARKS = frozenset(mark.encode() for mark in _MARKS if mark.isascii())
_ASCII = bytes(ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else 32 for code in range(256))


def why_avoid(element: Element | None, url: str, page: str = "") -> str | None:
    """Say why going to `url` would sign out or destroy something; ``None`` where it would not.

    `element` is the link, form or button that leads there; without it, only the address is judged. A form
    counts as sent by its first button. `page` is the address of the page that it is on. The answer is a
    clause: "its text says 'Abmelden'", "its path is /users/sign_out", "its parameter action=logout",
    "data-method=delete".
    """
    if element is None:
        return (_why_url(url) if _is_marked(_address(url)) else None) or _why_forgery(url, page)
    if element.tag in _SENDERS:
        return _why_form(element, url)
    is_marked = _is_marked(f"{_address(url)} {_markup(element)}")
    return (_why_link(element, url) if is_marked else None) or _why_forgery(url, page)


def _why_forgery(url: str, page: str) -> str | None:
    """Judge a token against forged requests, which a link has that changes something.

    Some back offices put theirs on every link; then the address of the page has it too.
    """
    if "?" not in url or not (match := _FORGERY.search(url)):
        return None
    name = match["name"]
    return (
        None
        if re.search(rf"[?&;]{re.escape(name)}=", page)
        else f"its parameter {name} is a token for a change"
    )


def is_sign_out(reason: str) -> bool:
    """Whether an answer of `why_avoid` is about signing out, rather than deleting."""
    words = _words(reason)
    phrases = (" ".join(words[start:end]) for start, end in _spans(len(words)))
    return any(_DEEDS.get(phrase) == SIGN_OUT or phrase in _EXITS for phrase in phrases)


def _address(url: str) -> str:
    """Return what of an absolute address may say something: all that comes after the host."""
    address = url[url.find("/", _HOST) :]
    return unquote(address) if "%" in address else address


def _markup(element: Element) -> str:
    """Return the source of an element; of a large one, beginning and end."""
    source = tostring(element, encoding="unicode", with_tail=False)
    return source if len(source) <= 2 * LONGEST_END else f"{source[:LONGEST_END]} {source[-LONGEST_END:]}"


@lru_cache(maxsize=4096)
def _is_marked(text: str) -> bool:
    """Whether a word of `text` is among `_MARKS`; most links end here, and many come on every page."""
    if not text.isascii():
        foreign = " ".join([word for word in text.split() if not word.isascii()])
        if not _MARKS.isdisjoint(_words(foreign)):
            return True
    return not _ASCII_MARKS.isdisjoint(text.encode("ascii", "replace").translate(_ASCII).split())


def _why_link(element: Element, url: str) -> str | None:
    label = _label(element)
    return (
        _why_markup(element)
        or _why_url(url)
        or _why_names(element)
        or _why_label(element, label, url, is_about=_is_about(url))
        or _why_icon(element, label)
    )


def _label(element: Element) -> str:
    """Return what a person reads on a link; of what is too long for a label, the first character."""
    label = text_of(element)
    return label if len(label) <= LONGEST_LABEL else label[:1]


# The address


@lru_cache(maxsize=1024)
def _why_url(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return _why_path(url) or _why_query(parts.query)


def _why_path(url: str) -> str | None:
    path = urlsplit(url).path
    deeds = [segment for segment in _segments(url) if _deed_in_address(segment)]
    is_deed = len(deeds) > _is_about(url) or _TERSE_PATH.search(path)
    return f"its path is {path}" if is_deed else None


def _segments(url: str) -> list[str]:
    return [segment for segment in unquote(urlsplit(url).path).split("/") if segment]


def _deed_in_address(segment: str) -> str | None:
    return _deed(segment, _IN_NAMES) if len(segment) > 3 or not segment.isascii() else None


def _is_about(url: str) -> bool:
    """Whether a path ends in a word that it is about, as ``/tag/logout`` and ``/commands/delete`` do."""
    *_, before, last = ["", "", *_segments(url)]
    is_plain = not urlsplit(url).query and not {".", ":"}.intersection(last)
    is_below_topic = not _ABOUT.isdisjoint(_words(before)[-1:])
    return is_plain and is_below_topic and _deed_in_address(last) is not None


def _why_query(query: str) -> str | None:
    reasons = (_why_entry(name, value) for name, value in parse_qsl(query, keep_blank_values=True))
    return next((f"its parameter {reason}" for reason in reasons if reason), None)


def _why_entry(name: str, value: str) -> str | None:
    """Judge a parameter or a field, and name it: without the value where that may be a token."""
    if _is_command(name, value):
        return f"{name}={value}"
    if value.casefold() in _NO:
        return None
    deed = SIGN_OUT if _bare(name) in _EXITS else _deed(name, _IN_NAMES)
    destroys = bool(value) and (deed is not None or _bare(name) in _TERSES)
    return name if destroys or deed == SIGN_OUT else None


def _is_command(name: str, value: str) -> bool:
    """Whether this is an order: ``action=logout``, ``task=user.logout``, ``title=Special:UserLogout``."""
    if _bare(name) not in _COMMAND_NAMES and not (name == "title" and ":" in value):
        return False
    pieces = re.split(r"[/.:\\]", value)
    orders = _TERSES if _IS_FILE.search(value) else _TERSES | _ORDERS
    return any(_deed(piece, _IN_NAMES) or _bare(piece) in _EXITS | orders for piece in pieces)


# The element


def _why_markup(element: Element) -> str | None:
    """Judge what a page tells programs."""
    if rels := _DEED_RELS.intersection(element.get("rel", "").casefold().split()):
        return f"rel={min(rels)}"
    for name in _METHODS:
        if element.get(name, "").casefold() == "delete":
            return f"{name}=delete"
    for name in _DELETES:
        if element.get(name) is not None:
            return f"it has {name}"
    asks = any(element.get(name) for name in _CONFIRMS) or _ASKS.search(element.get("onclick", ""))
    return "it asks for confirmation" if asks else None


def _why_names(element: Element) -> str | None:
    """Judge the names that programmers gave; "remove" may be only the look of a cross."""
    for name, value in _items(element):
        words = value.split() if name == "class" else [value] if _NAMED.fullmatch(name) else []
        for word in words:
            if _deed(word, _IN_NAMES) in (SIGN_OUT, DELETE):
                return f"its {name} is {word}"
    return None


def _items(element: Any) -> list[tuple[str, str]]:
    return list(element.items())


def _why_label(element: Element, label: str, url: str, *, is_about: bool) -> str | None:
    for name, said in [("text", label), *((name, element.get(name, "")) for name in _LABELS)]:
        deed = _spoken(said)
        if deed is None:
            is_deed = _bare(said) in _LEAVES and _leaves(url)
        else:
            is_deed = not _is_harmless(deed, element, is_about)
        if is_deed:
            return f"its {name} says {said.strip()!r}"
    return None


def _spoken(said: str) -> str | None:
    """Return the deed that a label names; one may sign out whoever stands in brackets behind."""
    if not 0 < len(said) <= LONGEST_LABEL:
        return None
    head, bracket, _ = said.lstrip("([ ").replace("[", "(").partition("(")
    if _bare(head) in _EXITS:
        return SIGN_OUT
    words = _words(head)
    deed = _deed(head, _DONE_TO) if words and words[0] not in _OPENINGS else None
    return None if bracket and deed != SIGN_OUT else deed


def _is_harmless(deed: str, element: Element, is_about: bool) -> bool:
    """Whether a label is a title, names a place in a page, a filter to take off, or what a page is about."""
    if _is_title(element) or element.get("href", "").partition("#")[2]:
        return True
    return (deed == REMOVE and _is_facet(element)) or (deed != SIGN_OUT and is_about)


def _is_title(element: Element) -> bool:
    parent, rels = element.getparent(), element.get("rel", "").split()
    is_heading = parent is not None and parent.tag in _TITLES
    return is_heading or element.get("itemprop") is not None or not _PAGE_RELS.isdisjoint(rels)


def _is_facet(element: Element) -> bool:
    """Whether a link stands, by the names of three elements around it, among the filters of a list."""
    around = [element, *element.iterancestors()][:4]
    return any(not _NARROWS.isdisjoint(_words(f"{near.get('class')} {near.get('id')}")) for near in around)


def _leaves(url: str) -> bool:
    last = ["", *_segments(url)][-1].partition(".")[0]
    return _bare(last) in _LEAVES


def _why_icon(element: Element, label: str) -> str | None:
    """Judge pictures, where there are no words."""
    if label or any(element.get(name) for name in _LABELS):
        return None
    return next(filter(None, map(_why_picture, element.iterdescendants())), None)


def _why_picture(part: Element) -> str | None:
    for name, value in _items(part):
        if name in _LABELS and _spoken(value):
            return f"its picture says {value!r}"
        for word in value.split() if _PICTURED.fullmatch(name) else ():
            if _is_icon(re.split(r"[/#:]", word)[-1]):
                return f"its picture is {word}"
    return None


def _is_icon(name: str) -> bool:
    shape = " ".join(word for word in _words(name) if word not in _ADDED)
    return shape in _PICTURES or _deed(name, _IN_NAMES) in (SIGN_OUT, DELETE)


# Forms and buttons


def _why_form(element: Element, url: str) -> str | None:
    """Judge a form with its first button, or a button with its form."""
    form = element if element.tag == "form" else next(element.iterancestors("form"), None)
    button = next(_buttons(element), None) if element is form else element
    return (
        _why_markup(element)
        or _why_url(url)
        or _why_names(element)
        or (_why_fields(form) if form is not None else None)
        or (_why_button(button, url) if button is not None else None)
    )


def _buttons(form: Element) -> Iterator[Element]:
    for control in form.iter("button", "input"):
        kind = control.get("type", "submit" if control.tag == "button" else "text").casefold()
        if kind in ("submit", "image") and control.get("disabled") is None:
            yield control


def _why_fields(form: Element) -> str | None:
    hidden = [field for field in form.iter("input") if field.get("type", "").casefold() == "hidden"]
    reasons = (_why_entry(field.get("name", ""), field.get("value", "")) for field in hidden)
    return next((f"its field {reason}" for reason in reasons if reason), None)


def _why_button(button: Element, url: str) -> str | None:
    label = _label(button) or button.get("value", "")
    reason = _why_label(button, label, url, is_about=False) or _why_names(button) or _why_icon(button, label)
    sent = _why_entry(button.get("name", ""), button.get("value", ""))
    if reason or sent:
        return f"of its button {reason}" if reason else f"its button sends {sent}"
    return _why_markup(button)


# Words


def _deed(name: str, done_to: frozenset[str]) -> str | None:
    """Return the deed that `name` names, if all other words of it are in `done_to`."""
    words = _words(name)
    if len(words) > MOST_WORDS or _MARKS.isdisjoint(words):
        return None
    for start, end in _spans(len(words)):
        deed = _DEEDS.get(" ".join(words[start:end]))
        if deed and done_to.issuperset(words[:start] + words[end:]):
            return deed
    return None


def _spans(n: int) -> Iterator[tuple[int, int]]:
    """Yield every part of `n` words as its start and end, the longest first."""
    for length in range(n, 0, -1):
        yield from ((start, start + length) for start in range(n - length + 1))
