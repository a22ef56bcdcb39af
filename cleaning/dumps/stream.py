"""Runs to a stream: standard output, which keeps no state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from cleaning.dumps.engines import Engine, Local
from cleaning.dumps.formats import FORMATS
from cleaning.dumps.items import Piece, Rejected, Settings, Skipped
from cleaning.dumps.parts import part_path
from cleaning.dumps.progress import Progress, Report, Result, Source
from cleaning.dumps.shards import Cleaned, Shard, outcomes, shards_of
from cleaning.dumps.site_pass import count_sites
from cleaning.dumps.work import parts_in_order, shards
from cleaning.site_lines import Statistics

COPIED = 1 << 20
"""Bytes that go to the stream at once."""


def clean_to_stream(
    source: Source,
    settings: Settings,
    format: str,
    write: Callable[[bytes], object],
    report: Report,
    engine: Engine | None = None,
) -> Result:
    """Clean files in order; with one worker each document is written as soon as it is clean."""
    engine = engine or Local()
    progress = report.begin(source)
    work = shards(source.files, source.size, engine)
    statistics = count_sites(source.files, settings, engine)
    if engine.is_in_process:
        _write(work, settings, format, write, progress, report, statistics)
        return Result(progress.counts)
    with TemporaryDirectory(prefix="shiyi-") as name:
        folder = Path(name)
        site_lines = folder / "site-lines"
        site_lines.write_bytes(statistics.encode())
        for number in parts_in_order(
            work, settings, format, folder, engine, progress, report, site_lines
        ):
            part = part_path(folder, number, "part")
            with part.open("rb") as file:
                while data := file.read(COPIED):
                    write(data)
            part.unlink()
    return Result(progress.counts)


def clean_pieces(
    pieces: Iterable[Piece],
    settings: Settings,
    format: str,
    write: Callable[[bytes], object],
    report: Report,
) -> Result:
    """Clean what comes through a pipe, piece by piece as it comes."""
    progress = Progress(0)
    _write(shards_of(pieces, 1), settings, format, write, progress, report)
    return Result(progress.counts)


def _write(
    work: Iterable[Shard],
    settings: Settings,
    format: str,
    write: Callable[[bytes], object],
    progress: Progress,
    report: Report,
    statistics: Statistics | None = None,
) -> None:
    form = FORMATS[format]
    counts = progress.counts
    for shard in work:
        for outcome in outcomes(shard, settings, statistics):
            counts.read += 1
            match outcome:
                case Cleaned():
                    write(form.write(outcome))
                    counts.written += 1
                case Rejected():
                    counts.rejected += 1
                    report.on_error(outcome.message)
                case Skipped():
                    counts.skipped += 1
        progress.done += shard.weight
        report.on_progress(progress)
