"""The fold of a search: every character becomes the one that stands for all its forms.

One character for one, without context: text and query can never disagree, and a place in the
folded text is the same place in the original.  A fold is no conversion and is never shown.
The table ``zh_map.tsv`` is made by ``benchmarks/make_zh_map.py`` from OpenCC's dictionaries
(Apache-2.0) and Unicode; each archive holds it as the table ``zh_map``.

>>> fold("網貸、AI着") == fold("网贷、ai著")
True
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

_UNSTORABLE = {0: " "} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
"""NUL, and lone surrogates, which stand as U+FFFD in an archive's columns (see records.py)."""


@cache
def _file() -> str:
    return (files("archive") / "zh_map.tsv").read_text("utf-8")


@cache
def zh_map() -> Mapping[str, str]:
    """Every character that folds to another one, about 9,900 entries."""
    entries: dict[str, str] = {}
    for line in _file().splitlines():
        if not line.startswith("#"):
            fold, members = (part.encode("ascii", "backslashreplace") for part in line.split("\t"))
            to = fold.decode("unicode_escape")
            entries |= dict.fromkeys(members.decode("unicode_escape"), to)
    return entries


@cache
def version() -> str:
    """Which fold this is; an archive that was indexed with another one must be indexed again."""
    return hashlib.sha256(_file().encode()).hexdigest()[:16]


@cache
def _table() -> dict[int, str]:
    return {ord(character): to for character, to in zh_map().items()} | _UNSTORABLE


Fold = Callable[[str], str]
"""A fold: a text of the same length, white space as blanks."""


def fold(text: str) -> str:
    """The text with every character folded; of the same length.  White space becomes blanks."""
    return text.translate(_table())


def fold_by(entries: Mapping[str, str]) -> Fold:
    """The fold of a table from elsewhere, such as an archive that another version has indexed."""
    table = {ord(character): to for character, to in entries.items()} | _UNSTORABLE
    return lambda text: text.translate(table)
