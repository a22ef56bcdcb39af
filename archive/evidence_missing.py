"""Words that a filter took out of a document without a trace, seen against a copy that has them.

A filter takes out each of its words everywhere.  So a word that several places of the copy have and the
document has nowhere was taken out by one; a single word more in the copy can be an edit like any other, unless
a blank stands in its place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

from archive.evidence_copies import SHOWN, Witness, is_likely
from archive.evidence_view import Gap, View, gaps
from archive.fold import Fold
from archive.restore_carry import MISSING
from cleaning.document import Candidate, Document
from cleaning.han import is_han
from cleaning.restoration import Mask, Restoration

OFTEN = 2
"""Places from which a word that is missing everywhere counts as taken out by a filter: with as many different
characters in front and behind."""

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
    places = _counted(view, found)
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


def _counted(view: View, found: Iterable[tuple[int, int, str]]) -> Counter[str]:
    """How many places miss each word, counted by what stands in front of them and behind them: what a revision
    put into one name, 规划部门 to 规划资源部门, is missing often, but between the same characters."""
    before: dict[str, set[str]] = defaultdict(set)
    behind: dict[str, set[str]] = defaultdict(set)
    for start, end, word in found:
        before[word].add(view.text[start - 1 : start])
        behind[word].add(view.text[end : end + 1])
    return Counter({word: min(len(before[word]), len(behind[word])) for word in before})


def _gaps(view: View, other: View, document_id: int) -> Iterator[_Gap]:
    for gap in gaps(view, other, 0):
        turns = list(_turns(gap, other))
        found = [one for turn in turns if (one := _gap(view, *turn, document_id=document_id))]
        if found:
            yield next((one for one in found if is_likely(one.word)), found[0])


def _turns(gap: Gap, other: View) -> Iterator[tuple[int, View, int, int]]:
    """The places that a gap may have: of 高等学校学生 without 学校 the copy may have 学校 more, or 校学."""
    size, chars = gap.last - gap.first, other.chars
    back = ahead = 0
    while back < size - 1 and chars[gap.first - back - 1] == chars[gap.last - back - 1]:
        back += 1
    while ahead < size - 1 and chars[gap.first + ahead] == chars[gap.last + ahead]:
        ahead += 1
    for shift in range(-back, ahead + 1):
        yield gap.start + shift, other, gap.first + shift, gap.last + shift


def _gap(
    view: View, place: int, other: View, first: int, last: int, *, document_id: int
) -> _Gap | None:
    begin, finish = other.places[first], other.places[last - 1] + 1
    word = other.text[begin:finish]
    if not all(map(is_han, word)):
        return None
    start, end = view.places[place - 1] + 1, view.places[place]
    shown = view.text[start:end]
    head = other.text[other.places[first - 1] + 1 : begin] if first else ""
    tail = other.text[finish : other.places[last]]
    if len(head) + len(tail) <= len(shown):  # what white space the copy has too is the author's
        start, end = start + len(head), end - len(tail)
    elif head and tail:
        return None
    else:
        start, end = (end, end) if head else (start, start)
    shown = view.text[start:end]
    if "\n" in shown:
        return None
    around = view.chars[place - 1], view.chars[place : place + 1] or "a"
    if shown and not all(is_han(c) or c in _MARKS for c in around):
        return None  # the blank belongs to a Latin word
    before = other.text[max(0, begin - SHOWN) : begin].rpartition("\n")[2]
    after = other.text[finish : finish + SHOWN].partition("\n")[0]
    return _Gap(start, end, shown, word, document_id, f"{before}[{word}]{after}")
