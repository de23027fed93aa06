"""`Place`: where a value stands, and what is done with it before pydantic converts it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from scraper.errors import ConfigError
from scraper.selector.xpath import Pattern, compile_pattern

MISSING: Any = type(
    "Missing", (), {"__repr__": lambda self: "MISSING", "__reduce__": lambda self: "MISSING"}
)()
"""Stands for no value, where ``None`` may be one."""

Clean = Callable[[Any], Any] | Sequence[Callable[[Any], Any]] | None


class Unclean(ValueError):
    """What `clean` made of a value was an error; carries the value."""

    def __init__(self, value: Any, error: Exception) -> None:
        reason = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        super().__init__(reason)
        self.value = value


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a value stands, in a page or in JSON. Subclasses find it."""

    re: str | None = None
    default: Any = MISSING
    clean: Clean = None

    def __post_init__(self) -> None:
        self.pattern, self.steps  # noqa: B018 - what cannot work is found where it is written

    @cached_property
    def pattern(self) -> Pattern | None:
        """The compiled `re`."""
        return None if self.re is None else compile_pattern(self.re)

    @cached_property
    def steps(self) -> tuple[Callable[[Any], Any], ...]:
        """The functions of `clean`."""
        clean: Any = () if self.clean is None else self.clean
        is_one = callable(clean) or not isinstance(clean, Iterable)
        steps: tuple[Callable[[Any], Any], ...] = (clean,) if is_one else tuple(clean)
        if not all(map(callable, steps)):
            raise ConfigError(f"clean={self.clean!r} holds what is no function; give one, or several.")
        return steps

    def cut(self, value: Any) -> Any:
        """Return what `re` and `clean` leave of a value, ``None`` where `re` is not found."""
        if self.pattern is not None:
            match = self.pattern.search(str(value))
            if match is None or (value := match[1 if self.pattern.groups else 0]) is None:
                return None
        try:
            for step in self.steps:
                value = step(value)
        except Exception as error:
            raise Unclean(value, error) from error
        return value

    def first(self, node: Any, base_url: str) -> Any:
        """Return the value for a field that holds one, ``None`` where there is none."""
        return next(self.values(node, base_url), None)

    def values(self, node: Any, base_url: str) -> Iterator[Any]:
        """Yield the values for a field that holds many."""
        raise NotImplementedError

    def elements(self, node: Any) -> list[Any]:
        """Return what rows and nested items are taken from."""
        raise NotImplementedError
