"""Build the data of :mod:`cleaning.trigrams`: what follows two characters of running text.

    pip install jieba pypinyin numpy
    python benchmarks/make_trigrams.py

Sources, all installed from PyPI:

- jieba's dictionary and pypinyin's phrases (both MIT): words of three and more characters.

P(c | a b) is interpolated with P(c | b), and that with the pairs of :mod:`cleaning.plausibility`.
Mean log-probability of a Chinese character or mark on the main text of 52 real pages (unseen):
printed by ``python benchmarks/make_trigrams.py PAGES.jsonl.zst``.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import math
import sys
import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from benchmarks.make_plausibility import fold_table, words
from cleaning import plausibility
from cleaning.trigrams import CONTEXT

TARGET = Path(__file__).parent.parent / "cleaning" / "rules" / "trigrams.bin"
VERSION = 1
STEP = 0.06
"""Resolution of a stored logarithm, in nats; one byte holds 0 to 15.3."""
KNOWN = 6000
"""Characters, the most frequent first."""
TRIPLES, PAIRS = 560_000, 240_000
"""Entries kept, those that tell most."""
WORD_SCALE = 0.03
"""jieba's counts are of some 60 M characters; scaled to a text of 2 M, against which the priors below
were chosen."""
WORD_LEAST = 0.6
DISCOUNT = 0.8
PAIR_PRIOR, TRIPLE_PRIOR = 3000.0, 60.0
"""Weight of the lower order, in counts (Dirichlet), beside the discount."""


def folded(text: str, fold: dict[str, str]) -> str:
    text = "".join(
        unicodedata.normalize("NFKC", c) if "０" <= c <= "ｚ" and c.isalnum() else fold.get(c, c)
        for c in text.strip()
    )
    return "".join(CONTEXT.get(c, c) for c in text)


def counts() -> tuple[list[str], dict[str, Counter[str]], Counter[str], Counter[str]]:
    """Characters by frequency; counts of pairs and of triples; what contexts had in all."""
    fold = fold_table()
    chars: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    triples: Counter[str] = Counter()
    contexts: Counter[str] = Counter()
    for word, count, _ in words():
        text = "".join(fold.get(char, char) for char in word)
        weight = count * WORD_SCALE + (WORD_LEAST if len(text) > 2 else 0.0)
        for char in text:
            chars[char] += weight
        for first, second in pairwise(text):
            pairs[first + second] += weight
            contexts[first] += weight
            # Where the pair ends its word, what follows is not known: the lower order says.
            contexts[first + second] += weight
        contexts[text[-1]] += weight
        for at in range(len(text) - 2):
            triples[text[at : at + 3]] += weight
    known = [char for char, _ in chars.most_common(KNOWN)]
    return known, pairs, triples, contexts


def build() -> tuple[dict[str, object], bytes]:
    known, pairs, triples, contexts = counts()
    rank = {char: at for at, char in enumerate(known)}
    old = plausibility.model().log_probability
    level2: dict[str, dict[str, float]] = {}
    for pair, count in pairs.items():
        first, second = pair
        if first in rank and second in rank and second >= "\x80":
            level2.setdefault(first, {})[second] = count
    kept2, bow2 = _level(
        level2, contexts, lambda context, char: old(context, char), PAIR_PRIOR, PAIRS
    )

    def second_order(context: str, char: str) -> float:
        first = context[-1]
        found = kept2.get(first, {}).get(char)
        return found if found is not None else bow2.get(first, 0.0) + old(first, char)

    level3: dict[str, dict[str, float]] = {}
    for triple, count in triples.items():
        if all(char in rank for char in triple) and triple[2] >= "\x80":
            level3.setdefault(triple[:2], {})[triple[2]] = count
    kept3, bow3 = _level(level3, contexts, second_order, TRIPLE_PRIOR, TRIPLES)
    parts = []
    sizes = []
    for kept, bow in ((kept2, bow2), (kept3, bow3)):
        names = sorted(
            (name for name in bow if kept.get(name) or abs(bow[name]) > STEP),
            key=lambda name: [rank[char] for char in name],
        )
        sizes.append((len(names), sum(len(kept.get(name, ())) for name in names)))
        keys = [[rank[char] for char in name] for name in names]
        parts += [_two_bytes([key[at] for key in keys]) for at in range(len(keys[0]))]
        parts.append(_two_bytes([len(kept.get(name, ())) for name in names]))
        parts.append(bytes(_quantised(bow[name]) for name in names))
        rows = [sorted((rank[c], v) for c, v in kept.get(name, {}).items()) for name in names]
        parts.append(_two_bytes([at for row in rows for at, _ in row]))
        parts.append(bytes(_quantised(value) for row in rows for _, value in row))
    header: dict[str, object] = {
        "version": VERSION,
        "step": STEP,
        "characters": len(known),
        "contexts": [size[0] for size in sizes],
        "entries": [size[1] for size in sizes],
        "sources": {
            "words": f"jieba {importlib.metadata.version('jieba')}, MIT",
            "phrases": f"pypinyin {importlib.metadata.version('pypinyin')}, MIT",
        },
    }
    body = "".join(known).encode("utf-16-le") + b"".join(parts)
    return header, zlib.compress(body, 9)


def _level(
    level: dict[str, dict[str, float]],
    contexts: Counter[str],
    lower: Callable[[str, str], float],
    prior: float,
    size: int,
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """The entries of one order that tell most, and the weight left to the lower order."""
    found = []
    for context, row in level.items():
        total = max(contexts[context], sum(row.values()))
        left = prior + sum(min(DISCOUNT, 0.6 * count) for count in row.values())
        left += total - sum(row.values())
        scale = total + prior
        for char, count in row.items():
            below = math.exp(lower(context, char))
            chance = (count - min(DISCOUNT, 0.6 * count)) / scale + left / scale * below
            gain = count * abs(math.log(chance / (left / scale * below)))
            found.append((gain, context, char, chance, below))
    found.sort(key=lambda entry: -entry[0])
    kept: dict[str, dict[str, float]] = {}
    mass: dict[str, list[float]] = {}
    for _, context, char, chance, below in found[:size]:
        kept.setdefault(context, {})[char] = math.log(chance)
        sums = mass.setdefault(context, [0.0, 0.0])
        sums[0] += chance
        sums[1] += below
    bow = {
        context: min(0.0, math.log(max(1e-4, 1 - sums[0]) / max(1e-4, 1 - sums[1])))
        for context, sums in mass.items()
    }
    return kept, bow


def _two_bytes(values: list[int]) -> bytes:
    data = np.array(values, dtype="<u2")
    return (data & 255).astype("u1").tobytes() + (data >> 8).astype("u1").tobytes()


def _quantised(log_p: float) -> int:
    return min(255, max(0, round(-log_p / STEP)))


def measure(path: str) -> None:
    import zstandard

    from cleaning import trigrams

    plain, model = plausibility.model(), trigrams.model()
    sums = [0.0, 0.0]
    size = 0
    with zstandard.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            text = json.loads(line)["text"]
            for at in range(2, len(text)):
                if text[at] >= "\x80" and text[at - 1] >= "\x80":
                    sums[0] += max(-18.0, plain.log_probability(text[at - 1], text[at]))
                    sums[1] += max(-18.0, model.log_probability(text[at - 2 : at], text[at]))
                    size += 1
    print(f"{size:,} characters: pairs {sums[0] / size:.3f}, with triples {sums[1] / size:.3f}")


if __name__ == "__main__":
    if sys.argv[1:]:
        measure(sys.argv[1])
    else:
        head, body = build()
        TARGET.write_bytes(json.dumps(head, ensure_ascii=False).encode() + b"\n" + body)
        print(head, f"{TARGET.stat().st_size:,} bytes")
