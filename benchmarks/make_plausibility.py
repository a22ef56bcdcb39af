"""Build the data of :mod:`cleaning.plausibility` from dictionaries whose licences allow it.

    pip install jieba pypinyin opencc
    python benchmarks/make_plausibility.py

Sources, all installed from PyPI, none of them text that somebody holds rights in:

- jieba's dictionary (MIT): 349,046 words with how often each occurs in running text.  It gives
  the characters, the pairs inside words, and how often a character begins and ends a word.
- pypinyin's phrases (MIT): 47,111 idioms and phrases, each counted a few times.
- OpenCC's phrases (Apache-2.0), through its character table only: the fold from Traditional.

A dictionary has no pairs across a word's end.  They are taken to be independent of each other
given that a word ends: P(b | a) = P(a b inside a word | a) + P(word ends | a) * P(b begins one).
On the main text of 52 real pages (unseen) this costs 5.53 nats a character, characters alone 6.91.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import unicodedata
import zlib
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import jieba
import opencc
from pypinyin import phrases_dict

TARGET = Path(__file__).parent.parent / "cleaning" / "rules" / "plausibility.bin"
VERSION = 1
DISCOUNT = 0.5
"""Taken from every pair's count and given to the pairs never seen (absolute discounting)."""
PHRASE_COUNT = 8.0
"""A phrase of pypinyin's counts as often as jieba's median word of four characters."""
MIN_RATIO = 1.25
"""A pair is kept if it is this much more likely than the two by themselves."""
MIN_COUNT = 3.0
STEP = 0.1
"""Resolution of a stored logarithm, in nats; one byte holds 0 to 25.5."""

PUNCTUATION = {
    "，": 0.055, "。": 0.03, "、": 0.015, "：": 0.01, "；": 0.004, "“": 0.006, "”": 0.006,
    "（": 0.005, "）": 0.005, "《": 0.004, "》": 0.004, "？": 0.003, "！": 0.003, "‘": 0.0007,
    "’": 0.0007, "—": 0.002, "…": 0.002, "·": 0.001, "\u3000": 0.003, "「": 0.001, "」": 0.001,
    "『": 0.0003, "』": 0.0003, "【": 0.001, "】": 0.001, "～": 0.0004, "〈": 0.0001, "〉": 0.0001,
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


def words() -> Counter[str]:
    found: Counter[str] = Counter()
    for line in jieba.get_dict_file():
        word, count, *_ = line.decode("utf-8").split(" ")
        if all("\u3400" <= char <= "\u9fff" for char in word):
            found[word] += float(count)
    for phrase in phrases_dict.phrases_dict:
        if all("\u3400" <= char <= "\u9fff" for char in phrase):
            found[phrase] += PHRASE_COUNT
    return found


def quantised(probability: float) -> int:
    return min(255, max(0, round(-math.log(probability) / STEP)))


def build() -> tuple[dict[str, object], bytes]:
    fold = fold_table()
    chars: Counter[str] = Counter()
    starts: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    pairs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for word, count in words().items():
        folded = "".join(fold.get(char, char) for char in word)
        starts[folded[0]] += count
        ends[folded[-1]] += count
        for char in folded:
            chars[char] += count
        for first, second in pairwise(folded):
            pairs[first][second] += count
    total = sum(chars.values())
    for mark, share in PUNCTUATION.items():
        chars[mark] += total * share
        starts[mark] += total * share
        ends[mark] += total * share
    for pair, share in PAIRS_OF_MARKS.items():
        pairs[pair[0]][pair[1]] += chars[pair[0]] * share
        ends[pair[0]] -= chars[pair[0]] * share
    total = sum(chars.values())
    begun = sum(starts.values())
    known = sorted(chars, key=lambda char: (-chars[char], char))
    begins = {c: 0.9 * starts[c] / begun + 0.1 * chars[c] / total for c in known}
    rank = {char: number for number, char in enumerate(known)}
    starts_at, leaves, lengths = bytearray(), bytearray(), bytearray()
    low, high, values = bytearray(), bytearray(), bytearray()
    kept = 0
    for first in known:
        count = chars[first]
        leave = (ends[first] + DISCOUNT * len(pairs[first]) + 1) / (count + DISCOUNT + 1)
        leave = min(1.0, leave)
        starts_at.append(quantised(begins[first]))
        leaves.append(quantised(leave))
        row = []
        for second, seen in pairs[first].items():
            apart = leave * begins[second]
            probability = max(0.0, seen - DISCOUNT) / (count + 1) + apart
            if seen >= MIN_COUNT and probability > MIN_RATIO * apart:
                row.append((rank[second], quantised(probability)))
        row.sort()
        lengths += len(row).to_bytes(2, "little")
        kept += len(row)
        for number, value in row:
            low.append(number & 255)
            high.append(number >> 8)
            values.append(value)
    header: dict[str, object] = {
        "version": VERSION,
        "step": STEP,
        "characters": len(known),
        "pairs": kept,
        "folds": len(fold),
        "sources": {
            "jieba dictionary": f"jieba {importlib.metadata.version('jieba')}, MIT",
            "phrases": f"pypinyin {importlib.metadata.version('pypinyin')}, MIT",
            "fold": f"OpenCC {importlib.metadata.version('opencc')}, Apache-2.0",
        },
    }
    body = b"".join(
        [
            "".join(known).encode("utf-16-le"),
            "".join(fold).encode("utf-16-le"),
            "".join(fold.values()).encode("utf-16-le"),
            bytes(starts_at), bytes(leaves), bytes(lengths), bytes(high), bytes(low), bytes(values),
        ]
    )  # fmt: skip
    return header, zlib.compress(body, 9)


if __name__ == "__main__":
    head, body = build()
    TARGET.write_bytes(json.dumps(head, ensure_ascii=False).encode() + b"\n" + body)
    print(head, f"{TARGET.stat().st_size:,} bytes")
