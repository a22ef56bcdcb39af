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

SHOWN_LOSS: Final = re.compile("[\ue000-\uf8ff\ufffd]")
"""What readers of GBK and Big5 show for pairs that are no characters.  Of Simplified text in Big5
one character in 25 is of the rows C7 and C8 (人, 前, 其), where Python has none: a reader that shows
nothing of the kind in a text may have dropped it."""
MARK: Final = re.compile("[?\ufffd]")
MARK_OR_EURO: Final = re.compile("[?\ufffd€]")
TAKEN: Final = re.compile("[?](?=[0-9A-Za-z])")
"""Where Windows took an ASCII byte down with the byte before it: perhaps a digit of a number."""
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
    found: list[bool] = []
    last, has_noise = -1, False
    for repair, span in zip(repairs, spans, strict=True):
        if "-as-" not in repair.chain:  # escapes and forms lose nothing
            found.append(False)
            continue
        if span[1] > last:  # a line that is not judged yet
            first = result.rfind("\n", 0, span[0]) + 1
            last = result.find("\n", span[1])
            last = last if last >= 0 else len(result)
            has_noise = _is_noise(result[first:last])
        found.append(
            has_noise
            or _may_hide_loss(value, repair, is_shown=repair.chain in shows)
            or ("utf8-as-gbk" in repair.chain and _has_stray(result, *span))
        )
    return found


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
    if repair.chain == "utf8-as-gbk" and TAKEN.search(value, start, end):
        return True
    if repair.read is None:
        return False
    return repair.read.holes > len(MARK_OR_EURO.findall(value, start, end))


def _has_stray(result: str, start: int, end: int) -> bool:
    return STRAY.search(result, max(0, start - 1), end + 1) is not None


def _is_noise(line: str) -> bool:
    """Whether some of a repaired line makes no sense or is damage that was left."""
    return (
        worst(line) < NONSENSE
        or (len(line) > SLIP and worst(line, SLIP) < SLIP_SCORE)
        or gate().search(line) is not None
    )
