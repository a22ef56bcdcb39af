"""Build the data of :mod:`cleaning.plausibility` from dictionaries whose licences allow it.

    pip install jieba pypinyin pinyin2hanzi opencc numpy
    python benchmarks/make_plausibility.py

Sources, all installed from PyPI:

- jieba's dictionary (MIT): 349,046 words, each with its part of speech and how often it occurs
  in running text; and its table of how often one part of speech follows another.
- pypinyin's phrases (MIT): 47,111 idioms and phrases, each counted a few times.
- Pinyin2Hanzi's transitions (MIT): which character follows which, counted over a lexicon with
  newer words than jieba's.
- OpenCC's characters (Apache-2.0): the fold from Traditional to Simplified.

P(b | a) is that of the pair inside a word, plus the chance that a word ends with a and the next
one, of a part of speech that may follow, begins with b; Pinyin2Hanzi's table has a share of it.
On the main text of 52 real pages (unseen): characters alone -6.91 nats a character, pairs inside
words, with marks counted -5.41, and with parts of speech and Pinyin2Hanzi -5.19.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import math
import unicodedata
import zlib
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import jieba
import numpy as np
import opencc
from jieba.posseg.prob_trans import P as TRANSITIONS
from pypinyin import phrases_dict

TARGET = Path(__file__).parent.parent / "cleaning" / "rules" / "plausibility.bin"
VERSION = 1
DISCOUNT = 0.5
"""Taken from every pair's count and given to the pairs never seen (absolute discounting)."""
PHRASE_COUNT = 8.0
"""A phrase of pypinyin's counts as often as jieba's median word of four characters."""
LEXICON_SHARE = 0.3
"""Share of Pinyin2Hanzi's transitions.  Pairs of Chinese characters on the 52 pages: -5.163 nats
at 0.3, -5.171 at 0.45."""
CLASS_SHARE = 0.9
"""Share of the parts of speech in what begins a word, against how often it does so at all; 0.6
is 0.013 nats worse."""
COMMON = 6000
"""Characters for which pairs across words are weighed; the rest have those inside words only."""
PAIRS = 400_000
"""Pairs kept, those that tell most; more add nothing on the 52 pages."""
STEP = 0.1
"""Resolution of a stored logarithm, in nats; one byte holds 0 to 25.5."""

PUNCTUATION = {
    "，": 0.055, "。": 0.03, "、": 0.015, "：": 0.01, "；": 0.004, "“": 0.006, "”": 0.006,
    "（": 0.005, "）": 0.005, "《": 0.004, "》": 0.004, "？": 0.003, "！": 0.003, "‘": 0.0007,
    "’": 0.0007, "—": 0.002, "…": 0.002, "·": 0.001, "\u3000": 0.003, "「": 0.0003, "」": 0.0003,
    "『": 0.0001, "』": 0.0001, "【": 0.001, "】": 0.001, "～": 0.0004, "〈": 0.0001, "〉": 0.0001,
    "％": 0.0003, "．": 0.0002, "／": 0.0002, "－": 0.0002, "￥": 0.00005, "℃": 0.00005,
}  # fmt: skip
"""Share of each mark in running text (research/mojibake.md: laws, news, tutorials)."""

PAIRS_OF_MARKS = {
    "——": 0.8,
    "……": 0.8,
    "。”": 0.12,
    "：“": 0.3,
    "，“": 0.02,
    "”，": 0.15,
    "”。": 0.1,
}
"""Marks that follow each other: P(second | first)."""
OPENING, CLOSING = "“‘（《「『【〈", "”’）》」』】〉"
AFTER_MARK = 0.02
"""How much rarer any other mark is right after a mark that closes nothing."""


def fold_table() -> dict[str, str]:
    """Every character that Simplified spelling writes otherwise, one for one; 著 goes with 着."""
    converter = opencc.OpenCC("t2s")
    table = {}
    for code in (*range(0x3400, 0xA000), *range(0xF900, 0xFB00)):
        char = chr(code)
        folded = unicodedata.normalize("NFKC", converter.convert(char))
        if len(folded) == 1 and folded != char and folded < "\U00010000":
            table[char] = folded
    table["著"] = "着"
    return table


class Counts:
    """What the word lists say, folded to Simplified."""

    def __init__(self) -> None:
        fold = fold_table()
        tags = sorted({tag for _, tag in TRANSITIONS})
        number = {tag: at for at, tag in enumerate(tags)}
        self.tags = len(tags)
        self.chars: Counter[str] = Counter()
        self.starts: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.pairs: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.start_class: Counter[tuple[int, str]] = Counter()
        self.end_class: Counter[tuple[str, int]] = Counter()
        for word, count, tag in words():
            folded = "".join(fold.get(char, char) for char in word)
            kind = number.get(tag, number["n"]) + (self.tags if len(word) > 1 else 0)
            self.starts[folded[0]] += count
            self.ends[folded[-1]] += count
            self.start_class[kind, folded[0]] += count
            self.end_class[folded[-1], kind] += count
            for char in folded:
                self.chars[char] += count
            for first, second in pairwise(folded):
                self.pairs[first][second] += count
        # Which class follows which: jieba tells the last character of a word (S alone, E end)
        # and the first of the next (S alone, B begin).
        self.follows = np.full((2 * self.tags, 2 * self.tags), 1e-6)
        for (place, tag), row in TRANSITIONS.items():
            if place in "SE":
                for (next_place, next_tag), log_p in row.items():
                    if next_place in "SB":
                        before = number[tag] + (self.tags if place == "E" else 0)
                        after = number[next_tag] + (self.tags if next_place == "B" else 0)
                        self.follows[before, after] += math.exp(log_p)
        self.follows /= self.follows.sum(1, keepdims=True)
        self._add_marks()

    def _add_marks(self) -> None:
        total = sum(self.chars.values())
        for mark, share in PUNCTUATION.items():
            self.chars[mark] += total * share
            self.starts[mark] += total * share
            self.ends[mark] += total * share
        for first in PUNCTUATION:
            for second in PUNCTUATION:
                share = PAIRS_OF_MARKS.get(first + second)
                if share is None and first not in CLOSING and second not in OPENING:
                    share = AFTER_MARK * PUNCTUATION[second]
                if share is not None:
                    self.pairs[first][second] = self.chars[first] * share


def words() -> list[tuple[str, float, str]]:
    found = []
    for line in jieba.get_dict_file():
        word, count, tag = line.decode("utf-8").split()
        if all("\u3400" <= char <= "\u9fff" for char in word):
            found.append((word, float(count), tag))
    found += [
        (phrase, PHRASE_COUNT, "l")
        for phrase in phrases_dict.phrases_dict
        if all("\u3400" <= char <= "\u9fff" for char in phrase)
    ]
    return found


def lexicon() -> dict[str, dict[str, float]]:
    spec = importlib.util.find_spec("Pinyin2Hanzi")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "data" / "hmm_transition.json"
    table: dict[str, dict[str, float]] = json.loads(path.read_text(encoding="utf-8"))["data"]
    return table


def quantised(probability: float) -> int:
    return min(255, max(0, round(-math.log(probability) / STEP)))


def build() -> tuple[dict[str, object], bytes]:
    counts = Counts()
    known = sorted(counts.chars, key=lambda char: (-counts.chars[char], char))
    rank = {char: at for at, char in enumerate(known)}
    total, begun = sum(counts.chars.values()), sum(counts.starts.values())
    seen = np.array([counts.chars[char] for char in known])
    begins = np.array([0.9 * counts.starts[c] / begun for c in known]) + 0.1 * seen / total
    leaves = np.array(
        [(counts.ends[c] + DISCOUNT * len(counts.pairs[c]) + 1) / (counts.chars[c] + 1.5) for c in known]
    ).clip(0, 1)  # fmt: skip
    rows = _pairs(counts, known, rank, begins, leaves)
    lengths, low, high, values = bytearray(), bytearray(), bytearray(), bytearray()
    for first in known:
        row = sorted(rows[first])
        lengths += len(row).to_bytes(2, "little")
        for at, value in row:
            low.append(at & 255)
            high.append(at >> 8)
            values.append(value)
    fold = fold_table()
    header: dict[str, object] = {
        "version": VERSION,
        "step": STEP,
        "characters": len(known),
        "pairs": len(values),
        "folds": len(fold),
        "sources": {
            "words, parts of speech": f"jieba {importlib.metadata.version('jieba')}, MIT",
            "phrases": f"pypinyin {importlib.metadata.version('pypinyin')}, MIT",
            "transitions": "Pinyin2Hanzi 0.1.1, MIT",
            "fold": f"OpenCC {importlib.metadata.version('opencc')}, Apache-2.0",
        },
    }
    body = b"".join(
        [
            "".join(known).encode("utf-16-le"),
            "".join(fold).encode("utf-16-le"),
            "".join(fold.values()).encode("utf-16-le"),
            bytes(quantised(p) for p in begins),
            bytes(quantised(p) for p in leaves),
            bytes(lengths), bytes(high), bytes(low), bytes(values),
        ]
    )  # fmt: skip
    return header, zlib.compress(body, 9)


def _pairs(
    counts: Counts,
    known: list[str],
    rank: dict[str, int],
    begins: np.ndarray,
    leaves: np.ndarray,
) -> defaultdict[str, list[tuple[int, int]]]:
    """The pairs that tell most against what the model says without them."""
    size = min(COMMON, len(known))
    classes = 2 * counts.tags
    end_class, start_class = np.zeros((size, classes)), np.zeros((classes, size))
    for (char, kind), count in counts.end_class.items():
        if rank[char] < size:
            end_class[rank[char], kind] = count
    for (kind, char), count in counts.start_class.items():
        if rank[char] < size:
            start_class[kind, rank[char]] = count
    is_word = end_class.sum(1) > 0
    end_class /= np.maximum(end_class.sum(1, keepdims=True), 1e-9)
    start_class /= np.maximum(start_class.sum(1, keepdims=True), 1e-9)
    begin = np.tile(begins[:size], (size, 1))
    by_class = end_class @ counts.follows @ start_class
    marks = np.array([char in PUNCTUATION for char in known[:size]])
    use = is_word[:, None] & ~marks[None, :] & ~marks[:, None]
    # A class says nothing of marks, so what it gives to characters is what marks leave.
    share = 1 - begins[:size][marks].sum()
    begin = np.where(use, (1 - CLASS_SHARE) * begin + CLASS_SHARE * share * by_class, begin)
    apart = leaves[:size, None] * begin
    inside = np.zeros((size, size))
    for first, row in counts.pairs.items():
        if rank[first] < size:
            for second, count in row.items():
                if rank[second] < size:
                    inside[rank[first], rank[second]] = max(0.0, count - DISCOUNT) / (
                        counts.chars[first] + 1
                    )
    both_marks = marks[:, None] & marks[None, :] & (inside > 0)
    chance = np.where(both_marks, inside, inside + apart)
    for first, found in lexicon().items():
        at = rank.get(first, size)
        if at < size and not marks[at]:
            row = np.zeros(size)
            for second, probability in found.items():
                if rank.get(second, size) < size:
                    row[rank[second]] = probability
            to_marks = chance[at][marks].sum()
            mixed = (1 - LEXICON_SHARE) * chance[at] + LEXICON_SHARE * (1 - to_marks) * row
            chance[at] = np.where(marks, chance[at], mixed)
    plain = leaves[:size, None] * begins[None, :size]
    seen = np.array([counts.chars[char] for char in known[:size]])
    weight = (seen[:, None] / seen.sum()) * chance * np.abs(np.log(chance / plain))
    weight[both_marks] = 1.0
    kept = np.argpartition(weight.ravel(), -PAIRS)[-PAIRS:]
    rows: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for place in kept:
        first_at, second_at = divmod(int(place), size)
        rows[known[first_at]].append((second_at, quantised(chance[first_at, second_at])))
    for first, row_ in counts.pairs.items():
        for second, count in row_.items():
            if max(rank[first], rank[second]) >= size:
                begin_p = float(leaves[rank[first]] * begins[rank[second]])
                probability = max(0.0, count - DISCOUNT) / (counts.chars[first] + 1) + begin_p
                if probability > 1.25 * begin_p:
                    rows[first].append((rank[second], quantised(probability)))
    return rows


if __name__ == "__main__":
    head, body = build()
    TARGET.write_bytes(json.dumps(head, ensure_ascii=False).encode() + b"\n" + body)
    print(head, f"{TARGET.stat().st_size:,} bytes")
