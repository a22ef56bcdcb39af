"""The newest documents as an Atom feed (RFC 4287)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import IO
from xml.etree import ElementTree

from sqlite_utils import Database

from archive.errors import path_of
from archive.export import Choice, chosen
from archive.runs import now

ENTRIES = 100
"""Of a feed: readers take all of it at each visit."""

ATOM = "http://www.w3.org/2005/Atom"

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write."""


def write_feed(db: Database, file: IO[bytes], choice: Choice) -> int:
    """Write the newest documents of a choice, by date and then by id; how many."""
    ElementTree.register_namespace("", ATOM)
    name = path_of(db).rpartition("/")[2]
    feed = ElementTree.Element(f"{{{ATOM}}}feed")
    title = choice.query or choice.site or name
    _add(feed, "title", f"Shiyi 拾遗: {title}")
    _add(feed, "id", f"urn:shiyi:archive:{name}:{title}")
    entries = [
        db.execute(
            "SELECT d.date, d.id, d.title, d.url, d.author, d.source, d.text, r.started_at"
            " FROM documents d JOIN runs r ON r.id = d.run_id WHERE d.id = ?",
            [document_id],
        ).fetchone()
        for document_id in _newest(db, choice)
    ]
    moments = [_moment(day, started_at) for day, *_, started_at in entries]
    _add(feed, "updated", max(moments, default=_moment(None, now())))
    for moment, (_, number, title, url, author, source, text, _) in zip(
        moments, entries, strict=True
    ):
        entry = ElementTree.SubElement(feed, f"{{{ATOM}}}entry")
        _add(entry, "title", title or text[:40] or "(no title)")
        _add(entry, "id", url or f"urn:shiyi:document:{number}")
        _add(entry, "updated", moment)
        person = ElementTree.SubElement(entry, f"{{{ATOM}}}author")
        _add(person, "name", author or source or name)
        if url:
            ElementTree.SubElement(entry, f"{{{ATOM}}}link", {"href": _clean(url)})
        _add(entry, "content", text).set("type", "text")
    ElementTree.ElementTree(feed).write(file, "utf-8", xml_declaration=True)
    return len(entries)


def _newest(db: Database, choice: Choice) -> list[int]:
    """The newest by date: ids are those of arrival, and a dump brings old articles last."""
    if choice.is_all:
        rows = db.execute("SELECT id FROM documents ORDER BY date DESC, id DESC LIMIT ?", [ENTRIES])
        return [row[0] for row in rows]
    dated = (
        (*db.execute("SELECT coalesce(date, ''), id FROM documents WHERE id = ?", [n]).fetchone(),)
        for n in chosen(db, choice)
    )
    return [number for _, number in sorted(dated, reverse=True)[:ENTRIES]]


def _moment(day: str | None, started_at: str) -> str:
    """When an entry is from: its date, else when it was taken in."""
    at = datetime.fromisoformat(day or started_at)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat(timespec="seconds")


def _add(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{ATOM}}}{name}")
    element.text = _clean(text)
    return element


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
