"""Search: the documents that hold every word of a query, best first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from sqlite_utils import Database

from archive import indexing
from archive.errors import explained, path_of
from archive.fold import Fold, fold
from archive.index import MANY, match_expression, parse

MAX_LIMIT = 10_000

ENOUGH = 100
"""Documents that tell whether most have a character."""

BEFORE, LENGTH = 24, 80
"""Characters of a snippet before the first hit, and altogether: two lines of a terminal."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One document that was found.  ``score``: BM25, higher is better; only its order means
    something.  Of very many hits (index.MANY) it only says whether the title has all words."""

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
    empty.  ``limit`` is at most 10,000.  The order is BM25's, with weight on the title; of more than
    index.MANY documents those with all words in the title come first, and the newest of them.
    """
    with explained(path_of(db)):
        fold = indexing.fold_of(db.conn)
        found = _ordered(db, query, fold, max(0, min(limit, MAX_LIMIT)), max(0, offset))
        return [_hit(db, id, score, query, fold) for id, score in found]


def _hit(db: Database, document_id: int, score: float, query: str, fold: Fold) -> Hit:
    url, title, text = db.execute(
        "SELECT url, title, text FROM documents WHERE id = ?", [document_id]
    ).fetchone()
    return Hit(document_id, url, title, snippet(text, query, fold), float(f"{score:.6g}"))


def _ordered(
    db: Database, query: str, fold: Fold, limit: int, offset: int
) -> list[tuple[int, float]]:
    """Ids and scores of the documents that hold all words, in order."""
    match = match_expression(query, fold)
    newest = _newest(db, query, fold, match)
    first = list(islice(newest, MANY + 1))
    if len(first) <= MANY:
        return db.execute(
            "SELECT rowid, -rank FROM documents_fts WHERE documents_fts MATCH ?"
            " ORDER BY rank, rowid LIMIT ? OFFSET ?",
            [match, limit, offset],
        ).fetchall()
    titled = dict.fromkeys(
        row[0]
        for row in db.execute(
            "SELECT rowid FROM documents_fts WHERE documents_fts MATCH ? ORDER BY rowid DESC LIMIT ?",
            [match_expression(query, fold, in_title=True), offset + limit],
        )
    )
    others = (id for id in chain(first, newest) if id not in titled)
    scored = chain(((id, 1.0) for id in titled), ((id, 0.0) for id in others))
    return list(islice(scored, offset, offset + limit))


def _newest(db: Database, query: str, fold: Fold, match: str) -> Iterator[int]:
    """The ids of the documents that hold all words, the newest first.

    For one character the index must bring together all pairs that begin with it.  Of one that most documents
    have that takes 4 µs a document, and reading the newest of them is quicker.
    """
    below = 2**63 - 1
    terms = list(parse(query, fold))
    if len(terms) == 1 and len(terms[0].text) == 1 and not (terms[0].exclude or terms[0].field):
        read = _reading(db, terms[0].text)
        if len(read) > MANY:
            yield from read
            below = read[-1]
    rows = db.execute(
        "SELECT rowid FROM documents_fts WHERE documents_fts MATCH ? AND rowid < ? ORDER BY rowid DESC",
        [match, below],
    )
    yield from (row[0] for row in rows)


def _reading(db: Database, character: str) -> list[int]:
    """The newest documents that hold a folded character, one more than MANY; fewer where it is not in most."""
    rows = db.execute("SELECT character FROM zh_map WHERE folded = ?", [character])
    forms = re.compile("[" + re.escape(character + "".join(row[0] for row in rows)) + "]")
    found: list[int] = []
    for seen, (document_id, title, text) in enumerate(
        db.execute("SELECT id, title, text FROM documents ORDER BY id DESC")
    ):
        if seen >= ENOUGH and 2 * len(found) < seen:
            break
        if forms.search(text) or forms.search(title or ""):
            found.append(document_id)
            if len(found) > MANY:
                break
    return found


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
