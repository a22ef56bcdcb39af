"""The codecs that Chinese pages are wrongly read with, turned round: from characters to bytes.

Each knows which characters it can have shown, and which bytes it shows none for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Final

from cleaning import gbk

CONTINUATION: Final = bytes(range(0x80, 0xC0))
LOST: Final = b"\xff"
"""Stands for U+FFFD among the bytes of a run; no codec here shows a character for 0xFF."""
_NO_PAIR = re.compile("([€\ufffd])")


def char_class(chars: Iterable[str]) -> str:
    """The inside of a character class, as ranges; it stays in the basic plane for speed."""
    codes = sorted({ord(char) for char in chars})
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(
        re.escape(chr(a)) if a == b else f"{re.escape(chr(a))}-{re.escape(chr(b))}"
        for a, b in ranges
    )


@dataclass(frozen=True, slots=True)
class WrongCodec:
    """A codec that text may have been read with.

    ``run`` matches characters that it can have shown, ``unshown`` are the UTF-8 continuation
    bytes that it has no character for, ``is_pairs`` says that it reads bytes in pairs.
    """

    name: str
    run: re.Pattern[str]
    to_latin: dict[int, int]
    unshown: bytes
    is_pairs: bool = False

    def encode(self, text: str) -> bytes:
        """The bytes of a run, with :data:`LOST` for U+FFFD."""
        if not self.is_pairs:
            return text.translate(self.to_latin).encode("latin-1")
        if "€" not in text and "\ufffd" not in text:
            return text.encode("gb18030")
        return b"".join(_with_euros(text))

    def boundaries(self, text: str) -> list[int]:
        """The byte offset of every character of a run, and of its end."""
        if not self.is_pairs:
            return list(range(len(text) + 1))
        sizes: list[int] = []
        parts = _NO_PAIR.split(text)
        for part, data in zip(parts, _with_euros(text), strict=True):
            sizes += [len(data)] if part in ("€", "\ufffd") else (2 - (c < "\x80") for c in part)
        return list(accumulate(sizes, initial=0))


def _with_euros(text: str) -> Iterator[bytes]:
    """The bytes of GBK characters, with every other part that of one euro sign or U+FFFD.

    Browsers show the sign for byte 0x80 and for A2 E3: the latter if it ends a character of
    UTF-8 and begins the next.
    """
    parts = _NO_PAIR.split(text)
    tail = b""
    for number, part in enumerate(parts):
        if number % 2 == 0:
            data = part.encode("gb18030")
        elif part != "€":
            data = LOST
        else:
            behind = parts[number + 1][:1].encode("gb18030")
            is_pair = _NEEDS_ONE.search(tail) and behind[:1] in CONTINUATION and behind != b""
            data = b"\xa2\xe3" if is_pair else b"\x80"
        tail = (tail + data)[-3:]
        yield data


_NEEDS_ONE = re.compile(rb"[\xe0-\xef][\x80-\xbf]\Z")


def _single(name: str, codec: str, *, with_controls: bool = False) -> WrongCodec:
    table: dict[int, int] = {}
    unshown = bytearray()
    for byte in range(0x80, 0xFF):
        char = bytes((byte,)).decode(codec, "replace")
        if char != "\ufffd":
            table[ord(char)] = byte
        elif byte < 0xC0:
            unshown.append(byte)
        if with_controls:
            table.setdefault(byte, byte)
    run = re.compile(f"[\x00-\x7f\ufffd{char_class(map(chr, table))}]+")
    table[0xFFFD] = LOST[0]
    return WrongCodec(name, run, table, bytes(unshown))


@cache
def wrong_codec(name: str) -> WrongCodec:
    """One of gbk, latin (cp1252 and Latin-1 mixed), cp1250, mac, cp437.

    GBK is Windows' table: the euro sign for byte 0x80, private characters for its user's rows.
    """
    if name == "gbk":
        chars = {
            char
            for lead in gbk.LEADS
            for trail in gbk.TRAILS
            if len(char := bytes((lead, trail)).decode("gb18030", "replace")) == 1
        }
        run = re.compile(f"[\x00-\x7f€\ufffd{char_class(chars)}]+")
        return WrongCodec(name, run, {}, b"", is_pairs=True)
    if name == "latin":
        return _single(name, "cp1252", with_controls=True)
    return _single(name, {"cp1250": "cp1250", "mac": "mac_roman", "cp437": "cp437"}[name])


def is_unpaired(first: int, second: int) -> bool:
    """Whether a GBK reader fails on two bytes."""
    return first << 8 | second not in gbk.pairs()
