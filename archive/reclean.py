"""``shiyi reclean``: after a rule changed, clean again what was cleaned by other rules."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Self

from sqlite_utils import Database

from archive import indexing
from archive.changes import drop_unused_changes
from archive.pages import content_type_of
from archive.restore import restore
from archive.restore_carry import carry
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
from cleaning.pipeline import Step, chosen_steps, clean
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
    unchanged document is only marked as seen by these rules.  What was chosen when a document was made
    (script, masks, restore, site lines) is followed again, and what was restored from other documents
    or decided by a person is kept.  ``without`` switches off rules or
    families of rules; ``progress`` is told (done, all).  ``rules`` and ``cleaner``: another
    fingerprint and another way to clean, for who cleans in another way.  ``site_lines``: whether the
    documents of one site are looked at together, as ``clean`` does, all that the archive has.  It may be stopped at any time
    and goes on where it was when called again.  With ``dry_run`` nothing is written.
    """
    rules = rules or fingerprint()
    if without:
        rules += " without " + ",".join(sorted(without))
    chosen = {
        document_id: _Choices.of(settings)
        for document_id, settings in db.execute(
            "SELECT d.id, r.settings FROM documents d JOIN runs r ON r.id = d.run_id"
            " WHERE r.rules <> ? ORDER BY d.id",
            [rules],
        )
    }
    ids = list(chosen)
    compared = [number for number in ids if site_lines and chosen[number].site_lines]
    sites = Sites(db, compared) if compared and cleaner is None else None
    changed = unchanged = 0
    failed: list[str] = []
    if not ids:
        return Recleaned(0, 0, 0, ())
    runs = _Runs(db, without, rules)
    for first in range(0, len(ids), BATCH):
        batch = ids[first : first + BATCH]
        ready: list[tuple[int, Document | None]] = []  # None: as it was
        for document_id in batch:
            try:
                old = load_document(db, document_id)
                steps = chosen[document_id].steps
                if sites and chosen[document_id].site_lines:
                    steps = sites.steps(document_id, steps)
                again = _again(db, document_id, old, without, cleaner or partial(_clean, steps))
                new = carry(old, again, without)
            except Exception as error:  # one bad document must not stop the rest
                failed.append(f"document {document_id}: {error}")
                continue
            ready.append((document_id, None if new == old else new))
        changed += sum(new is not None for _, new in ready)
        unchanged += sum(new is None for _, new in ready)
        if not dry_run:
            _write(db, ready, runs, chosen)
        if progress:
            progress(first + len(batch), len(ids))
    if not dry_run:
        restore(db)
        with transaction(db):
            drop_unused_changes(db)
            runs.finish(errors=len(failed))
    return Recleaned(len(ids), changed, unchanged, tuple(failed))


@dataclass(frozen=True, slots=True)
class _Choices:
    """What a user asked for when a document was made; its new cleaning follows it."""

    script: str = "keep"
    masks: str = "keep"
    restore: str = "safe"
    site_lines: bool = True

    @classmethod
    def of(cls, settings: str) -> Self:
        """The choices among the settings of a run."""
        given = json.loads(settings)
        return cls(**{name: given[name] for name in cls.__slots__ if name in given})

    @property
    def steps(self) -> Sequence[Step]:
        return chosen_steps(self.script, self.masks, self.restore)


class _Runs:
    """The runs of one recleaning: one for each set of choices, as settings belong to a run."""

    def __init__(self, db: Database, without: Collection[str], rules: str) -> None:
        self._db, self._without, self._rules = db, sorted(without), rules
        self._ids: dict[_Choices, int] = {}
        self._counts: Counter[int] = Counter()

    def count(self, choices: _Choices) -> int:
        """The run for one more document that was made with these choices, begun where there is none."""
        if choices not in self._ids:
            settings = asdict(choices) | {"without": self._without}
            self._ids[choices] = start_run(self._db, "reclean", settings, self._rules)
        self._counts[self._ids[choices]] += 1
        return self._ids[choices]

    def finish(self, errors: int) -> None:
        for run_id, documents in self._counts.items():
            finish_run(self._db, run_id, documents=documents, errors=errors)
            errors = 0


def _write(
    db: Database,
    ready: list[tuple[int, Document | None]],
    runs: _Runs,
    chosen: Mapping[int, _Choices],
) -> None:
    with transaction(db), indexing.at_the_end(db):
        for document_id, new in ready:
            run_id = runs.count(chosen[document_id])
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
