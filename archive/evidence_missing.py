"""Words that a filter took out of a document without a trace, seen against a copy that has them.

A filter takes out each of its words everywhere.  So a word that several places of the copy have and the
document has nowhere was taken out by one; a single word more in the copy can be an edit like any other, unless
a blank stands in its place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from archive.evidence_copies import SHOWN, Witness, is_likely
from archive.evidence_view import View, gaps
from archive.fold import Fold
from archive.restore_carry import MISSING
from cleaning.document import Candidate, Document
from cleaning.han import is_han
from cleaning.restoration import Mask, Restoration

OFTEN = 2
"""Places from which a word that is missing everywhere counts as taken out by a filter."""

SURE, WITH_BLANK, ALONE = 0.995, 0.992, 0.6
"""Confidence of a word that is missing often, of one in whose place a blank stands, and of others, measured by
benchmarks/restore.py on its tuning half."""

_MARKS = frozenset("，。；：？！、,;:?!“”《》（）")


@dataclass(frozen=True, slots=True)
class _Gap:
    """A place of the document where the copy has a word more: the span in the text, what stands there."""

    start: int
    end: int
    shown: str
    word: str
    document_id: int
    sentence: str


def missing_words(
    document: Document, witnesses: Sequence[tuple[int, str, Document]], fold: Fold
) -> list[Restoration]:
    """The words that copies have more, as masks with what they were; see ``from_copies`` for ``witnesses``."""
    view = View(document, fold)
    found: dict[tuple[int, int, str], dict[str, tuple[float, _Gap]]] = defaultdict(dict)
    for document_id, group, other in witnesses:
        witness = Witness(document_id, group, View(other, fold), view)
        for gap in _gaps(view, witness.view, document_id):
            doubts = found[gap.start, gap.end, fold(gap.word)]
            if group not in doubts or 1 - witness.precision < doubts[group][0]:
                doubts[group] = 1 - witness.precision, gap
    places: Counter[str] = Counter(word for _, _, word in found)
    restorations = []
    for (start, end, word), doubts in found.items():
        gap = min(doubts.values(), key=lambda one: one[0])[1]
        if word in view.read or not (is_likely(gap.word) or places[word] >= OFTEN):
            continue
        is_often = places[word] >= OFTEN
        most = SURE if is_often else WITH_BLANK if gap.shown else ALONE
        confidence = round(min(most, 1 - prod(doubt for doubt, _ in doubts.values())), 4)
        restorations.append(
            Restoration(
                Mask(start, end, gap.shown, MISSING, confidence),
                "restore:two-copies" if len(doubts) > 1 else "restore:copy",
                (Candidate(gap.word, confidence),),
                f"document {gap.document_id}",
                gap.sentence,
            )
        )
    return restorations


def _gaps(view: View, other: View, document_id: int) -> Iterator[_Gap]:
    for gap in gaps(view, other, 0):
        if found := _gap(view, gap.start, other, gap.first, gap.last, document_id):
            yield found


def _gap(
    view: View, place: int, other: View, first: int, last: int, document_id: int
) -> _Gap | None:
    begin, finish = other.places[first], other.places[last - 1] + 1
    word = other.text[begin:finish]
    if not all(map(is_han, word)):
        return None
    start, end = view.places[place - 1] + 1, view.places[place]
    shown = view.text[start:end]
    if "\n" in shown:  # at the edge of a line the copy tells on which side
        around = other.text[other.places[first - 1] : other.places[last] + 1]
        head, _, tail = around.partition(word)
        if ("\n" in head) == ("\n" in tail):
            return None
        start, end = (end, end) if "\n" in head else (start, start)
        shown = ""
    elif shown and not all(
        is_han(c) or c in _MARKS for c in (view.text[start - 1], view.text[end : end + 1] or "a")
    ):
        return None  # the blank belongs to a Latin word
    before = other.text[max(0, begin - SHOWN) : begin].rpartition("\n")[2]
    after = other.text[finish : finish + SHOWN].partition("\n")[0]
    return _Gap(start, end, shown, word, document_id, f"{before}[{word}]{after}")
