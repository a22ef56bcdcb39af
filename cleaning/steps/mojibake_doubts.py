"""What speaks against a repair once it is made: signs that bytes were lost without a mark.

Such a repair is far better than what stood there, but not all of it may be right, so it carries a
label.  A reader that drops bytes silently is known by what it never shows; a loss by a few
characters in a row that make no sense, or by pieces of the damage left beside them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cleaning.big5_gbk import NONSENSE, SLIP, SLIP_SCORE, worst
from cleaning.chains import Repair
from cleaning.steps.mojibake_gates import gate

AROUND: Final = 3
"""Characters on either side that may be a piece of the damage, left out of the repair."""
SHOWN_LOSS: Final = re.compile("[\ue000-\uf8ff\ufffd]")
"""What readers of GBK and Big5 show for pairs that are no characters.  Of Simplified text in Big5
one character in 25 is of the rows C7 and C8 (人, 前, 其), where Python has none: a reader that shows
nothing of the kind in a text may have dropped it."""
MARK: Final = re.compile("[?\ufffd]")
MARK_OR_EURO: Final = re.compile("[?\ufffd€]")
TOUCHING: Final = re.compile("[\u2500-\u27bf\u3400-\u9fff\ue000-\uf8ff]")
STRAY: Final = re.compile(
    "(?<=[\u3400-\u9fff\u3001-\u303f\uff01-\uff5e])[?\ufffd€\ue000-\uf8ff]"
    "|[\u0500-\u07ff](?=[\u3400-\u9fff])"
)
"""A reader's mark right behind Chinese, or a letter that two bytes left over make; a sound ASCII
question mark there costs a label at most."""


def doubtful(value: str, repairs: Sequence[Repair]) -> list[bool]:
    """Whether each of the repairs of a text, in order, may hide a loss."""
    shows = {r.chain for r in repairs if SHOWN_LOSS.search(value, r.start, r.end)}
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    at = size = 0
    for repair in repairs:
        between = value[at : repair.start]
        parts += between, repair.text
        first = size + len(between)
        size = first + len(repair.text)
        spans.append((first, size))
        at = repair.end
    result = "".join((*parts, value[at:]))
    return [
        _may_hide_loss(value, repair, is_shown=repair.chain in shows)
        or _has_leftovers(result, span, is_utf8="utf8-as-gbk" in repair.chain)
        for repair, span in zip(repairs, spans, strict=True)
    ]


def _may_hide_loss(value: str, repair: Repair, *, is_shown: bool) -> bool:
    start, end = repair.start, repair.end
    if repair.chain in ("gbk-as-big5", "big5-as-gbk"):
        # Sound characters at its edges may read either way.
        return (
            not is_shown
            or TOUCHING.search(value[max(0, start - 1) : start] + value[end : end + 1]) is not None
        )
    if "+" in repair.chain:
        # A mark that the upper layer read away: what it took down with it is guessed.
        return len(MARK.findall(value, start, end)) > len(MARK.findall(repair.text))
    if repair.read is None:
        return False
    return repair.read.holes > len(MARK_OR_EURO.findall(value, start, end))


def _has_leftovers(result: str, span: tuple[int, int], *, is_utf8: bool) -> bool:
    """Whether a line has noise left in it, or what a repair made there, with its neighbours, is."""
    first = result.rfind("\n", 0, span[0]) + 1
    last = result.find("\n", span[1])
    last = last if last >= 0 else len(result)
    start, end = max(first, span[0] - AROUND), min(last, span[1] + AROUND)
    if is_utf8 and STRAY.search(result, start, end):
        return True
    text = result[start:end]
    return (
        worst(text) < NONSENSE
        or (len(text) > SLIP and worst(text, SLIP) < SLIP_SCORE)
        or gate().search(result, first, last) is not None
    )
