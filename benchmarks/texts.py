"""Running Chinese text to count characters in: what may be counted, its licence, and how it is read.

Only counts come into the project (``rules/ngrams.bin``), never the text.  FOLDER holds a checkout of
each repository at ``FOLDER/OWNER/NAME``, and plain text files of the works below in
``FOLDER/works``::

    git clone https://github.com/OWNER/NAME FOLDER/OWNER/NAME

Of two sources a part is left out, so that false edits can be measured on it: statutes (their other
folders) and taiwan-md (every second file).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HAN: Final = re.compile("[\u4e00-\u9fff]")
_FRONT_MATTER: Final = re.compile(r"^---\n.*?\n---\n", re.S)
_CODE: Final = re.compile(r"```.*?```", re.S)
_LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKUP: Final = re.compile(r"<[^>]*>|[*`]+|\[\^\w+\]:?")
_BULLET: Final = re.compile(r"^\s*(?:#+|[-+>|]|\d+\.)\s*")
LEAST_HAN: Final = 6
"""A line with fewer Chinese characters, or with more of others, is a heading, a table, or code."""


def _plain(path: Path) -> Iterator[str]:
    yield from path.read_text(encoding="utf-8", errors="replace").splitlines()


def _last_column(path: Path) -> Iterator[str]:
    for line in _plain(path):
        yield line.rsplit("\t", 1)[-1]


def _markdown(path: Path) -> Iterator[str]:
    text = _FRONT_MATTER.sub("", path.read_text(encoding="utf-8", errors="replace"))
    text = _MARKUP.sub("", _LINK.sub(r"\1", _CODE.sub("\n", text)))
    for line in text.splitlines():
        yield _BULLET.sub("", line).strip(" |")


def _squad(path: Path) -> Iterator[str]:
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            yield paragraph["context"]
            for question in paragraph["qas"]:
                yield question["question"]


def _marked(path: Path) -> Iterator[str]:
    """Sentences in which the character that is asked for stands between two blocks."""
    for line in _plain(path):
        yield line.replace("\u2581", "")


def _treebank(path: Path) -> Iterator[str]:
    for line in _plain(path):
        if line.startswith("# text = "):
            yield line.removeprefix("# text = ")


def _every(_: str) -> bool:
    return True


def _second(name: str) -> bool:
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0


def _fifth(name: str) -> bool:
    return hashlib.sha256(name.encode()).digest()[0] % 5 == 0


@dataclass(frozen=True, slots=True)
class Source:
    """One source: where in FOLDER, at which commit, under which licence, and how to read it."""

    kind: str
    """Sources of one kind are counted together."""
    name: str
    commit: str
    licence: str
    files: tuple[str, ...]
    lines: Callable[[Path], Iterator[str]] = _markdown
    is_counted: Callable[[str], bool] = _every
    """Whether a file, by its path inside the repository, is counted."""


SOURCES: Final = (
    Source(
        "talk", "Roxaleen/hsk-annotated-corpus", "a9d25b6", "sentences of Tatoeba, CC BY 2.0 FR",
        ("data/raw/sentences/tatoeba_cmn_sentences.tsv",), _last_column,
    ),
    Source(
        "talk", "Anduin2017/HowToCook", "cbeb536", "recipes, Unlicense",
        ("dishes/**/*.md", "tips/**/*.md"),
    ),
    Source(
        "encyclopedia", "ymcui/cmrc2018", "c0eb1b6", "paragraphs of Wikipedia, CC BY-SA 4.0",
        ("squad-style-data/*.json",), _squad,
    ),
    Source(
        "encyclopedia", "DRCKnowledgeTeam/DRCD", "b944790", "paragraphs of Wikipedia, CC BY-SA 3.0",
        ("DRCD_dev.json", "DRCD_test.json"), _squad,
    ),
    Source(
        "encyclopedia", "google-deepmind/xquad", "7d30520", "paragraphs of Wikipedia translated, CC BY-SA 4.0",
        ("xquad.zh.json",), _squad,
    ),
    Source(
        "encyclopedia", "mozilla/common-voice", "168898f", "sentences of Wikipedia and others to be read aloud, CC0",
        ("server/data/zh-CN/*.txt", "server/data/zh-TW/*.txt"), _plain,
    ),
    Source(
        "encyclopedia", "kakaobrain/g2pM", "170526e", "sentences of Wikipedia, CC BY-SA 3.0 (their marks Apache-2.0)",
        ("data/*.sent",), _marked,
    ),
    Source(
        "encyclopedia", "UniversalDependencies/UD_Chinese-GSDSimp", "eb3aed3", "sentences of Wikipedia, CC BY-SA 4.0",
        ("*.conllu",), _treebank,
    ),
    Source(
        "manuals", "d2l-ai/d2l-zh", "e6b18cc", "textbook, Apache-2.0",
        ("chapter_*/*.md",),
    ),
    Source(
        "talk", "geekan/HowToLiveLonger", "81c562a", "on health, Unlicense",
        ("README.md",),
    ),
    Source(
        "encyclopedia", "MicrosoftTranslator/NTREX", "8561f6a", "news, CC BY-SA 4.0",
        ("NTREX-128/newstest2019-ref.zho-CN.txt",), _plain,
    ),
    Source(
        "talk", "moztw/cc0-sentences", "0cd8139", "sentences to be read aloud, CC0",
        ("zh-TW/*.txt",), _plain,
    ),
    Source(
        "manuals", "MicrosoftDocs/partner-center-pr.zh-cn", "9f7712c", "manual, CC BY 4.0",
        ("partner-center/**/*.md",),
    ),
    Source(
        "manuals", "MicrosoftDocs/Dynamics-365-Operations.zh-cn", "538f253", "manual, CC BY 4.0",
        ("articles/**/*.md",),
    ),
    Source(
        "law", "LawRefBook/Laws", "2f4c5c2", "regulations and rulings, not subject to copyright",
        ("行政法规/**/*.md", "部门规章/**/*.md", "司法解释/**/*.md"),
    ),
    Source(
        "essays", "frank890417/taiwan-md", "5459d7f", "essays on Taiwan, CC BY-SA 4.0",
        tuple(
            f"knowledge/{topic}/*.md"
            for topic in ("About", "Art", "Culture", "Economy", "Food", "Geography", "History",
                          "Lifestyle", "Music", "Nature", "People", "Society", "Technology")
        ),
        is_counted=_second,
    ),
    Source(
        "debates", "g0v/ly-gazette", "89c9974",
        "gazette of a parliament (Taiwan), official documents, not subject to copyright",
        ("raw/*.md",), is_counted=_fifth,
    ),
    Source(
        "talk", "github/opensource.guide", "ebc9678", "guide, CC BY 4.0",
        ("_articles/zh-han*/*.md",),
    ),
    Source(
        "works", "works", "", "novels and essays of authors dead for fifty years: Lu Xun (1936), Xiao Hong (1942), "
        "Yu Dafu (1945), Zhu Ziqing (1948), Lin Huiyin (1955), Lao She (1966), Zhou Zuoren (1967)",
        ("*.txt",), _plain,
    ),
)  # fmt: skip


def lines_of(source: Source, folder: Path) -> Iterator[str]:
    """The lines of prose of a source, each once, in the order of their files."""
    root = folder / source.name
    seen: set[str] = set()
    for pattern in source.files:
        for path in sorted(root.glob(pattern)):
            if not source.is_counted(path.relative_to(root).as_posix()):
                continue
            for line in source.lines(path):
                line = line.strip()
                han = len(_HAN.findall(line))
                if han >= LEAST_HAN and 2 * han >= len(line) and line not in seen:
                    seen.add(line)
                    yield line
