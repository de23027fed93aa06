"""`Form`: its controls, the values given to them, and the request that it makes.

Follows "Constructing the entry list" and "Form submission" of the HTML standard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from scraper.forms.address import resolve
from scraper.forms.bodies import Entries, NoFile, multipart, plain, urlencoded
from scraper.forms.controls import (
    button_entries,
    direction,
    enabled_options,
    has_direction,
    held,
    initial,
    input_type,
    is_button,
    is_disabled,
    is_sent,
    label_of,
    option_value,
    selected_options,
    submits,
)
from scraper.forms.encoding import accepted_encoding, output_encoding
from scraper.forms.owners import controls_of
from scraper.redact import redact_url
from scraper.referrer import referrer
from scraper.request import Request, origin
from scraper.selector import Element, compile_css

NOT_TYPED_INTO = frozenset({"submit", "image", "button", "reset", "hidden", "checkbox", "radio", "file"})


class Form:
    """One form of a page. ``form["q"] = "books"`` fills a control, ``submit()`` gives the `Request`.

    A value may be a text, a list of texts (several boxes, options or controls of one name), or a bool
    (a box ticked or not). `encoding` is Python's name of what the page was read in. Which controls belong to
    it is found out once for all forms of a page.
    """

    def __init__(self, element: Element, *, url: str, base_url: str, encoding: str = "utf-8") -> None:
        self.element, self.url, self.base_url = element, url, base_url
        self.page_encoding = output_encoding(encoding)
        self.encoding = accepted_encoding(element.get("accept-charset", "")) or self.page_encoding
        self.controls = controls_of(element)
        self._values: dict[str, str | bool | list[str]] = {}

    @property
    def names(self) -> list[str]:
        """The names of the controls, in the order of the page."""
        return list(dict.fromkeys(name for control in self.controls if (name := control.get("name"))))

    @property
    def filled(self) -> dict[str, str | bool]:
        """What was filled in, by name, but for lists."""
        return {name: value for name, value in self._values.items() if not isinstance(value, list)}

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __setitem__(self, name: str, value: str | bool | list[str]) -> None:
        if name not in self:
            raise KeyError(f"The form at {self._where} has no field {name!r}; it has {self._listed()}.")
        self._values[name] = value

    @property
    def given(self) -> Mapping[str, str | bool | list[str]]:
        """What was filled in, by the names of the controls."""
        return self._values

    def __repr__(self) -> str:
        return f"<Form {self.method(None)} {redact_url(self.action(None))} with {self._listed()}>"

    @property
    def _where(self) -> str:
        """Where the form is, as a message may show it."""
        return redact_url(self.url)

    def _listed(self) -> str:
        return ", ".join(self.names) or "no field with a name"

    def typed_into(self) -> list[Element]:
        """Return the enabled controls with a name that a person types into."""
        return list(self._typed_into)

    @cached_property
    def _typed_into(self) -> list[Element]:
        return [
            control
            for control in self.controls
            if control.get("name") and control.tag in ("input", "textarea")
            if input_type(control) not in NOT_TYPED_INTO and not is_disabled(control)
        ]

    def buttons(self) -> list[Element]:
        """Return the enabled buttons that submit, in the order of the page."""
        return [control for control in self.controls if submits(control) and not is_disabled(control)]

    def button(self, selector: str) -> Element:
        """Return the button that the CSS selector matches."""
        matches = set(compile_css(selector)(self.element.getroottree().getroot()))
        for button in self.buttons():
            if button in matches:
                return button
        raise KeyError(
            f"The form at {self._where} has no button {selector!r}; it has {self._buttons_listed()}."
        )

    def _buttons_listed(self) -> str:
        return ", ".join(repr(label_of(button)) for button in self.buttons()) or "no button"

    def method(self, button: Element | None) -> str:
        """Return ``GET`` or ``POST``, as the form or the button says."""
        stated = _attribute(self.element, button, "method").upper()
        return stated if stated == "POST" else "GET"

    def action(self, button: Element | None) -> str:
        """Return the absolute address to which the form goes; nothing stated is the page itself."""
        stated = _attribute(self.element, button, "action").strip()
        return resolve(self.base_url, stated, self.page_encoding) if stated else self.url

    def submit(self, button: Element | None = None) -> Request:
        """Return the request that pressing `button` makes; without one, the form's first is pressed."""
        button = button if button is not None else next(iter(self.buttons()), None)
        entries = self.entries(button)
        url = self.action(button).partition("#")[0]
        headers = referrer(self.url, url)
        if self.method(button) == "GET":
            return Request(f"{url.partition('?')[0]}?{urlencoded(entries, self.encoding)}", headers=headers)
        body, content_type = self._body(entries, button)
        headers |= {"Content-Type": content_type, "Origin": origin(self.url)}
        return Request(url, "POST", headers, body)

    def _body(self, entries: Entries, button: Element | None) -> tuple[bytes, str]:
        enctype = _attribute(self.element, button, "enctype").lower()
        if enctype == "multipart/form-data":
            return multipart(entries, self.encoding)
        if enctype == "text/plain":
            return plain(entries, self.encoding), "text/plain"
        return urlencoded(entries, self.encoding).encode(), "application/x-www-form-urlencoded"

    def entries(self, button: Element | None) -> Entries:
        """Construct the entry list: the names and values that pressing `button` sends."""
        values = {name: _Values(value) for name, value in self._values.items()}
        return [
            (_newlines(name), value if isinstance(value, NoFile) else _newlines(value))
            for control in self.controls
            if is_sent(control)
            for name, value in self._entries_of(control, button, values)
        ]

    def _entries_of(
        self, control: Element, button: Element | None, values: Mapping[str, _Values]
    ) -> Iterator[tuple[str, str]]:
        name, kind = control.get("name") or "", input_type(control)
        given = values.get(name)
        if is_button(control):
            yield from button_entries(control) if control is button else ()
        elif not name:
            return
        elif control.tag == "select":
            yield from ((name, option_value(option)) for option in _chosen(control, given))
        elif kind in ("checkbox", "radio"):
            if self._is_checked(control, given):
                yield name, control.get("value", "on")
        elif kind == "file" and given is None:
            yield name, NoFile()
        elif kind == "hidden" and name.lower() == "_charset_" and given is None:
            yield name, self.encoding
        else:
            value = held(control, given.next(control) if given else initial(control))
            yield name, value
            if has_direction(control):
                yield control.get("dirname", ""), direction(control, value)

    def _is_checked(self, control: Element, given: _Values | None) -> bool:
        if given:
            return given.chooses(control.get("value", "on"))
        if control.get("checked") is None:
            return False
        return input_type(control) == "checkbox" or control is self._last_checked[control.get("name")]

    @cached_property
    def _last_checked(self) -> dict[str | None, Element]:
        """The radio button of each group that is checked last: only that one stays so."""
        return {
            control.get("name"): control
            for control in self.controls
            if input_type(control) == "radio" and control.get("checked") is not None
        }


class _Values:
    """The value or values that a caller gave for one name, handed out control by control."""

    def __init__(self, value: str | bool | list[str]) -> None:
        self.value = value
        texts = [] if isinstance(value, bool) else value
        self._left = list(texts) if isinstance(texts, list) else [texts]

    def next(self, control: Element) -> str:
        """The text for the next control of this name; its own once the given ones are used up."""
        return str(self._left.pop(0)) if self._left else initial(control)

    def chooses(self, value: str) -> bool:
        """Whether a box or option of this value is chosen."""
        if isinstance(self.value, bool):
            return self.value
        return value in self.value if isinstance(self.value, list) else value == self.value


def _chosen(select: Element, given: _Values | None) -> list[Element]:
    """Return the options that are sent: of a select that takes one, the last that is chosen."""
    enabled = enabled_options(select)
    can_be_chosen = set(enabled)
    if given:
        chosen = [option for option in enabled if given.chooses(option_value(option))]
    else:
        chosen = selected_options(select)
    chosen = chosen if select.get("multiple") is not None else chosen[-1:]
    return [option for option in chosen if option in can_be_chosen]


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def _attribute(form: Element, button: Element | None, name: str) -> str:
    stated = button.get(f"form{name}") if button is not None else None
    return stated if stated is not None else form.get(name, "")
