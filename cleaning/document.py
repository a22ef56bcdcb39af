"""A document: the text of one page, its fields, and the log of what was done to it.

Only :meth:`Document.apply` makes text, and it keeps every edit, so nothing can change
unrecorded and everything can be undone.  All spans count Unicode code points.

>>> document = Document.from_text("網(wǎng)")
>>> document = document.apply([Edit("note", 1, 7, "(wǎng)", "", "note:page-set")])
>>> document.text, document.raw
('網', '網(wǎng)')
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from operator import attrgetter
from typing import Any, Self, TypeVar

from cleaning.findings import Candidate, Edit, EditError, FieldEdit, Finding, Label, Link, change
from cleaning.han import TRADITIONAL
from cleaning.lines import Lines
from cleaning.signs import signs_of

__all__ = [
    "FIELDS",
    "PROSE_FIELDS",
    "Candidate",
    "Document",
    "Edit",
    "EditError",
    "FieldEdit",
    "Finding",
    "Label",
    "Link",
    "change",
    "sha256",
    "undo",
]

FIELDS = ("title", "date", "published_at", "site", "source", "author", "url", "id")
"""The fields of a document that hold one string or None."""

PROSE_FIELDS = ("title", "site", "source", "author")
"""The fields that hold words of the page, and so are damaged as its text is."""


def sha256(text: str) -> str:
    """The SHA-256, in hex, of a text's UTF-8; lone surrogates count as their three bytes."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one page with its fields, its labels, and the log of its edits."""

    text: str
    raw_sha256: str
    id: str | None = None
    url: str | None = None
    title: str | None = None
    date: str | None = None
    published_at: str | None = None
    site: str | None = None
    source: str | None = None
    author: str | None = None
    links: tuple[Link, ...] = ()
    labels: tuple[Label, ...] = ()
    edits: tuple[Edit, ...] = ()
    field_edits: tuple[FieldEdit, ...] = ()
    _signs: int | None = field(default=None, init=False, compare=False, repr=False)
    _lines: Lines | None = field(default=None, init=False, compare=False, repr=False)

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        links: Iterable[Link] = (),
        labels: Iterable[Label] = (),
        **fields: str | None,
    ) -> Self:
        """A document as read: its hash is taken here, before any step has seen it."""
        given = {"links": tuple(links), "labels": tuple(labels), **fields}
        return cls(text, sha256(text), **given)  # type: ignore[arg-type]  # names of FIELDS only

    @property
    def raw(self) -> str:
        """The text before the first edit, rebuilt from the log in linear time."""
        return undo(self.text, self.edits)

    @property
    def is_intact(self) -> bool:
        """Whether text and log still rebuild the text that was read."""
        return sha256(self.raw) == self.raw_sha256

    def field(self, name: str) -> str | None:
        """The value of a field by the name that a FieldEdit uses."""
        if name.startswith("links."):
            _, number, attribute = name.split(".")
            link = self.links[int(number)]
            return link.text if attribute == "text" else link.url
        if name not in FIELDS:
            raise EditError(f"no field {name!r}")
        value: str | None = getattr(self, name)
        return value

    def prose(self) -> Iterator[tuple[str, str]]:
        """The text and every field that holds words, by name; the text's name is ``""``."""
        yield "", self.text
        for name in PROSE_FIELDS:
            if value := getattr(self, name):
                yield name, value
        for number, link in enumerate(self.links):
            if link.text:
                yield f"links.{number}.text", link.text

    @property
    def signs(self) -> int:
        """The signs (:mod:`cleaning.signs`) of the text and of every field that holds words."""
        if self._signs is None:
            signs = signs_of("\n".join(value for _, value in self.prose()))
            object.__setattr__(self, "_signs", signs)  # a view of what never changes
            return signs
        return self._signs

    @property
    def lines(self) -> Lines:
        """The lines of the text, which all steps share."""
        if self._lines is None:
            lines = Lines(self.text, is_simplified=not self.signs & TRADITIONAL)
            object.__setattr__(self, "_lines", lines)
            return lines
        return self._lines

    def has_label(self, *kinds: str) -> bool:
        """Whether a label is of one of some kinds."""
        return any(label.kind in kinds for label in self.labels)

    def apply(self, findings: Iterable[Finding]) -> Document:
        """The document with the findings of one step made and logged.

        Raises EditError for an edit that does not match, overlaps another or changes nothing.
        """
        edits: list[Edit] = []
        field_edits: dict[str, list[FieldEdit]] = {}
        labels: list[Label] = []
        links: list[Link] = []
        for finding in findings:
            match finding:
                case Edit():
                    edits.append(finding)
                case FieldEdit():
                    field_edits.setdefault(finding.field, []).append(finding)
                case Label():
                    labels.append(finding)
                case Link():
                    links.append(finding)
        if not (edits or field_edits or labels or links):
            return self
        changed: dict[str, Any] = {}
        all_labels = (*self.labels, *labels)
        if edits:
            edits = _in_order(edits)
            changed["text"] = _replaced(self.text, edits)
            changed["edits"] = (*self.edits, *reversed(edits))
            if all_labels:
                all_labels = tuple(_moved(_unresolved(all_labels, edits), edits))
        changed["labels"] = all_labels
        all_links = [*self.links, *links]
        log = [*self.field_edits]
        for name, changes in field_edits.items():
            changes = _in_order(changes)
            log += reversed(changes)
            if name.startswith("links."):
                _, number, attribute = name.split(".")
                link = all_links[int(number)]
                value = _replaced(getattr(link, attribute) or "", changes)
                all_links[int(number)] = replace(link, **{attribute: value})
            else:
                changed[name] = _replaced(self.field(name) or "", changes) or None
        document = replace(self, links=tuple(all_links), field_edits=tuple(log), **changed)
        if self._signs is not None and len(edits) <= FEW:
            values = [
                *(document.field(name) for name in field_edits),
                *(link.text for link in links),
            ]
            new = [*_joints(self.text, document.text, edits), *(v for v in values if v)]
            signs = signs_of("\n".join(piece for piece in new if piece not in self.text))
            object.__setattr__(document, "_signs", self._signs | signs)
        return document


FEW = 8
"""Edits up to which the signs of a text are those before them and those of what they bring in."""


def _joints(old: str, new: str, edits: list[Edit]) -> Iterator[str]:
    """What ordered edits put into a text, with its neighbours; not where a line went from between two."""
    shift = 0
    for edit in edits:
        start, end = edit.start + shift, edit.start + shift + len(edit.after)
        shift += len(edit.after) - len(edit.before)
        piece = new[max(0, start - 1) : end + 1]
        if edit.after or (start and piece != old[edit.end - 1 : edit.end + 1]):
            yield piece


def undo(text: str, edits: Sequence[Edit | FieldEdit]) -> str:
    """Undo a log from its last edit to its first.

    Edits are undone in runs: as long as each edit in the log lies before the one above it in
    the text, none moves another, and one walk over the text takes the whole run back.
    """
    stop = len(edits)
    while stop:
        first = stop - 1
        while first and edits[first].end <= edits[first - 1].start:
            first -= 1
        parts: list[str] = []
        at = shift = 0
        for edit in reversed(edits[first:stop]):
            start = edit.start + shift
            end = start + len(edit.after)
            if text[start:end] != edit.after:
                raise EditError(f"the log does not fit the text at {start}: {edit}")
            parts += text[at:start], edit.before
            at = end
            shift += len(edit.after) - len(edit.before)
        parts.append(text[at:])
        text = "".join(parts)
        stop = first
    return text


Change = TypeVar("Change", Edit, FieldEdit)


def _in_order(edits: list[Change]) -> list[Change]:
    """Sort edits by place and join those that touch and share kind, rule and confidence."""
    edits.sort(key=_PLACE)
    ordered: list[Change] = []
    end = -1
    for edit in edits:
        if edit.start == end and (joined := _joined(ordered[-1], edit)) is not None:
            ordered[-1] = joined
        else:
            ordered.append(edit)
        end = edit.end
    return ordered


_PLACE = attrgetter("start", "end")


def _joined(left: Change, right: Change) -> Change | None:
    """Two edits that touch as one, or None where they are of different kinds."""
    if (left.kind, left.rule, left.confidence) != (
        right.kind,
        right.rule,
        right.confidence,
    ):
        return None
    before, after = left.before + right.before, left.after + right.after
    if before == after:  # one puts in what the other takes out: both stay on record
        return None
    return replace(left, end=right.end, before=before, after=after)


def _replaced(text: str, edits: list[Change]) -> str:
    """The text with ordered edits made; the one place where text is made."""
    parts: list[str] = []
    at = 0
    for edit in edits:
        start, end, before = edit.start, edit.end, edit.before
        if start < at:
            raise EditError(f"overlaps the edit before it: {edit}")
        if text[start:end] != before or end - start != len(before):
            raise EditError(f"does not match the text: {edit}")
        if before == edit.after:
            raise EditError(f"changes nothing: {edit}")
        parts += text[at:start], edit.after
        at = end
    parts.append(text[at:])
    return "".join(parts)


def _unresolved(labels: Iterable[Label], edits: list[Edit]) -> Iterator[Label]:
    """The labels without those of masks whose word an edit puts back; rules ``mask:…`` only change
    how a mask is shown."""
    back = {(e.start, e.end) for e in edits if e.is_restoration}
    return (
        label for label in labels if label.kind != "mask" or (label.start, label.end) not in back
    )


def _moved(labels: Iterable[Label], edits: list[Edit]) -> Iterator[Label]:
    """Carry the spans of labels through edits; what was cut out whole has no span any more."""
    starts = [edit.start for edit in edits]
    shifts = [0, *accumulate(len(edit.after) - len(edit.before) for edit in edits)]

    def moved(place: int, *, is_end: bool) -> int:
        number = bisect_right(starts, place)
        if number == 0:
            return place
        edit = edits[number - 1]
        if place == edit.start and (is_end or edit.end > edit.start):
            return place + shifts[number - 1]
        if place >= edit.end:
            return place + shifts[number]
        new_start = edit.start + shifts[number - 1]
        return new_start + len(edit.after) if is_end else new_start

    for label in labels:
        if label.start is None or label.end is None:
            yield label
            continue
        start = moved(label.start, is_end=False)
        end = moved(label.end, is_end=True) if label.start < label.end else start
        if start >= end and label.start < label.end:
            yield replace(label, start=None, end=None)
        else:
            yield replace(label, start=start, end=max(start, end))
