"""Count which lines repeat on the pages of one site, at their beginning and at their end.

The pages of an input are counted once before they are cleaned.  What is kept of a page is small
(hashes of its first and last lines, and of what tells it from its copies), and of each site at
most a sample, which depends on the pages alone: not on their order, nor on who counted them.

>>> counter = SiteCounter()
>>> for n in range(8):
...     body = f"{'甲乙丙丁戊己庚辛'[n]}的文章从这里开始。" * 9
...     counter.add("a.example", f"网站首页\\n{body}\\n版权所有：某某网")
>>> lines = counter.statistics().lines("a.example")
>>> lines.pages, lines.share_at_head("网站 首頁"), lines.share_at_head("甲的文章")
(8, 1.0, 0.0)
"""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

import msgspec

from cleaning.site_lines import (
    MAX_SENTENCE,
    WINDOW,
    Key,
    SiteLines,
    Statistics,
    folded,
    hash_of,
    is_too_long,
    line_keys,
)

MAX_LONG = 3
"""Long lines, which are prose, after which no more is counted: a notice may stand among a site's
own lines, and what lies behind the third such line is text."""

MIN_PAGES = 8
"""Distinct pages of a site below which nothing is decided (issue 3): a series of seven texts by one
hand shares its first lines by chance or by form."""

MIN_SHARE = 0.5
"""Share of a site's distinct pages from which a line is kept; the step asks for as much or more."""

OWN_LINES = 4
OWN_CHARS = 200
"""What tells a page from another: the beginnings of its longest lines.  Four, as a notice of the
site's can be longer than the text and is the same on every page."""

SAMPLE = 256
"""Pages kept of one site: at a true share of 0.8 the counted one is off by 0.025."""

SMALL_SAMPLE = 32

MOST_PAGES = 150_000
"""Pages kept in all; one with 128 lines takes 1.6 KB, so 250 MB.  With more, the sample of each site
is halved down to SMALL_SAMPLE, and after that only every second, fourth … site is looked at."""

LARGE = 1 << 20
"""Characters from which only the two ends of a text are split into lines."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is kept of a page: hashes of its own (longest) lines, its first and its last lines."""

    own: tuple[Key, ...]
    head: bytes
    tail: bytes


class _Candidate:
    """A page that may be kept; most pages of a large site are not, and are looked at no further."""

    def __init__(self, text: str) -> None:
        self._lines = lines = _lines(text)
        lengths = list(map(len, lines))
        in_order = sorted(range(len(lines)), key=lengths.__getitem__, reverse=True)
        self._longest = in_order[:OWN_LINES]
        own = folded([lines[n].strip()[:OWN_CHARS] for n in self._longest]) if lines else []
        self.own = tuple(map(hash_of, own))

    def page(self) -> Page:
        lines, longest = self._lines, self._longest
        # The text is about the longest line, or about the next one where that is a notice: what
        # stands above both is at the head alone, and what stands below both at the tail.
        first, last = min(longest[:2], default=0), max(longest[:2], default=0)
        return Page(self.own, _keys(lines[:last]), _keys(lines[:first:-1]))


def rank_of(own: tuple[Key, ...]) -> Key:
    """By which a sample is taken; the same for copies."""
    return hash_of(" ".join(map(str, own)))


def _lines(text: str) -> list[str]:
    if len(text) > LARGE:
        return [*text[: LARGE // 2].splitlines(), *text[-LARGE // 2 :].splitlines()]
    return text.splitlines()


def _keys(lines: Iterable[str]) -> bytes:
    """The keys of the lines at one end, packed."""
    taken: list[str] = []
    long = 0
    for line in islice(filter(None, map(str.strip, lines)), WINDOW):
        if len(line) > MAX_SENTENCE and is_too_long(line):
            long += 1
            if long == MAX_LONG:
                break
        else:
            taken.append(line)
    return array("Q", sorted({*line_keys(taken)} - {0})).tobytes()


class SiteCounter:
    """Pages counted so far, by site.  Counters of parts of an input add up to that of the whole."""

    def __init__(self, most_pages: int = MOST_PAGES) -> None:
        self._most = most_pages
        self._sites: dict[str, _Sample] = {}
        self._held = 0
        self._level = 0
        """How often the samples were made smaller.  It follows from the pages alone: it is the
        first one at which they do not exceed the limit."""

    def add(self, site: str, text: str) -> None:
        """Count a page.  Linear in its text, most of it in C."""
        if self._looks_at(site):
            candidate = _Candidate(text)
            self._put(site, rank_of(candidate.own), candidate.page)

    def merge(self, other: SiteCounter) -> None:
        self._shrink_to(max(self._level, other._level))
        for site, sample in other._sites.items():
            if self._looks_at(site):
                for rank, page in sample.pages.items():
                    self._put(site, rank, lambda page=page: page)  # type: ignore[misc]

    def _put(self, site: str, rank: Key, page: Callable[[], Page]) -> None:
        sample = self._sites.setdefault(site, _Sample())
        self._held -= len(sample.pages)
        sample.put(rank, page, self._size)
        self._held += len(sample.pages)
        while self._held > self._most:
            self._shrink_to(self._level + 1)

    @property
    def _size(self) -> int:
        return max(SMALL_SAMPLE, SAMPLE >> self._level)

    def _looks_at(self, site: str) -> bool:
        halvings = self._level - (SAMPLE // SMALL_SAMPLE).bit_length() + 1
        return halvings <= 0 or hash_of(site) % (1 << halvings) == 0

    def _shrink_to(self, level: int) -> None:
        if level == self._level:
            return
        self._level = level
        self._sites = {site: kept for site, kept in self._sites.items() if self._looks_at(site)}
        for sample in self._sites.values():
            sample.shrink(self._size)
        self._held = sum(len(sample.pages) for sample in self._sites.values())

    def statistics(self) -> Statistics:
        """What is decided: the repeated lines of each site that has enough distinct pages."""
        packed = {}
        for site, sample in sorted(self._sites.items()):
            if (lines := _repeated(sample.pages)) is not None:
                packed[site] = msgspec.msgpack.encode(lines)
        return Statistics(packed)


class _Sample:
    """The pages of a site with the smallest ranks."""

    __slots__ = ("_ranks", "pages")

    def __init__(self) -> None:
        self.pages: dict[Key, Page] = {}
        self._ranks: list[int] = []  # negative, as a heap gives out its smallest

    def put(self, rank: Key, page: Callable[[], Page], size: int) -> None:
        known = self.pages.get(rank)
        if known is not None:
            # Copies under two menus: whichever came first, the same one is kept.
            self.pages[rank] = min(known, page(), key=lambda one: (one.head, one.tail))
        elif len(self.pages) < size or rank < -self._ranks[0]:
            self.pages[rank] = page()
            heapq.heappush(self._ranks, -rank)
            self.shrink(size)

    def shrink(self, size: int) -> None:
        while len(self.pages) > size:
            del self.pages[-heapq.heappop(self._ranks)]


def _repeated(sample: Mapping[Key, Page]) -> SiteLines | None:
    """The lines on enough of a site's distinct pages.

    Copies of an article count as one page: those that share the longest line that is not on half
    of the pages.  A page without such a line is one of many copies, or has no text of its own.
    """
    if len(sample) < MIN_PAGES:
        return None
    pages = [page for _, page in sorted(sample.items())]
    shared = Counter(key for page in pages for key in set(page.own))
    distinct: dict[Key, Page] = {}
    for page in pages:
        own = next((key for key in page.own if shared[key] < MIN_SHARE * len(pages)), 0)
        distinct.setdefault(own, page)
    count = len(distinct)
    if count < MIN_PAGES:
        return None
    head, tail = (
        {key: n for key, n in sorted(Counter(keys).items()) if n >= MIN_SHARE * count}
        for keys in (
            (key for page in distinct.values() for key in array("Q", page.head)),
            (key for page in distinct.values() for key in array("Q", page.tail)),
        )
    )
    return SiteLines(count, head, tail) if head or tail else None
