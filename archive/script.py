"""Which script a text is written in, by the characters that only one of the two has."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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


@cache
def _marks() -> NDArray[np.uint8]:
    """For each character of the first plane: 1 for Simplified alone, 2 for Traditional alone, else 0."""
    import numpy as np

    marks = np.zeros(0x10000, np.uint8)
    for mark, characters in enumerate((only_simplified(), only_traditional()), 1):
        marks[[ord(character) for character in characters]] = mark
    return marks


def script_of(text: str) -> str | None:
    """``simplified``, ``traditional``, ``mixed``, or None where no character tells."""
    import numpy as np  # a search needs none

    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)
    _, simplified, traditional = np.bincount(_marks()[units], minlength=3).tolist()
    if not (total := simplified + traditional):
        return None
    if min(simplified, traditional) / total >= MIXED_FROM:
        return "mixed"
    return "simplified" if simplified > traditional else "traditional"
