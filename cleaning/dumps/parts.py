"""The parts of a run: each shard is written by its worker, and counts once it is durable.

A part is three files, named by the shard's number: its documents, its rejected records (only
where there are some) and, renamed into place last, its counts.  A kill leaves at most temporary
files, which the next run sweeps; a shard that is done twice writes the same bytes.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, cast

from cleaning.dumps.formats import FORMATS
from cleaning.dumps.items import Counts, Rejected, Settings, Skipped
from cleaning.dumps.places import is_remote
from cleaning.dumps.shards import Cleaned, Shard, outcomes
from cleaning.dumps.site_pass import load_statistics
from cleaning.records import encode

MEMORY = 1 << 20
"""Bytes of rejected records that are kept in memory before a file is made for them."""


@contextmanager
def atomic(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears whole and durable, or not at all."""
    if is_remote(path):
        with TemporaryFile() as whole:
            yield whole
            whole.seek(0)
            with path.open("wb") as target:
                shutil.copyfileobj(whole, target, 1 << 20)
        return
    temporary = temporary_path(path)
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def temporary_path(path: Path) -> Path:
    """Beside its target, as a rename must not cross file systems; named by its process."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def sync(path: Path) -> None:
    """Make a written file, or the names in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def error_line(rejected: Rejected) -> bytes:
    """One line of OUT.errors.jsonl."""
    return encode(asdict(rejected)) + b"\n"


def part_path(folder: Path, number: int, suffix: str) -> Path:
    return folder / f"{number:08d}.{suffix}"


def write_part(
    shard: Shard, settings: Settings, folder: Path, format: str, site_lines: Path | None = None
) -> Counts:
    """Clean a shard and commit its part.  This is all that a worker does.

    ``site_lines``: the file of the statistics that were made of the whole input before.
    """
    statistics = load_statistics(site_lines) if site_lines else None
    form = FORMATS[format]
    counts = Counts()
    number = partial(part_path, folder, shard.number)
    with atomic(number("part")) as raw, _Errors(number("errors")) as errors:
        packed = form.pack(raw) if form.pack else raw
        for outcome in outcomes(shard, settings, statistics):
            counts.read += 1
            match outcome:
                case Cleaned():
                    packed.write(form.write(outcome))
                    counts.written += 1
                case Rejected():
                    errors.write(error_line(outcome))
                    counts.rejected += 1
                case Skipped():
                    counts.skipped += 1
        if packed is not raw:
            packed.close()
    with atomic(number("done")) as file:
        file.write(json.dumps(asdict(counts)).encode())
    return counts


def set_aside(shard: Shard, folder: Path, reason: str) -> Counts:
    """Commit a shard that no worker survived: no document, and its place among the rejected."""
    first = shard.pieces[0]
    reason = f"{reason}; all of the shard is set aside: {shard.name}"
    counts = Counts(read=1, rejected=1)
    contents = {
        "part": b"",
        "errors": error_line(Rejected(first.file.name, first.first_record, reason)),
        "done": json.dumps(asdict(counts)).encode(),
    }
    for suffix, content in contents.items():
        with atomic(part_path(folder, shard.number, suffix)) as file:
            file.write(content)
    return counts


def rejected_in(folder: Path, number: int) -> Iterator[Rejected]:
    """The records of a shard that were rejected."""
    path = part_path(folder, number, "errors")
    if path.exists():
        with path.open("rb") as lines:
            for line in lines:
                yield Rejected(**json.loads(line))


def read_part(folder: Path, number: int) -> Counts | None:
    """What a shard came to in an earlier run, or None where it is still to be done."""
    try:
        counts = Counts(**json.loads(part_path(folder, number, "done").read_bytes()))
    except FileNotFoundError:
        return None
    # After a loss of power, one rename may have survived without the other.
    needed = ("part", "errors") if counts.rejected else ("part",)
    if not all(part_path(folder, number, suffix).exists() for suffix in needed):
        return None
    return counts


class _Errors:
    """The file of rejected records, made only where there are some."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = cast(IO[bytes], SpooledTemporaryFile(MEMORY))  # noqa: SIM115  closed by __exit__

    def __enter__(self) -> _Errors:
        return self

    def write(self, line: bytes) -> None:
        self._lines.write(line)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._lines:
            if kind is not None:
                return
            if not self._lines.tell():
                self._path.unlink(missing_ok=True)
                return
            self._lines.seek(0)
            with atomic(self._path) as file:
                shutil.copyfileobj(self._lines, file)
