"""Running the project's commands as a person does: in a process of their own, from some folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def environment(**variables: str) -> dict[str, str]:
    """Return this process's environment without a shop or terminal of one's own, and with `variables`."""
    base = {name: value for name, value in os.environ.items() if not name.startswith(("SHOP_", "COLUMNS"))}
    return {**base, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **variables}


def start(*arguments: str, cwd: Path = ROOT, **variables: str) -> subprocess.Popen[str]:
    """Start ``python -m scraper`` with `arguments`."""
    return subprocess.Popen(
        [sys.executable, "-m", "scraper", *arguments],
        cwd=cwd,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def scraper(*arguments: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m scraper`` with `arguments` to its end."""
    return python("-m", "scraper", *arguments, cwd=cwd, **variables)


def python(*arguments: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with `arguments` to its end."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
