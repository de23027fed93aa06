"""The value sanitization algorithms of ``<input>``: what a browser makes of a value, whoever set it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from scraper.selector import Element

SPACE = " \t\n\f\r"
_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_DATE = re.compile(r"(\d{4,})-(\d\d)(?:-(\d\d))?", re.ASCII)
_WEEK = re.compile(r"(\d{4,})-W(\d\d)", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?", re.ASCII)
_CYCLE = 400  # years after which the calendar repeats itself


def sanitize(value: str, kind: str, control: Element) -> str:
    """Return what an input of the type `kind` holds once it is given `value`."""
    if kind == "hidden":
        return value
    if kind == "range":
        return _range(value, control)
    if kind == "email" and control.get("multiple") is not None:
        return ",".join(part.strip(SPACE) for part in _one_line(value).split(","))
    return _BY_TYPE.get(kind, _one_line)(value)


def _one_line(value: str) -> str:
    return value.replace("\r", "").replace("\n", "")


def _stripped(value: str) -> str:
    return _one_line(value).strip(SPACE)


def _number(value: str) -> str:
    return value if _decimal(value) is not None else ""


def _decimal(value: str | None) -> Decimal | None:
    """Parse a valid floating-point number within the range of a double."""
    if value is None or not _NUMBER.fullmatch(value) or abs(float(value)) == float("inf"):
        return None
    return Decimal(value)


def _range(value: str, control: Element) -> str:
    low, high = _bound(control, "min", 0), _bound(control, "max", 100)
    high = max(low, high)
    given = _decimal(value)
    number = min(max(low + (high - low) / 2 if given is None else given, low), high)
    number = _on_step(number, high, control)
    return value if number == given else format(number.normalize(), "f")


def _bound(control: Element, name: str, default: int) -> Decimal:
    stated = _decimal(control.get(name))
    return Decimal(default) if stated is None else stated


def _on_step(number: Decimal, high: Decimal, control: Element) -> Decimal:
    stated = control.get("step", "")
    if stated.lower() == "any":
        return number
    step = _decimal(stated)
    step = step if step is not None and step > 0 else Decimal(1)
    bases = (_decimal(control.get(name)) for name in ("min", "value"))
    base = next((base for base in bases if base is not None), Decimal(0))
    nearest = base + ((number - base) / step).to_integral_value(ROUND_HALF_UP) * step
    return nearest if nearest <= high else nearest - step


def _color(value: str) -> str:
    """Hexadecimal colours; those in words, which browsers know too, are black."""
    match = _HEX.fullmatch(value.strip(SPACE))
    digits = match[1].lower() if match else "000000"
    return f"#{digits[:6] if len(digits) > 4 else ''.join(2 * digit for digit in digits[:3])}"


def _date(value: str) -> str:
    match = _DATE.fullmatch(value)
    return value if match and match[3] and _is_day(*match.groups()) else ""


def _month(value: str) -> str:
    match = _DATE.fullmatch(value)
    return value if match and not match[3] and _is_day(match[1], match[2], "1") else ""


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        date(int(year) % _CYCLE + _CYCLE, int(month), int(day))
    except ValueError:
        return False
    return int(year) > 0


def _week(value: str) -> str:
    match = _WEEK.fullmatch(value)
    try:
        date.fromisocalendar(int(match[1]) % _CYCLE + _CYCLE, int(match[2]), 1) if match else None
    except ValueError:
        return ""
    return value if match and int(match[1]) else ""


def _time(value: str) -> str:
    return value if _TIME.fullmatch(value) else ""


def _local(value: str) -> str:
    """A date and a time, as short as they can be."""
    day, time = _date(value[:-1].replace(" ", "T").partition("T")[0]), _time(re.split("[T ]", value)[-1])
    if not (day and time) or len(value) != len(day) + 1 + len(time):
        return ""
    if "." in time:
        time = time.rstrip("0").rstrip(".")
    return f"{day}T{time[:5] if time[5:] == ':00' else time}"


_BY_TYPE: dict[str, Callable[[str], str]] = {
    "email": _stripped,
    "url": _stripped,
    "number": _number,
    "color": _color,
    "date": _date,
    "month": _month,
    "week": _week,
    "time": _time,
    "datetime-local": _local,
}
