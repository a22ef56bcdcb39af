"""How much a string looks like Chinese: the one judge of mojibake, byte shift and masks.

A model of character pairs.  ``P(b | a)`` is that of the pair inside a word plus the chance that
``a`` ends a word and ``b`` begins the next.  Traditional characters are folded to Simplified
first, so both scripts, and the character-wise Traditional of mirror pages, score alike.

The data (``rules/plausibility.bin``, 0.6 MB) is made by ``benchmarks/make_plausibility.py`` from
jieba's dictionary (MIT), pypinyin's phrases (MIT), Pinyin2Hanzi's transitions (MIT) and OpenCC's
character table (Apache-2.0); its first line says so with their versions.

>>> gain("涓枃", "中文") > 0
True
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import accumulate, pairwise
from typing import Final

from cleaning.packed import Packed

UNKNOWN: Final = -18.0
"""A character that neither the dictionary nor a script below knows: rarer than the rarest."""

SCRIPTS: Final = (
    # First and last character, and the log-probability of one of them in Chinese text.  Letters
    # that foreign words are made of cost little, what no page writes costs as much as noise.
    ("\x80", "\x9f", -19.0),  # C1 controls: only mojibake has them
    ("\xa0", "\xa0", -5.0),
    ("\xa1", "\xff", -8.5),
    ("\u0100", "\u024f", -8.5),
    ("\u0250", "\u036f", -12.0),
    ("\u0370", "\u052f", -8.5),  # Greek and Cyrillic
    ("\u2000", "\u2bff", -11.0),  # symbols
    ("\u3000", "\u303f", -10.0),
    ("\u3040", "\u30ff", -9.0),  # kana
    ("\uac00", "\ud7a3", -13.0),  # Hangul
    ("\ue000", "\uf8ff", -19.0),  # private use
    ("\uff01", "\uff5e", -9.0),
    ("\ufffd", "\ufffd", -16.0),
)
COMMON_MARKS: Final = "·×°±÷§«»©®áàéèêìíòóùúüāǎēéěīǐōǒūǔǖǘǚǜ"
"""Marks and the letters of pinyin, at -7."""

WORD_START: Final = -5.0
NUMBER_START: Final = -4.0
"""The first letter or digit of a run of them; those after it are free."""
BLANK: Final = -4.0
"""A blank right after a Chinese character."""
LINE_END: Final = -6.0
ASCII_MARK: Final = -5.0
AFTER_MARK: Final = -5.0
"""What a blank or an ASCII mark costs besides, right after a full-width mark."""
CLOSING: Final = "”’』」）》"
ENDS: Final = "。！？…”』」）：；"
LINE_END_AFTER_MARK: Final = -1.0
"""A line end after one of those marks; e^-1 = 0.37 of sentences end their paragraph."""


class Model:
    """The pairs, with the rows of a character unpacked when it is first asked for."""

    def __init__(self, data: bytes) -> None:
        packed = Packed(data)
        facts, take = packed.facts, packed.take
        self.version: int = facts["version"]
        count, folds, pairs = facts["characters"], facts["folds"], facts["pairs"]
        self._chars = packed.chars(count)
        before, after = packed.chars(folds), packed.chars(folds)
        self.fold: dict[str, str] = dict(zip(before, after, strict=True))
        """Traditional to Simplified, one character for one."""
        self._logs = logs = packed.logs()
        self.starts: dict[str, float] = {
            char: logs[value] for char, value in zip(self._chars, take(count), strict=True)
        }
        self._leaves = {
            char: logs[value] for char, value in zip(self._chars, take(count), strict=True)
        }
        lengths = take(2 * count)
        ends = accumulate(lengths[::2], initial=0), accumulate(lengths[1::2], initial=0)
        self._rows = dict(
            zip(self._chars, pairwise(a + 256 * b for a, b in zip(*ends, strict=True)), strict=True)
        )
        self._high, self._low, self._values = take(pairs), take(pairs), take(pairs)
        self._unpacked: dict[str, dict[str, float]] = {}

    def start(self, char: str) -> float:
        """``ln P`` of a character outside ASCII where a word begins, nothing known before it."""
        found = self.starts.get(char)
        if found is None:
            folded = self.fold.get(char)
            found = self.start(folded) if folded else _of_script(char)
            self.starts[char] = found
        return found

    def _row(self, char: str) -> dict[str, float]:
        first, last = self._rows.get(char, (0, 0))
        row = {
            self._chars[high << 8 | low]: self._logs[value]
            for high, low, value in zip(
                self._high[first:last], self._low[first:last], self._values[first:last], strict=True
            )
        }
        self._unpacked[char] = row
        return row

    def log_probability(self, before: str, char: str) -> float:
        """``ln P(char | before)``; ``before`` is one character, or "" at the start of a text."""
        if char < "\x80":
            return _ascii(before, char)
        if before < "\x80":
            return self.start(char)
        before = self.fold.get(before, before)
        folded = self.fold.get(char, char)
        row = self._unpacked.get(before)
        if row is None:
            row = self._row(before)
        found = row.get(folded)
        if found is not None:
            return found
        return self._leaves.get(before, 0.0) + self.start(folded)

    def total(self, text: str) -> float:
        """The log-probability of a whole text, in nats."""
        log_probability = self.log_probability
        total = 0.0
        before = ""
        for char in text:
            total += log_probability(before, char)
            before = char
        return total


def _ascii(before: str, char: str) -> float:
    """What an ASCII character costs: code and English are no Chinese, but no damage either."""
    if char.isalnum():
        if before < "\x80" and before.isalnum():
            return 0.0
        found = WORD_START if char.isalpha() else NUMBER_START
        return found + AFTER_MARK if before in CLOSING else found
    if char == "\n":
        return LINE_END_AFTER_MARK if before in ENDS else LINE_END
    if before < "\x80" and char != "?":  # rows of "?" are what lost text looks like
        return 0.0
    found = BLANK if char <= " " else ASCII_MARK
    return found if "\u3400" <= before <= "\u9fff" else found + AFTER_MARK


def _of_script(char: str) -> float:
    if char in COMMON_MARKS:
        return -7.0
    return next((value for first, last, value in SCRIPTS if first <= char <= last), UNKNOWN)


@cache
def model() -> Model:
    """The model, read at the first call (25 ms)."""
    return Model(files("cleaning.rules").joinpath("plausibility.bin").read_bytes())


def score(text: str) -> float:
    """The mean log-probability of the characters outside ASCII, in nats; 0 if there is none.

    Sound prose scores -5.6 (52 pages), mojibake -8.5 (GBK as Latin-1) to -14 (GBK as Big5).
    """
    size = sum(char > "\x7f" for char in text)
    return model().total(text) / size if size else 0.0


def gain(before: str, after: str) -> float:
    """By how many nats ``after`` is the likelier text; positive is better."""
    judge = model()
    return judge.total(after) - judge.total(before)
