"""What a step can find: edits of the text or of a field, labels, and links.

All spans count Unicode code points.
"""

from __future__ import annotations

from dataclasses import dataclass


class EditError(ValueError):
    """A proposed edit does not fit the text it was proposed for."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to one span of the text.

    ``start`` and ``end`` are right for the text that the step saw and, because the edits of
    a step are logged from the end of the text to its start, for the log as well.
    """

    kind: str
    start: int
    end: int
    before: str
    after: str
    rule: str
    confidence: float = 1.0

    @property
    def is_restoration(self) -> bool:
        """Whether it put a word in place of a mask; those of rules ``mask:…`` take masks out or mark them."""
        return self.kind == "mask" and not self.rule.startswith("mask:")


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """One change to one span of a field: ``title``, ``source``, ``links.3.text``.

    Filling an empty field replaces its empty span at 0.
    """

    field: str
    kind: str
    start: int
    end: int
    before: str
    after: str
    rule: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading that a label offers, with the probability that it is the right one."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Label:
    """A finding that changes nothing.  Without a span it is about the whole document."""

    kind: str
    start: int | None
    end: int | None
    value: str
    rule: str
    confidence: float = 1.0
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the page; ``kind`` is previous, next, related or other."""

    url: str | None
    text: str
    kind: str


Finding = Edit | FieldEdit | Label | Link


def change(
    field: str, kind: str, start: int, end: int, before: str, after: str, rule: str,
    confidence: float = 1.0,
) -> Edit | FieldEdit:  # fmt: skip
    """The edit of the text (``field`` is ``""``, as :meth:`Document.prose` names it) or of a field."""
    if field:
        return FieldEdit(field, kind, start, end, before, after, rule, confidence)
    return Edit(kind, start, end, before, after, rule, confidence)
