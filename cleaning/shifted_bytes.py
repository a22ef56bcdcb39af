"""GBK bytes some of which were lost, read in step: what the bytes and the notes allow, weighed.

A reading is built byte by byte.  Every two neighbouring bytes, whether they are one character or
straddle two, are looked up in the page's note table: a note that shows must be theirs, and one
that does not must not be due.  Only then the judge weighs the characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from cleaning import gbk
from cleaning.note_table import fits, noted
from cleaning.plausibility import model
from cleaning.readings import (
    BEAM,
    NOTHING,
    Codes,
    Flags,
    Logs,
    Readings,
    Rows,
    agreement,
    joined,
    likeliest,
    pruned,
    weighed,
)
from cleaning.shift_judge import RunJudge

FIRST_OF_TWO: Final = 9.0
"""Nats that the first of two lost bytes may fall behind the best before its second is tried."""
RARE: Final = -13.0
"""What a lost character is at least, in nats: one in 440,000 where nothing is known before it."""
FIRSTS: Final = 40
"""First bytes whose seconds are tried, at most."""
LONE: Final = 0x80
"""Never a lead byte, so a reader fails on it alone."""
TAKEN_WITH_LONE: Final = -2.0
"""Some readers take the next byte down with it all the same."""


@cache
def _is_pair() -> Flags:
    """Code -> whether GBK has the character."""
    found = np.zeros(1 << 16, dtype=np.bool_)
    found[[*gbk.pairs()]] = True
    return found


@cache
def _second_bytes(lead: int) -> Codes:
    """The second bytes that an ASCII reader fails on, after a lead byte; no rare characters."""
    table = gbk.pairs()
    found = [trail for trail in gbk.trails(lead, 0x80) if _is_fair(table[lead << 8 | trail])]
    return np.array(found, dtype=np.uint16)


def _is_fair(char: str) -> bool:
    return model().start(char) > RARE


@cache
def _leads_after(first: int) -> Codes:
    """The lead bytes with which a reader fails on ``first``."""
    return np.array([*(gbk.LEADS if first == LONE else gbk.unpairable(first))], dtype=np.uint16)


@cache
def _second_of_two(first: int, following: int) -> Codes:
    """Those of them that make a fair character with the byte that follows."""
    table = gbk.pairs()
    chars = ((lead, table.get(lead << 8 | following)) for lead in _leads_after(first).tolist())
    return np.array([lead for lead, char in chars if char and _is_fair(char)], dtype=np.uint16)


class ShiftedBytes:
    """The readings of the bytes added so far, best first.

    Where all of them go on alike they are settled, and what comes is read once for all.
    """

    def __init__(self, context: str, last: int, judge: RunJudge) -> None:
        self._judge = judge
        padded = "\n" * judge.size + context
        before = int.from_bytes(gbk.encoded(padded[-1]) or b"\n", "big")
        self.readings = Readings(
            np.zeros(1),
            np.zeros((1, 0), dtype=np.uint16),
            judge.ids(padded)[None, -judge.size :],
            np.array([before], dtype=np.uint16),
            np.zeros(1, dtype=np.uint16),
            np.array([last], dtype=np.uint16),
            np.zeros(1, dtype=np.bool_),
        )
        self._settled: list[list[tuple[str, float]]] = []

    def __bool__(self) -> bool:
        return len(self.readings) > 0

    @property
    def aligned(self) -> bool:
        """Whether every reading ends with a whole character."""
        return not self.readings.pending.any()

    def _keep(self, readings: Readings) -> None:
        self.readings = readings = pruned(readings)
        if readings.text.shape[1] and readings.are_one():
            self._settled.append(weighed(readings))
            top = readings.of(np.zeros(1, dtype=np.int64))
            self.readings = replace(top, log_p=np.zeros(1), text=top.text[:, :0])

    def add(self, data: bytes, note: str | None = None) -> None:
        """Read known bytes, the last of them with a note behind it."""
        for at, byte in enumerate(data):
            here = note if at == len(data) - 1 else None
            self._keep(self._with(self.readings, byte, here))

    def add_noted(self, reading: str) -> None:
        """A byte that was lost in front of a note: it makes a character with that reading."""
        found = [noted(last, reading) for last in self.readings.last.tolist()]
        rows = np.repeat(np.arange(len(found)), [len(options) for options in found])
        steps = [(byte, weight) for options in found for byte, _, weight in options]
        data = np.array([byte for byte, _ in steps], dtype=np.uint16)
        weights = np.array([weight for _, weight in steps])
        self._keep(self._extended(self.readings, rows, data, weights, reading))

    def can_be_noted(self, reading: str) -> bool:
        return any(noted(last, reading) for last in np.unique(self.readings.last).tolist())

    def fits(self, byte: int, reading: str) -> bool:
        """Whether a byte, here, makes a character that can have this note."""
        table, lasts = gbk.pairs(), np.unique(self.readings.last).tolist()
        return any(fits(table.get(last << 8 | byte, ""), reading) for last in lasts)

    def add_one_of(self, weights: dict[int, float]) -> None:
        """A lost byte that may be any of these."""
        data = np.array([*weights], dtype=np.uint16)
        self._keep(self._each(self.readings, [data] * len(self.readings), [*weights.values()]))

    def add_failure(self, swallowed: dict[str, float], following: int, *, alone: bool) -> None:
        """What the mark of a failure stands for.

        In step it is a question mark.  Out of step it is the second byte of a character and what
        the reader took down with it: a byte that makes no pair with it, or an ASCII one if it
        swallows those (``swallowed``, with weights).  Nothing if it stood ``alone``, at the end.
        ``following``: the byte behind, which is read too; 0 if none is known.
        """
        is_pending = self.readings.pending > 0
        ended = [self._with(self.readings.of(~is_pending), ord("?"))]
        waiting = self.readings.of(is_pending)
        firsts = pruned(self._each(waiting, [_second_bytes(p) for p in waiting.pending.tolist()]))
        best = firsts.log_p.max(initial=-np.inf)
        firsts = firsts.of(firsts.log_p >= best - FIRST_OF_TWO).of(np.arange(len(firsts))[:FIRSTS])
        done = []
        if alone:
            ended.append(firsts)
        else:
            is_lone = firsts.last == LONE
            ended.append(firsts.of(is_lone))
            firsts.log_p[is_lone] += TAKEN_WITH_LONE
            bytes_ = firsts.last.tolist()
            leads = [_second_of_two(b, following) if following else _leads_after(b) for b in bytes_]
            done.append(self._each(firsts, leads))
            if following:
                done[0] = self._with(done[0], following)
            # A mark costs something too, so what is too far behind already need not be weighed.
            floor = done[0].log_p.max(initial=-np.inf) - BEAM if following else -np.inf
            marks = np.array([*map(ord, swallowed)], dtype=np.uint16)
            ended.append(self._each(firsts, [marks] * len(firsts), [*swallowed.values()], floor))
        rest = joined(ended)
        done.append(self._with(rest, following) if following else rest)
        self._keep(joined(done))

    def _with(self, readings: Readings, byte: int, note: str | None = None) -> Readings:
        """Readings with one byte more."""
        size = len(readings)
        data = np.full(size, byte, dtype=np.uint16)
        return self._extended(readings, np.arange(size), data, np.zeros(size), note)

    def _each(
        self,
        readings: Readings,
        data: list[Codes],
        weights: Sequence[float] = (),
        floor: float = -np.inf,
    ) -> Readings:
        """Each reading with each of its bytes; ``weights`` where all have the same bytes."""
        rows = np.repeat(np.arange(len(data)), [len(options) for options in data])
        found = np.concatenate(data) if data else np.zeros(0, dtype=np.uint16)
        given = np.tile(np.array(weights), len(data)) if weights else np.zeros(len(found))
        fair = readings.log_p[rows] + given > floor
        return self._extended(readings, rows[fair], found[fair], given[fair], None)

    def _extended(
        self, readings: Readings, rows: Rows, data: Codes, weights: Logs, note: str | None
    ) -> Readings:
        """Some of the readings, each with one byte more, as far as it can stand there."""
        judge = self._judge
        last, pending = readings.last[rows], readings.pending[rows]
        pair = last << 8 | data
        log_p = readings.log_p[rows] + weights
        if note is not None:
            shown = np.full(len(pair), -np.inf)
            for code in np.unique(pair).tolist():
                if fits(char := gbk.pairs().get(code, ""), note):
                    shown[pair == code] = judge.table.shown(char, note)
            log_p += shown
        else:
            # With a note behind its lead byte a character may have lost its own.
            is_silent = (last > LONE) & ~readings.is_noted[rows]
            log_p += np.where(is_silent, judge.silent[pair], 0.0)
        codes = (pending << 8 | data).astype(np.uint16)
        is_whole = (pending > 0) | (data < LONE)
        fair = np.where(is_whole, (pending == 0) | _is_pair()[codes], (data > LONE) & (data < 0xFF))
        fair &= log_p > -np.inf
        rows, data, log_p = rows[fair], data[fair], log_p[fair]
        codes, is_whole = codes[fair], is_whole[fair]
        tail, before = readings.tail[rows], readings.before[rows]
        whole = np.flatnonzero(is_whole)
        if len(whole):
            # Contexts are those of the readings, of which many rows may come.
            used, at = np.unique(rows[whole], return_inverse=True)
            scores = judge.scores(readings.tail[used], readings.before[used], at, codes[whole])
            log_p[whole] += scores
            tail[whole, :-1] = tail[whole, 1:]
            tail[whole, -1] = judge.ids_of_codes[codes[whole]]
            before[whole] = codes[whole]
        text = readings.text[rows]
        if len(whole):
            column = np.where(is_whole, codes, NOTHING).astype(np.uint16)
            text = np.concatenate([text, column[:, None]], axis=1)
        return Readings(
            log_p,
            text,
            tail,
            before,
            np.where(is_whole, 0, data).astype(np.uint16),
            data,
            np.full(len(rows), note is not None),
        )

    def follow(self, text: str, following: int) -> None:
        """Weigh the readings by what stands behind the run and is not read itself."""
        readings = here = self.readings.of(self.readings.pending == 0)
        if following:
            is_silent = (here.last > LONE) & ~here.is_noted
            pair = here.last << 8 | following
            here.log_p[:] += np.where(is_silent, self._judge.silent[pair], 0.0)
        for char in text if len(here) else "":
            code = int.from_bytes(gbk.encoded(char) or b"", "big")
            if not code:
                break
            rows = np.arange(len(here))
            codes = np.full(len(here), code, dtype=np.uint16)
            log_p = here.log_p + self._judge.scores(here.tail, here.before, rows, codes)
            number = self._judge.ids_of_codes[codes][:, None]
            tail = np.concatenate([here.tail[:, 1:], number], axis=1)
            here = replace(here, log_p=log_p, tail=tail, before=codes)
        readings.log_p[:] = here.log_p
        self.readings = readings.of(np.argsort(-readings.log_p, kind="stable"))

    def _parts(self) -> list[list[tuple[str, float]]]:
        open_ = self.readings.of(self.readings.pending == 0)
        return [*self._settled, weighed(open_)]

    def best(self) -> tuple[str, list[float]]:
        """The likeliest whole reading and how sure each of its characters is."""
        found = [agreement(part) for part in self._parts()]
        return "".join(text for text, _ in found), [s for _, sure in found for s in sure]

    def likeliest(self, count: int) -> tuple[tuple[str, float], ...]:
        """The likeliest whole readings with their probabilities."""
        return likeliest(self._parts(), count)
