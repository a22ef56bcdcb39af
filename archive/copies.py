"""Copies: documents whose clean text is nearly the same, found as they arrive and kept in clusters.

Two documents are copies when at least ``copies_compare.COPY`` of their characters stand in passages of both
(``minhash.similarity``).  A cluster holds all that are copies of one another, directly or through a third
one.  Everything here is called inside a transaction, together with the change of the document.

numpy is only loaded when a document is saved or copies are compared, not by a search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlite_utils import Database

from archive import bands
from archive.copies_compare import Member, Texts, parts_of
from archive.copies_schema import VERSION, settle
from archive.indexing import fold_of
from archive.opening import transaction

if TYPE_CHECKING:
    from archive.minhash import Signature

BIG = 300
"""Members from which on a cluster stays whole when one leaves it: what has that many copies
hangs together by more than one of them, and comparing the texts could take half a second."""

BATCH = 200
"""Documents in one transaction of ``cluster``, which takes a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Clustered:
    """What ``cluster`` did: documents looked at, those new to it or changed, clusters there are now."""

    documents: int
    changed: int
    clusters: int


def update(db: Database, document_id: int, text: str) -> bool:
    """Bring signature and cluster of a document up to date with its text; whether it was not.

    Call it after the document has been written.
    """
    from archive.minhash import signature

    new = signature(text, fold_of(db.conn))
    known = db.execute(
        "SELECT exact, slots FROM signatures WHERE document_id = ?", [document_id]
    ).fetchone()
    if known is not None:
        if tuple(known) == new:
            _settle(db, _cluster_of(db, document_id))  # its date or its repairs may be others
            return False
        remove(db, document_id)
    _add(db, document_id, text, new)
    return True


def remove(db: Database, document_id: int) -> None:
    """Take a document out of its cluster, which falls apart where nothing else holds it together."""
    cluster_id = _cluster_of(db, document_id)
    db.execute("DELETE FROM signatures WHERE document_id = ?", [document_id])
    if cluster_id is None:
        return
    db.execute("UPDATE documents SET cluster_id = NULL WHERE id = ?", [document_id])
    members = _members(db, cluster_id)
    if len(members) < BIG:
        _, *apart = parts_of(db, members)
        for part in apart:
            _set_cluster(db, part, None)
            if len(part) > 1:
                _join(db, part)
    _settle(db, cluster_id)


def cluster(db: Database, progress: Callable[[int, int], None] | None = None) -> Clustered:
    """Find the copies among all documents, in an archive that was made before copies were kept.

    In transactions of its own; it may be stopped at any time.  What is up to date stays as it is.
    ``progress`` is told (done, all).
    """
    (total,) = db.execute("SELECT count(*) FROM documents").fetchone()
    done = changed = last = 0
    with bands.in_bulk(db) as gathered:
        while True:
            with transaction(db):
                batch = db.execute(
                    "SELECT id, text FROM documents WHERE id > ? ORDER BY id LIMIT ?", [last, BATCH]
                ).fetchall()
                for document_id, text in batch:
                    changed += update(db, document_id, text)
                if len(batch) < BATCH:
                    db.execute("INSERT OR REPLACE INTO meta VALUES ('copies', ?)", [VERSION])
            gathered.settle()
            done += len(batch)
            if progress:
                progress(done, max(total, done))
            if len(batch) < BATCH:
                break
            last = batch[-1][0]
    (clusters,) = db.execute("SELECT count(*) FROM clusters").fetchone()
    return Clustered(done, changed, clusters)


def _add(db: Database, document_id: int, text: str, new: Signature) -> None:
    """Keep the signature of a document that has none, and join it to its copies."""
    same = db.execute(
        "SELECT document_id FROM signatures WHERE exact = ? ORDER BY document_id LIMIT 1",
        [new.exact],
    ).fetchone()
    near: Sequence[int] = ()
    if same:
        near = [same[0]]
    elif new.slots:
        near = list(_near(db, text, new.slots))
    db.execute("INSERT INTO signatures VALUES (?, ?, ?)", [document_id, *new])
    if new.slots and not same:
        bands.add(db, document_id, new.slots)
    if near:
        _join(db, [document_id, *near])


def _near(db: Database, text: str, slots: bytes) -> Iterator[int]:
    """The documents whose copy a text is, one of each cluster."""
    others = bands.candidates(db, slots)
    if not others:
        return
    from archive.minhash import agreement

    estimates = agreement(slots, list(others.values()))
    numbers = list(others)
    compare = Texts(db)
    joined: set[int] = set()
    for at in (-estimates).argsort(kind="stable").tolist():
        number = numbers[at]
        if number not in joined and compare.are_copies(float(estimates[at]), text, number):
            cluster_id = _cluster_of(db, number)
            joined.update(
                row[0]
                for row in db.execute("SELECT id FROM documents WHERE cluster_id = ?", [cluster_id])
            )
            yield number


def hangs_together(db: Database, cluster_id: int) -> bool:
    """Whether each member of a cluster is a copy of another one and all are connected.

    Of a cluster of ``BIG`` or more, which stays whole whatever leaves it, it is taken for granted.
    """
    members = _members(db, cluster_id)
    if len(members) >= BIG or len(parts_of(db, members)) == 1:
        return True
    return len(parts_of(db, members, closest=len(members))) == 1


def _members(db: Database, cluster_id: int) -> list[Member]:
    rows: list[Member] = db.execute(
        "SELECT d.id, s.exact, s.slots FROM documents d JOIN signatures s ON s.document_id = d.id"
        " WHERE cluster_id = ? ORDER BY d.id",
        [cluster_id],
    ).fetchall()
    return rows


def _join(db: Database, documents: Sequence[int]) -> None:
    """Make one cluster of documents and of the clusters that they are in, under the oldest one's id."""
    clusters = {_cluster_of(db, number) for number in documents}
    known = sorted(number for number in clusters if number is not None)
    if known:
        target, *merged = known
    else:
        cursor = db.execute("INSERT INTO clusters (size) VALUES (0)")
        assert cursor.lastrowid is not None
        target, merged = cursor.lastrowid, []
    _set_cluster(db, documents, target)
    for number in merged:
        db.execute("UPDATE documents SET cluster_id = ? WHERE cluster_id = ?", [target, number])
        db.execute("DELETE FROM clusters WHERE id = ?", [number])
    _settle(db, target)


def _set_cluster(db: Database, documents: Sequence[int], cluster_id: int | None) -> None:
    db.conn.executemany(
        "UPDATE documents SET cluster_id = ? WHERE id = ? AND cluster_id IS NOT ?",
        ((cluster_id, number, cluster_id) for number in documents),
    )


def _settle(db: Database, cluster_id: int | None) -> None:
    if cluster_id is not None:
        for statement in settle(":cluster"):
            db.execute(statement, {"cluster": cluster_id})


def _cluster_of(db: Database, document_id: int) -> int | None:
    row: Any = db.execute("SELECT cluster_id FROM documents WHERE id = ?", [document_id]).fetchone()
    return row[0] if row else None
