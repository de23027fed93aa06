"""The pages of `charset_cases`, read by Chromium: what the list says of it is what it does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from scraper.charset import codec

from .charset_cases import CASES, Case
from .servers import Asked, Reply, Server, serving

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def answer(asked: Asked) -> Reply:
    number = asked.path.strip("/")
    if not number.isdigit():
        return Reply(404)
    case = CASES[int(number)]
    return Reply(headers=[("Content-Type", case.type)], body=case.body)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(answer) as server:
        yield server


@pytest.fixture(scope="module")
def tab() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page()
        browser.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_chromium_reads_the_page_as_the_case_says(case: Case, server: Server, tab: Any):
    tab.goto(server.url(f"/{CASES.index(case)}"), wait_until="commit")
    tab.wait_for_load_state()
    read_as = tab.evaluate("document.characterSet")
    assert (read_as if case.chromium else codec(read_as)) == (case.chromium or case.encoding)
