"""A normal view of damaged text, to look for marker words in, with the way back to the original.

A mirror writes 發(fā)布時(shí)間 for 发布时间.  The view drops the notes, folds Traditional characters
to Simplified and wide marks to narrow ones; what is found in it is cut from the original text,
so a field keeps the characters of the page and a later step repairs it with the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from cleaning.han import HAN, TONED, in_simplified, simplified

NOTE = re.compile(rf"(?<=[{HAN}])(?:[(（][ ]?[a-zü{TONED}]{{1,7}}[ ]?[)）])+")
"""Readings in parentheses after a character; damage.md section 2 has their forms."""

_WIDE = tuple(zip("：｜　\xa0（）【】", ":|  ()[]", strict=True))


@dataclass(slots=True)  # not frozen: a page makes a hundred, and that takes three times as long
class View:
    """The view of a text, and for each of its places the place in the original."""

    text: str
    original: str
    starts: tuple[int, ...] | None
    """None where every character stands at its own place."""

    def cut(self, start: int, end: int) -> str:
        """The original text of a span of the view; a note belongs to the character before it."""
        if self.starts is None:
            return self.original[start:end]
        return self.original[self.starts[start] : self.starts[end]]


def normal_view(text: str) -> View:
    """The view of a line.  Linear in its length."""
    starts: tuple[int, ...] | None = None
    seen = text
    if "(" in text or "（" in text:
        places: list[int] = []
        parts: list[str] = []
        at = 0
        for note in NOTE.finditer(text):
            parts.append(text[at : note.start()])
            places += range(at, note.start())
            at = note.end()
        if at:
            parts.append(text[at:])
            places += range(at, len(text) + 1)
            starts, seen = tuple(places), "".join(parts)
    return View(folded(seen), text, starts)


def folded(text: str) -> str:
    """One character for one: Simplified, narrow marks."""
    if text.isascii() or not _foldable().search(text):
        return text
    for wide, narrow in _WIDE:
        if wide in text:
            text = text.replace(wide, narrow)
    return in_simplified(text)


@cache
def _foldable() -> re.Pattern[str]:
    """Finds one character that :func:`folded` changes."""
    changed = (*simplified(), *(wide for wide, _ in _WIDE))
    return re.compile(f"[{''.join(sorted(changed))}]")


def plain(text: str) -> str:
    """Only the letters, digits and characters of the view: for comparing two titles."""
    if "(" in text or "（" in text:
        text = NOTE.sub("", text)
    return _NO_LETTERS.sub("", folded(text)).lower()


_NO_LETTERS = re.compile(r"[\W_]+")
