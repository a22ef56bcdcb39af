"""Changes: the sorts of edits, each of which stands once in an archive however often it was made."""

from __future__ import annotations

from sqlite_utils import Database

from archive import edit_log
from archive.records import storable
from cleaning.document import Edit, FieldEdit

Sort = tuple[str, str, str, str, float]
"""Kind, before, after, rule and confidence."""


def sort_of(edit: Edit | FieldEdit) -> Sort:
    """What two edits share that differ in their place alone."""
    return edit.kind, storable(edit.before), storable(edit.after), edit.rule, edit.confidence


def change_id(
    db: Database, kind: str, before: str, after: str, rule: str, confidence: float
) -> int:
    """The id of a sort of edit, which is made if it is new."""
    row = db.execute(
        "SELECT id FROM changes WHERE rule = ? AND substr(before, 1, 16) = substr(?, 1, 16)"
        " AND substr(after, 1, 16) = substr(?, 1, 16)"
        " AND before = ? AND after = ? AND kind = ? AND confidence = ?",
        [rule, before, after, before, after, kind, confidence],
    ).fetchone()
    if row:
        return int(row[0])
    cursor = db.execute(
        "INSERT INTO changes (kind, before, after, rule, confidence) VALUES (?, ?, ?, ?, ?)",
        [kind, before, after, rule, confidence],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def change(db: Database, number: int) -> Sort:
    """The sort of an id.  Raises ValueError where there is none."""
    sort: Sort = db.execute(
        "SELECT kind, before, after, rule, confidence FROM changes WHERE id = ?", [number]
    ).fetchone()
    if sort is None:
        raise ValueError(number)
    return sort


def drop_unused_changes(db: Database) -> None:
    """Take out the sorts of edits that no log has any more.  Call it inside a transaction."""
    used = {row[0] for row in db.execute("SELECT DISTINCT change_id FROM field_log")}
    for (sorts,) in db.execute("SELECT sorts FROM edit_log"):
        used.update(edit_log.sorts_of(sorts))
    known = [row[0] for row in db.execute("SELECT id FROM changes")]
    unused = [(number,) for number in known if number not in used]
    db.conn.executemany("DELETE FROM changes WHERE id = ?", unused)
