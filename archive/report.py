"""``shiyi report``: what an archive holds, and what was repaired in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from archive.errors import explained, path_of
from archive.report_log import MOST, Log, Row, SortCount, shorten, shortened
from archive.runs import now

EXAMPLES = 3
"""Examples of each kind of edit."""

AROUND = 12
"""Characters of the clean text on either side of an example."""


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
        seen = Log(db)
        tables = {
            "Edits by kind": seen.rows(0),
            "Edits by rule": seen.rows(1),
            "Restored words": seen.restored(),
            **{name: shortened(db.execute(sql)) for name, sql in _TABLES.items()},
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


def _examples(db: Database, seen: Log) -> Iterator[Example]:
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


def _samples(db: Database, seen: Log) -> Iterator[Example]:
    for document_id, position, start, number in sorted(seen.samples):
        if example := _example(db, seen.sorts[number], document_id, position, start):
            yield example


def _example(
    db: Database, sort: SortCount, document_id: int, position: int, start: int
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
