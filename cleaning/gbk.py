"""GBK as bytes: which pairs are characters, and which bytes a text was written with.

Python's ``gbk`` codec has 21,791 of the 23,940 pairs: those of Windows' code page 936 less the
user-defined rows.  The latter are what decoders fail on, so that is the table wanted here.
"""

from __future__ import annotations

from functools import cache
from typing import Final

LEADS: Final = range(0x81, 0xFF)
TRAILS: Final = (*range(0x40, 0x7F), *range(0x80, 0xFF))


@cache
def pairs() -> dict[int, str]:
    """Lead byte * 256 + trail byte -> the character."""
    found = {}
    for lead in LEADS:
        for trail in TRAILS:
            try:
                found[lead << 8 | trail] = bytes((lead, trail)).decode("gbk")
            except UnicodeDecodeError:
                continue
    return found


@cache
def encoded(char: str) -> bytes | None:
    """The one or two bytes of a character, or None if GBK does not have it."""
    try:
        return char.encode("gbk")
    except UnicodeEncodeError:
        return None


@cache
def trails(lead: int, lowest: int = 0x40) -> bytes:
    """The bytes from ``lowest`` on that make a character with this lead byte."""
    table = pairs()
    return bytes(t for t in TRAILS if t >= lowest and lead << 8 | t in table)


@cache
def unpairable(first: int) -> bytes:
    """The lead bytes that cannot follow ``first`` as its trail: a decoder fails on the two."""
    table = pairs()
    return bytes(second for second in LEADS if first << 8 | second not in table)
