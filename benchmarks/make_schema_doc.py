"""Writes docs/schema.md from the schema that a new archive has.

python benchmarks/make_schema_doc.py
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from sqlite_utils import Database

from archive.frontier_schema import migrations as frontier
from archive.schema import migrations
from archive.store import open_archive

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "schema.md"

HEAD = """# The schema

Made by `python benchmarks/make_schema_doc.py` from a new archive, after a crawl; a test holds it current. One SQLite file, WAL,
STRICT tables; times are ISO 8601 in UTC, spans count Unicode code points, due dates are Unix seconds. An archive of any
earlier version is brought up to date when it is opened for writing.
"""

OF_FTS = re.compile(r"documents_fts_|sqlite_|_sqlite")


def schema() -> str:
    db = open_archive(":memory:")
    frontier.apply(db)
    described = json.loads((ROOT / "archive" / "metadata.json").read_text("utf-8"))["tables"]
    rows = db.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql <> '' ORDER BY name"
    ).fetchall()
    parts = [HEAD]
    for kind in ("table", "view"):
        parts.append(f"## {kind.capitalize()}s\n")
        for found, name, _, sql in rows:
            if found == kind and not OF_FTS.match(name):
                parts += _section(db, name, sql, kind, described.get(name, {}), rows)
    done = [m.name for m in [*migrations.applied(db), *frontier.applied(db)]]
    parts.append("## Migrations\n\n" + ", ".join(f"`{name}`" for name in done) + "\n")
    return "\n".join(parts)


def _section(
    db: Database, name: str, sql: str, kind: str, described: dict[str, object], rows: list[tuple[str, str, str, str]]
) -> list[str]:  # fmt: skip
    parts = [f"### {name}\n"]
    if text := described.get("description"):
        parts.append(f"{text}\n")
    columns = [row[0] for row in db.execute("SELECT name FROM pragma_table_info(?)", [name])]
    if kind == "view" or "VIRTUAL" in sql:
        parts.append("Columns: " + ", ".join(f"`{column}`" for column in columns) + "\n")
    else:
        parts.append("| column | type | |\n| --- | --- | --- |")
        given = described.get("columns") or {}
        assert isinstance(given, dict)
        for column, type_, notnull, key in db.execute(
            'SELECT name, type, "notnull", pk FROM pragma_table_info(?)', [name]
        ):
            comment = _comment(sql, column) or str(given.get(column, ""))
            marks = [m for m in ("key" * bool(key), "not null" * bool(notnull and not key)) if m]
            parts.append(f"| `{column}` | {' '.join([type_, *marks])} | {_cell(comment)} |")
        parts.append("")
    keys = db.execute("SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?)", [name]).fetchall()  # fmt: skip
    if keys:
        parts.append("Refers: " + ", ".join(f"`{a}` to `{b}`" for a, b in sorted(keys)) + "\n")
    for what in ("index", "trigger"):
        names = [f"`{n}`" for found, n, table, _ in rows if found == what and table == name]
        if names:
            parts.append(f"{what.capitalize()}: " + ", ".join(names) + "\n")
    return parts


def _comment(sql: str, column: str) -> str:
    """What stands behind a column in its table's SQL."""
    found = re.search(rf'^\s*"?{column}"?\s+[A-Z]+\b[^\n]*?--\s*([^\n]*)$', sql, re.MULTILINE)
    return found[1].strip() if found else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    OUT.write_text(schema(), "utf-8")
