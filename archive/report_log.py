"""What the logs of all edits tell a report, in one reading: how many there are, and places to show."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlite_utils import Database

from archive.edit_log import Part, decode

MOST = 30
"""Rows of a table; the rest of a long tail is added up in its last row."""

SAMPLES = 40
"""Edits drawn at random, for a person to judge: of 40 that are right, with 95 % confidence no more than 7 in a
hundred of all are wrong (the rule of three)."""

LONG = 60
"""Characters from which on an example is shortened: a list of links, a spam header."""

TRIES = 20
"""Places to look at for one that later edits have left alone."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: a name, how many, and in how many documents."""

    name: str
    count: int
    documents: int


@dataclass(slots=True)
class SortCount:
    """A sort of edits: how often it was made, in how many documents, and some of the first places."""

    kind: str
    rule: str
    before: str
    after: str
    count: int = 0
    documents: int = 0
    places: list[tuple[int, int, int]] = field(default_factory=list)  # document, position, start


class Log:
    """One reading of all logs: the moves of fields and blank lines as well."""

    def __init__(self, db: Database) -> None:
        self.sorts = {
            row[0]: SortCount(*row[1:])
            for row in db.execute("SELECT id, kind, rule, before, after FROM changes")
        }
        self.samples: list[tuple[int, int, int, int]] = []  # document, position, start, sort
        self._counts: tuple[Counter[str], ...] = (Counter(), Counter())
        self._documents: tuple[Counter[str], ...] = (Counter(), Counter())
        self._chance, self._seen = Random(2026), 0
        last, names = 0, (set[str](), set[str]())
        for document_id, *part in db.execute(
            "SELECT document_id, first, size, sorts, log FROM edit_log ORDER BY document_id, first"
        ):
            if document_id != last:
                self._close(names)
                last, names = document_id, (set(), set())
            self._read(document_id, Part(*part), names)
        self._close(names)
        for (number, count) in db.execute(
            "SELECT change_id, count(*) FROM field_log GROUP BY change_id"
        ):  # fmt: skip
            self._count(self.sorts[number], count)
        for position, column in enumerate(("kind", "rule")):
            for name, documents in db.execute(
                f"SELECT {column}, count(DISTINCT document_id) FROM field_log"
                f" JOIN changes ON id = change_id GROUP BY {column}"
            ):
                self._documents[position][name] += documents

    def _read(self, document_id: int, part: Part, names: tuple[set[str], set[str]]) -> None:
        counts: Counter[int] = Counter()
        for position, (start, number) in enumerate(decode([part]), part.first):
            counts[number] += 1
            sort = self.sorts[number]
            if len(sort.places) < TRIES:
                sort.places.append((document_id, position, start))
            if sort.kind not in ("layout", "field"):
                self._draw((document_id, position, start, number))
        for number, count in counts.items():
            sort = self.sorts[number]
            self._count(sort, count)
            sort.documents += 1
            names[0].add(sort.kind)
            names[1].add(sort.rule)

    def _draw(self, place: tuple[int, int, int, int]) -> None:
        """Keep each edit with the same chance (reservoir sampling)."""
        self._seen += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(place)
        elif (at := int(self._chance.random() * self._seen)) < SAMPLES:
            self.samples[at] = place

    def _count(self, sort: SortCount, count: int) -> None:
        sort.count += count
        self._counts[0][sort.kind] += count
        self._counts[1][sort.rule] += count

    def _close(self, names: tuple[set[str], set[str]]) -> None:
        for documents, seen in zip(self._documents, names, strict=True):
            documents.update(seen)

    def rows(self, column: int) -> list[Row]:
        """Edits and documents by kind (0) or by rule (1)."""
        documents = self._documents[column]
        return shortened(
            (name, count, documents[name]) for name, count in self._counts[column].items()
        )

    def restored(self) -> list[Row]:
        """The words that were restored in the place of a mask, with what stood there."""
        found: dict[str, Row] = {}
        for sort in self.sorts.values():
            if sort.kind == "mask" and sort.after:
                name = f"{shorten(sort.before) or '(nothing)'} → {shorten(sort.after)}"
                known = found.get(name, Row(name, 0, 0))
                found[name] = Row(name, known.count + sort.count, known.documents + sort.documents)
        return shortened((row.name, row.count, row.documents) for row in found.values())


def shortened(found: Any) -> list[Row]:
    """The rows of a table, most first; no more than MOST."""
    rows = sorted(
        (Row(*row) for row in found), key=lambda row: (-row.count, -row.documents, row.name)
    )
    if len(rows) <= MOST:
        return rows
    rest = rows[MOST - 1 :]
    last = Row(f"({len(rest)} more)", sum(r.count for r in rest), sum(r.documents for r in rest))
    return [*rows[: MOST - 1], last]


def shorten(text: str) -> str:
    """A long text as its beginning and its end."""
    return text if len(text) <= LONG else f"{text[: LONG // 2]} … {text[-LONG // 4 :]}"
