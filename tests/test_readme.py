"""The README is true: its spiders run, its commands are the ones that CI runs, its output is what comes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.chromium import CHROMIUM, needs_chromium
from tests.commands import ROOT, environment, scraper

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


def test_the_spiders_of_the_readme_run_as_they_are(site, tmp_path: Path):
    spiders = [
        block.replace("https://shop.example", site.url) for block in blocks("python") if "spiders/" in block
    ]
    for block in spiders:
        path = tmp_path / block.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(block, encoding="utf-8")
    assert [path.name for path in sorted(tmp_path.glob("spiders/*.py"))] == ["reviews.py", "shop.py"]
    [command] = [block.strip() for block in blocks("bash") if "run shop" in block]
    done = scraper(*command.split()[3:], "--max-pages", "3", cwd=tmp_path, **credentials(site))
    assert (done.returncode, (tmp_path / "books.csv").read_text().count("\n")) == (0, 61), done.stderr
    done = scraper("run", "reviews", "-o", "reviews.csv", cwd=tmp_path, **credentials(site))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "reviews.csv").read_text().startswith("book,by,text")


def test_the_script_of_the_readme_runs_as_it_is(site, tmp_path: Path):
    [script] = [block for block in blocks("python") if "spiders/" not in block]
    done = subprocess.run(
        [sys.executable, "-c", script.replace("https://shop.example", site.url)],
        cwd=tmp_path,
        env=environment(**credentials(site)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("200 as reader\n", "")


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


def test_every_option_in_the_readme_exists():
    for line in blocks("text")[1].splitlines():
        help_text = scraper(line.split()[3], "--help").stdout
        for option in re.findall(r"\[(-[-\w]+)", line):
            assert option in help_text


def test_the_readme_is_short_and_every_link_in_it_leads_somewhere():
    assert len(README.splitlines()) <= 170
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README + CONTRIBUTING):
        assert (ROOT / target).exists(), target


def test_contributing_names_the_checks_that_ci_runs():
    ci = (ROOT / ".ci" / "run").read_text()
    checks = blocks("bash", CONTRIBUTING)[1].strip().split(" && ")
    assert all(check in ci for check in checks)


def test_the_commands_of_the_documentation_exist(tmp_path: Path):
    for page in (ROOT / "docs").glob("*.md"):
        for block in blocks("bash", page.read_text(encoding="utf-8")):
            for line in (line for line in block.splitlines() if line.startswith("python -m scraper ")):
                command, *arguments = line.split()[3:]
                help_text = scraper(command, "--help", cwd=tmp_path).stdout
                options = [argument for argument in arguments if argument.startswith("-")]
                assert [option for option in options if option not in help_text] == [], line


def test_the_script_for_processes_runs_as_it_is(site, tmp_path: Path):
    [script] = blocks("python", (ROOT / "docs" / "running.md").read_text(encoding="utf-8"))
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env=environment(SHOP_URL=site.url),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "items in .scraper/jobs/bookshop/" in done.stdout, done.stderr


def test_the_login_of_the_documentation_signs_in(site):
    site.ask_totp = True
    script, *others = blocks("python", (ROOT / "docs" / "login.md").read_text(encoding="utf-8"))
    for other in others:
        exec(other, {})
    script = script.replace("https://shop.example", site.url) + "print(session.sign_in(), session.account)\n"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(**credentials(site), SHOP_TOTP=site.totp_secret),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "1 reader\n", done.stderr


@needs_chromium
def test_the_browser_of_the_documentation_signs_in(site):
    scripts = blocks("python", (ROOT / "docs" / "login.md").read_text(encoding="utf-8"))
    [script] = [script for script in scripts if "BrowserLogin" in script]
    script = script.replace("https://shop.example", site.url).replace('"/login"', '"/login/scripted"')
    done = subprocess.run(
        [sys.executable, "-c", f"{script}\nprint(Shop(save_session=False).session.sign_in())"],
        env=environment(**credentials(site), SCRAPER_CHROMIUM=str(CHROMIUM)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "1\n", done.stderr
