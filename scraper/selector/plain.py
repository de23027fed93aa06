"""Plain CSS selectors, as ``article.book h3 > a``: read here, as soupsieve reads them.

Most selectors are plain. To read its first one, soupsieve takes a tenth of a second of patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TAG, _NAME = r"(?:[A-Za-z][A-Za-z0-9_-]*|\*)", r"[A-Za-z_][A-Za-z0-9_-]*"
_COMPOUND = rf"(?:{_TAG}(?:[.#]{_NAME})*|(?:[.#]{_NAME})+)"
_SPACE = r"[ \t\r\n\f]*"
_COMBINATOR = rf"(?:{_SPACE}[>+~]{_SPACE}|[ \t\r\n\f]+)"
_ONE = rf"{_COMPOUND}(?:{_COMBINATOR}{_COMPOUND})*"
_PLAIN = re.compile(rf"{_SPACE}{_ONE}(?:{_SPACE},{_SPACE}{_ONE})*{_SPACE}")
_LONGEST = 1000
_PIECE = re.compile(rf"{_SPACE}([>+~]){_SPACE}|[.#]{_NAME}|{_TAG}|[ \t\r\n\f]+")


@dataclass(frozen=True, slots=True)
class Name:
    """The name of an element."""

    name: str
    prefix: None = None


@dataclass(frozen=True, slots=True)
class Compound:
    """What a selector says of one element, by the names that soupsieve has for it.

    `relation` holds the compound to the left, if there is one, whose `rel_type` is what stands between them.
    """

    tag: Name | None = None
    ids: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    attributes: tuple[()] = ()
    nth: tuple[()] = ()
    selectors: tuple[()] = ()
    relation: tuple[Compound, ...] = ()
    rel_type: str | None = None
    contains: tuple[()] = ()
    lang: tuple[()] = ()
    flags: int = 0


def read(selectors: str) -> list[Compound] | None:
    """Return what a list of plain selectors says, the rightmost compound of each; ``None`` if one is not.

    Nor is a very long one: whether it is too long, soupsieve says.
    """
    if len(selectors) > _LONGEST or not _PLAIN.fullmatch(selectors):
        return None
    return [_compound(part.strip(" \t\r\n\f")) for part in selectors.split(",")]


def _compound(selector: str) -> Compound:
    left: tuple[Compound, ...] = ()
    pieces: list[str] = []
    for piece in _pieces(selector):
        if piece in " >+~":
            left, pieces = (_of(pieces, left, piece),), []
        else:
            pieces.append(piece)
    return _of(pieces, left)


def _pieces(selector: str) -> Iterator[str]:
    """Yield names, classes, ids and combinators."""
    for piece in _PIECE.finditer(selector):
        yield piece[1] or piece[0].strip(" \t\r\n\f") or " "


def _of(pieces: list[str], left: tuple[Compound, ...], rel_type: str | None = None) -> Compound:
    return Compound(
        tag=next((Name(piece) for piece in pieces if piece[0] not in ".#"), None),
        ids=tuple(piece[1:] for piece in pieces if piece[0] == "#"),
        classes=tuple(piece[1:] for piece in pieces if piece[0] == "."),
        relation=left,
        rel_type=rel_type,
    )
