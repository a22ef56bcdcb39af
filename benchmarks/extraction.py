"""Main text of real Chinese pages: quality against hand-marked text, and time against trafilatura.

Score: multiset F1 of Chinese character bigrams, as in research/parse.md, section 2b.  Times are
process CPU, the two extractors interleaved, the median of the rounds summed over the pages.

    python benchmarks/extraction.py [--rounds 3] [--pages ../shared/data/pages-zh-dev.jsonl.zst]
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import zstandard

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PAGES = ROOT / "../shared/data/pages-zh-dev.jsonl.zst"


def pages(path: Path) -> Iterator[dict[str, str]]:
    """The records ``key, from, html, text`` of a page file."""
    with path.open("rb") as file:
        data = zstandard.ZstdDecompressor().stream_reader(file).read()
    for line in data.decode("utf-8").splitlines():
        yield json.loads(line)


def bigrams(text: str) -> Counter[str]:
    han = "".join(re.findall("[\u4e00-\u9fff]", text))
    return Counter(han[at : at + 2] for at in range(len(han) - 1))


def f1(found: str, marked: str) -> float:
    """Multiset F1 of the Chinese character bigrams of two texts, 0 to 1."""
    ours, gold = bigrams(found), bigrams(marked)
    shared = sum((ours & gold).values())
    total = sum(ours.values()) + sum(gold.values())
    return 2 * shared / total if total else 1.0


def timed(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pages", type=Path, default=PAGES)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    import trafilatura

    from cleaning.extract import extract

    records = list(pages(options.pages))
    print(f"{'page':56} {'F1':>5} {'traf.':>5}  date        title")
    scores: list[tuple[float, float]] = []
    dated = titled = 0
    for record in records:
        page = extract(record["html"])
        other = trafilatura.extract(record["html"]) or ""
        scores.append((f1(page.text, record["text"]), f1(other, record["text"])))
        dated += page.date is not None
        titled += page.title is not None
        print(
            f"{record['key'][:56]:56} {scores[-1][0]:5.3f} {scores[-1][1]:5.3f}"
            f"  {page.date or '-':10}  {(page.title or '-')[:40]}"
        )
    ours: list[list[float]] = [[] for _ in records]
    theirs: list[list[float]] = [[] for _ in records]
    for _ in range(options.rounds):
        for number, record in enumerate(records):
            html = record["html"]
            ours[number].append(timed(lambda html=html: extract(html)))
            theirs[number].append(timed(lambda html=html: trafilatura.extract(html)))
    our_time = sum(map(statistics.median, ours)) / len(records)
    their_time = sum(map(statistics.median, theirs)) / len(records)
    print(
        f"\n{len(records)} pages: F1 mean {statistics.mean(s for s, _ in scores):.4f}"
        f" minimum {min(s for s, _ in scores):.3f};"
        f" trafilatura {statistics.mean(t for _, t in scores):.4f}"
        f" minimum {min(t for _, t in scores):.3f}"
    )
    print(f"with a title {titled}, with a date {dated}")
    print(
        f"{our_time * 1000:.2f} ms a page, trafilatura {their_time * 1000:.2f} ms:"
        f" {their_time / our_time:.1f} times as fast"
    )


if __name__ == "__main__":
    main()
