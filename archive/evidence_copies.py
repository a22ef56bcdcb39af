"""What stands in copies of a document at the place of a masked word.

A witness is another text that has the same characters on both sides of the hole.  How far it can be
trusted is measured on the two texts themselves: words of the document that are not masked are looked up
in the witness in the same way, and the share that comes out right is the probability that a
masked one does (``Witness.precision``).  Script, width and white space make no difference.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from archive.fold import Fold
from cleaning.document import Candidate, Document
from cleaning.han import HAN
from cleaning.restoration import Mask, Restoration, masks_of

CONTEXTS = (12, 8, 5)
"""Characters on either side that must be the same, tried in this order: the longest that is found anywhere
decides, since of two places with five characters in common one is often a phrase of the template.
With five and a dictionary 4 of 1,000 words were wrong in copies with every twentieth character changed, with
three 8 (research on 5,000 planted masks)."""

LONGEST = 8
"""Characters of a word that is sought where its length is not known: 联系方式, 的同时，, 小额贷款公司."""

PROBES = 120
"""Unmasked words of a document that a witness is tried on."""

PRIOR_RIGHT, PRIOR_WRONG = 19.0, 0.2
"""What is taken to be known of a copy before it is tried, as so many probes: 99 in 100 right.  So 30 probes
without a fault are enough for 0.995, and one fault in 100 leaves 0.99."""

LEAST_PROBES = 12
"""Probes that a witness must answer; below, the two texts have only a few sentences in common."""

CORRELATED = 0.2
"""The share of a witness's doubt that is left when the same word stands at other holes too.  Its
edits are mostly independent, but a spinner that replaces one word does so at every place."""

SHOWN = 20
"""Characters of the witness on either side of the word, in the text of the evidence."""

_WORD = re.compile(f"[{HAN}A-Za-z0-9]+")
_JOINED = re.compile(f"[{HAN}A-Za-z0-9，、]+")
_BLANK = re.compile(r"\s+")


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
class Found:
    """What a witness has at a hole: the word, and the sentence that it stands in."""

    word: str
    sentence: str


class Witness:
    """A text in which the words that another one hides may stand.

    ``group``: what it shares with others that are no witnesses of their own (its site, or an equal text).
    """

    def __init__(self, document_id: int, group: str, view: View, of: View) -> None:
        self.document_id = document_id
        self.group = group
        self._view = view
        self._of = of

    @cached_property
    def precision(self) -> float:
        """The share of the document's unmasked words that this witness has right; 0 where it has too few."""
        right = wrong = 0
        size = len(self._of.chars)
        step = max(2, (size - 2 * CONTEXTS[-1]) // PROBES)
        for start in range(CONTEXTS[-1], size - CONTEXTS[-1] - 2, step):
            end = start + 2
            word = self._of.chars[start:end]
            if not _WORD.fullmatch(word) or not self._of.is_own(start, end):
                continue
            found = self._at(start, end, 2)
            if found:
                same = found == {word}
                right, wrong = right + same, wrong + (not same)
        if right + wrong < LEAST_PROBES:
            return 0.0
        return (right + PRIOR_RIGHT) / (right + wrong + PRIOR_RIGHT + PRIOR_WRONG)

    def look_up(self, mask: Mask) -> Found | None:
        """The one word that stands at the place of a mask, None where there is none or are several."""
        start, end = self._of.of[mask]
        places: dict[str, tuple[int, int]] = {}
        if len(self._at(start, end, mask.length, places)) != 1:
            return None
        ((first, last),) = places.values()
        if not self._view.is_own(first, last):
            return None
        places_, text = self._view.places, self._view.text
        begin, finish = places_[first], places_[last - 1] + 1
        before = text[max(0, begin - SHOWN) : begin].rpartition("\n")[2]
        after = text[finish : finish + SHOWN].partition("\n")[0]
        word = text[begin:finish]
        return Found(word, f"{before}[{word}]{after}")

    def _at(
        self,
        start: int,
        end: int,
        length: int | None,
        places: dict[str, tuple[int, int]] | None = None,
    ) -> set[str]:
        """The words that stand between the characters around a span of the document."""
        word = f"(.{{{length}}})" if length else f"(.{{1,{LONGEST}}}?)"
        for size in CONTEXTS:
            left, right = self._of.left(start, size), self._of.right(end, size)
            if left is None or right is None:
                continue
            found = {m[1]: m.span(1) for m in re.finditer(left + word + right, self._view.chars)}
            if found:
                if places is not None:
                    places |= found
                return set(found)
        return set()


def from_copies(
    document: Document, witnesses: Sequence[tuple[int, str, Document]], fold: Fold
) -> list[Restoration]:
    """What copies of a document say about its masks.

    ``witnesses``: id, group and document of each copy, see :class:`Witness`.  One witness is enough
    where it is right in what can be compared; where two of different groups say the same, only both
    being wrong would be.  A word that also stands unmasked in the document is not the hidden one.
    """
    masks = masks_of(document)
    if not masks:
        return []
    view = View(document, fold)
    said: dict[Mask, list[tuple[Witness, Found]]] = defaultdict(list)
    for document_id, group, other in witnesses:
        witness = Witness(document_id, group, View(other, fold), view)
        for mask in masks:
            if (found := witness.look_up(mask)) and _may_be(found.word, mask, view, fold):
                said[mask].append((witness, found))
    everywhere: dict[str, set[Mask]] = defaultdict(set)
    for mask, answers in said.items():
        for _, found in answers:
            everywhere[fold(found.word)].add(mask)
    return [
        _restoration(_as_shown(mask, document), answers, everywhere, fold)
        for mask, answers in said.items()
    ]


def _as_shown(mask: Mask, document: Document) -> Mask:
    """The mask with what stands there now, a sign where a user wanted one for each mask."""
    return replace(mask, shown=document.text[mask.start : mask.end])


def _may_be(word: str, mask: Mask, view: View, fold: Fold) -> bool:
    """Whether a word can be what a filter took out of the document."""
    folded = _BLANK.sub("", fold(word))
    if not folded or folded in view.read:
        return False
    if mask.start < mask.end and mask.shown.strip():
        return _WORD.fullmatch(word) is not None  # stars stand for words
    return _JOINED.fullmatch(word) is not None


def _restoration(
    mask: Mask,
    answers: Sequence[tuple[Witness, Found]],
    everywhere: dict[str, set[Mask]],
    fold: Fold,
) -> Restoration:
    doubts: dict[str, dict[str, float]] = defaultdict(dict)  # of each word, by group of witnesses
    first: dict[str, tuple[Witness, Found]] = {}
    for witness, found in answers:
        word = fold(found.word)
        doubt = 1 - witness.precision
        doubts[word][witness.group] = min(doubt, doubts[word].get(witness.group, 1.0))
        known = first.get(word)
        if known is None or witness.precision > known[0].precision:
            first[word] = witness, found
    confidences: dict[str, float] = {}
    for word, by_group in doubts.items():
        doubt = 1.0
        for one in by_group.values():
            doubt *= one
        if len(everywhere[word]) > 1:
            doubt *= CORRELATED
        confidences[word] = 1 - doubt
    if len(confidences) > 1:  # they contradict one another
        total = sum(confidences.values()) or 1.0
        confidences = {word: c * c / total for word, c in confidences.items()}
    ranked = sorted(confidences, key=lambda word: (-confidences[word], word))
    witness, found = first[ranked[0]]
    groups = len(doubts[ranked[0]])
    return Restoration(
        mask,
        "restore:two-copies" if groups > 1 else "restore:copy",
        tuple(Candidate(first[word][1].word, round(confidences[word], 4)) for word in ranked),
        f"document {witness.document_id}",
        found.sentence,
    )
