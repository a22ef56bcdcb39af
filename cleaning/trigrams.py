"""What follows two characters, in words and in running text: the finer judge, for lost bytes.

``P(c | a b)``, interpolated with ``P(c | b)`` and with the pairs of
:mod:`cleaning.plausibility`.  The data (``rules/trigrams.bin``, 2.4 MB) is made by
``benchmarks/make_trigrams.py``; its first line names the sources, their licences and versions.
Only lost bytes need it, so it is read when the first one is met.  On the main text of 52 real pages
(unseen) a Chinese character or mark has -4.70 nats; by pairs alone, -5.19.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Final

from cleaning import plausibility
from cleaning.packed import Packed

CONTEXT: Final = {
    **dict.fromkeys("0123456789", "0"),
    **dict.fromkeys("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "a"),
    **dict(zip(",:;?!()", "，：；？！（）", strict=True)),
}
"""How a character counts as context: one digit is like another, a half mark like its full one."""


class Trigrams:
    """The entries, found by bisection; rows are unpacked when first asked for."""

    def __init__(self, data: bytes) -> None:
        packed = Packed(data)
        facts, take, numbers = packed.facts, packed.take, packed.numbers
        self.version: int = facts["version"]
        self._logs = packed.logs()
        self._chars = packed.chars(facts["characters"])
        self._rank = {char: at for at, char in enumerate(self._chars)}
        self._keys: list[array[int]] = []
        self._starts: list[array[int]] = []
        self._left: list[bytes] = []
        self._entries: list[tuple[bytes, bytes, bytes]] = []
        for order, (contexts, entries) in enumerate(
            zip(facts["contexts"], facts["entries"], strict=True), 1
        ):
            key = numbers(contexts)
            for _ in range(order - 1):
                key = [a << 16 | b for a, b in zip(key, numbers(contexts), strict=True)]
            self._keys.append(array("I", key))
            self._starts.append(array("I", accumulate(numbers(contexts), initial=0)))
            self._left.append(take(contexts))
            self._entries.append((take(entries), take(entries), take(entries)))
        self._rows: tuple[dict[str, tuple[float, dict[str, float]]], ...] = ({}, {})
        pairs = plausibility.model()
        self._fold = pairs.fold
        self._pair = pairs.log_probability

    def _row(self, context: str) -> tuple[float, dict[str, float]]:
        """What a context leaves to the lower order, in nats, and the entries that it has."""
        if (known := self._rows[len(context) - 1].get(context)) is not None:
            return known
        ranks = [self._rank.get(char, -1) for char in context]
        found: tuple[float, dict[str, float]] = (0.0, {})
        order = len(context) - 1
        if min(ranks) >= 0:
            key = ranks[0] if order == 0 else ranks[0] << 16 | ranks[1]
            keys = self._keys[order]
            at = bisect_left(keys, key)
            if at < len(keys) and keys[at] == key:
                first, last = self._starts[order][at : at + 2]
                low, high, values = self._entries[order]
                found = (
                    self._logs[self._left[order][at]],
                    {
                        self._chars[rank]: self._logs[value]
                        for rank, value in zip(
                            accumulate(
                                a | b << 8
                                for a, b in zip(low[first:last], high[first:last], strict=True)
                            ),
                            values[first:last],
                            strict=True,
                        )
                    },
                )
        self._rows[order][context] = found
        return found

    def folded(self, text: str) -> str:
        """A context as the tables write it: Simplified, digits and half marks as their like."""
        fold = self._fold
        return "".join([CONTEXT.get(char) or fold.get(char, char) for char in text])

    def log_probability(self, before: str, char: str) -> float:
        """``ln P(char | before)``; of ``before`` the last two characters count."""
        return self.after(before)(char)

    def after(self, before: str) -> Callable[[str], float]:
        """The same for one context and many characters."""
        pair, fold, last = self._pair, self._fold, before[-1:]
        if not before:
            return lambda char: pair("", char)
        context = self.folded(before[-2:])
        left, triples = self._row(context) if len(context) > 1 else (0.0, {})
        below, pairs = self._row(context[-1])
        below += left

        def log_probability(char: str) -> float:
            if char < "\x80":
                return pair(last, char)
            folded = fold.get(char, char)
            if (found := triples.get(folded)) is not None:
                return found
            if (found := pairs.get(folded)) is not None:
                return left + found
            return below + pair(last, char)

        return log_probability


@cache
def model() -> Trigrams:
    """The model, read at the first call."""
    return Trigrams(files("cleaning.rules").joinpath("trigrams.bin").read_bytes())
