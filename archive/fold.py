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
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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


class Fold:
    """A fold: called with a text it gives one of the same length, white space as blanks.

    ``entries`` is asked for every character that folds to another one, when the first text comes.
    """

    def __init__(self, entries: Callable[[], Mapping[str, str]]) -> None:
        self._entries = entries

    def __call__(self, text: str) -> str:
        """The text with every character folded."""
        return text.translate(self._table)

    @cached_property
    def _table(self) -> dict[int, str]:
        return {ord(character): to for character, to in self._entries().items()} | _UNSTORABLE

    @cached_property
    def code_points(self) -> NDArray[np.uint32]:
        """For each code point that which it folds to: numpy folds a text forty times as fast by it."""
        import numpy as np  # a search needs none

        codes = np.arange(0x110000, dtype=np.uint32)
        codes[list(self._table)] = [ord(to) for to in self._table.values()]
        return codes


fold = Fold(zh_map)
"""The fold of this program."""


def fold_by(entries: Mapping[str, str]) -> Fold:
    """The fold of a table from elsewhere, such as an archive that another version has indexed."""
    return Fold(lambda: entries)
