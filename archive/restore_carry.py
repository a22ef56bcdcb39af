"""Restorations and decisions outlive a new cleaning: carried from a document to its successor.

What the archive restored, on the evidence of other documents, and what a person decided stand at the end
of a document's log, behind what the steps did.  A new cleaning starts from the text as read and knows
nothing of them.  Where the raw text is the same, their places are found exactly; where a page
was extracted anew, by the characters around them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from cleaning.document import Candidate, Document, Edit, Label, undo
from cleaning.origins import origins
from cleaning.restoration import STARS, merged

REVIEW = "review"
"""The rule of what a person decided."""

ACCEPTED, REJECTED = "accepted: ", "rejected: "
"""How the labels of decisions begin; behind it stands the rule that had proposed the word."""

DOUBTED = "mask:doubted"
"""The rule of an edit that took a word back, and of the hole's label, after a person's decisions on others of its
rule."""

RULES = frozenset({"restore:copy", "restore:two-copies", "restore:site", "restore:model", REVIEW})
"""The rules whose evidence lies outside the document, so that no step can find it again."""

MISSING = "mask:missing"
"""The rule of holes that only a copy shows."""

AROUND = 8
"""Characters on either side by which a place is found in a text that was extracted anew."""

Place = Callable[[int, int], tuple[int, int] | None]
"""The span in the new text for one in the old one; None where there is none."""


def carry(old: Document, new: Document, without: Collection[str] = ()) -> Document:
    """A new cleaning of a document with what is known of the old one from elsewhere.

    A word that the new cleaning has put into the same hole itself stays, unless the old one has better
    evidence, or a person decided.  Rules and families in ``without`` are left behind.
    """
    kept = {rule for rule in RULES if not {rule, rule.partition(":")[0]} & set(without)}
    first = next((n for n, edit in enumerate(old.edits) if _is_carried(edit)), len(old.edits))
    base = replace(old, text=undo(old.text, old.edits[first:]), edits=old.edits[:first])
    later = origins(replace(old, edits=old.edits[first:]))  # from the old text back to the base
    to_new = _places(base, new)
    edits: list[Edit] = []
    taken = 0
    last = {(start, end): edit for start, end, edit in later.changes if edit.rule in kept}
    for (start, end), edit in last.items():  # of several at one place, the last has the say
        if not _is_carried(edit):
            continue
        span = to_new(start, end)
        if span is None or span[0] < taken or not _fits(new, *span, edit):
            continue
        before = new.text[span[0] : span[1]]
        if before != edit.after:
            edits.append(replace(edit, start=span[0], end=span[1], before=before))
            taken = span[1]
    labels = []
    offered: dict[tuple[int, int], tuple[Candidate, ...]] = {}
    for label in old.labels:
        if label.kind not in ("evidence", "mask") or label.start is None or label.end is None:
            continue
        span = to_new(later.of[label.start], later.of[label.end])
        if span is None:
            continue
        if label.rule == MISSING:
            labels.append(replace(label, start=span[0], end=span[1]))
        elif label.kind == "mask" and not without:
            offered[span] = label.candidates
        elif label.kind == "evidence" and label.rule in kept:
            labels.append(replace(label, start=span[0], end=span[1]))
    no = rejected(labels)
    known = tuple(
        replace(
            label,
            candidates=tuple(
                candidate
                for candidate in merged(label.candidates, offered.get(_span(label), ()))
                if (*_span(label), candidate.text) not in no
            ),
        )
        if label.kind == "mask" and label.start is not None
        else label
        for label in new.labels
    )
    added = [label for label in dict.fromkeys(labels) if label not in known]
    return replace(new, labels=(*known, *added)).apply(edits)


def rejected(labels: Iterable[Label]) -> set[tuple[int, int, str]]:
    """The words that a person has rejected, each with the span of its hole."""
    return {
        (*_span(label), candidate.text)
        for label in labels
        if label.rule == REVIEW and label.value.startswith(REJECTED)
        for candidate in label.candidates
    }


def _span(label: Label) -> tuple[int, int]:
    return label.start or 0, label.end or 0


def _is_carried(edit: Edit) -> bool:
    return edit.kind == "mask" and edit.rule in RULES


def _places(base: Document, new: Document) -> Place:
    """Where a span of the old cleaning is in the new one, before anything is carried."""
    if base.text == new.text:
        return lambda start, end: (start, end)
    if base.raw_sha256 == new.raw_sha256:
        old_of, new_of = origins(base).of, origins(new).of
        return lambda start, end: (
            bisect_left(new_of, old_of[start]),
            bisect_left(new_of, old_of[end]),
        )

    def by_context(start: int, end: int) -> tuple[int, int] | None:
        begin = max(0, start - AROUND)
        around = base.text[begin : end + AROUND]
        at = new.text.find(around)
        if at < 0 or new.text.find(around, at + 1) >= 0:
            return None
        return at + start - begin, at + end - begin

    return by_context


def _fits(new: Document, start: int, end: int, edit: Edit) -> bool:
    """Whether an edit of the old cleaning may be made in the new one."""
    shown = new.text[start:end]
    if shown == edit.before or not shown.strip() or set(shown) <= STARS:
        return True
    return any(
        other.kind == "mask"
        and other.after == shown
        and (edit.rule == REVIEW or edit.confidence > other.confidence)
        for other in new.edits
    )
