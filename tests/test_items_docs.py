"""docs/items.md is true: each of its classes takes from the page above it what stands below it."""

from __future__ import annotations

import json
import re
import sys
import types
from typing import Any

import pytest

from scraper.record import encode
from tests.commands import ROOT
from tests.pages import page

TEXT = (ROOT / "docs" / "items.md").read_text(encoding="utf-8")
BLOCK = r"```{}\n(.*?)```\n"
EXAMPLES = re.findall(
    rf"```(html|json-answer)\n(.*?)```\n{BLOCK.format('python')}```(json|text)\n(.*?)```", TEXT, re.DOTALL
)


def last_class(code: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    module = types.ModuleType("an_example")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(code, vars(module))
    return [value for value in vars(module).values() if getattr(value, "__module__", "") == "an_example"][-1]


def documents(text: str) -> list[Any]:
    decoder, found, position = json.JSONDecoder(), [], 0
    while position < len(text.rstrip()):
        document, position = decoder.raw_decode(text, position)
        position += len(text[position:]) - len(text[position:].lstrip())
        found.append(document)
    return found


def test_every_class_of_the_page_has_an_example():
    assert len(EXAMPLES) == len(re.findall(BLOCK.format("python"), TEXT, re.DOTALL)) == 7


@pytest.mark.parametrize(("kind", "content", "code", "result", "expected"), EXAMPLES)
def test_a_class_takes_what_the_page_says(kind, content, code, result, expected, monkeypatch):
    response = page(
        content, "https://shop.example/", type="text/html" if kind == "html" else "application/json"
    )
    found = [json.loads(encode(item)[1]) for item in response.items(last_class(code, monkeypatch))]
    if result == "json":
        assert (found, response.rejects) == (documents(expected), [])
    else:
        assert (found, list(map(str, response.rejects))) == ([], expected.splitlines())
