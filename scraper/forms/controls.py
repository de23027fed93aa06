"""The controls of a form, each by itself: what it is, whether it counts, and what it holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from scraper.forms.sanitize import SPACE, sanitize
from scraper.forms.trees import inherited, once
from scraper.selector import Element, compile_xpath, text_of, texts_in

_options = compile_xpath(".//option")
_visible = compile_xpath(".//text()[not(ancestor::script or ancestor::style)]")
_in_datalist = compile_xpath("boolean(ancestor::datalist)")
_size = re.compile(rf"[{SPACE}]*(-?)\+?(\d+)", re.ASCII)

_WITH_DIRECTION = ("hidden", "text", "search", "tel", "url", "email", "password", "submit", "textarea")
_KINDS = frozenset({
    "hidden", "text", "search", "tel", "url", "email", "password", "number", "range", "color",
    "date", "month", "week", "time", "datetime-local",
    "checkbox", "radio", "file", "submit", "image", "reset", "button",
})  # fmt: skip


def input_type(control: Element) -> str:
    """Return the type of a control: an input is ``text`` and a button ``submit`` unless it says otherwise."""
    stated = control.get("type", "").lower()
    if control.tag == "button":
        return stated if stated in ("reset", "button") else "submit"
    if control.tag == "input":
        return stated if stated in _KINDS else "text"
    return str(control.tag)


def is_password(control: Element) -> bool:
    """Whether `control` is meant for a password, even where a browser takes ``" password "`` for text."""
    return control.tag == "input" and control.get("type", "").strip().lower() == "password"


def is_button(control: Element) -> bool:
    """Whether `control` is pressed rather than filled."""
    return control.tag == "button" or input_type(control) in ("submit", "image", "button", "reset")


def submits(control: Element) -> bool:
    """Whether pressing `control` submits the form."""
    return is_button(control) and input_type(control) in ("submit", "image")


def label_of(control: Element) -> str:
    """Return what a person reads on a button."""
    return text_of(control) or control.get("value") or control.get("alt") or control.get("name") or ""


def button_entries(button: Element) -> Iterator[tuple[str, str]]:
    """Yield what the pressed button sends; an image says that it was pressed at its top left corner.

    Browsers send ``Submit``, in the words of their user, for an input that has no value.
    """
    name, kind = button.get("name"), input_type(button)
    if kind == "image":
        prefix = f"{name}." if name else ""
        yield from ((f"{prefix}{axis}", "0") for axis in "xy")
    elif name:
        yield name, button.get("value", "Submit" if button.tag == "input" else "")


def is_sent(control: Element) -> bool:
    """Whether `control` takes part at all: it is neither disabled nor a mere suggestion."""
    return not is_disabled(control) and not _in_datalist(control)


def is_disabled(control: Element) -> bool:
    """Whether `control` is disabled, by itself or by a fieldset around it, whose first legend is exempt."""
    return control.get("disabled") is not None or _in_disabled(control)


@inherited
def _in_disabled(element: Element) -> bool:
    """Whether `element` stands right in a disabled fieldset, and is not its first legend."""
    around = element.getparent()
    if around is None or around.tag != "fieldset" or around.get("disabled") is None:
        return False
    return element is not _first_legend(around)


@once
def _first_legend(fieldset: Element) -> Element | None:
    return next(fieldset.iterchildren("legend"), None)


def enabled_options(select: Element) -> list[Element]:
    """Return the options that can be chosen."""
    return [option for option in _options(select) if not _is_disabled_option(option)]


def selected_options(select: Element) -> list[Element]:
    """Return the options that are selected as the page comes, disabled ones among them.

    Where only one line shows and none is selected, the first that can be is ("selectedness setting").
    """
    chosen = [option for option in _options(select) if option.get("selected") is not None]
    if not chosen and select.get("multiple") is None and _display_size(select) == 1:
        chosen = enabled_options(select)[:1]
    return chosen


def _display_size(select: Element) -> int:
    match = _size.match(select.get("size", ""))
    return int(match[2]) or 1 if match and not match[1] else 1


def _is_disabled_option(option: Element) -> bool:
    group = next(option.iterancestors("optgroup"), None)
    return option.get("disabled") is not None or (group is not None and group.get("disabled") is not None)


def option_value(option: Element) -> str:
    """Return what an option sends: its value, or its text, ASCII white space collapsed."""
    value = option.get("value")
    if value is not None:
        return value
    return " ".join(re.findall(rf"[^{SPACE}]+", "".join(map(str, _visible(option)))))


def initial(control: Element) -> str:
    """Return what a control that is typed into holds as the page comes."""
    if control.tag == "textarea":
        return _newlines_of_page(control.text or "").removeprefix("\n")
    return control.get("value", "")


def _newlines_of_page(text: str) -> str:
    return text.replace("\r\n", "\n")


def held(control: Element, value: str) -> str:
    """Return what `control` holds once it is given `value`."""
    return value if control.tag == "textarea" else sanitize(value, input_type(control), control)


def has_direction(control: Element) -> bool:
    """Whether `control` sends the direction of its text, under the name in ``dirname``."""
    return control.tag != "button" and input_type(control) in _WITH_DIRECTION and bool(control.get("dirname"))


def direction(control: Element, value: str) -> str:
    """Return ``ltr`` or ``rtl`` ("The directionality")."""
    for element in (control, *control.iterancestors()):
        stated = element.get("dir", "").lower()
        if stated in ("ltr", "rtl"):
            return stated
        if element is control and input_type(control) == "tel" and stated != "auto":
            return "ltr"
        if stated == "auto" or element.tag == "bdi":
            return (_direction_of(value) if element is control else _direction_in(element)) or "ltr"
    return "ltr"


def _direction_of(text: str) -> str | None:
    for character in text:
        strong = unicodedata.bidirectional(character)
        if strong in ("L", "R", "AL"):
            return "ltr" if strong == "L" else "rtl"
    return None


@once
def _direction_in(element: Element) -> str | None:
    """Return the direction of the first text in `element` that has one."""
    return next(filter(None, map(_direction_of, texts_in(element, _is_unread_for_direction))), None)


def _is_unread_for_direction(element: Element) -> bool:
    return element.tag in ("bdi", "script", "style", "textarea") or element.get("dir") is not None
