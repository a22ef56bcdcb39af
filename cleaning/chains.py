"""Text that was read with the wrong codec, put back: the codecs, and one reading of one span.

A chain is named by what the bytes are and what they were read as: ``utf8-as-gbk``.  Reading goes
from the characters back to their bytes and on to the right characters, as far as that works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from cleaning import gbk
from cleaning.lost_bytes import SWALLOWED, Beam, Filling, Judge, Reading, feed_gbk, feed_utf8
from cleaning.page_model import page_model
from cleaning.plausibility import model

SURE: Final = 0.95
CONTINUATION: Final = bytes(range(0x80, 0xC0))
UTF8_LEADS: Final = bytes((*range(0xE2, 0xEA), 0xEF))
"""Lead bytes of Chinese characters and marks."""
UNDEFINED_1252: Final = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))
NEVER_ALONE: Final = 0x80
TAKEN_WITH_80: Final = -2.0
"""Most readers fail on 0x80 by itself, some take the next byte down with it."""
MAX_HOLES_IN_ROW: Final = 4
FLAWLESS: Final = 0.999
PAGE: Final = 2000
"""Characters on either side whose words and script help to choose."""
EDGE: Final = -4.5
"""Nats that a character at the edge of a repaired stretch may lose by being read with it."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A span with what it says; ``text`` has U+FFFD where bytes stay open, ``best`` the guess."""

    start: int
    end: int
    text: str
    best: str
    sure: float
    """The probability of the least sure character of ``best``."""
    chain: str


@cache
def as_gbk(char: str) -> bytes | None:
    """Bytes that a GBK reader showed as this character: Windows' euro and private rows too."""
    if char == "€":
        return b"\x80"
    try:
        return char.encode("gb18030")
    except UnicodeEncodeError:
        return None


@cache
def as_latin(char: str) -> bytes | None:
    """The byte that a cp1252 or Latin-1 reader showed as this character."""
    try:
        return char.encode("cp1252")
    except UnicodeEncodeError:
        return bytes((ord(char),)) if char <= "\xff" else None


@cache
def as_big5(char: str) -> bytes | None:
    for codec in ("cp950", "big5hkscs"):
        try:
            return char.encode(codec)
        except UnicodeEncodeError:
            continue
    return None


@cache
def from_big5(data: bytes) -> str | None:
    for codec in ("cp950", "big5hkscs"):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return None


@cache
def from_gbk(data: bytes) -> str | None:
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError:
        return None


def feed_big5(pending: bytes, byte: int) -> tuple[str, bytes] | None:
    if pending:
        char = from_big5(pending + bytes((byte,)))
        return None if char is None else (char, b"")
    if byte < 0x80:
        return chr(byte), b""
    return ("", bytes((byte,))) if 0x81 <= byte <= 0xFE else None


def _utf8_byte(reading: Reading) -> Iterable[Filling]:
    for byte in CONTINUATION if reading.pending else UTF8_LEADS:
        yield bytes((byte,)), 0.0


def _utf8_rest(mark: str, following: str) -> Callable[[Reading], Iterable[Filling]]:
    """The byte that a GBK reader took down with the one just put in, if any.

    A second byte fails with its lead, so what completes a character took either the lead of the
    next one along, or an ASCII byte, if neither that is shown nor the text ends.  Python shows
    U+FFFD for the one byte and reads on with the next.
    """
    may_be_alone = following in ("", "\n") or following < "\x80"
    shown = as_gbk(following) if following and mark == "\ufffd" else None

    def fillings(reading: Reading) -> Iterable[Filling]:
        last = reading.pending[-1] if reading.pending else reading.text[-1].encode()[-1]
        alone = may_be_alone or (shown and last << 8 | shown[0] not in gbk.pairs())
        if reading.pending or alone or last == NEVER_ALONE:
            yield b"", 0.0
        else:
            for mark, weight in SWALLOWED.items():
                yield mark.encode(), weight
        weight = TAKEN_WITH_80 if last == NEVER_ALONE else 0.0
        for byte in CONTINUATION if reading.pending else UTF8_LEADS:
            if last << 8 | byte not in gbk.pairs():
                yield bytes((byte,)), weight

    return fillings


def _undefined_byte(reading: Reading) -> Iterable[Filling]:
    for byte in UNDEFINED_1252 if reading.pending else b"":
        yield bytes((byte,)), 0.0


def read_utf8(text: str, start: int, wrong: str) -> Repair | None:
    """The UTF-8 that was read as ``wrong`` (gbk or latin) from ``start`` on, as far as it goes.

    Where bytes were lost it is read again, judged by what the rest says: its script, its words.
    """
    found = _read_utf8(text, start, wrong, None)
    if found is None or found.sure > FLAWLESS:
        return found
    around = text[max(0, start - PAGE) : start] + found.text + text[found.end : found.end + PAGE]
    return _read_utf8(text, start, wrong, page_model(around).log_probability)


def _read_utf8(text: str, start: int, wrong: str, judge: Judge | None) -> Repair | None:
    encode = as_gbk if wrong == "gbk" else as_latin
    beam = Beam(feed_utf8, text[start - 1 : start] if start else "", judge)
    last: tuple[int, list[Reading]] | None = None
    at = start
    holes = 0
    while at < len(text):
        char = text[at]
        pending = bool(beam.readings[0].pending)
        if char == "\ufffd" or (char == "?" and pending):
            holes += 1
            if holes > MAX_HOLES_IN_ROW or at == start:
                break
            if wrong == "latin":
                beam.add_hole(_undefined_byte)
            else:
                beam.add_hole(_utf8_byte)
                beam.add_hole(_utf8_rest(char, text[at + 1 : at + 2]))
        else:
            data = b"\xa0" if char == " " and pending and wrong == "latin" else encode(char)
            if data is None:
                break
            beam.add(data)
            holes = 0
        if not beam:
            break
        at += 1
        if beam.aligned or (holes and any(not r.pending for r in beam.readings)):
            last = at, beam.readings
    if last is None:
        return None
    at, beam.readings = last
    beam.weigh_next(text[at] if at < len(text) else "\n")
    return _repair(start, at, beam, f"utf8-as-{wrong}", text)


def read_latin(text: str, start: int, right: str) -> Repair | None:
    """The GBK or Big5 that was read as Latin-1 or cp1252 from ``start`` on."""
    beam = Beam(feed_gbk if right == "gbk" else feed_big5, text[start - 1 : start] if start else "")
    last = None
    for at in range(start, len(text)):
        data = as_latin(text[at])
        if data is None:
            break
        was_pending = not beam.aligned
        beam.add(data)
        if not beam:
            break
        if beam.aligned and (was_pending or text[at] >= "\x80"):
            last = at + 1, beam.readings
    if last is None:
        return None
    at, beam.readings = last
    return _repair(start, at, beam, f"{right}-as-latin", text)


def _repair(start: int, end: int, beam: Beam, chain: str, text: str) -> Repair | None:
    if all(reading.pending for reading in beam.readings):
        return None
    best, sure = beam.best()
    after = "".join(c if s >= SURE else "\ufffd" for c, s in zip(best.text, sure, strict=True))
    read = best.text
    while after and end > start and after[-1] < "\x80" and text[end - 1] == after[-1]:
        after, read, end = after[:-1], read[:-1], end - 1
    return Repair(start, end, after, read, min(sure, default=1.0), chain)


def read_legacy(text: str, start: int, end: int, right: str) -> Repair | None:
    """GBK read as Big5 or the other way: the stretch that gains most.

    Both are pairs with the same lead and trail bytes, so one character is one character.
    """
    encode: Callable[[str], bytes | None]
    decode: Callable[[bytes], str | None]
    encode, decode = (as_gbk, from_big5) if right == "big5" else (as_big5, from_gbk)
    chain = "big5-as-gbk" if right == "big5" else "gbk-as-big5"
    judge: Judge = model().log_probability
    best = gain = 0.0
    first = start
    span = (start, start)
    chars: list[str] = []
    old = new = ""
    for at in range(start, end):
        char = text[at]
        data = encode(char) if char != "\ufffd" else None
        found = char if char < "\x80" else decode(data) if data else None
        if found is None or len(found) != 1:
            found = "\ufffd"
        chars.append(found)
        gain += judge(new, found) - judge(old, char)
        old, new = char, found
        if gain <= 0.0:
            gain, first, new = 0.0, at + 1, ""
        elif gain > best and char >= "\x80":
            best, span = gain, (first, at + 1)
    if span[0] == span[1]:
        return None
    span = _widened(text[start:end], chars, span[0] - start, span[1] - start)
    span = span[0] + start, span[1] + start
    after = "".join(chars[span[0] - start : span[1] - start])
    return Repair(*span, after, after, 0.0 if "\ufffd" in after else 1.0, chain)


def _widened(text: str, chars: list[str], first: int, last: int) -> tuple[int, int]:
    """The stretch with the characters beside it that read about as well either way.

    Sound text beside it falls from common characters to rare ones, some 10 nats each.
    """
    start = model().start

    def is_fair(at: int) -> bool:
        return chars[at] != "\ufffd" and (
            chars[at] < "\x80" or start(chars[at]) - start(text[at]) > EDGE
        )

    while first > 0 and is_fair(first - 1):
        first -= 1
    while last < len(text) and is_fair(last):
        last += 1
    while text[first] < "\x80":
        first += 1
    while text[last - 1] < "\x80":
        last -= 1
    return first, last
