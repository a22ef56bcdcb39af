"""Text that was read with the wrong codec, put back: one reading of one span.

A chain is named by what the bytes are and what they were read as: ``utf8-as-gbk``.  Reading goes
from the characters back to their bytes and on to the right characters, as far as that works.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from cleaning.lost_bytes import Judge
from cleaning.plausibility import model
from cleaning.utf8_holes import Hole, Parsed, parse
from cleaning.wrong_codecs import wrong_codec

SURE: Final = 0.95
EDGE: Final = -4.5
"""Nats that a character at the edge of a repaired stretch may lose by being read with it."""
UNLIKELY: Final = 9.0
"""Readings of a hole this many nats below the best are dropped: e^-9 = 0.0001, and 0.05 decides."""
WIDTH: Final = 60
FAIR: Final = 10.0
"""Nats that a few characters of GBK read as Big5 gain; sound text loses 5 on each."""


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
    parsed: Parsed | None = None
    """The holes, if they may be filled again by a judge that knows more."""


def read_utf8(text: str, start: int, stop: int, wrong: str) -> Repair | None:
    """The UTF-8 that was read as ``wrong`` from ``start`` on, as far as it goes before ``stop``."""
    parsed = parse(text, start, stop, wrong_codec(wrong))
    if parsed is None:
        return None
    return fill(text, parsed, f"utf8-as-{wrong}", model().log_probability)


def fill(text: str, parsed: Parsed, chain: str, judge: Judge) -> Repair:
    """The span with the likeliest reading of every hole, and U+FFFD where that is not sure."""
    start, end = parsed.start, parsed.end
    if not parsed.holes:
        best = "".join(part for part in parsed.parts if isinstance(part, str))
        return Repair(start, end, best, best, 1.0, chain)
    before = text[start - 1] if start else ""
    after = text[end] if end < len(text) else "\n"
    read: list[str] = []
    marked: list[str] = []
    parts: list[str | Hole] = []
    least = 1.0
    holes: list[Hole] = []
    for part in (*parsed.parts, ""):
        if isinstance(part, Hole):
            holes.append(part)
            continue
        if holes:
            filled, sure, kept = _filled(holes, before, part[0] if part else after, judge)
            holes = []
            parts += kept
            read.append(filled)
            marked += [c if s >= SURE else "\ufffd" for c, s in zip(filled, sure, strict=True)]
            least = min(least, *sure)
        if part:
            read.append(part)
            marked.append(part)
            parts.append(part)
            before = part[-1]
    narrowed = Parsed(start, end, tuple(parts))
    return Repair(start, end, "".join(marked), "".join(read), least, chain, narrowed)


def _filled(
    holes: list[Hole], before: str, after: str, judge: Judge
) -> tuple[str, list[float], list[Hole]]:
    """The likeliest reading of holes in a row, how sure each of its characters is, and the holes
    with what a further judge may still choose."""
    readings = [("", 0.0)]
    for hole in holes:
        found = []
        for text, total in readings:
            last = text[-1] if text else before
            for candidate, weight in hole.candidates:
                log_p, previous = total + weight, last
                for char in candidate:
                    log_p += judge(previous, char)
                    previous = char
                found.append((text + candidate, log_p))
        readings = _kept(found, UNLIKELY + 5.0)  # what follows decides too
    if len(holes) == 1:
        weights = dict(holes[0].candidates)
        chosen = tuple((text, weights[text]) for text, _ in readings)
        holes = [Hole(holes[0].start, chosen)]
    readings = _kept([(t, log_p + judge(t[-1], after)) for t, log_p in readings], UNLIKELY)
    best = readings[0][0]
    sure = [0.0] * len(best)
    total = 0.0
    for text, log_p in readings:
        weight = math.exp(log_p - readings[0][1])
        total += weight
        for at in _agreement(text, best):
            sure[at] += weight
    return best, [weight / total for weight in sure], holes


def _kept(readings: list[tuple[str, float]], limit: float) -> list[tuple[str, float]]:
    readings.sort(key=lambda reading: -reading[1])
    floor = readings[0][1] - limit
    return [reading for reading in readings[:WIDTH] if reading[1] >= floor]


def _agreement(text: str, best: str) -> Iterator[int]:
    """Where two readings say the same; those of another length by their beginnings and ends."""
    size = len(best)
    if len(text) == size:
        yield from (at for at in range(size) if text[at] == best[at])
        return
    shorter = min(len(text), size)
    front = next((at for at in range(shorter) if text[at] != best[at]), shorter)
    yield from range(front)
    back = next((at for at in range(shorter - front) if text[-1 - at] != best[-1 - at]), 0)
    yield from range(size - back, size)


def read_single(text: str, start: int, stop: int, wrong: str, right: str) -> Repair | None:
    """The GBK or Big5 that was read as a code page of single bytes from ``start`` on."""
    codec = wrong_codec(wrong)
    run = codec.run.match(text, start, stop)
    if run is None:
        return None
    shown = run.group().partition("\ufffd")[0]
    data = codec.encode(shown)
    best = ""
    size = 0
    for name in ("gb18030",) if right == "gbk" else ("cp950", "big5hkscs"):
        try:
            after, end = data.decode(name), len(data)
        except UnicodeDecodeError as error:
            after, end = data[: error.start].decode(name), error.start
        if end > size:
            best, size = after, end
    kept = best.rstrip(_ASCII)
    end = start + size - (len(best) - len(kept))
    return Repair(start, end, kept, kept, 1.0, f"{right}-as-{wrong}") if kept else None


_ASCII = "".join(map(chr, range(0x80)))


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


@cache
def _other(char: str, right: str) -> str:
    """What a character of Big5 or GBK says read as ``right``; U+FFFD where that has none."""
    if char < "\x80":
        return char
    data = as_gbk(char) if right == "big5" else as_big5(char)
    found = (from_big5 if right == "big5" else from_gbk)(data) if data else None
    return found if found is not None and len(found) == 1 else "\ufffd"


def may_be_legacy(text: str, right: str) -> bool:
    """Whether the first characters of a text are likelier, each by itself, when read as ``right``."""
    start = model().start
    total = 0.0
    for char in text:
        if char >= "\x80":
            total += start(_other(char, right)) - start(char)
            if total >= FAIR:
                return True
    return False


def read_legacy(text: str, start: int, end: int, right: str) -> Repair | None:
    """GBK read as Big5 or the other way: the stretch that gains most.

    Both are pairs with the same lead and trail bytes, so one character is one character.
    """
    chain = "big5-as-gbk" if right == "big5" else "gbk-as-big5"
    judge: Judge = model().log_probability
    best = gain = 0.0
    first = start
    span = (start, start)
    chars: list[str] = []
    old = new = ""
    for at in range(start, end):
        char = text[at]
        found = _other(char, right)
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
