"""Main text of real Chinese pages: quality against hand-marked text, and time, beside other tools.

Score: multiset F1 of Chinese character bigrams, as in research/parse.md, section 2b.  Times are
process CPU, what is compared interleaved page by page, the median of the rounds summed over the
pages.  The chains go from a page's bytes to one line of JSON: ours decodes, extracts, cleans and
writes the record; the usual one is trafilatura, ftfy and OpenCC.

Other tools that are installed are measured too (pip install readability-lxml datatrove).

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
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import zstandard

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cleaning.extract import extract  # noqa: E402
from cleaning.pipeline import clean  # noqa: E402
from cleaning.read import read_page  # noqa: E402
from cleaning.records import encode, record_of  # noqa: E402

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


def our_chain(data: bytes) -> bytes:
    """The line of JSON for a page, as a run writes it."""
    document = clean(read_page(data))
    return encode(record_of(document, id=None, file="page", record=0))


def usual_chain(convert: Callable[[str], str]) -> Callable[[bytes], bytes]:
    """The same with what people take: trafilatura, ftfy, OpenCC with ``convert``."""
    import ftfy
    import trafilatura

    def chain(data: bytes) -> bytes:
        text = trafilatura.extract(data) or ""
        record = {"text": convert(ftfy.fix_text(text))}
        return json.dumps(record, ensure_ascii=False).encode()

    return chain


def peers() -> dict[str, Callable[[str], str]]:
    """What else takes the text from a page, of what is installed here."""
    import trafilatura
    from resiliparse.extract.html2text import extract_plain_text

    found: dict[str, Callable[[str], str]] = {
        "trafilatura": lambda html: trafilatura.extract(html) or "",
        "resiliparse": lambda html: extract_plain_text(html, main_content=True),
    }
    with suppress(ImportError):
        from readability import Document

        found["readability-lxml"] = lambda html: extract_plain_text(Document(html).summary())
    with suppress(ImportError):
        from datatrove.pipeline.extractors import Trafilatura

        found["datatrove"] = Trafilatura().extract
    return {name: _or_nothing(extractor) for name, extractor in found.items()}


def _or_nothing(extractor: Callable[[str], str]) -> Callable[[str], str]:
    """A page over which a tool fails is one without text, as its user would have it."""

    def extracted(html: str) -> str:
        try:
            return extractor(html) or ""
        except Exception:
            return ""

    return extracted


def compared(
    functions: Sequence[Callable[[Any], object]], inputs: Sequence[Sequence[Any]], rounds: int
) -> list[float]:
    """Seconds a page of each function on its own inputs: interleaved, the median of the rounds."""
    times: list[list[list[float]]] = [[[] for _ in own] for own in inputs]
    for _ in range(rounds):
        for number in range(len(inputs[0])):
            for function, own, kept in zip(functions, inputs, times, strict=True):
                value = own[number]
                kept[number].append(timed(lambda f=function, v=value: f(v)))  # type: ignore[misc]
    return [sum(map(statistics.median, kept)) / len(kept) for kept in times]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pages", type=Path, default=PAGES)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    from opencc import OpenCC

    records = list(pages(options.pages))
    others = peers()
    scores: dict[str, list[float]] = {name: [] for name in ("shiyi", *others)}
    dated = titled = 0
    print(f"{'page':56} {'F1':>5} {'traf.':>5}  date        title")
    for record in records:
        page = extract(record["html"])
        scores["shiyi"].append(f1(page.text, record["text"]))
        for name, other in others.items():
            scores[name].append(f1(other(record["html"]), record["text"]))
        dated += page.date is not None
        titled += page.title is not None
        print(
            f"{record['key'][:56]:56} {scores['shiyi'][-1]:5.3f} {scores['trafilatura'][-1]:5.3f}"
            f"  {page.date or '-':10}  {(page.title or '-')[:40]}"
        )
    print(f"\n{len(records)} pages")
    print(f"with a title {titled}, with a date {dated}")
    markup = [record["html"] for record in records]
    data = [html.encode("utf-8", "replace") for html in markup]
    usual = usual_chain(OpenCC("t2s").convert)
    for item in data:  # both sides have loaded what they load late
        our_chain(item)
        usual(item)
    ours, *theirs = compared(
        (extract, *others.values()), [markup] * (1 + len(others)), options.rounds
    )
    print(f"\n{'extraction':18} {'F1':>6} {'lowest':>6} {'ms a page':>9}")
    for (name, found), seconds in zip(scores.items(), (ours, *theirs), strict=True):
        print(
            f"{name:18} {statistics.mean(found):6.4f} {min(found):6.3f} {seconds * 1000:9.2f}"
            f"  {seconds / ours:.1f} times ours"
        )
    our_all, their_all = compared((our_chain, usual), (data, data), options.rounds)
    print(
        f"\nwhole chain {our_all * 1000:.2f} ms a page ({1 / our_all:.0f} pages a second),"
        f" trafilatura, ftfy, OpenCC {their_all * 1000:.2f} ms:"
        f" {their_all / our_all:.1f} times as fast"
    )


if __name__ == "__main__":
    main()
