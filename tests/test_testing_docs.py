"""docs/testing.md is true: its spider, commands and tests run as they stand, and say what it says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from examples.site.levers import LEVERS
from tests.commands import ROOT, python
from tests.test_recorded import PLUGIN

TEXT = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def run(command: str, folder: Path, site) -> subprocess.CompletedProcess[str]:
    _, _, *arguments = command.split()
    plugin = PLUGIN if arguments[0] == "pytest" else []
    return python(
        "-m",
        *arguments,
        *plugin,
        cwd=folder,
        SHOP_USER=site.username,
        SHOP_PASSWORD=site.password,
        COLUMNS="200",
    )


def test_what_the_page_says_is_what_happens(site, tmp_path: Path):
    def told(output: str) -> str:
        return output.replace(site.url, "https://shop.example")

    for block in blocks("python"):
        path = tmp_path / block.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(block.replace("https://shop.example", site.url), encoding="utf-8")
    (record, pytest), (update,), (crawl, replay) = (block.splitlines() for block in blocks("bash"))
    failure, differences = blocks("text")
    spider = tmp_path / "spiders" / "shop.py"
    right = spider.read_text()

    assert run(record, tmp_path, site).returncode == 0
    assert run(pytest, tmp_path, site).returncode == 0
    spider.write_text(right.replace('".price"', '".prize"'))
    assert failure in told(run(pytest, tmp_path, site).stdout)

    spider.write_text(right)
    assert run(f"{crawl} --max-pages 2", tmp_path, site).returncode == 0
    assert run(replay, tmp_path, site).returncode == 0
    spider.write_text(right.replace(r"[\d.]+", ".+").replace("Decimal =", "str ="))
    different = run(replay, tmp_path, site)
    assert different.returncode == 1
    output = told(different.stdout)
    assert all(line in output.splitlines() for line in differences.splitlines()), output
    assert run(update, tmp_path, site).returncode == 0
    assert run(pytest, tmp_path, site).returncode == 0


def test_every_lever_is_named():
    assert [name for name in LEVERS if f"`{name}`" not in TEXT] == ["rotate_grace"]
