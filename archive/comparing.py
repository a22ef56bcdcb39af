"""The copies of one document, each with the passages in which it differs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from sqlite_utils import Database

from archive.fold import Fold
from archive.indexing import fold_of

COPIES = 20
"""Copies that are compared; what is on more mirrors than a person reads is only counted."""

PASSAGES = 10
"""Passages shown of each copy."""

LONG = 400
"""Characters from which on the two sides of a passage are shown whole, not letter by letter: to compare
takes the square of the length."""

GAP = 2
"""Equal characters between two differences that are shown as one."""

LEFT = 12
"""Characters that are shown before a passage."""

_SENTENCE = re.compile(r"[^。！？!?\n]*[。！？!?\n]+|[^。！？!?\n]+")


@dataclass(frozen=True, slots=True)
class Passage:
    """Where two texts differ: what stands in the one and in the other, with what stands before it."""

    left: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of a document.  ``similarity``: the share of all characters that stand in passages of
    both.  ``passages``: the first differences, script and width aside; ``more``: how many there are besides."""

    document_id: int
    title: str | None
    url: str | None
    site: str | None
    date: str | None
    chars: int
    similarity: float
    is_canonical: bool
    is_earliest: bool
    is_longest: bool
    passages: tuple[Passage, ...]
    more: int


def copies_of(
    db: Database, document_id: int, limit: int = COPIES, passages: int = PASSAGES
) -> list[Copy]:
    """The other documents of a document's cluster, the most similar first; none where it has no copy.

    Of a cluster with more than ``limit`` others, the canonical one and the first by id.
    """
    row = db.execute(
        "SELECT text, cluster_id FROM documents WHERE id = ?", [document_id]
    ).fetchone()
    if row is None or row[1] is None:
        return []
    text, cluster_id = row
    fold = fold_of(db.conn)
    found = []
    for number, *fields, other in db.execute(
        "SELECT c.document_id, c.title, c.url, c.site, c.date, c.chars, c.is_canonical, c.is_earliest,"
        " c.is_longest, d.text FROM copies c JOIN documents d ON d.id = c.document_id"
        " WHERE c.cluster_id = ? AND c.document_id <> ?"
        " ORDER BY c.is_canonical DESC, c.document_id LIMIT ?",
        [cluster_id, document_id, limit],
    ):
        title, url, site, date, chars, canonical, earliest, longest = fields
        different = list(differences(text, other, fold))
        found.append(
            Copy(
                number, title, url, site, date, chars, _similarity(text, other, fold),
                bool(canonical), bool(earliest), bool(longest), tuple(different[:passages]), len(different[passages:]),
            )
        )  # fmt: skip
    return sorted(found, key=lambda copy: -copy.similarity)


def differences(one: str, other: str, fold: Fold) -> Iterator[Passage]:
    """The passages in which two texts differ, in their order.

    Traditional and Simplified, full and half width, and white space make no difference.  Sentences are compared
    first, then the characters of those that differ.
    """
    mine, theirs = _SENTENCE.findall(one), _SENTENCE.findall(other)
    places = _places(mine)
    matcher = SequenceMatcher(None, _keys(mine, fold), _keys(theirs, fold), autojunk=False)
    for tag, i, j, k, n in matcher.get_opcodes():
        if tag == "equal":
            continue
        # as many sentences on both sides are most likely the same ones, each a little different
        step = 1 if j - i == n - k else max(j - i, n - k)
        for at in range(0, max(j - i, n - k), step):
            before = "".join(mine[i + at : min(j, i + at + step)])
            after = "".join(theirs[k + at : min(n, k + at + step)])
            for start, end, passage in _within(before, after, fold):
                start, end = places[i + at] + start, places[i + at] + end
                yield Passage(one[max(0, start - LEFT) : start], one[start:end], passage)


def _within(one: str, other: str, fold: Fold) -> Iterator[tuple[int, int, str]]:
    """Each difference of two stretches: its place in the one, and what the other has there."""
    if not one or not other or max(len(one), len(other)) > LONG:
        if one.strip() or other.strip():
            yield 0, len(one), other
        return
    matcher = SequenceMatcher(None, fold(one), fold(other), autojunk=False)
    open_: list[int] | None = None
    for tag, i, j, k, n in matcher.get_opcodes():
        if tag == "equal":
            if open_ and j - i > GAP:
                yield open_[0], open_[1], other[open_[2] : open_[3]]
                open_ = None
        elif one[i:j].strip() or other[k:n].strip():
            open_ = [open_[0], j, open_[2], n] if open_ else [i, j, k, n]
    if open_:
        yield open_[0], open_[1], other[open_[2] : open_[3]]


def _keys(sentences: list[str], fold: Fold) -> list[str]:
    return ["".join(fold(sentence).split()) for sentence in sentences]


def _places(sentences: list[str]) -> list[int]:
    """Where each sentence begins, and where the last one ends."""
    places = [0]
    for sentence in sentences:
        places.append(places[-1] + len(sentence))
    return places


def _similarity(one: str, other: str, fold: Fold) -> float:
    from archive.minhash import grams, han, similarity

    first, second = han(one, fold), han(other, fold)
    if first.tobytes() == second.tobytes():
        return 1.0
    return similarity(grams(first), grams(second))
