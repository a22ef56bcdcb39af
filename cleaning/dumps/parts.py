"""The parts of a run: each shard is written by its worker, and counts once it is durable.

A part is three files, named by the shard's number: its documents, its rejected records (only
where there are some) and, renamed into place last, its counts.  A kill leaves at most temporary
files, which the next run sweeps; a shard that is done twice writes the same bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from cleaning.dumps.formats import FORMATS
from cleaning.dumps.items import Counts, Rejected, Settings, Skipped
from cleaning.dumps.shards import Cleaned, Shard, outcomes
from cleaning.records import encode

SHOWN_ERRORS = 20
"""Rejected records of a shard that are told on the screen; all of them stand in the file."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a shard came to, without its documents."""

    counts: Counts
    errors: tuple[str, ...]


@contextmanager
def atomic(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears whole and durable, or not at all."""
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


def write_part(shard: Shard, settings: Settings, folder: Path, format: str) -> Part:
    """Clean a shard and commit its part.  This is all that a worker does."""
    form = FORMATS[format]
    counts = Counts()
    shown: list[str] = []
    number = partial(part_path, folder, shard.number)
    with atomic(number("part")) as raw, _Errors(number("errors")) as errors:
        packed = form.pack(raw) if form.pack else raw
        for outcome in outcomes(shard, settings):
            counts.read += 1
            match outcome:
                case Cleaned():
                    packed.write(form.write(outcome))
                    counts.written += 1
                case Rejected():
                    errors.write(error_line(outcome))
                    counts.rejected += 1
                    if len(shown) < SHOWN_ERRORS:
                        shown.append(outcome.message)
                case Skipped():
                    counts.skipped += 1
        if packed is not raw:
            packed.close()
    done = {**asdict(counts), "shard": shard.name, "errors": shown}
    with atomic(number("done")) as file:
        file.write(json.dumps(done, ensure_ascii=True).encode())
    return Part(counts, tuple(shown))


def read_part(folder: Path, number: int) -> Part | None:
    """What a shard came to in an earlier run, or None where it is still to be done."""
    try:
        done: dict[str, Any] = json.loads(part_path(folder, number, "done").read_bytes())
    except FileNotFoundError:
        return None
    names = ("read", "written", "rejected", "skipped")
    part = Part(Counts(**{name: done[name] for name in names}), tuple(done["errors"]))
    # After a loss of power, one rename may have survived without the other.
    needed = ("part", "errors") if part.counts.rejected else ("part",)
    if not all(part_path(folder, number, suffix).exists() for suffix in needed):
        return None
    return part


class _Errors:
    """The file of rejected records, made with the first of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = temporary_path(path)
        self._file: IO[bytes] | None = None

    def __enter__(self) -> _Errors:
        return self

    def write(self, line: bytes) -> None:
        if self._file is None:
            self._file = self._temporary.open("wb")
        self._file.write(line)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            if kind is None:
                self._temporary.replace(self._path)
            else:
                self._temporary.unlink()
        elif kind is None:
            self._path.unlink(missing_ok=True)
