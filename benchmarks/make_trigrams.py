"""Build the data of :mod:`cleaning.trigrams`: what follows two characters of running text.

    pip install jieba pypinyin opencc numpy
    python benchmarks/make_trigrams.py FOLDER

Sources:

- jieba's dictionary and pypinyin's phrases (both MIT), from PyPI: words and how often they occur.
- FOLDER: running text, as :mod:`benchmarks.texts` lists it with its licences; only counts are kept.

``P(c | a b)`` is a mixture of two models, each interpolated with its own ``P(c | b)``: the words
with the pairs of :mod:`cleaning.plausibility`, and the texts by Kneser-Ney smoothing.  What the
lower order says nearly as well is left out.

    python benchmarks/make_trigrams.py --measure PAGES.jsonl.zst

prints the mean log-probability of a Chinese character or mark, on the tuning articles and on PAGES.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import re
import sys
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import Protocol

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from benchmarks.make_plausibility import fold_table, words
from benchmarks.texts import SOURCES, lines_of
from cleaning import plausibility
from cleaning.trigrams import CONTEXT

TARGET = Path(__file__).parent.parent / "cleaning" / "rules" / "trigrams.bin"
VERSION = 2
STEP = 0.15
"""Resolution of a stored logarithm, in nats; one byte holds 0 to 38."""
KNOWN = 6000
"""Characters, the most frequent first."""
TRIPLES, PAIRS = 852_000, 280_000
"""Entries kept, those that tell most; all 4 M of them are worth 0.02 nats on the tuning articles."""
WORD_SCALE = 0.03
"""jieba's counts are of some 60 M characters; scaled to a text of 2 M, against which the priors below
were chosen."""
WORD_LEAST = 0.6
DISCOUNT = 0.8
PAIR_PRIOR, TRIPLE_PRIOR = 3000.0, 60.0
"""Weight of the lower order, in counts (Dirichlet), beside the discount, for the words."""
TEXT_SHARE = 0.7
"""Share of the texts in the mixture: on tuning articles and 52 pages anything from 0.6 to 0.8 is as
good."""
BEYOND = re.compile("[\U00010000-\U0010ffff]")
"""Characters of more than 16 bits: emoji mostly."""
UNSEEN = 1e-7
"""Probability of a character that the texts do not have."""

Row = tuple[float, dict[str, float]]
"""The share that a context leaves to the lower order, and what it gives to characters itself."""
UNKNOWN: Row = (1.0, {})


def folded(lines: Iterable[str], fold: dict[str, str]) -> Iterator[str]:
    """Lines as the tables write them; blanks, which sources set at will, left out."""
    table: dict[int, str | None] = {ord(char): to for char, to in fold.items()}
    for code in range(0xFF10, 0xFF5B):
        if (plain := unicodedata.normalize("NFKC", chr(code))).isalnum():
            table[code] = CONTEXT.get(plain, plain)
    table |= {ord(char): to for char, to in CONTEXT.items()}
    table |= {ord(" "): None, ord('"'): "”"}
    for line in lines:
        yield BEYOND.sub("", line).translate(table)


class Counted(Protocol):
    """One model: its rows by context, and how often a context and a character occur."""

    rows: dict[str, Row]
    seen: dict[str, float]
    chars: dict[str, float]

    def start(self, before: str, char: str) -> float:
        """What the lowest order says."""


class Words:
    """The word lists: pairs and triples inside words, absolute discount and a Dirichlet prior."""

    def __init__(self, fold: dict[str, str]) -> None:
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        totals: Counter[str] = Counter()
        chars: Counter[str] = Counter()
        for word, count, _ in words():
            text = "".join(fold.get(char, char) for char in word)
            weight = count * WORD_SCALE + (WORD_LEAST if len(text) > 2 else 0.0)
            for at, char in enumerate(text):
                chars[char] += weight
                # Where a word ends, what follows is not known: the lower order says.
                totals[char] += weight
                if at:
                    counts[text[at - 1]][char] += weight
                    totals[text[at - 1 : at + 1]] += weight
                if at > 1:
                    counts[text[at - 2 : at]][char] += weight
        whole = sum(chars.values())
        self.chars = {char: count / whole for char, count in chars.items()}
        self.seen = {context: count / whole for context, count in totals.items()}
        self.rows = {}
        for context, row in counts.items():
            total = max(totals[context], sum(row.values()))
            total += PAIR_PRIOR if len(context) == 1 else TRIPLE_PRIOR
            given = {c: (n - min(DISCOUNT, 0.6 * n)) / total for c, n in row.items()}
            self.rows[context] = 1 - sum(given.values()), given
        self._pair = plausibility.model().log_probability

    def start(self, before: str, char: str) -> float:
        return math.exp(self._pair(before, char))


class Texts:
    """Running text: interpolated modified Kneser-Ney smoothing (Chen and Goodman, 1998)."""

    def __init__(self, lines: Iterable[str]) -> None:
        text = "\n".join(["", *lines, ""])
        data = np.frombuffer(text.encode("utf-16-le", "replace"), dtype="<u2").astype(np.uint64)
        low = np.uint64(0xFFFF)
        bits = np.uint64(16)
        keys = (data[:-2] << bits | data[1:-1]) << bits | data[2:]
        triples, triple_counts = np.unique(keys, return_counts=True)
        # A lower order counts in how many contexts a character stands, not how often.
        pairs, pair_counts = np.unique(triples & (low << bits | low), return_counts=True)
        single, counts = np.unique(pairs & low, return_counts=True)
        left, given = _kneser_ney(counts, _discounts(counts))
        self.rows = {}
        self.chars = {chr(char): p for char, p in zip(single.tolist(), given, strict=True)}
        self._rest = left * UNSEEN
        for keys, counts, size in ((pairs, pair_counts, 1), (triples, triple_counts, 2)):
            discounts = _discounts(counts)
            contexts = keys >> bits
            starts = [0, *(np.flatnonzero(np.diff(contexts)) + 1).tolist(), len(keys)]
            characters = (keys & low).tolist()
            for first, last in pairwise(starts):
                context = int(contexts[first])
                name = chr(context) if size == 1 else chr(context >> 16) + chr(context & 0xFFFF)
                left, given = _kneser_ney(counts[first:last], discounts)
                row = zip(characters[first:last], given, strict=True)
                self.rows[name] = left, {chr(char): p for char, p in row}
        self.seen = {
            **_shares(single, np.bincount(data.astype(np.int64))[single.astype(np.int64)]),
            **_shares(*np.unique(keys_of_two(data), return_counts=True)),
        }

    def start(self, before: str, char: str) -> float:
        return self.chars.get(char, 0.0) + self._rest


def keys_of_two(data: np.ndarray) -> np.ndarray:
    return data[:-1] << np.uint64(16) | data[1:]


def _shares(keys: np.ndarray, counts: np.ndarray) -> dict[str, float]:
    whole = counts.sum()
    return {
        (chr(key) if key < 1 << 16 else chr(key >> 16) + chr(key & 0xFFFF)): float(count / whole)
        for key, count in zip(keys.tolist(), counts, strict=True)
    }


def _discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken from a count of none, one, two, and more."""
    n1, n2, n3, n4 = (int((counts == number).sum()) for number in (1, 2, 3, 4))
    share = n1 / (n1 + 2 * n2)
    return np.array([0, 1 - 2 * share * n2 / n1, 2 - 3 * share * n3 / n2, 3 - 4 * share * n4 / n3])


def _kneser_ney(counts: np.ndarray, discounts: np.ndarray) -> tuple[float, list[float]]:
    taken = discounts[np.minimum(counts, 3)]
    total = counts.sum()
    return float(taken.sum() / total), ((counts - taken) / total).tolist()


class Mixture:
    """Both models as one."""

    def __init__(self, folder: Path) -> None:
        fold = fold_table()
        lines = chain.from_iterable(lines_of(source, folder) for source in SOURCES)
        self._parts: list[tuple[float, Counted]] = [
            (1 - TEXT_SHARE, Words(fold)),
            (TEXT_SHARE, Texts(folded(lines, fold))),
        ]
        chars = {char for _, part in self._parts for char in part.chars}
        self.known = sorted(chars, key=lambda char: (-self._mixed(char, "chars"), char))[:KNOWN]
        self._known = frozenset(self.known)

    def _mixed(self, name: str, table: str) -> float:
        found: float = sum(w * getattr(part, table).get(name, 0.0) for w, part in self._parts)
        return found

    def contexts(self, size: int) -> list[str]:
        """The contexts of one size, of known characters."""
        found = {name for _, part in self._parts for name in part.rows if len(name) == size}
        return sorted(name for name in found if self._known.issuperset(name))

    def seen(self, context: str) -> float:
        """How often a context occurs, as a share of all places."""
        return self._mixed(context, "seen")

    def row(self, context: str) -> dict[str, float]:
        """``P(char | context)`` of every character that a model knows after it."""
        chars = {c for _, part in self._parts for c in part.rows.get(context, UNKNOWN)[1]}
        judges = [(weight, _after(part, context)) for weight, part in self._parts]
        return {
            char: sum(weight * judge(char) for weight, judge in judges)
            for char in sorted(chars)
            if char >= "\x80" and char in self._known
        }


def _after(part: Counted, context: str) -> Callable[[str], float]:
    left, row = part.rows.get(context, UNKNOWN)
    if len(context) > 1:
        below = _after(part, context[1:])
        return lambda char: row.get(char, 0.0) + left * below(char)
    return lambda char: row.get(char, 0.0) + left * part.start(context, char)


Kept = dict[str, dict[str, float]]


def build(folder: Path) -> tuple[dict[str, object], bytes]:
    mixture = Mixture(folder)
    pair = plausibility.model().log_probability
    pairs, left_by_pairs = _level(mixture, 1, pair, PAIRS)

    def second_order(context: str, char: str) -> float:
        last = context[-1]
        found = pairs.get(last, {}).get(char)
        return found if found is not None else left_by_pairs.get(last, 0.0) + pair(last, char)

    triples, left_by_triples = _level(mixture, 2, second_order, TRIPLES)
    rank = {char: at for at, char in enumerate(mixture.known)}
    parts = []
    sizes = []
    for kept, left in ((pairs, left_by_pairs), (triples, left_by_triples)):
        names = sorted(kept, key=lambda name: [rank[char] for char in name])
        sizes.append((len(names), sum(map(len, kept.values()))))
        parts += [
            _two_bytes(column) for column in zip(*(map(rank.get, n) for n in names), strict=True)
        ]
        parts.append(_two_bytes([len(kept[name]) for name in names]))
        parts.append(bytes(_quantised(left[name]) for name in names))
        rows = [sorted((rank[char], value) for char, value in kept[name].items()) for name in names]
        # Each rank as its distance from the one before in its row: smaller numbers pack better.
        steps = (b - a for row in rows for a, b in pairwise([0, *(at for at, _ in row)]))
        parts.append(_two_bytes(steps))
        parts.append(bytes(_quantised(value) for row in rows for _, value in row))
    header: dict[str, object] = {
        "version": VERSION,
        "step": STEP,
        "characters": len(mixture.known),
        "contexts": [size[0] for size in sizes],
        "entries": [size[1] for size in sizes],
        "sources": {
            "words": f"jieba {importlib.metadata.version('jieba')}, MIT",
            "phrases": f"pypinyin {importlib.metadata.version('pypinyin')}, MIT",
            **{f"{s.name} {s.commit}".strip(): s.licence for s in SOURCES},
        },
    }
    body = "".join(mixture.known).encode("utf-16-le") + b"".join(parts)
    return header, zlib.compress(body, 9)


def _level(
    mixture: Mixture, size: int, lower: Callable[[str, str], float], entries: int
) -> tuple[Kept, dict[str, float]]:
    """The entries of one order that tell most, and the weight left to the lower order."""
    contexts = mixture.contexts(size)
    gains: list[np.ndarray] = []
    for context in contexts:
        row = mixture.row(context)
        chances = np.array(list(row.values()))
        below = np.array([lower(context, char) for char in row])
        gains.append(mixture.seen(context) * chances * np.abs(np.log(chances) - below))
    least = np.partition(np.concatenate(gains), -entries)[-entries] if entries else 0.0
    kept: Kept = {}
    left: dict[str, float] = {}
    for context, gain in zip(contexts, gains, strict=True):
        row = mixture.row(context)
        chosen = {char: p for (char, p), g in zip(row.items(), gain, strict=True) if g >= least}
        if chosen:
            kept[context] = {char: math.log(p) for char, p in chosen.items()}
            taken = sum(math.exp(lower(context, char)) for char in chosen)
            rest = max(1e-4, 1 - sum(chosen.values())) / max(1e-4, 1 - taken)
            left[context] = min(0.0, math.log(rest))
    return kept, left


def _two_bytes(values: Iterable[int]) -> bytes:
    data = np.array(list(values), dtype="<u2")
    return (data & 255).astype("u1").tobytes() + (data >> 8).astype("u1").tobytes()


def _quantised(log_p: float) -> int:
    return min(255, max(0, round(-log_p / STEP)))


def measure(path: str) -> None:
    import zstandard

    from benchmarks.damage import HELD_OUT, articles
    from cleaning import trigrams

    model = trigrams.model()
    with zstandard.open(path, "rt", encoding="utf-8") as file:
        pages = [json.loads(line)["text"] for line in file]
    own = [article.text for article in articles() if article.name not in HELD_OUT]
    for name, texts in (("tuning articles", own), (path, pages)):
        total, size = 0.0, 0
        for text in texts:
            for at in range(2, len(text)):
                if text[at] >= "\x80" and text[at - 1] >= "\x80":
                    total += max(-18.0, model.log_probability(text[at - 2 : at], text[at]))
                    size += 1
        print(f"{name}: {total / size:.3f} nats, {size:,} characters")


if __name__ == "__main__":
    if sys.argv[1] == "--measure":
        measure(sys.argv[2])
    else:
        head, body = build(Path(sys.argv[1]))
        TARGET.write_bytes(json.dumps(head, ensure_ascii=False).encode() + b"\n" + body)
        print(head, f"{TARGET.stat().st_size:,} bytes")
