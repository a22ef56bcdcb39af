"""Build the data of :mod:`cleaning.words`: the words of Chinese, and what must follow three characters.

    pip install jieba
    python benchmarks/make_words.py FOLDER

- ``rules/words.bin``: words of two to four characters of jieba's dictionary (MIT).
- ``rules/word_heads.tsv``: how often a character that stands before the last one of a word that filters hide is a word
  by itself, by jieba's counts.
- ``rules/cut_words.bin``: three characters and the one that follows them, where it completes a word
  and follows (nearly) always, counted over the texts (.md, .txt) of national and local statutes in
  FOLDER.  Statutes are outside copyright (Copyright Law of the PRC, article 5); only counts are kept.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import jieba

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from cleaning.rules import load_pairs

RULES = Path(__file__).parent.parent / "cleaning" / "rules"
VERSION = 1
WORD_LEAST = 5
"""Count of a word in jieba's dictionary; below it are names and slips."""
LEAST = 15
SHARE = 0.985
"""Times that the fourth character follows in the statutes, and its share of all that do."""
ALONE = 0.3
"""Share of a character's occurrences, by jieba's counts, in which it is a word by itself, up to which it
speaks for a word that is cut behind it: 问 0.285; 是, 人, 放 are over it."""
RUN = re.compile("[\u4e00-\u9fff，。；：、！？“”《》]+")
HAN = re.compile("[\u4e00-\u9fff]+")


def words() -> tuple[set[str], dict[str, float]]:
    """The words, and for each character the share of its occurrences in which it is a word by itself."""
    path = Path(jieba.__file__).parent / "dict.txt"
    found = set()
    alone: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        word, count, _ = line.rsplit(" ", 2)
        if len(word) == 1:
            alone[word] += int(count)
        elif len(word) <= 4 and HAN.fullmatch(word):
            inside.update(dict.fromkeys(word, int(count)))
            if int(count) >= WORD_LEAST:
                found.add(word)
    return found, {char: alone[char] / (alone[char] + inside[char] + 1) for char in inside}


def forced(texts: Iterable[str], known: set[str], bound: set[str]) -> Iterator[tuple[str, str]]:
    """Three characters, of which the last begins or goes on with a word that it does not end, and
    the character that ends it."""
    threes: Counter[str] = Counter()
    fours: Counter[str] = Counter()
    for text in texts:
        for run in RUN.findall(text):
            threes.update(run[at : at + 3] for at in range(len(run) - 2))
            fours.update(run[at : at + 4] for at in range(len(run) - 3))
    for four, count in fours.items():
        before, after = four[:3], four[3]
        if (
            count >= LEAST
            and count >= SHARE * threes[before]
            and HAN.fullmatch(four[1:])
            and before[-1] in bound
            and any(before[-size:] + after in known for size in (1, 2, 3))
            and before not in known
            and before[1:] not in known
        ):
            yield before, after


def main() -> None:
    known, alone = words()
    bound = {char for char, share in alone.items() if share <= ALONE}
    source = f"jieba {importlib.metadata.version('jieba')} (MIT), dictionary"
    heads = sorted(
        {word[-2] for word in load_pairs("masked_words") if len(word) > 1 and HAN.fullmatch(word)}
    )
    rows = [f"{head}\t{alone.get(head, 0):.3f}" for head in heads]
    (RULES / "word_heads.tsv").write_text(
        "# Share of a character's occurrences in which it is a word by itself.  character<TAB>share, sorted by code point.\n"
        f"# Source: {source}, counts; characters before the last one of the words in masked_words.tsv.\n"
        + "\n".join(rows)
        + "\n",
        encoding="utf-8",
    )
    _write(
        RULES / "words.bin",
        {"source": source},
        sorted(known),
    )
    files = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.suffix in (".md", ".txt"))
    texts = (path.read_text(encoding="utf-8") for path in files)
    table = sorted(forced(texts, known, bound))
    _write(
        RULES / "cut_words.bin",
        {"source": f"texts of {len(files)} statutes of the PRC (outside copyright), counts only"},
        [before + after for before, after in table],
    )
    print(len(known), len(table))


def _write(path: Path, facts: dict[str, object], lines: list[str]) -> None:
    header = {"version": VERSION, "entries": len(lines), **facts}
    body = zlib.compress("\n".join(lines).encode(), 9)
    path.write_bytes(json.dumps(header, ensure_ascii=False).encode() + b"\n" + body)


if __name__ == "__main__":
    main()
