"""How text and queries become words of the full-text index.

FTS5 knows no Chinese words, so the index holds pairs: every character of the folded text that
is not white space starts one token, of itself and the character after it (alone, where white space
or the end follows).  ``催收率 AI`` is ``催收 收率 率 ai i``.  A piece of text without white space then
occurs exactly where its pairs occur one after another, and a single character where a token starts
with it: a search finds the same rows as comparing the folded text letter by letter would.  Letters,
digits and punctuation are no exception, so ``2.0``, ``***`` and a part of a number are found as well.
The tokenizer is SQLite's ``ascii``: everything beyond ASCII belongs to a word, whatever Unicode
version SQLite knows (the fold has taken ASCII punctuation there).

The same rules stand in SQL in search_schema.py; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from archive.fold import Fold, fold

EVERY = "\U0010fffd"
"""The token that every title has, so that a query of exclusions alone has rows to exclude from.
A private-use character of the last plane: no text is likely to hold it."""

NOTHING = '""'
"""A MATCH expression that is valid and has no rows."""

_TERM = re.compile(r'(-?)"([^"]*)"|([^\s"]+)')


class Term(NamedTuple):
    """One part of a query: text to be found literally, or with ``exclude`` to be missing."""

    text: str
    exclude: bool


def bigrams(text: str, fold: Fold = fold) -> str:
    """The tokens of a text, one blank between them."""
    return " ".join(token for run in fold(text).split() for token in _tokens(run))


def index_title(title: str | None, fold: Fold = fold) -> str:
    """The tokens of a title, after the one that every title has."""
    return f"{EVERY} {bigrams(title, fold)}" if title else EVERY


def parse(query: str, fold: Fold = fold) -> Iterator[Term]:
    """The parts of what a person typed, folded: words, "phrases", -without.  Never fails.

    White space separates words; all must be found.  A quote without its partner is a blank.
    """
    if query.count('"') % 2:
        head, _, tail = query.rpartition('"')
        query = f"{head} {tail}"
    for minus, phrase, word in _TERM.findall(query):
        exclude = bool(minus) or (len(word) > 1 and word.startswith("-"))
        text = fold(phrase or word[exclude and not minus :]).strip(" ")
        if text:
            yield Term(text, exclude)


def _tokens(run: str) -> list[str]:
    """The tokens of folded text without white space."""
    return [*map("".join, pairwise(run)), run[-1]]


def _phrase(text: str) -> str:
    """The FTS5 phrase that a term's folded text must contain: its last character may stand before
    any other, so it is no token of its own, and alone it is the beginning of one."""
    *whole, last = text.split()
    tokens = [token for run in whole for token in _tokens(run)]
    tokens += _tokens(last)[:-1] or [last]
    return f'"{" ".join(tokens)}"' + ("*" if len(last) == 1 else "")


def match_expression(query: str, fold: Fold = fold) -> str:
    """The FTS5 MATCH expression for what a person typed; valid for every string."""
    terms = list(parse(query, fold))
    if not terms:
        return NOTHING
    wanted = " AND ".join(_phrase(t.text) for t in terms if not t.exclude) or f'"{EVERY}"'
    unwanted = " OR ".join(_phrase(t.text) for t in terms if t.exclude)
    return f"({wanted}) NOT ({unwanted})" if unwanted else wanted
