"""What a crawl looks for: a profile of its seeds, and how much a text is like it.

Texts are compared by their pairs of Chinese characters, weighted by TF-IDF (Salton and Buckley 1988).
How common a pair is, the character model of ``cleaning.plausibility`` knows, so one seed is enough and no
corpus is needed.  A pair that only stands there because one word ends and the next begins tells little.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from itertools import pairwise
from math import log, sqrt

from cleaning import plausibility

RELEVANT = 0.05
"""Similarity from which on a page is on the subject.  Of 9,000 pairs of texts on different subjects (essays,
statutes, weekly notes, Taiwan's news) 1 % have 0.049 or more; of texts cut into two halves, 81 % do."""

SURE = 0.1
"""From here on a page may teach the profile: 0.1 % of those pairs have 0.106 or more."""

TERMS = 400
"""Pairs of a profile, the heaviest; a long article has some 800 different ones."""

LEARNED = 0.5
"""Weight of what pages have taught beside the seeds (Rocchio's beta; 0.75 is usual for judged pages, and
these nobody has judged)."""

LEAST_LEARNED = 3
"""Pages from which on they teach anything."""

LEARNED_TERMS = 20_000
"""Pairs that pages have taught, the heaviest, from which the profile's are taken; so a long crawl needs no more
memory than a short one."""

STRONG = 50
"""A pair as heavy as the profile's fiftieth counts in full in a link's words."""

DOUBT = 16.0
"""Weight of nothing in particular that is added to the words of a link: two rare pairs.  A link of one word
that fits is then half proof, one of five nearly a whole one."""

PER_TEXT = 3000.0
"""A pair expected once in so many characters weighs nothing."""

WITHIN = 1.0
"""Nats by which the second character of a word is likelier after the first one than anywhere."""
ACROSS = 0.2
"""What a pair across two words weighs, of that within one.  (Chosen with PER_TEXT on the texts above.)"""

WEIGHTS = 32_768
"""Pairs whose weight is kept in mind, forty texts' worth, so that a long crawl needs no more memory than a short one.
The number is chosen, not measured."""

COVERED = 4096
"""Words of links of which is kept in mind how much of them is on the subject: those of menus and lists come again
and again."""

_RUN = re.compile(r"[\u3400-\u9fff]{2,}")
_CHARS = 20_000
"""Characters of a text that are looked at."""

Vector = dict[str, float]


def pairs(text: str) -> list[str]:
    """The pairs of Chinese characters of a text, in order, Traditional as Simplified."""
    runs = _RUN.findall(text[:_CHARS].translate(_fold()))
    return [a + b for run in runs for a, b in pairwise(run)]


@cache
def _fold() -> dict[int, str]:
    return {ord(old): new for old, new in plausibility.model().fold.items()}


@lru_cache(WEIGHTS)
def weight(pair: str) -> float:
    """How much a pair tells: its surprise in running text, in nats."""
    model = plausibility.model()
    first, second = pair[0], pair[1]
    follows = model.log_probability(first, second)
    surprise = -(model.start(first) + follows) - log(PER_TEXT)
    is_within = follows - model.start(second) > WITHIN
    return max(0.0, surprise) * (1.0 if is_within else ACROSS)


def vector(text: str) -> Vector:
    """A text as a unit vector of its pairs; empty where it has none that tell anything."""
    counts = Counter(pairs(text))
    return _unit({pair: w * (1 + log(n)) for pair, n in counts.items() if (w := weight(pair)) > 0})


def _unit(raw: Mapping[str, float]) -> Vector:
    size = sqrt(sum(value * value for value in raw.values()))
    return {pair: value / size for pair, value in raw.items()} if size else {}


class Topic:
    """The profile of a crawl's seeds, and of the pages that are surely like them.

    Whether a page may teach is judged by the seeds alone, never by what was learned, so the subject
    cannot drift away from them; and what was learned never outweighs them.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._seeds: Vector = {}
        self._learned: Vector = {}
        self.learned = 0
        """Pages that have taught the profile."""
        self._seed_profile: Vector = {}
        self.profile: Vector = {}
        self._strong = 1.0
        self._covered: dict[str, float] = {}
        for text in texts:
            self.add_seed(text)

    def __bool__(self) -> bool:
        return bool(self.profile)

    def add_seed(self, text: str) -> None:
        """Take in the text of a seed."""
        _add(self._seeds, vector(text))
        self._seed_profile = _heaviest(self._seeds)
        self._renew()

    def similarity(self, text: str) -> float:
        """How much a text is on the subject: the cosine of its vector and the profile, 0 to 1."""
        return _cosine(vector(text), self.profile)

    def learn(self, text: str) -> bool:
        """Let a page teach the profile, if it is surely like the seeds."""
        found = vector(text)
        if _cosine(found, self._seed_profile) < SURE:
            return False
        _add(self._learned, found)
        self.learned += 1
        is_doubled = self.learned & (self.learned - 1) == 0
        if self.learned == LEAST_LEARNED or (self.learned > LEAST_LEARNED and is_doubled):
            self._renew()  # at 3, 4, 8, 16 … pages: each time they can tell something new
        return True

    def coverage(self, words: str) -> float:
        """Which share of the words of a link is on the subject, 0 to 1."""
        if (known := self._covered.get(words)) is None:
            if len(self._covered) >= COVERED:
                self._covered.clear()
            known = self._covered[words] = self._coverage(words)
        return known

    def _coverage(self, words: str) -> float:
        found = set(pairs(words))
        if not found:
            return 0.0
        total, on = DOUBT, 0.0
        for pair in found:
            heavy = weight(pair)
            total += heavy
            if (here := self.profile.get(pair)) is not None:
                on += heavy * min(1.0, here / self._strong)
        return on / total

    def terms(self, count: int) -> list[str]:
        """The heaviest pairs of the profile."""
        return sorted(self.profile, key=lambda pair: -self.profile[pair])[:count]

    def _renew(self) -> None:
        raw = dict(self._seed_profile)
        if self.learned >= LEAST_LEARNED:
            if len(self._learned) > LEARNED_TERMS:
                heaviest = sorted(self._learned, key=self._learned.__getitem__, reverse=True)
                self._learned = {pair: self._learned[pair] for pair in heaviest[:LEARNED_TERMS]}
            for pair, value in _heaviest(self._learned).items():
                raw[pair] = raw.get(pair, 0.0) + LEARNED * value
        self.profile = _heaviest(raw)
        values = sorted(self.profile.values(), reverse=True)
        self._strong = values[min(STRONG, len(values)) - 1] if values else 1.0
        self._covered.clear()


def _add(total: Vector, more: Vector) -> None:
    for pair, value in more.items():
        total[pair] = total.get(pair, 0.0) + value


def _heaviest(raw: Mapping[str, float]) -> Vector:
    kept = sorted(raw, key=lambda pair: (-raw[pair], pair))[:TERMS]
    return _unit({pair: raw[pair] for pair in kept})


def _cosine(one: Vector, other: Vector) -> float:
    if len(one) > len(other):
        one, other = other, one
    return sum(value * other.get(pair, 0.0) for pair, value in one.items())
