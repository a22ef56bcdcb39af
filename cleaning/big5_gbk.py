"""GBK read as Big5, and Big5 read as GBK: the stretch of a line that reads better the other way.

Both are pairs of bytes, so one character is one character until a reader fails.  What follows then
depends on the reader: browsers and Windows pass over the pair, Python over one byte, after which
lead and trail bytes have changed places up to the next failure or ASCII byte.  The likelier of the
two alignments is taken at every place; a character that lost a byte is U+FFFD and is not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Final

from cleaning.in_step import LOST, Token, in_step, pairs
from cleaning.lost_bytes import pair_judge
from cleaning.plausibility import model

FAIR: Final = 10.0
"""Nats that a few characters of GBK read as Big5 gain; sound text loses 5 on each."""
EDGE: Final = -4.5
"""Nats that the rest of a line may lose by being read with a stretch."""
WINDOW: Final = 8
DOUBTFUL: Final = -8.0
"""Mean score of so many characters below which they may be out of step: of 4,000 Simplified lines
2 % have such a window, of lines out of step 85 %."""
NONSENSE: Final = -9.5
"""The same for a reading that is not believed: no Simplified line has it, of Traditional ones 1 %."""
SLIP, SLIP_SCORE = 3, -11.0
"""The same for the two or three characters that are out of step between two losses without a mark: no
Simplified line of 1,000 has it; it is asked of Simplified readings alone."""

# Windows' code page 950 shows its user-defined rows as private characters: first pair, number of
# rows, first character (Microsoft's table for best fit, bestfit950.txt of unicode.org).
_USER_ROWS: Final = ((0xFA, 5, 0xE000), (0x8E, 19, 0xE311), (0x81, 13, 0xEEB8))
_USER_SYMBOLS: Final = (0xC6, 3, 0xF6B1)
"""The same for the pairs from C6A1 to C8FE, which have only the upper trail bytes in C6."""
_TRAILS: Final = (*range(0x40, 0x7F), *range(0xA1, 0xFF))


def _user_defined() -> dict[int, str]:
    found = {
        first + row << 8 | trail: chr(code + row * len(_TRAILS) + number)
        for first, rows, code in _USER_ROWS
        for row in range(rows)
        for number, trail in enumerate(_TRAILS)
    }
    first, rows, code = _USER_SYMBOLS
    symbols = [first + row << 8 | trail for row in range(rows) for trail in _TRAILS]
    found.update((pair, chr(code + at)) for at, pair in enumerate(symbols[63:]))
    return found


def _shown(*tables: Mapping[int, str]) -> dict[str, int]:
    """Character to pair; the earlier table goes first."""
    found: dict[str, int] = {}
    for table in tables:
        for pair, char in table.items():
            found.setdefault(char, pair)
    return found


@cache
def _reader(right: str) -> tuple[tuple[dict[str, int], ...], dict[int, str]]:
    """The tables by which the wrong reader showed pairs, and what the pairs are in truth.

    Big5 has two that differ in row C6: kana first (Windows, Python) or digits in circles (the web).
    """
    windows, web = pairs("cp950"), pairs("big5hkscs")
    if right == "big5":
        return (_shown(pairs("gb18030")),), {**web, **windows}
    user = _user_defined()
    tables = _shown(windows, user, pairs("big5"), web), _shown(web, windows, user)
    return tables, pairs("gb18030")


@cache
def _aligned(right: str) -> tuple[dict[str, str], ...]:
    """What every character says the other way, by each table of the wrong reader."""
    tables, truth = _reader(right)
    return tuple({char: truth.get(pair, LOST) for char, pair in table.items()} for table in tables)


@cache
def _gains(right: str) -> dict[str, float]:
    """The nats that every character gains by itself."""
    start = model().start
    return {char: start(other) - start(char) for char, other in _aligned(right)[0].items()}


def may_be_legacy(text: str, right: str) -> bool:
    """Whether the first characters of a text are likelier, each by itself, when read as ``right``."""
    gains = _gains(right)
    total = 0.0
    for char in text:
        if char >= "\x80":
            total += gains.get(char, 0.0)
            if total >= FAIR:
                return True
    return False


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span that reads better the other way; what lost a byte is U+FFFD in ``text``.

    ``is_proved`` is false where bytes are lost without a mark or a part of it makes no sense.
    """

    start: int
    end: int
    text: str
    is_proved: bool


def read_legacy(text: str, start: int, end: int, right: str) -> Stretch | None:
    """The stretch between two places that gains most when it is read as ``right``."""
    shown = text[start:end]
    best: tuple[float, int, int, list[str]] | None = None
    first_parts: list[str] = []
    for number, other in enumerate(_aligned(right)):
        parts = [other.get(char, char) for char in shown]
        if parts == first_parts:
            continue
        first_parts = first_parts or parts
        found = _best_stretch(shown, parts, [True] * (len(parts) + 1))
        if LOST in parts or worst(parts[found[1] : found[2]]) < DOUBTFUL:
            again_parts, whole = in_step(_tokens(shown, right, number), _reader(right)[1])
            again = _best_stretch(shown, again_parts, whole)
            if again[0] > found[0]:
                found, parts = again, again_parts
        if best is None or found[0] > best[0]:
            best = (*found, parts)
    if best is None or best[1] == best[2]:
        return None
    _, first, last, parts = best
    parts = parts[first:last]
    text = "".join(parts)
    makes_sense = worst(parts) >= NONSENSE and (
        right == "big5" or len(text) <= SLIP or worst(parts, SLIP) >= SLIP_SCORE
    )
    is_marked = text.count(LOST) <= shown.count(LOST, first, last)
    return Stretch(start + first, start + last, text, is_proved=is_marked and makes_sense)


def worst(parts: Iterable[str], window: int = WINDOW) -> float:
    """The lowest mean score of so many characters in a row, ASCII and lost ones aside."""
    scores = []
    before = ""
    for char in "".join(parts):
        if char == LOST:
            before = ""
            continue
        score = pair_judge(before, char)
        before = char
        if char >= "\x80":
            scores.append(score)
    size = min(window, len(scores))
    if not size:
        return 0.0
    sums = [0.0, *accumulate(scores)]
    return min(after - first for first, after in zip(sums, sums[size:], strict=False)) / size


def _best_stretch(shown: str, parts: list[str], whole: list[bool]) -> tuple[float, int, int]:
    """Gain, start and end of the stretch that gains most; it begins and ends with whole characters.

    What is left of the line on a side goes with it if it reads about as well either way; sound text
    falls from common characters to rare ones, some 10 nats each.
    """
    best = gain = 0.0
    first = 0
    span = (0, 0)
    old = new = ""
    for at, (char, part) in enumerate(zip(shown, parts, strict=True)):
        for read in part:
            gain += pair_judge(new, read)
            new = read
        gain -= pair_judge(old, char)
        old = char
        if gain <= 0.0:
            gain, first, new = 0.0, at + 1, ""
        elif gain > best and char >= "\x80":
            best, span = gain, (first, at + 1)
    start, end = span
    if start == end:
        return 0.0, 0, 0
    while not whole[start]:
        start -= 1
    while not whole[end]:
        end += 1
    if _is_fair(shown, parts, (0, start)):
        start = 0
    if _is_fair(shown, parts, (end, len(shown))):
        end = len(shown)
    while shown[start] < "\x80" and whole[start + 1]:
        start += 1
    while shown[end - 1] < "\x80" and whole[end - 1]:
        end -= 1
    return best, start, end


def _is_fair(shown: str, parts: list[str], rest: tuple[int, int]) -> bool:
    """Whether all that is left of a line on one side of a stretch reads about as well with it."""
    first, last = rest
    if first == last:
        return False
    read = "".join(parts[first:last])
    gained = sum(map(pair_judge, "\n" + read, read + "\n")) - sum(
        map(pair_judge, "\n" + shown[first:last], shown[first:last] + "\n")
    )
    return read.count(LOST) <= shown.count(LOST, first, last) and gained > EDGE


def _tokens(shown: str, right: str, number: int) -> list[Token]:
    """The bytes that the wrong reader showed as each character."""
    table = _reader(right)[0][number]
    found: list[Token] = []
    for char in shown:
        if char == LOST:
            found.append(None)
        elif char < "\x80":
            found.append(char.encode())
        else:
            pair = table.get(char)
            found.append(char if pair is None else pair.to_bytes(2))
    return found
