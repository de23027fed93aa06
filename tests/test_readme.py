"""The README is true: its spiders run, its commands are the ones that CI runs, its output is what comes."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

from scraper.cli import COMMANDS
from tests.chromium import CHROMIUM, needs_chromium
from tests.commands import ROOT, python, scraper

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def credentials(site) -> dict[str, str]:
    return {"SHOP_USER": site.username, "SHOP_PASSWORD": site.password}


def test_the_two_commands_are_those_that_ci_runs():
    commands = [line for block in blocks("bash") for line in block.splitlines() if "pip install" in line]
    assert commands == [
        'python -m pip install -e ".[demo]" && python -m scraper run bookshop -o books.csv',
        'python -m pip install -e ".[test]" && python -m pytest',
    ]
    ci = (ROOT / ".ci" / "run").read_text().replace("$place/", "").replace('"books.csv"', "books.csv")
    assert all(command in ci for command in commands)


def run(script: str, folder: Path, site) -> subprocess.CompletedProcess[str]:
    return python("-c", script.replace("https://shop.example", site.url), cwd=folder, **credentials(site))


def write_spiders(folder: Path, site, text: str) -> None:
    """Write the spiders of a text where their first lines say, for the practice site."""
    for block in (block for block in blocks("python", text) if "# spiders/" in block):
        path = folder / block.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(block.replace("https://shop.example", site.url), encoding="utf-8")


def test_the_spider_of_the_readme_runs_as_it_is(site, tmp_path: Path):
    write_spiders(tmp_path, site, README)
    [command] = re.findall(r"`python -m scraper (run shop [^`]+)`", README)
    done = scraper(*command.split(), "--max-pages", "3", cwd=tmp_path, **credentials(site))
    assert (done.returncode, (tmp_path / "books.csv").read_text().count("\n")) == (0, 61), done.stderr


def test_the_spider_that_reads_by_hand_runs_as_it_is(site, tmp_path: Path):
    write_spiders(tmp_path, site, (ROOT / "docs" / "pages.md").read_text(encoding="utf-8"))
    done = scraper("run", "reviews", "-o", "reviews.csv", cwd=tmp_path, **credentials(site))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "reviews.csv").read_text().startswith("book,by,text")


def test_what_others_do_not_do_is_done_here_and_not_there(site, tmp_path: Path):
    site.sign_out_after = 20
    assert f"`python -m examples.site --sign-out-after {site.sign_out_after}`" in README
    there, here = (block for block in blocks("python") if "spiders/" not in block)
    for script in (there, here):
        site.sign_everyone_out()
        said = script.splitlines()[-1].removeprefix("# ").partition(":")[0]
        done = run(script, tmp_path, site)
        assert (done.stdout, done.stderr) == (f"{said}\n", "")


def test_the_output_of_the_readme_is_what_comes(site, tmp_path: Path):
    (tmp_path / "spiders").mkdir()
    (tmp_path / "spiders" / "bookshop.py").write_text((ROOT / "spiders" / "bookshop.py").read_text())
    done = scraper("run", "bookshop", "-o", "books.csv", cwd=tmp_path, SHOP_URL=site.url)

    def settled(text: str) -> list[str]:
        lines = [
            line
            for line in text.splitlines()
            if not line.startswith("bookshop: 1") and " queued, " not in line
        ]
        return [re.sub(r"\d+\.\d s$|\d{8}T\d{6}Z", "<time>", line) for line in lines]

    assert settled(done.stderr) == settled(blocks("text")[0])


@cache
def help_of(command: str) -> str:
    return scraper(command, "--help").stdout


def test_every_command_is_in_the_readme_and_has_the_options_that_are_named_there():
    [table] = re.findall(r"^\| `python -m scraper .*?\n\n", README, re.MULTILINE | re.DOTALL)
    named = {entry.split()[0]: entry for entry in re.findall(r"`(\w[^`]*)`", table)}
    assert set(COMMANDS) - set(named) == set()
    for name in COMMANDS:
        for option in re.findall(r"\[(-[-\w]+)", named[name]):
            assert option in help_of(name)


def test_the_readme_is_short_and_every_link_in_it_leads_somewhere():
    assert 80 <= len(README.splitlines()) <= 150
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README + CONTRIBUTING):
        assert (ROOT / target).exists(), target


def test_contributing_names_the_checks_that_ci_runs():
    ci = (ROOT / ".ci" / "run").read_text()
    checks = blocks("bash", CONTRIBUTING)[1].strip().split(" && ")
    assert all(check in ci for check in checks)


def test_the_commands_of_the_documentation_exist():
    for page in (ROOT / "docs").glob("*.md"):
        for block in blocks("bash", page.read_text(encoding="utf-8")):
            for line in (line for line in block.splitlines() if line.startswith("python -m scraper ")):
                command, *arguments = line.split()[3:]
                options = [argument for argument in arguments if argument.startswith("-")]
                assert [option for option in options if option not in help_of(command)] == [], line


def test_the_script_for_processes_runs_as_it_is(site, tmp_path: Path):
    [script] = blocks("python", (ROOT / "docs" / "running.md").read_text(encoding="utf-8"))
    (tmp_path / "script.py").write_text(script)
    done = python("script.py", cwd=tmp_path, SHOP_URL=site.url)
    assert "items in .scraper/jobs/bookshop/" in done.stdout, done.stderr


def test_the_login_of_the_documentation_signs_in(site):
    site.ask_totp = True
    script, *others = blocks("python", (ROOT / "docs" / "login.md").read_text(encoding="utf-8"))
    for other in others:
        exec(other, {})
    script = script.replace("https://shop.example", site.url) + "print(session.sign_in(), session.account)\n"
    done = python("-c", script, **credentials(site), SHOP_TOTP=site.totp_secret)
    assert done.stdout == "1 reader\n", done.stderr


@needs_chromium
def test_the_browser_of_the_documentation_signs_in(site):
    scripts = blocks("python", (ROOT / "docs" / "login.md").read_text(encoding="utf-8"))
    [script] = [script for script in scripts if "BrowserLogin" in script]
    script = script.replace("https://shop.example", site.url).replace('"/login"', '"/login/scripted"')
    done = python(
        "-c",
        f"{script}\nprint(Shop(save_session=False).session.sign_in())",
        **credentials(site),
        SCRAPER_CHROMIUM=str(CHROMIUM),
    )
    assert done.stdout == "1\n", done.stderr
