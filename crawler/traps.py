"""Sites without an end: calendars, session numbers, made-up pages, soft 404s.

No rule about addresses tells them all.  What they have in common is that one page after another,
at addresses of one shape, brings nothing new.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from hashlib import blake2b

from archive.leases import Outcome
from crawler.urls import CALENDAR, LIST, shape_of, shape_score

BARREN = 30
"""Pages of one shape in a row that bring nothing new, after which the rest of the shape is left.  Lists of
a site that were read before are not among them: only pages read for the first time count."""

MOST = 500
"""Pages of a calendar's shape that are read of a host in a run, whatever they bring: the months of
forty years."""

SHAPES = 10_000
"""Shapes that are kept in mind, those seen last."""

SAID = 200
"""Texts of a shape that are kept in mind."""

_CHANGING = re.compile(r"[\d\s]+|[一二三四五六七八九十]+(?=[月日号周年])")


class _Shape:
    def __init__(self) -> None:
        self.pages = 0
        self.barren = 0
        self.said: deque[bytes] = deque(maxlen=SAID)


class Traps:
    """What the pages of each shape have brought in this run."""

    def __init__(self) -> None:
        self._shapes: OrderedDict[str, _Shape] = OrderedDict()

    def refusal(self, url: str) -> str | None:
        """Why a URL is not fetched, or None if it may be."""
        shape = self._shapes.get(shape_of(url))
        if shape is None:
            return None
        if shape.barren >= BARREN:
            return f"trap: the last {BARREN} pages like it brought nothing new"
        if shape.pages >= MOST and shape_score(url) <= CALENDAR:
            return f"trap: {MOST} pages like it were read"
        return None

    def note(self, outcome: Outcome) -> None:
        """Count what a page brought: words that no page of its shape had, or addresses of another shape.

        Numbers do not count as words: a calendar has others on every page.
        """
        if outcome.page is None or outcome.lease.is_known:
            return
        url = outcome.lease.url
        shape = self._of(shape_of(url))
        shape.pages += 1
        document = outcome.document
        text = _CHANGING.sub("", f"{document.title or ''}{document.text}") if document else ""
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        is_new = bool(text) and digest not in shape.said
        if not is_new and not text and shape_score(url) in (LIST, CALENDAR):
            # a list: it is worth what it leads to
            is_new = any(shape_of(t.url) not in self._shapes for t in outcome.targets)
            links = sorted({t.url for t in outcome.targets if shape_of(t.url) != shape_of(url)})
            digest = blake2b("\n".join(links).encode(), digest_size=8).digest()
            is_new = is_new or (bool(links) and digest not in shape.said)
        shape.barren = 0 if is_new else shape.barren + 1
        if is_new:
            shape.said.append(digest)

    def _of(self, name: str) -> _Shape:
        shape = self._shapes.setdefault(name, _Shape())
        self._shapes.move_to_end(name)
        if len(self._shapes) > SHAPES:
            self._shapes.popitem(last=False)
        return shape
