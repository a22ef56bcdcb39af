"""The repairs of a text: what each family reads in its suspect lines, and which of it is accepted.

A reading must be far more plausible Chinese than what stands there, by enough characters that no
chance explains it.  Once one span of a text has proved a chain, its shorter spans need less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cleaning.big5_gbk import may_be_legacy
from cleaning.chains import Repair, inner_text, read_legacy, read_single, read_utf8
from cleaning.lost_bytes import total
from cleaning.steps.mojibake_gates import SINGLE, UTF8, gate, is_legacy, suspects
from cleaning.utf8_holes import Options
from cleaning.wrong_codecs import WrongCodec, wrong_codec

LABELLED: Final = ("utf8-as-gbk", "utf8-as-latin")
"""What is labelled where it lacks a proof; the other chains meet Japanese and French by chance."""
UNDECIDED: Final = 35.0
"""Nats from which any chain is labelled: Japanese text gains up to 30 by chance (9 M characters)."""
NOTHING_OPEN: Final[Mapping[int, Options]] = {}
MAX_LAYERS: Final = 3
MAX_TRIES: Final = 24
"""Places tried in one line; sound classical lines have one or two."""
SAMPLE: Final = 150
"""Characters of a long reading that are judged: a line this long is decided by far."""
LAYER: Final = 5.0
NEAR: Final = 12
LEFT: Final = 6
"""Characters before a gate's hit that may belong to it: ``澶ф`` is 大 and a letter of two bytes."""
EDGE: Final = 12.0
"""Nats that a first character may lose: a rare one, but of the same run of letters."""
PROVED: Final = 45.0
"""Nats from which a span proves its chain for the whole text."""


@dataclass(frozen=True, slots=True)
class Least:
    """What a reading must have: nats gained, Han characters, mean score."""

    gain: float
    han: int
    score: float


# From research/mojibake.md, and no false edit in 38 M characters of laws, newsletters, poetry, word
# lists, character tables and code; the second of each family is that of a text that has proved it.
LEAST: Final = {
    "utf8": (Least(20.0, 2, -9.0), Least(7.0, 1, -11.5)),
    "latin": (Least(25.0, 3, -8.6), Least(10.0, 1, -9.5)),
    "other": (Least(40.0, 4, -8.0), Least(12.0, 2, -9.5)),
    "legacy": (Least(50.0, 5, -8.3), Least(20.0, 3, -8.6)),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A reading with its gain; ``is_sure`` if it needs no proof."""

    repair: Repair
    gain: float
    is_sure: bool


def find_repairs(text: str) -> tuple[list[Repair], list[Repair]]:
    """The accepted repairs of a text in order, and those that lack a proof."""
    found = [f for start, place, end in suspects(text) for f in _in_line(text, start, place, end)]
    proved = {f.repair.chain for f in found if f.is_sure and f.gain >= PROVED}
    accepted: list[Repair] = []
    open_: list[Repair] = []
    for f in found:
        if f.repair.is_proved and (f.is_sure or f.repair.chain in proved):
            accepted.append(f.repair)
        elif f.repair.chain in LABELLED or f.gain >= UNDECIDED:
            open_.append(f.repair)
    return accepted, open_


def _in_line(
    text: str,
    start: int,
    place: int,
    end: int,
    layer: int = 1,
    open_: Mapping[int, Options] = NOTHING_OPEN,
) -> Iterator[Found]:
    """The readings of one line, left to right."""
    at = start
    for _ in range(MAX_TRIES):
        best = max(_at(text, at, place, end, layer, open_), key=_merit, default=None)
        if best is not None:
            yield best
            at = best.repair.end
        match = gate().search(text, max(at, place + 1), end)
        if match is None:
            return
        place = match.start()


def _merit(found: Found) -> float:
    """The gain; a layer more must be worth it."""
    return found.gain - LAYER * found.repair.chain.count("+")


def _at(
    text: str, start: int, place: int, end: int, layer: int, open_: Mapping[int, Options]
) -> list[Found]:
    """What may be read at one place; a span may begin up to ``start``."""
    found: list[Found] = []
    for wrong, pattern in UTF8.items():
        other = SINGLE.get(wrong)
        if pattern.match(text, place, end) or (other and other.match(text, place, end)):
            family = "utf8" if wrong in ("gbk", "latin") else "other"
            for begin in dict.fromkeys((_run_start(text, start, place, wrong), place)):
                repair = read_utf8(text, begin, end, wrong, open_)
                if repair is not None and repair.end > place:
                    found += _judged(text, repair, family, layer)
                    break
            if any(f.is_sure for f in found):
                return found
    for wrong, pattern in SINGLE.items():
        if pattern.match(text, place, end):
            found += _read_singles(text, start, place, end, wrong, layer)
    if is_legacy(text, start, place, end):
        around = text[max(start, place - NEAR) : min(end, place + NEAR)]
        for right in ("big5", "gbk"):
            repair = read_legacy(text, start, end, right) if may_be_legacy(around, right) else None
            if repair is not None:
                found += _judged(text, repair, "legacy", MAX_LAYERS)
    return found


def _read_singles(
    text: str, start: int, place: int, end: int, wrong: str, layer: int
) -> Iterator[Found]:
    """GBK or Big5 read as a code page of single bytes; further layers only where it is neither."""
    family = "latin" if wrong == "latin" else "other"
    begin = _run_start(text, start, place, wrong)
    repairs = [
        repair
        for right in (("gbk", "big5") if wrong == "latin" else ("gbk",))
        for first in dict.fromkeys((begin, begin + 1, place))
        if (repair := read_single(text, first, end, wrong, right)) and repair.end > place
    ]
    found = [f for repair in repairs for f in _judged(text, repair, family, MAX_LAYERS)]
    top = max((f.gain for f in found), default=0.0)
    found = [f for f in found if f.gain >= top - EDGE]
    first = min((f.repair.start for f in found), default=0)
    yield from (f for f in found if f.repair.start == first)
    if not any(f.is_sure for f in found):
        for repair in repairs:
            yield from _judged(text, repair, family, layer)


def _run_start(text: str, start: int, place: int, wrong: str) -> int:
    """The first character outside ASCII of the run of a codec's characters around a place."""
    codec = wrong_codec(wrong)
    if codec.is_pairs:
        # Sound Chinese text can be of the run too, so only ASCII is passed over.
        begin = place
        while begin > start and text[begin - 1] < "\x80":
            begin -= 1
        begin = _first_letter(text, start, place) if begin == start else place
        return _further_left(text, start, begin, codec)
    for run in codec.run.finditer(text, start, place + 1):
        if run.end() > place:
            return _first_letter(text, run.start(), place)
    return place


def _further_left(text: str, start: int, place: int, codec: WrongCodec) -> int:
    """The place before it from which a few characters more are UTF-8 that begins with three bytes."""
    for begin in range(max(start, place - LEFT), place):
        before = text[begin : place + 1]
        if not codec.run.fullmatch(before):
            continue
        data = codec.encode(before)
        read = data.decode("utf-8", "ignore")
        if read and read[0] >= "\u0800" and len(read.encode()) > len(data) - 3:
            return begin
    return place


def _first_letter(text: str, start: int, place: int) -> int:
    while start < place and text[start] < "\x80":
        start += 1
    return start


def _judged(text: str, repair: Repair, family: str, layer: int) -> Iterator[Found]:
    """The reading if it is good enough, and what further layers make of it."""
    before = text[repair.start : repair.end]
    least, proved = LEAST[family]
    if (gained := _gain(before, repair, family, proved)) is not None:
        yield Found(repair, gained, _is_enough(before, repair, gained, least))
    inner, open_ = inner_text(repair)
    if layer < MAX_LAYERS and (hit := gate().search(inner)):
        below = [
            found.repair
            for found in _in_line(inner, 0, hit.start(), len(inner), layer + 1, open_)
            if found.is_sure
        ]
        if below:
            joined = _joined(text, repair, inner, below)
            before = text[joined.start : joined.end]
            if (gained := _gain(before, joined, family, proved)) is not None:
                yield Found(joined, gained, _is_enough(before, joined, gained, least))


def _joined(text: str, repair: Repair, inner: str, below: list[Repair]) -> Repair:
    """One repair of two layers.

    What the lower layer left alone at the ends are sound characters that were read by chance.
    """
    start, end = repair.start, repair.end
    first, last = below[0].start, below[-1].end
    if repair.chain in _READS:
        wrong = _READS[repair.chain]
        start += (size := _as_read(text[start:end], inner[:first], wrong))
        at = first if size else 0
        size = _as_read(text[start:end][::-1], inner[last:], wrong, backwards=True)
        end, inner = end - size, inner[:last] if size else inner
    else:
        at = 0
    marked: list[str] = []
    read: list[str] = []
    chain, sure = repair.chain, 1.0
    for lower in below:
        marked += inner[at : lower.start], lower.text
        read += inner[at : lower.start], lower.best
        at = lower.end
        chain, sure = f"{lower.chain}+{repair.chain}", min(sure, lower.sure)
    marked.append(inner[at:])
    read.append(inner[at:])
    return Repair(start, end, "".join(marked), "".join(read), sure, chain)


_READS: Final = {f"utf8-as-{wrong}": wrong for wrong in UTF8}


def _as_read(shown: str, read: str, wrong: str, *, backwards: bool = False) -> int:
    """How many characters of Chinese at one end say just what was read there."""
    if read.isascii() or "\ufffd" in read:
        return 0
    data, codec = read.encode(), wrong_codec(wrong)
    for size in range(1, len(shown)):
        piece = shown[:size][::-1] if backwards else shown[:size]
        if not "\u3400" <= shown[size - 1] <= "\u9fff" or not codec.run.fullmatch(piece):
            return 0
        if codec.encode(piece) == data:
            return size
    return 0


def _is_enough(before: str, repair: Repair, gained: float, least: Least) -> bool:
    after = repair.best
    return (
        gained >= least.gain
        and _han(after) >= least.han
        and _score(after) >= least.score
        and (len(before) > 1)
    )


def _han(text: str) -> int:
    return sum("\u3400" <= char <= "\u9fff" for char in text)


def _score(text: str) -> float:
    """The mean score of what is not lost."""
    text = text.replace("\ufffd", "")
    size = sum(char > "\x7f" for char in text)
    return total(text) / size if size else 0.0


def _gain(before: str, repair: Repair, family: str, least: Least) -> float | None:
    """The nats gained, unless something speaks against the reading."""
    after, shown = repair.best, repair.text
    if len(after) > SAMPLE:
        before = before[: len(before) * SAMPLE // len(after)]
        after, shown = after[:SAMPLE], shown[:SAMPLE]
    han = _han(after)
    lost = shown.count("\ufffd")
    letters = sum("\x80" <= char <= "\u024f" for char in after)
    if han < least.han or lost * 2 > len(after) or letters * 3 > han:
        return None
    if family == "legacy" and (lost * 10 > 3 * len(after) or _score(before) > -11.0):
        return None
    if family == "other" and len(set(after)) * 2 < len(after):
        return None  # a table's lines
    reached = total(after)
    gained = reached - total(before)
    size = sum(char > "\x7f" for char in after)
    return gained if gained >= least.gain and reached >= least.score * size else None
