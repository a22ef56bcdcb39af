"""What a site's other pages tell of a masked word: a filter hides the same words, in the same way, on all of them.

The words that copies have shown to be hidden on a site are its list.  A word of the list that one copy
offers for a hole is the hidden one, and where no copy is at hand, the list helps the archive's own language model
(``evidence_model``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlite_utils import Database

from archive.evidence_model import MOST, Counts, Lexicon, way_of
from archive.evidence_view import View
from archive.fold import Fold
from cleaning.document import Candidate, Document
from cleaning.restoration import Restoration, masks_of
from cleaning.rules import load_pairs

OFTEN = 2
"""Documents of a site in which a word must have been restored to belong to its list: what is wrong in one, since its
only copy says everything in other words, is not in two."""

OFFERED = 0.5
"""Confidence of a copy's word from which the list decides: the copies then have no better one."""

AGREED = 0.995
"""Confidence of a word that a copy offers and the list has."""

PAGES = 500
"""The newest documents with evidence, for each site, whose words make its list."""

TEXTS = 200
"""The newest documents of a site in which words are looked for that it does not hide: 0.6 million characters, in 0.5
s, have nearly all words that are common on it."""


def hidden_words(db: Database, site: str) -> Counts:
    """What a site hides, as far as words have been restored on it: in how many documents each, by way."""
    seen: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    numbers = db.execute(
        "SELECT id FROM documents d WHERE host IN (?, ?) AND EXISTS (SELECT 1 FROM labels l"
        " WHERE l.document_id = d.id AND l.kind = 'evidence') ORDER BY id DESC LIMIT ?",
        [*_hosts(site), PAGES],
    ).fetchall()
    for (number,) in numbers:
        found = {
            (way_of(before), after)
            for before, after in db.execute(
                "SELECT before, after FROM edits WHERE document_id = ? AND kind = 'mask' AND after <> ''"
                " AND (rule >= 'restore:' AND rule < 'restore;' OR rule = 'review')",
                [number],
            )
        }
        for way, word in found:
            seen[way][word] += 1
    return seen


def seen_words(db: Database, site: str, counts: Counts, lexicon: Lexicon) -> set[str]:
    """The words that stand unmasked on a site, folded."""
    rows = db.execute(
        "SELECT text FROM documents WHERE host IN (?, ?) ORDER BY id DESC LIMIT ?",
        [*_hosts(site), TEXTS],
    )
    put_in = {lexicon.fold(word) for by_word in counts.values() for word in by_word}
    return lexicon.within(text for (text,) in rows) - put_in


def _hosts(site: str) -> tuple[str, str]:
    return site, f"www.{site}"


def from_site(
    document: Document, site: str, counts: Counts, modelled: Sequence[Restoration], fold: Fold
) -> list[Restoration]:
    """What the list of a document's site, and the archive's model, say about its open holes.

    ``counts`` as of ``hidden_words``, ``modelled`` as of ``from_model``.
    """
    view = View(document, fold)
    by_model = {(one.mask.start, one.mask.end): one for one in modelled}
    offered = {
        (label.start, label.end): label.candidates
        for label in document.labels
        if label.kind == "mask" and label.candidates
    }
    found = []
    for mask in masks_of(document):
        place = mask.start, mask.end
        candidates = offered.get(place, ())
        listed = {
            word
            for word, documents in counts.get(way_of(mask.shown), {}).items()
            if documents >= OFTEN and fold(word) not in view.read
        }
        agreed = [
            c
            for c in candidates
            if c.text in listed
            and c.text not in load_pairs("exchanged_words")
            and c.confidence >= OFFERED
        ]
        if len(agreed) == 1:
            now = replace(mask, shown=document.text[mask.start : mask.end])
            others = tuple(replace(c, confidence=1 - AGREED) for c in candidates if c not in agreed)
            best = Candidate(agreed[0].text, max(AGREED, agreed[0].confidence))
            text = f"hides {best.text} on other pages too"
            found.append(Restoration(now, "restore:site", (best, *others), f"site {site}", text))
        elif place in by_model:
            found.append(_beside(by_model[place], candidates, fold))
    return found


def _beside(modelled: Restoration, offered: Sequence[Candidate], fold: Fold) -> Restoration:
    """What the model says beside a copy: of the same word both have to be wrong, of another one the copy as well."""
    if not offered:
        return modelled
    known = {fold(c.text): c.confidence for c in offered}
    most = max(known.values())
    candidates = []
    for c in modelled.candidates:
        other = known.get(fold(c.text))
        p = c.confidence * (1 - most) if other is None else 1 - (1 - c.confidence) * (1 - other)
        candidates.append(replace(c, confidence=round(min(p, MOST), 4)))
    ranked = sorted(candidates, key=lambda c: -c.confidence)
    return replace(modelled, candidates=tuple(ranked))
