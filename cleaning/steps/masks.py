"""Find words that a filter hid, and put back those that evidence tells.

What is not restored is labelled, with candidates where there are any; so is the evidence.  What only
looks like a mask stays without a label: see the modules ``cleaning.masks_…``.

>>> from cleaning.document import Document
>>> text = "催收人员通过 联系借款人，依照《消费者权益保**》的规定，拨打138****1234，由王*明处理。"
>>> for finding in find_masks(Document.from_text(text)):
...     print(finding.kind, finding.rule)
mask mask:blank
mask mask:stars
mask restore:law-title
evidence restore:law-title
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from cleaning.document import Candidate, Document, Finding
from cleaning.han import in_simplified
from cleaning.masks_blanks import BEFORE_BLANK, BEHIND_BLANK, find_blanks
from cleaning.masks_cuts import find_cuts
from cleaning.masks_ends import find_cut_ends
from cleaning.masks_headings import NUMBERED_SIGN, find_bare_headings
from cleaning.masks_lookalikes import LOOK_ALIKE_SIGNS, find_look_alikes, may_have_look_alikes
from cleaning.masks_stars import FILLER_SIGN, find_stars
from cleaning.restoration import LEVELS, Mask, Restoration, findings, merged
from cleaning.restore_cuts import UNLISTED, restore_cuts
from cleaning.restore_numbers import restore_numbers
from cleaning.restore_titles import restore_titles
from cleaning.signs import sign

# One class in front, by which ``re`` skips the rest of a text; so in all patterns of masks.
DOUBLED_SIGN = sign("，、；：。！？", then="，、；：。")
DOUBLED = re.compile(
    "[，、；：。！？](?:(?<=[，、；：])[，、；：。](?<![；：]。(?=\\n))|(?<=[。！？])[，、；](?!，))"
)
"""Of lists, items may end in one mark for the item and one for the sentence (；。)."""
MEANT = 0.95
"""A look-alike is what its table says: no false one in 20 million characters of sound text."""
SEVERAL = 3
"""Masks of a page that is not known as hacked and has no stars, from which words without a trace are sought: one blank may be a slip, and
beside it 对影成三人 was no 影响 (a technology weekly, the one false restoration in 84 million characters)."""
DAMAGE = ("annotated", "charwise", "shifted", "spam-header")
"""Labels of a page that other steps found hacked."""


def find_masks(document: Document) -> Iterator[Finding]:
    """Masks, restored where the evidence is right in 99 of 100 cases."""
    return _masks(document, LEVELS["safe"])


def label_masks(document: Document) -> Iterator[Finding]:
    """Masks with their candidates; nothing is restored."""
    return _masks(document, LEVELS["off"])


def find_all_masks(document: Document) -> Iterator[Finding]:
    """Masks, restored where nine of ten are right; words deleted without a trace are sought too."""
    return _masks(document, LEVELS["all"], everywhere=True)


def _masks(document: Document, at: float, *, everywhere: bool = False) -> Iterator[Finding]:
    text = document.text
    damaged = everywhere or document.has_label(*DAMAGE)
    signs = document.signs
    masks = list(find_stars(text, damaged=damaged)) if damaged or signs & FILLER_SIGN else []
    damaged = damaged or bool(masks)
    is_sure = damaged
    if signs & BEFORE_BLANK and signs & BEHIND_BLANK:
        masks += find_blanks(text, damaged=damaged)
    if signs & DOUBLED_SIGN:
        masks += [Mask(*m.span(), m[0], "mask:doubled-mark", 0.8) for m in DOUBLED.finditer(text)]
    if signs & NUMBERED_SIGN:
        masks += find_bare_headings(text)
    damaged = damaged or bool(masks)
    meant: dict[Mask, str] = {}
    cut: dict[Mask, str] = {}
    if damaged or (signs & LOOK_ALIKE_SIGNS and may_have_look_alikes(text)):
        meant = dict(find_look_alikes(text))
        masks = [mask for mask in masks if not any(_touch(mask, other) for other in meant)]
        masks += meant
    if is_sure or len(masks) >= SEVERAL:
        taken = {mask.start for mask in masks} | {mask.end for mask in masks}
        # Words are known in Simplified: 企業 is none that lost its end.
        seen = in_simplified(text)
        masks += [mask for mask in find_cuts(seen) if mask.start not in taken]
        taken |= {mask.start for mask in masks}
        cut = {end.mask: end.word for end in find_cut_ends(seen) if end.mask.start not in taken}
        masks += cut
    if not masks:
        return
    masks.sort(key=lambda mask: (mask.start, mask.end))
    restored = _restorations(text, masks, meant, cut)
    labelled = {
        (label.start, label.end) for label in document.labels if label.kind == "mask"
    }  # what was said of a mask stands
    for mask in masks:
        if (mask.start, mask.end) in labelled:
            continue
        known = restored.get(mask)
        yield mask.label if known is None else replace(mask.label, candidates=known.candidates)
        if known is not None:
            yield from findings(known, at)


def _touch(mask: Mask, other: Mask) -> bool:
    return mask.start < other.end and other.start < mask.end


def _restorations(
    text: str, masks: list[Mask], meant: dict[Mask, str], cut: dict[Mask, str]
) -> dict[Mask, Restoration]:
    """What is known of each mask: the surest evidence, with the candidates of all."""
    best = {
        mask: Restoration(
            mask, "restore:look-alike", (Candidate(word, MEANT),), "table", f"{mask.shown} {word}"
        )
        for mask, word in meant.items()
    } | {
        mask: Restoration(
            mask, "restore:cut-word", (Candidate(word[-1], UNLISTED),), "list of hidden words", word
        )
        for mask, word in cut.items()
    }
    for source in (restore_titles, restore_numbers, restore_cuts):
        for found in source(text, masks):
            known = best.get(found.mask)
            if known is None:
                best[found.mask] = found
                continue
            surer = max(known, found, key=lambda restoration: restoration.confidence)
            both = merged(known.candidates, found.candidates)
            best[found.mask] = replace(surer, candidates=both)
    return best
