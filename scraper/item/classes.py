"""Classes that can be items: pydantic models, dataclasses and attrs classes, and how one of them is built."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pydantic
from pydantic.fields import FieldInfo

from scraper.errors import ConfigError
from scraper.record import has_fields
from scraper.selector import Place


def has_places(cls: Any) -> bool:
    """Whether `cls` is a class with at least one field that says where it stands."""
    return isinstance(cls, type) and any(any(places(metadata)) for *_, metadata in annotated_fields(cls))


def annotated_fields(cls: type[Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, annotation and metadata of each field of a class."""
    if issubclass(cls, pydantic.BaseModel):
        for name, field in cls.model_fields.items():
            yield name, field.annotation, field.metadata
    elif has_fields(cls):
        for name, hint in get_type_hints(cls, include_extras=True).items():
            if get_origin(hint) is Annotated:
                yield name, get_args(hint)[0], get_args(hint)[1:]


def places(metadata: Any) -> Iterator[Place]:
    """Yield where a field stands, as its metadata say."""
    for mark in metadata:
        if isinstance(mark, Place):
            yield mark
        elif isinstance(mark, FieldInfo):
            yield from places(mark.metadata)


def builder(cls: type[Any]) -> Callable[[dict[str, Any]], Any]:
    """Return what makes an object of `cls` of raw values, converted by pydantic."""
    if issubclass(cls, pydantic.BaseModel):
        return cls.__pydantic_validator__.validate_python
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
    try:
        model: Any = pydantic.create_model(cls.__name__, **fields)
    except pydantic.errors.PydanticSchemaGenerationError as error:
        raise ConfigError(
            f"A field of the attrs class {cls.__name__} is of a class that cannot be made of a page; nest an "
            "Item, a pydantic model or a dataclass in it."
        ) from error

    def build(checked: pydantic.BaseModel) -> Any:
        return cls(**{name: getattr(checked, name) for name in checked.model_fields_set})

    return pydantic.TypeAdapter(Annotated[model, pydantic.AfterValidator(build)]).validate_python
