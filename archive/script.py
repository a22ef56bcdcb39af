"""Which script a text is written in, by the characters that only one of the two has."""

from __future__ import annotations

from collections import Counter
from functools import cache

MIXED_FROM = 0.05
"""From this share of the rarer script on, a text is mixed.  52 real pages have at most 0.2 % of it, and
2.8 % after OpenCC has converted them; the mirror page of shared/data has 8 %."""


@cache
def _two_byte(encoding: str) -> frozenset[str]:
    """The Chinese characters of a two-byte character set."""
    pairs = (bytes((lead, trail)) for lead in range(0xA1, 0xFF) for trail in range(0x40, 0xFF))
    characters = (pair.decode(encoding, "ignore") for pair in pairs)
    return frozenset(c for c in characters if len(c) == 1 and "\u3400" <= c <= "\u9fff")


@cache
def only_simplified() -> frozenset[str]:
    """Characters of GB 2312 that Big5 has not: 2,380."""
    return _two_byte("gb2312") - _two_byte("big5")


@cache
def only_traditional() -> frozenset[str]:
    """Characters of Big5 that GB 2312 has not: 8,678."""
    return _two_byte("big5") - _two_byte("gb2312")


def script_of(text: str) -> str | None:
    """``simplified``, ``traditional``, ``mixed``, or None where no character tells."""
    counts = Counter(text)
    in_simplified, in_traditional = only_simplified(), only_traditional()
    simplified = sum(count for c, count in counts.items() if c in in_simplified)
    traditional = sum(count for c, count in counts.items() if c in in_traditional)
    if not (total := simplified + traditional):
        return None
    if min(simplified, traditional) / total >= MIXED_FROM:
        return "mixed"
    return "simplified" if simplified > traditional else "traditional"
