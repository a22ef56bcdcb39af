"""What follows some characters, in words and in running text: the finer judge, for lost bytes.

``P(c | … a b)`` of every order up to :attr:`Ngrams.order`; what an order does not have, the next
lower one says, with what the context leaves to it (Katz's form).  The data (``rules/ngrams.bin``)
is made by ``benchmarks/make_ngrams.py``; its first line names the sources, their licences and
versions.  Only lost bytes need it, so it is read when the first one is met.

Characters are numbers here, in the order of how frequent they are, and all is asked in bulk: a
hole of two bytes leaves a thousand readings.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from cleaning import gbk, plausibility
from cleaning.packed import Packed

Ids = npt.NDArray[np.uint16]
Keys = npt.NDArray[np.uint64]
Logs = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

CONTEXT: Final = {
    **dict.fromkeys("0123456789", "0"),
    **dict.fromkeys("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "a"),
    **dict(zip(",:;?!()", "，：；？！（）", strict=True)),
}
"""How a character counts as context: one digit is like another, a half mark like its full one."""

_BITS: Final = np.uint64(16)


class Table:
    """Sorted keys with a value each; what is not there has a value of its own."""

    def __init__(self, keys: Keys, values: Logs, missing: float) -> None:
        self._keys = np.append(keys, ~np.uint64(0))
        self._values = np.append(values, np.float32(missing))

    def __getitem__(self, keys: Keys) -> Logs:
        at = np.searchsorted(self._keys, keys)
        at[self._keys[at] != keys] = len(self._keys) - 1
        found: Logs = self._values[at]
        return found


def _octets(packed: Packed, size: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(packed.take(size), dtype=np.uint8)


def _numbers(packed: Packed, size: int) -> Keys:
    """So many numbers of two bytes: all low bytes, then all high ones."""
    low, high = _octets(packed, size), _octets(packed, size)
    return low.astype(np.uint64) | high.astype(np.uint64) << np.uint64(8)


class Ngrams:
    """The entries, found by bisection."""

    def __init__(self, data: bytes) -> None:
        packed = Packed(data)
        facts = packed.facts
        self.version: int = facts["version"]
        self.order: int = len(facts["entries"]) + 1
        logs = np.array(packed.logs(), dtype=np.float32)
        chars = packed.chars(facts["characters"])
        first = logs[_octets(packed, len(chars))].tolist()
        self._entries: list[Table] = []
        self._left: list[Table] = []
        for order, (contexts, entries) in enumerate(
            zip(facts["contexts"], facts["entries"], strict=True), 1
        ):
            context = np.zeros(contexts, dtype=np.uint64)
            for _ in range(order):
                context = context << _BITS | _numbers(packed, contexts)
            sizes = _numbers(packed, contexts).astype(np.int64)
            left = logs[_octets(packed, contexts)]
            steps = _numbers(packed, entries)
            values = logs[_octets(packed, entries)]
            # Ranks stand as their distances in a row: sum them up, less the sum where a row starts.
            sums = np.cumsum(steps)
            starts = np.repeat(np.concatenate([[0], sums])[np.cumsum(sizes) - sizes], sizes)
            ranks = sums - starts.astype(np.uint64)
            self._left.append(Table(context, left, 0.0))
            self._entries.append(Table(np.repeat(context, sizes) << _BITS | ranks, values, np.nan))
        start, fold = plausibility.model().start, plausibility.model().fold
        known = {char: rank for rank, char in enumerate(chars)}
        # What the data does not know is what the pairs' judge says it is, whatever stands before it.
        for char in gbk.pairs().values():
            if fold.get(char, char) not in known:
                known[fold.get(char, char)] = len(known)
                first.append(start(char))
        self._unknown = len(known)
        self._first = np.array([*first, plausibility.UNKNOWN], dtype=np.float32)
        ids = np.full(1 << 16, self._unknown, dtype=np.uint16)
        for char, rank in known.items():
            ids[ord(char)] = rank
        for before, after in (*fold.items(), *CONTEXT.items()):
            if after in known and before <= "\uffff":
                ids[ord(before)] = known[after]
        self._ids = ids
        self.ids_of_codes = np.full(1 << 16, self._unknown, dtype=np.uint16)
        """The same for the bytes of GBK, lead * 256 + trail, and of ASCII."""
        pairs = gbk.pairs()
        self.ids_of_codes[[*pairs]] = self.ids("".join(pairs.values()))
        self.ids_of_codes[:0x80] = ids[:0x80]

    def ids(self, text: str) -> Ids:
        """The numbers of characters, each as the tables write it: Simplified, and digits and half
        marks as their like."""
        data = text.encode("utf-16-le", "surrogatepass")
        found: Ids = self._ids[np.frombuffer(data, dtype="<u2")]
        return found

    def log_probability(self, before: str, char: str) -> float:
        """``ln P(char | before)`` of a character outside ASCII."""
        context = self.ids("\n" * self.order + before)[None, 1 - self.order :]
        return float(self.scores(context, np.zeros(1, dtype=np.int64), self.ids(char))[0])

    def scores(self, contexts: Ids, rows: Rows, chars: Ids) -> Logs:
        """``ln P(chars[i] | contexts[rows[i]])``; a context has ``order - 1`` characters."""
        found = self._first[chars]
        key = np.zeros(len(contexts), dtype=np.uint64)
        ends = chars.astype(np.uint64)
        for size, (entries, left) in enumerate(zip(self._entries, self._left, strict=True), 1):
            key = key | contexts[:, -size].astype(np.uint64) << np.uint64(16 * (size - 1))
            given = entries[key[rows] << _BITS | ends]
            found = np.where(np.isnan(given), found + left[key][rows], given)
        return found


@cache
def model() -> Ngrams:
    """The model, read at the first call."""
    return Ngrams(files("cleaning.rules").joinpath("ngrams.bin").read_bytes())


class PageNgrams:
    """The model, mixed with what one page has: its names and topics come again.

    What the page shows after a context adds its share of that context's places, less the more the
    fewer these are.
    """

    SHARES: Final = (0.1, 0.3, 0.5)
    """Weight of the page against the language by the length of the context: a pair seen at one of ten
    places of its first character gets a chance of 0.01, about that of a pair inside a word."""

    def __init__(self, language: Ngrams, pieces: list[str]) -> None:
        self.language = language
        ids = language.ids("\n".join(pieces)).astype(np.uint64)
        self._shares: list[Table] = []
        key = ids
        for size, share in enumerate(self.SHARES[: language.order - 1], 1):
            contexts, places = np.unique(key[:-1], return_counts=True)
            key = key[:-1] << _BITS | ids[size:]
            pairs, counts = np.unique(key, return_counts=True)
            of = places[np.searchsorted(contexts, pairs >> _BITS)]
            self._shares.append(Table(pairs, (share * counts / (of + 1)).astype(np.float32), 0.0))

    def scores(self, contexts: Ids, rows: Rows, chars: Ids) -> Logs:
        """As :meth:`Ngrams.scores`, on this page."""
        found = self.language.scores(contexts, rows, chars)
        return self._mixed(found, contexts, rows, chars)

    def _mixed(self, found: Logs, contexts: Ids, rows: Rows, chars: Ids) -> Logs:
        share = np.zeros(len(chars), dtype=np.float32)
        key = np.zeros(len(contexts), dtype=np.uint64)
        ends = chars.astype(np.uint64)
        for size, shares in enumerate(self._shares, 1):
            key = key | contexts[:, -size].astype(np.uint64) << np.uint64(16 * (size - 1))
            share += shares[key[rows] << _BITS | ends]
        mixed: Logs = np.log(np.exp(found) + share)
        return mixed
