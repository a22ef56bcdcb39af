"""A calibration plot: the confidence of restored words against the share of them that is right.

An SVG without a script or a library, so that a document can show it.  Each bin is a point at its mean
confidence with Wilson's 95 % interval; on the diagonal nine of ten words at 0.9 are right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SIZE, LEFT, TOP = 360, 50, 20  # units of the drawing: the square, and its margins


@dataclass(frozen=True, slots=True)
class Bin:
    """Words of about one confidence: their mean confidence (0 to 1), how many are right, and how many there are."""

    confidence: float
    right: int
    count: int


def interval(right: int, count: int) -> tuple[float, float]:
    """Wilson's interval of a share (J. Am. Stat. Assoc. 22, 1927), at 95 %; 0 to 1 of nothing."""
    if not count:
        return 0.0, 1.0
    z = 1.96
    share = right / count
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle - half) / (1 + z * z / count), (middle + half) / (1 + z * z / count)


def plot(bins: Sequence[Bin], file: Path, least: float = 0.0) -> None:
    """Write the plot of some bins; both axes run from ``least`` to 1."""

    def x(value: float) -> float:
        return LEFT + SIZE * (max(value, least) - least) / (1 - least)

    def y(value: float) -> float:
        return TOP + SIZE - SIZE * (max(value, least) - least) / (1 - least)

    pieces = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + SIZE + 20} {TOP + SIZE + 50}"'
        ' font-family="sans-serif" font-size="12" fill="#555" stroke-width="1.5">',
        f'<rect x="{LEFT}" y="{TOP}" width="{SIZE}" height="{SIZE}" fill="#fff" stroke="#999"/>',
        f'<path d="M{x(least)} {y(least)} L{x(1)} {y(1)}" stroke="#999" stroke-dasharray="4 4"/>',
    ]
    for tick in range(6):
        value = least + (1 - least) * tick / 5
        pieces.append(
            f'<text x="{x(value):.0f}" y="{TOP + SIZE + 18}" text-anchor="middle">{value:.2f}</text>'
        )
        pieces.append(
            f'<text x="{LEFT - 6}" y="{y(value) + 4:.0f}" text-anchor="end">{value:.2f}</text>'
        )
    for one in bins:
        low, high = interval(one.right, one.count)
        share, at = one.right / one.count, x(one.confidence)
        pieces.append(
            f'<path d="M{at:.1f} {y(low):.1f} V{y(high):.1f}" stroke="#3b7dd8"/>'
            f'<circle cx="{at:.1f}" cy="{y(share):.1f}" r="4" fill="#3b7dd8"><title>'
            f"{one.confidence:.3f}: {one.right:,} of {one.count:,} right</title></circle>"
        )
    pieces.append(
        f'<text x="{LEFT + SIZE / 2}" y="{TOP + SIZE + 40}" text-anchor="middle">confidence</text>'
        f'<text x="{LEFT}" y="14">share right, with its 95 % interval</text></svg>\n'
    )
    file.write_text("".join(pieces), encoding="utf-8")
