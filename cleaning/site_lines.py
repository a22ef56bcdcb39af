"""Which lines repeat on the pages of one site, at their beginning and at their end: what was counted.

A line is known by a hash of what it says.  :mod:`cleaning.site_counter` counts.

>>> SiteLines(8, {line_key("网站首页"): 8}, {}).share_at_head("网站 首頁")
1.0
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

import msgspec

from cleaning.han import to_simplified
from cleaning.normal_view import normal_view

WINDOW = 64
"""Lines at either end of a page that are counted, blank ones aside.  The 52 measured pages have,
as lines, a median of 27 above their text and 40 below; 64 hold all of them on three pages in four."""

MAX_LINE = 240
MAX_SENTENCE = 60
"""Characters of a line that can be a site's own, notes included: menus on one line are long, and
a sentence with a telephone number is short."""

Key = int
"""The stable 64-bit hash of a line; 0 for one without letters."""


def site_of(url: str | None, folder: str | None = None) -> str | None:
    """The site of a page: the host of its URL, else the folder of its file.

    >>> site_of("https://WWW.Example.com:8080/a"), site_of(None, "texts/b"), site_of(None)
    ('example.com', 'folder texts/b', None)
    """
    if url:
        try:
            host = urlsplit(url).hostname
        except ValueError:
            host = None
        if host:
            return _storable(host.removeprefix("www."))
    return _storable(f"folder {folder}") if folder else None


def _storable(name: str) -> str:
    """A file's name may hold bytes that are no UTF-8, and a URL may hold anything."""
    return name.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def line_key(line: str) -> Key:
    """The hash of what a line says: without notes, blanks and marks, in Simplified, with a number of
    up to five digits as 0: page counts and years do not keep two lines apart, telephones do."""
    if is_too_long(line):
        return 0
    if "(" in line or "（" in line:
        line = normal_view(line).text
    return _key_of(line.translate(FOLD))


def line_keys(lines: Sequence[str]) -> list[Key]:
    """The keys of many lines, none of them too long: of 64 lines ten times as fast as one by one."""
    noted = [normal_view(line).text if "(" in line or "（" in line else line for line in lines]
    return list(map(_key_of, folded(noted)))


def is_too_long(line: str) -> bool:
    """Whether a line cannot be a site's own by its length."""
    return len(line) > (MAX_SENTENCE if line.endswith(("。", "；")) else MAX_LINE)


@lru_cache(1 << 14)
def _key_of(letters: str) -> Key:
    return hash_of(letters if letters.isalpha() else _NUMBER.sub("0", letters))


_NUMBER = re.compile(r"(?<!\d)\d{1,5}(?!\d)")


class _Fold(dict[int, str]):
    """What becomes of a character, found out when it is first met; there are at most 1.1 million."""

    def __missing__(self, code: int) -> str:
        character = to_simplified().get(code, chr(code))
        if character.isdigit():
            folded = str(unicodedata.digit(character))
        elif character == "著":
            folded = "着"  # convert_script tells them apart, and a count before it cannot
        else:
            folded = character.lower() if character.isalpha() else ""
        self[code] = folded
        return folded


FOLD = _Fold()


def folded(lines: Sequence[str]) -> list[str]:
    """Lines without line ends, each translated by FOLD: 64 of them ten times as fast as one by one."""
    text = "\n".join(lines)
    if not lines or "İ" in text:  # the one character that becomes two
        return [line.translate(FOLD) for line in lines]
    import numpy as np

    table = _table()
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    letters = table[codes]
    if (unknown := letters == UNKNOWN).any():
        for code in np.unique(codes[unknown]).tolist():
            table[code] = ord(FOLD[code] or "\0")
        letters = table[codes]
    kept: bytes = letters[letters != 0].tobytes()
    return kept.decode("utf-32-le", "surrogatepass").split("\n")


UNKNOWN = 1 << 24


@cache
def _table() -> Any:
    """FOLD as an array, 0 for what goes, UNKNOWN for what has not been asked for; 4.5 MB."""
    import numpy as np

    table = np.full(0x110000, UNKNOWN, np.uint32)
    table[ord("\n")] = ord("\n")
    return table


def hash_of(letters: str) -> Key:
    if not letters:
        return 0
    data = letters.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class SiteLines:
    """The lines that repeat on a site's pages: ``pages`` distinct ones were counted, ``head`` and
    ``tail`` say on how many of them a line (by its key) stands at that end."""

    pages: int
    head: dict[Key, int]
    tail: dict[Key, int]

    def share_at_head(self, line: str) -> float:
        return self.head.get(line_key(line), 0) / self.pages

    def share_at_tail(self, line: str) -> float:
        return self.tail.get(line_key(line), 0) / self.pages


@dataclass(frozen=True)
class Statistics:
    """The repeated lines of many sites, packed, as a hundred thousand sites stay in memory."""

    packed: Mapping[str, bytes] = field(default_factory=dict)

    def lines(self, site: str | None) -> SiteLines | None:
        """The lines of a site, None where nothing is decided about it."""
        return self._unpacked(site) if site in self.packed else None

    @cached_property
    def _unpacked(self):  # type: ignore[no-untyped-def]
        return lru_cache(256)(self._unpack)

    def _unpack(self, site: str) -> SiteLines:
        return msgspec.msgpack.decode(self.packed[site], type=SiteLines)

    def encode(self) -> bytes:
        return msgspec.msgpack.encode(dict(self.packed))

    @classmethod
    def decode(cls, data: bytes) -> Statistics:
        return cls(msgspec.msgpack.decode(data, type=dict[str, bytes]))
