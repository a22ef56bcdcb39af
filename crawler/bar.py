"""The progress of a crawl for a person: a line that moves on a terminal, else one now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from crawler.pump import Progress

LOG_SECONDS = 10.0
"""Between two lines where there is no terminal to draw on."""


@contextmanager
def progress_of(say: Callable[[str], None]) -> Iterator[Callable[[Progress], None]]:
    """What to call with each progress; ``say`` writes a line to standard error."""
    console = Console(stderr=True)
    if console.is_terminal:
        with console.status("crawling", spinner_style="none") as status:
            yield lambda progress: status.update(str(progress))
        return
    due = time.monotonic() + LOG_SECONDS

    def tell(progress: Progress) -> None:
        nonlocal due
        if time.monotonic() >= due:
            say(str(progress))
            due = time.monotonic() + LOG_SECONDS

    yield tell
