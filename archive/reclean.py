"""``shiyi reclean``: after a rule changed, clean again what was cleaned by other rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlite_utils import Database

from archive.pages import content_type_of
from archive.sites import Sites
from archive.store import (
    finish_run,
    load_body,
    load_document,
    replace_document,
    start_run,
    transaction,
)
from cleaning.document import FIELDS, Document, FieldEdit, Link, undo
from cleaning.fingerprint import fingerprint
from cleaning.pipeline import STEPS, Step, clean
from cleaning.read import MARKUP, read_page, read_text

BATCH = 30
"""Documents in one transaction: a damaged page takes 14 ms, and other writers wait for half a second at most."""

Cleaner = Callable[[Document, Collection[str]], Document]
"""A document as read and the rules that are switched off in, a clean document out."""


@dataclass(frozen=True, slots=True)
class Recleaned:
    """What a recleaning did.  ``failed``: one message for each document that could not be cleaned
    again and stays as it was."""

    documents: int
    changed: int
    unchanged: int
    failed: tuple[str, ...]


def reclean(
    db: Database,
    *,
    without: Collection[str] = (),
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
    rules: str | None = None,
    cleaner: Cleaner | None = None,
    site_lines: bool = True,
) -> Recleaned:
    """Clean again the documents that other rules than this program's have cleaned.

    Each starts from what was read: its page, or the text that its log gives back.  Ids stay.  An
    unchanged document is only marked as seen by these rules.  ``without`` switches off rules or
    families of rules; ``progress`` is told (done, all).  ``rules`` and ``cleaner``: another
    fingerprint and another way to clean, for who cleans in another way.  ``site_lines``: whether the
    documents of one site are looked at together, as ``clean`` does, all that the archive has.  It may be stopped at any time
    and goes on where it was when called again.  With ``dry_run`` nothing is written.
    """
    rules = rules or fingerprint()
    if without:
        rules += " without " + ",".join(sorted(without))
    ids = [
        row[0]
        for row in db.execute(
            "SELECT d.id FROM documents d JOIN runs r ON r.id = d.run_id WHERE r.rules <> ?"
            " ORDER BY d.id",
            [rules],
        )
    ]
    sites = Sites(db, ids) if site_lines and cleaner is None else None
    changed = unchanged = 0
    failed: list[str] = []
    if not ids:
        return Recleaned(0, 0, 0, ())
    run_id = 0 if dry_run else start_run(db, "reclean", {"without": sorted(without)}, rules)
    for first in range(0, len(ids), BATCH):
        batch = ids[first : first + BATCH]
        ready: list[tuple[int, Document | None]] = []  # None: as it was
        for document_id in batch:
            try:
                old = load_document(db, document_id)
                steps = sites.steps(document_id) if sites else STEPS
                new = _again(db, document_id, old, without, cleaner or partial(_clean, steps))
            except Exception as error:  # one bad document must not stop the rest
                failed.append(f"document {document_id}: {error}")
                continue
            ready.append((document_id, None if new == old else new))
        changed += sum(new is not None for _, new in ready)
        unchanged += sum(new is None for _, new in ready)
        if not dry_run:
            _write(db, ready, run_id)
        if progress:
            progress(first + len(batch), len(ids))
    if not dry_run:
        with transaction(db):
            db.execute("DELETE FROM changes WHERE id NOT IN (SELECT change_id FROM edit_log)")
            finish_run(db, run_id, documents=changed + unchanged, errors=len(failed))
    return Recleaned(len(ids), changed, unchanged, tuple(failed))


def _write(db: Database, ready: list[tuple[int, Document | None]], run_id: int) -> None:
    with transaction(db):
        for document_id, new in ready:
            if new is None:
                db.execute("UPDATE documents SET run_id = ? WHERE id = ?", [run_id, document_id])
            else:
                replace_document(db, document_id, new, run_id)


def _clean(steps: Sequence[Step], document: Document, without: Collection[str]) -> Document:
    return clean(document, steps, without)


def _again(
    db: Database, document_id: int, old: Document, without: Collection[str], cleaner: Cleaner
) -> Document:
    """The document that these rules make of what was read; its id stays the old one's."""
    as_read = _before_cleaning(old)
    page = db.execute(
        'SELECT p.id, p.headers, p."offset", p.length, p.body IS NOT NULL FROM documents d'
        " JOIN pages p ON p.id = d.page_id WHERE d.id = ?",
        [document_id],
    ).fetchone()
    if page is not None and page[4]:
        page_id, headers, offset, length, _ = page
        document = _read(load_body(db, page_id), old, content_type_of(headers))
        if offset is not None and length is None:  # the markup of a record with fields of its own
            document = replace(
                document,
                **{name: value for name in FIELDS if (value := getattr(as_read, name)) is not None},
            )
        return replace(cleaner(document, without), id=old.id)
    # Of the links, some came with the record and some were found in its text; only the first are
    # there before cleaning.  What cleaning finds again is of the second sort.
    found = cleaner(replace(as_read, links=()), without)
    given = tuple(
        link
        for link, cleaned in zip(as_read.links, old.links, strict=True)
        if cleaned not in found.links
    )
    return cleaner(replace(as_read, links=given), without) if given else found


def _read(body: bytes, old: Document, content_type: str | None) -> Document:
    """The document of a page before cleaning, read as a text or as markup, as it was before."""
    if content_type is None:
        text = read_text(body, url=old.url)
        if text.raw_sha256 == old.raw_sha256 or not MARKUP.match(text.text):
            return text
    return read_page(body, old.url, content_type)


def _before_cleaning(document: Document) -> Document:
    """The document as it was before its first step, as far as its log tells."""
    logs: dict[str, list[FieldEdit]] = {}
    for edit in document.field_edits:
        logs.setdefault(edit.field, []).append(edit)

    def value(name: str) -> str | None:
        return (
            undo(document.field(name) or "", logs[name]) if name in logs else document.field(name)
        )

    links = tuple(
        Link(value(f"links.{n}.url"), value(f"links.{n}.text") or "", link.kind)
        for n, link in enumerate(document.links)
    )
    fields: dict[str, Any] = {name: value(name) or None for name in FIELDS}
    return replace(Document.from_text(document.raw, links=links), **fields)


def summary(done: Recleaned, *, dry_run: bool = False) -> Iterator[str]:
    """The lines that tell a person what a recleaning did."""
    if not done.documents:
        yield "every document has been cleaned by these rules already"
        return
    would = "would change" if dry_run else "changed"
    yield f"{done.documents} documents cleaned again: {done.changed} {would}, {done.unchanged} the same"
    yield from done.failed
