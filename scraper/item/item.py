"""`Item`: a record of a page whose fields say where they stand."""

from __future__ import annotations

from typing import Any, ClassVar, get_origin

import pydantic
from pydantic.fields import FieldInfo

from scraper.errors import ConfigError
from scraper.item.classes import places
from scraper.item.declare import place_of
from scraper.item.kinds import Reading
from scraper.record import MANY, members
from scraper.selector import Place


class Item(pydantic.BaseModel):
    """A record of a page. Subclass it and give fields with `css`, `xpath`, `json_path`, `meta` or `json_ld`.

    Class arguments: `rows` is the CSS selector of the elements that hold one item each, or a `json_path` to
    a list; without it every page gives one item. `empty` is the mark, a CSS selector too, that a list shows
    when it really is empty: a page with neither rows nor mark is reported as a reject. `locale`
    (``"de_DE"``) says how numbers, money and dates are written, `tz` (``"Europe/Berlin"``) where dates
    without an offset count, `dates` their order (``"DMY"``) or format (``"%d.%m.%Y"``). `key` names the
    field, or the fields, by which an item is the same one in another run. Field types, validators and
    options are pydantic's.
    """

    model_config = pydantic.ConfigDict(extra="forbid")
    __rows__: ClassVar[Place | None] = None
    __empty__: ClassVar[Place | None] = None
    __reading__: ClassVar[Reading] = Reading()
    __key__: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(
        cls,
        rows: Any = None,
        empty: Any = None,
        locale: str | None = None,
        tz: str | None = None,
        dates: str | None = None,
        key: str | tuple[str, ...] = (),
        **options: Any,
    ) -> None:
        super().__init_subclass__(**options)
        if rows is not None:
            cls.__rows__ = place_of(rows)
        if empty is not None:
            cls.__empty__ = place_of(empty)
        if cls.__empty__ is not None and cls.__rows__ is None:
            raise ConfigError(f"{cls.__name__} has empty= but no rows=, of which there could be none.")
        if key:
            cls.__key__ = (key,) if isinstance(key, str) else tuple(key)
        before = cls.__reading__
        cls.__reading__ = Reading(locale or before.locale, tz or before.tz, dates or before.dates)

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Let items made by hand leave out what may be missing on a page too."""
        for field in cls.model_fields.values():
            if field.is_required() and any(places(field.metadata)):
                _set_default(field)
        if unknown := [name for name in cls.__key__ if name not in cls.model_fields]:
            raise ConfigError(
                f"The key of {cls.__name__} names {unknown[0]!r}, which is no field of it; it has "
                f"{', '.join(cls.model_fields) or 'none'}."
            )
        cls.model_rebuild(force=True, raise_errors=False)


def _set_default(field: FieldInfo) -> None:
    if type(None) in members(field.annotation):
        field.default = None
    elif get_origin(field.annotation) in MANY:
        field.default_factory = get_origin(field.annotation)
