"""Items: classes whose fields say where on a page they stand.

    class Book(Item, rows="article.product_pod"):
        title: str = css("h3 a", attr="title")
        tags: list[str] = css("a.tag")

The annotation says the cardinality (``list[...]``: all matches), whether a value is required
(``str | None``: it is not) and the type, to which pydantic converts.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin, get_type_hints

import pydantic
from pydantic.fields import FieldInfo

from scraper.errors import ConfigError, SelectorError
from scraper.selector import MISSING, Element, Selector, compile_css

EXCERPT = 80
_MANY = (list, tuple, set, frozenset)


def css(query: str, *, attr: str | None = None, re: str | None = None, default: Any = MISSING) -> Any:
    """Say that a field stands where the CSS selector `query` matches.

    The value is the element's text as a reader sees it (white space collapsed), or that of its attribute
    `attr`; ``::text`` and ``::attr(name)`` work too. Attributes that hold addresses (``href``, ``src``, ...)
    come absolute. `re` keeps the first group of the first match, or the whole match. `default` stands in
    where nothing matches. Raises `SelectorError` where `query` is not CSS.
    """
    return _declare(Selector("css", query, attr, re, default))


def xpath(query: str, *, attr: str | None = None, re: str | None = None, default: Any = MISSING) -> Any:
    """Say that a field stands where the XPath 1.0 expression `query` matches; options as in `css`.

    Inside rows and nested items begin with ``./`` or ``.//``: ``//`` searches the whole page.
    """
    return _declare(Selector("xpath", query, attr, re, default))


def _declare(selector: Selector) -> Any:
    default = ... if selector.default is MISSING else selector.default
    field = pydantic.Field(default)
    field.metadata.append(selector)
    return field


class Item(pydantic.BaseModel):
    """A record of a page. Subclass it and give fields with `css` or `xpath`.

    The class argument `rows` is the CSS selector of the elements that hold one item each; without it every
    page gives one item. Field types, validators and options are pydantic's.
    """

    model_config = pydantic.ConfigDict(extra="forbid")
    __rows__: ClassVar[str | None] = None

    def __init_subclass__(cls, rows: str | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if rows is not None:
            compile_css(rows)
            cls.__rows__ = rows

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Let items made by hand leave out what may be missing on a page too."""
        for field in cls.model_fields.values():
            if field.is_required() and any(_selectors(field.metadata)):
                _set_default(field)
        cls.model_rebuild(force=True, raise_errors=False)


def _set_default(field: FieldInfo) -> None:
    if type(None) in _members(field.annotation):
        field.default = None
    elif get_origin(field.annotation) in _MANY:
        field.default_factory = get_origin(field.annotation)


@dataclass(frozen=True, slots=True)
class Reject:
    """Why row `n` of a page (0 is the first) did not become an item: one field, one sentence."""

    n: int
    type: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.type}.{self.field}: {self.message}"


def extract(cls: Any, page: Element, base_url: str, rows: str | None = None) -> Iterator[Any | list[Reject]]:
    """Yield, for every row of `page`, an item of `cls`, or the reasons why there is none."""
    plan = plan_of(cls)
    rows = rows if rows is not None else getattr(cls, "__rows__", None)
    elements = [page] if rows is None else Selector("css", rows).elements(page)
    for n, element in enumerate(elements):
        try:
            yield plan.build(plan.take(element, base_url))
        except pydantic.ValidationError as error:
            yield [plan.reject(n, problem) for problem in error.errors(include_url=False)]


@dataclass(frozen=True)
class Field:
    """How one field is taken from an element: its selector, one or all, and what is nested in it."""

    name: str
    selector: Selector
    many: bool
    optional: bool
    nested: Any

    def take(self, element: Element, base_url: str) -> Any:
        """Return the raw value or list of values, ``MISSING`` where nothing matches."""
        if not self.many and not self.nested:
            value = self.selector.first(element, base_url)
            return self._instead if value is None else value
        found = self._nested(element, base_url) if self.nested else self.selector.values(element, base_url)
        return (list(found) or self._instead) if self.many else next(iter(found), self._instead)

    @property
    def _instead(self) -> Any:
        """What stands in where nothing matches."""
        if self.selector.default is not MISSING:
            return self.selector.default
        if self.many:
            return []
        return None if self.optional else MISSING

    def _nested(self, element: Element, base_url: str) -> Iterator[dict[str, Any]]:
        assert self.nested is not None
        plan = plan_of(self.nested)
        for match in self.selector.elements(element):
            if match is element and self in plan.fields:
                raise SelectorError(
                    f"{plan.type}.{self.name} would nest for ever: {self.selector} matches the element that "
                    "it searches too; begin with :scope > or ./ to go one step down."
                )
            yield plan.take(match, base_url)


@dataclass(frozen=True)
class Plan:
    """How a whole class is taken from an element, made once per class."""

    type: str
    fields: tuple[Field, ...]
    build: Callable[[dict[str, Any]], Any]

    def take(self, element: Element, base_url: str) -> dict[str, Any]:
        """Return the raw values of `element` by field name; what is missing is left out."""
        taken = ((field.name, field.take(element, base_url)) for field in self.fields)
        return {name: value for name, value in taken if value is not MISSING}

    def reject(self, n: int, problem: Any) -> Reject:
        """Put a pydantic error into a sentence."""
        path = ".".join(str(part) for part in problem["loc"]) or "(the item)"
        where = self._selector(problem["loc"])
        if problem["type"] == "missing":
            return Reject(n, self.type, path, f"nothing matches {where}" if where else "has no selector")
        got = repr(problem["input"])
        got = got if len(got) <= EXCERPT else f"{got[:EXCERPT]}..."
        source = f" from {where}" if where else ""
        return Reject(n, self.type, path, f"{problem['msg']}; got {got}{source}")

    def _selector(self, loc: tuple[Any, ...]) -> Selector | None:
        """Follow the names in `loc` (list positions are passed over) to the innermost selector."""
        plan: Plan | None = self
        selector = None
        for name in loc:
            field = next((field for field in plan.fields if field.name == name), None) if plan else None
            if field:
                selector, plan = field.selector, plan_of(field.nested) if field.nested else None
        return selector


@cache
def plan_of(cls: Any) -> Plan:
    """Read how items of `cls` are extracted: a pydantic model, a dataclass or an attrs class."""
    fields = tuple(_fields(cls))
    if not fields:
        raise ConfigError(f"{cls.__name__} has no field that says where it stands; give one with css(...).")
    return Plan(cls.__name__, fields, _builder(cls))


def has_selectors(cls: Any) -> bool:
    """Whether `cls` is a class with at least one field that says where it stands."""
    return isinstance(cls, type) and any(_selectors_of(cls))


def _selectors_of(cls: type[Any]) -> Iterator[Selector]:
    for _, _, metadata in _annotations(cls):
        yield from _selectors(metadata)


def _fields(cls: type[Any]) -> Iterator[Field]:
    for name, annotation, metadata in _annotations(cls):
        selector = next(_selectors(metadata), None)
        if selector is not None:
            yield _field(name, annotation, selector)


def _field(name: str, annotation: Any, selector: Selector) -> Field:
    options = [part for part in _members(annotation) if part is not type(None)]
    kind = options[0] if len(options) == 1 else annotation
    many = get_origin(kind) in _MANY or kind in _MANY
    inner = (get_args(kind) or (str,))[0] if many else kind
    nested = inner if has_selectors(inner) else None
    return Field(name, selector, many, type(None) in _members(annotation), nested)


def _members(annotation: Any) -> tuple[Any, ...]:
    is_union = get_origin(annotation) in (Union, types.UnionType)
    return get_args(annotation) if is_union else (annotation,)


def _annotations(cls: type[Any]) -> Iterator[tuple[str, Any, Any]]:
    if issubclass(cls, pydantic.BaseModel):
        for name, field in cls.model_fields.items():
            yield name, field.annotation, field.metadata
    elif dataclasses.is_dataclass(cls) or hasattr(cls, "__attrs_attrs__"):
        for name, hint in get_type_hints(cls, include_extras=True).items():
            if get_origin(hint) is Annotated:
                yield name, get_args(hint)[0], get_args(hint)[1:]


def _selectors(metadata: Any) -> Iterator[Selector]:
    for mark in metadata:
        if isinstance(mark, Selector):
            yield mark
        elif isinstance(mark, FieldInfo):
            yield from _selectors(mark.metadata)


def _builder(cls: type[Any]) -> Callable[[dict[str, Any]], Any]:
    if issubclass(cls, pydantic.BaseModel):
        return cls.model_validate
    if dataclasses.is_dataclass(cls):
        return pydantic.TypeAdapter(cls).validate_python
    return _attrs_builder(cls)


def _attrs_builder(cls: Any) -> Callable[[dict[str, Any]], Any]:
    """Let pydantic convert for an attrs class, which it does not know."""
    hints = get_type_hints(cls, include_extras=True)
    is_required = {field.name: repr(field.default) == "NOTHING" for field in cls.__attrs_attrs__}
    fields: dict[str, Any] = {
        name: (hints[name], ... if needed else None) for name, needed in is_required.items()
    }
    model: Any = pydantic.create_model(cls.__name__, **fields)

    def build(checked: pydantic.BaseModel) -> Any:
        return cls(**{name: getattr(checked, name) for name in checked.model_fields_set})

    return pydantic.TypeAdapter(Annotated[model, pydantic.AfterValidator(build)]).validate_python
