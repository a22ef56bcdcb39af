"""``shiyi clean``: from whatever is given to wherever it should go."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from archive.errors import ArchiveError
from cleaning.dumps import standard_input, stream
from cleaning.dumps.engines import engine_of
from cleaning.dumps.formats import format_of
from cleaning.dumps.items import InputError, RefusedError, Settings
from cleaning.dumps.places import is_remote
from cleaning.dumps.progress import Report, Result, Source
from cleaning.dumps.run import clean_to_file
from cleaning.dumps.sources import input_files

LITTLE = 8 * 1024 * 1024
"""Bytes of input up to which one process is used where none are asked for: starting a second one
takes a second, in which the first cleans 8 MB of damaged text."""


@dataclass(frozen=True, slots=True)
class Output:
    """Where cleaned documents go: ``path`` None is the stream that ``write`` writes to.

    ``format`` is text, jsonl or None for what the path's suffix says.
    """

    path: Path | None
    write: Callable[[bytes], object]
    format: str | None = None


def clean(
    inputs: Sequence[str],
    output: Output,
    settings: Settings,
    *,
    stdin: BinaryIO,
    report: Report | None = None,
    append: bool = False,
    overwrite: bool = False,
    workers: int | None = None,
    engine: str = "local",
    scheduler: str | None = None,
) -> Result:
    """Clean files, folders and ``-`` (``stdin``) to a stream, a file or an archive.

    ``append`` and ``overwrite`` say what may be done with an output file that is there;
    ``workers``: processes, None for as many as help; ``engine`` and ``scheduler``: what runs them.  Raises InputError, RefusedError and
    ArchiveError, each with a message for who asked.
    """
    report = report or Report()
    if append and overwrite:
        raise InputError("--append and --overwrite exclude each other")
    mode = "append" if append else "overwrite" if overwrite else "new"
    out = output.path
    to_archive = out is not None and out.suffix.lower() == ".db"
    if out is None or to_archive:
        format = output.format or "jsonl"
    else:
        format = format_of(out, output.format)
    if to_archive and out is not None and is_remote(out):
        raise InputError(
            f"{out}: an archive is a file of this machine; use .jsonl or .parquet there"
        )
    with TemporaryDirectory(prefix="shiyi-") as name:
        folder = Path(name)
        if "-" in inputs:
            piped = standard_input.begin(stdin)
            if len(inputs) == 1 and out is None and piped.is_json_lines:
                return stream.clean_pieces(piped.pieces(), settings, format, output.write, report)
        files, rejected = input_files(inputs, lambda: standard_input.spool(piped, folder), out)
        source = Source(files, rejected)
        if any(file.kind == "archive" for file in files):
            from archive.as_input import without_archives

            source = without_archives(source, folder)
        if workers is None:
            workers = _processors() if source.size > LITTLE else 1
        runs = engine_of(engine, workers, scheduler)
        if out is None:
            return stream.clean_to_stream(source, settings, format, output.write, report, runs)
        if to_archive:
            from archive.ingest import ingest  # SQLite is loaded for who asks for it

            return ingest(source, out, settings, engine=runs, report=report)
        return clean_to_file(source, out, settings, format, engine=runs, mode=mode, report=report)


def _processors() -> int:
    """The processors that this process may use; not every system knows how to tell."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def exit_status(error: Exception) -> int | None:
    """The exit status for an error: 2 for what was asked wrongly, 1 for what the machine refuses.

    None for a fault of the program, which should be seen with its traceback.
    """
    if isinstance(error, InputError | RefusedError):
        return 2
    if isinstance(error, ArchiveError):
        # What SQLite or the system refuses stands as its cause; else the file is not an archive.
        return 2 if error.__cause__ is None else 1
    return 1 if isinstance(error, OSError | sqlite3.OperationalError) else None
