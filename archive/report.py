"""``shiyi report``: what an archive holds, and what was repaired in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive.errors import explained, path_of
from archive.runs import now

MOST = 30
"""Rows of a table; the rest of a long tail is added up in its last row."""

EXAMPLES = 3
"""Examples of each kind of edit."""

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
    """What stands in a report.  ``totals``: a name and a number each; ``tables``: title and rows."""

    name: str
    made_at: str
    totals: dict[str, int]
    tables: dict[str, list[Row]]
    examples: list[Example]


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
    "Labels": "SELECT kind, count(*), count(DISTINCT document_id) FROM labels GROUP BY kind",
    "Sites": "SELECT coalesce(site, '(none)'), sum(edit_count), count(*) FROM documents GROUP BY site",
    "Scripts": "SELECT coalesce(script, '(none)'), sum(chars), count(*) FROM documents GROUP BY script",
    "Most copied": "SELECT coalesce(d.title, '(no title)') || ' (' || d.id || ')', size, (SELECT"
    " count(DISTINCT site) FROM documents WHERE cluster_id = c.id) FROM clusters c"
    " JOIN documents d ON d.id = canonical_id",
    "URLs by state": "SELECT state, count(*), count(page_id) FROM urls GROUP BY state",
}

COLUMNS = {
    "Edits by kind": ("kind", "edits", "documents"),
    "Edits by rule": ("rule", "edits", "documents"),
    "Labels": ("kind", "labels", "documents"),
    "Sites": ("site", "edits", "documents"),
    "Scripts": ("script", "characters", "documents"),
    "Most copied": ("document", "copies", "sites"),
    "URLs by state": ("state", "URLs", "with a page"),
}


def report(db: Database) -> Report:
    """Count everything in an archive."""
    path = path_of(db)
    with explained(path):
        return Report(
            Path(path).name,
            now(),
            {name: db.execute(sql).fetchone()[0] for name, sql in _TOTALS.items()},
            {
                "Edits by kind": _edits(db, "kind"),
                "Edits by rule": _edits(db, "rule"),
                **{name: _shortened(db.execute(sql)) for name, sql in _TABLES.items()},
            },
            list(_examples(db)),
        )


def _edits(db: Database, column: str) -> list[Row]:
    """Edits and documents for each kind or rule; the moves of fields and blank lines as well."""
    return _shortened(
        db.execute(
            f"SELECT name, sum(n), count(*) FROM (SELECT c.{column} AS name, count(*) AS n"
            f" FROM edit_log l JOIN changes c ON c.id = l.change_id GROUP BY c.{column}, document_id)"
            " GROUP BY name"
        )
    )


def _shortened(found: Any) -> list[Row]:
    rows = sorted(
        (Row(*row) for row in found), key=lambda row: (-row.count, -row.documents, row.name)
    )
    if len(rows) <= MOST:
        return rows
    rest = rows[MOST - 1 :]
    last = Row(f"({len(rest)} more)", sum(r.count for r in rest), sum(r.documents for r in rest))
    return [*rows[: MOST - 1], last]


def _examples(db: Database) -> Iterator[Example]:
    """A few edits of each kind, of different sorts, as they lie in the clean text."""
    kinds = [row[0] for row in db.execute("SELECT DISTINCT kind FROM changes ORDER BY kind")]
    for kind in kinds:
        sorts = db.execute(
            "SELECT id, rule, before, after FROM changes WHERE kind = ? AND EXISTS"
            " (SELECT 1 FROM edit_log l WHERE l.change_id = changes.id AND l.field IS NULL)"
            " GROUP BY rule, before = '', after = '' ORDER BY id LIMIT ?",
            [kind, EXAMPLES],
        ).fetchall()
        for change_id, rule, before, after in sorts:
            places = db.execute(
                'SELECT document_id, position, "start" FROM edit_log'
                " WHERE change_id = ? AND field IS NULL LIMIT ?",
                [change_id, TRIES],
            ).fetchall()
            for document_id, position, start in places:
                at = _final_place(db, document_id, position, start, len(after))
                if at is not None:
                    yield Example(
                        kind, rule, document_id, *_around(db, document_id, at, before, after)
                    )
                    break


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
        'SELECT l."start", length(c.before), length(c.after) FROM edit_log l'
        " JOIN changes c ON c.id = l.change_id"
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


def render_html(found: Report) -> str:
    """The report as one HTML page that needs nothing else: no script, no other file."""
    parts = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(found.name)}: report</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(found.name)}</h1><p>What the archive holds, and what was repaired in it."
        f" Shiyi 拾遗, {escape(found.made_at)}</p><dl>",
        *(f"<div><dd>{n:,}</dd><dt>{escape(name)}</dt></div>" for name, n in found.totals.items()),
        "</dl>",
    ]
    for title, rows in found.tables.items():
        if rows:
            parts += _html_table(title, rows)
    if found.examples:
        parts += [
            "<h2>Examples</h2><table><tr><th>kind</th><th>edit</th><th>rule</th><th>document</th></tr>"
        ]
        parts += (
            f"<tr><td>{escape(e.kind)}</td><td>{escape(e.left)}"
            + (f"<del>{escape(e.before)}</del>" if e.before else "")
            + (f"<ins>{escape(e.after)}</ins>" if e.after else "")
            + f"{escape(e.right)}</td><td>{escape(e.rule)}</td><td>{e.document_id}</td></tr>"
            for e in found.examples
        )
        parts.append("</table>")
    return "\n".join([*parts, "</body></html>\n"])


def _html_table(title: str, rows: list[Row]) -> Iterator[str]:
    name, count, documents = COLUMNS[title]
    most = max(row.count for row in rows) or 1
    yield f"<h2>{escape(title)}</h2><table>"
    yield f'<tr><th>{name}</th><th class="n">{count}</th><th class="n">{documents}</th>'
    yield '<th class="bar"></th></tr>'
    for row in rows:
        width = 200 * row.count / most
        yield (
            f'<tr><td>{escape(row.name)}</td><td class="n">{row.count:,}</td>'
            f'<td class="n">{row.documents:,}</td><td><svg width="200" height="12" role="img"'
            f' aria-label="{row.count:,}"><rect width="{width:.1f}" height="12" rx="2"/></svg></td></tr>'
        )
    yield "</table>"


_STYLE = """
:root { color-scheme: light dark; --fore: #1d2430; --soft: #667; --line: #d8dce3; --bar: #3b7dd8;
  --new: #cdeed5; --old: #f8d4d4; }
@media (prefers-color-scheme: dark) { :root { --fore: #e4e7ec; --soft: #9aa3b2; --line: #3a4250;
  --bar: #5b9bf0; --new: #1d4a2a; --old: #5a2426; } body { background: #161a20; } }
body { font: 16px/1.6 system-ui, sans-serif; color: var(--fore); max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }
dl { display: flex; flex-wrap: wrap; gap: 1rem 2rem; } dl div { min-width: 8rem; }
dd { margin: 0; font-size: 1.6rem; font-variant-numeric: tabular-nums; } dt { color: var(--soft); }
table { border-collapse: collapse; width: 100%; } th { text-align: left; color: var(--soft);
  font-weight: normal; } td, th { padding: .25rem .5rem; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; } .bar { width: 210px; } .n { text-align: right; width: 7rem; font-variant-numeric: tabular-nums; }
rect { fill: var(--bar); } del { background: var(--old); } ins { background: var(--new);
  text-decoration: none; }
"""
