"""Forward models of damage done to bytes: shifted GBK (damage.md, section 3), mojibake (section 6).

Everything here is text → text: encoded, damaged, read again by a decoder that shows what it
cannot read in one of four ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from typing import Literal
from urllib.parse import quote

Hole = Literal["?", "\ufffd", "", "keep"]
"""How a decoder shows an invalid pair: as ``?`` or U+FFFD for both bytes, not at all, or as ``?``
for the first byte with an ASCII second byte kept."""

HOLES: tuple[Hole, ...] = ("?", "\ufffd", "", "keep")


@cache
def _pair(first: int, second: int) -> str:
    """The character of a GBK pair, or an empty string."""
    try:
        char = bytes((first, second)).decode("gbk")
    except UnicodeDecodeError:
        return ""
    return char if len(char) == 1 else ""


def read_gbk(data: bytes, hole: Hole = "?") -> str:
    """Read bytes as GBK the way lenient decoders do: an invalid pair is consumed whole."""
    out: list[str] = []
    at = 0
    while at < len(data):
        first = data[at]
        if first < 0x80:
            out.append(chr(first))
            at += 1
            continue
        if at + 1 == len(data):
            out.append("?" if hole == "keep" else hole)
            break
        second = data[at + 1]
        if char := _pair(first, second):
            out.append(char)
            at += 2
        elif hole == "keep":
            out.append("?")
            at += 1 if second < 0x80 else 2
        else:
            out.append(hole)
            at += 2
    return "".join(out)


_NOT_GBK = re.compile("([•©])")


def shift_notes(text: str, notes: Mapping[str, str], hole: Hole = "?") -> str:
    """Notes put in by a byte-wise search-and-replace that does not respect the pairs of GBK."""
    table = {char.encode("gbk"): note.encode("gbk") for char, note in notes.items()}
    # What GBK lacks stands on such pages as a character reference, so it splits the bytes.
    parts = _NOT_GBK.split(text)
    return "".join(
        part if number % 2 else read_gbk(_replaced(part.encode("gbk"), table), hole)
        for number, part in enumerate(parts)
    )


def _replaced(data: bytes, table: Mapping[bytes, bytes]) -> bytes:
    out = bytearray()
    at = 0
    while at < len(data):
        note = table.get(data[at : at + 2])
        if note is None:
            out.append(data[at])
            at += 1
        else:
            out += data[at : at + 2] + note
            at += 2
    return bytes(out)


_FILTERED = frozenset(b"\xac\xba\xbb\xbf\xa1\xa8\xa9")
"""Second bytes of ，：；？！（） in row A3: the marks that a filter on the page rewrites."""


def shift_lead(text: str, rng: Random) -> str:
    """Lead bytes lost, each shown as ``?``; what follows is out of step until an ASCII byte.

    Three pages in four have a filter that takes the end of one character and the start of the
    next for a mark (A3 BB in ``。基`` is ；) and cuts off the byte before; there the lost byte may
    be any, but is most often the A1 of 。.  The rest lose leads of rows A1 and A3 here and there.
    Each line is a text of its own.
    """
    with_filter = rng.random() < 0.75
    lines = []
    for line in text.split("\n"):
        data = bytearray(line.encode("gbk"))
        # A pair at the end of a line has nothing to push out of step.
        pairs = _pair_starts(data)[:-1]
        if with_filter:
            hit = [p for p in pairs if data[p + 1] == 0xA3 and data[p + 2] in _FILTERED]
        else:
            hit = [p for p in pairs if data[p] in (0xA1, 0xA3)]
            hit = [rng.choice(hit)] if hit and rng.random() < 0.3 else []
        for place in hit:
            data[place] = ord("?")
        lines.append(read_gbk(bytes(data)))
    return "\n".join(lines)


def _pair_starts(data: bytes | bytearray) -> list[int]:
    starts, at = [], 0
    while at < len(data):
        if data[at] >= 0x80:
            starts.append(at)
            at += 1
        at += 1
    return starts


def read_latin(data: bytes) -> str:
    """Read bytes as cp1252 the way browsers do: its five unassigned bytes are C1 controls."""
    out = []
    for byte in data:
        try:
            out.append(bytes((byte,)).decode("cp1252"))
        except UnicodeDecodeError:
            out.append(chr(byte))
    return "".join(out)


def _write_latin(text: str) -> bytes:
    out = bytearray()
    for char in text:
        try:
            out += char.encode("cp1252")
        except UnicodeEncodeError:
            out.append(ord(char))
    return bytes(out)


def _each(form: Callable[[int], str]) -> Callable[[str], str]:
    return lambda text: "".join(form(ord(c)) if ord(c) > 0x7F else c for c in text)


CHAINS: Mapping[str, Callable[[str], str]] = {
    "utf8 as gbk": lambda s: read_gbk(s.encode("utf-8"), "?"),
    "utf8 as gbk, U+FFFD": lambda s: read_gbk(s.encode("utf-8"), "\ufffd"),
    "utf8 as cp1252": lambda s: read_latin(s.encode("utf-8")),
    "utf8 as latin1": lambda s: s.encode("utf-8").decode("latin-1"),
    "utf8 as cp1252 twice": lambda s: read_latin(read_latin(s.encode("utf-8")).encode("utf-8")),
    "gbk as cp1252": lambda s: read_latin(s.encode("gbk")),
    "gbk as latin1": lambda s: s.encode("gbk").decode("latin-1"),
    "gbk as big5": lambda s: s.encode("gbk").decode("cp950", "replace"),
    "big5 as gbk": lambda s: read_gbk(s.encode("cp950"), "?"),
    "gbk as utf8 as gbk": lambda s: read_gbk(s.encode("gbk").decode("utf-8", "replace").encode()),
    "gbk as utf8": lambda s: s.encode("gbk").decode("utf-8", "replace"),
    "\\u escapes": _each(lambda code: f"\\u{code:04x}"),
    "%u escapes": _each(lambda code: f"%u{code:04X}"),
    "percent": lambda s: quote(s, safe=" ,.:;/()\"'?!-+*="),
    "entities": _each(lambda code: f"&#{code};"),
    "entities twice": _each(lambda code: f"&amp;#{code};"),
}
"""Name → what the chain makes of a text.  ``big5 as gbk`` needs Traditional text."""

LOST = frozenset({"gbk as utf8 as gbk", "gbk as utf8"})
"""Chains after which the bytes are gone: a cleaner can only say so."""


def is_lossless(chain: str, text: str) -> bool:
    """Whether the damaged text still holds every byte, so that an exact repair is possible."""
    damaged = CHAINS[chain](text)
    try:
        if chain.startswith("utf8 as gbk"):
            return damaged.encode("gbk") == text.encode("utf-8")
        if chain == "big5 as gbk":
            return damaged.encode("gbk") == text.encode("cp950")
        if chain == "gbk as big5":
            return damaged.encode("cp950") == text.encode("gbk")
        if chain == "utf8 as cp1252 twice":
            return _write_latin(_write_latin(damaged).decode("utf-8")) == text.encode("utf-8")
    except UnicodeError:
        return False
    return chain not in LOST
