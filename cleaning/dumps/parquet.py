"""Parquet, by pyarrow, which the extra ``parquet`` installs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from cleaning import records
from cleaning.dumps.items import MAX_RECORD, InputError, InputFile, Item, Piece, Rejected, Settings
from cleaning.dumps.jsonl import item_of

BATCH = 256
"""Records that are in memory at once: 2 MB of pages' text (mean 7.9 KB)."""

ROW_GROUP_BYTES = 32 * 1024 * 1024
"""Bytes of JSON Lines that become one row group: what a reader can take into memory at once."""

TEXT_COLUMNS = ("url", "title", "date", "published_at", "site", "source", "author", "text")


def require() -> Any:
    """The module pyarrow.  Raises InputError, which names the command that installs it."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError("Parquet needs pyarrow: pip install 'shiyi[parquet]'") from None
    return pyarrow


def pieces(file: InputFile, size: int) -> Iterator[Piece]:
    """Ranges of row groups; a file that cannot be opened is one piece, whose reading says why."""
    try:
        pyarrow = require()
    except InputError:
        yield Piece(file, 0, 0, file.size)
        return
    try:
        with file.path.open("rb") as raw, pyarrow.parquet.ParquetFile(raw) as opened:
            metadata = opened.metadata
            sizes = [
                (metadata.row_group(number).num_rows, metadata.row_group(number).total_byte_size)
                for number in range(metadata.num_row_groups)
            ]
    except (pyarrow.ArrowException, OSError):
        yield Piece(file, 0, 0, file.size)
        return
    start, record, rows, taken = 0, 1, 0, 0
    for number, (group_rows, group_size) in enumerate(sizes):
        rows, taken = rows + group_rows, taken + group_size
        if taken >= size or number + 1 == len(sizes):
            yield Piece(file, start, number + 1, taken, record)
            start, record, rows, taken = number + 1, record + rows, 0, 0


def items(piece: Piece, settings: Settings) -> Iterator[Item | Rejected]:
    file, record = piece.file, piece.first_record
    if not file.size:
        yield Rejected(file.name, None, "the file is empty")
        return
    pyarrow = require()
    try:
        with file.path.open("rb") as raw, pyarrow.parquet.ParquetFile(raw) as opened:
            columns = _columns(opened.schema_arrow.names, settings)
            for batch in opened.iter_batches(
                BATCH, row_groups=list(range(piece.start, piece.stop)), columns=columns
            ):
                for row in batch.to_pylist():
                    yield _item(row, file, record, settings)
                    record += 1
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        yield Rejected(
            file.name, record if record > 1 else None, f"not readable Parquet ({reason})"
        )


def _columns(names: list[str], settings: Settings) -> list[str] | None:
    """The columns that are read; None reads all, so that a message can name what there is."""
    wanted = {
        "id",
        "url",
        "date",
        "links",
        *records.CARRIED,
        *records.TEXT_FIELDS,
        *records.HTML_FIELDS,
    }
    wanted |= {name for name in (settings.text_field, settings.html_field) if name}
    found = [name for name in names if name in wanted]
    return found or None


def _item(row: dict[str, Any], file: InputFile, record: int, settings: Settings) -> Item | Rejected:
    try:
        item = item_of(row, file, record, settings)
    except records.RecordError as error:
        return Rejected(file.name, record, str(error))
    if len(item.body) > MAX_RECORD:
        return Rejected(file.name, record, f"set aside: larger than {MAX_RECORD // 2**20} MiB")
    return item


def write(lines: Iterable[bytes], path: Path) -> None:
    """The records of JSON Lines as one Parquet file.

    The id becomes a string (a column has one type), and a lone surrogate, which Arrow's UTF-8
    cannot hold, its escape.
    """
    pyarrow = require()
    schema = _schema(pyarrow)
    with (
        path.open("wb") as raw,
        pyarrow.parquet.ParquetWriter(raw, schema, compression="zstd") as writer,
    ):
        rows: list[records.Record] = []
        size = 0
        for line in lines:
            rows.append(_row(line))
            size += len(line)
            if size >= ROW_GROUP_BYTES:
                writer.write_table(pyarrow.Table.from_pylist(rows, schema))
                rows, size = [], 0
        if rows:
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))


def _row(line: bytes) -> records.Record:
    try:
        row: records.Record = msgspec.json.decode(line)
    except msgspec.DecodeError:
        row = _escaped(json.loads(line))
    if row["id"] is not None:
        row["id"] = str(row["id"])
    return row


def _escaped(value: Any) -> Any:
    """The value with every lone surrogate in its strings written as an escape."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {name: _escaped(part) for name, part in value.items()}
    return [_escaped(part) for part in value] if isinstance(value, list) else value


def _schema(pyarrow: Any) -> Any:
    text, number, real = pyarrow.string(), pyarrow.int64(), pyarrow.float64()

    def rows(**columns: Any) -> Any:
        return pyarrow.list_(pyarrow.struct(list(columns.items())))

    change = {"kind": text, "start": number, "end": number}
    edit = {**change, "before": text, "after": text, "rule": text, "confidence": real}
    candidate = rows(text=text, confidence=real)
    label = {**change, "value": text, "rule": text, "confidence": real, "candidates": candidate}
    return pyarrow.schema(
        [
            ("id", text),
            *((name, text) for name in TEXT_COLUMNS),
            ("links", rows(url=text, text=text, kind=text)),
            ("labels", rows(**label)),
            ("field_edits", rows(field=text, **edit)),
            ("edits", rows(**edit)),
            ("raw_sha256", text),
            ("input", pyarrow.struct([("file", text), ("record", number)])),
        ]
    )


def lines(path: Path) -> Iterator[bytes]:
    """The records of a Parquet file that :func:`write` made, as JSON Lines again."""
    pyarrow = require()
    with path.open("rb") as raw, pyarrow.parquet.ParquetFile(raw) as opened:
        for batch in opened.iter_batches(BATCH):
            for row in batch.to_pylist():
                yield records.encode(row) + b"\n"
