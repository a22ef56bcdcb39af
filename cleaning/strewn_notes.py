"""Notes that a script strewed over a text at even distances, with and without tone marks, and emoji with them.

The script counts characters: behind every fourth or so stands a note, whatever the character is, and half
of the notes have lost their tone mark, so that one character has both: 量(liàng) and 量(liang).  No author and
no primer writes so.  Emoji stand between characters at random.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from cleaning.han import HAN, is_toned, toneless

MIN_NOTES = 12
MIN_TONED, MAX_TONED = 0.2, 0.8  # share of notes with a tone mark: 0.49 and 0.52 on two real pages
MIN_BOTH = 2  # characters with a note of either kind; no genuine text has one
MIN_EVEN = 0.5
"""Share of distances between notes that are the commonest one or one more: 0.7 and more on real pages."""

EMOJI = re.compile(
    f"(?<=[{HAN}，。、；：！？,;:!?)）])"
    "(?:[\u2300-\u27bf\u2b00-\u2bff\u3299\u3297\U0001f000-\U0001faff][\ufe0f\u200d\u2640\u2642\U0001f3fb-\U0001f3ff]*)+"
)
"""Emoji behind Chinese or a note, with what modifies and joins them."""


def are_strewn(notes: Sequence[tuple[str, str]], ends: Iterable[tuple[int, int]]) -> bool:
    """Whether notes, given as character and reading in the order of the text and with their spans,
    were strewn by a script that counts characters."""
    if len(notes) < MIN_NOTES:
        return False
    toned = sum(is_toned(reading) for _, reading in notes)
    if not MIN_TONED * len(notes) <= toned <= MAX_TONED * len(notes):
        return False
    forms: dict[tuple[str, str], set[bool]] = defaultdict(set)
    for character, reading in notes:
        forms[character, toneless(reading)].add(is_toned(reading))
    if sum(len(both) == 2 for both in forms.values()) < MIN_BOTH:
        return False
    distances = Counter(start - end for (_, end), (start, _) in pairwise(ends))
    common = distances.most_common(1)[0][0]
    return distances[common] + distances[common + 1] >= MIN_EVEN * distances.total()
