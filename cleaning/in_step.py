"""Bytes in pairs some of which are lost or stray, read in step again.

A lead and a trail byte look alike in GBK and Big5, so after one byte too few or too many all that
follow are paired wrongly up to the next ASCII byte.  Every reading of the bytes is weighed by the
judge of pairs of characters, and the likeliest kept for each of three states (Viterbi, 1967).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from cleaning.gbk import LEADS
from cleaning.lost_bytes import pair_judge

LOST: Final = "\ufffd"
UNMARKED: Final = -14.0
"""Nats for a byte that is lost without a mark, beside the 16 of U+FFFD; two characters out of step
cost as much (articles of the benchmark, Python's ``errors="ignore"``)."""
LETTER: Final = -8.0
"""Nats for a letter right behind a loss: its byte may be a trail, and letters seldom touch Chinese."""
MOST: Final = 1 << 16
"""Bytes read so in one page, 10 us each; more of them is no damaged text."""
PIECE: Final = re.compile(rb"[^>\n]*[>\n]?")
NOTE: Final = re.compile(rb"\((?:[a-z]|\xa8[\xa1-\xc0]){1,6}\)")
"""A reading in brackets.  Where a page has notes put in between bytes, the step that takes them out
puts the bytes in step, and knows more."""
FOUR_BYTES: Final = re.compile(rb"((?:[\x81-\xfe][0-9]){2})")

Token = bytes | str | None
"""One or two bytes; a character that is no bytes of the encoding; None for bytes that are lost."""


@cache
def pairs(codec: str) -> dict[int, str]:
    """Lead byte * 256 + trail byte -> the character, of a codec of Python."""
    found = {}
    for lead in LEADS:
        for trail in range(0x40, 0xFF):
            char = bytes((lead, trail)).decode(codec, "replace")
            if len(char) == 1 and char != LOST:
                found[lead << 8 | trail] = char
    return found


def decode_in_step(data: bytes, codec: str) -> str:
    """Damaged GB18030 or Big5, piece by piece between line breaks and tags."""
    if NOTE.search(data):
        return data.decode(codec, "replace")
    budget = MOST
    parts: list[str] = []
    for found in PIECE.finditer(data):
        piece = found[0]
        try:
            parts.append(piece.decode(codec))
            continue
        except UnicodeDecodeError:
            budget -= len(piece)
        if budget < 0:
            parts.append(piece.decode(codec, "replace"))
        else:
            parts += in_step(list(_tokens(piece, codec)), pairs(codec), with_strays=True)[0]
    return "".join(parts)


def _tokens(piece: bytes, codec: str) -> Iterable[Token]:
    for number, part in enumerate(FOUR_BYTES.split(piece)):
        if number % 2 and codec == "gb18030":
            yield part.decode(codec, "replace")
        else:
            yield from (None if byte == 0xFF else bytes((byte,)) for byte in part)


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to read the bytes so far: its score, last character, and step by step how it came."""

    score: float
    last: str
    state: int
    at: int = -1
    text: str = ""
    before: _Way | None = None


_WHOLE, _LEAD, _LOST_LEAD = 0, 1, 2
"""What the bytes so far end with: a whole character, a lead byte, a lost lead byte."""


def in_step(
    tokens: Sequence[Token], truth: Mapping[int, str], *, with_strays: bool = False
) -> tuple[list[str], list[bool]]:
    """What every token adds in the likeliest reading, and before which ones (and the end) a
    character is whole.  ``truth`` has the characters of pairs; ``with_strays``: a lost byte may
    also be one too many, inside a character."""
    ways = [_Way(0.0, "", _WHOLE)]
    lead = 0
    for at, token in enumerate(tokens):
        if token is None:
            ways = _after_lost(ways, at, with_strays=with_strays)
        elif isinstance(token, str):
            ways = _best(_after(way, at, (LOST if way.state else "") + token) for way in ways)
        else:
            for byte in token:
                ways = _after_byte(ways, at, lead, byte, truth)
                lead = byte
    ends = [way if way.state == _WHOLE else _after(way, len(tokens) - 1, LOST) for way in ways]
    way: _Way | None = max(ends, key=lambda way: way.score)
    parts = [""] * len(tokens)
    whole = [True] * (len(tokens) + 1)
    while way is not None and way.before is not None:
        parts[way.at] = way.text + parts[way.at]
        if way.before.at != way.at:
            whole[way.at] = way.before.state == _WHOLE
        way = way.before
    return parts, whole


def _after(way: _Way, at: int, text: str, state: int = _WHOLE, cost: float = 0.0) -> _Way:
    score, last = way.score + cost, way.last
    for char in text:
        score += pair_judge(last, char)
        last = char
    return _Way(score, last, state, at, text, way)


def _best(ways: Iterable[_Way]) -> list[_Way]:
    """The best way to every state."""
    best: dict[int, _Way] = {}
    for way in ways:
        if way.state not in best or way.score > best[way.state].score:
            best[way.state] = way
    return list(best.values())


def _after_byte(
    ways: list[_Way], at: int, lead: int, byte: int, truth: Mapping[int, str]
) -> list[_Way]:
    """The ways after one more byte; ``lead`` is the byte before it."""
    found = []
    for way in ways:
        if way.state == _WHOLE:
            if byte < 0x80:
                cost = LETTER if byte >= 0x40 and way.last == LOST else 0.0
                found.append(_after(way, at, chr(byte), cost=cost))
            else:
                found.append(_after(way, at, "", _LEAD))
                found.append(_after(way, at, LOST, _WHOLE, UNMARKED))
            continue
        char = truth.get(lead << 8 | byte) if way.state == _LEAD else LOST if byte >= 0x40 else None
        if char is not None:
            found.append(_after(way, at, char))
        if byte < 0x80:
            found.append(_after(way, at, LOST + chr(byte), cost=UNMARKED))
        elif way.state == _LEAD:
            found.append(_after(way, at, LOST, _LEAD, UNMARKED))
    return _best(found)


def _after_lost(ways: list[_Way], at: int, *, with_strays: bool) -> list[_Way]:
    """The ways after a mark: one byte lost, or two, or one put in."""
    found = []
    for way in ways:
        found.append(_after(way, at, LOST))
        found.append(_after(way, at, "" if way.state == _WHOLE else LOST, _LOST_LEAD))
        if with_strays and way.state == _LEAD:
            found.append(_after(way, at, LOST, _LEAD))
    return _best(found)
