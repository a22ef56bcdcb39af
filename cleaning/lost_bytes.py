"""What is known of bytes that a decoder lost: what they took down with them, and the judge's word.

The judge is :mod:`cleaning.plausibility`, remembered here: a search asks for the same pairs again and
again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from cleaning.plausibility import model

SWALLOWED: Final = {
    **{chr(code): -3.0 for code in range(0x21, 0x40)},
    **dict.fromkeys("0123456789", -2.3),
    **dict.fromkeys(', "', -0.7),
    "\n": 0.0,
}
"""ASCII bytes that a reader takes down together with the byte before them, with the logarithm of
how often they follow Chinese, on top of what the judge says of their kind."""

Judge = Callable[[str, str], float]
"""(character before, character) -> log-probability, in nats."""


@lru_cache(1 << 17)
def pair_judge(before: str, char: str) -> float:
    """What the model of pairs says, remembered: text asks for the same pairs again and again."""
    return model().log_probability(before, char)


def total(text: str) -> float:
    """The log-probability of a whole text by the pairs' judge, in nats."""
    return sum(map(pair_judge, ("", *text[:-1]), text))


def feed_utf8(pending: bytes, byte: int) -> tuple[str, bytes] | None:
    if not pending:
        if byte < 0x80:
            return chr(byte), b""
        return ("", bytes((byte,))) if 0xC2 <= byte <= 0xF4 else None
    if not 0x80 <= byte <= 0xBF:
        return None
    size = 2 if pending[0] < 0xE0 else 3 if pending[0] < 0xF0 else 4
    pending += bytes((byte,))
    if len(pending) < size:
        return "", pending
    try:
        return pending.decode("utf-8"), b""
    except UnicodeDecodeError:
        return None
