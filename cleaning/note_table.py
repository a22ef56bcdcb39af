"""Which characters the script behind a page annotates: learned from the page itself.

Within one page a character is annotated always or never, and with one reading (damage.md,
section 2).  A byte-wise script treats a pair that straddles two characters alike.  So every pair
of neighbouring bytes of a page says of one character whether it is in the script's table, and
what the table says rules out readings of bytes that were lost: a pair that the table has must
show its note, and one that it lacks must not.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import Final

from cleaning import gbk
from cleaning.han import (
    HAN,
    TONED,
    first_images,
    is_converted,
    is_toned,
    readings,
    toneless_readings,
)

SYLLABLE: Final = f"[a-zü{TONED}]{{1,6}}"
WHOLE_NOTE: Final = re.compile(rf"[(（]({SYLLABLE}) ?[)）]")
ANNOTATED: Final = re.compile(rf"([{HAN}])[(（]({SYLLABLE}) ?[)）]")

CROSSED_NOTE: Final = re.compile(
    "(["
    + "".join(
        char
        for letter in b"abcdefghijklmnopqrstuvwxyz"
        if (char := bytes((0xA8, letter)).decode("gbk", "ignore")) and len(char) == 1
    )
    + rf"])([a-zü{TONED}]{{0,5}}) ?）"
)
"""A note in full-width brackets met out of step: the opening one is A3 A8, of which A8 has become
a character with the first letter, and A3 is the second byte of the character in front."""


def crossed(found: re.Match[str]) -> str:
    """The reading in such a note."""
    return chr(found[1].encode("gbk")[1]) + found[2]


AGAINST: Final = -9.0
"""Nats for what the table rules out: the rule has no known exception, but what the page shows
may have been read wrongly by a step before."""
OTHER_READING: Final = -4.0
"""A reading that is not the first in pypinyin's table: 488 of 488 notes on real pages had that."""
NOT_AN_IMAGE: Final = -5.0
"""A Traditional character that no table of first choices makes."""
SHARE: Final = 0.4
"""Share of the converted characters that a page annotates, where it does not say itself."""


@cache
def carries(char: str, reading: str) -> bool:
    """Whether this is a reading of the character."""
    if is_toned(reading):
        return reading in readings(char)
    return reading in readings(char) or reading in toneless_readings(char)


@cache
def fits(char: str, reading: str) -> bool:
    """Whether a character that a table made can carry this note."""
    return bool(char) and is_converted(char) and carries(char, reading)


@cache
def first_reading(char: str) -> str:
    from pypinyin.constants import PINYIN_DICT

    from cleaning.han import normal_reading

    return normal_reading(PINYIN_DICT.get(ord(char), "").split(",")[0])


@cache
def noted(first: int, reading: str) -> tuple[tuple[int, str, float], ...]:
    """The bytes that make, after ``first``, a converted character with this reading; the
    character; and how likely a table has it with this reading, in nats."""
    table = gbk.pairs()
    found = []
    for byte in gbk.trails(first) if first >= 0x81 else b"":
        char = table[first << 8 | byte]
        if fits(char, reading):
            weight = 0.0 if char in first_images() else NOT_AN_IMAGE
            if is_toned(reading) and reading != first_reading(char):
                weight += OTHER_READING
            found.append((byte, char, weight))
    return tuple(found)


class NoteTable:
    """What a page shows of the table: ``always`` with the reading, ``never``."""

    def __init__(self, pieces: Iterable[str]) -> None:
        shown: Counter[tuple[str, str]] = Counter()
        silent: Counter[str] = Counter()
        table = gbk.pairs()
        neighbours: Counter[tuple[str, str]] = Counter()
        for piece in pieces:
            shown.update(ANNOTATED.findall(piece))
            bare = WHOLE_NOTE.sub("\x01", piece)
            neighbours.update(pairwise(bare))
        for (first, second), count in neighbours.items():
            if second == "\x01" or first < "\x80":
                continue
            silent[first] += count
            if second >= "\x80":
                left, right = gbk.encoded(first), gbk.encoded(second)
                if left and right and (char := table.get(left[-1] << 8 | right[0])):
                    silent[char] += count
        self.always: dict[str, str] = {}
        for (char, reading), count in shown.items():
            if count > silent[char] and is_converted(char):
                self.always[char] = reading
        self.never = {char for char, count in silent.items() if char not in self.always}
        self.has_notes = bool(self.always)
        known = sum(is_converted(char) for char in self.never)
        share = (len(self.always) + 4 * SHARE) / (len(self.always) + known + 4)
        self.unknown = math.log(1 - share) if self.has_notes else 0.0
        """The weight of a converted character without a note, of which no more is known, in nats."""

    def shown(self, char: str, reading: str) -> float:
        """The weight of a character's note, in nats."""
        if char in self.always:
            return 0.0 if self.always[char] == reading else AGAINST
        return AGAINST if char in self.never else -1.0
