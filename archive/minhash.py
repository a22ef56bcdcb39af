"""Signatures by which nearly equal Chinese texts are found: one-permutation MinHash in numpy.

A text is seen as its Chinese characters alone, folded as for the search, so script, punctuation,
notes in pinyin and the layout of a copy do not count.  Its 5-grams are hashed by a function of our own,
which never changes: signatures stay in archives.  Each hash falls into one of 128 slots, and the least
of a slot stands for it (one-permutation hashing, Li, Owen and Zhang 2012); a slot that none falls into is
filled by the least of all hashes, mixed anew for that slot (as in Dahlgaard, Knudsen and Thorup 2017),
so two texts agree in a slot with the probability of the Jaccard similarity of their 5-grams.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from archive.fold import Fold

GRAM = 5
"""Characters of a gram."""

SLOTS = 128
"""Slots of a signature, one byte each: the similarity is estimated to 0.04 (standard deviation)."""

SHORTEST = 50
"""Chinese characters below which only an equal text is a copy: of so few grams one changed word takes a
fifth, and notices of different pages differ in no more."""

Codes = NDArray[np.uint32]
Hashes = NDArray[np.uint64]

_LAST_HAN = 0x323AF
"""The last ideograph of Unicode 15 (extension H)."""

_HAN = (
    (0x3007, 0x3007),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, _LAST_HAN),
)

# Numbers that never change: the signatures of every archive were made with them.  They are the first
# digits of pi (as in Blowfish's boxes), made odd.
_PLACES = np.array(
    [0x243F6A8885A308D3, 0x13198A2E03707345, 0xA4093822299F31D1, 0x082EFA98EC4E6C89, 0x452821E638D01377],
    np.uint64,
)  # fmt: skip
_SHIFT, _BIN = np.uint64(32), np.uint64(57)  # 64 bits less the 7 that number a slot
_MIX = np.uint64(0xD6E8FEB86659FD93)
_STARTS = np.arange(SLOTS, dtype=np.uint64) << _BIN


class Signature(NamedTuple):
    """What is kept of a text: a hash of its characters, None where it has none, and its slots where
    it is long enough."""

    exact: int | None
    slots: bytes | None


def han(text: str, fold: Fold) -> Codes:
    """The Chinese characters of a text, folded, as code points."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    folded: Codes = _table(fold)[codes]
    chinese: Codes = folded[folded != 0]
    return chinese


def grams(characters: Codes) -> Hashes:
    """The hash of each 5-gram at its place; empty for a text that is shorter than one."""
    count = len(characters) - GRAM + 1
    if count < 1:
        return np.zeros(0, np.uint64)
    wide = characters.astype(np.uint64)
    hashes = wide[:count] * _PLACES[0]
    for place in range(1, GRAM):
        hashes += wide[place : place + count] * _PLACES[place]
    return _mixed(hashes)


def signature(text: str, fold: Fold) -> Signature:
    """The signature of a text."""
    characters = han(text, fold)
    if len(characters) < SHORTEST:
        folded = "".join(fold(text).split()).encode("utf-8", "surrogatepass")
        return Signature(_short_hash(folded, b"short") if folded else None, None)
    return Signature(
        _short_hash(characters.astype("<u4").tobytes(), b"han"), _slots(grams(characters))
    )


def agreement(slots: bytes, others: list[bytes]) -> NDArray[np.float64]:
    """The Jaccard similarity of 5-grams that a signature has with each of others, as estimated."""
    if not others:
        return np.zeros(0)
    one = np.frombuffer(slots, np.uint8)
    many = np.frombuffer(b"".join(others), np.uint8).reshape(len(others), SLOTS)
    equal = (many == one).mean(axis=1)
    # one pair of different bytes in 256 is equal by chance
    shares: NDArray[np.float64] = np.maximum(0.0, (equal * 256 - 1) / 255)
    return shares


def similarity(one: Hashes, other: Hashes) -> float:
    """The share of the characters of two texts that stand in passages of both, from their grams.

    Where every tenth character differs, it is 0.83, though only 0.42 of the 5-grams are shared;
    texts that have one half in common and one of their own are at 0.5.
    """
    if not len(one) or not len(other):
        return 0.0
    size = len(one) + len(other) + 2 * (GRAM - 1)
    return (_covered(one, other) + _covered(other, one)) / size


def _covered(one: Hashes, other: Hashes) -> int:
    """The characters of a text that belong to a 5-gram which the other one has too."""
    shared = np.isin(one, other)
    covered = np.zeros(len(one) + GRAM - 1, bool)
    for place in range(GRAM):
        covered[place : place + len(one)] |= shared
    return int(covered.sum())


def _slots(hashes: Hashes) -> bytes:
    ordered = np.sort(hashes)
    # in order, the hashes of a slot follow one another, and its least is the first
    first = np.searchsorted(ordered, _STARTS)
    least = ordered[np.minimum(first, len(ordered) - 1)]
    empty = np.flatnonzero((least >> _BIN) != (_STARTS >> _BIN))
    if len(empty):
        seeds = _mixed(_STARTS[empty] + np.uint64(1))
        least[empty] = _mixed(ordered[np.newaxis] ^ seeds[:, np.newaxis]).min(axis=1)
    return least.astype(np.uint8).tobytes()  # the lowest byte, which has no part in the order


def _mixed(hashes: Hashes) -> Hashes:
    """Each hash with its bits spread over all of it (a multiply and xor-shift, as in rrmxmx)."""
    hashes = (hashes ^ (hashes >> _SHIFT)) * _MIX
    hashes = (hashes ^ (hashes >> _SHIFT)) * _MIX
    mixed: Hashes = hashes ^ (hashes >> _SHIFT)
    return mixed


def _short_hash(content: bytes, of: bytes) -> int:
    return int.from_bytes(
        blake2b(content, digest_size=8, person=of).digest(), "little", signed=True
    )


@lru_cache(maxsize=4)
def _table(fold: Fold) -> Codes:
    """For every code point the Chinese character that it folds to, 0 where it is none."""
    folded = fold.code_points
    is_han = np.zeros(len(folded), bool)
    for first, last in _HAN:
        is_han |= (folded >= first) & (folded <= last)
    return np.where(is_han, folded, np.uint32(0))
