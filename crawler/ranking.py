"""Which link comes first in a crawl for similar articles, and why.

A link's score is a sum of parts, which are all kept (``shiyi why``): what the link's own words, those
around it and the page that it stands on say about the subject, how much its host and addresses of its
shape were worth so far, and the shape itself.  As in ACHE's link neighbourhood and the best-first search of
Menczer, Pant and Srinivasan (2004).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from archive.leases import Lease
from crawler.topic import RELEVANT, Topic
from crawler.urls import CALENDAR, LIST, host_of, shape_of, shape_score
from crawler.yields import Yields

WORDS, AROUND, PARENT, SHAPE_YIELD, HOST_YIELD, SHAPE = 1.0, 0.6, 0.3, 0.5, 0.2, 0.1
"""Weights of the parts, each 0 to 1: the link's words, those around it, the page, what addresses of the
shape and the host have yielded, and the shape alone.  First guesses, not varied yet: with them benchmarks/similar.py
finds 6.2 times what breadth-first does."""

KINDS = {"previous": 0.1, "next": 0.1, "related": 0.25}
"""Of a page on the subject: its related articles are on it more often than its neighbours are."""

LIST_PART = 0.25
"""A list, or a list's next page, that a page on the subject leads to, may name more of it."""

EVIDENCE = 0.3
"""What its words or those around it must say before a link leads to a host that is not a seed's: a link of
five words that are all of the subject has 0.7, one of a chance word 0.1."""


@dataclass(slots=True)
class Ranking:
    """The judge of pages and links in one crawl for similar articles."""

    topic: Topic
    yields: Yields = field(default_factory=Yields)

    def page(self, lease: Lease, title: str | None, text: str) -> float:
        """How much a page is like the seeds; a seed's own page is what it is about."""
        whole = f"{title or ''}\n{text}"
        if lease.depth == 0 and shape_score(lease.url) > LIST:
            self.topic.add_seed(whole)
        found = self.topic.similarity(whole)
        if lease.depth and found >= RELEVANT:
            self.topic.learn(whole)
        self.yields.note(lease.url, found >= RELEVANT)
        return found

    def link(
        self, url: str, words: str, around: str, kind: str | None, parent: float
    ) -> dict[str, float]:
        """The parts of a link's score.  ``parent``: how much its page is like the seeds."""
        on_subject = min(1.0, parent / (2 * RELEVANT))
        shape = shape_score(url)
        parts = {
            "words": WORDS * self.topic.coverage(words),
            "around": AROUND * self.topic.coverage(around) if around else 0.0,
            "page": PARENT * on_subject,
            "shape yield": SHAPE_YIELD * self.yields.of(shape_of(url)),
            "host yield": HOST_YIELD * self.yields.of(host_of(url)),
            "shape": SHAPE * shape,
        }
        if shape <= CALENDAR:
            parts["page"] = 0.0
        elif kind in KINDS:
            parts[kind] = KINDS[kind] * on_subject
        elif shape == LIST:
            parts["list"] = LIST_PART * on_subject
        return {name: round(value, 3) for name, value in parts.items() if value >= 0.0005}

    @staticmethod
    def is_evident(parts: dict[str, float]) -> bool:
        """Whether a link may lead to another host than those known."""
        return parts.get("words", 0.0) >= EVIDENCE or parts.get("around", 0.0) >= EVIDENCE
