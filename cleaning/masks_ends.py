"""Find words that filters hide of which the last character was taken away: 银的柜台 for 银行的柜台.

A character that is part of no word where it stands, in a page that never shows the whole word, is weighed by three
facts: how much likelier the text is with the last character put in (:mod:`cleaning.trigrams`), how seldom the character
is a word by itself, and at how many places of the page it is so.

>>> text = "对方自称银的工作人员，银的号码可以在网上查到，打开银官方网页。"
>>> [(end.mask.start, end.word) for end in find_cut_ends(text)]
[(5, '银行'), (12, '银行'), (25, '银行')]
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from cleaning import trigrams
from cleaning.han import HAN
from cleaning.restoration import Mask
from cleaning.rules import load_pairs
from cleaning.words import is_covered

GAIN, ALONE, PLACES, CONSTANT = 0.969, -2.479, 0.375, 0.454
"""Log-odds that a word was cut, by logistic regression: for a nat of the mean gain, for the share in which the character
is a word by itself, and for the logarithm of the number of places.  Fitted on 12,192 groups of places in pages of
seven kinds of text (articles, a technology weekly, rules of ministries, an encyclopedia, news, sentences, Taiwanese
essays), in each of which one to four words of the list were cut; each kind was scored by a fit on the others."""
SURE, LEAST = 0.85, 0.75
"""Confidence that one word of a page must have, and the others then: of the places told, nine of ten were masks."""
RIGHT, LEFT = 2, 1
"""Characters of context that the gain is measured with, beside those of the word."""


@dataclass(frozen=True, slots=True)
class CutEnd:
    """A place where the last character of a word is gone, and the word."""

    mask: Mask
    word: str


@cache
def _ends() -> dict[str, list[str]]:
    """The last characters of the words that filters hide, by what stands before them."""
    found: dict[str, list[str]] = defaultdict(list)
    for word in load_pairs("masked_words"):
        if re.fullmatch(f"[{HAN}]{{2,}}", word):
            found[word[:-1]].append(word[-1])
    return found


@cache
def _heads() -> re.Pattern[str]:
    """A character before the last one of such a word, inside a line."""
    heads = "".join(sorted({head[-1] for head in _ends()}))
    return re.compile(f"[{heads}](?=[^\n])")


def find_cut_ends(text: str) -> Iterator[CutEnd]:
    """In Simplified text that is known to hide words; of several words the likeliest."""
    places: dict[str, list[tuple[int, float]]] = defaultdict(list)
    known: dict[str, bool] = {}
    for match in _heads().finditer(text):
        at = match.start()
        for size in range(1, 4):
            head = text[at + 1 - size : at + 1]
            for end in _ends().get(head, ()):
                word = head + end
                if known.setdefault(word, word in text):
                    continue
                if is_covered(text, at):
                    break
                places[word].append((match.end(), _gain(text, match.end(), end)))
    best: dict[int, tuple[float, str]] = {}
    for word, found in places.items():
        mean = sum(gain for _, gain in found) / len(found)
        alone = float(load_pairs("word_heads")[word[-2]])
        odds = GAIN * mean + ALONE * alone + PLACES * math.log(len(found)) + CONSTANT
        confidence = 1 / (1 + math.exp(-odds))
        for at, _ in found:
            best[at] = max(best.get(at, (0.0, "")), (confidence, word))
    if max(best.values(), default=(0.0, ""))[0] < SURE:
        return
    for at, (confidence, word) in sorted(best.items()):
        if confidence >= LEAST:
            yield CutEnd(Mask(at, at, "", "mask:cut-word", round(confidence, 2)), word)


def _gain(text: str, at: int, end: str) -> float:
    """By how many nats a text is likelier with a character put in."""
    left = text[max(0, at - 1 - LEFT) : at]
    right = text[at : at + RIGHT].partition("\n")[0]
    return _total(left, end + right) - _total(left, right)


def _total(left: str, right: str) -> float:
    """The log-probability of characters behind others, in nats."""
    total = 0.0
    log_probability = trigrams.model().log_probability
    for char in right:
        total += log_probability(left, char)
        left = left[-1:] + char
    return total
