"""HTML forms: what is in one, filling it, and the request that submitting it makes.

Follows "Constructing the entry list" and "Form submission" of the HTML standard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote_plus

from urllib3.filepost import encode_multipart_formdata
from w3lib.encoding import resolve_encoding

from scraper.request import Request, join, origin
from scraper.selector import Element, compile_css, compile_xpath, text_of

BUTTONS = frozenset({"submit", "image"})
UNKNOWN = "xmlcharrefreplace"  # what becomes of a character that the encoding does not have
NOT_TYPED_INTO = frozenset({"submit", "image", "button", "reset", "hidden", "checkbox", "radio", "file"})

_controls = compile_xpath("//input | //select | //textarea | //button")
_options = compile_xpath(".//option")

Entries = list[tuple[str, str]]


class Form:
    """One form of a page. ``form["q"] = "books"`` fills a control, ``submit()`` gives the `Request`.

    A value may be a text, a list of texts (several boxes, options or controls of one name), or a bool
    (a box ticked or not).
    """

    def __init__(self, element: Element, *, url: str, base_url: str, encoding: str = "utf-8") -> None:
        self.element, self.url, self.base_url = element, url, base_url
        self.encoding = _output_encoding(_charset(element) or encoding)
        self.controls = [control for control in _controls(element) if self._owns(control)]
        self._values: dict[str, str | bool | list[str]] = {}

    @property
    def names(self) -> list[str]:
        """The names of the controls, in the order of the page."""
        return list(dict.fromkeys(name for control in self.controls if (name := control.get("name"))))

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __setitem__(self, name: str, value: str | bool | list[str]) -> None:
        if name not in self:
            raise KeyError(f"The form at {self.url} has no field {name!r}; it has {self._listed()}.")
        self._values[name] = value

    def __repr__(self) -> str:
        return f"<Form {self.method(None)} {self.action(None)} with {self._listed()}>"

    def _listed(self) -> str:
        return ", ".join(self.names) or "no field with a name"

    def typed_into(self) -> list[Element]:
        """Return the enabled controls with a name that a person types into."""
        return [
            control
            for control in self.controls
            if control.get("name") and control.tag in ("input", "textarea")
            if input_type(control) not in NOT_TYPED_INTO and not _is_disabled(control)
        ]

    def buttons(self) -> list[Element]:
        """Return the enabled buttons that submit, in the order of the page."""
        return [control for control in self.controls if _submits(control) and not _is_disabled(control)]

    def button(self, selector: str) -> Element:
        """Return the button that the CSS selector matches."""
        matches = compile_css(selector)(self.element.getroottree().getroot())
        for button in self.buttons():
            if button in matches:
                return button
        raise KeyError(f"The form at {self.url} has no button {selector!r}; it has {self._buttons_listed()}.")

    def _buttons_listed(self) -> str:
        return ", ".join(repr(label_of(button)) for button in self.buttons()) or "no button"

    def method(self, button: Element | None) -> str:
        """Return ``GET`` or ``POST``, as the form or the button says."""
        stated = _attribute(self.element, button, "method").upper()
        return stated if stated == "POST" else "GET"

    def action(self, button: Element | None) -> str:
        """Return the absolute address to which the form goes."""
        stated = _attribute(self.element, button, "action").strip()
        return join(self.base_url, stated) if stated else self.url

    def submit(self, button: Element | None = None) -> Request:
        """Return the request that pressing `button` makes; without one, the form's first is pressed."""
        button = button if button is not None else next(iter(self.buttons()), None)
        entries = self.entries(button)
        url = self.action(button).partition("#")[0]
        headers = {"Referer": self.url.partition("#")[0]}
        if self.method(button) == "GET":
            return Request(f"{url.partition('?')[0]}?{_urlencode(entries, self.encoding)}", headers=headers)
        body, content_type = self._body(entries, button)
        headers |= {"Content-Type": content_type, "Origin": origin(self.url)}
        return Request(url, "POST", headers, body)

    def _body(self, entries: Entries, button: Element | None) -> tuple[bytes, str]:
        enctype = _attribute(self.element, button, "enctype").lower()
        if enctype == "multipart/form-data":
            parts = [(name, value.encode(self.encoding, UNKNOWN)) for name, value in entries]
            return encode_multipart_formdata(parts)
        if enctype == "text/plain":
            lines = "".join(f"{name}={value}\r\n" for name, value in entries)
            return lines.encode(self.encoding, UNKNOWN), "text/plain"
        return _urlencode(entries, self.encoding).encode(), "application/x-www-form-urlencoded"

    def entries(self, button: Element | None) -> Entries:
        """Construct the entry list: the names and values that pressing `button` sends."""
        values = {name: _Values(value) for name, value in self._values.items()}
        entries: Entries = []
        for control in self.controls:
            if not _is_disabled(control) and not _in_datalist(control):
                entries.extend(self._entries_of(control, button, values))
        return entries

    def _entries_of(
        self, control: Element, button: Element | None, values: Mapping[str, _Values]
    ) -> Iterator[tuple[str, str]]:
        name, kind = control.get("name") or "", input_type(control)
        if _is_button(control):
            yield from _button_entries(control) if control is button else ()
        elif not name:
            return
        elif control.tag == "select":
            yield from ((name, value) for value in _selected(control, values.get(name)))
        elif kind in ("checkbox", "radio"):
            if self._is_checked(control, values.get(name)):
                yield name, control.get("value", "on")
        elif kind == "hidden" and name.lower() == "_charset_" and name not in values:
            yield name, self.encoding.upper()
        else:
            yield name, _newlines(values[name].next(control) if name in values else _initial(control))
            if control.get("dirname"):
                yield control.get("dirname", ""), "ltr"

    def _is_checked(self, control: Element, given: _Values | None) -> bool:
        if given:
            return given.chooses(control.get("value", "on"))
        return control.get("checked") is not None and control is self._last_checked(control)

    def _last_checked(self, control: Element) -> Element:
        """Return `control`, or of its radio group the button that is checked last: only that one stays so."""
        group = [
            other
            for other in self.controls
            if input_type(other) == "radio" and other.get("name") == control.get("name")
            if other.get("checked") is not None
        ]
        return group[-1] if input_type(control) == "radio" else control

    def _owns(self, control: Element) -> bool:
        named = control.get("form")
        if named is not None:
            return named != "" and named == self.element.get("id")
        return next(control.iterancestors("form"), None) is self.element


class _Values:
    """The value or values that a caller gave for one name, handed out control by control."""

    def __init__(self, value: str | bool | list[str]) -> None:
        self.value = value
        texts = [] if isinstance(value, bool) else value
        self._left = list(texts) if isinstance(texts, list) else [texts]

    def next(self, control: Element) -> str:
        """The text for the next control of this name; its own once the given ones are used up."""
        return str(self._left.pop(0)) if self._left else _initial(control)

    def chooses(self, value: str) -> bool:
        """Whether a box or option of this value is chosen."""
        if isinstance(self.value, bool):
            return self.value
        return value in self.value if isinstance(self.value, list) else value == self.value


def input_type(control: Element) -> str:
    """Return the type of a control: an input is ``text`` and a button ``submit`` unless it says otherwise."""
    stated = control.get("type", "").strip().lower()
    if control.tag == "button":
        return stated if stated in ("reset", "button") else "submit"
    return (stated or "text") if control.tag == "input" else str(control.tag)


def label_of(control: Element) -> str:
    """Return what a person reads on a button."""
    return text_of(control) or control.get("value") or control.get("alt") or control.get("name") or ""


def _is_button(control: Element) -> bool:
    return control.tag == "button" or input_type(control) in ("submit", "image", "button", "reset")


def _submits(control: Element) -> bool:
    return _is_button(control) and input_type(control) in BUTTONS


def _button_entries(button: Element) -> Iterator[tuple[str, str]]:
    name = button.get("name")
    if button.tag == "input" and input_type(button) == "image":
        prefix = f"{name}." if name else ""
        yield from ((f"{prefix}{axis}", "0") for axis in "xy")
    elif name:
        yield name, button.get("value", "")


def _is_disabled(control: Element) -> bool:
    if control.get("disabled") is not None:
        return True
    return any(
        fieldset.get("disabled") is not None and not _in_first_legend(control, fieldset)
        for fieldset in control.iterancestors("fieldset")
    )


def _in_first_legend(control: Element, fieldset: Element) -> bool:
    legend = next(fieldset.iterchildren("legend"), None)
    return legend is not None and legend in control.iterancestors("legend")


def _in_datalist(control: Element) -> bool:
    return next(control.iterancestors("datalist"), None) is not None


def _selected(select: Element, given: _Values | None) -> list[str]:
    options, is_single = _options(select), select.get("multiple") is None
    enabled = [option for option in options if not _is_disabled_option(option)]
    if given:
        chosen = [option for option in enabled if given.chooses(_option_value(option))]
    else:
        chosen = [option for option in options if option.get("selected") is not None]
        if not chosen and is_single and select.get("size", "1") in ("", "0", "1"):
            chosen = enabled[:1]
    chosen = chosen[-1:] if is_single else chosen
    return [_option_value(option) for option in chosen if option in enabled]


def _is_disabled_option(option: Element) -> bool:
    group = next(option.iterancestors("optgroup"), None)
    return option.get("disabled") is not None or (group is not None and group.get("disabled") is not None)


def _option_value(option: Element) -> str:
    value = option.get("value")
    return text_of(option) if value is None else value


def _initial(control: Element) -> str:
    if control.tag == "textarea":
        return (control.text or "").removeprefix("\n")
    return control.get("value", "")


def _newlines(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def _attribute(form: Element, button: Element | None, name: str) -> str:
    stated = button.get(f"form{name}") if button is not None else None
    return stated if stated is not None else form.get(name, "")


def _charset(form: Element) -> str | None:
    labels = form.get("accept-charset", "").replace(",", " ").split()
    return next(filter(None, map(resolve_encoding, labels)), None)


def _output_encoding(encoding: str) -> str:
    """Return what is sent from a page in `encoding` (Encoding standard, 4.3): UTF-16 is only read."""
    return "utf-8" if encoding.startswith(("utf-16", "utf-32")) else encoding


def _urlencode(entries: Entries, encoding: str) -> str:
    """Serialise as application/x-www-form-urlencoded (URL standard, 5.2)."""
    return "&".join(f"{_quote(name, encoding)}={_quote(value, encoding)}" for name, value in entries)


def _quote(text: str, encoding: str) -> str:
    return quote_plus(text.encode(encoding, UNKNOWN), safe="*").replace("~", "%7E")


def is_password(control: Element) -> bool:
    """Whether `control` is a password field."""
    return control.tag == "input" and input_type(control) == "password"
