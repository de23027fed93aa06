"""Every example runs as it is and prints what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chromium import needs_chromium
from tests.commands import ROOT, python

PRINTS = {
    "crawl_from_a_script": "100 rows",
    "late_values": "200 as reader",
    "nested_items": '"reviews": [',
    "parse_by_hand": "reviews of",
    "scripted_site": "60 books, 1 sign-in",
    "session_alone": "200 after 2 sign-ins",
    "several_accounts": "40 of 40 books are cheaper for critic",
    "stay_signed_in": "380 different books",
    "steps_in_code": "200 signed in as reader",
    "wrong_password": "1 attempt at the site",
}


def test_every_example_is_run_here():
    assert sorted(path.stem for path in (ROOT / "examples").glob("[a-z]*.py")) == sorted(PRINTS)


BY_BROWSER = ("scripted_site",)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[needs_chromium] * (name in BY_BROWSER)) for name in PRINTS]
)
def test_an_example_runs(name: str, tmp_path: Path):
    done = python("-m", f"examples.{name}", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert PRINTS[name] in done.stdout
    assert len((ROOT / "examples" / f"{name}.py").read_text().splitlines()) <= 50
