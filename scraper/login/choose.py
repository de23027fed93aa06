"""Which form of a page signs in, which of its buttons does, and what of the credentials it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scraper.avoid import why_avoid
from scraper.forms import Form, find_field, input_type, is_password, is_visible, label_of
from scraper.request import is_http
from scraper.selector import Element, compile_xpath, text_of

Taken = dict[str, tuple[str, str]]
"""For each name in ``fill(...)``: the name of the form's field that it goes into, and how that was known."""

_SIGN_IN = re.compile(
    r"log ?[io]n|sign ?in|anmeld|einloggen|connexion|connecter|iniciar|ingresar|acceder|entrar|accedi|"
    r"inloggen|logga in|log ind|logg inn|kirjaudu|zaloguj|přihl[áa]|войти|вход|увійти|giriş|"
    r"登录|登入|ログイン|로그인|تسجيل الدخول|\bauth",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"regist|sign ?up|create|join|forgot|reset|cancel|guest|subscri|newsletter|search|recover|new account|"
    r"with (google|apple|facebook|github|microsoft)|passkey|abbrechen|annuler|cancelar|annulla|"
    r"\bback\b|previous|zur[üu]ck|retour|volver|voltar|indietro|terug",
    re.IGNORECASE,
)
_AUTHOR = re.compile(r"\bauthor\w*", re.IGNORECASE)
_SIGN_OUT = re.compile(r"(log|sign)[-_ ]?(out|off)", re.IGNORECASE)
_headings = compile_xpath(".//h1 | .//h2 | .//h3 | .//legend")


def takes(form: Form, names: Iterable[str]) -> Taken:
    """Return which of `names`, the form's own or meanings, the form has a field for; each field once."""
    taken: Taken = {}
    for name in names:
        found = (name, "its name") if name in form else find_field(form, name)
        if found and found[0] not in {field for field, _ in taken.values()}:
            taken[name] = (found[0], found[1])
    return taken


def passwords(form: Form) -> list[Element]:
    """Return the fields of a form that are meant for a password that there is already."""
    fields = [control for control in form.typed_into() if is_password(control) and is_visible(control)]
    old = [control for control in fields if "new-password" not in control.get("autocomplete", "").lower()]
    return old if old or len(fields) > 1 else fields


def is_sign_in(form: Form) -> bool:
    """Whether a form with a password signs in, rather than registers, changes the password or deletes.

    Those ask for the password twice or for a new one, or say what they do.
    """
    target = form.action(sign_in_button(form))
    is_harmless = is_http(target) and why_avoid(form.element, target) is None
    return len(passwords(form)) == 1 and is_harmless and not _goes_elsewhere(form)


def choose(forms: list[Form], names: list[str], *, is_first: bool) -> tuple[Form, str] | None:
    """Return the form that takes some of `names`, and why this one; ``None`` where none does.

    One with a password field goes before others; a registration has two, a search none. On the first page a
    form without a password has to look like a sign-in; further on, a page asks for what it wants.
    """
    takers = [form for form in forms if takes(form, names)]
    for form in sorted(takers, key=lambda form: _rank(form, names), reverse=True):
        if (
            is_sign_in(form)
            if _has_password(form)
            else _signs_in(form) or not (is_first or _goes_elsewhere(form))
        ):
            return form, _why(form, forms)
    return None


def _has_password(form: Form) -> bool:
    return any(map(is_password, form.typed_into()))


def _rank(form: Form, names: list[str]) -> tuple[bool, int, int, int]:
    number = len(passwords(form))
    fields = takes(form, names)
    return number == 1, -number, _signs_in(form) - _goes_elsewhere(form), len(fields)


def _why(form: Form, forms: list[Form]) -> str:
    if len(forms) == 1:
        return "the only form of the page"
    if passwords(form):
        return f"of {len(forms)} forms, that with the password"
    return f"of {len(forms)} forms, that which looks like a sign-in"


def _signs_in(form: Form) -> bool:
    button = sign_in_button(form)
    said = [form.element.get(name, "") for name in ("id", "name", "class", "action")]
    said += [label_of(button) if button is not None else "", *map(text_of, _headings(form.element))]
    is_named = any(_SIGN_IN.search(text) for text in said) or "login" in " ".join(said).lower()
    return is_named and not _goes_elsewhere(form)


def _goes_elsewhere(form: Form) -> bool:
    button = sign_in_button(form)
    is_search = any(input_type(control) == "search" for control in form.controls)
    is_other = button is not None and _likeness(button) < 0
    return is_search or is_other or form.element.get("role") == "search"


def sign_in_button(form: Form) -> Element | None:
    """Return the button that signs in: by its words where there are several, else the first."""
    return max(form.buttons(), key=_likeness, default=None)


def says_sign_in(words: str) -> bool:
    """Whether the words of a link, or its address, say that it leads to a sign-in."""
    words = _AUTHOR.sub("", words)
    return bool(_SIGN_IN.search(words)) and not _ELSEWHERE.search(words) and not _SIGN_OUT.search(words)


def _likeness(button: Element) -> int:
    """Judge a button by what a person reads on it, or else by its names; unchecked, it goes back."""
    label = text_of(button) or (button.get("value", "") if button.tag == "input" else "")
    words = label or " ".join(button.get(name) or "" for name in ("alt", "name", "value", "id"))
    goes_back = button.get("formnovalidate") is not None or button.get("hidden") is not None
    return bool(_SIGN_IN.search(words)) - bool(_ELSEWHERE.search(words)) - goes_back
