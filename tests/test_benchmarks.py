"""The benchmarks' own tools."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.commands import environment


def measured(patience: str, code: str) -> subprocess.CompletedProcess[str]:
    """Measure a Python process that runs `code`."""
    command = [sys.executable, "-m", "tests.benchmarks.measured", patience, sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env=environment())


def test_a_command_that_is_measured_ends_as_it_would():
    done = measured("60", "import sys; print('said'); sys.exit(3)")
    assert (done.returncode, done.stderr) == (3, "said\n")
    assert len(json.loads(done.stdout)) == 3


def test_a_command_that_takes_too_long_is_not_left_behind(tmp_path: Path):
    done = measured("0.5", f"import time; time.sleep(2); open({str(tmp_path / 'late')!r}, 'w')")
    assert done.returncode == 1
    time.sleep(2)
    assert not (tmp_path / "late").exists()
