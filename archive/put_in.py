"""The words that were put into a document, and how one is taken back: by an edit more, as the log only grows."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archive.decided import moved
from archive.restore_carry import DOUBTED, MISSING, REVIEW, RULES
from cleaning.document import Document, Edit, Label
from cleaning.origins import origins


@dataclass(frozen=True, slots=True)
class PutIn:
    """A word that stands in place of a mask: its span in the text, its place in the text as read, what was
    shown there, and the edit that put it in."""

    start: int
    end: int
    place: int
    shown: str
    edit: Edit


def put_in(document: Document) -> Iterator[PutIn]:
    """The restored words of a document, in order of place."""
    known = origins(document)
    made: dict[int, list[Edit]] = defaultdict(list)
    for place, _, edit in known.changes:
        if edit.is_restoration:
            made[place].append(edit)
    for place, edits in made.items():
        word, shown = edits[-1], edits[0].before
        start = bisect_left(known.of, place)
        end = start + len(word.after)
        if document.text[start:end] == word.after != shown:
            yield PutIn(start, end, place, shown, word)


def taken_back(document: Document, word: PutIn, rule: str, hole: str) -> Document:
    """The document with the hole again; ``rule`` is that of the edit, ``hole`` that of the label."""
    back = Edit("mask", word.start, word.end, word.edit.after, word.shown, rule, 1.0)
    end = word.start + len(word.shown)
    return document.apply([back]).apply([Label("mask", word.start, end, word.shown, hole)])


def doubted(document: Document, shifts: Mapping[str, float], at: float) -> Document:
    """The document without the words of rules which, as a person's decisions have left them, are less sure than
    ``at``; their holes are open again."""
    rules = {rule for rule in RULES - {REVIEW} if shifts.get(rule, 0.0) < 0}
    if not any(edit.rule in rules for edit in document.edits):
        return document
    said = {
        (label.end, label.rule): label.confidence
        for label in document.labels
        if label.kind == "evidence" and label.rule in rules
    }
    for word in reversed(list(put_in(document))):
        rule = word.edit.rule
        confidence = said.get((word.end, rule), word.edit.confidence)
        if rule in rules and moved(confidence, shifts[rule]) < at:
            hole = DOUBTED if word.shown else MISSING
            document = taken_back(document, word, DOUBTED, hole)
    return document
