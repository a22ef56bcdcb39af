"""``shiyi why``: why a URL is in an archive, from its row in the frontier and those that led to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from archive.errors import ArchiveError, path_of

HOPS = 100
"""Links of the way back to a seed that are shown at most; a crawl goes no deeper."""

VISITS = 10
"""The newest visits that are shown."""


def why(db: Database, url: str) -> Iterator[str]:
    """Lines that say what became of a URL, the parts of its score, how it was found, its visits, and
    what is kept of it.  Raises ArchiveError for a URL that the archive does not know."""
    row = db.execute("SELECT * FROM urls WHERE url = ?", [url])
    names = [column[0] for column in row.description]
    if (values := row.fetchone()) is None:
        raise ArchiveError(f"{path_of(db)}: this address is not known: {url}")
    it = dict(zip(names, values, strict=True))
    yield url
    yield f"state      {it['state']}" + (f": {it['reason']}" if it["reason"] else "")
    yield f"score      {it['score']:.3f}{_parts(it['why'])}"
    if (parts := _loaded(it["why"])).get("anchor"):
        yield f"link       {parts['anchor']}"
    if parts.get("explored"):
        yield "explored   taken from anywhere in the queue, not for its score"
    if it["relevance"] is not None:
        yield f"similarity {it['relevance']:.3f} to the seeds"
    yield f"depth      {it['depth']} links from a seed"
    yield from _way(db, it["parent_id"])
    if it["interval"] is not None:
        due = datetime.fromtimestamp(it["due_at"], UTC).isoformat(timespec="seconds")
        yield f"next visit {due}"
    yield from _visits(db, it["id"])
    yield from _documents(db, url)


def _loaded(why: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(why) if why else {}
    return found


def _parts(why: str | None) -> str:
    parts = _loaded(why).items()
    said = [
        f"{name} {value:g}"
        for name, value in parts
        if isinstance(value, (int, float)) and name not in ("explored", "document")
    ]
    return f" = {' + '.join(said)}" if said else ""


def _way(db: Database, parent_id: int | None) -> Iterator[str]:
    """The pages that led here, the nearest first."""
    seen: set[int] = set()
    while parent_id is not None and parent_id not in seen and len(seen) < HOPS:
        seen.add(parent_id)
        url, relevance, parent_id = db.execute(
            "SELECT url, relevance, parent_id FROM urls WHERE id = ?", [parent_id]
        ).fetchone()
        similar = f"  (similarity {relevance:.3f})" if relevance is not None else ""
        yield f"from       {url}{similar}"


def _visits(db: Database, url_id: int) -> Iterator[str]:
    for at, status, page_id, variant, run_id in db.execute(
        """SELECT fetched_at, status, page_id, variant, run_id FROM fetches WHERE url_id = ?
           ORDER BY id DESC LIMIT ?""",
        [url_id, VISITS],
    ):
        kept = f", page {page_id}" if page_id else ""
        asked = f" ({variant})" if variant else ""
        yield f"visit      {at}: {status}{kept}, run {run_id}{asked}"


def _documents(db: Database, url: str) -> Iterator[str]:
    for number, title, cluster_id, size, canonical_id in db.execute(
        """SELECT d.id, d.title, d.cluster_id, c.size, c.canonical_id FROM documents d
           LEFT JOIN clusters c ON c.id = d.cluster_id WHERE d.page_id IN (SELECT id FROM pages WHERE url = ?)
           ORDER BY d.id""",
        [url],
    ):
        copy = ""
        if cluster_id is not None:
            copy = f"; one of {size} copies, of which {canonical_id} is the best"
        yield f"document   {number}: {title or '(no title)'}{copy}"
