"""What a form asks for, apart from user name and password."""

from __future__ import annotations

import re

from scraper.forms import CODE, Form, find_field, is_password, label_of, label_text, visible_fields
from scraper.forms.trees import once, root_of
from scraper.login import words
from scraper.login.captcha import captcha_field
from scraper.login.complaints import LONGEST_COMPLAINT
from scraper.login.pages import BRIEF
from scraper.login.reading import text_in
from scraper.selector import Element, compile_xpath, text_of

_headings = compile_xpath("//h1 | //h2")
_NEW = re.compile(r"new|neu|nouve|nuev|nova|nuov|nieuw|nytt|nowe|нов|yeni|uusi|新|새|جديد", re.IGNORECASE)


def asks_for_password(form: Form) -> bool:
    """Whether a form has a field for a password."""
    return any(map(is_password, form.typed_into()))


def asks_for_code(form: Form) -> bool:
    """Whether a form asks for a one-time code, and not for one on a voucher or in a picture.

    A field that is only called "code" counts where it is all that a short page asks for.
    """
    if asks_plainly_for_code(form):
        return True
    is_all = _code_field(form) is not None and len(visible_fields(form)) == 1
    return is_all and len(text_in(root_of(form.element))) <= BRIEF


def asks_plainly_for_code(form: Form) -> bool:
    """Whether a field of a form says that it is for a one-time code."""
    field = _code_field(form)
    if field is None:
        return False
    return "one-time-code" in field.get("autocomplete", "") or words.says(words.CODE, _described(form, field))


def _code_field(form: Form) -> Element | None:
    field = find_field(form, CODE)
    if field is None or field.name == captcha_field(form):
        return None
    return next(control for control in visible_fields(form) if control.get("name") == field.name)


def asks_for_new_password(form: Form) -> bool:
    """Whether a form is for a new password: it asks for nothing but passwords, two or more or a new one."""
    fields = [field for field in visible_fields(form) if field.get("readonly") is None]
    if not fields or not all(map(is_password, fields)):
        return False
    return len(fields) > 1 or bool(_NEW.search(_described(form, fields[0])))


def asks_for_consent(form: Form) -> bool:
    """Whether a form has nothing to type, and asks to accept something that is not about cookies."""
    if visible_fields(form) or not form.buttons():
        return False
    buttons = " ".join(map(label_of, form.buttons()))
    said = f"{text_in(form.element)} {buttons}"
    heard = f"{buttons}. {_headings_of(root_of(form.element))}. {said}"  # terms may be long, so last
    return words.says(words.TERMS, heard) and "cookie" not in said.lower()


@once
def _headings_of(root: Element) -> str:
    return ". ".join(map(text_of, _headings(root)))[:LONGEST_COMPLAINT]


def _described(form: Form, control: Element) -> str:
    names = ("name", "id", "placeholder", "aria-label", "title")
    return ". ".join([label_text(form, control), *(control.get(name, "") for name in names)])
