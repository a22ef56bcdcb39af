"""Which lines of a page a table made Traditional, character by character, and which people wrote so.

A page can be put together of both: a mirror's converted text with a genuine quotation below it.  So
the lines are parted into blocks, each of one kind, by the forms in them: 由于 and 以后 are what a
table leaves, 於是 and 以後 what people write.

>>> lines = traditional_lines("由于網絡發達，以后關系更近。\\n他於是說，以後這裡會變。\\n後來並沒有變。")
>>> [(block.is_made, block.first, block.stop) for block in blocks(lines)]
[(True, 0, 1), (False, 1, 3)]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, islice

from cleaning.han import HAN, simplified, simplified_only
from cleaning.lines import Lines
from cleaning.rules import load_pairs

KANA = re.compile("[\u3041-\u30fa]")
HAN_CHARACTER = re.compile(f"[{HAN}]")
MAX_KANA = 0.1  # of the characters of a line or text; with more it is Japanese, whose 會 is its own

MIN_FORMS = 2  # of a page or block, to judge it by
MIN_MADE = 0.8  # of the forms that decide, those that a table leaves
MIN_TRADITIONAL = 0.05  # of the characters; less is a rare character in a Simplified text
# The shares were measured on 13 428 pieces of Taiwan articles and 4 568 converted ones,
# research/masked.md A3: none of the former is called made, 83 to 100 % of the latter at 1 500 characters.

EDGE_LINES = 12  # at either end of a page, where a hack adds lines
MIN_ADDED = 8  # Han characters of such a line
MIN_UNCONVERTED = 2
"""Different characters in it that every table converts: one of them can be what a page's own table lacks."""

SWITCH = 0.9
"""What a change of kind costs, in forms that speak against a line's kind: two forms make one line
among others a block, as in a page of one kind."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line in Traditional: its span, its Traditional characters, and its forms of both kinds."""

    start: int
    end: int
    traditional: int
    made: int
    written: int


@dataclass(frozen=True, slots=True)
class Block:
    """Lines ``first`` to ``stop`` of one kind, with the sums of what is in them."""

    is_made: bool
    first: int
    stop: int
    size: int
    traditional: int
    made: int
    written: int

    @property
    def own(self) -> int:
        """The forms that speak for its kind."""
        return self.made if self.is_made else self.written

    @property
    def is_traditional(self) -> bool:
        return self.traditional >= MIN_TRADITIONAL * self.size

    def is_proved(self, least: int = MIN_FORMS) -> bool:
        """Whether the forms of a block say for themselves that a table made it."""
        return (
            self.is_traditional
            and self.made + self.written >= least
            and self.made >= MIN_MADE * (self.made + self.written)
        )


@cache
def traditional() -> re.Pattern[str]:
    """Finds a character that a table makes."""
    return re.compile("[" + "".join(sorted(simplified())) + "著]")


@cache
def _simplified_only() -> re.Pattern[str]:
    return re.compile("[" + "".join(sorted(simplified_only())) + "]")


@cache
def _forms(side: str) -> re.Pattern[str]:
    """The forms that only a table leaves (``charwise``), or that only people write (``genuine``)."""
    sides = load_pairs("script_forms")
    forms = sorted((form for form, of in sides.items() if of == side), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, forms)))


def may_be_made(text: str) -> bool:
    """A cheap look: whether a text has so many forms that a table leaves."""
    return len([*islice(_forms("charwise").finditer(text), MIN_FORMS)]) == MIN_FORMS


def count_forms(text: str) -> tuple[int, int]:
    """How many forms a table left, and how many people wrote."""
    return (
        sum(1 for _ in _forms("charwise").finditer(text)),
        sum(1 for _ in _forms("genuine").finditer(text)),
    )


def traditional_lines(text: str) -> list[TextLine]:
    """The lines in Traditional: not Simplified with a quotation, and not Japanese."""
    lines = []
    search = traditional().search
    at = 0
    while found := search(text, at):
        start = text.rfind("\n", at, found.start()) + 1 or at
        end = text.find("\n", found.end()) + 1 or len(text)
        at = end
        line = text[start:end]
        count = len(traditional().findall(line))
        other = len([*islice(_simplified_only().finditer(line), count)])
        if other < count and len(KANA.findall(line)) <= MAX_KANA * len(line):
            lines.append(TextLine(start, end, count, *count_forms(line)))
    return lines


def unconverted_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines at the head and the tail of a page that a table made which it did not convert: places and
    lines.  They were added afterwards, as a hack adds its keywords."""
    lines = Lines(text)
    first = lines.first(EDGE_LINES)
    last = (line for line in lines.last(EDGE_LINES)[::-1] if line.start >= first[-1].end)
    for line in (*first, *last):
        if traditional().search(line.text) or len(HAN_CHARACTER.findall(line.text)) < MIN_ADDED:
            continue
        if len(set(_simplified_only().findall(line.text))) >= MIN_UNCONVERTED:
            yield text.index(line.text, line.start), line.text


def blocks(lines: Sequence[TextLine]) -> list[Block]:
    """Lines parted into blocks of one kind, so that the fewest forms speak against it.

    A block without two forms of its own is of the kind of the one before it.
    """
    runs = [
        (_block(lines, is_made, [*numbers]), is_made)
        for is_made, numbers in groupby(range(len(lines)), _kinds(lines).__getitem__)
    ]
    strong = [block.is_made for block, _ in runs if block.own >= MIN_FORMS]
    kind = strong[0] if strong else True
    kinds: list[bool] = []
    for block, is_made in runs:
        kind = is_made if block.own >= MIN_FORMS else kind
        kinds += [kind] * (block.stop - block.first)
    return [
        _block(lines, is_made, [*numbers])
        for is_made, numbers in groupby(range(len(lines)), kinds.__getitem__)
    ]


def whole(lines: Sequence[TextLine]) -> Block:
    """All lines as one block."""
    return _block(lines, True, range(len(lines)))


def _block(lines: Sequence[TextLine], is_made: bool, numbers: Sequence[int]) -> Block:
    inside = [lines[n] for n in numbers]
    return Block(
        is_made,
        numbers[0] if numbers else 0,
        numbers[-1] + 1 if numbers else 0,
        sum(line.end - line.start for line in inside),
        sum(line.traditional for line in inside),
        sum(line.made for line in inside),
        sum(line.written for line in inside),
    )


def _kinds(lines: Sequence[TextLine]) -> list[bool]:
    """Whether a table made each line, by the cheapest way through all lines (Viterbi's)."""
    made = written = 0.0  # the costs of the ways that end in a line of either kind
    back: list[tuple[bool, bool]] = []
    for line in lines:
        back.append((made <= written + SWITCH, made + SWITCH < written))
        made, written = (
            min(made, written + SWITCH) + line.written,
            min(written, made + SWITCH) + line.made,
        )
    kinds: list[bool] = []
    is_made = made <= written
    for from_made in reversed(back):
        kinds.append(is_made)
        is_made = from_made[0] if is_made else from_made[1]
    return kinds[::-1]
