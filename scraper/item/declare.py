"""What says where a field stands: `css`, `xpath`, `json_path`, `meta` and `json_ld`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pydantic
from pydantic.fields import FieldInfo

from scraper.errors import FetchError
from scraper.item.classes import places
from scraper.selector import MISSING, Clean, JsonSelector, LinkedSelector, Place, Selector

if TYPE_CHECKING:
    from scraper.response import Response


class JsonPath(FieldInfo):  # type: ignore[misc]
    """A field in JSON that serves as an indicator too: a callable on a `Response`.

    pydantic means to be the only one to make fields; but nothing else would serve as both.
    """

    __slots__ = ("place",)

    def __init__(self, place: JsonSelector) -> None:
        super().__init__(default=_default_of(place))
        self.place = place
        self.metadata.append(place)

    def __call__(self, response: Response) -> bool:
        """Whether the expression finds what is neither null nor false nor empty."""
        place = self.place
        try:
            node = response.json() if place.script is None else response.tree if response.is_html else None
        except FetchError:
            return False
        return is_shown(place.search(node))

    def __repr__(self) -> str:
        return repr(self.place)

    __str__ = __repr__


def is_shown(found: Any) -> bool:
    """Whether what a place in JSON holds counts as a mark: neither null nor false nor empty."""
    return found is not None and found is not False and found not in ("", [], {})


def css(
    query: str,
    *,
    attr: str | None = None,
    re: str | None = None,
    default: Any = MISSING,
    clean: Clean = None,
    sep: str | None = None,
    raw: bool = False,
) -> Any:
    """Say that a field stands where the CSS selector `query` matches: any that BeautifulSoup takes.

    The value is the element's text as a reader sees it (as BeautifulSoup's ``get_text``, white space
    collapsed), or that of its attribute `attr`; ``::text`` and ``::attr(name)`` work too. Attributes that
    hold addresses (``href``, ``src``, ...) come absolute. `sep` stands between the pieces of text that tags
    part from each other, as in ``get_text(sep, strip=True)``. `raw` leaves white space and addresses as they
    are.

    Then `re` keeps the first group of the first match, or the whole match, and `clean`, a function or several
    in turn, makes of it what pydantic converts; what `clean` raises rejects the item. `default` stands in
    where nothing matches. Raises `SelectorError` where `query` is not CSS.
    """
    return field_of(Selector("css", query, attr=attr, re=re, default=default, clean=clean, sep=sep, raw=raw))


def xpath(
    query: str,
    *,
    attr: str | None = None,
    re: str | None = None,
    default: Any = MISSING,
    clean: Clean = None,
    sep: str | None = None,
    raw: bool = False,
) -> Any:
    """Say that a field stands where the XPath 1.0 expression `query` matches; options as in `css`.

    Inside rows and nested items begin with ``./`` or ``.//``: ``//`` searches the whole page.
    """
    return field_of(
        Selector("xpath", query, attr=attr, re=re, default=default, clean=clean, sep=sep, raw=raw)
    )


def json_path(
    query: str,
    *,
    script: str | None = None,
    re: str | None = None,
    default: Any = MISSING,
    clean: Clean = None,
) -> Any:
    """Say that a field stands where the JMESPath expression `query` finds it in a JSON answer.

    ``rows=json_path("data.books")`` gives one item for each element of a list, and the fields of the item
    count from there. With `script`, a CSS selector such as ``script#__NEXT_DATA__``, the JSON is that inside
    of a script of a page; an assignment around it (``window.STATE = {...};``) is passed over. `re`, `clean`
    and `default` as in `css`; null counts as missing.

    It is an indicator too, as in ``logged_in=json_path("data.user.id")``: shown by a JSON answer in which
    something is found that is neither null, false nor empty. Raises `SelectorError` for what is no JMESPath.
    """
    return JsonPath(JsonSelector(query, script=script, re=re, default=default, clean=clean))


def meta(name: str, *, re: str | None = None, default: Any = MISSING, clean: Clean = None) -> Any:
    """Say that a field stands in the ``content`` of the ``<meta>`` with this name, property or itemprop.

    ``meta("description")``, ``meta("og:title")``; options as in `css`.
    """
    quoted = name.replace("\\", r"\\").replace('"', r"\"")
    query = ", ".join(f'meta[{key}="{quoted}" i][content]' for key in ("property", "name", "itemprop"))
    place = Selector("css", query, attr="content", re=re, default=default, clean=clean, name=name)
    return field_of(place)


def json_ld(
    path: str,
    *,
    type: str | None = None,
    re: str | None = None,
    default: Any = MISSING,
    clean: Clean = None,
) -> Any:
    """Say that a field stands in the JSON-LD of a page (schema.org), under the names of `path`.

    ``json_ld("Product.offers.price")`` begins at an object whose ``@type`` is Product, wherever it is; so
    does ``json_ld("offers.price", type="Product")``. Lists on the way are gone through. Options as in `css`.
    """
    first, _, rest = path.partition(".")
    if type is None and rest and first[:1].isupper():
        type, path = first, rest
    return field_of(LinkedSelector(path, type=type, re=re, default=default, clean=clean))


def field_of(place: Place) -> Any:
    """Return the field of a model that stands at `place`."""
    field = pydantic.Field(_default_of(place))
    field.metadata.append(place)
    return field


def _default_of(place: Place) -> Any:
    return ... if place.default is MISSING else place.default


def place_of(declared: Any) -> Place:
    """Return the place that a declaration, or a CSS selector as text, stands for."""
    if isinstance(declared, FieldInfo) and (place := next(places(declared.metadata), None)):
        return place
    return Selector("css", declared)
