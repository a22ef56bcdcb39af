"""How much of what was fetched from a host, or from addresses of one shape, was worth it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from crawler.urls import host_of, shape_of

PRIOR = 0.3
"""Share of relevant pages that is supposed of a place of which nothing is known."""

WEIGHT = 3.0
"""Pages that this supposition counts for: after three, what was seen weighs as much (a Beta prior)."""


class Yields:
    """Relevant and fetched pages, by host and by shape of address."""

    def __init__(self, known: Iterable[tuple[str, bool]] = ()) -> None:
        self._fetched: Counter[str] = Counter()
        self._relevant: Counter[str] = Counter()
        for url, is_relevant in known:
            self.note(url, is_relevant)

    def note(self, url: str, is_relevant: bool) -> None:
        """Count a page."""
        for place in (host_of(url), shape_of(url)):
            self._fetched[place] += 1
            self._relevant[place] += is_relevant

    def of(self, place: str) -> float:
        """The share of relevant pages to be expected of a host or a shape, 0 to 1."""
        return (self._relevant[place] + WEIGHT * PRIOR) / (self._fetched[place] + WEIGHT)
