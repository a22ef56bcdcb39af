"""Sitemaps and sitemap indexes (sitemaps.org, protocol 0.9): XML, packed XML, or one address a line."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.parsers import expat

MAX_BYTES = 16 * 1024 * 1024
"""Bytes of a sitemap as it is sent.  50,000 addresses, the protocol's limit, have 5 to 10 MB."""

MAX_UNPACKED = 50 * 1024 * 1024
"""Bytes of a packed sitemap that are read, the protocol's limit; they are parsed as they come, so
memory does not grow with them."""

MAX_ENTRIES = 50_000
"""Addresses of one sitemap that are read, the protocol's limit."""

CHUNK = 64 * 1024

_ROOTS = (b"<urlset", b"<sitemapindex")


@dataclass(frozen=True, slots=True)
class Entry:
    """One address of a sitemap or a feed."""

    url: str
    changed_at: float | None = None  # Unix seconds
    is_sitemap: bool = False  # of a sitemap index
    title: str = ""  # as a feed says


def is_sitemap(start: bytes) -> bool:
    """Whether the first bytes of a text are those of a sitemap in XML."""
    head = start[:1000].lower().lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith((b"<?xml", *_ROOTS)) and any(root in head for root in _ROOTS)


def unpacked(body: bytes, limit: int = MAX_UNPACKED) -> Iterator[bytes]:
    """The pieces of a body, unpacked where it is gzip, up to a limit; a damaged end is left out."""
    if not body.startswith(b"\x1f\x8b"):
        for start in range(0, min(len(body), limit), CHUNK):
            yield body[start : start + CHUNK]
        return
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    size, rest = 0, body
    while rest and not stream.eof and size < limit:
        try:
            piece = stream.decompress(rest, CHUNK)
        except zlib.error:
            return
        rest = stream.unconsumed_tail
        size += len(piece)
        if piece:
            yield piece


def read_sitemap(body: bytes) -> list[Entry]:
    """The entries of a sitemap.  What stands before the first fault is read, nothing after it."""
    start = next(unpacked(body), b"")
    if not is_sitemap(start):
        return _lines(body)
    reader = _Reader()
    try:
        for piece in unpacked(body):
            reader.parser.Parse(piece)
            if len(reader.entries) >= MAX_ENTRIES:
                break
    except (expat.ExpatError, _EntityError, ValueError, LookupError):
        pass
    return reader.entries[:MAX_ENTRIES]


def _lines(body: bytes) -> list[Entry]:
    text = b"".join(unpacked(body)).decode("utf-8-sig", "replace")
    lines = (line.strip() for line in text.splitlines())
    urls = (line for line in lines if line.startswith(("http://", "https://")) and " " not in line)
    return [Entry(url) for url, _ in zip(urls, range(MAX_ENTRIES), strict=False)]


class _EntityError(Exception):
    """The text declares entities, which no sitemap needs and bombs are made of."""


class _Reader:
    """Gathers ``<loc>`` and ``<lastmod>`` of each ``<url>`` and ``<sitemap>``; those of images
    and videos within them have another namespace."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._refuse
        self._parent = ""  # the <url> or <sitemap> that is open, with its namespace
        self._field: str | None = None
        self._values: dict[str, str] = {}

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if local in ("url", "sitemap"):
            self._parent, self._values = name, {}
        elif local in ("loc", "lastmod") and self._parent:
            self._field = local if space == self._parent.rpartition(" ")[0] else None

    def _text(self, text: str) -> None:
        if self._field is not None and len(self._values.get(self._field, "")) < 5000:
            self._values[self._field] = self._values.get(self._field, "") + text

    def _end(self, name: str) -> None:
        self._field = None
        if name != self._parent:
            return
        if url := self._values.get("loc", "").strip():
            changed_at = unix_time(self._values.get("lastmod", "").strip())
            self.entries.append(Entry(url, changed_at, name.endswith("sitemap")))
        self._parent = ""

    def _refuse(self, *_: object) -> None:
        raise _EntityError


def unix_time(value: str) -> float | None:
    """A W3C date, with or without a time, in Unix seconds; a day counts from its start, UTC.

    >>> unix_time("2026-11-24T08:00:00+08:00") == unix_time("2026-11-24")
    True
    """
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
