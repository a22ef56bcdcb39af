"""``shiyi report``: what an archive holds, and what was repaired in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sqlite_utils import Database

from archive.edit_log import Part, decode
from archive.errors import explained, path_of
from archive.runs import now

MOST = 30
"""Rows of a table; the rest of a long tail is added up in its last row."""

EXAMPLES = 3
"""Examples of each kind of edit."""

SAMPLES = 40
"""Edits drawn at random, for a person to judge: of 40 that are right, with 95 % confidence no more than 7 in a
hundred of all are wrong (the rule of three)."""

AROUND = 12
"""Characters of the clean text on either side of an example."""

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


@dataclass(frozen=True, slots=True)
class Example:
    """One edit with the clean text around it."""

    kind: str
    rule: str
    document_id: int
    left: str
    before: str
    after: str
    right: str


@dataclass(frozen=True, slots=True)
class Report:
    """What stands in a report.

    ``totals``: a name and a number each; ``tables``: title and rows; ``sites``: for the sites with most
    repairs, how many of each kind; ``examples``: a few edits of each kind; ``samples``: edits drawn at random.
    """

    name: str
    made_at: str
    totals: dict[str, int]
    tables: dict[str, list[Row]]
    sites: dict[str, dict[str, int]]
    examples: list[Example]
    samples: list[Example]


_TOTALS = {
    "documents": "SELECT count(*) FROM documents",
    "characters": "SELECT coalesce(sum(chars), 0) FROM documents",
    "edits": "SELECT coalesce(sum(edit_count), 0) FROM documents",
    "labels": "SELECT coalesce(sum(label_count), 0) FROM documents",
    "documents without an edit": "SELECT count(*) FROM documents WHERE edit_count = 0",
    "copies of another document": "SELECT coalesce(sum(size - 1), 0) FROM clusters",
    "pages": "SELECT count(*) FROM pages",
    "sites": "SELECT count(DISTINCT site) FROM documents",
    "known URLs": "SELECT count(*) FROM urls",
    "runs": "SELECT count(*) FROM runs",
}

_TABLES = {
    "Left as it was": 'SELECT kind, sum("left"), count(*) FROM damages WHERE "left" GROUP BY kind',
    "Masked words left": "SELECT value, count(*), count(DISTINCT document_id) FROM labels"
    " WHERE kind = 'mask' AND value <> '' GROUP BY value",
    "Evidence": "SELECT rule, count(*), count(DISTINCT document_id) FROM labels"
    " WHERE kind = 'evidence' GROUP BY rule",
    "Labels": "SELECT kind, count(*), count(DISTINCT document_id) FROM labels GROUP BY kind",
    "Sites": "SELECT iif(value = '', '(none)', value), edits, documents FROM counts WHERE facet = 'site'",
    "Months": "SELECT iif(value = '', '(none)', value), edits, documents FROM counts WHERE facet = 'month'",
    "Scripts": "SELECT coalesce(script, '(none)'), sum(chars), count(*) FROM documents GROUP BY script",
    "Most copied": "SELECT coalesce(d.title, '(no title)') || ' (' || d.id || ')', size, (SELECT"
    " count(DISTINCT site) FROM documents WHERE cluster_id = c.id) FROM clusters c"
    " JOIN documents d ON d.id = canonical_id",
    "URLs by state": "SELECT state, count(*), count(page_id) FROM urls GROUP BY state",
}

COLUMNS = {
    "Edits by kind": ("kind", "edits", "documents"),
    "Edits by rule": ("rule", "edits", "documents"),
    "Restored words": ("word", "times", "documents"),
    "Left as it was": ("kind", "places", "documents"),
    "Masked words left": ("what stands there", "places", "documents"),
    "Evidence": ("rule", "findings", "documents"),
    "Labels": ("kind", "labels", "documents"),
    "Sites": ("site", "edits", "documents"),
    "Months": ("month", "edits", "documents"),
    "Scripts": ("script", "characters", "documents"),
    "Most copied": ("document", "copies", "sites"),
    "URLs by state": ("state", "URLs", "with a page"),
}


def report(db: Database) -> Report:
    """Count everything in an archive."""
    path = path_of(db)
    with explained(path):
        seen = _Log(db)
        tables = {
            "Edits by kind": seen.rows(0),
            "Edits by rule": seen.rows(1),
            "Restored words": seen.restored(),
            **{name: _shortened(db.execute(sql)) for name, sql in _TABLES.items()},
        }
        tables["Months"].sort(key=lambda row: row.name)
        return Report(
            Path(path).name,
            now(),
            {name: db.execute(sql).fetchone()[0] for name, sql in _TOTALS.items()},
            tables,
            _sites(db, [row.name for row in tables["Sites"][:MOST] if row.count]),
            list(_examples(db, seen)),
            list(_samples(db, seen)),
        )


@dataclass(slots=True)
class _Sort:
    """A sort of edits: how often it was made, in how many documents, and some of the first places."""

    kind: str
    rule: str
    before: str
    after: str
    count: int = 0
    documents: int = 0
    places: list[tuple[int, int, int]] = field(default_factory=list)  # document, position, start


class _Log:
    """One reading of all logs: the moves of fields and blank lines as well."""

    def __init__(self, db: Database) -> None:
        self.sorts = {
            row[0]: _Sort(*row[1:])
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

    def _count(self, sort: _Sort, count: int) -> None:
        sort.count += count
        self._counts[0][sort.kind] += count
        self._counts[1][sort.rule] += count

    def _close(self, names: tuple[set[str], set[str]]) -> None:
        for documents, seen in zip(self._documents, names, strict=True):
            documents.update(seen)

    def rows(self, column: int) -> list[Row]:
        """Edits and documents by kind (0) or by rule (1)."""
        documents = self._documents[column]
        return _shortened(
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
        return _shortened((row.name, row.count, row.documents) for row in found.values())


def _shortened(found: Any) -> list[Row]:
    rows = sorted(
        (Row(*row) for row in found), key=lambda row: (-row.count, -row.documents, row.name)
    )
    if len(rows) <= MOST:
        return rows
    rest = rows[MOST - 1 :]
    last = Row(f"({len(rest)} more)", sum(r.count for r in rest), sum(r.documents for r in rest))
    return [*rows[: MOST - 1], last]


def _sites(db: Database, names: list[str]) -> dict[str, dict[str, int]]:
    """Repairs by kind of the sites ``names``, in their order."""
    found: dict[str, dict[str, int]] = {}
    for name in names:
        rows = db.execute(
            "SELECT kind, repaired FROM site_damage WHERE site = ? AND repaired ORDER BY kind",
            ["" if name == "(none)" else name],
        )
        if kinds := dict(map(tuple, rows)):
            found[name] = kinds
    return found


def _examples(db: Database, seen: _Log) -> Iterator[Example]:
    """A few edits of each kind, of different sorts, as they lie in the clean text."""
    shown: Counter[str] = Counter()
    known: set[tuple[str, bool, bool]] = set()
    for _, sort in sorted(seen.sorts.items(), key=lambda item: (item[1].kind, item[0])):
        key = (sort.rule, sort.before == "", sort.after == "")
        if shown[sort.kind] >= EXAMPLES or key in known:
            continue
        for place in sort.places:
            if example := _example(db, sort, *place):
                known.add(key)
                shown[sort.kind] += 1
                yield example
                break


def _samples(db: Database, seen: _Log) -> Iterator[Example]:
    for document_id, position, start, number in sorted(seen.samples):
        if example := _example(db, seen.sorts[number], document_id, position, start):
            yield example


def _example(
    db: Database, sort: _Sort, document_id: int, position: int, start: int
) -> Example | None:
    """An edit in the clean text; None where a later edit has changed it again."""
    at = _final_place(db, document_id, position, start, len(sort.after))
    if at is None:
        return None
    around = _around(db, document_id, at, sort.before, sort.after)
    return Example(sort.kind, sort.rule, document_id, *around)


def _around(db: Database, document_id: int, at: int, before: str, after: str) -> tuple[str, ...]:
    """The clean text on the left of an edit, its two sides, and the text on its right."""
    (text,) = db.execute("SELECT text FROM documents WHERE id = ?", [document_id]).fetchone()
    end = at + len(after)
    left, right = text[max(0, at - AROUND) : at], text[end : end + AROUND]
    return left, shorten(before), shorten(after), right


def shorten(text: str) -> str:
    """A long text as its beginning and its end."""
    return text if len(text) <= LONG else f"{text[: LONG // 2]} … {text[-LONG // 4 :]}"


def _final_place(
    db: Database, document_id: int, position: int, start: int, size: int
) -> int | None:
    """Where what an edit made lies in the clean text; None where a later edit changed it again."""
    for other, before, after in db.execute(
        'SELECT "start", length(before), length(after) FROM edits'
        " WHERE document_id = ? AND position > ? AND field IS NULL ORDER BY position",
        [document_id, position],
    ):
        if other + before <= start:
            start += after - before
        elif other < start + size or other < start:
            return None
    return start


def render_text(found: Report) -> str:
    """The report for a terminal."""
    lines = [f"{found.name}, {found.made_at}", ""]
    lines += [f"{number:>14,}  {name}" for name, number in found.totals.items()]
    for title, rows in found.tables.items():
        if rows:
            name, count, documents = COLUMNS[title]
            lines += ["", title, f"{count:>14}  {documents:>11}  {name}"]
            lines += [f"{row.count:>14,}  {row.documents:>11,}  {row.name}" for row in rows]
    if found.examples:
        lines += ["", "Examples"]
        for e in found.examples:
            shown = f"{e.left}[{e.before} → {e.after}]{e.right}".replace("\n", "⏎")
            lines.append(f"  {e.kind:<12} {shown}  (document {e.document_id}, {e.rule})")
    return "\n".join(lines)
