"""A document as evidence compares it with another one, and where two of them differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from archive.alignment import blocks
from archive.fold import Fold
from cleaning.document import Document
from cleaning.restoration import masks_of

LONGEST = 8
"""Characters of a word that is sought where its length is not known: 联系方式, 的同时，, 小额贷款公司."""

BESIDE = 4
"""Characters before and after a difference that must be the same, unless the texts begin or end there."""


class View:
    """A document as it is compared: folded, without white space, each character with its place, and its
    holes as spans of the view (empty for a blank and for what was deleted without a trace)."""

    def __init__(self, document: Document, fold: Fold) -> None:
        text, masks = document.text, masks_of(document)
        self.text = text
        folded = fold(text)
        self.places = [n for n, c in enumerate(folded) if not c.isspace()]
        self.chars = "".join([folded[n] for n in self.places])
        self.places.append(len(text))
        at = {place: n for n, place in enumerate(self.places)}

        def within(place: int) -> int:
            while place not in at:
                place += 1
            return at[place]

        self.of = {mask: (within(mask.start), within(mask.end)) for mask in masks}
        self.holes = sorted({(*span, mask.length) for mask, span in self.of.items()}, key=str)
        self._starts = {start: n for n, (start, _, _) in enumerate(self.holes)}
        self._ends = {end: n for n, (_, end, _) in enumerate(self.holes)}
        self._put_in = [(within(start), within(end)) for start, end in restored_spans(document)]
        kept = list(self.chars)
        for start, end in self._put_in:
            kept[start:end] = "\n" * (end - start)
        self.read = "".join(kept)
        """The characters that stand in the page itself, others as line feeds."""

    def is_own(self, start: int, end: int) -> bool:
        """Whether a span is all the author's: no hole and no restored word in it or at its border."""
        spans = [*self._put_in, *self.of.values()]
        return not any(first <= end and last >= start for first, last in spans)

    def left(self, at: int, size: int) -> str | None:
        """A pattern for the characters before a place, other holes open; None near the beginning."""
        parts: list[str] = []
        stop = at
        while size:
            if at == 0:
                return None
            at -= 1
            hole = self._ends.get(at + 1)
            if hole is not None and at + 1 != stop:
                start, end, length = self.holes[hole]
                parts.append(_open(length))
                at = start
                if start < end:
                    continue
                at -= 1
                if at < 0:
                    return None
            parts.append(re.escape(self.chars[at]))
            size -= 1
        return "".join(reversed(parts))

    def right(self, at: int, size: int) -> str | None:
        """A pattern for the characters from a place on."""
        parts: list[str] = []
        first = at
        while size:
            if at >= len(self.chars):
                return None
            hole = self._starts.get(at)
            if hole is not None and at != first:
                start, end, length = self.holes[hole]
                parts.append(_open(length))
                if start < end:
                    at = end
                    continue
                if at >= len(self.chars):
                    return None
            parts.append(re.escape(self.chars[at]))
            at += 1
            size -= 1
        return "".join(parts)


def restored_spans(document: Document) -> Iterator[tuple[int, int]]:
    """Where words were put in, by their evidence; of one that was inserted it stands right behind."""
    for label in document.labels:
        if label.kind != "evidence" or label.start is None or label.end is None:
            continue
        start = label.start
        if start == label.end and (word := label.candidates[0].text if label.candidates else ""):
            start -= len(word) if document.text.endswith(word, 0, start) else 0
        yield start, label.end


def _open(length: int | None) -> str:
    return f".{{{length}}}" if length else f".{{0,{LONGEST}}}?"


@dataclass(frozen=True, slots=True)
class Gap:
    """A difference between the same characters on both sides: its span in one view and in the other."""

    start: int
    end: int
    first: int
    last: int


def gaps(one: View, other: View, most: int) -> Iterator[Gap]:
    """Where two texts differ in a few characters, ``most`` of the one's and ``LONGEST`` of the other's."""
    found = blocks(one.chars, other.chars)
    for left, right in pairwise(found):
        start, end, first, last = left.end, right.start, left.last, right.first
        is_known = (left.size >= BESIDE or left.start == left.first == 0) and (
            right.size >= BESIDE or (right.end, right.last) == (len(one.chars), len(other.chars))
        )
        if not is_known or end - start > most or last - first > LONGEST:
            continue
        if one.is_own(start - 1, end + 1) and other.is_own(first, last):
            yield Gap(start, end, first, last)
