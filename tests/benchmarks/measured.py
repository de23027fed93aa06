"""Runs a command, and prints as JSON what it took, with all the processes that it has begun.

    python -m tests.benchmarks.measured PATIENCE COMMAND...

Seconds from its start to its end, CPU seconds of user and system, and the most memory, in megabytes, that was
resident (of several processes, that of the largest). On Linux also processes count whose parent has ended. A
command that takes longer than PATIENCE seconds is killed.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from contextlib import suppress

PR_SET_CHILD_SUBREAPER = 36


def main(patience: str, *command: str) -> None:
    """Run it; end as it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    started = time.monotonic()
    code = subprocess.run(command, stdout=sys.stderr, timeout=float(patience)).returncode
    wall = time.monotonic() - started
    with suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps([wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
    sys.exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
