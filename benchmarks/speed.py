"""How fast cleaning is: sound text through all steps, each step alone on it, a densely damaged page.

    python benchmarks/speed.py [FOLDER…] [--rounds N] [--json]

Without folders the sound texts are the project's own articles, Simplified and Traditional.  A folder's
texts (.md, .txt) are cut into documents of at most 4,000 characters, 2 to 20 kB of UTF-8 each.  MB are
10^6 bytes of UTF-8 as read; times are CPU times of this process (user and system), medians of rounds in which the
reference, OpenCC's t2s on the same texts, takes turns with what is measured.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

import opencc

from benchmarks.damage import articles, damage
from cleaning.document import Document
from cleaning.pipeline import STEPS, clean

DOCUMENT, SMALL, LARGE = 4_000, 2_000, 20_000  # characters; bytes
MANY = 300  # documents of a set
NOTES = 0.1  # notes a character of the text, from which on a page is dense; the real mirror page has 0.11


@dataclass(frozen=True, slots=True)
class Speed:
    """MB a second of one thing on one set, and as a multiple of OpenCC's on the same texts."""

    name: str
    on: str
    mb_per_second: float
    to_opencc: float


def texts_of(folder: Path) -> list[str]:
    """The documents of a folder, from files chosen evenly."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix in (".md", ".txt"))
    found: list[str] = []
    for path in paths[:: max(1, len(paths) // MANY)]:
        text = path.read_text(encoding="utf-8", errors="replace")
        pieces = (
            text[at : at + DOCUMENT] for at in range(0, min(len(text), 3 * DOCUMENT), DOCUMENT)
        )
        found += (piece for piece in pieces if SMALL <= len(piece.encode()) <= LARGE)
    return found[:MANY]


def dense_pages() -> list[str]:
    """Pages with as dense notes as the real one, and with all that such a page has besides."""
    kinds = ("notes", "half", "header", "chrome")
    made = [damage(article, seed, kinds) for article in articles() for seed in range(4)]
    return [page.text for page in made if page.truth.notes >= NOTES * len(page.truth.text)]


def measure(name: str, on: str, texts: Sequence[str], run: Callable[[str], object], rounds: int) -> Speed:  # fmt: skip
    """The median speed of something over texts, the reference run between the rounds."""
    convert = opencc.OpenCC("t2s").convert
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    times: list[float] = []
    shares: list[float] = []
    for turn in range(rounds + 1):
        start = process_time()
        for text in texts:
            run(text)
        middle = process_time()
        for text in texts:
            convert(text)
        end = process_time()
        if turn:  # the first round loads tables
            times.append(middle - start)
            shares.append((end - middle) / (middle - start))
    return Speed(name, on, size / median(times) / 1e6, median(shares))


def speeds(sets: dict[str, list[str]], rounds: int) -> Iterator[Speed]:
    for on, texts in sets.items():
        joined = [re.sub(r"\s*\n\s*", "\n", text).strip() for text in texts]
        yield measure("all steps", f"{on}, one line end between paragraphs", joined, _clean, rounds)
        yield measure("all steps", f"{on}, as it is", texts, _clean, rounds)
        for step in STEPS:
            documents = {text: Document.from_text(text) for text in joined}

            def alone(text: str, step=step, documents=documents) -> object:  # type: ignore[no-untyped-def]
                return [*step(documents[text])]

            yield measure(step.__name__, on, joined, alone, rounds)
    yield measure(
        "all steps", f"pages with {NOTES} notes a character and more", dense_pages(), _clean, rounds
    )


def _clean(text: str) -> object:
    return clean(Document.from_text(text))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure the speed of cleaning.")
    parser.add_argument("folders", nargs="*", type=Path, help="folders of sound texts")
    parser.add_argument("--rounds", type=int, default=7, help="rounds whose median is taken")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    sets = {folder.name: texts_of(folder) for folder in options.folders} or {
        group: [f"{a.title}\n{a.text}" for a in articles(group)] for group in ("simplified", "traditional")
    }  # fmt: skip
    found = []
    for speed in speeds(sets, options.rounds):
        found.append(asdict(speed))
        if not options.json:
            print(f"{speed.name:<22}{speed.on:<58}{speed.mb_per_second:>8.1f} MB/s{speed.to_opencc:>8.3f} of OpenCC", flush=True)  # fmt: skip
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
