"""Put back the ends of words that were taken away: 解决问 is 解决问题 where 题 stands nowhere in the page.

>>> from cleaning.masks_cuts import find_cuts
>>> text = "能够及时解决问，但也容易引起反感。随之而来的催收问也逐渐显现。"
>>> [(found.rule, found.candidates[0].text) for found in restore_cuts(text, list(find_cuts(text)))]
[('restore:cut-word', '题'), ('restore:pooled', '题')]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cleaning.document import Candidate
from cleaning.han import is_han, traditional
from cleaning.restoration import Mask, Restoration
from cleaning.rules import load_pairs
from cleaning.words import endings, forced, is_word

LISTED, UNLISTED = 0.995, 0.6
"""What must follow is right, where the word is one that filters hide (203 of 203 planted, docs/masks.md), and
where it is another: wrong in 15 of 15 in the archives of ``benchmarks/restore.py``, so a candidate only."""
AROUND = 12
"""Characters on both sides in which no Traditional form may stand."""
MAX_ENDINGS = 25
"""Words of three characters that end as the cut word does, above which it may be a new word: 挖土机, 处罚法."""
AFTER_WORD = frozenset("，。；、的了也和与是在都就很将已不")
"""What stands behind a word that is whole, so that no unknown one goes on there (安卓)."""
POOLED = 0.99
"""The same end at the same beginning elsewhere in a document where it is certain once."""


def restore_cuts(text: str, masks: Sequence[Mask]) -> Iterator[Restoration]:
    # A word goes back in the script of what is left of it.
    cut = [
        mask
        for mask in masks
        if mask.rule == "mask:cut-word"
        and not traditional().search(text, max(0, mask.start - AROUND), mask.start + AROUND)
    ]
    listed = load_pairs("masked_words")
    sure: dict[str, tuple[str, str]] = {}
    for mask in cut:
        before = text[max(0, mask.start - 3) : mask.start]
        after = forced().get(before)
        if after is None or after in text or before[-1] + after not in listed:
            continue
        if endings()[before[-1]] <= MAX_ENDINGS and _ends_word(text, mask.start):
            sure[before[-1]] = after, before + after
    for mask in cut:
        before = text[max(0, mask.start - 3) : mask.start]
        head, after = before[-1:], forced().get(before)
        if after is not None and after not in text:
            is_sure = head in sure and _ends_word(text, mask.start)
            confidence = LISTED if is_sure else UNLISTED
            found = (Candidate(after, confidence),)
            yield Restoration(mask, "restore:cut-word", found, "statutes", before + after)
        elif head in sure:
            after, phrase = sure[head]
            confidence = POOLED if text[mask.start : mask.start + 1] in AFTER_WORD else UNLISTED
            found = (Candidate(after, confidence),)
            yield Restoration(mask, "restore:pooled", found, "this document", phrase)


def _ends_word(text: str, at: int) -> bool:
    """Whether a word can end here: before a mark, a particle, or a word that begins (对影成三人 is no 影响)."""
    behind = text[at : at + 1]
    return not is_han(behind or " ") or behind in AFTER_WORD or is_word(text[at : at + 2])
