"""One run of text that is read one byte out of step, put back in step."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cleaning import gbk, plausibility
from cleaning.han import HAN, is_toned
from cleaning.lost_bytes import SWALLOWED
from cleaning.note_table import (
    CROSSED_NOTE,
    SYLLABLE,
    WHOLE_NOTE,
    crossed,
    fits,
)
from cleaning.shift_judge import ShiftJudge
from cleaning.shifted_bytes import RARE, ShiftedBytes

MAX_RUN: Final = 300
"""Characters until a run is given up.  A second byte is ASCII in a third of all characters, so
a run of 300 has a chance of 1e-50."""
MAX_HOLES: Final = 12
"""Failures in one run until it is given up: text with so many is damaged otherwise."""
SURE: Final = 0.8
"""Probability from which a character enters the text: of 181 lost ones at 0.8 to 0.995 on 48 real pages
172 are right (95 %)."""
CERTAIN: Final = 0.95
"""Below it a character that enters the text is labelled, with what else may stand there."""
MIN_GAIN_NOTE: Final = -8.0
"""Nats by which the run must read better, where a note says that one byte is missing.  A note
without its opening bracket, which fits a character that one byte makes, is evidence enough, so
the run may even read a little worse; it must only not become noise."""
MIN_GAIN_IN_BRACKETS: Final = 8.0
"""The same where the line has a bracket open, which may be the closing one's: (是吗?hao), or
where no mark shows that a byte was lost."""
MIN_GAIN_CUT: Final = 0.0
"""The same where no mark shows it, but a syllable with its tone has lost its opening bracket."""
MIN_GAIN_LEAD: Final = 8.0
"""The same where only a mark says so, which may be a true question mark: no false edit in 36 M
characters of laws, newsletters, poetry, tables and code."""
LOST_LEADS: Final = {0xA1: -0.3, 0xA3: -2.0}
"""Lead bytes cut off without a note are mostly those of marks (damage.md, section 3)."""
OTHER_LEAD: Final = -6.0

TAKEN: Final = {**SWALLOWED, "\n": -2.5}
"""What a failure took down.  A line end is rarer than in mojibake: a page out of step is mostly
read as HTML, where a tag ends the line."""

NOISE: Final = re.compile(f"[{HAN}?\ufffd]")
"""Marks alone are no noise: the ?〉[ of a footnote behind a title is no ！礫."""
NOTE_BEFORE: Final = re.compile(rf"[(（]{SYLLABLE} ?[)）]$")
TAG: Final = re.compile(r"/?[a-z][a-z0-9]{0,9} ?/?>|[a-z][a-z0-9]{0,9} [a-z-]+=")
"""The rest of a tag: the byte that went before it was the bracket."""
OPEN_SHARE: Final = 0.5
"""Share of characters that may stay open where only a mark says that there is damage."""
FAILED_SHARE: Final = 1 / 3
"""Share of marks in such a run from which on nothing may stay open: where most of a text is lost,
as in UTF-8 read as GBK and cut (?碌?鲁碌?), some reading is always possible."""
SHORT: Final = 3
"""Characters of a run so short that one in it which is rare or not sure tells against it: ?」[ is
no blank with 筟."""


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
    is_crossed: bool = False
    """Whether the bracket is a full-width one taken apart; then no byte is lost."""


def crossed_note(text: str, at: int) -> tuple[int, str, int] | None:
    """The byte, the reading, and the end of a note in full-width brackets out of step."""
    found = CROSSED_NOTE.match(text, at + 1)
    data = gbk.encoded(text[at]) if found else None
    if not found or not data or len(data) < 2 or data[1] != 0xA3:
        return None
    return data[0], crossed(found), found.end()


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
    likeliest: str
    """The same without gaps."""
    gain: float
    least: float
    """The gain that the evidence for this run asks for."""
    open: tuple[tuple[str, float], ...]
    """Where bytes stay open: the likeliest readings of the run, with their probabilities."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says of its runs: its words, its notes, and what its reader did."""

    judge: ShiftJudge
    note: re.Pattern[str]
    """A note whose bracket or whose character was eaten, as a place in a run."""
    keeps_ascii: bool
    """Whether the reader shows an ASCII byte that it met in an invalid pair, as browsers do, or
    swallows it."""


def before_run(front: str, size: int) -> str:
    """The last characters in front of a run; notes, which are not the text's, left out.

    In 當(dāng)?shù)劂y the byte in front of the lost one is the last of 當.
    """
    front = front[-40:]
    found = ""
    while front and len(found) < size:
        if note := NOTE_BEFORE.search(front):
            front = front[: note.start()]
            continue
        found = front[-1] + found
        front = front[:-1]
    return found


def read_run(text: str, place: Place, front: str, page: Page) -> Run | None:
    """The run that starts at a place, read in step; None if no reading is possible.

    ``front`` is the end of the text in front of it, as far as it is read in step itself.
    """
    judge = page.judge.run(front)
    before = before_run(front, judge.size)
    data = gbk.encoded(before[-1:])
    reader = ShiftedBytes(before, data[-1] if data else 0, judge)
    if place.is_crossed:
        reader.add((gbk.encoded(text[place.start]) or b"")[:1], place.reading)
    elif place.reading:
        reader.add_noted(place.reading)
    else:
        reader.add_one_of({lead: LOST_LEADS.get(lead, OTHER_LEAD) for lead in gbk.LEADS})
    # What stands there now, less the notes: what the judge compares with.
    shown = ["?" if place.reading else text[place.start : place.end]]
    at = place.end
    first = 0  # bytes of the next character that are read already
    holes = 0
    is_tag = False
    limit = min(len(text), at + MAX_RUN)
    while reader and at < limit and (first or at == place.end or not reader.aligned):
        found = page.note.match(text, at)
        if found and reader.can_be_noted(found[1] or found[2]):
            reader.add_noted(found[1] or found[2])
            at = found.end()
            continue
        char = text[at]
        taken = CROSSED_NOTE.match(text, at + 1) if char in "?\ufffd" and not first else None
        if taken and reader.can_be_noted(crossed(taken)):
            # The reader failed on the second byte of a character and the A3 of its bracket.
            reader.add_noted(crossed(taken))
            at = taken.end()
            continue
        if not first and (parts := crossed_note(text, at)):
            reader.add(bytes((parts[0],)), parts[1])
            at = parts[2]
            continue
        if char in "?\ufffd":
            holes += 1
            if holes > MAX_HOLES:
                return None
            is_tag = is_tag or bool(TAG.match(text, at + 1))
            first = _add_failure(reader, text, at, page)
        elif not (data := gbk.encoded(char)):
            return None
        else:
            note = WHOLE_NOTE.match(text, at + 1)
            if note and not (fits(char, note[1]) or reader.fits(data[-1], note[1])):
                note = None
            reader.add(data[first:], note[1] if note else None)
            first = 0
            if note and not reader.aligned:
                at = note.end() - 1
        shown.append(char)
        at += 1
    if not reader or at > len(text):
        return None
    if not (place.reading or is_tag or NOISE.search(text, place.end, at)):
        return None
    behind = WHOLE_NOTE.sub("", text[at : at + 20])[: judge.size]
    following = gbk.encoded(behind[:1]) or b"\0"
    is_noted = bool(WHOLE_NOTE.match(text, at))
    reader.follow(_known(behind), 0 if is_noted else following[0])
    if not reader:
        return None
    best, sure = reader.best()
    gain = plausibility.gain(before[-1:] + "".join(shown), before[-1:] + best)
    is_rare = [c > "\x7f" and plausibility.model().start(c) < RARE for c in best]
    # A reader that drops what it cannot read leaves no trace of it inside a run either: there
    # two characters of which one byte each is left become a rare one.
    is_open = [s < SURE or (r and not place.is_marked) for s, r in zip(sure, is_rare, strict=True)]
    new = "".join("\ufffd" if o else c for c, o in zip(best, is_open, strict=True))
    # What is left of a tag proves that its bracket was swallowed.
    least = MIN_GAIN_NOTE if is_tag else _least_gain(text, place)
    is_weak = any(is_rare) or ("\ufffd" in new and "@" <= text[at - 1] <= "~")
    left_open = new.count("\ufffd")
    is_doubtful = (
        left_open > OPEN_SHARE * len(new)
        or (left_open and sum(c in "?\ufffd" for c in shown) > FAILED_SHARE * len(shown))
        or (len(new) <= SHORT and is_weak)
        # It would look like another lost lead, with a run behind it.
        or (new.startswith("\ufffd") and left_open > 1)
    )
    if not place.reading and is_doubtful:
        if len(new) <= SHORT:
            return None
        new = text[place.start : at]  # the place is labelled, the text stays
        return Run(place, place.start, at, new, best, gain, least, reader.likeliest(5))
    doubts = () if min(sure) >= CERTAIN and "\ufffd" not in new else reader.likeliest(5)
    return Run(place, place.start, at, new, best, gain, least, doubts)


def _known(behind: str) -> str:
    """What stands behind a run up to the next place that may be damaged; a line end counts."""
    for at, char in enumerate(behind or "\n"):
        if char in "?\ufffd(":
            return behind[:at]
    return behind or "\n"


def _add_failure(reader: ShiftedBytes, text: str, at: int, page: Page) -> int:
    """Read a failure inside a run, and the first byte of what follows: how many bytes of it."""
    following = text[at + 1 : at + 2]
    if following in ("", "\n") or (page.keeps_ascii and following < "\x80"):
        reader.add_failure({}, 0, alone=True)
        return 0
    if page.keeps_ascii:
        swallowed = {}
    elif TAG.match(text, at + 1):
        swallowed = {"<": 0.0}
    else:
        swallowed = TAKEN
    data = gbk.encoded(following)
    if (
        not data
        or following in "?\ufffd"
        or (len(data) == 1 and WHOLE_NOTE.match(text, at + 2))
        or page.note.match(text, at + 1)
        or crossed_note(text, at + 1)
    ):
        data = b""
    reader.add_failure(swallowed, data[0] if data else 0, alone=False)
    return 1 if data else 0


def _least_gain(text: str, place: Place) -> float:
    if place.reading is None:
        return MIN_GAIN_LEAD
    line = text[text.rfind("\n", 0, place.start) + 1 : place.start]
    if not place.is_marked:
        is_cut = text[place.start] not in "(（" and is_toned(place.reading)
        return (
            MIN_GAIN_CUT if is_cut and line.count("(") <= line.count(")") else MIN_GAIN_IN_BRACKETS
        )
    return MIN_GAIN_IN_BRACKETS if line.count("(") > line.count(")") else MIN_GAIN_NOTE
