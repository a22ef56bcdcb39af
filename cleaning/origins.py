"""Where each character of a clean text stood in the text as it was read."""

from __future__ import annotations

from dataclasses import dataclass

from cleaning.document import Document, Edit


@dataclass(frozen=True, slots=True)
class Origins:
    """``raw``: the text as read.  ``changes``: each edit with its span there, in order of place.
    ``of``: for each character of the clean text, and for its end, its place there."""

    raw: str
    changes: list[tuple[int, int, Edit]]
    of: list[int]


def origins(document: Document) -> Origins:
    """The origins of a document's text.

    The edits are walked in the runs that ``undo`` uses, so the work is linear for each step.
    """
    raw = document.raw
    places = list(range(len(raw) + 1))
    changes: list[tuple[int, int, Edit]] = []
    log = document.edits
    first = 0
    while first < len(log):
        last = first
        while last + 1 < len(log) and log[last + 1].end <= log[last].start:
            last += 1
        made: list[int] = []
        at = 0
        for edit in reversed(log[first : last + 1]):
            changes.append((places[edit.start], places[edit.end], edit))
            made += places[at : edit.start]
            made += [places[edit.start]] * len(edit.after)
            at = edit.end
        places = made + places[at:]
        first = last + 1
    changes.sort(key=lambda change: change[:2])
    return Origins(raw, changes, places)
