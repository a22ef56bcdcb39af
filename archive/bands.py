"""Bands: the documents whose signatures agree in three slots somewhere, so that their texts are to be compared.

The 32 rows of a document belong at 32 places of a table that soon outgrows the memory.  Where many documents come
(``in_bulk``) they wait, and are looked up in memory, until there are so many that each page of the table takes
several of their rows: that is a third of the time at 100,000 documents, and does not grow as fast.
What waits stands in ``bands_waiting``, so any program finds it, also after a kill.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from operator import eq

from sqlite_utils import Database

from archive.copies_schema import ADD_BANDS, BANDS, BUCKET, CANDIDATES, ROWS, WRITE_BAND
from archive.opening import transaction

WAITING = 20_000
"""Documents that wait at most.  In memory each takes 4 kB; of a million documents, whose bands are 100,000 pages
of the file, each page then takes six rows at a time, and a band 0.1 s."""

_gathered: dict[int, Gathered] = {}
"""By connection, what waits in memory."""


class Gathered:
    """The documents that wait, by their bands."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._read()

    def _read(self) -> None:
        self._count = 0
        self._first: list[dict[bytes, int]] = [{} for _ in range(BANDS)]
        self._others: dict[tuple[int, bytes], list[int]] = {}  # where several share a band
        for document_id, slots in _waiting(self._db):
            self.add(document_id, slots)

    def add(self, document_id: int, slots: bytes) -> None:
        self._count += 1
        for band, key in enumerate(_keys(slots)):
            if self._first[band].setdefault(key, document_id) != document_id:
                others = self._others.setdefault((band, key), [])
                if len(others) < BUCKET - 1:
                    others.append(document_id)

    def find(self, slots: bytes) -> set[int]:
        """The documents that share a band; some may have got another signature, or be gone."""
        found: set[int] = set()
        for band, key in enumerate(_keys(slots)):
            if (first := self._first[band].get(key)) is not None:
                found.update([first], self._others.get((band, key), ()))
        return found

    def settle(self, most: int = WAITING) -> None:
        """Write the bands of what waits, where more than ``most`` do; one transaction for each band."""
        if self._count <= most:
            return
        (last,) = self._db.execute("SELECT max(document_id) FROM bands_waiting").fetchone()
        for band in range(BANDS):
            with transaction(self._db):
                self._db.execute(WRITE_BAND, {"band": band, "last": last})
        with transaction(self._db):
            self._db.execute("DELETE FROM bands_waiting WHERE document_id <= ?", [last])
        self._read()


@contextmanager
def in_bulk(db: Database) -> Iterator[Gathered]:
    """A block in which many documents are saved; call ``settle`` between its transactions."""
    gathered = _gathered[id(db.conn)] = Gathered(db)
    try:
        yield gathered
    finally:
        del _gathered[id(db.conn)]
    gathered.settle(0)


def add(db: Database, document_id: int, slots: bytes) -> None:
    """Keep the bands of a document that has none.  Call it inside a transaction."""
    gathered = _gathered.get(id(db.conn))
    if gathered is None:
        db.execute(ADD_BANDS, {"id": document_id, "slots": slots})
    else:
        db.execute("INSERT INTO bands_waiting VALUES (?)", [document_id])
        gathered.add(document_id, slots)


def candidates(db: Database, slots: bytes) -> dict[int, bytes]:
    """The documents that share a band with a signature, and their slots, in the order of the ids."""
    found = {
        int(number)
        for (numbers,) in db.execute(CANDIDATES, {"slots": slots})
        if numbers
        for number in numbers.split(",")
    }
    gathered = _gathered.get(id(db.conn))
    found |= gathered.find(slots) if gathered else _find_waiting(db, slots)
    rows = (
        db.execute("SELECT slots FROM signatures WHERE document_id = ?", [number]).fetchone()
        for number in sorted(found)
    )
    return {
        number: row[0] for number, row in zip(sorted(found), rows, strict=True) if row and row[0]
    }


def _find_waiting(db: Database, slots: bytes) -> set[int]:
    """What another program that saves many documents, or was killed at it, lets wait."""
    own = _keys(slots)
    return {number for number, other in _waiting(db) if any(map(eq, own, _keys(other)))}


def _waiting(db: Database) -> Iterator[tuple[int, bytes]]:
    yield from db.execute(
        "SELECT w.document_id, slots FROM bands_waiting w JOIN signatures s ON s.document_id = w.document_id"
    )


def _keys(slots: bytes) -> list[bytes]:
    """The slots of each band."""
    return [slots[at : at + ROWS] for at in range(0, ROWS * BANDS, ROWS)]
