"""Search: the documents that hold every word of a query, best first."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlite_utils import Database

from archive import indexing
from archive.errors import explained, path_of
from archive.fold import Fold, fold
from archive.index import match_expression, parse

MAX_LIMIT = 10_000

BEFORE, LENGTH = 24, 80
"""Characters of a snippet before the first hit, and altogether: two lines of a terminal."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One document that was found.  ``score``: BM25, higher is better; only its order means something."""

    id: int
    url: str | None
    title: str | None
    snippet: str
    score: float


def search(db: Database, query: str, limit: int = 20, offset: int = 0) -> list[Hit]:
    """The documents that hold all words of the query in title or text, best first.

    Words are separated by white space and found anywhere, from one character on, in either
    script, full or half width; ``"a phrase"`` may hold blanks; ``-word`` must be missing; ``site:example.org``,
    ``date:2025-08`` and ``damage:mask`` narrow it.  Any string is a valid query; without a hit the list is
    empty.  ``limit`` is at most 10,000.
    """
    with explained(path_of(db)):
        fold = indexing.fold_of(db.conn)
        rows = db.execute(
            "SELECT d.id, d.url, d.title, d.text, -f.rank FROM (SELECT rowid, rank FROM documents_fts"
            " WHERE documents_fts MATCH ? ORDER BY rank, rowid LIMIT ? OFFSET ?) f"
            " JOIN documents d ON d.id = f.rowid ORDER BY f.rank, d.id",
            [match_expression(query, fold), max(0, min(limit, MAX_LIMIT)), max(0, offset)],
        ).fetchall()
    return [
        Hit(id, url, title, snippet(text, query, fold), float(f"{score:.6g}"))
        for id, url, title, text, score in rows
    ]


def snippet(text: str, query: str, fold: Fold = fold, before: str = "【", after: str = "】") -> str:
    """The part of a text around the first word of a query in it, on one line, every word marked.

    The text is the original's; a text without any of the words gives its beginning.
    """
    words = [term.text for term in parse(query, fold) if not (term.exclude or term.field)]
    folded = fold(text)
    # a blank inside a phrase stands for any white space
    patterns = [" +".join(map(re.escape, word.split())) for word in dict.fromkeys(words)]
    if not patterns:
        return _line(text[:LENGTH]) + "…" * (len(text) > LENGTH)
    # the longer word first: of words that start at one place, it is the one to mark
    pattern = re.compile("|".join(sorted(patterns, key=len, reverse=True)))
    first = pattern.search(folded)
    start = max(0, first.start() - BEFORE) if first else 0
    stop = max(start + LENGTH, first.end() if first else 0)
    parts = ["…"] if start else []
    at = start
    for match in pattern.finditer(folded, first.start() if first else len(folded)):
        if match.end() > stop:
            break
        parts += [text[at : match.start()], before, text[match.start() : match.end()], after]
        at = match.end()
    parts.append(text[at:stop])
    if stop < len(text):
        parts.append("…")
    return _line("".join(parts))


def _line(text: str) -> str:
    return " ".join(text.split())
