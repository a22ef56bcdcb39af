"""Measures that compare a cleaned text with the truth: lines aligned, characters counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from benchmarks.damage import HALF

SAME_LINE = 0.5
"""Likeness from which two lines are one line, damaged or repaired.  Body lines that were not
repaired at all still share 0.6 with their truth; unrelated lines share under 0.3."""

FULL = "，：；？！（）"


@dataclass(frozen=True, slots=True)
class Alignment:
    """Lines of the truth with their lines of the output (None where lost), and lines too many."""

    pairs: tuple[tuple[str, str | None], ...]
    extra: tuple[str, ...]

    @property
    def exact(self) -> int:
        return sum(truth == got for truth, got in self.pairs)

    @property
    def lost(self) -> int:
        return sum(got is None for _, got in self.pairs)

    @property
    def distance(self) -> int:
        """Characters wrong, missing or too many within lines that were found."""
        return sum(distance(truth, got) for truth, got in self.pairs if got is not None)


def align(truth: Sequence[str], got: Sequence[str]) -> Alignment:
    """Pair every line of the truth with the one it became, in order."""
    pairs: list[tuple[str, str | None]] = []
    extra: list[str] = []
    matcher = SequenceMatcher(None, truth, got, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            pairs += zip(truth[a:b], got[c:d], strict=True)
            continue
        at = c
        for line in truth[a:b]:
            found = next((n for n in range(at, d) if _likeness(line, got[n]) >= SAME_LINE), None)
            if found is None:
                pairs.append((line, None))
                continue
            extra += got[at:found]
            pairs.append((line, got[found]))
            at = found + 1
        extra += got[at:d]
    return Alignment(tuple(pairs), tuple(extra))


def _likeness(first: str, second: str) -> float:
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    if matcher.real_quick_ratio() < SAME_LINE or matcher.quick_ratio() < SAME_LINE:
        return 0.0
    return matcher.ratio()


def distance(first: str, second: str) -> int:
    """Levenshtein's distance, by Myers' bit vectors (J. ACM 46, 1999) on whole integers."""
    if first == second:
        return 0
    if not first or not second:
        return len(first) + len(second)
    places: dict[str, int] = {}
    for number, char in enumerate(first):
        places[char] = places.get(char, 0) | 1 << number
    mask, last = (1 << len(first)) - 1, 1 << (len(first) - 1)
    up, down, score = mask, 0, len(first)
    for char in second:
        match = places.get(char, 0)
        diagonal = (((match & up) + up) ^ up) | match | down
        right_up = down | ~(diagonal | up) & mask
        right_down = up & diagonal
        score += bool(right_up & last) - bool(right_down & last)
        right_up = right_up << 1 | 1
        right_down <<= 1
        up = (right_down | ~((match | down) | right_up) & mask) & mask
        down = right_up & (match | down) & mask
    return score


def punctuation(truth: str, got: str) -> tuple[int, int, int]:
    """Full-width marks rightly restored, wrongly made, and not restored, in one line.

    Where more than marks differ, the marks cannot be compared and all of the line's are missing.
    """
    if truth.translate(HALF) != got.translate(HALF):
        return 0, 0, sum(char in FULL for char in truth)
    right = sum(a in FULL and a == b for a, b in zip(truth, got, strict=True))
    wrong = sum(a not in FULL and b in FULL for a, b in zip(truth, got, strict=True))
    return right, wrong, sum(char in FULL for char in truth) - right


def left_notes(text: str, truth: str, notes: Sequence[str]) -> int:
    """How many notes are still in a text, those that the truth has itself taken off."""
    singles = {single for note in notes for single in re.findall(r"[(（][^()（）]*[)）]", note)}
    return sum(max(0, text.count(single) - truth.count(single)) for single in singles)
