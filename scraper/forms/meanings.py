"""Which field of a form is the user name, which the password, which the one-time code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from scraper.forms.controls import input_type, is_password
from scraper.forms.form import Form
from scraper.forms.owners import label_of_id, label_words
from scraper.forms.trees import inherited
from scraper.selector import Element

USERNAME, PASSWORD, CODE = "username", "password", "code"

_ACCOUNT_WORDS = re.compile(
    r"user|e-?mail|login|account|member|customer|identifi|benutzer|kennung|konto|nutzer|kunde|utilisateur|compte|"
    r"courriel|usuario|correo|cuenta|usu[áa]rio|conta\b|utente|gebruiker|anv[äa]ndar|brukernavn|bruger|k[äa]ytt[äa]j|"
    r"u[żz]ytkownik|konta?\b|u[žz]ivatel|пользовател|логин|почт|корист|пошт|kullan[ıi]c[ıi]|eposta|nickname|"
    r"phone|mobile|\btel\b|usr|uname|\blog\b|\buid\b|^id$|用户|用戶|账号|帳號|账户|邮箱|手机|ユーザ|メール|アカウント|"
    r"아이디|이메일|사용자|البريد|المستخدم|όνομα χρήστη|felhaszn",
    re.IGNORECASE,
)
_CODE_WORDS = re.compile(
    r"otp|2fa|mfa|two-?factor|one.?time|\bcode|code\b|_code|token|passcode|verification|authenticat(or|ion).?(app|code)|"
    r"einmal|sicherheitscode|best[äa]tigungscode|c[óo]digo|codice|verificatiecode|kod\b|код|doğrulama|验证码|驗證碼|"
    r"認証コード|確認コード|인증|رمز",
    re.IGNORECASE,
)
_OTHER_WORDS = re.compile(
    r"captcha|search|such|recherch|buscar|pesquis|cerca\b|zoek|newsletter|coupon|voucher|promo|gift|csrf|"
    r"postal|zip.?code|country|area.?code",
    re.IGNORECASE,
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

MOST_FORMS = 200
"""So many forms of a page are looked at for a sign-in."""

MOST_FIELDS = 100
"""So many fields of a form are looked at for a meaning; what has more is no sign-in."""


class Field(NamedTuple):
    """A field of a form by its name, and by what it was known."""

    name: str
    why: str


class _Sign(NamedTuple):
    strength: int
    why: str


def find_field(form: Form, meaning: str) -> Field | None:
    """Return the field that a person would give the `meaning` to: ``username``, ``password`` or ``code``.

    Known by, the strongest first: ``autocomplete``, the type, the words of name, id, label and placeholder,
    and for the user name the place right before the password.
    """
    signs = _SIGNS.get(meaning)
    if signs is None:
        return None
    fields = visible_fields(form)[:MOST_FIELDS]
    found = [(sign, control) for control in fields if (sign := signs(form, control))]
    if not found:
        return _before_password(form) if meaning == USERNAME else None
    sign, control = max(found, key=lambda pair: pair[0].strength)
    return Field(control.get("name", ""), sign.why)


def visible_fields(form: Form) -> list[Element]:
    """Return the fields that a person sees and types into; traps for robots are hidden by style."""
    return [control for control in form.typed_into() if is_visible(control)]


def is_visible(element: Element) -> bool:
    """Whether nothing in its markup, or in that around it, hides `element`."""
    return not _is_hidden(element)


def hides(element: Element) -> bool:
    """Whether the markup of `element` hides it and all in it."""
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(_HIDDEN_STYLE.search(element.get("style", "")))
    )


_is_hidden = inherited(hides)


def label_text(form: Form, control: Element) -> str:
    """Return the text of the label of a control: one around it, or one for its id."""
    around = next(control.iterancestors("label"), None)
    if around is not None:
        return label_words(around)
    return label_of_id(form.element, control.get("id", ""))


def _words(form: Form, control: Element) -> Iterator[tuple[str, str]]:
    for name in ("name", "id", "placeholder", "aria-label", "title"):
        yield name, control.get(name, "")
    yield "label", label_text(form, control)


def _by_words(form: Form, control: Element, pattern: re.Pattern[str], strength: int) -> _Sign | None:
    said = [(kind, text) for kind, text in _words(form, control) if text]
    if any(_OTHER_WORDS.search(text) for _, text in said):
        return None
    kind = next((kind for kind, text in said if pattern.search(text)), None)
    return _Sign(strength, f"its {kind}") if kind else None


def _hints(control: Element) -> set[str]:
    return set(control.get("autocomplete", "").lower().split())


def _username(form: Form, control: Element) -> _Sign | None:
    if is_password(control) or input_type(control) not in ("text", "email", "tel", "number", "url"):
        return None
    if "username" in _hints(control):
        return _Sign(5, "its autocomplete")
    if _code(form, control):
        return None
    if _hints(control) & {"email", "tel"}:
        return _Sign(4, "its autocomplete")
    if input_type(control) == "email" and not _by_words(form, control, _OTHER_WORDS, 1):
        return _Sign(3, "its type")
    return _by_words(form, control, _ACCOUNT_WORDS, 2)


def _password(form: Form, control: Element) -> _Sign | None:
    if not is_password(control):
        return None
    hints = _hints(control)
    if "current-password" in hints:
        return _Sign(5, "its autocomplete")
    if "one-time-code" in hints:
        return None
    return _Sign(1 if "new-password" in hints else 3, "its type")


def _code(form: Form, control: Element) -> _Sign | None:
    if "one-time-code" in _hints(control):
        return _Sign(5, "its autocomplete")
    if input_type(control) not in ("text", "tel", "number", "password", "textarea"):
        return None
    by_words = _by_words(form, control, _CODE_WORDS, 3)
    if is_password(control):
        is_lone = not any(other is not control and is_password(other) for other in form.typed_into())
        names = any(_CODE_WORDS.search(control.get(name, "")) for name in ("name", "id"))
        return by_words if is_lone and names else None
    return by_words


_SIGNS: dict[str, Callable[[Form, Element], _Sign | None]] = {
    USERNAME: _username,
    PASSWORD: _password,
    CODE: _code,
}


def _before_password(form: Form) -> Field | None:
    """Return the last field that is typed into before the password, or the only one of a form without."""
    fields = visible_fields(form)
    first = next((at for at, control in enumerate(fields) if is_password(control)), None)
    before = [
        c
        for c in fields[:first]
        if input_type(c) != "search" and not _code(form, c) and not _is_other(form, c)
    ]
    if not before or (first is None and len(before) > 1):
        return None
    return Field(
        before[-1].get("name", ""), "its place before the password" if first else "there being no other"
    )


def _is_other(form: Form, control: Element) -> bool:
    return any(_OTHER_WORDS.search(text) for _, text in _words(form, control))
