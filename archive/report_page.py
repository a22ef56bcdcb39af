"""The report as one HTML page that needs nothing else: no script, no other file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

from archive import plots
from archive.report import COLUMNS, Example, Report
from archive.report_log import Row

PLOTTED = 12
"""Bars of a plot; the table below it has more."""

_SECTIONS = (
    ("What was damaged, and how", ("Edits by kind", "Edits by rule", "Scripts")),
    ("Where and when", ("Sites", "Months")),
    ("What was restored, on which evidence", ("Restored words", "Evidence")),
    ("What was left", ("Left as it was", "Masked words left", "Labels")),
    ("Copies and crawls", ("Most copied", "URLs by state")),
)


def render_html(found: Report) -> str:
    """The report as a page.  Every text of a document is escaped."""
    return "\n".join(_page(found))


def _page(found: Report) -> Iterator[str]:
    name = escape(found.name)
    yield (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{name}: report</title><style>{_STYLE}{plots.STYLE}</style></head><body>"
    )
    yield (
        f"<h1>{name}</h1><p>What the archive holds, and what was repaired in it."
        f" Shiyi 拾遗, {escape(found.made_at)}</p>"
    )
    numbers = (
        f"<div><dd>{number:,}</dd><dt>{escape(what)}</dt></div>"
        for what, number in found.totals.items()
    )
    yield f"<dl>{''.join(numbers)}</dl>"
    for title, names in _SECTIONS:
        tables = [(table, found.tables[table]) for table in names if found.tables.get(table)]
        if tables:
            yield f"<h2>{title}</h2>"
        for table, rows in tables:
            yield from _table(table, rows)
            if table == "Sites" and found.sites:
                yield from _kinds_of_sites(found)
    if found.examples:
        yield "<h2>Examples</h2><p>A few edits of each kind, in the clean text.</p>"
        yield from _edits(found.examples)
    if found.samples:
        yield (
            f"<h2>Samples to check by hand</h2><p>{len(found.samples)} edits drawn at random from all."
            " If all are right, then with 95 % confidence at most"
            f" {100 * min(1, 3 / len(found.samples)):.0f} in a hundred of all edits are wrong.</p>"
        )
        yield from _edits(found.samples, is_checked=True)
    yield "</body></html>\n"


def _table(title: str, rows: Sequence[Row]) -> Iterator[str]:
    name, count, documents = COLUMNS[title]
    yield f"<h3>{escape(title)}</h3>"
    if title == "Months":
        months = [row for row in rows if not row.name.startswith("(")]
        yield plots.columns([(row.name, row.count) for row in months])
    else:
        yield plots.bars([(row.name, row.count) for row in rows[:PLOTTED]])
    yield f"<details><summary>{len(rows)} rows</summary><table>"
    yield f'<tr><th>{name}</th><th class="n">{count}</th><th class="n">{documents}</th></tr>'
    for row in rows:
        yield (
            f'<tr><td>{escape(row.name)}</td><td class="n">{row.count:,}</td>'
            f'<td class="n">{row.documents:,}</td></tr>'
        )
    yield "</table></details>"


def _kinds_of_sites(found: Report) -> Iterator[str]:
    kinds = [row.name for row in found.tables["Edits by kind"]]
    kinds = [kind for kind in kinds if any(kind in parts for parts in found.sites.values())]
    yield "<h3>Kinds of damage by site</h3>"
    yield plots.stacked(list(found.sites.items())[:PLOTTED], kinds)
    yield plots.legend(kinds)


def _edits(examples: Sequence[Example], is_checked: bool = False) -> Iterator[str]:
    head = "<th>right?</th>" if is_checked else ""
    box = Markup('<td><input type="checkbox" aria-label="right"></td>') if is_checked else ""
    yield f"<table><tr>{head}<th>kind</th><th>edit</th><th>rule</th><th>document</th></tr>"
    for e in examples:
        yield (
            f"<tr>{box}<td>{escape(e.kind)}</td><td>{escape(e.left)}"
            + (f"<del>{escape(e.before)}</del>" if e.before else "")
            + (f"<ins>{escape(e.after)}</ins>" if e.after else "")
            + f"{escape(e.right)}</td><td>{escape(e.rule)}</td><td>{e.document_id}</td></tr>"
        )
    yield "</table>"


_STYLE = """
:root { color-scheme: light dark; --fore: #1d2430; --soft: #5d6675; --line: #d8dce3; --new: #cdeed5;
  --old: #f8d4d4; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --fore: #e4e7ec; --soft: #9aa3b2; --line: #3a4250;
  --new: #1d4a2a; --old: #5a2426; --back: #161a20; } }
body { font: 16px/1.6 system-ui, sans-serif; color: var(--fore); background: var(--back);
  max-width: 54rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); } h3 { margin: 1.5rem 0 .5rem; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1rem; }
dd { margin: 0; font-size: 1.6rem; font-variant-numeric: tabular-nums; } dt { color: var(--soft); }
summary { color: var(--soft); cursor: pointer; } table { border-collapse: collapse; width: 100%; }
th { text-align: left; color: var(--soft); font-weight: normal; } td, th { padding: .25rem .5rem;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; vertical-align: top; }
.n { text-align: right; width: 7rem; font-variant-numeric: tabular-nums; }
del { background: var(--old); } ins { background: var(--new); text-decoration: none; }
"""
