"""WARC and WET files, plain or compressed record by record, and what is broken in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecordType

from cleaning.dumps.items import (
    MAX_RECORD,
    Capture,
    InputFile,
    Item,
    Piece,
    Rejected,
    Settings,
    Skipped,
)

STARTS = {None: b"WARC/1.", "gzip": b"\x1f\x8b\x08", "zstd": b"\x28\xb5\x2f\xfd"}
"""How a record begins in the file, to find the next one after a broken one."""

SEARCH_STEP = 1024 * 1024

HTML_TYPES = ("text/html", "application/xhtml+xml")


class Broken:
    """A record that cannot be read, where it may begin, and why."""

    def __init__(self, offset: int, reason: str) -> None:
        self.offset = offset
        self.reason = reason


def pieces(file: InputFile, size: int) -> Iterator[Piece]:
    """Ranges of whole records.

    A file is cut only where a second look at the place finds the same record: a file that was
    compressed as a whole cannot be entered in its middle and stays in one piece.
    """
    start, first, number = 0, 1, 0
    if file.size > size:
        with file.path.open("rb") as raw:
            for record in _records(raw, file.compression, 0):
                number += 1
                if isinstance(record, Broken) or record.stream_pos - start < size:
                    continue
                if not _is_entry(file, record):
                    if start == 0:
                        break
                    continue
                yield Piece(file, start, record.stream_pos, record.stream_pos - start, first)
                start, first = record.stream_pos, number
    yield Piece(file, start, file.size, file.size - start, first)


def _is_entry(file: InputFile, record: Any) -> bool:
    with file.path.open("rb") as raw:
        raw.seek(record.stream_pos)
        try:
            found = next(ArchiveIterator(raw, parse_http=False), None)
            return found is not None and found.record_id == record.record_id
        except OSError:
            return False


def _records(raw: BinaryIO, compression: str | None, start: int) -> Iterator[Any]:
    """The records from a place on; a Broken one for each that cannot be read, and on after it.

    What is broken after a sound record may be the next record or something before it: the next
    place that looks like a record is tried, and only where that fails too it is the broken one.
    """
    marker = STARTS[compression]
    size = raw.seek(0, os.SEEK_END)
    pending: Broken | None = None
    place: int | None = start
    while place is not None:
        raw.seek(place)
        last, seen, is_reported = place, 0, False
        try:
            for record in ArchiveIterator(raw, parse_http=False):
                if pending:
                    yield pending
                    pending = None
                last, seen = record.stream_pos, seen + 1
                reason = _fault(record, size if compression is None else None)
                is_reported = reason is not None
                yield record if reason is None else Broken(last, reason)
                if reason == ENDS:
                    break
            if not is_reported:
                break
        except OSError as error:
            broken = Broken(last, f"broken record ({str(error)[:1].lower()}{str(error)[1:]})")
            if seen and not is_reported:
                pending = broken
            elif not seen:
                yield broken
                pending = None
        place = _find(raw, marker, last + 1)
    if pending:
        yield pending


ENDS = "broken record (the file ends inside it)"


def _fault(record: Any, size: int | None) -> str | None:
    """What is wrong with a record that its header tells; ``size`` is that of an uncompressed file."""
    length = record.headers.get("Content-Length") or ""
    if not (length.isascii() and length.isdigit()):
        return "broken record (no valid Content-Length)"
    if size is not None and record.stream_pos + int(length) > size:
        return ENDS
    return None


def _find(raw: BinaryIO, marker: bytes, start: int) -> int | None:
    """The place of the next marker, for plain text at the start of a line."""
    raw.seek(max(0, start - 1))
    window, at = b"", max(0, start - 1)
    needed = marker if marker != STARTS[None] else b"\n" + marker
    offset = 1 if needed is not marker else 0
    while data := raw.read(SEARCH_STEP):
        window += data
        position = window.find(needed, 0 if offset else start - at if at < start else 0)
        if position >= 0:
            return at + position + offset
        keep = len(needed) - 1
        at += len(window) - keep
        window = window[-keep:]
    return None


def items(piece: Piece, settings: Settings) -> Iterator[Item | Rejected | Skipped]:
    """The pages and texts of a range; all else is skipped with the reason.

    The last range goes on to the end, whatever its records' offsets: in a file that was compressed
    as a whole they are those of what was read ahead.
    """
    del settings
    file, number = piece.file, piece.first_record - 1
    if not file.size:
        yield Rejected(file.name, None, "the file is empty")
        return
    with file.path.open("rb") as raw:
        for record in _records(raw, file.compression, piece.start):
            offset = record.offset if isinstance(record, Broken) else record.stream_pos
            if offset >= piece.stop and piece.stop < file.size:
                return
            number += 1
            if isinstance(record, Broken):
                yield Rejected(file.name, number, record.reason)
            else:
                yield _item(file, number, record)
    if number == 0:
        yield Rejected(file.name, None, "no WARC record in it")


def _item(file: InputFile, number: int, record: Any) -> Item | Rejected | Skipped:
    kind: Any = record.record_type
    url = record.headers.get("WARC-Target-URI")
    if url and url.startswith("urn:"):  # a name for what has no address
        url = None
    if kind not in (WarcRecordType.response, WarcRecordType.conversion, WarcRecordType.resource):
        return Skipped(file.name, number, f"record type {record.headers.get('WARC-Type')}")
    declared = int(record.headers.get("Content-Length"))
    if declared > MAX_RECORD:
        return Rejected(file.name, number, f"set aside: larger than {MAX_RECORD // 2**20} MiB")
    status, content_type, headers = None, record.headers.get("Content-Type") or "", ()
    try:
        record.freeze()
        if record.content_length < declared:
            return Rejected(file.name, number, ENDS)
        if kind == WarcRecordType.response:
            record.parse_http(auto_decode="all")
            if record.http_headers is None:
                return Skipped(file.name, number, "not an HTTP response")
            status = record.http_headers.status_code
            content_type = record.http_headers.get("Content-Type") or ""
            headers = tuple(record.http_headers.items())
        body = record.reader.read(MAX_RECORD + 1)
    except (OSError, ValueError) as error:
        return Rejected(file.name, number, f"broken record ({error})")
    if len(body) > MAX_RECORD:
        return Rejected(file.name, number, f"set aside: larger than {MAX_RECORD // 2**20} MiB")
    media = content_type.partition(";")[0].strip().lower()
    if status is not None and status != 200:
        return Skipped(file.name, number, f"HTTP status {status}")
    if kind == WarcRecordType.conversion or media == "text/plain":
        is_html = False
    elif media in HTML_TYPES or not media:
        is_html = True
    else:
        return Skipped(file.name, number, f"content type {media}")
    date = record.record_date
    capture = Capture(
        date.isoformat() if date else None,
        status,
        headers,
        str(file.path.resolve()),
        record.stream_pos,
        record.content_length,
    )
    return Item(
        file.name, file.place, number, body, is_html,
        url=url, content_type=content_type or None, capture=capture,
    )  # fmt: skip
