"""`door_of`: the form by which a page signs in, found as `FormLogin` finds it, and the ways to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scraper.forms import CODE, MOST_FORMS, PASSWORD, USERNAME, Form, input_type, is_password, label_of
from scraper.login.captcha import captcha_on
from scraper.login.choose import choose, is_sign_in, says_sign_in, sign_in_button, takes
from scraper.redact import redact_url
from scraper.response import Response
from scraper.selector import Element, compile_xpath, text_of

MOST_WAYS = 3
"""So many links that say "sign in" are followed."""

LITTLE = 400
"""Characters that a page shows at most whose form a script has yet to draw."""

_FORGERY = re.compile(
    r"[cx]srf|forgery|authenticity|nonce|^_?token$|requesttoken|form_?key|sesskey", re.IGNORECASE
)
_links = compile_xpath("//a[@href]")
_scripts = compile_xpath("//script[@src or contains(., 'createElement') or contains(., 'innerHTML')]")
_roots = compile_xpath(
    "//*[@id='root' or @id='app' or @id='__next' or @id='__nuxt' or self::app-root or @ng-app]"
)


@dataclass(frozen=True)
class Door:
    """The form of a sign-in: which fields it has, and what goes along."""

    page: Response
    form: Form
    taken: dict[str, tuple[str, str]]
    """For each meaning: the name of the field, and how that was known."""
    why: str

    @property
    def url(self) -> str:
        """The address of the page with the form."""
        return self.page.url

    @property
    def has_username(self) -> bool:
        """Whether the form asks for a user name on its first page."""
        return USERNAME in self.taken

    @property
    def captcha(self) -> str | None:
        """The captcha of the page, which only a person solves."""
        return captcha_on(self.page)

    def told(self) -> Iterator[str]:
        """Yield in sentences what was found."""
        method = self.form.method(sign_in_button(self.form))
        yield f"The sign-in form stands at {redact_url(self.url)}: {self.why}."
        for meaning, (name, how) in self.taken.items():
            yield f"  {meaning:9} goes into the field {name!r}, known by {how}"
        if not any(map(is_password, self.form.typed_into())):
            yield "  password  is asked for on a later page"
        button = sign_in_button(self.form)
        pressed = f", by the button {label_of(button)!r}" if button is not None else ""
        yield f"  it is sent by {method} to {redact_url(self.form.action(button))}{pressed}"
        hidden = [
            c.get("name", "") for c in self.form.controls if input_type(c) == "hidden" and c.get("name")
        ]
        if hidden:
            yield f"  hidden fields go along: {', '.join(hidden)}"
        if tokens := [name for name in hidden if _FORGERY.search(name)]:
            yield f"  against forged requests (CSRF): {', '.join(tokens)}, taken anew from the page each time"


def door_of(page: Response) -> Door | None:
    """Return the form by which a page signs in; ``None`` where it has none."""
    forms = page.forms(MOST_FORMS)
    names = [USERNAME, PASSWORD]
    chosen = choose(forms, names, is_first=True)
    if chosen is None and (signing_in := [form for form in forms if is_sign_in(form)]):
        chosen = signing_in[0], "the one with a password field"
    if chosen is None:
        return None
    form, why = chosen
    taken = {
        name: found for name, found in takes(form, [*names, CODE]).items() if name != CODE or len(found) > 1
    }
    return Door(page, form, taken, why)


def ways_to_door(page: Response) -> list[str]:
    """Return the addresses of the links of a page that say "sign in", the plainest first."""
    found: dict[str, int] = {}
    for link in _links(page.tree) if page.is_html else ():
        strength = _says(link)
        for request in page.links(_query_of(link)) if strength else ():
            found[request.url] = max(strength, found.get(request.url, 0))
    return sorted(found, key=lambda url: found[url], reverse=True)[:MOST_WAYS]


def _says(link: Element) -> int:
    words = " ".join((text_of(link), link.get("aria-label", ""), link.get("title", "")))
    return 2 * says_sign_in(words) + says_sign_in(link.get("href", ""))


def _query_of(link: Element) -> str:
    quoted = link.get("href", "").replace("\\", r"\\").replace('"', r"\"")
    return f'a[href="{quoted}"]'


def is_drawn_by_script(page: Response) -> bool:
    """Whether a page shows next to nothing until its scripts have run."""
    if not page.is_html or len(page.shown_text) > LITTLE or page.has_password_field:
        return False
    return bool(_scripts(page.tree)) and (bool(_roots(page.tree)) or not page.forms(1))
