"""Standard input: JSON Lines are cleaned as they come, all else is put into a file first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cleaning.dumps import jsonl
from cleaning.dumps.compression import MAGIC
from cleaning.dumps.items import InputFile, Piece
from cleaning.dumps.kinds import SNIFFED, kind_of, sniff

NAME = "-"

STEP = 65_536
"""Bytes that are taken from a pipe at once: what Linux keeps in one."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An input whose first bytes have been looked at."""

    start: bytes
    rest: BinaryIO

    def chunks(self) -> Iterator[bytes]:
        """All of the input, each chunk as soon as it is there."""
        if self.start:
            yield self.start
        while data := _some(self.rest):
            yield data

    @property
    def is_json_lines(self) -> bool:
        return not self.start.startswith(tuple(MAGIC.values())) and sniff(self.start) == "jsonl"

    def pieces(self) -> Iterator[Piece]:
        """JSON Lines, a line at a time."""
        file = InputFile(Path(NAME), NAME, NAME, "jsonl", size=1)
        yield from jsonl.stream_pieces(file, self.chunks(), 1)


def begin(stream: BinaryIO) -> Begun:
    """Look at an input as far as is needed to see what it is: its first line, at most SNIFFED."""
    start = b""
    while len(start) < SNIFFED and b"\n" not in start.lstrip():
        data = _some(stream)
        if not data:
            break
        start += data
    return Begun(start, stream)


def _some(stream: BinaryIO) -> bytes:
    read1 = getattr(stream, "read1", stream.read)
    data: bytes = read1(STEP)
    return data


def spool(begun: Begun, folder: Path) -> InputFile:
    """The input as a file, which can be read at any place; it is known by its hash."""
    path = folder / "standard-input"
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for data in begun.chunks():
            digest.update(data)
            file.write(data)
    kind, compression = kind_of(path)
    return InputFile(path, NAME, NAME, kind, path.stat().st_size, compression, digest.hexdigest())
