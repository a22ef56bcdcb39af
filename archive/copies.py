"""Copies: documents whose clean text is nearly the same, found as they arrive and kept in clusters.

Two documents are copies when at least ``COPY`` of their characters stand in passages of both
(``minhash.similarity``).  A cluster holds all that are copies of one another, directly or through a third
one.  Everything here is called inside a transaction, together with the change of the document.

numpy is only loaded when a document is saved or copies are compared, not by a search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlite_utils import Database

from archive.copies_schema import ADD_BANDS, CANDIDATES, VERSION, settle
from archive.indexing import fold_of
from archive.opening import transaction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from archive.minhash import Hashes, Signature

COPY = 0.65
"""Least similarity of two copies.  Of 282 cleaned mirrors (benchmarks/copies.py) the one least like any other
copy has 0.65, the next 0.71; of 1,229 pairs of different articles with a template or a half in common
none has more than 0.55."""

SURE = 0.75
"""Estimated Jaccard similarity of the 5-grams from which on the texts need not be compared: it is then
above 0.62 (three standard deviations), so above 0.76 of all characters are shared."""

UNLIKELY = 0.1
"""Below this estimate texts are not compared."""

CHECKS = 40
"""Texts that a new one is compared with at most, the likeliest first; a comparison takes 0.5 ms."""

CLOSEST = 3
"""Members, those of the closest signatures, that one is compared with before it is taken for no copy."""

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
        _, *apart = _parts(db, members)
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
    while True:
        with transaction(db):
            batch = db.execute(
                "SELECT id, text FROM documents WHERE id > ? ORDER BY id LIMIT ?", [last, BATCH]
            ).fetchall()
            for document_id, text in batch:
                changed += update(db, document_id, text)
            if len(batch) < BATCH:
                db.execute("INSERT OR REPLACE INTO meta VALUES ('copies', ?)", [VERSION])
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
        db.execute(ADD_BANDS, {"id": document_id, "slots": new.slots})
    if near:
        _join(db, [document_id, *near])


def _near(db: Database, text: str, slots: bytes) -> Iterator[int]:
    """The documents whose copy a text is, one of each cluster."""
    found = {
        int(number)
        for (numbers,) in db.execute(CANDIDATES, {"slots": slots})
        if numbers
        for number in numbers.split(",")
    }
    if not found:
        return
    from archive.minhash import agreement

    others = [
        db.execute(
            "SELECT document_id, slots FROM signatures WHERE document_id = ?", [number]
        ).fetchone()
        for number in sorted(found)
    ]
    estimates = agreement(slots, [row[1] for row in others])
    compare = _Texts(db)
    joined: set[int] = set()
    for at in (-estimates).argsort(kind="stable").tolist():
        number = others[at][0]
        if number not in joined and compare.are_copies(float(estimates[at]), text, number):
            cluster_id = _cluster_of(db, number)
            joined.update(
                row[0]
                for row in db.execute("SELECT id FROM documents WHERE cluster_id = ?", [cluster_id])
            )
            yield number


class _Texts:
    """Comparing documents by their texts, each read once, and only where signatures do not decide."""

    def __init__(self, db: Database, checks: int = CHECKS) -> None:
        self._db = db
        self._grams: dict[int | str, Hashes] = {}
        self._left = checks

    def are_copies(self, estimate: float, one: int | str, other: int) -> bool:
        """Whether two texts are copies of each other; each a document's id or the text itself."""
        if estimate >= SURE:
            return True
        if estimate < UNLIKELY or not self._left:
            return False
        from archive.minhash import similarity

        self._left -= 1
        return similarity(self._of(one), self._of(other)) >= COPY

    def _of(self, given: int | str) -> Hashes:
        from archive.minhash import grams, han

        if given not in self._grams:
            text = given if isinstance(given, str) else _text(self._db, given)
            self._grams[given] = grams(han(text, fold_of(self._db.conn)))
        return self._grams[given]


Member = tuple[int, int, bytes | None]
"""Id, hash of the text, slots."""


def hangs_together(db: Database, cluster_id: int) -> bool:
    """Whether each member of a cluster is a copy of another one and all are connected.

    Of a cluster of ``BIG`` or more, which stays whole whatever leaves it, it is taken for granted.
    """
    members = _members(db, cluster_id)
    if len(members) >= BIG or len(_parts(db, members)) == 1:
        return True
    return len(_parts(db, members, closest=len(members))) == 1


def _members(db: Database, cluster_id: int) -> list[Member]:
    rows: list[Member] = db.execute(
        "SELECT d.id, s.exact, s.slots FROM documents d JOIN signatures s ON s.document_id = d.id"
        " WHERE cluster_id = ? ORDER BY d.id",
        [cluster_id],
    ).fetchall()
    return rows


def _parts(db: Database, members: Sequence[Member], closest: int = CLOSEST) -> list[list[int]]:
    """The members of a cluster in sets that are connected by copies, the one of the first first.

    Each is compared with the ``closest`` of a set, as signatures tell it.
    """
    import numpy as np

    estimates = _estimates(members)
    texts = _Texts(db, checks=len(members) * closest)
    apart: set[tuple[int, int]] = set()  # compared, and no copies

    def is_near(one: int, part: list[int]) -> bool:
        near = sorted(part, key=lambda other: -estimates[one, other])[:closest]
        for other in near:
            if (one, other) in apart:
                continue
            if texts.are_copies(float(estimates[one, other]), members[one][0], members[other][0]):
                return True
            apart.add((one, other))
        return False

    rest = np.arange(len(members))
    parts: list[list[int]] = []
    while len(rest):
        part, rest = [int(rest[0])], rest[1:]
        while len(rest):
            sure = estimates[np.ix_(rest, np.array(part))].max(axis=1) >= SURE
            if not sure.any():
                sure = np.array([is_near(int(one), part) for one in rest])
            if not sure.any():
                break
            part += rest[sure].tolist()
            rest = rest[~sure]
        parts.append([members[n][0] for n in part])
    return parts


def _estimates(members: Sequence[Member]) -> NDArray[np.float64]:
    """The estimated similarity of each two members; 1 for equal texts, 0 where only they are copies."""
    import numpy as np

    from archive.minhash import SLOTS, agreement

    all_slots = [slots or bytes(SLOTS) for _, _, slots in members]
    found = np.array([agreement(slots, all_slots) for slots in all_slots])
    is_short = np.array([slots is None for _, _, slots in members])
    found[is_short, :] = found[:, is_short] = 0.0
    exact = np.array([exact for _, exact, _ in members])
    found[exact[:, np.newaxis] == exact] = 1.0
    return found


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


def _text(db: Database, document_id: int) -> str:
    (text,) = db.execute("SELECT text FROM documents WHERE id = ?", [document_id]).fetchone()
    return str(text)
