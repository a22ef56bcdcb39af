"""The codecs that Chinese pages are wrongly read with, turned round: from characters to bytes.

Each knows which characters it can have shown, and which bytes it shows none for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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
        return b"".join(
            part.encode("gb18030") if number % 2 == 0 else b"\x80" if part == "€" else LOST
            for number, part in enumerate(_NO_PAIR.split(text))
        )

    def boundaries(self, text: str) -> list[int]:
        """The byte offset of every character of a run, and of its end."""
        if not self.is_pairs:
            return list(range(len(text) + 1))
        sizes = (1 if char < "\x80" or char in "€\ufffd" else 2 for char in text)
        return list(accumulate(sizes, initial=0))


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
