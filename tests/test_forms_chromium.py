"""Forms of `form_cases`, and 200 generated ones, submitted by Chromium and by us: the same, byte for byte."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from scraper import Response, Session

from .form_cases import CASES, Case
from .servers import Asked, Reply, Server, serving

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 20.0
BATCH = 40
OPEN = """pages => Promise.all(pages.map(page => new Promise(loaded => {
    const frame = document.createElement("iframe")
    frame.onload = loaded
    frame.src = page
    document.body.append(frame)
})))"""
SUBMIT = """cases => cases.forEach(([frame, press, filled]) => {
    const page = frames[frame].document, form = page.querySelector("form")
    for (const [name, value] of Object.entries(filled)) form.elements.namedItem(name).value = value
    form.noValidate = true
    const first = [...page.querySelectorAll("button, input")].find(it =>
        it.form === form && ["submit", "image"].includes(it.type) && !it.matches(":disabled"))
    form.requestSubmit(press ? page.querySelector(press) : first)
})"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


class Sent(NamedTuple):
    """What arrived at the server, the boundary put at naught."""

    method: str
    target: str
    content_type: str | None
    body: bytes
    origin: str | None
    referer: str | None


class World:
    """A server with the pages of some cases, and two who submit their forms: Chromium and a `Session`."""

    def __init__(self, server: Server, pages: dict[str, Reply], tab: Any) -> None:
        self.server, self.pages, self.tab, self.session = server, pages, tab, Session(retry=1)

    def by_chromium(self, cases: Sequence[Case]) -> list[Sent]:
        """Open the pages as frames of one, and submit all forms; the referrer tells which is whose."""
        paths = [self._path(number, case) for number, case in enumerate(cases)]
        self.pages.update(zip(paths, map(self._page, cases), strict=True))
        self.tab.goto(self.server.url("/host"))
        self.tab.evaluate(OPEN, paths)
        self.pages.clear()
        before = len(self.server.asked)
        self.tab.evaluate(SUBMIT, [[n, case.press, dict(case.fill)] for n, case in enumerate(cases)])
        arrived = self._arrived(before, len(cases))
        by_referer = {one.referer: one for one in arrived} if len(cases) > 1 else {}
        return [by_referer[self.server.url(path)] for path in paths] if by_referer else arrived

    def by_us(self, cases: Sequence[Case]) -> list[Sent]:
        """Submit the form of each page."""
        return [self._submitted(n, case) for n, case in enumerate(cases)]

    def _submitted(self, number: int, case: Case) -> Sent:
        page = self._page(case)
        url = self.server.url(self._path(number, case))
        form = Response(url, content=page.body, headers=dict(page.headers)).forms()[0]
        for name, value in case.fill.items():
            form[name] = value
        before = len(self.server.asked)
        request = form.submit(form.button(case.press) if case.press else None)
        self.session.exchange(request)
        return self._arrived(before, 1)[0]._replace(target=_target(request.url))

    def _path(self, number: int, case: Case) -> str:
        return f"/{number}{case.path}"

    def _page(self, case: Case) -> Reply:
        content = case.content.replace(b"{port}", str(self.server.port).encode())
        return Reply(headers=[("Content-Type", f"text/html; charset={case.charset}")], body=content)

    def _arrived(self, before: int, count: int) -> list[Sent]:
        deadline = time.monotonic() + PATIENCE
        while len(self.server.asked) < before + count:
            assert time.monotonic() < deadline, "nothing was sent"
            time.sleep(0.0005)
        return [sent(asked) for asked in self.server.asked[before:]]


def _target(url: str) -> str:
    """What a browser asks a server for; requests then spells some of that differently, but means it."""
    return "/" + url.split("/", 3)[3]


def sent(asked: Asked) -> Sent:
    headers = {name.lower(): value for name, value in asked.headers.items()}
    kind, body = headers.get("content-type"), asked.body
    if boundary := re.fullmatch(r"multipart/form-data; boundary=([\w-]+)", kind or ""):
        kind, body = "multipart/form-data", body.replace(b"--" + boundary[1].encode(), b"--boundary")
    return Sent(asked.method, asked.path, kind, body, headers.get("origin"), headers.get("referer"))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    pages: dict[str, Reply] = {}
    host = Reply(headers=[("Content-Type", "text/html")], body=b"<link rel=icon href=data:,><body>")

    def answer(asked: Asked) -> Reply:
        return host if asked.path == "/host" else pages.get(asked.path, Reply(204))

    with sync_api.sync_playwright() as playwright, serving(answer) as server:
        arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield World(server, pages, browser.new_page())
        browser.close()


ALONE = [case for case in CASES if "{port}" in case.html]  # to another origin goes no whole referrer
TOGETHER = [case for case in CASES if case not in ALONE]
BATCHES = [TOGETHER[n : n + BATCH] for n in range(0, len(TOGETHER), BATCH)] + [[case] for case in ALONE]


@pytest.mark.parametrize("cases", BATCHES, ids=lambda cases: cases[0].title)
def test_we_send_what_chromium_sends(cases: list[Case], world: World):
    for case, ours, theirs in zip(cases, world.by_us(cases), world.by_chromium(cases), strict=True):
        assert (ours == theirs) == (not case.because), (case, ours, theirs)


# Generated forms

LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co"])
ODD = "ab12 \n\r\t\"'<>&=+%;~*-._#?/\\@,éß€漢Жא😀\xa0"
TEXTS = st.text(st.one_of(st.sampled_from(ODD), LETTERS), max_size=6)
NAMES = st.one_of(st.sampled_from(["a", "b", "a[]", "_charset_", "isindex", ""]), TEXTS)
LABELS = ["utf-8", "windows-1252", "iso-8859-1", "windows-1251", "shift_jis", "x, latin2"]
TYPES = [
    *("text", "hidden", "search", "tel", "url", "email", "password", "number", "range", "color"),
    *("date", "month", "week", "time", "datetime-local", "checkbox", "checkbox", "radio", "radio"),
    *("file", "submit", "image", "button", "reset", "nonsense"),
]


def attributes(**choices: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Some of these attributes, each with one of its values."""
    drawn = st.fixed_dictionaries({}, optional={name.replace("_", "-"): it for name, it in choices.items()})
    return drawn.map(lambda given: "".join(f' {name}="{escape(value)}"' for name, value in given.items()))


FLAG = st.just("")
SHARED = {
    "disabled": FLAG,
    "form": st.sampled_from(["f", "f", "g", ""]),
    "dir": st.sampled_from(["rtl", "ltr", "auto"]),
}
GOES = {
    "action": st.sampled_from(["", "?", "?x", "/sent", "../up?old=1#part", "é b"]),
    "method": st.sampled_from(["get", "post", "POST", ""]),
    "enctype": st.sampled_from(["multipart/form-data", "application/x-www-form-urlencoded", "nonsense"]),
}
NUMBERS = st.sampled_from(["1", "-1.5", "7", "1e2", "x"])
INPUTS = st.one_of(
    st.tuples(
        st.sampled_from(TYPES),
        attributes(
            name=NAMES, value=st.one_of(TEXTS, NUMBERS), checked=FLAG, multiple=FLAG,
            min=NUMBERS, max=NUMBERS, step=NUMBERS, **SHARED,
        ),
    ).map(lambda it: f'<input type="{it[0]}"{it[1]}>'),
    attributes(name=NAMES, value=TEXTS, dirname=st.just("d"), **SHARED).map("<input{}>".format),
)  # fmt: skip
TEXTAREAS = st.builds("<textarea{}>{}</textarea>".format, attributes(name=NAMES, **SHARED), TEXTS.map(escape))
OPTIONS = st.builds(
    "<option{}>{}</option>".format,
    attributes(value=TEXTS, selected=FLAG, disabled=FLAG, label=TEXTS),
    TEXTS.map(escape),
)
GROUPS = st.builds(
    "<optgroup{}>{}</optgroup>".format, attributes(disabled=FLAG), st.lists(OPTIONS, max_size=2).map("".join)
)
SELECTS = st.builds(
    "<select{}>{}</select>".format,
    attributes(name=NAMES, multiple=FLAG, size=st.sampled_from("0123"), disabled=FLAG, form=SHARED["form"]),
    st.lists(st.one_of(OPTIONS, GROUPS), max_size=4).map("".join),
)
BUTTONS = st.builds(
    "<button{}>x</button>".format,
    attributes(
        name=NAMES, value=TEXTS, type=st.sampled_from(["submit", "reset", ""]), disabled=FLAG,
        formaction=GOES["action"], formmethod=GOES["method"], formenctype=GOES["enctype"],
    ),
)  # fmt: skip
CONTROLS = st.one_of(INPUTS, INPUTS, TEXTAREAS, SELECTS, BUTTONS)
LEGENDS = st.lists(CONTROLS, max_size=2).map("".join)  # without a legend in it: see `KNOWN`
FIELDSET = "<fieldset{}><legend>{}</legend>{}</fieldset>"
INSIDES = st.recursive(
    st.lists(CONTROLS, max_size=5).map("".join),
    lambda inside: st.one_of(
        st.builds("<div{}>{}</div>".format, attributes(dir=SHARED["dir"]), inside),
        st.builds(FIELDSET.format, attributes(disabled=FLAG), LEGENDS, inside),
        st.builds("<table><tr><td>{}</td><td>{}</td></tr></table>".format, inside, inside),
        st.builds("{}{}".format, inside, inside),
    ),
    max_leaves=4,
)
FORMS = st.builds(
    "{}{}<form id=f{}>{}<button id=pressed name=pressed>x</button></form>{}".format,
    st.sampled_from(["", "<base href=/based/here>"]),
    st.lists(CONTROLS, max_size=2).map("".join),
    attributes(**GOES, accept_charset=st.sampled_from(LABELS)),
    INSIDES,
    INSIDES,
)
PAGES = st.builds(
    Case,
    st.just("generated"),
    FORMS,
    press=st.sampled_from([None, "#pressed"]),
    charset=st.sampled_from(["utf-8", "windows-1252", "shift_jis"]),
)


def generated(count: int) -> list[Case]:
    """The same forms every time."""
    cases: list[Case] = []

    @settings(max_examples=count, phases=[Phase.generate], derandomize=True, deadline=None, database=None)
    @given(PAGES)
    def collect(case: Case) -> None:
        cases.append(case)

    collect()
    return cases


def test_200_generated_forms_send_what_chromium_sends(world: World):
    cases = generated(200)
    assert len({case.html for case in cases}) > 190
    for start in range(0, len(cases), BATCH):
        batch = cases[start : start + BATCH]
        for case, ours, theirs in zip(batch, world.by_us(batch), world.by_chromium(batch), strict=True):
            assert ours == theirs, case
