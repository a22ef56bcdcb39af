"""The words of Chinese, and the words that three characters begin and only one character ends.

The data (``rules/words.bin``, ``rules/cut_words.bin``) is made by ``benchmarks/make_words.py``;
their first lines name the sources.  Only documents with masks need it, so it is read when the
first one is met.

>>> is_word("电话"), is_word("话电"), forced()["解决问"]
(True, False, '题')
"""

from __future__ import annotations

import zlib
from collections import Counter
from functools import cache
from importlib.resources import files

from cleaning.rules import load_pairs

MAX_WORD = 4


def _lines(name: str) -> list[str]:
    data = files("cleaning.rules").joinpath(name).read_bytes()
    return zlib.decompress(data.partition(b"\n")[2]).decode().split("\n")


@cache
def words() -> frozenset[str]:
    """Words of two to four characters, Simplified: 123,107 of them, and those that filters hide."""
    return frozenset(_lines("words.bin")).union(load_pairs("masked_words"))


@cache
def endings() -> Counter[str]:
    """How many words of three characters end in a character: 机 makes new words freely, 问 does not."""
    return Counter(word[-1] for word in words() if len(word) == 3)


@cache
def forced() -> dict[str, str]:
    """Three characters, and the one that must follow: it ends a word that the third one is part of."""
    return {entry[:3]: entry[3] for entry in _lines("cut_words.bin")}


def is_word(text: str) -> bool:
    return text in words()


def is_covered(text: str, at: int) -> bool:
    """Whether a character of a text is part of any word there."""
    return _is_inside(text, at, at)


def is_split(left: str, right: str) -> bool:
    """Whether the end of one text and the beginning of another make a word together."""
    left, right = left[1 - MAX_WORD :], right[: MAX_WORD - 1]
    return bool(right) and _is_inside(left + right, len(left) - 1, len(left))


def _is_inside(text: str, first: int, last: int) -> bool:
    """Whether any word of a text has the characters from ``first`` to ``last``."""
    known = words()
    return any(
        text[start : start + size] in known
        for size in range(2, MAX_WORD + 1)
        for start in range(max(0, last - size + 1), first + 1)
    )
