"""What a site's other pages tell of a masked word: a filter hides the same words, in the same way, on all of them.

The words that copies have shown to be hidden on a site are its list.  A word of the list that one copy
offers for a hole is the hidden one; and where no copy is at hand, the archive's own language model
(``shiyi learn``) may choose among the list, against all words that are none of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from sqlite_utils import Database

from archive.evidence_view import View
from archive.fold import Fold
from archive.language_model import LanguageModel
from archive.restore_carry import MISSING
from cleaning.document import Candidate, Document
from cleaning.restoration import Mask, Restoration, context, masks_of
from cleaning.rules import load_pairs
from cleaning.site_lines import site_of
from cleaning.words import words

Hidden = Mapping[str, Collection[str]]
"""The words that a site hides, by the way in which it does."""

OFTEN = 2
"""Documents of a site in which a word must have been restored to belong to its list: what is wrong in one, since its
only copy says everything in other words, is not in two."""

OFFERED = 0.5
"""Confidence of a copy's word from which the list decides: the copies then have no better one."""

AGREED = 0.995
"""Confidence of a word that a copy offers and the list has."""

MARGINS = ((8.0, 0.98), (5.0, 0.95), (3.0, 0.9), (1.0, 0.7))
"""Nats by which the best word of the list beats all other words, and the confidence that it has then; measured by
benchmarks/restore.py --learn on its tuning half.  None reaches 0.99, so the model alone only offers."""

BY_MODEL = 0.85
"""The share of it where the list is not the site's, but that of words which filters are known to hide."""

AROUND = 12


def way_of(shown: str) -> str:
    """How a word was hidden."""
    return "deletion" if not shown else "stars" if shown.strip() else "blank"


def hidden_words(db: Database, sites: Collection[str]) -> dict[str, Hidden]:
    """What each of some sites hides, as far as words have been restored on it."""
    seen: dict[str, dict[tuple[str, str], set[int]]] = defaultdict(lambda: defaultdict(set))
    for number, url, before, after in db.execute(
        "SELECT d.id, d.url, e.before, e.after FROM edits e JOIN documents d ON d.id = e.document_id"
        " WHERE e.kind = 'mask' AND (e.rule >= 'restore:' AND e.rule < 'restore;' OR e.rule = 'review')"
        " AND e.after <> ''"
    ):
        site = site_of(url)
        if site in sites and site is not None:
            seen[site][way_of(before), after].add(number)
    found: dict[str, Hidden] = {}
    for site, by_word in seen.items():
        by_way: dict[str, set[str]] = defaultdict(set)
        for (way, word), documents in by_word.items():
            if len(documents) >= OFTEN:
                by_way[way].add(word)
        found[site] = by_way
    return found


def from_site(
    document: Document, site: str, hidden: Hidden, model: LanguageModel | None, fold: Fold
) -> list[Restoration]:
    """What the list of a document's site, and the archive's model, say about its open holes."""
    view = View(document, fold)
    offered = {
        (label.start, label.end): label.candidates
        for label in document.labels
        if label.kind == "mask" and label.candidates
    }
    found = []
    for mask in masks_of(document):
        now = replace(mask, shown=document.text[mask.start : mask.end])
        listed = {
            word for word in hidden.get(way_of(mask.shown), ()) if fold(word) not in view.read
        }
        candidates = offered.get((mask.start, mask.end), ())
        agreed = [
            c
            for c in candidates
            if c.text in listed
            and c.text not in load_pairs("exchanged_words")
            and c.confidence >= OFFERED
        ]
        if len(agreed) == 1:
            others = tuple(replace(c, confidence=1 - AGREED) for c in candidates if c not in agreed)
            best = Candidate(agreed[0].text, max(AGREED, agreed[0].confidence))
            text = f"hides {best.text} on other pages too"
            found.append(Restoration(now, "restore:site", (best, *others), f"site {site}", text))
        elif model is not None and mask.rule != MISSING and not candidates:
            found += _by_model(document, now, site, listed, model, view, fold)
    return found


def _by_model(
    document: Document, mask: Mask, site: str, listed: Collection[str], model: LanguageModel,
    view: View, fold: Fold,
) -> list[Restoration]:  # fmt: skip
    left, right = (fold(side) for side in context(document.text, mask, AROUND))
    if not left or not right:
        return []
    if not (is_site := bool(listed)):
        listed = {word for word in load_pairs("masked_words") if fold(word) not in view.read}
    lengths = {mask.length} if mask.length else {1, 2, 3, 4}
    own = sorted(word for word in listed if len(word) in lengths)
    if not own:
        return []
    known = {fold(word) for word in own}
    others = [word for word in _ordinary(model, left, right, lengths) if word not in known]
    if not mask.length:
        others.append("")
    scores = model.scores(left, [*map(fold, own), *others], right)
    order = np.argsort(-scores[: len(own)], kind="stable")
    best = float(scores[order[0]])
    second = max(np.delete(scores, order[0]).tolist(), default=-1e9)
    confidence = next((value for at, value in MARGINS if best - second >= at), 0.0)
    confidence *= 1.0 if is_site else BY_MODEL
    if not confidence:
        return []
    word = own[int(order[0])]
    return [
        Restoration(
            mask, "restore:site" if is_site else "restore:model", (Candidate(word, confidence),),
            f"site {site}" if is_site else "model", f"{word} by {best - second:.1f} nats over any other word",
        )
    ]  # fmt: skip


def _ordinary(model: LanguageModel, left: str, right: str, lengths: Collection[int]) -> list[str]:
    """The words that have been seen to begin behind the one context and to end before the other."""
    found: list[str] = []
    for length in sorted(lengths):
        table = _table(length)
        fits = model.joins(left[-1], table[0]) & model.joined_by(table[1], right[0])
        found += [table[2][n] for n in np.flatnonzero(fits).tolist()]
    return found


@cache
def _table(length: int) -> tuple[str, str, Sequence[str]]:
    """The first and the last characters of all words of a length, and the words."""
    known = sorted(word for word in words() if len(word) == length) or [""]
    if length == 1:
        known = sorted({word[0] for word in words()})
    return "".join(w[0] for w in known), "".join(w[-1] for w in known), known
