"""A document's text in pieces, each kept or changed: what ``show --diff`` and the web page draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from cleaning.document import Document, Edit, FieldEdit, Label


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


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece with what a person is told about it: ``why`` names the rules and the evidence; ``found`` is
    whether a label stands there."""

    before: str
    after: str
    edits: tuple[Edit, ...]
    why: str
    found: bool = False


def shown(document: Document) -> list[Shown]:
    """The pieces of a document, cut where labels begin and end, each with its reasons."""
    labels = sorted(
        (label for label in document.labels if label.start is not None and label.end is not None),
        key=lambda label: (label.start or 0, label.end or 0),
    )
    result = []
    at = 0
    for piece in pieces(document):
        end = at + len(piece.after)
        here = [
            label
            for label in labels
            if label.start is not None
            and label.end is not None
            and label.start < max(end, at + 1)
            and label.end > at
        ]
        if piece.edits:
            rules = [f"{edit.rule} {edit.confidence:g}" for edit in piece.edits]
            result.append(Shown(piece.before, piece.after, piece.edits, _why(rules, here)))
        else:
            cuts = {at, end}
            for label in here:
                cuts |= {max(at, label.start or 0), min(end, label.end or 0)}
            for start, stop in pairwise(sorted(cuts)):
                text = piece.after[start - at : stop - at]
                inside = [
                    label
                    for label in here
                    if (label.start or 0) < stop and (label.end or 0) > start
                ]
                result.append(Shown(text, text, (), _why([], inside), bool(inside)))
        at = end
    return result


def _why(rules: Sequence[str], labels: Sequence[Label]) -> str:
    found = [
        f"{label.kind}: {label.value} ({label.rule} {label.confidence:g})"
        + "".join(f" → {candidate.text}" for candidate in label.candidates)
        for label in labels
    ]
    return "; ".join(dict.fromkeys([*rules, *found]))


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule did to a document, with one of its edits."""

    rule: str
    count: int
    most: float
    least: float
    before: str
    after: str


def rules_of(document: Document) -> list[Rule]:
    """The rules that changed a document, the busiest first."""
    edits: dict[str, list[Edit | FieldEdit]] = {}
    all_edits: list[Edit | FieldEdit] = [*document.edits, *document.field_edits]
    for edit in all_edits:
        edits.setdefault(edit.rule, []).append(edit)
    found = []
    for rule, made in edits.items():
        sure = [edit.confidence for edit in made]
        first = made[-1]
        found.append(
            Rule(rule, len(made), max(sure), min(sure), first.before[:60], first.after[:60])
        )
    return sorted(found, key=lambda rule: (-rule.count, rule.rule))


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
