"""`fields_of`: which fields rows have, what each is called, where it stands, and of which type it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scraper.avoid import why_avoid
from scraper.propose.kinds import TEXT, Kind, kind_of
from scraper.propose.names import plural, snake
from scraper.propose.queries import NAMING, classes, given_name, own, position
from scraper.propose.spots import HEADINGS, Spot, own_text, spots_of
from scraper.selector import Element, compile_css, compile_xpath, squeeze, text_of

MOST_FIELDS = 12
FEWEST = 0.2
"""The share of rows in which a field has to be found."""

LONGEST_NAME = 30

_PLAIN_NAMES = frozenset({
    "text", "value", "content", "cell", "wrapper", "inner", "left", "right", "bold", "small", "muted",
    "link", "links", "btn", "button", "icon", "label", "body", "box", "item", "card", "info", "details",
    "detail", "meta", "main", "field", "data", "entry", "result", "list", "a", "p", "span", "div", "td",
    "nowrap", "even", "odd", "action_checkbox", "checkbox", "selector", "url", "fn", "n", "t",
})  # fmt: skip
_PREFIX = re.compile(r"^(field|column|col|cell|item|card|entry|td|js)_(?=.)")
_SUFFIX = re.compile(r"(?<=.)_(color|colour|text|label|value|wrapper|container|cell)$")
_SHADOWS = {"date": "day", "datetime": "moment"}
"""Names that would hide a type of the same name, and what stands for them."""

_CUT = re.compile(r"(…|\.\.\.)$")
_headers = compile_xpath(
    "ancestor::table[1]/thead/tr[last()]/* | ancestor::table[1]/tbody/tr[1]/th | ancestor::table[1]/tr[1]/th"
)


@dataclass(frozen=True)
class Field:
    """A field as it is written down: its name, type and selector, and what it found in the first row."""

    name: str
    kind: Kind
    query: str
    attribute: str = ""
    is_many: bool = False
    is_optional: bool = False
    example: str = ""

    @property
    def annotation(self) -> str:
        """The type of the field, in Python."""
        if self.is_many:
            return f"list[{self.kind.annotation}]"
        return f"{self.kind.annotation} | None" if self.is_optional else self.kind.annotation


def fields_of(rows: Sequence[Element], *, name: str = "") -> list[Field]:
    """Return the fields of rows, which may be of several pages; `name` is what one row is called."""
    found = [column for spot in spots_of(rows) if (column := _column(spot, rows)) is not None]
    columns = _without_doubles(found)
    return _named(columns, [name, f"{name}s"] if name else [])[:MOST_FIELDS]


@dataclass(frozen=True)
class _Column:
    """A spot that is worth a field, with its values by row."""

    spot: Spot
    query: str
    attribute: str
    values: dict[int, tuple[str, ...]]
    is_optional: bool

    @property
    def texts(self) -> list[str]:
        return [text for found in self.values.values() for text in found]

    @property
    def is_heading(self) -> bool:
        """Whether it stands in a heading."""
        ways = [self.spot.first, *self.spot.first.iterancestors()][: len(self.spot.path.steps)]
        return any(one.tag in HEADINGS for one in ways)

    @property
    def is_title(self) -> bool:
        """Whether it is what a row is headed with."""
        return not self.spot.path.attribute and self.is_heading

    @property
    def is_link(self) -> bool:
        return self.spot.path.attribute == "href"


def _column(spot: Spot, rows: Sequence[Element]) -> _Column | None:
    """Return a spot as a column, unless it says nothing."""
    attribute = spot.path.attribute
    values = {n: tuple(_value(element, attribute) for element in found) for n, found in spot.elements.items()}
    full = None if attribute else _full_title(spot)
    if full is not None:
        attribute, values = "title", full
    is_worth = len(values) >= FEWEST * len(rows) and _is_worth(spot, attribute, values, len(rows))
    query = _query(spot, rows) if is_worth else ""
    return _Column(spot, query, attribute, values, is_optional=len(values) < len(rows)) if query else None


def _value(element: Element, attribute: str) -> str:
    return squeeze(element.get(attribute, "")) if attribute else text_of(element)


def _is_worth(spot: Spot, attribute: str, values: dict[int, tuple[str, ...]], rows: int) -> bool:
    """Whether a spot says something of its row: it differs from that of others, or has a name."""
    element = spot.first
    if (attribute and spot.is_many) or (not attribute and element.tag == "time" and element.get("datetime")):
        return False
    if attribute == "href" and _is_deed(element):
        return False
    own = values.values() if attribute else [tuple(map(own_text, found)) for found in spot.elements.values()]
    if len({tuple(map(squeeze, texts)) for texts in own}) > 1 or rows < 3:
        return True
    if not attribute and text_of(element) != squeeze(own_text(element)):
        return False
    is_named = bool(_name_of(spot, ())) and element.tag not in ("a", "b", "strong", "label", "dt", "th")
    return is_named and not attribute and not text_of(element).endswith(":")


def _is_deed(link: Element) -> bool:
    """Whether following a link would delete or sign out."""
    return why_avoid(link, f"https://site.example/{link.get('href', '').lstrip('/')}") is not None


def _full_title(spot: Spot) -> dict[int, tuple[str, ...]] | None:
    """Return the titles of links whose texts are cut short."""
    found = {n: elements[0] for n, elements in spot.elements.items()}
    titles: dict[int, tuple[str, ...]] = {
        n: (squeeze(element.get("title", "")),) for n, element in found.items()
    }
    if spot.is_many or not all(title[0] for title in titles.values()):
        return None
    is_longer = any(
        _CUT.search(text_of(e)) and len(titles[n][0]) > len(text_of(e)) - 3 for n, e in found.items()
    )
    return titles if is_longer else None


def _query(spot: Spot, rows: Sequence[Element]) -> str:
    """Return the shortest selector that finds the elements of a spot in each row; empty for none."""
    return next((query for query in _queries(spot.first, rows) if _finds(query, spot, rows)), "")


def _queries(element: Element, rows: Sequence[Element]) -> Iterator[str]:
    row = next((one for one in (element, *element.iterancestors()) if one in rows), element)
    if element is row:
        yield from own(element)
        return
    chain = [one for one in element.iterancestors() if any(one is other for other in row.iter("*"))]
    owns = list(_short(element))
    parent = chain[0]
    if parent.tag in HEADINGS and element.tag == "a":
        yield f"{parent.tag} a"
    yield from owns[:-1]
    if element.tag not in ("td", "th", "div", "span", "p", "a", "li"):
        yield owns[-1]
    for around in chain:
        if around is not row:
            yield from (f"{outer} {inner}" for outer in _short(around) for inner in owns)
    nth = f"{element.tag}:nth-of-type({position(element)})"
    yield from (nth, owns[-1]) if element.tag in ("td", "th") else (owns[-1], nth)
    for around in chain:
        if around is not row:
            yield from (f"{around.tag}:nth-of-type({position(around)}) {inner}" for inner in owns)


def _short(element: Element) -> Iterator[str]:
    """Yield selectors of an element inside a row: its name or class alone, the tag with it, the tag."""
    tag = str(element.tag)
    for attribute in NAMING:
        if element.get(attribute) and element.get(attribute) == given_name(element):
            yield f'[{attribute}="{given_name(element)}"]'
    for name in classes(element):
        yield f".{name}"
    for name in classes(element):
        yield f"{tag}.{name}"
    yield tag


def _finds(query: str, spot: Spot, rows: Sequence[Element]) -> bool:
    """Whether a selector finds just what stands at a spot, in every row."""
    find = compile_css(query)
    for number, row in enumerate(rows):
        wanted, found = spot.elements.get(number, []), find(row)
        if (found[: None if spot.is_many else 1]) != (wanted if spot.is_many else wanted[:1]):
            return False
    return True


def _without_doubles(columns: Sequence[_Column]) -> list[_Column]:
    """Return the columns without those that say what another does, and with one link and one picture."""
    kept: dict[tuple[bool, tuple[tuple[int, tuple[str, ...]], ...]], _Column] = {}
    for column in sorted(columns, key=lambda column: not column.is_heading):
        kept.setdefault((bool(column.attribute), tuple(sorted(column.values.items()))), column)
    one_of = {"href": _main_link(list(kept.values())), "src": None, "data-src": None}
    result, pictures = [], 0
    for column in columns:
        attribute = column.spot.path.attribute
        if column not in kept.values() or (attribute == "href" and column is not one_of["href"]):
            continue
        pictures += attribute.endswith("src")
        if not (attribute.endswith("src") and pictures > 1):
            result.append(column)
    return result


def _main_link(columns: Sequence[_Column]) -> _Column | None:
    """Return the link of the row's own page: that of its heading, or the first that is in most rows."""
    links = [column for column in columns if column.is_link]
    titles = {id(column.spot.first) for column in columns if column.is_title}
    in_title = [column for column in links if id(column.spot.first) in titles]
    return next(iter(in_title), max(links, key=_says_most, default=None))


def _says_most(link: _Column) -> tuple[int, bool]:
    """Rank a link by the rows that it is in, and by whether anything can be read on it."""
    return len(link.values), bool(text_of(link.spot.first))


# What they are called


def _named(columns: Sequence[_Column], row_names: Sequence[str]) -> list[Field]:
    """Return the columns as fields, each with a name of its own."""
    fields: list[Field] = []
    for column in columns:
        kind = _kind(column)
        name = _called(column, kind, fields, row_names)
        taken = {field.name for field in fields}
        number = next(n for n in range(1, 100) if (name if n == 1 else f"{name}_{n}") not in taken)
        name = name if number == 1 else f"{name}_{number}"
        is_many = column.spot.is_many and not column.attribute
        example = next(iter(column.texts), "")
        field = Field(name, kind, column.query, column.attribute, is_many, column.is_optional, example)
        fields.append(replace(field, name=plural(name)) if is_many and plural(name) not in taken else field)
    return fields


def _kind(column: _Column) -> Kind:
    if column.is_title or column.spot.is_many or column.attribute in ("href", "src", "data-src", "title"):
        return TEXT
    kind = kind_of(column.texts)
    return TEXT if kind.annotation == "int" and _is_key(column) else kind


def _is_key(column: _Column) -> bool:
    """Whether digits are a name rather than a number."""
    return bool(re.search(r"isbn|sku|ean|upc|phone|zip|code|\bid$|_id$", _name_of(column.spot, ())))


def _called(column: _Column, kind: Kind, before: Sequence[Field], row_names: Sequence[str]) -> str:
    attribute = column.spot.path.attribute
    if attribute == "href":
        return "url"
    if attribute.endswith("src"):
        return "image"
    if column.is_title and "title" not in {field.name for field in before}:
        return "title"
    name = _name_of(column.spot, row_names) or _by_shape(column, kind, before)
    return _SHADOWS.get(name, name)


def _by_shape(column: _Column, kind: Kind, before: Sequence[Field]) -> str:
    """Return a name for what nothing names: what it looks like."""
    if kind.annotation in ("date", "datetime") or column.spot.first.tag == "time":
        return "date"
    if kind.annotation == "Decimal":
        return "price" if kind.pattern else "number"
    if kind.annotation == "int":
        return "number"
    return "text" if any(field.name == "title" for field in before) else "title"


def _name_of(spot: Spot, row_names: Sequence[str]) -> str:
    """Return what a spot is called by a name, a class, or the head of its column, or by those around it."""
    ways = [spot.first, *spot.first.iterancestors()][: min(3, len(spot.path.steps))]
    for one in ways:
        if one.tag in ("ul", "ol", "table"):
            break
        stated = [given_name(one), *classes(one)]
        heads = [_head_of(one)] if one.tag in ("td", "th") else []
        for text in (*filter(None, stated), *filter(None, heads)):
            if (name := _cleaned(text, row_names)) and name not in _PLAIN_NAMES:
                return name
        if one.tag in ("td", "th"):
            break
    return ""


def _cleaned(text: str, row_names: Sequence[str]) -> str:
    name = snake(text.rpartition("__")[2].partition("--")[0])
    for row in row_names:
        name = name.removeprefix(f"{row}_")
    name = _SUFFIX.sub("", _PREFIX.sub("", name))
    return name if 1 < len(name) <= LONGEST_NAME else ""


def _head_of(cell: Element) -> str:
    """Return the head of the column in which a cell stands."""
    place = sum(1 for other in cell.itersiblings(preceding=True) if other.tag in ("td", "th"))
    heads = [head for head in _headers(cell) if head.tag in ("td", "th")]
    return text_of(heads[place]) if place < len(heads) else ""
