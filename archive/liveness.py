"""Whether the process that holds something in the archive still runs."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

CLOCK_SLACK = 5.0
"""Seconds by which a process may seem to have started after its own run.  The kernel keeps start
times in hundredths of a second since boot, and the time of boot in whole seconds, so the sum is
right within one; the rest is for a clock that was set."""


def is_running(pid: int, started_at: str) -> bool:
    """Whether the process ``pid`` that began a run at ``started_at`` (ISO 8601, UTC) still lives.

    A process of the same number that started after the run is another one.  Where there is no
    ``/proc``, only the number is looked at.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it lives, under another user
    try:
        # The name, in parentheses, may hold anything; the fields after it are fixed: proc(5).
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = next(
            float(line.split()[1])
            for line in Path("/proc/stat").read_text().splitlines()
            if line.startswith("btime ")
        )
    except (OSError, StopIteration):
        return Path("/proc/self/stat").exists() is False
    if fields[0] in "ZX":  # killed, and its parent has not asked for its status yet
        return False
    started = boot + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return started <= datetime.fromisoformat(started_at).timestamp() + CLOCK_SLACK
