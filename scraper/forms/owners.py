"""Whose each control of a page is, and which label names which control."""

from __future__ import annotations

from scraper.forms.trees import once, root_of
from scraper.selector import Element, compile_xpath, text_of

LONGEST_LABEL = 1_000
"""Characters; what is longer is a part of the page that somebody has put into a label."""

_controls = compile_xpath(
    "(//input | //select | //textarea | //button)[not(ancestor::template) and (@form or ancestor::form)]"
)
_with_id = compile_xpath("//*[@id]")
_labels = compile_xpath("//label[@for]")


def controls_of(form: Element) -> list[Element]:
    """Return the controls whose "form owner" is `form`, in the order of the page."""
    return list(_by_owner(root_of(form)).get(form, ()))


def label_of_id(element: Element, id: str) -> str:
    """Return the text of the label that names the control of that id, on the page of `element`."""
    label = _by_id(root_of(element)).get(id)
    return "" if label is None else label_words(label)


@once
def label_words(label: Element) -> str:
    """Return the text of a label."""
    return text_of(label)[:LONGEST_LABEL]


@once
def _by_owner(root: Element) -> dict[Element, list[Element]]:
    firsts = _firsts(_with_id(root), "id")
    owned: dict[Element, list[Element]] = {}
    for control in _controls(root):
        owner = _owner(control, firsts)
        if owner is not None and owner.tag == "form":
            owned.setdefault(owner, []).append(control)
    return owned


def _owner(control: Element, firsts: dict[str, Element]) -> Element | None:
    """Return the form around `control`, or what it names, which is the first element of that id."""
    named = control.get("form")
    return next(control.iterancestors("form"), None) if named is None else firsts.get(named)


@once
def _by_id(root: Element) -> dict[str, Element]:
    return _firsts(_labels(root), "for")


def _firsts(elements: list[Element], name: str) -> dict[str, Element]:
    """Return by the value of an attribute the first element that has it; an empty value names nothing."""
    firsts: dict[str, Element] = {}
    for element in elements:
        firsts.setdefault(element.get(name, ""), element)
    firsts.pop("", None)
    return firsts
