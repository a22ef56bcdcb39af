"""Build the data of :mod:`cleaning.ngrams`: what follows one to three characters of running text.

    pip install jieba pypinyin opencc numpy zstandard
    python benchmarks/make_ngrams.py FOLDER [PAGES.jsonl.zst]

Sources:

- jieba's dictionary and pypinyin's phrases (both MIT), from PyPI: words and how often they occur.
- FOLDER: running text, as :mod:`benchmarks.texts` lists it with its licences; only counts are kept.

Each kind of text is a model of its own by Kneser-Ney smoothing; the words are another.  Their mixture
is weighted by expectation maximisation on the tuning articles and on PAGES.  What the lower order
says nearly as well is left out.

    python benchmarks/make_ngrams.py --measure PAGES.jsonl.zst

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
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from benchmarks.make_plausibility import fold_table, words
from benchmarks.texts import SOURCES, lines_of
from cleaning import plausibility
from cleaning.ngrams import CONTEXT

Keys = npt.NDArray[np.uint64]
"""Up to four numbers of characters, 16 bits each, the last one lowest."""
Floats = npt.NDArray[np.float64]

TARGET = Path(__file__).parent.parent / "cleaning" / "rules" / "ngrams.bin"
VERSION = 3
ORDER = 4
STEP = 0.15
"""Resolution of a stored logarithm, in nats; one byte holds 0 to 38."""
KNOWN = 7000
"""Characters, the most frequent first."""
ENTRIES = (600_000, 1_350_000, 950_000)
"""Entries of two, three and four characters that are kept, those that tell most."""
WORD_SCALE = 0.03
"""jieba's counts are of some 60 M characters; scaled to a text of 2 M, against which the priors below
were chosen."""
WORD_LEAST = 0.6
DISCOUNT = 0.8
PAIR_PRIOR, TRIPLE_PRIOR = 3000.0, 60.0
"""Weight of the lower order, in counts (Dirichlet), beside the discount, for the words."""
BEYOND = re.compile("[\U00010000-\U0010ffff]")
"""Characters of more than 16 bits: emoji mostly."""
UNSEEN = 1e-7
"""Probability of a character that a text does not have."""
B16 = np.uint64(16)


def folded(lines: Iterable[str], fold: dict[str, str]) -> str:
    """Lines as the tables write them; blanks, which sources set at will, left out."""
    table: dict[int, str | None] = {ord(char): to for char, to in fold.items()}
    for code in range(0xFF10, 0xFF5B):
        if (plain := unicodedata.normalize("NFKC", chr(code))).isalnum():
            table[code] = CONTEXT.get(plain, plain)
    table |= {ord(char): to for char, to in CONTEXT.items()}
    table |= {ord(" "): None, ord('"'): "”"}
    return "\n".join(["", *(BEYOND.sub("", line).translate(table) for line in lines), ""])


def last(keys: Keys, size: int) -> Keys:
    """The last characters of each key."""
    return keys & np.uint64((1 << 16 * size) - 1)


class Lookup:
    """Sorted keys with values; 0 or what is given for a key that is not there."""

    def __init__(self, keys: Keys, values: Floats, missing: float = 0.0) -> None:
        self.keys = np.append(keys, ~np.uint64(0))
        self.values = np.append(values, missing)

    def __call__(self, keys: Keys) -> Floats:
        at = np.searchsorted(self.keys, keys)
        at[self.keys[at] != keys] = len(self.keys) - 1
        return self.values[at]


class Model:
    """``P(c | context)`` by orders: what an entry has itself, and what its context leaves to the
    lower order."""

    def __init__(self) -> None:
        self.given: list[Lookup] = []
        self.left: list[Lookup] = []
        self.seen: list[Lookup] = []
        """How often a context occurs, as a share of all places."""

    def first(self, keys: Keys) -> Floats:
        raise NotImplementedError

    def __call__(self, keys: Keys, size: int) -> Floats:
        """The probability of the last character of keys of so many."""
        found = self.first(keys)
        for order in range(2, min(size, len(self.given) + 1) + 1):
            part = last(keys, order)
            found = self.given[order - 2](part) + self.left[order - 2](part >> B16) * found
        return found

    def _add(self, keys: Keys, given: Floats, contexts: Keys, left: Floats, seen: Floats) -> None:
        self.given.append(Lookup(keys, given))
        self.left.append(Lookup(contexts, left, 1.0))
        self.seen.append(Lookup(contexts, seen))


class Words(Model):
    """The word lists: pairs and triples inside words, absolute discount and a Dirichlet prior."""

    def __init__(self, fold: dict[str, str]) -> None:
        super().__init__()
        counts: list[Counter[int]] = [Counter(), Counter(), Counter()]
        totals: list[Counter[int]] = [Counter(), Counter()]
        for word, count, _ in words():
            text = [ord(fold.get(char, char)) for char in word]
            weight = count * WORD_SCALE + (WORD_LEAST if len(text) > 2 else 0.0)
            for at, char in enumerate(text):
                counts[0][char] += weight  # type: ignore[assignment]
                # Where a word ends, what follows is not known: the lower order says.
                totals[0][char] += weight  # type: ignore[assignment]
                if at:
                    pair = text[at - 1] << 16 | char
                    counts[1][pair] += weight  # type: ignore[assignment]
                    totals[1][pair] += weight  # type: ignore[assignment]
                if at > 1:
                    counts[2][text[at - 2] << 32 | pair] += weight  # type: ignore[assignment]
        whole = sum(counts[0].values())
        self.chars = {char: count / whole for char, count in counts[0].items()}
        self._pair = plausibility.model().log_probability
        for size, prior in ((1, PAIR_PRIOR), (2, TRIPLE_PRIOR)):
            keys, number = _sorted(counts[size])
            contexts, total = _sorted(totals[size - 1])
            row = np.searchsorted(contexts, keys >> B16)
            inside = np.bincount(row, number, len(contexts))
            whole_row = np.maximum(total, inside) + prior
            given = (number - np.minimum(DISCOUNT, 0.6 * number)) / whole_row[row]
            left = 1 - np.bincount(row, given, len(contexts))
            self._add(keys, given, contexts, left, total / whole)

    def first(self, keys: Keys) -> Floats:
        pairs, at = np.unique(last(keys, 2), return_inverse=True)
        chances = [
            math.exp(self._pair(chr(pair >> 16) if pair >> 16 else "", chr(pair & 0xFFFF)))
            for pair in pairs.tolist()
        ]
        return np.array(chances)[at]


def _sorted(counts: Counter[int]) -> tuple[Keys, Floats]:
    keys = np.array(sorted(counts), dtype=np.uint64)
    return keys, np.array([counts[key] for key in keys.tolist()], dtype=np.float64)


class Texts(Model):
    """Running text: interpolated modified Kneser-Ney smoothing (Chen and Goodman, 1998)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        data = np.frombuffer(text.encode("utf-16-le", "replace"), dtype="<u2").astype(np.uint64)
        keys = data
        for _ in range(ORDER - 1):
            keys = keys[:-1] << B16 | data[-len(keys) + 1 :]
        levels = [np.unique(keys, return_counts=True)]
        for size in range(ORDER - 1, 0, -1):
            # A lower order counts in how many contexts a character stands, not how often.
            levels.append(np.unique(last(levels[-1][0], size), return_counts=True))
        (chars, counts), *rest = reversed(levels)
        taken = _taken(counts)
        whole = counts.sum()
        self.chars = dict(zip(chars.tolist(), (counts / whole).tolist(), strict=True))
        self._first = Lookup(chars, (counts - taken) / whole)
        self._unseen = taken.sum() / whole * UNSEEN
        for keys, counts in rest:
            contexts, row = np.unique(keys >> B16, return_inverse=True)
            total = np.bincount(row, counts)
            taken = _taken(counts)
            self._add(
                keys,
                (counts - taken) / total[row],
                contexts,
                np.bincount(row, taken) / total,
                total / total.sum(),
            )

    def first(self, keys: Keys) -> Floats:
        return self._first(last(keys, 1)) + self._unseen


def _taken(counts: npt.NDArray[np.int64]) -> Floats:
    """What is taken from each count: the discounts of one, two, and more."""
    n1, n2, n3, n4 = (int((counts == number).sum()) for number in (1, 2, 3, 4))
    share = n1 / (n1 + 2 * n2)
    discounts = [0, 1 - 2 * share * n2 / n1, 2 - 3 * share * n3 / n2, 3 - 4 * share * n4 / n3]
    return np.array(discounts)[np.minimum(counts, 3)]


class Mixture:
    """All models as one."""

    def __init__(self, folder: Path, tuning: Iterable[Iterable[str]]) -> None:
        fold = fold_table()
        self.names = ["words", *dict.fromkeys(source.kind for source in SOURCES)]
        self.parts: list[Words | Texts] = [Words(fold)]
        for kind in self.names[1:]:
            lines = (line for s in SOURCES if s.kind == kind for line in lines_of(s, folder))
            self.parts.append(Texts(folded(lines, fold)))
        self.weights = np.full(len(self.parts), 1 / len(self.parts))
        keys = [
            _places(folded(chain.from_iterable(t.split("\n") for t in s), fold)) for s in tuning
        ]
        # Each set counts alike, however long it is.
        counts = np.concatenate([np.full(len(k), 1 / len(k) / len(keys)) for k in keys])
        chances = np.stack([part(np.concatenate(keys), ORDER) for part in self.parts])
        for _ in range(50):
            shares = self.weights[:, None] * chances
            self.weights = (shares / shares.sum(0) * counts).sum(1)
        print(f"{(np.log(shares.sum(0)) * counts).sum():.4f}", self.weights.round(3), flush=True)
        chars: Counter[int] = Counter()
        for weight, part in zip(self.weights, self.parts, strict=True):
            for char, chance in part.chars.items():
                chars[char] += weight * chance
        self.known = [
            char for char, _ in sorted(chars.items(), key=lambda pair: (-pair[1], pair[0]))
        ][:KNOWN]

    def keys(self, size: int) -> Keys:
        """What any model has of so many characters, all known, the last one outside ASCII."""
        is_known = np.zeros(1 << 16, dtype=bool)
        is_known[self.known] = True
        parts = (
            part.given[size - 2].keys[:-1] for part in self.parts if len(part.given) > size - 2
        )
        keys = np.unique(np.concatenate([*parts]))
        fits = last(keys, 1) >= 0x80
        for at in range(size):
            fits &= is_known[(keys >> np.uint64(16 * at)) & np.uint64(0xFFFF)]
        return keys[fits]

    def __call__(self, keys: Keys, size: int) -> Floats:
        return sum(w * part(keys, size) for w, part in zip(self.weights, self.parts, strict=True))  # type: ignore[return-value]

    def seen(self, contexts: Keys, size: int) -> Floats:
        parts = zip(self.weights, self.parts, strict=True)
        return sum(w * p.seen[size - 1](contexts) for w, p in parts if len(p.seen) >= size)  # type: ignore[return-value]


def _places(text: str) -> Keys:
    """Every place of a text that a Chinese character or mark takes after another."""
    data = np.frombuffer(text.encode("utf-16-le", "replace"), dtype="<u2").astype(np.uint64)
    keys = data
    for _ in range(ORDER - 1):
        keys = keys[:-1] << B16 | data[-len(keys) + 1 :]
    return keys[(last(keys, 1) >= 0x80) & (last(keys >> B16, 1) >= 0x80)]


def build(folder: Path, tuning: Iterable[Iterable[str]]) -> tuple[dict[str, object], bytes]:
    mixture = Mixture(folder, tuning)
    known = np.array(mixture.known, dtype=np.uint64)
    rank = np.zeros(1 << 16, dtype=np.uint64)
    rank[known] = np.arange(len(known))
    first = np.log(mixture(known, 1))
    entries: list[Lookup] = []
    lefts: list[Lookup] = []

    def lower(keys: Keys, size: int) -> Floats:
        """What the orders kept so far say of the last character."""
        found = first[rank[last(keys, 1)]]
        for order in range(2, size + 1):
            part = last(keys, order)
            given = entries[order - 2](part)
            found = np.where(np.isnan(given), found + lefts[order - 2](part >> B16), given)
        return found

    parts = [bytes(map(_quantised, first.tolist()))]
    sizes = []
    for size, count in zip(range(2, ORDER + 1), ENTRIES, strict=True):
        keys = mixture.keys(size)
        chances, below = mixture(keys, size), lower(keys, size - 1)
        contexts, row = np.unique(keys >> B16, return_inverse=True)
        gains = mixture.seen(contexts, size - 1)[row] * chances * np.abs(np.log(chances) - below)
        print(size, len(keys), "entries", flush=True)
        kept = gains >= np.partition(gains, -count)[-count] if count < len(gains) else gains >= 0
        keys, logs, below, gone = keys[kept], np.log(chances[kept]), below[kept], gains[~kept].sum()
        print("left out, nats:", gone)
        contexts, row = np.unique(keys >> B16, return_inverse=True)
        rest = np.maximum(1e-4, 1 - np.bincount(row, np.exp(logs)))
        rest /= np.maximum(1e-4, 1 - np.bincount(row, np.exp(below)))
        left = np.minimum(0.0, np.log(rest))
        entries.append(Lookup(keys, logs, np.nan))
        lefts.append(Lookup(contexts, left))
        sizes.append((len(contexts), len(keys)))
        parts += _packed(keys, logs, left, size, rank)
    header: dict[str, object] = {
        "version": VERSION,
        "step": STEP,
        "characters": len(known),
        "contexts": [size[0] for size in sizes],
        "entries": [size[1] for size in sizes],
        "weights": dict(zip(mixture.names, mixture.weights.round(3).tolist(), strict=True)),
        "sources": {
            "words": f"jieba {importlib.metadata.version('jieba')}, MIT",
            "phrases": f"pypinyin {importlib.metadata.version('pypinyin')}, MIT",
            **{f"{s.name} {s.commit}".strip(): s.licence for s in SOURCES},
        },
    }
    body = "".join(map(chr, mixture.known)).encode("utf-16-le") + b"".join(parts)
    return header, zlib.compress(body, 9)


def _packed(keys: Keys, logs: Floats, left: Floats, size: int, rank: Keys) -> Iterator[bytes]:
    """The columns of one order: contexts, the sizes of their rows, what they leave; entries."""
    ranked = np.zeros(len(keys), dtype=np.uint64)
    for at in range(size - 1, -1, -1):
        ranked = ranked << B16 | rank[(keys >> np.uint64(16 * at)) & np.uint64(0xFFFF)]
    order = np.argsort(ranked)
    ranked, logs = ranked[order], logs[order]
    contexts, starts, counts = np.unique(ranked >> B16, return_index=True, return_counts=True)
    # The contexts come in the order of their ranks, what they leave in that of their characters.
    by_char = np.unique(keys >> B16, return_inverse=True)[1][order][starts]
    for at in range(size - 2, -1, -1):
        yield _two_bytes((contexts >> np.uint64(16 * at)) & np.uint64(0xFFFF))
    yield _two_bytes(counts)
    yield bytes(map(_quantised, left[by_char].tolist()))
    # Each rank as its distance from the one before in its row: smaller numbers pack better.
    ends = last(ranked, 1).astype(np.int64)
    steps = np.diff(ends, prepend=0)
    steps[starts] = ends[starts]
    yield _two_bytes(steps)
    yield bytes(map(_quantised, logs.tolist()))


def _two_bytes(values: npt.NDArray[np.generic]) -> bytes:
    data = values.astype("<u2")
    return (data & 255).astype("u1").tobytes() + (data >> 8).astype("u1").tobytes()


def _quantised(log_p: float) -> int:
    return min(255, max(0, round(-log_p / STEP)))


def tuning_texts(path: str | None) -> dict[str, list[str]]:
    """The tuning articles, and the pages if there are any."""
    from benchmarks.damage import HELD_OUT, articles

    texts = {"tuning articles": [a.text for a in articles() if a.name not in HELD_OUT]}
    if path:
        import zstandard

        with zstandard.open(path, "rt", encoding="utf-8") as file:
            texts[path] = [json.loads(line)["text"] for line in file]
    return texts


def measure(path: str) -> None:
    from cleaning import ngrams

    model = ngrams.model()
    for name, texts in tuning_texts(path).items():
        total, size = 0.0, 0
        for text in texts:
            ids = np.lib.stride_tricks.sliding_window_view(model.ids(text), model.order)
            wanted = [
                at
                for at in range(len(ids))
                if min(text[at + model.order - 2 : at + model.order]) >= "\x80"
            ]
            found = model.scores(ids[wanted, :-1], np.arange(len(wanted)), ids[wanted, -1])
            total += float(np.maximum(found, -18.0).sum())
            size += len(wanted)
        print(f"{name}: {total / size:.3f} nats, {size:,} characters")


if __name__ == "__main__":
    if sys.argv[1] == "--measure":
        measure(sys.argv[2])
    else:
        found = tuning_texts(sys.argv[2] if len(sys.argv) > 2 else None)
        head, data = build(Path(sys.argv[1]), found.values())
        TARGET.write_bytes(json.dumps(head, ensure_ascii=False).encode() + b"\n" + data)
        print(head, f"{TARGET.stat().st_size:,} bytes")
