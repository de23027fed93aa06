"""Pages between a login form and the members' pages, which lead on by themselves or want one press."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scraper.avoid import why_avoid
from scraper.forms import MOST_FORMS, Form, input_type, label_of, visible_fields
from scraper.referrer import referrer
from scraper.request import Request, is_http, join
from scraper.response import Response
from scraper.selector import Element, compile_xpath

SOON = 10.0
"""Seconds within which a meta refresh counts as leading on; a slower one reloads a page that is read."""

LONGEST_SCRIPT = 5_000
"""Characters; a script that only leads on is short."""

BRIEF = 1_500
"""Characters that a page shows at most that is only in between."""

_refreshes = compile_xpath(
    "//meta[translate(@http-equiv, 'REFSH', 'refsh') = 'refresh' and not(ancestor::noscript)]/@content"
)
_scripts = compile_xpath("//script[not(@src)]/text() | //body/@onload")
_REFRESH = re.compile(r"\s*(\d+(?:\.\d*)?)\s*[;,]?\s*(?:url\s*=\s*)?(.*)", re.IGNORECASE | re.DOTALL)
_SUBMITS = re.compile(r"\.\s*(submit|requestSubmit)\s*\(|\.click\s*\(\s*\)")
_BLOCK = re.compile(r"\{[^{}]*\}")
_WAITS = re.compile(r"=>|function|setTimeout|setInterval|addEventListener|confirm\s*\(|\bif\b")
_LEADS = re.compile(
    r"""(?:^|[;{}\s.])location(?:\.href)?\s*=\s*(["'])([^"'\s]+)\1|location\.(?:replace|assign)\(\s*(["'])([^"'\s]+)\3"""
)
_YES = re.compile(
    r"\b(continue|yes|ok(ay)?|next|proceed|allow|agree|stay|remember|"
    r"got it|skip|later|not now|weiter|ja|fortfahren|angemeldet|continuer|"
    r"oui|suivant|continuar|s[íi]|siguiente|sim|"
    r"seguinte|continua|avanti|doorgaan|verder|toestaan|forts[äa]tt|till[åa]t|forts[æa]t|"
    r"jatka|salli|dalej|tak|kontynuuj|zezw[óo]l|pokra[čc]ovat|ano|povolit|продолжить|да|далее|разрешить|"
    r"продовжити|так|дозволити|devam|evet|izin ver)\b|"
    r"继续|繼續|同意|允许|允許|是的|続行|次へ|はい|許可|계속|다음|예|허용|متابعة|نعم|موافق",
    re.IGNORECASE,
)
_TRADE = re.compile(
    r"[€$£¥₹₽]\s*\d|\d\s*[€$£¥₹₽]|\b\d[\d.,]*\s*(EUR|USD|GBP|CHF|JPY|PLN|SEK|RUB)\b|"
    r"\b(pay|buy|order|purchase|checkout|donate|transfer|bezahlen|kaufen|bestell\w*|überweis\w*|payer|acheter|"
    r"commander|pagar|comprar|pedido|paga|acquista|betalen|bestellen|kupuj|zapłać|купить|оплатить)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\b(no|cancel|deny|decline|reject|back|abort|refuse|different|another|switch|nein|abbrechen|ablehnen|zur[üu]ck|"
    r"non|annuler|refuser|retour|cancelar|rechazar|volver|n[ãa]o|recusar|annulla|rifiuta|indietro|nee|annuleren|"
    r"weigeren|avbryt|annuller|nej|nei|peruuta|ei|nie|anuluj|odm[óo]w|zru[šs]it|нет|отмена|назад|отклонить|ні|"
    r"скасувати|hay[ıi]r|iptal|reddet)\b|取消|拒绝|拒絕|否|キャンセル|いいえ|拒否|취소|아니요|거부|إلغاء|لا\b",
    re.IGNORECASE,
)


def has_way_out(page: Response) -> bool:
    """Whether a page has a link, form or button to sign out by, as only members have."""
    return bool(page.ways_out)


def leads_on(page: Response) -> Request | None:
    """Return the request that a browser would make next by itself: a refresh, or what a script asks for."""
    if not page.is_html:
        return None
    for url in (*_refreshed_to(page), *_scripted_to(page)):
        if is_http(url) and url != page.url.partition("#")[0] and why_avoid(None, url) is None:
            return Request(url, headers=referrer(page.url, url))
    return None


def _refreshed_to(page: Response) -> Iterator[str]:
    for content in _refreshes(page.tree):
        match = _REFRESH.fullmatch(str(content))
        if match and match[2] and float(match[1]) <= SOON:
            yield join(page.base_url, match[2].strip().strip("\"'")).partition("#")[0]


def _scripted_to(page: Response) -> Iterator[str]:
    if len(page.shown_text) > BRIEF or page.forms(MOST_FORMS):
        return
    for script in _scripts(page.tree):
        for match in _LEADS.finditer(_run_at_once(str(script))):
            yield join(page.base_url, match[2] or match[4]).partition("#")[0]


def posts_itself(page: Response) -> Form | None:
    """Return the form that a script submits as soon as the page is shown, as SAML and OpenID Connect do."""
    forms = [
        form for form in page.forms(MOST_FORMS) if form.names and _is_handed_on(form) and not _is_danger(form)
    ]
    if len(forms) != 1 or len(page.shown_text) > BRIEF:
        return None
    names = {name.lower() for name in forms[0].names}
    is_known = bool(
        {"samlresponse", "samlrequest", "wresult", "id_token"} & names or {"code", "state"} <= names
    )
    is_scripted = any(_SUBMITS.search(_run_at_once(str(script))) for script in _scripts(page.tree))
    return forms[0] if is_known or is_scripted else None


def _run_at_once(script: str) -> str:
    """Return what of a script runs as the page is shown: nothing in braces, nor what waits or asks first."""
    if len(script) > LONGEST_SCRIPT:
        return ""
    while (shorter := _BLOCK.sub(" ", script)) != script:
        script = shorter
    return ";".join(part for part in script.split(";") if not _WAITS.search(part))


def _is_handed_on(form: Form) -> bool:
    """Whether there is nothing in a form for a person to fill or choose."""
    return all(input_type(control) in ("hidden", "submit", "image", "button") for control in form.controls)


def button_between(page: Response, *, is_provider: bool) -> tuple[Form, Element] | None:
    """Return the one button of a page that only stands in between: "stay signed in?", a consent, a notice.

    Such a page shows little, has nothing to type into, and one form with a button that says yes. A page of
    the site's own with a way out is a member's, and its buttons are none of ours. A provider's may have one,
    and where it has one button that does not say no, that is it whatever it says.
    """
    if not page.is_html or len(page.shown_text) > BRIEF or (not is_provider and has_way_out(page)):
        return None
    forms = [form for form in page.forms(MOST_FORMS) if form.buttons() and not _is_danger(form)]
    if len(forms) != 1 or visible_fields(forms[0]) or _TRADE.search(page.shown_text):
        return None
    buttons = [button for button in forms[0].buttons() if not _says(button, _NO)]
    if not is_provider or len(buttons) > 1:
        buttons = [button for button in buttons if _says(button, _YES)]
    if len(buttons) == 1 or (buttons and len(forms[0].buttons()) == len(buttons)):
        return forms[0], buttons[0]
    return None


def _says(button: Element, words: re.Pattern[str]) -> bool:
    return bool(words.search(label_of(button)))


def _is_danger(form: Form) -> bool:
    """Whether sending a form would sign out or destroy, or goes nowhere."""
    target = form.action(None)
    return not is_http(target) or why_avoid(form.element, target) is not None
