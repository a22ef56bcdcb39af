"""How text and queries become words of the full-text index.

FTS5 knows no Chinese words, so the index holds pairs: every character of the folded text that
is not white space starts one token, of itself and the character after it (alone, where white space
or the end follows).  ``催收率 AI`` is ``催收 收率 率 ai i``.  A piece of text without white space then
occurs exactly where its pairs occur one after another, and a single character where a token starts
with it: a search finds the same rows as comparing the folded text letter by letter would.  Letters,
digits and punctuation are no exception, so ``2.0``, ``***`` and a part of a number are found as well.
The tokenizer is SQLite's ``ascii``: everything beyond ASCII belongs to a word, whatever Unicode
version SQLite knows (the fold has taken ASCII punctuation there).

What a search can be narrowed to, ``site:``, ``date:`` and ``damage:``, stands in a third column, one token for each: a
private-use character that says which field it is, and the folded value without white space.

The same rules stand in SQL in search_schema.py; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from archive.fold import Fold, fold

EVERY = "\U0010fffd"
"""The token that every document has, so that a query of exclusions alone has rows to exclude from.
A private-use character of the last plane, as those of FIELDS: no text is likely to hold it."""

FIELDS = {"site": "\U0010fffc", "date": "\U0010fffb", "damage": "\U0010fffa"}
"""What stands before the value of a field, as a person types it and as a token has it.  ``site`` is the name
of the site or the host, ``date`` a year, month or day, ``damage`` a kind of edit or label."""

MANY = 2_000
"""Hits from which on BM25 does not order them: those with all words in the title come first then, and of these
and of the others the newest.  BM25 takes 1.3 µs for each (measured up to 30,000 hits), and tells little apart there:
the word is everywhere."""

NOTHING = '""'
"""A MATCH expression that is valid and has no rows."""

_COLON, _STAR = fold(":"), fold("*")
_BLANK = ord(" ")
_PREFIXED = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")

_TERM = re.compile(r'(-?)"([^"]*)"|([^\s"]+)')


class Term(NamedTuple):
    """One part of a query: text to be found literally, or with ``exclude`` to be missing.

    ``field``: the name of FIELDS where the text is that field's value.
    """

    text: str
    exclude: bool
    field: str | None = None


def bigrams(text: str, fold: Fold = fold) -> str:
    """The tokens of a text, one blank between them."""
    import numpy as np  # a search needs none

    # a blank after each character makes three columns: the character, the next one, a blank
    codes = np.frombuffer((text + " ").encode("utf-32-le", "surrogatepass"), np.uint32)
    characters = fold.code_points[codes]
    table = np.full((len(characters) - 1, 3), _BLANK, np.uint32)
    table[:, 0] = characters[:-1]
    table[:, 1] = characters[1:]
    table = table[table[:, 0] != _BLANK]
    is_wanted = table != _BLANK
    is_wanted[:, 2] = True
    tokens: str = table[is_wanted].tobytes().decode("utf-32-le")
    return tokens[:-1]


def index_fields(
    fold: Fold, site: str | None, host: str | None, date: str | None, damage: str | None
) -> str:
    """The tokens of what a search can be narrowed to; ``damage``: kinds with blanks between them."""
    bare = host[4:] if host and host.startswith("www.") else None
    values = [("site", site), ("site", host), ("site", bare), ("date", date)]
    values += [("damage", kind) for kind in (damage or "").split(" ")]
    folded = ((name, "".join(fold(value).split())) for name, value in values if value)
    return " ".join([EVERY, *(FIELDS[name] + value for name, value in folded if value)])


def parse(query: str, fold: Fold = fold) -> Iterator[Term]:
    """The parts of what a person typed, folded: words, "phrases", -without.  Never fails.

    White space separates words; all must be found.  A quote without its partner is a blank.
    ``site:``, ``date:`` and ``damage:`` before a word narrow the search to a field; a ``*`` at the end of a
    Latin word or a number, which is found at the beginning of a longer one anyway, says nothing.
    """
    if query.count('"') % 2:
        head, _, tail = query.rpartition('"')
        query = f"{head} {tail}"
    for minus, phrase, word in _TERM.findall(query):
        exclude = bool(minus) or (len(word) > 1 and word.startswith("-"))
        text = fold(phrase or word[exclude and not minus :]).strip(" ")
        if word and len(text) > 1 and text[-1] == _STAR and text[-2] in _PREFIXED:
            text = text[:-1]
        name, _, value = text.partition(_COLON)
        if word and name in FIELDS and value:
            yield Term(value, exclude, name)
        elif text:
            yield Term(text, exclude)


def _tokens(run: str) -> list[str]:
    """The tokens of folded text without white space."""
    return [*map("".join, pairwise(run)), run[-1]]


def _phrase(term: Term) -> str:
    """The FTS5 phrase that a term's folded text must contain: its last character may stand before
    any other, so it is no token of its own, and alone it is the beginning of one.  The beginning of a date
    is enough."""
    if term.field:
        return f'"{FIELDS[term.field]}{term.text}"' + "*" * (term.field == "date")
    *whole, last = term.text.split()
    tokens = [token for run in whole for token in _tokens(run)]
    tokens += _tokens(last)[:-1] or [last]
    return f'"{" ".join(tokens)}"' + ("*" if len(last) == 1 else "")


def match_expression(query: str, fold: Fold = fold, *, in_title: bool = False) -> str:
    """The FTS5 MATCH expression for what a person typed; valid for every string.

    ``in_title``: for those documents alone that have all its words in the title.
    """
    terms = list(parse(query, fold))
    if not terms:
        return NOTHING
    title = "title : " if in_title else ""
    phrases = [("" if t.field else title) + _phrase(t) for t in terms if not t.exclude]
    wanted = " AND ".join(phrases) or f'"{EVERY}"'
    unwanted = " OR ".join(_phrase(t) for t in terms if t.exclude)
    return f"({wanted}) NOT ({unwanted})" if unwanted else wanted
