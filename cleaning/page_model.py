"""The judge of one page: the language, the page's own words, and its script."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Final

from cleaning.han import first_images, is_converted, simplified
from cleaning.plausibility import model

VARIANT: Final = -6.0
"""A Traditional form that the page's table would not have made, or on a Simplified page."""
UNCONVERTED: Final = -3.0
"""A character that tables convert, on a converted page that does not have it elsewhere; some
tables leave the ambiguous ones (后 于 里 干)."""


class PageModel:
    """The model, mixed with the pairs of one page: its names and topics come again.

    ``weight`` is what else is known of a character on this page, in nats.
    """

    SHARE: Final = 0.1
    """Weight of the page against the language: a pair seen at one of ten places of its first
    character gets a chance of 0.01, about that of a pair inside a word."""
    SHARE_OF_TRIPLES: Final = 0.3
    """The same for what followed two characters together, where the language knows that much."""

    def __init__(self, text: str, weight: Callable[[str], float]) -> None:
        self._language = model().log_probability
        fold = model().fold
        folded = "".join([fold.get(char, char) for char in text])
        self._fold = fold
        self._pairs = Counter(map("".join, pairwise(folded)))
        self._chars = Counter(folded)
        self._triples = Counter(map("".join, zip(folded, folded[1:], folded[2:], strict=False)))
        self._weight = weight
        self._known: dict[tuple[str, str], float] = {}

    def log_probability(self, before: str, char: str) -> float:
        """``ln P(char | before)`` on this page; as :meth:`Model.log_probability`."""
        key = before, char
        known = self._known.get(key)
        if known is None:
            language = self._language
            found = self._mixed(self._folded(before), char, language(before, char))
            known = self._known[key] = found
        return known

    def after(self, before: str, language: Callable[[str], float]) -> Callable[[str], float]:
        """The same for one context, with what a language says of it."""
        context = self._folded(before)
        return lambda char: self._mixed(context, char, language(char))

    def _folded(self, text: str) -> str:
        fold = self._fold
        return "".join([fold.get(char, char) for char in text])

    def _mixed(self, context: str, char: str, log_p: float) -> float:
        if context:
            folded = self._fold.get(char, char)
            share = 0.0
            if seen := self._pairs.get(context[-1] + folded):
                share = self.SHARE * seen / (self._chars[context[-1]] + 1)
                if len(context) > 1 and (seen := self._triples.get(context[-2:] + folded)):
                    share += self.SHARE_OF_TRIPLES * seen / (self._pairs[context[-2:]] + 1)
                log_p = math.log(math.exp(log_p) + share)
        return log_p if char < "\x80" else log_p + self._weight(char)


@cache
def unconverted() -> frozenset[str]:
    """Characters that a Simplified-to-Traditional table would have changed."""
    return frozenset(simplified().values()) - frozenset(simplified())


def page_model(text: str) -> PageModel:
    """The judge of one page, which knows the script of its page too.

    A table makes one Traditional form of each character, so on a converted page neither another
    variant nor an unconverted character is to be expected, unless the page has it already; the
    plain judge, which folds, cannot tell.
    """
    here = set(text)
    images, sources = first_images(), unconverted()
    is_simplified = len(here & images) * 2 < len(here & sources)

    @cache
    def weight(char: str) -> float:
        if is_simplified:
            return VARIANT if is_converted(char) else 0.0
        if char in here or char in images:
            return 0.0
        return UNCONVERTED if char in sources else VARIANT if is_converted(char) else 0.0

    return PageModel(text, weight)
