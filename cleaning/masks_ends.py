"""Find words that filters hide of which the last character was taken away: 去医看病 for 去医院看病.

A character that is part of no word where it stands, in a page that never shows the whole word, is weighed by three
facts: how much likelier the text is with the last character put in (:mod:`cleaning.ngrams`), how seldom the character
is a word by itself, and at how many places of the page it is so.

>>> text = "他每天去医看病，医的人很多。"
>>> [(end.mask.start, end.word) for end in find_cut_ends(text)]
[(5, '医院'), (9, '医院')]
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from cleaning import ngrams
from cleaning.han import HAN
from cleaning.restoration import Mask
from cleaning.rules import load_pairs
from cleaning.words import is_covered

GAIN, ALONE, PLACES, CONSTANT = 0.698, -1.706, 0.387, 0.758
"""Log-odds that a word was cut, by logistic regression: for a nat of the mean gain, for the share in which the character
is a word by itself, and for the logarithm of the number of places.  Fitted on 17,422 groups of places in 741 pages of
seven kinds of text (articles, a technology weekly, rules of ministries, an encyclopedia, news, sentences, Taiwanese
essays), in each of which one to four words of the list were cut; each kind was scored by a fit on the others."""
SURE, LEAST = 0.8, 0.5
"""Confidence that one word of a page must have, which tells that ends are cut there, and that the others have then.
In pages of a technology weekly, from which the language model has nothing, 53 of 100 masks were told and 88 of 100
places told were masks; on the tuning articles 42 and 95."""
BEYOND = re.compile("[\U00010000-\U0010ffff]")
RIGHT = 2
"""Characters behind the place that the gain is measured with."""
LONGEST = 4  # characters of a word that filters hide


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
    best: dict[int, tuple[float, str]] = {}
    for word, found in words_without_end(text):
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


def words_without_end(text: str) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    """Each word that the text never shows, with the places where it may have lost its end, and by how many nats the text
    is likelier with it."""
    places: list[tuple[int, str]] = []
    known: dict[str, bool] = {}
    for match in _heads().finditer(text):
        at = match.end()
        words = [
            text[at - size : at] + end
            for size in range(1, LONGEST)
            for end in _ends().get(text[at - size : at], ())
        ]
        hidden = [word for word in words if not known.setdefault(word, word in text)]
        if hidden and not is_covered(text, at - 1):
            places += ((at, word) for word in hidden)
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for (at, word), gain in zip(places, _gains(text, places), strict=True):
        found[word].append((at, gain))
    yield from found.items()


def _gains(text: str, places: Sequence[tuple[int, str]]) -> Iterator[float]:
    """By how many nats a text is likelier with the last character of a word put in, for each place."""
    if not places:
        return
    size = ngrams.model().order - 1
    around = []
    for at, _ in places:
        left = text[max(0, at - size) : at].rjust(size, "\n")
        around.append((left, text[at : at + RIGHT].partition("\n")[0].ljust(RIGHT, "\n")))
    whole = [
        left + word[-1] + right for (left, right), (_, word) in zip(around, places, strict=True)
    ]
    yield from (_totals(whole) - _totals(["".join(pair) for pair in around])).tolist()


def _totals(pieces: list[str]) -> npt.NDArray[np.float32]:
    """The log-probability of what stands behind the first characters of pieces of one length, in nats."""
    judge = ngrams.model()
    size = judge.order - 1
    ids = judge.ids(BEYOND.sub("\ufffd", "".join(pieces))).reshape(len(pieces), -1)
    columns = range(size, ids.shape[1])
    contexts = np.concatenate([ids[:, at - size : at] for at in columns])
    scores = judge.scores(contexts, np.arange(len(contexts)), ids[:, size:].T.ravel())
    total: npt.NDArray[np.float32] = scores.reshape(len(columns), -1).sum(axis=0)
    return total
