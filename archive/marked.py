"""A document's text in pieces, each kept or changed: what ``show --diff`` and the web page draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from cleaning.document import Document, Edit


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text.  ``before``: as read.  ``after``: as cleaned.  ``edits``: what changed it,
    in the order of the log; none for a stretch that was kept."""

    before: str
    after: str
    edits: tuple[Edit, ...] = ()


def pieces(document: Document) -> Iterator[Piece]:
    """The pieces of a document, from its beginning to its end.

    All ``before`` joined are the raw text, all ``after`` the clean one.  An edit within what another
    one made makes one piece with it.  Linear in the text for each pass of a step.
    """
    text = [Piece(document.raw, document.raw)]
    for run in _runs(document.edits):
        text = list(_edited(text, run))
    for changed, group in groupby(text, key=lambda piece: bool(piece.edits)):
        if changed:
            yield from group
        else:
            kept = "".join(piece.after for piece in group)
            if kept:
                yield Piece(kept, kept)


def _runs(edits: tuple[Edit, ...]) -> Iterator[list[Edit]]:
    """The log in runs whose edits all have their places in one text, each in the text's order."""
    run: list[Edit] = []
    for edit in edits:
        if run and edit.end > run[-1].start:
            yield run[::-1]
            run = []
        run.append(edit)
    if run:
        yield run[::-1]


def _edited(text: list[Piece], run: list[Edit]) -> Iterator[Piece]:
    """The pieces after one run of edits."""
    at = 0  # where the first of the waiting pieces begins, in the text that the run was made for
    waiting = text[::-1]
    for edit in run:
        # what lies before the edit stays as it is
        while waiting and at + len(waiting[-1].after) <= edit.start:
            piece = waiting.pop()
            at += len(piece.after)
            yield piece
        merged = Piece("", "")
        # take every piece that the edit touches; what is only kept is cut at the edit's borders
        while waiting and (at + len(merged.after) < edit.end):
            piece = waiting.pop()
            if not piece.edits and not merged.after and at < edit.start:
                cut = edit.start - at
                yield Piece(piece.after[:cut], piece.after[:cut])
                piece, at = Piece(piece.after[cut:], piece.after[cut:]), edit.start
            over = at + len(merged.after) + len(piece.after) - edit.end
            if not piece.edits and over > 0:
                keep = len(piece.after) - over
                waiting.append(Piece(piece.after[keep:], piece.after[keep:]))
                piece = Piece(piece.after[:keep], piece.after[:keep])
            merged = Piece(
                merged.before + piece.before, merged.after + piece.after, merged.edits + piece.edits
            )
        place = edit.start - at
        after = merged.after[:place] + edit.after + merged.after[place + len(edit.before) :]
        # the rest of a changed piece may hold the next edit, so it waits as well
        waiting.append(Piece(merged.before, after, (*merged.edits, edit)))
        at -= len(edit.after) - len(edit.before)
    yield from reversed(waiting)
