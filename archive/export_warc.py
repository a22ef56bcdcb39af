"""Pages as a WARC file (ISO 28500): the bytes as they were received, and every visit.

A page that was fetched is a ``response``; what was read from a file or a record is a ``resource``, as is the
text of a document that came without a page.  A visit that found nothing new is a ``revisit``.
Cleaning the file again gives the same documents, but for fields that an input record brought along: WARC has
no place for them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import IO, Any

from sqlite_utils import Database
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.export import Choice, chosen
from archive.pages import load_body
from archive.runs import program_version
from archive.store import load_document

NOT_MODIFIED = "http://netpreservation.org/warc/1.1/revisit/server-not-modified"
SAME_TEXT = "urn:shiyi:revisit:same-text"
"""A visit whose page says what it said before, while counters or advertisements may have changed its bytes.
The standard's profile for equal bytes would claim more than is known."""

ENCODINGS = ("content-encoding", "transfer-encoding")
"""Headers that no longer say what the body is, which is kept decoded.  They get the prefix that the Wayback
Machine gives to original headers."""

_NAMESPACE = uuid.UUID("8c3f2f0e-6b0a-5d0f-9d0d-5f1d7b6c1a52")


def write_warc(db: Database, file: IO[bytes], choice: Choice, name: str, *, is_packed: bool) -> int:
    """Write the pages of a choice of documents, or all pages; how many records besides the first."""
    writer = WARCWriter(file, gzip=is_packed, warc_version="WARC/1.1")
    information = {"software": f"Shiyi {program_version()}", "format": "WARC File Format 1.1"}
    writer.write_record(writer.create_warcinfo_record(name, information))
    count = 0
    for record in _records(db, writer, choice):
        writer.write_record(record)
        count += 1
    return count


def _records(db: Database, writer: Any, choice: Choice) -> Iterator[Any]:
    for page_id in pages_of(db, choice):
        page = _page(db, writer, page_id)
        yield page
        yield from _revisits(db, writer, page_id, page.rec_headers)
    for document_id in chosen(db, choice):
        (page_id,) = db.execute(
            "SELECT page_id FROM documents WHERE id = ?", [document_id]
        ).fetchone()
        if page_id is None:
            yield _text(db, writer, document_id)


def pages_of(db: Database, choice: Choice) -> Iterator[int]:
    """The ids of the pages of a choice of documents, each once; of all documents, of all pages."""
    if not choice.is_all:
        seen = set()
        for document_id in chosen(db, choice):
            (page_id,) = db.execute(
                "SELECT page_id FROM documents WHERE id = ?", [document_id]
            ).fetchone()
            if page_id is not None and page_id not in seen:
                seen.add(page_id)
                yield page_id
        return
    last = 0
    while row := db.execute(
        "SELECT id FROM pages WHERE id > ? ORDER BY id LIMIT 1", [last]
    ).fetchone():
        last = row[0]
        yield last


def address(url: str | None, kind: str, number: int) -> str:
    """The URI that a record is for; what came without a URL has a name that is no address."""
    return url or f"urn:shiyi:{kind}:{number}"


def warc_date(moment: str) -> str:
    """A time of the archive as WARC has it, in UTC."""
    at = datetime.fromisoformat(moment)
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    text = at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def _page(db: Database, writer: Any, page_id: int) -> Any:
    url, fetched_at, status, headers, digest = db.execute(
        "SELECT url, fetched_at, status, headers, sha256 FROM pages WHERE id = ?", [page_id]
    ).fetchone()
    body = load_body(db, page_id)
    pairs = [(str(name), str(value)) for name, value in json.loads(headers or "[]")]
    content_type = next((value for name, value in pairs if name.lower() == "content-type"), None)
    uri = address(url, "page", page_id)
    facts = {
        "WARC-Record-ID": _record_id(digest, uri, fetched_at),
        "WARC-Date": warc_date(fetched_at),
    }
    if status is None:
        return writer.create_warc_record(
            uri,
            "resource",
            payload=BytesIO(body),
            length=len(body),
            warc_content_type=content_type or "application/octet-stream",
            warc_headers_dict=facts,
        )
    http = StatusAndHeaders(f"{status} {_reason(status)}", _kept(pairs, len(body)), "HTTP/1.1")
    return writer.create_warc_record(
        uri,
        "response",
        payload=BytesIO(body),
        length=len(body),
        http_headers=http,
        warc_headers_dict=facts,
    )


def _kept(pairs: list[tuple[str, str]], size: int) -> list[tuple[str, str]]:
    """The headers as they were received, but for what the decoded body makes wrong."""
    kept = []
    for name, value in pairs:
        if name.lower() in ENCODINGS:
            name = f"X-Archive-Orig-{name}"
        elif name.lower() == "content-length":
            value = str(size)
        # a header is one line of Latin-1; what a server sent beyond that stands percent-encoded
        kept.append((name, " ".join(value.split())))
    return kept


def _reason(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _revisits(db: Database, writer: Any, page_id: int, page: Any) -> Iterator[Any]:
    for fetch_id, url, fetched_at, status in db.execute(
        "SELECT f.id, u.url, f.fetched_at, f.status FROM fetches f JOIN urls u ON u.id = f.url_id"
        " JOIN pages p ON p.id = f.page_id WHERE f.page_id = ? AND f.fetched_at > p.fetched_at"
        " ORDER BY f.id",
        [page_id],
    ).fetchall():
        yield writer.create_revisit_record(
            url,
            digest=page.get_header("WARC-Payload-Digest") or "sha1:",
            refers_to_uri=page.get_header("WARC-Target-URI"),
            refers_to_date=page.get_header("WARC-Date"),
            warc_headers_dict={
                "WARC-Record-ID": _record_id("fetch", str(fetch_id), fetched_at),
                "WARC-Date": warc_date(fetched_at),
                "WARC-Profile": NOT_MODIFIED if status == 304 else SAME_TEXT,
            },
        )


def _text(db: Database, writer: Any, document_id: int) -> Any:
    document = load_document(db, document_id)
    (started_at,) = db.execute(
        "SELECT started_at FROM runs r JOIN documents d ON d.run_id = r.id WHERE d.id = ?",
        [document_id],
    ).fetchone()
    uri = address(document.url, "document", document_id)
    body = document.raw.encode("utf-8", "surrogatepass")
    return writer.create_warc_record(
        uri,
        "resource",
        payload=BytesIO(body),
        length=len(body),
        warc_content_type="text/plain; charset=utf-8",
        warc_headers_dict={
            "WARC-Record-ID": _record_id(document.raw_sha256, uri, str(document_id)),
            "WARC-Date": warc_date(started_at),
        },
    )


def _record_id(*parts: str) -> str:
    """The same record has the same id in each export."""
    return f"<urn:uuid:{uuid.uuid5(_NAMESPACE, ' '.join(parts))}>"
