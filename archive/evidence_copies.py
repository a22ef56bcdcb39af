"""What stands in copies of a document at the place of a masked word.

A witness is another text that has the same characters on both sides of the hole.  How far it can be
trusted is measured on the two texts themselves: words of the document that are not masked are looked up
in the witness in the same way, and the share that comes out right is the probability that a
masked one does (``Witness.precision``).  Script, width and white space make no difference.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from archive.evidence_view import LONGEST, View, gaps
from archive.fold import Fold
from archive.restore_carry import MISSING
from cleaning.document import Candidate, Document
from cleaning.han import HAN
from cleaning.restoration import Mask, Restoration, masks_of
from cleaning.rules import load_pairs
from cleaning.words import is_word

CONTEXTS = ((12, 12), (8, 8), (5, 5), (10, 2), (2, 10))
"""Characters on the left and the right that must be the same, tried in this order: the longest that is found
anywhere decides, since of two places with five characters in common one is often a phrase of the template.
With five and a dictionary 4 of 1,000 words were wrong in copies with every twentieth character changed, with
three 8 (research on 5,000 planted masks).  The last two are for a hole beside an edit of the copy."""

NARROW = 3
"""Fewer characters on one side, and the copy has been edited right beside the hole: then ``BESIDE`` times the
doubt.  On planted masks 2 % of such words were wrong where 0.4 % of the others were."""

BESIDE = 4.0

UNKNOWN = 3.0
"""The doubt is as many times as great for what is no word: filters match without regard to words (护法), but most
such strings are a word of which one character was changed."""

SHORTEST = 5
"""Characters from the ends of a document in which no probes are taken."""

PROBES = 120
"""Unmasked words of a document that a witness is tried on."""

PRIOR_RIGHT, PRIOR_WRONG = 19.0, 0.2
"""What is taken to be known of a copy before it is tried, as so many probes: 99 in 100 right.  So 30 probes
without a fault are enough for 0.995, and one fault in 100 leaves 0.99."""

SPUN = 0.9
"""The most that a witness is believed which has one word for another wherever it stands (关键 for 重要): it may have
done so with the hidden word, of which no probe can tell."""

LEAST_PROBES = 12
"""Probes that a witness must answer; below, the two texts have only a few sentences in common."""

UNSURE = 0.9
"""The most that is believed of what is no word, stands at one hole only, and has a hole of unknown length or
one witness with faults: a character beside the hole that was edited goes into it (服电话 for 电话), in either text."""

FAULTLESS = 0.002
"""Doubt of a witness that came out right in a hundred probes."""

SHOWN = 20
"""Characters of the witness on either side of the word, in the text of the evidence."""

_WORD = re.compile(f"[{HAN}A-Za-z0-9]+")
_JOINED = re.compile(f"[{HAN}A-Za-z0-9，、]+")
_BLANK = re.compile(r"\s+")


def is_likely(word: str) -> bool:
    """Whether a word is one of the dictionary, or one that filters are known to hide."""
    return is_word(word) or word in load_pairs("masked_words")


@dataclass(frozen=True, slots=True)
class Found:
    """What a witness has at a hole: the word, and the sentence that it stands in."""

    word: str
    sentence: str
    is_narrow: bool = False


class Witness:
    """A text in which the words that another one hides may stand.

    ``group``: what it shares with others that are no witnesses of their own (its site, or an equal text).
    """

    def __init__(self, document_id: int, group: str, view: View, of: View) -> None:
        self.document_id = document_id
        self.group = group
        self.view = view
        self._of = of

    @cached_property
    def precision(self) -> float:
        """The share of the document's unmasked words that this witness has right; 0 where it has too few.

        At most ``SPUN`` where it replaces words throughout.
        """
        measured = self._measured()
        return min(SPUN, measured) if measured and self._is_spun() else measured

    def _is_spun(self) -> bool:
        """Whether the two texts have different words for the same thing, one of them everywhere."""
        pairs: Counter[tuple[str, str]] = Counter()
        for gap in gaps(self._of, self.view, 4):
            one, two = self._of.chars[gap.start : gap.end], self.view.chars[gap.first : gap.last]
            if (
                min(len(one), len(two)) > 1
                and one not in self.view.chars
                and two not in self._of.chars
            ):
                pairs[one, two] += 1
        return any(count > 1 for count in pairs.values())

    def _measured(self) -> float:
        right = wrong = 0
        size = len(self._of.chars)
        step = max(2, (size - 2 * SHORTEST) // PROBES)
        for start in range(SHORTEST, size - SHORTEST - 2, step):
            end = start + 2
            word = self._of.chars[start:end]
            if not _WORD.fullmatch(word) or not self._of.is_own(start, end):
                continue
            found, is_narrow = self._at(start, end, 2)
            if found and not is_narrow:
                same = found == {word}
                right, wrong = right + same, wrong + (not same)
        if right + wrong < LEAST_PROBES:
            return 0.0
        return (right + PRIOR_RIGHT) / (right + wrong + PRIOR_RIGHT + PRIOR_WRONG)

    def look_up(self, mask: Mask) -> Found | None:
        """The one word that stands at the place of a mask, None where there is none or are several."""
        start, end = self._of.of[mask]
        places: dict[str, tuple[int, int]] = {}
        words, is_narrow = self._at(start, end, mask.length, places)
        if len(words) != 1:
            return None
        ((first, last),) = places.values()
        if not self.view.is_own(first, last):
            return None
        places_, text = self.view.places, self.view.text
        begin, finish = places_[first], places_[last - 1] + 1
        before = text[max(0, begin - SHOWN) : begin].rpartition("\n")[2]
        after = text[finish : finish + SHOWN].partition("\n")[0]
        word = text[begin:finish]
        return Found(word, f"{before}[{word}]{after}", is_narrow)

    def _at(
        self,
        start: int,
        end: int,
        length: int | None,
        places: dict[str, tuple[int, int]] | None = None,
    ) -> tuple[set[str], bool]:
        """The words that stand between the characters around a span of the document, and whether
        few characters on one side had to do."""
        word = f"(.{{{length}}})" if length else f"(.{{1,{LONGEST}}}?)"
        for before, after in CONTEXTS:
            left, right = self._of.left(start, before), self._of.right(end, after)
            if left is None or right is None:
                continue
            if min(before, after) < NARROW and ".{" in left + right:
                continue  # with another hole in it, two characters are too few
            found = {m[1]: m.span(1) for m in re.finditer(left + word + right, self.view.chars)}
            if found:
                if places is not None:
                    places |= found
                return set(found), min(before, after) < NARROW
        return set(), False


ONE_OF_TWO = 0.9
"""Confidence of a connective for which one copy speaks (``rules/exchanged_words.tsv``): a copy that is spun
has another one there.  They were 17 of 19 wrong restorations of the tuning half, 不过 for 但是."""


def from_copies(
    document: Document, witnesses: Sequence[tuple[int, str, Document]], fold: Fold
) -> list[Restoration]:
    """What copies of a document say about its masks.

    ``witnesses``: id, group and document of each copy, see :class:`Witness`.  One witness is enough
    where it is right in what can be compared; where two of different groups say the same, only both
    being wrong would be.  A word that also stands unmasked in the document is not the hidden one.
    """
    masks = [mask for mask in masks_of(document) if mask.rule != MISSING]
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
        doubt = (1 - witness.precision) * (BESIDE if found.is_narrow else 1.0)
        if not is_likely(found.word):
            doubt *= UNKNOWN
        doubt = min(1.0, doubt)
        doubts[word][witness.group] = min(doubt, doubts[word].get(witness.group, 1.0))
        known = first.get(word)
        if known is None or witness.precision > known[0].precision:
            first[word] = witness, found
    confidences: dict[str, float] = {}
    for word, by_group in doubts.items():
        doubt = 1.0
        for one in by_group.values():
            doubt *= one
        confidences[word] = 1 - doubt
        if len(by_group) < 2 and first[word][1].word in load_pairs("exchanged_words"):
            confidences[word] = min(ONE_OF_TWO, confidences[word])
        is_unsure = mask.length is None or (len(by_group) < 2 and doubt > FAULTLESS * UNKNOWN)
        if is_unsure and len(everywhere[word]) < 2 and not is_likely(first[word][1].word):
            confidences[word] = min(UNSURE, 1 - doubt)
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
