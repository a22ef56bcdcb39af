"""What a run works on, and what it tells while it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from cleaning.dumps.items import Counts, InputFile, Rejected


@dataclass(slots=True)
class Progress:
    """How far a run is; ``total`` and ``done`` are bytes of the input, ``started`` is monotonic."""

    total: int
    done: int = 0
    counts: Counts = field(default_factory=Counts)
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Bytes of the input in a second."""
        seconds = time.monotonic() - self.started
        return self.done / seconds if seconds else 0.0

    def line(self) -> str:
        """One line for a log: records, share done, rate, and time left."""
        said = f"{self.counts.line()}; {self.rate / 1e6:.1f} MB/s"
        if self.total and self.rate:
            left = max(0, self.total - self.done) / self.rate
            said += f", {100 * self.done / self.total:.0f} % done, {left:.0f} s left"
        return said


@dataclass(frozen=True, slots=True)
class Source:
    """The input of a run: files, and what of it could not even be opened."""

    files: Sequence[InputFile]
    rejected: Sequence[Rejected] = ()

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Report:
    """Where a run tells its progress after each shard, and each record that it rejects."""

    on_progress: Callable[[Progress], object] = lambda progress: None
    on_error: Callable[[str], object] = lambda message: None

    def begin(self, source: Source) -> Progress:
        """The progress of a new run, in which unreadable files are rejected already."""
        progress = Progress(source.size)
        for rejected in source.rejected:
            progress.counts.read += 1
            progress.counts.rejected += 1
            self.on_error(rejected.message)
        return progress


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended; ``was_complete`` where there was nothing to do."""

    counts: Counts
    was_complete: bool = False

    @property
    def is_failed(self) -> bool:
        """Whether this run, not an earlier one, rejected records."""
        return bool(self.counts.rejected) and not self.was_complete

    def lines(self, out: str | None) -> Iterator[str]:
        """What is said at the end; ``out`` None is a stream, which says nothing where all is well."""
        if self.was_complete:
            yield f"{out} is complete already: made from this input with these settings"
        elif out:
            yield f"{self.counts.line()} → {out}"
            if self.counts.rejected:
                yield f"the rejected records stand in {out}.errors.jsonl"
        elif self.counts.rejected:
            yield self.counts.line()
