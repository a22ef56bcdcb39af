"""``shiyi learn``: the archive's own language model, and where it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from archive.documents import load_document
from archive.errors import ArchiveError
from archive.evidence_view import View
from archive.fold import Fold
from archive.indexing import fold_of
from archive.language_model import SEPARATOR, LanguageModel
from archive.opening import transaction
from archive.runs import now
from cleaning.document import Document

NAME = "characters"

MOST = 20_000_000
"""Characters that are learned from, the newest documents first; counting them takes 2 GB of memory."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What a model was built from, and its size in bytes."""

    documents: int
    chars: int
    size: int


def learn(db: Database, progress: Callable[[int, int], None] | None = None) -> Learned:
    """Build the model of an archive's clean text, in the place of an earlier one.

    Of documents with the same text one counts; a hole and a restored word are not learned from.
    ``progress`` is told (done, all).
    """
    fold = fold_of(db.conn)
    ids = [
        row[0]
        for row in db.execute(
            "SELECT max(d.id) FROM documents d LEFT JOIN signatures s ON s.document_id = d.id"
            " GROUP BY coalesce(s.exact, -d.id) ORDER BY max(d.id) DESC"
        )
    ]
    counts = [0, 0]

    def texts() -> Iterator[str]:
        for number in ids:
            if counts[1] >= MOST:
                return
            try:
                text = learnable(load_document(db, number), fold)
            except ArchiveError:  # verify tells of it
                continue
            counts[0] += 1
            counts[1] += len(text)
            if progress:
                progress(counts[0], len(ids))
            yield text

    model = LanguageModel.of(texts())
    body = model.encode()
    with transaction(db):
        db.execute(
            "INSERT OR REPLACE INTO models VALUES (?, ?, ?, ?, ?)", [NAME, now(), *counts, body]
        )
    return Learned(counts[0], counts[1], len(body))


def learnable(document: Document, fold: Fold) -> str:
    """The folded text of a document, cut at its holes."""
    view = View(document, fold)
    parts = []
    at = 0
    for start, end, _ in sorted(view.holes, key=lambda hole: hole[:2]):
        parts.append(view.read[at : max(at, start)])
        at = max(at, end)
    return SEPARATOR.join([*parts, view.read[at:]])


def load_model(db: Database) -> LanguageModel | None:
    """The archive's model; None where none was built."""
    row = db.execute("SELECT body FROM models WHERE name = ?", [NAME]).fetchone()
    return LanguageModel.decode(row[0]) if row else None
