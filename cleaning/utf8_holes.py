"""UTF-8 that was read with another codec, read back; what stands in the holes stays open.

Known bytes are decoded as they are.  A hole is where the bytes do not go on as UTF-8 must: a ``?``
or U+FFFD inside a character, or nothing at all.  Which bytes can be lost there follows from how
the codec fails, so every hole has a list of what it may say, and the holes of a text do not
depend on one another wherever a known character stands between them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cleaning.lost_fillings import KEPT, RARE, fillings, next_state, rarity
from cleaning.plausibility import model
from cleaning.wrong_codecs import LOST, WrongCodec

MAX_HOLES: Final = 3
"""Holes without a known character between them."""
NEAR: Final = 8
"""Bytes after a hole within which its readings must have come together."""
COMMON: Final = 4.0
"""Nats by which a Han character may be rarer than the letter that it reads as by chance."""
FEW: Final = 30
"""Readings of one hole that are gone on with where another follows before they come together."""


@dataclass(frozen=True, slots=True)
class Hole:
    """What may stand in a hole, each with a weight in nats; ``start`` is a place in the bytes."""

    start: int
    candidates: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A span of a text as known characters and holes."""

    start: int
    end: int
    parts: tuple[str | Hole, ...]

    @property
    def holes(self) -> int:
        return sum(isinstance(part, Hole) for part in self.parts)


Options = tuple[tuple[str, float], ...]
"""What a hole may say, each with a weight in nats."""
_Bytes = Mapping[int, tuple[tuple[bytes, float], ...]]
"""The same as bytes, by their place."""


def parse(
    text: str, start: int, stop: int, codec: WrongCodec, open_: Mapping[int, Options]
) -> Parsed | None:
    """Read the characters from ``start`` on back to UTF-8, as far as that works before ``stop``.

    ``open_`` says what may stand at some places of the text, where it has U+FFFD: they are the
    holes of the layer above.
    """
    run = codec.run.match(text, start, stop)
    if run is None:
        return None
    shown = run.group()
    data = codec.encode(shown)
    try:
        return _trimmed(text, start, run.end(), [data.decode()])
    except UnicodeDecodeError:
        pass
    offsets = codec.boundaries(shown)
    places = {offset: number for number, offset in enumerate(offsets)}
    known = {
        offsets[at - start]: _encoded(open_[at], codec)
        for at in open_
        if at in range(start, run.end())
    }
    parts, at = _read(bytearray(data), codec, known, is_whole=run.end() == stop)
    while at not in places:  # a character of the wrong codec that is read in part
        last = parts.pop()
        if isinstance(last, Hole):
            at = last.start
        elif last:
            at -= len(last[-1].encode())
            parts.append(last[:-1])
    return _trimmed(text, start, start + places[at], parts)


def _encoded(options: Options, codec: WrongCodec) -> tuple[tuple[bytes, float], ...]:
    fits = codec.run.fullmatch
    return tuple((codec.encode(chars), weight) for chars, weight in options if fits(chars))


def _trimmed(text: str, start: int, end: int, parts: list[str | Hole]) -> Parsed | None:
    """The span without what is at its ends by chance.

    ASCII reads the same either way, and sound Chinese characters may read as those of two bytes.
    """
    known = "".join(part for part in parts if isinstance(part, str))
    short = sum("\x80" <= char <= "\u07ff" for char in known)
    by_chance = _is_chance if short * 3 < len(known) else _is_never
    while parts and isinstance(last := parts[-1], str):
        if last and (last[-1] < "\x80" or (end > start and by_chance(text[end - 1], last))):
            parts[-1] = last[:-1]
            end -= 1
        elif last:
            break
        else:
            parts.pop()
    while parts and isinstance(first := parts[0], str):
        if first and (first[0] < "\x80" or (end > start and by_chance(text[start], first[0]))):
            parts[0] = first[1:]
            start += 1
        else:
            break
    return Parsed(start, end, tuple(p for p in parts if p != "")) if end > start else None


def _is_never(shown: str, read: str) -> bool:
    """In text of a Latin script, or such text of a further layer, nothing is chance."""
    return False


def _is_chance(shown: str, read: str) -> bool:
    """Whether a Han character is likelier than what it reads as; ``caf茅`` reads as ``café``."""
    return (
        read[-1] <= "\u07ff"
        and "\u3000" <= shown <= "\u9fff"
        and not (read[-2:-1].isascii() and read[-2:-1].isalpha())
        and model().start(shown) > model().start(read[-1]) - COMMON
    )


def _read(
    data: bytearray, codec: WrongCodec, known_bytes: _Bytes, *, is_whole: bool
) -> tuple[list[str | Hole], int]:
    """The parts of a run's bytes and how far they reach."""
    parts: list[str | Hole] = []
    at = unmarked = known = 0
    while at < len(data):
        try:
            parts.append(data[at:].decode())
            at = len(data)
            break
        except UnicodeDecodeError as error:
            good, size = error.start, error.end - error.start
            if error.reason == "invalid start byte":
                size = 0
        if good:
            decoded = data[at : at + good].decode()
            parts.append(decoded)
            known += len(decoded)
            at += good
        place = at + size
        pending = bytes(data[at:place])
        bad = data[place] if place < len(data) else -1
        if bad == 0x20 and pending and not codec.is_pairs:
            data[place] = 0xA0  # no-break space, made a plain one
            continue
        mark = "?" if bad == 0x3F else "\ufffd" if bad == LOST[0] else ""
        back = 0
        if not pending and parts and mark == "" and codec.is_pairs and bad < 0xC0:
            # Two bytes may be lost between two characters that made one of the wrong codec.
            last = parts[-1]
            if isinstance(last, str) and len(last[-1].encode()) == 3:
                back, place = 3, at - 1
                pending = bytes(data[at - 3 : place])
        if not pending and not (mark and place in known_bytes):
            break
        if mark == "":
            unmarked += 1
            if unmarked * 2 > 2 + known or (bad < 0 and not is_whole):
                break
        behind = place + bool(mark)
        found = _hole(data, at - back, pending, behind, mark, codec, known_bytes)
        if found is None or not _goes_on(data, found[1], known_bytes, is_whole=is_whole):
            if mark == "":
                break
            found = _hole(data[:behind], at, pending, behind, mark, codec, known_bytes) or found
        if found is None:
            break
        if back and isinstance(last := parts[-1], str):
            parts[-1] = last[:-1]
        hole, at = found
        parts.append(hole)
    return parts, at


def _goes_on(data: bytearray, at: int, known_bytes: _Bytes, *, is_whole: bool) -> bool:
    """Whether the bytes behind a hole begin with a character of three bytes or a further hole.

    Sound text behind mojibake reads as characters of two bytes here and there.
    """
    if at >= len(data):
        return is_whole
    following = data[at : at + 12].lstrip(_ASCII_BYTES)
    if not following:
        return True
    if known_bytes and following[0] == LOST[0]:
        return True
    if following[0] < 0xE0 or following[0] > 0xF4:
        return False
    return all(0x80 <= byte < 0xC0 or byte in _MARKS for byte in following[1:2])


_ASCII_BYTES = bytes(range(0x80))
_MARKS = (0x3F, LOST[0], 0x20)


def _hole(
    data: bytearray,
    start: int,
    pending: bytes,
    at: int,
    mark: str,
    codec: WrongCodec,
    known_bytes: _Bytes,
) -> tuple[Hole, int] | None:
    """What may stand in a hole and the character it broke, and the place behind that."""
    follow = data[at] if at < len(data) else -1
    states: dict[tuple[str, bytes], float] = {}
    if at - 1 in known_bytes and mark:
        states = _chosen({("", pending): 0.0}, known_bytes[at - 1])
    else:
        for text, rest, weight in fillings(codec.name, codec.unshown, pending, mark, follow):
            states[text, rest] = weight
    holes = 1
    end = min(len(data), at + NEAR)
    while any(rest for _, rest in states):
        if at >= end:
            states = {state: weight for state, weight in states.items() if not state[1]}
            break
        byte = data[at]
        at += 1
        if byte in (0x3F, LOST[0]):
            if (holes := holes + 1) > MAX_HOLES:
                return None
            if at - 1 in known_bytes:
                states = _chosen(states, known_bytes[at - 1])
                continue
            follow = data[at] if at < len(data) else -1
            mark = "?" if byte == 0x3F else "\ufffd"
            states = _refilled(states, mark, follow, codec)
        else:
            states = _fed(states, byte)
    kept = _likely(states)
    return (Hole(start, kept), at) if kept else None


def _fed(states: dict[tuple[str, bytes], float], byte: int) -> dict[tuple[str, bytes], float]:
    found: dict[tuple[str, bytes], float] = {}
    for (text, rest), weight in states.items():
        fed = next_state(rest, byte)
        if fed is not None:
            found[text + fed[0], fed[1]] = weight
    return found


def _chosen(
    states: dict[tuple[str, bytes], float], options: tuple[tuple[bytes, float], ...]
) -> dict[tuple[str, bytes], float]:
    """The states after one of some strings of bytes."""
    found: dict[tuple[str, bytes], float] = {}
    likely = sorted(states.items(), key=lambda item: rarity(item[0][0]) - item[1])
    for (text, rest), weight in likely[:FEW]:
        for data, extra in options:
            after: dict[tuple[str, bytes], float] = {(text, rest): weight + extra}
            for byte in data:
                after = _fed(after, byte)
            for state, total in after.items():
                found[state] = max(total, found.get(state, total))
    return found


def _refilled(
    states: dict[tuple[str, bytes], float], mark: str, follow: int, codec: WrongCodec
) -> dict[tuple[str, bytes], float]:
    """The states after one more hole."""
    found: dict[tuple[str, bytes], float] = {}
    likely = sorted(states.items(), key=lambda item: rarity(item[0][0]) - item[1])
    for (text, rest), weight in likely[:FEW]:
        if not rest:
            if mark == "?":
                found[text + "?", b""] = weight
            continue
        for more, pending, extra in fillings(codec.name, codec.unshown, rest, mark, follow):
            found[text + more, pending] = weight + extra
    return found


def _likely(states: dict[tuple[str, bytes], float]) -> tuple[tuple[str, float], ...]:
    whole = [(rarity(text) - weight, text, weight) for (text, rest), weight in states.items()]
    whole.sort()
    limit = whole[0][0] + RARE if whole else math.inf
    return tuple((text, weight) for cost, text, weight in whole[:KEPT] if cost <= limit)
