"""The applications' spiders: short, and nothing but declarations where they sign in."""

from __future__ import annotations

from pathlib import Path

import pytest

from scraper.loader import load

FILES = sorted(Path(__file__).parent.glob("*/spider.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_a_spider_takes_25_lines_and_is_named_after_its_application(file):
    assert len(file.read_text().splitlines()) <= 25
    assert load(str(file)).name == file.parent.name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_a_spider_leaves_it_to_the_framework_to_see_who_is_signed_in(file):
    assert load(str(file)).login.logged_in is None
    assert "logged_" not in file.read_text()
