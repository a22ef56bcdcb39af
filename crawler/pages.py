"""A response in, an outcome out: the page, its document, its links, and the state of its URL."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from archive.frontier import Lease, Outcome, Target
from archive.store import Page
from cleaning import Document, clean
from cleaning.decode import NotTextError, decode
from cleaning.pipeline import chosen_steps
from cleaning.read import read_page
from crawler.discovery import discovered
from crawler.links import targets_of
from crawler.manners import BUSY, MAX_TRIES
from crawler.ranking import Ranking
from crawler.scope import Scope
from crawler.topic import RELEVANT
from crawler.urls import LIST, canonical, host_of, shape_score

logger = logging.getLogger(__name__)

MAX_REDIRECTS = 5
"""Redirects in a row; honest ones (http to https, to www, to the new address) are three."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})

Read = Callable[[bytes, str, str | None], Document]
"""Bytes, URL and content type in, clean document out."""


def read_clean(body: bytes, url: str, content_type: str | None, restore: str = "safe") -> Document:
    """The clean document of a page."""
    return clean(read_page(body, url, content_type), chosen_steps(restore=restore))


@dataclass(frozen=True, slots=True)
class Response:
    """What a server sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)


def outcome_of(
    lease: Lease,
    response: Response,
    scope: Scope,
    read: Read = read_clean,
    ranking: Ranking | None = None,
) -> Outcome:
    """What becomes of a lease by its response; ``ranking`` judges it in a crawl for similar articles."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    if response.status in REDIRECTS:
        state, reason, targets = _redirect(lease, response, scope)
        return Outcome(lease, state, reason, at, response.status, targets=targets)
    if response.status == 304 and lease.is_known:
        return _unchanged(lease, response, at)
    if 200 <= response.status < 300:
        return _page(lease, response, scope, read, at, ranking)
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
    if refusal is None and not scope.admit(url):
        refusal = "other host"
    if refusal is not None:
        return "excluded", f"redirect to {url}: {refusal}", ()
    why = {"redirect": lease.score}
    target = Target(url, host_of(url), lease.score, lease.depth, lease.redirects + 1, why=why)
    return "done", f"redirect to {url}", (target,)


def _unchanged(lease: Lease, response: Response, at: str) -> Outcome:
    """What is there is what an earlier visit has read; nothing of it is looked at."""
    kind = lease.kind or ("list" if shape_score(lease.url) <= LIST else "article")
    return Outcome(
        lease,
        "done",
        None,
        at,
        response.status,
        etag=response.header("ETag") or lease.etag,
        last_modified=response.header("Last-Modified") or lease.last_modified,
        kind=kind,
        body_hash=lease.body_hash,
        text_hash=lease.text_hash,
        is_unchanged=True,
    )


def _page(
    lease: Lease, response: Response, scope: Scope, read: Read, at: str, ranking: Ranking | None
) -> Outcome:
    body_hash = _hash([response.body])
    if body_hash == lease.body_hash:
        return _unchanged(lease, response, at)
    content_type = response.header("Content-Type")
    kind = (content_type or "text/html").partition(";")[0].strip().lower()
    seen = Outcome(
        lease,
        "done",
        None,
        at,
        response.status,
        etag=response.header("ETag"),
        last_modified=response.header("Last-Modified"),
        body_hash=body_hash,
    )
    if (found := discovered(lease, response.body, kind, scope, ranking)) is not None:
        urls = _hash(sorted(target.url.encode() for target in found[1]))
        is_unchanged = urls == lease.text_hash
        return replace(
            seen, kind=found[0], targets=found[1], text_hash=urls, is_unchanged=is_unchanged
        )
    if kind not in ("text/html", "application/xhtml+xml", "text/plain"):
        return Outcome(lease, "done", f"not a page: {kind}", at, response.status)
    try:
        decoded = decode(response.body, content_type)
    except NotTextError as error:
        return Outcome(lease, "done", f"not a page: {error}", at, response.status)
    document, reason = None, None
    try:
        document = read(response.body, lease.url, content_type)
    except Exception as error:  # one page that breaks a rule must not stop a crawl
        logger.exception("no document of %s", lease.url)
        reason = f"no document: {type(error).__name__}: {error}"
    has_text = document is not None and bool(document.text.strip())
    relevance = None
    if ranking is not None and document is not None:
        relevance = ranking.page(lease, document.title, document.text)
    targets = (
        []
        if kind == "text/plain"
        else targets_of(decoded, document, lease, scope, ranking, relevance or 0.0)
    )
    is_list = kind != "text/plain" and (not has_text or shape_score(lease.url) <= LIST)
    text_hash = body_hash if document is None else _text_hash(document, targets if is_list else ())
    seen = replace(
        seen,
        reason=reason,
        targets=targets,
        kind="list" if is_list else "article",
        text_hash=text_hash,
        is_unchanged=text_hash == lease.text_hash,
        relevance=relevance,
        is_relevant=relevance is not None and relevance >= RELEVANT,
    )
    if seen.is_unchanged:
        return seen
    page = Page(
        url=lease.url,
        fetched_at=at,
        status=response.status,
        headers=[list(header) for header in response.headers],
        encoding=decoded.encoding,
        body=response.body,
    )
    return replace(seen, page=page, document=document if has_text else None)


def _text_hash(document: Document, links: Iterable[Target]) -> bytes:
    """Of what a page says to a reader: its title and its clean text, and of a list its links.  Bytes
    change without that, by counters, dates and advertisements."""
    words = f"{document.title or ''}\n{document.text}".encode("utf-8", "surrogatepass")
    return _hash([words, *sorted(target.url.encode() for target in links)])


def _hash(parts: Iterable[bytes]) -> bytes:
    """16 bytes: no two of a billion pages share them by chance."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
        digest.update(b"\0")
    return digest.digest()
