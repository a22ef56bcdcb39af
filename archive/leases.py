"""What goes into the frontier and what comes out: targets, leases, outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archive.pages import Page
from cleaning import Document


@dataclass(frozen=True, slots=True)
class Target:
    """A URL worth fetching, as a link, a redirect, a sitemap or a seed gives it."""

    url: str
    host: str  # as in hosts.host
    score: float
    depth: int  # links from the nearest seed
    redirects: int = 0  # redirects in a row that led to it
    kind: str | None = None  # feed or sitemap, where that is known before it is fetched
    changed_at: float | None = None  # Unix seconds, as a sitemap or a feed says; a hint
    why: Mapping[str, float | str] | None = None  # the parts of the score


@dataclass(frozen=True, slots=True)
class Lease:
    """A URL that this run alone may fetch, not before ``at`` (Unix seconds)."""

    id: int
    url: str
    host_id: int
    host: str
    score: float
    depth: int
    tries: int  # that failed before
    redirects: int
    at: float
    # What an earlier visit left; nothing of it before the first.
    kind: str | None = None  # article, list, feed, sitemap
    page_id: int | None = None  # the newest version
    interval: float | None = None  # seconds; null: this is no revisit
    errors: int = 0  # failed visits in a row
    etag: str | None = None
    last_modified: str | None = None
    body_hash: bytes | None = None
    text_hash: bytes | None = None

    @property
    def is_known(self) -> bool:
        """Whether what is there was read before, so that only a change of it is news."""
        return self.page_id is not None or self.body_hash is not None


@dataclass(frozen=True, slots=True)
class Variant:
    """What a server gave to a request that differed from a plain one."""

    name: str  # how it differed
    page: Page
    document: Document | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a lease.  ``state`` is the URL's new state."""

    lease: Lease
    state: str  # done, failed, excluded, or pending: to be tried again
    reason: str | None = None
    fetched_at: str | None = None  # null: no answer came, or none was asked for
    status: int | None = None
    page: Page | None = None  # null also where it is what an earlier visit has kept
    document: Document | None = None
    targets: Sequence[Target] = ()
    is_try: bool = False  # counts as a failed try of the URL
    due_at: float = 0.0  # Unix seconds; the URL is not fetched again before
    etag: str | None = None
    last_modified: str | None = None
    kind: str | None = None  # article, list, feed, sitemap
    body_hash: bytes | None = None
    text_hash: bytes | None = None
    is_unchanged: bool = False  # says what it said at the visit before
    visited_at: float | None = None  # Unix seconds
    interval: float | None = None  # seconds until the next visit; null: none
    errors: int = 0  # failed visits in a row
    relevance: float | None = (
        None  # like the seeds, 0 to 1; null where nothing like them is looked for
    )
    is_relevant: bool = False
    variant: Variant | None = None

    @property
    def is_read(self) -> bool:
        """Whether what is at the URL is known by this visit."""
        return self.page is not None or self.kind is not None


@dataclass(frozen=True, slots=True)
class Committed:
    """Counts of what one commit wrote."""

    pages: int = 0
    documents: int = 0
    failed: int = 0
    changed: int = 0  # of the pages, new versions of known ones
    unchanged: int = 0  # visits that found what is known
    relevant: int = 0  # pages like the seeds

    def __add__(self, other: Committed) -> Committed:
        return Committed(
            self.pages + other.pages,
            self.documents + other.documents,
            self.failed + other.failed,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.relevant + other.relevant,
        )
