"""Documents: the text of a page with its fields, labels, links and the log of its edits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from sqlite_utils import Database

from archive import copies, edit_log, indexing
from archive.changes import change, change_id, sort_of
from archive.damage import damages_of, host_of
from archive.errors import ArchiveError, path_of
from archive.records import exact_form, from_exact_form, storable
from archive.restore_carry import carry
from archive.script import script_of
from cleaning.document import Candidate, Document, Edit, FieldEdit, Label, Link

_FIELDS = ("url", "title", "date", "published_at", "site", "source", "author")


def save_document(
    db: Database,
    document: Document,
    run_id: int,
    page_id: int | None = None,
    input_file: str | None = None,
    input_record: int | None = None,
) -> int:
    """Keep a document and return its id.  Call it inside a transaction.

    It is the same document, and is not kept twice, when it comes from the same page at the same
    place, from the same record of the same file with the same raw text, or has the same
    ``source_id`` (the document's own id), URL and raw text; if it was cleaned differently before,
    it is replaced.  So is the same page from elsewhere, unless its record has other fields.
    """
    place: list[object] = [storable(input_file), input_record]
    known = _known(db, document, page_id, place)
    if known is None:
        row = _row(document, run_id) | {
            "page_id": page_id, "input_file": place[0], "input_record": input_record
        }  # fmt: skip
        cursor = db.execute(
            f"INSERT INTO documents ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
            list(row.values()),
        )
        assert cursor.lastrowid is not None
        _write_parts(db, cursor.lastrowid, document, row)
        return cursor.lastrowid
    stored = _read(db, known)
    if stored is not None:
        document = carry(stored, document)
        if replace(document, id=stored.id) != stored:
            replace_document(db, known, document, run_id)
    return known


def replace_document(db: Database, document_id: int, document: Document, run_id: int) -> None:
    """Put another cleaning of it in the place of a document.  Call it inside a transaction.

    Raises ArchiveError where there is no document of this id.
    """
    if not db.execute("SELECT 1 FROM documents WHERE id = ?", [document_id]).fetchone():
        raise ArchiveError(f"{path_of(db)}: there is no document {document_id}")
    indexing.remove(db, document_id)
    for table in ("edit_log", "field_log", "labels", "links", "damages"):
        db.execute(f"DELETE FROM {table} WHERE document_id = ?", [document_id])
    row = _row(document, run_id)
    with indexing.without_triggers(db):
        db.execute(
            f"UPDATE documents SET {', '.join(f'{name} = ?' for name in row)} WHERE id = ?",
            [*row.values(), document_id],
        )
    _write_parts(db, document_id, document, row)


def load_document(db: Database, document_id: int) -> Document:
    """A document with its whole log; its ``id`` is the input record's own.

    Raises ArchiveError where there is none of this id, and where text and log do not rebuild the
    text that was read.
    """
    document = _read(db, document_id)
    if document is None:
        raise ArchiveError(f"{path_of(db)}: there is no document {document_id}")
    try:
        intact = document.is_intact
    except ValueError:
        intact = False
    if not intact:
        raise ArchiveError(
            f"{path_of(db)}: text and edits of document {document_id} do not rebuild what was read"
        )
    return document


def documents(db: Database) -> Iterator[tuple[int, Document]]:
    """Every document with its id in the archive, in the order of the ids."""
    last = 0
    while row := db.execute(
        "SELECT id FROM documents WHERE id > ? ORDER BY id LIMIT 1", [last]
    ).fetchone():
        last = row[0]
        yield last, load_document(db, last)


def _known(
    db: Database, document: Document, page_id: int | None, place: list[object]
) -> int | None:
    """The id of the document that this one is, where the archive has it."""
    raw, source_id, url = document.raw_sha256, storable(document.id), storable(document.url)
    ways: list[tuple[str, list[object]]] = []
    if page_id is not None:
        ways.append(("page_id = ? AND input_file IS ? AND input_record IS ?", [page_id, *place]))
    if place[0] is not None:
        ways.append(("raw_sha256 = ? AND input_file = ? AND input_record IS ?", [raw, *place]))
    if source_id is not None:
        ways.append(("raw_sha256 = ? AND source_id = ? AND url IS ?", [raw, source_id, url]))
    if page_id is not None and place[0] is None:
        ways.append(("page_id = ?", [page_id]))
    elif page_id is not None:
        ways.append(("page_id = ? AND input_file IS NULL", [page_id]))
    if not ways:
        nowhere = "page_id IS NULL AND input_file IS NULL AND source_id IS NULL"
        ways.append((f"raw_sha256 = ? AND url IS ? AND {nowhere}", [raw, url]))
    for condition, values in ways:
        row = db.execute(f"SELECT id FROM documents WHERE {condition} LIMIT 1", values).fetchone()
        if row:
            return int(row[0])
    if page_id is not None:  # another record with the same page: the same one, or fields of its own
        for (other,) in db.execute(
            "SELECT id FROM documents WHERE page_id = ?", [page_id]
        ).fetchall():
            stored = _read(db, other)
            if stored is not None and replace(document, id=stored.id) == stored:
                return int(other)
    return None


def _row(document: Document, run_id: int) -> dict[str, object]:
    """The columns of a document that are made of it."""
    edits: list[Edit | FieldEdit] = [*document.edits, *document.field_edits]
    damages = damages_of((e.kind for e in edits), (label.kind for label in document.labels))
    return {
        "source_id": storable(document.id),
        **{name: storable(getattr(document, name)) for name in _FIELDS},
        "host": storable(host_of(document.url)),
        "text": storable(document.text),
        "raw_sha256": document.raw_sha256,
        "script": script_of(document.text),
        "damage": " ".join(kind for kind, _, _ in damages) or None,
        "chars": len(document.text),
        "edit_count": sum(repaired for _, repaired, _ in damages),
        "label_count": len(document.labels),
        "run_id": run_id,
        "exact": exact_form(document),
    }


def _write_parts(db: Database, document_id: int, document: Document, row: dict[str, Any]) -> None:
    """Write what belongs to a document's row; the index and the other tables have nothing of it."""
    indexing.add(db, document_id, *(row[name] for name in indexing.INDEXED))
    edits: list[Edit | FieldEdit] = [*document.edits, *document.field_edits]
    sorts = {sort: change_id(db, *sort) for sort in dict.fromkeys(map(sort_of, edits))}
    log = [(edit.start, sorts[sort_of(edit)]) for edit in document.edits]
    db.conn.executemany(
        "INSERT INTO edit_log VALUES (?, ?, ?, ?, ?)",
        ((document_id, *part) for part in edit_log.encode(log)),
    )
    db.conn.executemany(
        "INSERT INTO field_log VALUES (?, ?, ?, ?, ?)",
        (
            (document_id, position, edit.field, edit.start, sorts[sort_of(edit)])
            for position, edit in enumerate(document.field_edits, len(log))
        ),
    )
    db.conn.executemany(
        "INSERT INTO damages VALUES (?, ?, ?, ?)",
        (
            (document_id, *damage)
            for damage in damages_of(
                (edit.kind for edit in edits), (label.kind for label in document.labels)
            )
        ),
    )
    db.conn.executemany(
        "INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                document_id,
                position,
                label.kind,
                label.start,
                label.end,
                storable(label.value),
                label.rule,
                label.confidence,
                storable(json.dumps([asdict(c) for c in label.candidates], ensure_ascii=False)),
            )
            for position, label in enumerate(document.labels)
        ),
    )
    db.conn.executemany(
        "INSERT INTO links VALUES (?, ?, ?, ?, ?)",
        (
            (document_id, position, storable(link.url), storable(link.text), link.kind)
            for position, link in enumerate(document.links)
        ),
    )
    copies.update(db, document_id, row["text"])
    db.execute("INSERT OR REPLACE INTO restore_queue VALUES (?, 0)", [document_id])


def _read(db: Database, document_id: int) -> Document | None:
    row = db.execute(
        f"SELECT exact, text, raw_sha256, source_id, {', '.join(_FIELDS)} FROM documents WHERE id = ?",
        [document_id],
    ).fetchone()
    if row is None:
        return None
    if row[0] is not None:
        return from_exact_form(row[0])
    edits = _edits(db, document_id)
    field_edits = [
        FieldEdit(*values)
        for values in db.execute(
            'SELECT field, kind, "start", "start" + length(before), before, after, rule, confidence'
            " FROM field_log JOIN changes ON id = change_id WHERE document_id = ? ORDER BY position",
            [document_id],
        )
    ]
    labels = [
        Label(kind, start, end, value, rule, confidence, _candidates(candidates))
        for kind, start, end, value, rule, confidence, candidates in db.execute(
            'SELECT kind, "start", "end", value, rule, confidence, candidates FROM labels'
            " WHERE document_id = ? ORDER BY position",
            [document_id],
        )
    ]
    links = tuple(
        Link(*values)
        for values in db.execute(
            "SELECT url, text, kind FROM links WHERE document_id = ? ORDER BY position",
            [document_id],
        )
    )
    _, text, raw_sha256, source_id, *values = row
    fields = dict(zip(_FIELDS, values, strict=True))
    return Document(
        text, raw_sha256, source_id, **fields, links=links, labels=tuple(labels), edits=edits,
        field_edits=tuple(field_edits),
    )  # fmt: skip


def _edits(db: Database, document_id: int) -> tuple[Edit, ...]:
    """The log of a document's text; what the view ``edits`` says, and ten times as fast."""
    rows = db.execute(
        "SELECT first, size, sorts, log FROM edit_log WHERE document_id = ? ORDER BY first",
        [document_id],
    ).fetchall()
    try:
        log = list(edit_log.decode([edit_log.Part(*row) for row in rows]))
        changes = {number: change(db, number) for number in dict.fromkeys(sort for _, sort in log)}
    except (ValueError, IndexError, TypeError) as error:
        raise ArchiveError(
            f"{path_of(db)}: the log of document {document_id} is damaged"
        ) from error
    return tuple(
        [
            Edit(kind, start, start + len(before), before, after, rule, confidence)
            for start, number in log
            for kind, before, after, rule, confidence in [changes[number]]
        ]
    )


def _candidates(column: str) -> tuple[Candidate, ...]:
    return tuple(Candidate(**candidate) for candidate in json.loads(column))
