"""One run of text that is read one byte out of step, put back in step."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from cleaning import gbk, plausibility
from cleaning.han import (
    TONED,
    is_converted,
    is_toned,
    readings,
    toneless_readings,
)
from cleaning.lost_bytes import SWALLOWED, Beam, Filling, Judge, Reading, feed_gbk
from cleaning.page_model import PageModel

MAX_RUN: Final = 300
"""Characters until a run is given up.  A second byte is ASCII in a third of all characters, so
a run of 300 has a chance of 1e-50."""
MAX_HOLES: Final = 6
"""Failures in one run until it is given up: each multiplies the readings."""
SURE: Final = 0.95
MIN_GAIN_NOTE: Final = -8.0
"""Nats by which the run must read better, where a note says that one byte is missing.  A note
without its opening bracket, which fits a character that one byte makes, is evidence enough, so
the run may even read a little worse; it must only not become noise."""
MIN_GAIN_IN_BRACKETS: Final = 8.0
"""The same where the line has a bracket open, which may be the closing one's: (是吗?hao), or
where no mark shows that a byte was lost."""
MIN_GAIN_LEAD: Final = 8.0
"""The same where only a mark says so, which may be a true question mark: no false edit in 36 M
characters of laws, newsletters, poetry, tables and code."""
LOST_LEADS: Final = {0xA1: -0.3, 0xA3: -2.0}
"""Lead bytes cut off without a note are mostly those of marks (damage.md, section 3)."""
OTHER_LEAD: Final = -6.0
LONE: Final = 0x80
"""Never a lead byte, so a reader fails on it alone."""
TAKEN_WITH_LONE: Final = -2.0
"""Some readers take the next byte down with it all the same."""

WHOLE_NOTE: Final = re.compile(r"\(([a-zü" + TONED + r"]{1,6})\)")

BRACKETS: Final = ("“”", "‘’", "《》", "（）", "「」", "『』", "【】")
OPEN_CLOSES: Final = 1.5
SHUT_CLOSES: Final = -3.0
"""What a closing mark gains by its bracket being open in the line, and loses by its not being."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a run may start: the mark, and the reading in the note behind it if there is one."""

    start: int
    end: int
    reading: str | None
    is_marked: bool = True
    """Whether the lost byte left a mark; some readers drop it."""
    is_astride: bool = False
    """Whether it is a whole note that only has to go: nothing is out of step."""


def is_astride(text: str, start: int, reading: str) -> bool:
    """Whether a whole note fits the character made of a second byte and an ASCII letter: the
    note in 及V(chī)IVO is that of 癡 = B0 56, 及 being BC B0."""
    letter = text[start - 1 : start]
    data = gbk.encoded(text[start - 2 : start - 1]) if start > 1 else None
    if not data or len(data) < 2 or not "@" <= letter <= "~":
        return False
    return fits(gbk.pairs().get(data[1] << 8 | ord(letter), ""), reading)


@dataclass(frozen=True, slots=True)
class Run:
    place: Place
    start: int
    end: int
    text: str
    gain: float
    least: float
    """The gain that the evidence for this run asks for."""
    open: tuple[tuple[str, float], ...]
    """Where bytes stay open: the likeliest readings of the run, with their probabilities."""


def carries(char: str, reading: str) -> bool:
    """Whether this is a reading of the character."""
    if is_toned(reading):
        return reading in readings(char)
    return reading in readings(char) or reading in toneless_readings(char)


def fits(char: str, reading: str) -> bool:
    """Whether a character that a table made can carry this note."""
    return bool(char) and is_converted(char) and carries(char, reading)


@cache
def noted(first: int, reading: str) -> tuple[tuple[int, str], ...]:
    """The bytes that make, after ``first``, a converted character with this reading."""
    table = gbk.pairs()
    found = []
    for byte in gbk.trails(first) if first >= 0x81 else b"":
        char = table[first << 8 | byte]
        if fits(char, reading):
            found.append((byte, char))
    return tuple(found)


def last_byte(reading: Reading, before: str) -> int:
    if reading.pending:
        return reading.pending[0]
    data = gbk.encoded(reading.text[-1] if reading.text else before)
    return data[-1] if data else 0


def read_run(
    text: str, place: Place, note: re.Pattern[str], judge: PageModel, *, keeps_ascii: bool
) -> Run | None:
    """The run that starts at a place, read in step; None if no reading is possible.

    ``keeps_ascii``: whether the reader shows an ASCII byte it met in an invalid pair, as browsers
    do, or swallows it.
    """
    before = text[place.start - 1 : place.start]
    beam = Beam(feed_gbk, before, _with_brackets(text, place.start, judge))

    def noted_byte(reading: str) -> Callable[[Reading], Iterable[Filling]]:
        def fillings(so_far: Reading) -> Iterable[Filling]:
            for byte, char in noted(last_byte(so_far, before), reading):
                yield bytes((byte,)), judge.log_probability("", char)

        return fillings

    if place.reading:
        beam.add_hole(noted_byte(place.reading))
    else:
        beam.add_hole(
            lambda _: ((bytes((lead,)), LOST_LEADS.get(lead, OTHER_LEAD)) for lead in gbk.LEADS)
        )
    # What stands there now, less the notes: what the judge compares with.
    shown = ["?" if place.reading else text[place.start : place.end]]
    at = place.end
    holes = 0
    limit = min(len(text), at + MAX_RUN)
    while beam and at < limit and not (beam.aligned and at > place.end):
        found = note.match(text, at)
        if found and _is_note(beam, before, text[at - 1], found):
            reading = found[1] or found[2]
            if text[at] in "?\ufffd" or not fits(text[at - 1], reading):
                beam.add_hole(noted_byte(reading))
            at = found.end()
            continue
        char = text[at]
        data = gbk.encoded(char)
        if char in "?\ufffd":
            holes += 1
            if holes > MAX_HOLES:
                return None
            following = text[at + 1 : at + 2]
            if following in ("", "\n") or (keeps_ascii and following < "\x80"):
                beam.add_hole(_second_byte)
            else:
                _add_failed(beam, () if keeps_ascii else SWALLOWED)
        elif data is None:
            return None
        else:
            beam.add(data)
        shown.append(char)
        at += 1
    if not beam:
        return None
    at_next = at
    if found := WHOLE_NOTE.match(text, at):
        reading, at_next = found[1], found.end()
        beam.keep_if(lambda read: fits(read[-1:], reading))
    if at_next < len(text):
        beam.weigh_next(text[at_next])
    if all(reading.pending for reading in beam.readings):
        return None
    best, sure = beam.best()
    gain = plausibility.gain(before + "".join(shown), before + best.text)
    new = "".join(c if s >= SURE else "\ufffd" for c, s in zip(best.text, sure, strict=True))
    least = _least_gain(text, place)
    return Run(place, place.start, at, new, gain, least, _open(beam) if "\ufffd" in new else ())


def _with_brackets(text: str, start: int, judge: PageModel) -> Judge:
    """The judge, knowing which brackets are open where the run starts."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    weights = {}
    for opening, closing in BRACKETS:
        is_open = line.count(opening) > line.count(closing)
        weights[closing] = OPEN_CLOSES if is_open else SHUT_CLOSES
        weights[opening] = SHUT_CLOSES if is_open else 0.0

    def log_probability(before: str, char: str) -> float:
        return judge.log_probability(before, char) + weights.get(char, 0.0)

    return log_probability


def _least_gain(text: str, place: Place) -> float:
    if place.reading is None:
        return MIN_GAIN_LEAD
    line = text[text.rfind("\n", 0, place.start) + 1 : place.start]
    if not place.is_marked:
        return MIN_GAIN_IN_BRACKETS
    return MIN_GAIN_IN_BRACKETS if line.count("(") > line.count(")") else MIN_GAIN_NOTE


def _is_note(beam: Beam, before: str, shown: str, found: re.Match[str]) -> bool:
    """Whether a note in a run is one: it fits what is shown before it, or a byte can be put in."""
    reading = found[1] or found[2]
    if found.group()[0] not in "?\ufffd" and fits(shown, reading):
        return True
    return any(noted(last_byte(r, before), reading) for r in beam.readings[:20])


def _add_failed(beam: Beam, swallowed: Iterable[str]) -> None:
    """Put in what the mark of a failure stands for inside a run.

    In step, a "?" is a question mark.  Out of step, the mark stands for the second byte of a
    character and what the reader took down with it: a byte that makes no pair with it, or an
    ASCII one if it swallows those.
    """
    beam.add_hole(_second_byte)
    in_step = {id(r) for r in beam.readings if r.text.endswith("?")}

    def taken(reading: Reading) -> Iterable[Filling]:
        first = last_byte(reading, "")
        if id(reading) in in_step:
            yield b"", 0.0
            return
        if first == LONE:
            yield b"", 0.0
        for second in gbk.unpairable(first):
            yield bytes((second,)), TAKEN_WITH_LONE if first == LONE else 0.0
        for mark in swallowed:
            yield mark.encode(), SWALLOWED[mark]

    beam.add_hole(taken)


def _second_byte(reading: Reading) -> Iterable[Filling]:
    if reading.pending:
        for byte in gbk.trails(reading.pending[0], 0x80):
            yield bytes((byte,)), 0.0
    else:
        yield b"?", 0.0


def _open(beam: Beam) -> tuple[tuple[str, float], ...]:
    whole = [reading for reading in beam.readings if not reading.pending]
    top = whole[0].log_p
    total = sum(math.exp(reading.log_p - top) for reading in whole)
    return tuple((r.text, math.exp(r.log_p - top) / total) for r in whole[:5])
