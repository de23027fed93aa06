"""A page as a person sees it, copied out of the browser: with marks, by which its fields are found again."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

from scraper.forms import input_type
from scraper.response import Response
from scraper.selector import Element, compile_xpath

MARK = "data-mark"

COPY = """mark => {
  const live = [], inert = document.implementation.createHTMLDocument("")
  const unread = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "IFRAME", "OBJECT", "CANVAS", "SVG"])
  const marked = "input, textarea, select, button, form, a, [role=button], [onclick]"
  const isUnseen = node => node.checkVisibility && !node.checkVisibility({visibilityProperty: true})
  const copy = (node, isShown) => {
    if (node.nodeType === 3) return inert.importNode(node)
    if (node.nodeType !== 1 || unread.has(node.tagName.toUpperCase())) return null
    const made = inert.importNode(node, false)
    if (node.matches(marked)) made.setAttribute(mark, live.push(node) - 1)
    const isBody = isShown && node.tagName !== "HEAD"
    if (isBody && node.tagName !== "OPTION" && node.tagName !== "HTML" && isUnseen(node)) made.hidden = true
    const inner = node.shadowRoot ? [...node.shadowRoot.childNodes] : []
    for (const child of [...inner, ...node.childNodes]) {
      const part = copy(child, isBody)
      if (part) made.append(part)
    }
    return made
  }
  const root = document.documentElement
  return {live, source: root ? copy(root, true).outerHTML : ""}
}"""

SETTLE = """([quiet, most]) => new Promise(done => {
  const observer = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(end, quiet, true) })
  const end = isQuiet => { observer.disconnect(); done(isQuiet) }
  let timer = setTimeout(end, quiet, document.readyState !== "loading")
  setTimeout(end, most, false)
  const all = {subtree: true, childList: true, attributes: true, characterData: true}
  observer.observe(document, all)
})"""

STIR = """most => new Promise(done => {
  const observer = new MutationObserver(() => { observer.disconnect(); done(true) })
  setTimeout(() => { observer.disconnect(); done(false) }, most)
  const all = {subtree: true, childList: true, attributes: true, characterData: true}
  observer.observe(document, all)
})"""

_fields = compile_xpath("//input | //textarea | //select")
_pressed = compile_xpath(
    ".//button | .//input[@type='button'] | .//*[@role='button' or @onclick] | "
    ".//a[not(@href) or @href='#' or starts-with(@href, 'javascript:')]"
)
_submits = compile_xpath("boolean(.//button[not(@type) or @type='submit'] | .//input[@type='submit'])")
_UNTYPED = frozenset(("hidden", "submit", "button", "image", "reset", "search"))


def page_of(
    source: str,
    url: str,
    *,
    status: int,
    headers: Mapping[str, str],
    said: Iterable[str],
    history: tuple[str, ...],
) -> Response:
    """Return a copied page as the answer it is: with what dialogs `said`, and forms where scripts make do.

    Fields without a form around them are given one, fields without a name get one, and of a form that no
    button submits, every button does: what scripts do with them only the browser knows.
    """
    alerts = "".join(f"<div role=alert>{html.escape(text)}</div>" for text in said)
    body, end, _ = source.rpartition("</body>")
    kept = {name: value for name, value in headers.items() if name.lower() == "retry-after"}
    page = Response(
        url,
        status=status,
        headers={"Content-Type": "text/html; charset=utf-8", **kept},
        content=f"<!DOCTYPE html>{body or source}{alerts}{end}".encode("utf-8", "replace"),
        history=history,
    )
    _complete(page.tree, url)
    return page


def _complete(tree: Element, url: str) -> None:
    fields = [field for field in _fields(tree) if input_type(field) not in _UNTYPED]
    _name(fields)
    orphans = [field for field in fields if field.get("form") is None and _form_of(field) is None]
    if seen := [field for field in orphans if field.get("hidden") is None]:
        form = _made_form(_around(seen))
        form.set("action", url)
        _give_buttons(form, is_made=True)
    for form in tree.iter("form"):
        _give_buttons(form, is_made=False)


def _name(fields: Sequence[Element]) -> None:
    """Name fields that have no name, by their id or their place."""
    for number, field in enumerate(fields):
        if not field.get("name"):
            field.set("name", field.get("id") or f"field-{number}")


def _form_of(field: Element) -> Element | None:
    return next(field.iterancestors("form"), None)


def _around(fields: Sequence[Element]) -> Element:
    """Return the innermost element that holds all `fields` and something to press."""
    inside = [set(field.iterancestors()) for field in fields]
    common = set.intersection(*inside)
    ancestors = [element for element in fields[0].iterancestors() if element in common]
    return next((element for element in ancestors if _pressed(element)), ancestors[-1])


def _made_form(element: Element) -> Element:
    """Make a form of an element; of a whole page, of all that stands in it."""
    if element.tag not in ("html", "body"):
        element.tag = "form"
        return element
    body = next(element.iter("body"), element)
    form = element.makeelement("form", {})
    form.extend(list(body))
    body.append(form)
    return form


def _give_buttons(form: Element, *, is_made: bool) -> None:
    if not is_made and _submits(form):
        return
    for button in _pressed(form):
        if button.tag not in ("button", "input"):
            button.tag = "button"
        if button.get("type") in (None, "button"):
            button.set("type", "submit")
