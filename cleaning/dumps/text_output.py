"""A document as plain lines for a person's eyes; colours are the command line's."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from cleaning.document import Document, Edit, FieldEdit
from cleaning.origins import origins

MOVES = ("layout", "field")
"""Kinds of edits that move what stays known: they are not counted as damage."""

SHOWN = 40
"""Characters of a span that a line of the edit list shows: two spans fit a terminal's line."""

EXAMPLES = 6
"""Spans of one rule that are shown for a line of text."""

FIELDS = ("url", "date", "published_at", "site", "source", "author")


def printable(text: str) -> str:
    """The text without what would steer a terminal, such as escape sequences in a page."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


def readable(document: Document, name: str = "") -> str:
    """Title, fields, text, and one line that counts the edits and the labels."""
    lines = [document.title or name]
    lines += [f"{field}: {value}" for field in FIELDS if (value := getattr(document, field))]
    lines += ["", document.text, ""]
    lines.append(f"[{summary(document)}]")
    return "\n".join(lines) + "\n\n"


def summary(document: Document) -> str:
    """``290 edits: note 256, script 30 (moved: field 4, layout 2); labels: mask 12; links: 22``."""
    edits: list[Edit | FieldEdit] = [*document.edits, *document.field_edits]
    damage = Counter(edit.kind for edit in edits if edit.kind not in MOVES)
    moved = Counter(edit.kind for edit in edits if edit.kind in MOVES)
    count = damage.total()
    said = f"{count} edit{'' if count == 1 else 's'}"
    if damage:
        said += f": {_counted(damage)}"
    if moved:
        said += f" (moved: {_counted(moved)})"
    if document.labels:
        said += f"; labels: {_counted(Counter(label.kind for label in document.labels))}"
    if document.links:
        said += f"; links: {len(document.links)}"
    return said


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in counts.most_common())


def difference(document: Document) -> Iterator[tuple[str, str]]:
    """What was read and what it became, line by line, as ``(mark, line)``.

    The marks are ``-`` for a line as read, ``+`` for the same clean, and a blank for the edits
    made in it, those of one rule together.  Lines that are as they were are left out.  In the end
    stands the evidence for hidden words, restored or only offered.
    """
    known = origins(document)
    for start, end, edits in _blocks(known.raw, known.changes):
        for line in known.raw[start:end].splitlines():
            yield "-", line
        for line in document.text[
            bisect_left(known.of, start) : bisect_left(known.of, end)
        ].splitlines():
            if line:
                yield "+", line
        yield from ((" ", line) for line in _by_rule(edits))
    for change in document.field_edits:
        yield " ", f"{change.field}: {_by_rule([change])[0]}"
    for label in document.labels:
        if label.kind == "evidence":
            words = ", ".join(f"“{c.text}” {c.confidence:.2f}" for c in label.candidates)
            yield " ", f"evidence [{label.rule}] {words}: {label.value}"


def _blocks(
    raw: str, changes: Iterable[tuple[int, int, Edit]]
) -> Iterator[tuple[int, int, list[Edit]]]:
    """The whole lines of the text as read that have edits: start, end, edits."""
    begin = finish = 0
    edits: list[Edit] = []
    for start, end, edit in changes:
        if edits and start < finish:
            finish = max(finish, _line_end(raw, end))
        else:
            if edits:
                yield begin, finish, edits
            begin, finish, edits = raw.rfind("\n", 0, start) + 1, _line_end(raw, end), []
        edits.append(edit)
    if edits:
        yield begin, finish, edits


def _line_end(raw: str, at: int) -> int:
    """Where the line ends that ends at a place or contains it, its newline included."""
    if at and raw[at - 1] == "\n":
        return at
    return raw.find("\n", at) + 1 or len(raw)


def _by_rule(edits: Sequence[Edit | FieldEdit]) -> list[str]:
    rules: dict[tuple[str, str, float], Counter[str]] = {}
    for edit in edits:
        shown = f"{_short(edit.before)} → {_short(edit.after)}"
        rules.setdefault((edit.kind, edit.rule, edit.confidence), Counter())[shown] += 1
    lines = []
    for (kind, rule, confidence), spans in rules.items():
        examples = [span if count == 1 else f"{span} ×{count}" for span, count in spans.items()]
        more = f" … and {len(examples) - EXAMPLES} more" if len(examples) > EXAMPLES else ""
        lines.append(f"{kind} [{rule} {confidence:.2f}] {'; '.join(examples[:EXAMPLES])}{more}")
    return lines


def _short(span: str) -> str:
    shown = span.replace("\n", "⏎")
    return f"“{shown}”" if len(shown) <= SHOWN else f"“{shown[:SHOWN]}…” ({len(shown)} characters)"
