"""The log of a document's edits, kept small: what is the same on every page of a site stands once.

A damaged page has some 1,500 edits of a few hundred sorts.  Each sort is a row of ``changes``; of an edit
its place and its sort are left, three characters of a string: the mirror page of the tests has 757 edits in
39 % of the bytes of its text as read.  Plain SQL reads it (the view ``edits``), since ``substr`` and
``unicode`` are all that it takes.

A number is a character, or two: ``n // 126`` and ``n % 126``, each plus one, so that most take one byte of
UTF-8 and none is a NUL; the surrogates, which are no characters, are stepped over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

BASE = 126
"""Of the two digits of a number: with the one that is added, both are ASCII up to 15,875."""

PART = 1000
"""Edits of a row.  SQLite walks a string from its start for each character that is asked for, so the view
takes 15 ms for a row of this size, and a hundred times that for one of ten times the size."""

_SURROGATES, _AFTER = 0xD800, 0xE000


class Part(NamedTuple):
    """A row of ``edit_log``: edits ``first`` to ``first + size - 1`` of a document's log.

    ``sorts``: two characters for the id of each sort in it.  ``log``: three for each edit: which of
    ``sorts``, from 0, and two for its start.
    """

    first: int
    size: int
    sorts: str
    log: str


def encode(log: Sequence[tuple[int, int]]) -> Iterator[Part]:
    """The rows for a log of (start, id of the sort)."""
    edits = iter(log)
    first = 0
    while part := list(islice(edits, PART)):
        # the most frequent sorts first: they get the numbers that take one byte
        sorts = [sort for sort, _ in Counter(sort for _, sort in part).most_common()]
        place = {sort: _digit(n) for n, sort in enumerate(sorts)}
        yield Part(
            first,
            len(part),
            "".join(map(_pair, sorts)),
            "".join([place[sort] + _pair(start) for start, sort in part]),
        )
        first += len(part)


def decode(parts: Sequence[Part]) -> Iterator[tuple[int, int]]:
    """The log of rows in their order, as :func:`encode` had it."""
    for part in parts:
        sorts = [*_numbers(part.sorts)]
        for which, start in zip(part.log[::3], _numbers(part.log, 1, 3), strict=True):
            yield start, sorts[_value(which)]


def sorts_of(sorts: str) -> Iterator[int]:
    """The ids in a column ``sorts``."""
    return _numbers(sorts)


def _digit(number: int) -> str:
    code = number + 1
    return chr(code if code < _SURROGATES else code + _AFTER - _SURROGATES)


def _pair(number: int) -> str:
    high, low = divmod(number, BASE)
    return _digit(high) + chr(low + 1)


def _value(digit: str) -> int:
    code = ord(digit)
    return (code if code < _SURROGATES else code - _AFTER + _SURROGATES) - 1


def _numbers(digits: str, start: int = 0, step: int = 2) -> Iterator[int]:
    highs, lows = digits[start::step], digits[start + 1 :: step]
    return (_value(high) * BASE + ord(low) - 1 for high, low in zip(highs, lows, strict=True))


# the same in SQL


def _value_sql(digit: str) -> str:
    gap = _AFTER - _SURROGATES
    return f"(unicode({digit}) - iif(unicode({digit}) < {_AFTER}, 1, {gap + 1}))"


def _number_sql(digits: str, at: str) -> str:
    high, low = f"substr({digits}, {at}, 1)", f"substr({digits}, {at} + 1, 1)"
    return f"({_value_sql(high)} * {BASE} + unicode({low}) - 1)"


def _each(count: str) -> str:
    """A table whose ``key`` counts from 0; ``generate_series`` is not in every SQLite."""
    return f"json_each('[0' || replace(hex(zeroblob({count} - 1)), '00', ',0') || ']')"


_WHICH = _value_sql("substr(l.log, 3 * n.key + 1, 1)")

TABLES = f"""
CREATE TABLE edit_log (         -- the edits of a text, three characters each (view edits reads them)
    document_id INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    first INTEGER NOT NULL,     -- position of the first edit of this row
    size INTEGER NOT NULL,      -- edits of this row, up to {PART}
    sorts TEXT NOT NULL,        -- ids of changes, two characters each
    log TEXT NOT NULL,          -- for each edit: which of sorts, and two characters for its start
    PRIMARY KEY (document_id, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE field_log (        -- the edits of other fields, after those of the text
    document_id INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    field TEXT NOT NULL,        -- title, links.3.text
    "start" INTEGER NOT NULL,
    change_id INTEGER NOT NULL REFERENCES changes (id),
    PRIMARY KEY (document_id, position)
) STRICT, WITHOUT ROWID;
CREATE VIEW edits AS
    SELECT e.document_id, e.position, NULL AS field, c.kind, e."start",
        e."start" + length(c.before) AS "end", c.before, c.after, c.rule, c.confidence
    FROM (SELECT l.document_id, l.first + n.key AS position,
            {_number_sql("l.log", "3 * n.key + 2")} AS "start",
            {_number_sql("l.sorts", f"2 * {_WHICH} + 1")} AS change_id
        FROM edit_log l JOIN {_each("l.size")} n) e
    JOIN changes c ON c.id = e.change_id
    UNION ALL
    SELECT f.document_id, f.position, f.field, c.kind, f."start",
        f."start" + length(c.before), c.before, c.after, c.rule, c.confidence
    FROM field_log f JOIN changes c ON c.id = f.change_id;
"""
