"""Captchas: told from their markup before a form is submitted, so that no attempt is wasted."""

from __future__ import annotations

import re

from scraper.forms import MOST_FORMS, USERNAME, Form, find_field, is_password, label_text, visible_fields
from scraper.forms.trees import once, root_of
from scraper.login.reading import is_shown
from scraper.login.words import CAPTCHA, says
from scraper.response import Response
from scraper.selector import Element, compile_xpath

_KINDS = {
    "g-recaptcha": "reCAPTCHA",
    "h-captcha": "hCaptcha",
    "cf-turnstile": "Turnstile",
    "frc-captcha": "Friendly Captcha",
    "funcaptcha": "FunCaptcha",
    "arkose": "Arkose Labs",
    "geetest": "GeeTest",
    "awswaf": "AWS WAF",
    "aws-waf": "AWS WAF",
    "altcha-widget": "ALTCHA",
    "mcaptcha": "mCaptcha",
    "mtcaptcha": "MTCaptcha",
    "smart-captcha": "SmartCaptcha",
    "procaptcha": "Procaptcha",
    "tencentcaptcha": "Tencent Captcha",
}
"""Beginnings of the class, id or tag of a widget, and who makes it."""

_CHALLENGES = {"cf-mitigated": ("challenge", "Cloudflare"), "x-amzn-waf-action": ("captcha", "AWS WAF")}
"""Headers that say an answer is a captcha, and who sent it."""

_NOT_WIDGETS = frozenset(("button", "input", "textarea", "script", "link", "style", "a"))
_widgets = compile_xpath("//*[@class or @id or @data-sitekey or contains(name(), '-')]")
_pictures = compile_xpath(".//img[@src]")
_PICTURE = re.compile(
    r"[ck]aptcha|securimage|verif(y|ication)[-_]?(code|ima?ge?)|(validate|check|rand|auth|security)[-_]?(code|ima?ge?)|"
    r"vcode|sec-?code|(code|num)[-_]?ima?ge?",
    re.IGNORECASE,
)


def captcha_in(form: Form) -> str | None:
    """Name the captcha that a form holds: who makes it, or the name of the field that its answer goes into.

    What checks visitors without showing anything, as a reCAPTCHA of invisible size, is none.
    """
    return widget_in(form.element) or captcha_field(form)


def captcha_on(page: Response) -> str | None:
    """Name the captcha that a page shows, in one of its forms or outside."""
    for header, (value, name) in _CHALLENGES.items():
        if page.headers.get(header, "").lower() == value:
            return name
    forms = (captcha_in(form) for form in page.forms(MOST_FORMS) if is_shown(form.element))
    return next(filter(None, forms), None) or (widget_in(page.tree) if page.is_html else None)


def widget_in(element: Element) -> str | None:
    """Name the first visible widget below `element`; below a whole page, only outside of forms."""
    root = root_of(element)
    return _by_form(root).get(None if element is root else element)


@once
def _by_form(root: Element) -> dict[Element | None, str]:
    """Return the first visible widget in each form of a page, and under ``None`` outside of all."""
    first: dict[Element | None, str] = {}
    for part in _widgets(root):
        if (name := _widget(part)) and is_shown(part):
            for form in list(part.iterancestors("form")) or [None]:
                first.setdefault(form, name)
    return first


def _widget(element: Element) -> str | None:
    if element.tag in _NOT_WIDGETS or element.get("data-size") == "invisible":
        return None
    names = [str(element.tag), element.get("id", ""), *element.get("class", "").split()]
    known = (maker for name in names for start, maker in _KINDS.items() if name.lower().startswith(start))
    return next(known, "a captcha" if element.get("data-sitekey") else None)


def captcha_field(form: Form) -> str | None:
    """Return the name of the field that the answer to a captcha is typed into."""
    username = find_field(form, USERNAME)
    fields = [field for field in visible_fields(form) if not is_password(field)]
    fields = [field for field in fields if username is None or field.get("name") != username.name]
    for field in fields:
        if says(CAPTCHA, f"{field.get('name', '')}. {field.get('id', '')}. {_label(form, field)}"):
            return field.get("name")
    pictures = (img for img in _pictures(form.element) if is_shown(img))
    has_picture = fields and any(_PICTURE.search(_source(img)) for img in pictures)
    return fields[-1].get("name") if has_picture else None


def _label(form: Form, field: Element) -> str:
    return f"{label_text(form, field)}. {field.get('placeholder', '')}. {field.get('aria-label', '')}"


def _source(picture: Element) -> str:
    return " ".join(picture.get(name, "") for name in ("src", "alt", "id", "class"))
