"""The forms of output: how a shard is written, and how shards are joined into one file."""

from __future__ import annotations

import gzip
import pickle
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import zstandard

from cleaning.dumps import parquet
from cleaning.dumps.compression import chunks
from cleaning.dumps.items import InputError
from cleaning.dumps.jsonl import Lines
from cleaning.dumps.shards import Cleaned
from cleaning.dumps.text_output import readable
from cleaning.records import encode, record_of

GZIP_LEVEL = 6
ZSTD_LEVEL = 3


def json_line(cleaned: Cleaned) -> bytes:
    """The contract's record of one document, with its newline."""
    item = cleaned.item
    return (
        encode(record_of(cleaned.document, id=cleaned.id, file=item.file, record=item.record))
        + b"\n"
    )


def text_lines(cleaned: Cleaned) -> bytes:
    """One document as a person reads it."""
    shown = readable(cleaned.document, f"{cleaned.item.file}")
    return shown.encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Format:
    """How one document is written; ``pack`` is put on the part of a shard, ``join`` puts parts
    (paths, in order) together in the target, which is opened here and made durable by the caller.
    """

    write: Callable[[Cleaned], bytes]
    join: Callable[[Iterable[Path], Path], None]
    pack: Callable[[IO[bytes]], IO[bytes]] | None = None


def _join_lines(parts: Iterable[Path], target: Path) -> None:
    """As :func:`_concatenate`, also where what --append found does not end its last line."""
    with target.open("wb") as out:
        last = b"\n"
        for part in parts:
            with part.open("rb") as source:
                if last != b"\n" and source.peek(1):
                    out.write(b"\n")
                while data := source.read(1 << 20):
                    out.write(data)
                    last = data[-1:]


def _concatenate(parts: Iterable[Path], target: Path) -> None:
    with target.open("wb") as out:
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, out, 1 << 20)


def _zstd_frame(parts: Iterable[Path], target: Path) -> None:
    """One frame: many readers, Python's zstandard among them, stop after the first."""
    with (
        target.open("wb") as out,
        zstandard.ZstdCompressor(ZSTD_LEVEL).stream_writer(out) as packed,
    ):
        for part in parts:
            with part.open("rb") as source:
                for chunk in chunks(source, _compression(source)):
                    packed.write(chunk)


def _compression(source: IO[bytes]) -> str | None:
    start = source.read(4)
    source.seek(0)
    return "zstd" if start == b"\x28\xb5\x2f\xfd" else None


def _parquet(parts: Iterable[Path], target: Path) -> None:
    parquet.write(_lines(parts), target)


def _lines(parts: Iterable[Path]) -> Iterator[bytes]:
    for part in parts:
        with part.open("rb") as source:
            if source.read(4) == b"PAR1":
                yield from parquet.lines(part)
                continue
            source.seek(0)
            for line in Lines(chunks(source, None), limit=1 << 40):
                if line is not None:
                    yield line


def _gzip(raw: IO[bytes]) -> IO[bytes]:
    # No name and no time in the header: the same input makes the same bytes.
    return cast(IO[bytes], gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0))


FORMATS = {
    "jsonl": Format(json_line, _join_lines),
    "jsonl.gz": Format(json_line, _concatenate, _gzip),
    "jsonl.zst": Format(json_line, _zstd_frame),
    "parquet": Format(json_line, _parquet),
    "text": Format(text_lines, _concatenate),
    "pickle": Format(lambda cleaned: pickle.dumps(cleaned, 5), _concatenate),
}
"""``pickle`` is how a worker hands documents to the archive's one writer; no user sees it."""

SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonl.gz": "jsonl.gz",
    ".ndjson.gz": "jsonl.gz",
    ".jsonl.zst": "jsonl.zst",
    ".ndjson.zst": "jsonl.zst",
    ".parquet": "parquet",
}


def format_of(out: Path, chosen: str | None) -> str:
    """The format of an output file by its suffix, or as chosen (text, jsonl).

    Raises InputError where neither says it.
    """
    name = out.name.lower()
    by_suffix = next((SUFFIXES[suffix] for suffix in SUFFIXES if name.endswith(suffix)), None)
    if chosen == "text":
        return "text"
    if by_suffix is None and chosen == "jsonl":
        return "jsonl"
    if by_suffix is None:
        raise InputError(
            f"{out}: no format for this suffix; use .jsonl, .jsonl.gz, .jsonl.zst, .parquet, .db, or --format"
        )
    if by_suffix == "parquet":
        parquet.require()
    return by_suffix
