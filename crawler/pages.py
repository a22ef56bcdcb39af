"""A response in, an outcome out: the page, its document, its links, and the state of its URL."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from archive.frontier import Lease, Outcome, Target
from archive.store import Page
from cleaning import Document, clean
from cleaning.decode import Decoded, NotTextError, decode
from cleaning.extract import page_links
from cleaning.read import read_page
from crawler.manners import BUSY, MAX_TRIES
from crawler.scope import Scope
from crawler.urls import canonical, host_of, shape_score

logger = logging.getLogger(__name__)

MAX_REDIRECTS = 5
"""Redirects in a row; honest ones (http to https, to www, to the new address) are three."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})

Read = Callable[[bytes, str, str | None], Document]
"""Bytes, URL and content type in, clean document out."""


def read_clean(body: bytes, url: str, content_type: str | None) -> Document:
    """The clean document of a page."""
    return clean(read_page(body, url, content_type))


@dataclass(frozen=True, slots=True)
class Response:
    """What a server sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)


def outcome_of(lease: Lease, response: Response, scope: Scope, read: Read = read_clean) -> Outcome:
    """What becomes of a lease by its response."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    if response.status in REDIRECTS:
        state, reason, targets = _redirect(lease, response, scope)
        return Outcome(lease, state, reason, at, response.status, targets=targets)
    if 200 <= response.status < 300:
        return _page(lease, response, scope, read, at)
    is_passing = response.status >= 500 or response.status in BUSY or response.status in (408, 425)
    if is_passing and lease.tries + 1 < MAX_TRIES:
        return Outcome(lease, "pending", str(response.status), at, response.status, is_try=True)
    return Outcome(lease, "failed", str(response.status), at, response.status, is_try=is_passing)


def _redirect(
    lease: Lease, response: Response, scope: Scope
) -> tuple[str, str, tuple[Target, ...]]:
    """State, reason and target of a redirect.  The target is a URL of its own in the frontier, so
    it is fetched once, however many redirects lead to it, and is not lost by a kill."""
    location = response.header("Location")
    url = canonical(location, lease.url) if location else None
    if url is None:
        return "failed", f"{response.status} to no address", ()
    if url == lease.url:
        return "failed", "redirect to itself", ()
    if lease.redirects + 1 > MAX_REDIRECTS:
        return "failed", f"more than {MAX_REDIRECTS} redirects", ()
    refusal = scope.refusal(url, lease.depth)
    if refusal is not None:
        return "excluded", f"redirect to {url}: {refusal}", ()
    target = Target(url, host_of(url), lease.score, lease.depth, lease.redirects + 1)
    return "done", f"redirect to {url}", (target,)


def _page(lease: Lease, response: Response, scope: Scope, read: Read, at: str) -> Outcome:
    content_type = response.header("Content-Type")
    kind = (content_type or "text/html").partition(";")[0].strip().lower()
    if kind not in ("text/html", "application/xhtml+xml", "text/plain"):
        return Outcome(lease, "done", f"not a page: {kind}", at, response.status)
    try:
        decoded = decode(response.body, content_type)
    except NotTextError as error:
        return Outcome(lease, "done", f"not a page: {error}", at, response.status)
    targets = [] if kind == "text/plain" else _targets(decoded, lease, scope)
    document, reason = None, None
    try:
        document = read(response.body, lease.url, content_type)
    except Exception as error:  # one page that breaks a rule must not stop a crawl
        logger.exception("no document of %s", lease.url)
        reason = f"no document: {type(error).__name__}: {error}"
    return Outcome(
        lease,
        "done",
        reason,
        at,
        response.status,
        page=Page(
            url=lease.url,
            fetched_at=at,
            status=response.status,
            headers=[list(header) for header in response.headers],
            encoding=decoded.encoding,
            body=response.body,
        ),
        document=document if document is not None and document.text.strip() else None,
        targets=targets,
        etag=response.header("ETag"),
        last_modified=response.header("Last-Modified"),
    )


def _targets(page: Decoded, lease: Lease, scope: Scope) -> list[Target]:
    """The links of a page that may be fetched."""
    depth = lease.depth + 1
    links = (
        canonical(link.url, encoding=page.encoding) for link in page_links(page.text, lease.url)
    )
    return [
        Target(url, host_of(url), shape_score(url), depth)
        for url in dict.fromkeys(links)
        if url is not None and scope.refusal(url, depth) is None
    ]
