"""The progress of a run for a person: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress as Bar

from cleaning.dumps.progress import Progress, Report
from cleaning.dumps.text_output import printable

LOG_SECONDS = 10.0
"""Between two lines of progress where there is no terminal to draw a bar on."""

SHOWN_ERRORS = 50
"""Rejected records that are told one by one where a file keeps all of them."""


@contextmanager
def progress_of(out: Path | None, say: Callable[[str], None]) -> Iterator[Report]:
    """Progress as a bar on a terminal, else as log lines; rejected records one by one.

    ``out``: the file that keeps the documents, None where they go to standard output.  ``say``
    writes a line to standard error.
    """
    console = Console(stderr=True)
    is_shared = out is None and sys.stdout.isatty()  # with the documents themselves
    bar = Bar(console=console, transient=True, disable=is_shared or not console.is_terminal)
    task = bar.add_task("cleaning", total=None)
    due = time.monotonic() + LOG_SECONDS
    told = 0

    def on_progress(progress: Progress) -> None:
        nonlocal due
        said = f"{progress.counts.read:,} records, {progress.rate / 1e6:.1f} MB/s"
        bar.update(task, total=progress.total or None, completed=progress.done, description=said)
        if bar.disable and time.monotonic() >= due:
            say(progress.line())
            due = time.monotonic() + LOG_SECONDS

    def on_error(message: str) -> None:
        nonlocal told
        told += 1
        if out is None or told <= SHOWN_ERRORS:
            text = printable(f"shiyi: {message}")
            console.print(text, markup=False, highlight=False, soft_wrap=True)

    with bar:
        yield Report(on_progress, on_error)
