"""How well the judge tells sound text from each damage of it, by the length of the piece.

    python benchmarks/judge.py [--held-out]

Pieces of 4, 8, 16 and 32 characters of the project's articles, against the same pieces damaged.
Three figures: how often the sound piece is preferred to its own damage (what a step asks, which has
both); the area under the ROC curve of the mean log-probability of a character alone; and how much
of the damage it finds at a threshold that takes one sound piece in a hundred for damaged.  (Converted
text comes back into step at the first second byte that is ASCII, so the longer the piece, the
more of it is sound.)
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from benchmarks.damage import HELD_OUT, articles
from benchmarks.forward_bytes import CHAINS, read_gbk
from benchmarks.forward_script import convert
from cleaning import plausibility

SIZES: Final = (4, 8, 16, 32)
STEP: Final = 7
"""Characters from the start of one piece to that of the next."""
FALSE_ALARMS: Final = 0.01

_ESCAPES: Final = frozenset({"percent", "entities", "entities twice", "\\u escapes", "%u escapes"})
"""Chains that leave ASCII only: there is nothing to judge by."""


def _shifted(text: str) -> str:
    return read_gbk(text.encode("gbk")[1:-1], "\ufffd")


DAMAGES: Final[Mapping[str, Callable[[str], str]]] = {
    "one byte out of step": _shifted,
    "one byte out of step, converted": lambda text: _shifted(convert(text)),
    **{name: chain for name, chain in CHAINS.items() if name not in _ESCAPES},
}


@dataclass(frozen=True, slots=True)
class Found:
    """The figures of one damage at one length, as shares."""

    damage: str
    size: int
    pieces: int
    preferred: float
    area: float
    found: float


def pieces(texts: Sequence[str], size: int) -> list[str]:
    """The pieces of some texts that have no ASCII in them."""
    return [
        piece
        for text in texts
        for at in range(0, len(text) - size, STEP)
        if min(piece := text[at : at + size]) > "\x7f"
    ]


def measured(damage: str, sound: Sequence[str]) -> Found:
    """What the judge makes of some pieces of one length and their damage."""
    pairs = []
    for piece in sound:
        try:
            damaged = DAMAGES[damage](piece)
        except UnicodeEncodeError:
            continue  # a character that Big5 does not have
        if damaged != piece:
            pairs.append((piece, damaged))
    if not pairs:
        raise ValueError(f"no piece can be damaged: {damage}")
    right = sorted(plausibility.score(piece) for piece, _ in pairs)
    wrong = sorted(plausibility.score(damaged) for _, damaged in pairs)
    least = right[int(FALSE_ALARMS * len(right))]
    below = sum(bisect_left(wrong, score) for score in right)
    return Found(
        damage,
        len(pairs[0][0]),
        len(pairs),
        sum(plausibility.gain(damaged, piece) > 0 for piece, damaged in pairs) / len(pairs),
        below / len(right) / len(wrong),
        bisect_left(wrong, least) / len(wrong),
    )


def table(*, held_out: bool) -> Iterator[Found]:
    """Every damage at every length; what was Big5 needs Traditional text."""
    simplified = [a.text for a in articles() if (a.name in HELD_OUT) == held_out]
    traditional = [a.text for a in articles("traditional")]
    for damage in DAMAGES:
        texts = traditional if damage.startswith("big5") else simplified
        for size in SIZES:
            yield measured(damage, pieces(texts, size))


def main() -> None:
    parser = argparse.ArgumentParser(description="How well the judge tells sound from damaged.")
    parser.add_argument("--held-out", action="store_true", help="on the articles nobody tunes on")
    options = parser.parse_args()
    print(f"{'damage':<34}{'length':>7}{'pieces':>8}{'preferred %':>13}{'AUC':>8}{'found %':>9}")
    for row in table(held_out=options.held_out):
        print(
            f"{row.damage:<34}{row.size:>7}{row.pieces:>8}{100 * row.preferred:>13.2f}"
            f"{row.area:>8.4f}{100 * row.found:>9.1f}"
        )


if __name__ == "__main__":
    main()
