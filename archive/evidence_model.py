"""What the archive's own language model (``shiyi learn``) tells of masked words, over all holes of a site at once.

A filter hides its words on every page of a site.  So a word that stands unmasked on any of them is not hidden
there, which leaves few; and few words have to explain all holes of the site, so that each hole in which a word
is likely makes it likelier in the others.  Each hole's probabilities over the words are those of the model, times how
often the word is hidden on the site as far as the other holes and the restored words tell (expectation
maximisation, each hole left out of its own prior).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from archive.fold import Fold
from archive.language_model import LanguageModel
from cleaning.document import Candidate, Document
from cleaning.restoration import Mask, Restoration, context, masks_of
from cleaning.rules import load_pairs
from cleaning.words import MAX_WORD, words

Counts = Mapping[str, Mapping[str, int]]
"""The words that a site hides, by the way in which it does, each with the documents in which it was restored."""

AROUND = 12

RULES = frozenset(
    {"mask:stars", "mask:one-star", "mask:filler", "mask:blank", "mask:doubted", "mask:review"}
)
"""The holes that the model is asked about: those in which a word of the list stood whole."""

UNSEEN = 0.05
"""Documents that a word counts before anything is known of the site, as against one in which it was restored."""

LISTED = 0.3
"""The same for a word of those that filters are known to hide (``masked_words.tsv``)."""

HALF = 1.0
"""Documents or holes in which a word has been met from which it is half certain that the site hides it; then the model
alone decides, so that a frequent word does not take the holes of the others."""

ROUNDS = 6
NEAR = 12.0
"""Nats below a hole's best word within which others are weighed."""

MEASURED = ((0.999, 0.95), (0.98, 0.91), (0.9, 0.8), (0.8, 0.45), (0.5, 0.4), (0.0, 0.15))
"""Shares from which words are right as often, with stars and with blanks: 96, 92, 82, 43, 40 and 20 % of 231, 203,
128, 75, 199 and 205 holes of the tuning half of benchmarks/restore.py (seed 3).  So the model alone never reaches the
default level."""

MOST = 0.985
"""The most that is believed where a copy that is not sure has the same word."""

SHOWN = 5
"""Candidates of a hole that are kept."""


@dataclass(frozen=True, slots=True)
class _Hole:
    document: int
    mask: Mask
    way: str
    words: Sequence[str]
    likely: NDArray[np.float64]  # of each word, up to a factor


def way_of(shown: str) -> str:
    """How a word was hidden."""
    return "deletion" if not shown else "stars" if shown.strip() else "blank"


class Lexicon:
    """The words that a model has read, in the form in which it has: candidates for every hole."""

    def __init__(self, model: LanguageModel, fold: Fold) -> None:
        self.model, self.fold = model, fold
        self._forms = {fold(word): word for word in sorted(words())}
        self._forms |= {word[0]: word[0] for word in self._forms}

    @cached_property
    def by_length(self) -> Mapping[int, Sequence[str]]:
        """The folded words of each length that the model may have read: all their pairs of characters."""
        found: dict[int, list[str]] = defaultdict(list)
        for word in self.model.read(sorted(self._forms)):
            found[len(word)].append(word)
        return found

    def form(self, folded: str) -> str:
        """A word as it is put in."""
        return self._forms.get(folded, folded)

    def within(self, texts: Iterable[str]) -> set[str]:
        """The words that stand in texts, folded."""
        found: set[str] = set()
        for text in texts:
            folded = self.fold(text)
            for length in range(1, MAX_WORD + 1):
                found.update(folded[n : n + length] for n in range(len(folded) - length + 1))
        return found & self._forms.keys()


def from_model(
    documents: Sequence[Document],
    site: str,
    counts: Counts,
    seen: Collection[str],
    lexicon: Lexicon,
) -> list[list[Restoration]]:
    """What the model offers for the open holes of documents of one site, for each document.

    ``counts``: what has been restored on the site; ``seen``: the words that stand unmasked on it, folded.
    """
    fold = lexicon.fold
    folded = {way: {fold(word): n for word, n in by.items()} for way, by in counts.items()}
    table = {
        length: _Table([word for word in known if word not in seen])
        for length, known in lexicon.by_length.items()
    }
    holes = [
        hole
        for number, document in enumerate(documents)
        for mask in masks_of(document)
        if mask.rule in RULES
        and (hole := _hole(number, document, mask, folded, table, lexicon)) is not None
    ]
    found: list[list[Restoration]] = [[] for _ in documents]
    for hole, shares in zip(holes, _weighed(holes, folded, fold), strict=True):
        order = np.argsort(-shares, kind="stable")[:SHOWN]
        share = float(shares[order[0]])
        candidates = tuple(
            Candidate(lexicon.form(hole.words[n]), round(measured(float(shares[n])), 4))
            for n in order.tolist()
            if shares[n] >= 0.02
        )
        if not candidates:
            continue
        text = f"{candidates[0].text} {share:.1%} of what the model has for this hole"
        found[hole.document].append(
            Restoration(hole.mask, "restore:model", candidates, f"site {site}", text)
        )
    return found


class _Table:
    def __init__(self, known: Sequence[str]) -> None:
        self.words = known
        self.first = "".join(word[0] for word in known)
        self.last = "".join(word[-1] for word in known)


def _hole(
    number: int, document: Document, mask: Mask, counts: Counts, table: Mapping[int, _Table],
    lexicon: Lexicon,
) -> _Hole | None:  # fmt: skip
    model = lexicon.model
    left, right = context(document.text, mask, AROUND)
    for other in masks_of(document):  # what stands behind another hole is not this one's neighbour
        if mask.start - len(left) < other.end <= mask.start:
            left = left[len(left) - (mask.start - other.end) :] if other.end < mask.start else ""
        if mask.end <= other.start < mask.end + len(right) and other.start != mask.start:
            right = right[: other.start - mask.end]
    left, right = lexicon.fold(left).strip(), lexicon.fold(right).strip()
    if not left or not right:
        return None
    lengths = [mask.length] if mask.length else [1, 2, 3, 4]
    way = way_of(mask.shown)
    possible = [word for word in counts.get(way, ()) if len(word) in lengths]
    for length in lengths:
        if length not in table:
            continue
        words_ = table[length]
        fits = model.joins(left[-1], words_.first) & model.joined_by(words_.last, right[0])
        possible += [words_.words[n] for n in np.flatnonzero(fits).tolist()]
    elsewhere = {
        word
        for other, by in counts.items()
        if other != way
        for word, n in by.items()
        if n > 1 and word not in counts.get(way, ())
    }
    possible = [word for word in dict.fromkeys(possible) if word not in elsewhere]
    if not possible:
        return None
    scores = model.scores(left, possible, right)
    near = np.flatnonzero(scores >= scores.max() - NEAR).tolist()
    now = replace(mask, shown=document.text[mask.start : mask.end])
    likely = np.exp(scores[near] - scores.max())
    return _Hole(number, now, way, [possible[n] for n in near], likely)


def _weighed(holes: Sequence[_Hole], counts: Counts, fold: Fold) -> list[NDArray[np.float64]]:
    """The share of each hole's words."""
    listed = {fold(word) for word in load_pairs("masked_words")}
    known: dict[tuple[str, str], float] = {}
    for hole in holes:
        for word in hole.words:
            known[hole.way, word] = float(counts.get(hole.way, {}).get(word, 0)) + (
                LISTED if word in listed else UNSEEN
            )
    shares = [np.zeros(len(hole.words)) for hole in holes]
    for _ in range(ROUNDS):
        mass: dict[tuple[str, str], float] = defaultdict(float)
        for hole, share in zip(holes, shares, strict=True):
            for word, part in zip(hole.words, share.tolist(), strict=True):
                mass[hole.way, word] += part
        new = []
        for hole, share in zip(holes, shares, strict=True):
            prior = np.array([known[hole.way, w] + mass[hole.way, w] for w in hole.words]) - share
            weight = hole.likely * prior / (prior + HALF)
            new.append(weight / weight.sum())
        shares = new
    return shares


def measured(share: float) -> float:
    """The precision that was measured for a share."""
    return next(precision for at, precision in MEASURED if share >= at)
