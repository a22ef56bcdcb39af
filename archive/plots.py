"""Plots as inline SVG, without a script: for the report and for the dashboard of Datasette.

Numbers come in, markup comes out; every text is escaped here.  The colours are classes, so that the page's
style has one set for light and one for dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup, escape

COLOURS = 8
"""Series that are told apart; the ninth looks like the first, and its name stands in the title of its bars."""

STYLE = """
.plot { width: 100%; height: auto; display: block; }
.plot text { font: 12px system-ui, sans-serif; fill: var(--soft); }
.plot .line { stroke: var(--line); }
.c0 { fill: #3b7dd8; background: #3b7dd8; } .c1 { fill: #e08a2c; background: #e08a2c; }
.c2 { fill: #3f9d5a; background: #3f9d5a; } .c3 { fill: #c94f5d; background: #c94f5d; }
.c4 { fill: #8a63c9; background: #8a63c9; } .c5 { fill: #2aa3a3; background: #2aa3a3; }
.c6 { fill: #b88a1e; background: #b88a1e; } .c7 { fill: #8b93a1; background: #8b93a1; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
.legend span { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; }
"""


def bars(rows: Sequence[tuple[str, int]], colour: int = 0) -> Markup:
    """Horizontal bars, one for each (name, number), with the number beside it."""
    return stacked([(name, {"": number}) for name, number in rows], colour=colour)


def stacked(
    rows: Sequence[tuple[str, Mapping[str, int]]], order: Sequence[str] = ("",), colour: int = 0
) -> Markup:
    """Horizontal bars of parts: for each row its name and the numbers of its parts."""
    step, left, width = 24, 170, 640
    most = max((sum(parts.values()) for _, parts in rows), default=0) or 1
    room = width - left - 90
    pieces = [_open(width, step * len(rows), "bars")]
    for line, (name, parts) in enumerate(rows):
        y, x = line * step, float(left)
        shown = name if len(name) <= 14 else name[:13] + "…"
        pieces.append(
            f'<text x="{left - 8}" y="{y + 16}" text-anchor="end">{escape(shown)}'
            f"<title>{escape(name)}</title></text>"
        )
        for part, number in parts.items():
            size = room * number / most
            which = (order.index(part) if part in order else 0) + colour
            pieces.append(
                f'<rect class="c{which % COLOURS}" x="{x:.1f}" y="{y + 4}" width="{size:.1f}"'
                f' height="{step - 8}"><title>{escape(name)} {escape(part)}: {number:,}</title></rect>'
            )
            x += size
        pieces.append(f'<text x="{x + 6:.1f}" y="{y + 16}">{sum(parts.values()):,}</text>')
    return Markup("".join([*pieces, "</svg>"]))


def columns(rows: Sequence[tuple[str, int]], colour: int = 0) -> Markup:
    """Upright bars in the order of the rows, such as months; the first and the last are named."""
    width, height, foot = 640, 160, 20
    most = max((number for _, number in rows), default=0) or 1
    step = width / max(1, len(rows))
    pieces = [_open(width, height + foot, "columns")]
    pieces.append(
        f'<line class="line" x1="0" x2="{width}" y1="{height}" y2="{height}"/>'
        f'<text x="0" y="12">{most:,}</text>'
    )
    for number, (name, value) in enumerate(rows):
        size = (height - 20) * value / most
        pieces.append(
            f'<rect class="c{colour}" x="{number * step + step * 0.1:.1f}" y="{height - size:.1f}"'
            f' width="{step * 0.8:.1f}" height="{size:.1f}"><title>{escape(name)}: {value:,}</title></rect>'
        )
    if rows:
        pieces.append(f'<text x="0" y="{height + 15}">{escape(rows[0][0])}</text>')
    if len(rows) > 1:
        pieces.append(
            f'<text x="{width}" y="{height + 15}" text-anchor="end">{escape(rows[-1][0])}</text>'
        )
    return Markup("".join([*pieces, "</svg>"]))


def legend(names: Iterable[str]) -> Markup:
    """The colours of the parts of :func:`stacked`."""
    parts = (
        f'<li><span class="c{n % COLOURS}"></span>{escape(name)}</li>'
        for n, name in enumerate(names)
    )
    return Markup('<ul class="legend">' + "".join(parts) + "</ul>")


def _open(width: int, height: int, what: str) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {width} {max(height, 1)}" role="img" aria-label="{what}">'
    )
