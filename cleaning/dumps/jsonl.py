"""JSON Lines: a plain file is cut by byte ranges, a compressed one or a pipe by what comes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from cleaning import records
from cleaning.dumps.compression import STEP, StreamError, chunks
from cleaning.dumps.items import MAX_RECORD, InputFile, Item, Piece, Rejected, Settings

BOM = b"\xef\xbb\xbf"

PACKED = 4
"""Bytes of JSON Lines in a packed byte, at least about so many: Chinese text reaches 3 to 12."""

KEPT_RAW = 1024 * 1024
"""Bytes up to which a rejected line is kept with its rejection; a larger one is named only."""


def pieces(file: InputFile, size: int) -> Iterator[Piece]:
    """The pieces of a file: whole lines, at least ``size`` bytes where there are as many."""
    if not file.size:
        yield Piece(file, 0, 0, 0)
        return
    with file.path.open("rb") as raw:
        if file.compression is None:
            yield from _ranges(file, raw, size)
            return
        if file.size * PACKED <= size:  # whole, to be unpacked by who cleans it
            yield Piece(file, 0, file.size, file.size)
            return
        taken = 0
        for piece in stream_pieces(file, chunks(raw, file.compression), size):
            yield replace(piece, weight=raw.tell() - taken)
            taken = raw.tell()


def _ranges(file: InputFile, raw: BinaryIO, size: int) -> Iterator[Piece]:
    start, record = 0, 1
    at, lines = 0, 0
    while chunk := raw.read(STEP):
        if at + len(chunk) - start >= size and (cut := chunk.rfind(b"\n") + 1):
            lines += chunk.count(b"\n", 0, cut)
            yield Piece(file, start, at + cut, at + cut - start, record)
            start, record = at + cut, record + lines
            lines = chunk.count(b"\n", cut)
        else:
            lines += chunk.count(b"\n")
        at += len(chunk)
    if at > start:
        yield Piece(file, start, at, at - start, record)


def stream_pieces(file: InputFile, stream: Iterable[bytes], size: int) -> Iterator[Piece]:
    """The pieces of a stream that can be read only once; each carries its bytes.

    A line beyond MAX_RECORD stands in it as an empty one.  What ends the stream early is told
    with the last piece, as the fault of the record after it.
    """
    first = record = 1
    data = bytearray()
    too_long: list[int] = []
    fault: str | None = None
    start = at = 0
    lines = Lines(stream)
    try:
        for line in lines:
            if line is None:
                too_long.append(record)
                line = b"\n"
            data += line
            at += len(line)
            record += 1
            if len(data) >= size:
                yield Piece(file, start, at, at - start, first, bytes(data), tuple(too_long))
                data, too_long, first, start = bytearray(), [], record, at
    except StreamError as error:
        fault = str(error)
    if data or fault:
        yield Piece(file, start, at, at - start, first, bytes(data), tuple(too_long), fault)


class Lines:
    """The lines of a stream of chunks, with their newlines; None for one beyond MAX_RECORD.

    The last line of a stream that fails is not given out: it is cut somewhere.
    """

    def __init__(self, stream: Iterable[bytes], limit: int = MAX_RECORD) -> None:
        self._stream = stream
        self._limit = limit

    def __iter__(self) -> Iterator[bytes | None]:
        kept: list[bytes] = []
        size = 0
        for chunk in self._stream:
            whole = chunk.split(b"\n")
            rest = whole.pop()
            for part in whole:
                size += len(part)
                if size > self._limit:
                    yield None
                else:
                    yield b"".join((*kept, part, b"\n"))
                kept, size = [], 0
            size += len(rest)
            if size > self._limit:
                kept = []
            elif rest:
                kept.append(rest)
        if size:
            yield None if size > self._limit else b"".join(kept)


def items(piece: Piece, settings: Settings) -> Iterator[Item | Rejected]:
    """The records of a piece; empty lines count as lines and are nothing else."""
    record = piece.first_record
    if not piece.file.size:
        yield Rejected(piece.file.name, None, "the file is empty")
        return
    fault = piece.fault
    with _opened(piece) as raw:
        for line in _lines(piece, raw):
            if isinstance(line, str):
                fault = line
                break
            if line is None or record in piece.too_long:
                yield Rejected(
                    piece.file.name, record, f"set aside: larger than {MAX_RECORD // 2**20} MiB"
                )
            else:
                if record == 1:
                    line = line.removeprefix(BOM)
                line = line.strip(b" \t\r\n")
                if line:
                    yield _item(line, piece.file, record, settings)
            record += 1
    if fault:
        yield Rejected(piece.file.name, record, f"{fault}; the rest of the file is lost")


def _opened(piece: Piece) -> BinaryIO:
    if piece.data is not None:
        return io.BytesIO(piece.data)
    raw = piece.file.path.open("rb")
    raw.seek(piece.start)
    return raw


def _lines(piece: Piece, raw: BinaryIO) -> Iterator[bytes | str | None]:
    """The lines of a piece, None for one too long; at last, as str, what ended a packed stream."""
    if piece.data is not None or piece.file.compression is None:
        yield from Lines(iter(_reader(raw, piece.stop - piece.start), b""))
        return
    try:
        yield from Lines(chunks(raw, piece.file.compression))
    except StreamError as error:
        yield str(error)


def _reader(raw: BinaryIO, length: int) -> Callable[[], bytes]:
    """A function that reads the next step of a range, and nothing beyond it."""
    left = length

    def read() -> bytes:
        nonlocal left
        data = raw.read(min(STEP, left))
        left -= len(data)
        return data

    return read


def _item(line: bytes, file: InputFile, record: int, settings: Settings) -> Item | Rejected:
    try:
        found = records.decode(line)
        return item_of(found, file, record, settings)
    except records.RecordError as error:
        raw = line.decode("utf-8", "surrogateescape") if len(line) <= KEPT_RAW else None
        return Rejected(file.name, record, str(error), raw)


def item_of(found: records.Record, file: InputFile, record: int, settings: Settings) -> Item:
    """The item of a parsed record.  Raises RecordError where it has no text."""
    body, is_html = records.text_of(found, settings.text_field, settings.html_field)
    fields = records.fields_of(found)
    return Item(
        file.name,
        file.place,
        record,
        body,
        is_html,
        url=fields.pop("url", None),
        id=records.id_of(found),
        fields=fields,
        links=tuple((link.url, link.text, link.kind) for link in records.links_of(found)),
    )
