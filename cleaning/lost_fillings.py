"""Which bytes a codec can have lost at a place, and what they make of the character they broke.

Where a reader shows ``?``, U+FFFD or nothing, only bytes that it fails on can have stood: for GBK
0x80, pairs that are no characters, and a lead before ASCII; for a code page of single bytes those
that it has no character for.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from cleaning.lost_bytes import SWALLOWED, feed_utf8
from cleaning.plausibility import model
from cleaning.wrong_codecs import CONTINUATION, is_unpaired

LEADS: Final = bytes((*range(0xE2, 0xEA), 0xEF))
"""Lead bytes of Chinese characters and marks."""
NEVER_PAIRED: Final = 0x80
TAKEN_WITH_80: Final = -2.0
"""Most readers fail on 0x80 by itself, some take the next byte down with it."""
SELDOM: Final = -6.0
"""Readers that show U+FFFD mostly leave ASCII standing."""
UNMARKED: Final = -3.0
"""A hole without a mark."""
RARE: Final = 14.0
"""Nats by which a filling's characters may be rarer than the likeliest: words give back up to 10."""
KEPT: Final = 120

Filling = tuple[str, bytes, float]
"""Characters completed, bytes pending, weight."""


next_state = lru_cache(1 << 16)(feed_utf8)


@lru_cache(1 << 15)
def fillings(
    name: str, unshown: bytes, pending: bytes, mark: str, follow: int
) -> tuple[Filling, ...]:
    """The bytes that may be lost after ``pending``, read; ``follow`` is the next byte, -1 at the end."""
    if name != "gbk":
        return tuple(_lost_single(unshown, pending, mark))
    found = _lost_pairs(pending, mark, follow)
    found.sort(key=lambda filling: rarity(filling[0]) - filling[2])
    # What still waits for bytes has not paid for its character yet.
    whole = [filling for filling in found if not filling[1]][:KEPT]
    return (*whole, *[filling for filling in found if filling[1]][:KEPT])


def _lost_single(unshown: bytes, pending: bytes, mark: str) -> list[Filling]:
    """One byte that has no character; without a mark, also a soft hyphen or a no-break space, and
    perhaps in front of the last byte seen."""
    if mark:
        fed = [next_state(pending, byte) for byte in unshown]
        return [(*chars, 0.0) for chars in fed if chars is not None]
    lost = (*unshown, 0xA0, 0xAD)
    found = [(*chars, UNMARKED) for byte in lost if (chars := next_state(pending, byte))]
    if len(pending) == 2:
        first, last = pending[:-1], pending[-1]
        found += [
            (*chars, UNMARKED)
            for byte in lost
            if (chars := next_state(first + bytes((byte,)), last))
        ]
    elif len(pending) == 1:
        found += [
            (*chars, 2 * UNMARKED)
            for first in unshown
            for last in unshown
            if (chars := next_state(pending + bytes((first,)), last))
        ]
    return found


def _lost_pairs(pending: bytes, mark: str, follow: int) -> list[Filling]:
    """What a GBK reader can have failed on: a byte by itself, two bytes, or one and ASCII.

    A second byte fails with its lead, so what completes a character took either the lead of the
    next one along, or an ASCII byte, if neither that is shown nor the text ends.  Python shows
    U+FFFD for the one byte and reads on with the next.
    """
    cost = 0.0 if mark else UNMARKED
    found: list[Filling] = []
    if not mark and len(pending) == 2:
        # Python drops the first byte of a pair that is none, and reads on with the second.
        found += [
            (*inside, cost)
            for first in CONTINUATION
            if is_unpaired(first, pending[1])
            and (inside := next_state(pending[:1] + bytes((first,)), pending[1]))
        ]
    for first in CONTINUATION:
        fed = next_state(pending, first)
        if fed is None or (fed[0] and rarity(fed[0]) > RARE + 4.0):
            continue
        chars, rest = fed
        alone = (
            first == NEVER_PAIRED
            or (not rest and follow < 0x80)
            or (mark != "?" and follow >= 0x80 and is_unpaired(first, follow))
        )
        if alone:
            found.append((chars, rest, cost))
        elif not rest and mark and follow >= 0xC0:
            swallowed = cost + (0.0 if mark == "?" else SELDOM)
            found += [(chars + ascii, b"", swallowed + w) for ascii, w in SWALLOWED.items()]
        weight = cost + (TAKEN_WITH_80 if first == NEVER_PAIRED else 0.0)
        if not rest and follow >= 0xC0:
            continue  # two leads in a row
        for second in CONTINUATION if rest else LEADS:
            if is_unpaired(first, second):
                more = next_state(rest, second)
                if more is not None:
                    found.append((chars + more[0], more[1], weight))
    return found


@cache
def rarity(text: str) -> float:
    """How improbable the characters are by themselves, in nats above a common one's 4."""
    start = model().start
    return sum(-4.0 - start(char) for char in text if char >= "\x80")
