"""Text that was read with the wrong codec, put back: one reading of one span.

A chain is named by what the bytes are and what they were read as: ``utf8-as-gbk``.  Reading goes
from the characters back to their bytes and on to the right characters, as far as that works.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from cleaning import big5_gbk
from cleaning.lost_bytes import Judge, pair_judge
from cleaning.utf8_holes import Hole, Options, Parsed, parse
from cleaning.wrong_codecs import wrong_codec

SURE: Final = 0.95
FLAWLESS: Final = 0.995
"""A filling so sure is not weighed again with what the page says."""
UNLIKELY: Final = 9.0
"""Readings of a hole this many nats below the best are dropped: e^-9 = 0.0001, and 0.05 decides."""
WIDTH: Final = 60


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
    read: Parsed | None = None
    """The holes with all that they may say, for a layer below."""
    is_proved: bool = True
    """Whether it may be made at all; else it is only a label."""


def read_utf8(
    text: str, start: int, stop: int, wrong: str, open_: Mapping[int, Options]
) -> Repair | None:
    """The UTF-8 that was read as ``wrong`` from ``start`` on, as far as it goes before ``stop``.

    ``open_`` has what the holes of the layer above may say.
    """
    parsed = parse(text, start, stop, wrong_codec(wrong), open_)
    if parsed is None:
        return None
    repair = fill(text, parsed, f"utf8-as-{wrong}", pair_judge)
    return replace(repair, read=parsed) if parsed.holes else repair


def inner_text(repair: Repair) -> tuple[str, dict[int, Options]]:
    """What a repair read, with U+FFFD for every hole, and what may stand there."""
    if repair.read is None:
        return repair.best, {}
    parts: list[str] = []
    open_: dict[int, Options] = {}
    at = 0
    for part in repair.read.parts:
        if isinstance(part, Hole) and not any("\ufffd" in text for text, _ in part.candidates):
            open_[at] = part.candidates  # else it is the mark of the layer below
        parts.append(part if isinstance(part, str) else "\ufffd")
        at += len(parts[-1])
    return "".join(parts), open_


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
) -> tuple[str, list[float], list[str | Hole]]:
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
    shares = [weight / total for weight in sure]
    if len(holes) == 1 and min(shares, default=0.0) > FLAWLESS:
        return best, shares, [best]
    return best, shares, [*holes]


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


def read_legacy(text: str, start: int, end: int, right: str) -> Repair | None:
    """The GBK that was read as Big5, or the other way: the stretch that gains most."""
    found = big5_gbk.read_legacy(text, start, end, right)
    if found is None:
        return None
    chain = "big5-as-gbk" if right == "big5" else "gbk-as-big5"
    sure = 0.0 if "\ufffd" in found.text else 1.0
    return Repair(
        found.start, found.end, found.text, found.text, sure, chain, is_proved=found.is_proved
    )
