"""One document of an archive, for a person or a program that asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlite_utils import Database

from archive.comparing import COPIES, copies_of
from archive.errors import ArchiveError, path_of
from archive.report_log import shorten
from archive.store import load_body, load_document
from archive.versions import versions_of
from cleaning.document import Document
from cleaning.dumps.text_output import difference, readable
from cleaning.records import Record, encode, record_of


def document_id(db: Database, given: str) -> int:
    """The archive's id for an id as people give it: the archive's own, else an input record's.

    Raises ArchiveError where there is none.
    """
    if given.isascii() and given.isdigit():
        row = db.execute("SELECT id FROM documents WHERE id = ?", [int(given)]).fetchone()
        if row:
            return int(row[0])
    row = db.execute("SELECT id FROM documents WHERE source_id = ?", [given]).fetchone()
    if row is None:
        raise ArchiveError(f"{path_of(db)}: there is no document {given}")
    return int(row[0])


def load(db: Database, given: str) -> Document:
    """A document, checked against the hash of what was read."""
    return load_document(db, document_id(db, given))


def lines(db: Database, given: str, is_diff: bool = False) -> Iterator[tuple[str, str]]:
    """A document as a person reads it, or each of its changed lines before and after.

    Each line comes with the mark that stands before it, for a difference ``"- "`` or ``"+ "``.
    """
    document = load(db, given)
    if is_diff:
        yield from ((f"{mark} ", line) for mark, line in difference(document))
    else:
        yield from (("", line) for line in readable(document, given).splitlines())


def copies(db: Database, given: str) -> Iterator[tuple[str, str]]:
    """The copies of a document, each with the first passages in which it differs.

    Each line comes with the mark that stands before it, as in :func:`lines`: ``"- "`` for what this
    document has, ``"+ "`` for what the copy has there.
    """
    number = document_id(db, given)
    row = db.execute(
        "SELECT size, canonical_id FROM clusters JOIN documents ON cluster_id = clusters.id"
        " WHERE documents.id = ?",
        [number],
    ).fetchone()
    if row is None:
        yield "", "it has no copies here"
        return
    size, canonical = row
    best = "this one" if canonical == number else f"document {canonical}"
    shown = f"; {COPIES} are shown" if size - 1 > COPIES else ""
    yield "", f"{size - 1} copies; the most complete is {best}{shown}"
    for copy in copies_of(db, number):
        marks = [
            name for name in ("canonical", "earliest", "longest") if getattr(copy, f"is_{name}")
        ]
        facts = [
            f"{copy.similarity:.0%} the same",
            f"{copy.chars} characters",
            copy.date,
            copy.site,
        ]
        yield "", ""
        yield "", f"{copy.document_id}  {copy.title or '(no title)'}"
        yield "", "    " + ", ".join([fact for fact in facts if fact] + marks)
        if copy.url:
            yield "", f"    {copy.url}"
        for passage in copy.passages:
            yield "- ", _passage(passage.left, passage.one)
            yield "+ ", _passage(passage.left, passage.other)
        if copy.more:
            yield "", f"    and {copy.more} more passages"


def versions(db: Database, given: str) -> Iterator[str]:
    """Every version of a document's URL, oldest first, and the visits that found nothing new."""
    number = document_id(db, given)
    found = versions_of(db, number)
    if not found:
        yield "it has no URL and no page, so there is this version alone"
        return
    for version in found:
        mark = "*" if version.document_id == number else " "
        visits = f", seen again {version.visits} times" if version.visits else ""
        until = f" until {version.last_seen}" if version.visits else ""
        shown = version.document_id or "no document"
        yield f"{mark} {version.fetched_at}{until}  {shown}  {version.size:,} bytes{visits}"
        if version.title:
            yield f"    {version.title}"


def _passage(left: str, text: str) -> str:
    return f"…{left}[{shorten(text)}]".replace("\n", "⏎")


def _record(db: Database, number: int) -> Record:
    """The JSON Lines record of a document; its id is the input record's own where it had one."""
    file, position = db.execute(
        "SELECT input_file, input_record FROM documents WHERE id = ?", [number]
    ).fetchone()
    document = load_document(db, number)
    own = None if document.id else number
    return record_of(document, id=own, file=file, record=position)


def json(db: Database, given: str) -> bytes:
    """The record of a document as a line of JSON Lines."""
    return json_of(db, document_id(db, given))


def json_of(db: Database, number: int) -> bytes:
    """The same by the archive's own id."""
    return encode(_record(db, number)) + b"\n"


def raw(db: Database, given: str) -> bytes:
    """The bytes of the page where it is kept, else the text as it was read, in UTF-8.

    Both are checked against their hash.
    """
    number = document_id(db, given)
    (page_id,) = db.execute("SELECT page_id FROM documents WHERE id = ?", [number]).fetchone()
    if page_id is not None:
        return load_body(db, page_id)
    return load_document(db, number).raw.encode("utf-8", "surrogatepass")
