"""How fast an archive takes documents in and finds them, and how large it grows.

    python benchmarks/archive.py [N] [--keep FILE] [--searches N]

Makes N articles (100,000) of about 1,000 characters: phrases and words of a vocabulary of 30,000, drawn as often as
words of a language are (Zipf), on 400 sites over ten years.  The index of 3,000 of them weighs 1.6 times their text, as
that of 3,000 pieces of real text of this length does (1.5).  Of these documents nothing is damaged, and nothing is cleaned.
Prints for each tenth the documents a second of processor time, then what searches take, what the index weighs
beside the text, and how long Datasette takes for its pages.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import accumulate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from sqlite_utils import Database

from archive import bands, indexing, store
from archive.search import search
from archive.store import open_archive, transaction
from cleaning.document import Document

WORDS = 30_000
PHRASES = 40_000
CHARACTERS = 3_500
"""What a newspaper uses in a year, and its characters; each is used as its rank tells."""

SITES = 400
BATCH = 200

LENGTH = 1_000
"""Characters of an article; the mean of 51,711 real documents is 997 (research/search.md)."""


def weights(count: int) -> list[float]:
    """Cumulative weights of ranks 1 to count, by Zipf and Mandelbrot."""
    return list(accumulate(1 / (rank + 2.7) for rank in range(1, count + 1)))


class Writer:
    """Writes articles; the same seed writes the same."""

    def __init__(self, seed: int = 2026) -> None:
        self.rng = random.Random(seed)
        characters = [chr(0x4E00 + n) for n in self.rng.sample(range(20_000), CHARACTERS)]
        of_words = weights(CHARACTERS)
        self.words = [
            "".join(self.rng.choices(characters, cum_weights=of_words, k=size))
            for size in self.rng.choices([1, 2, 3, 4], [4, 70, 15, 11], k=WORDS)
        ]
        self.weights = weights(WORDS)
        pick = partial(self.rng.choices, self.words, cum_weights=self.weights)
        self.phrases = ["".join(pick(k=self.rng.randrange(2, 6))) for _ in range(PHRASES)]
        self.phrase_weights = weights(PHRASES)

    def article(self, number: int) -> Document:
        length = int(self.rng.lognormvariate(0, 0.6) * LENGTH * 0.83)
        sentences: list[str] = []
        size = 0
        while size < length:
            sentences += self.rng.choices(
                self.phrases, cum_weights=self.phrase_weights, k=self.rng.randrange(1, 3)
            )
            sentences += self.rng.choices(self.words, cum_weights=self.weights, k=1)
            sentences.append(self.rng.choice("，，，。；、"))
            size += sum(map(len, sentences[-4:]))
            if self.rng.random() < 0.05:
                sentences.append("\n")
        day = f"{2016 + number % 10}-{1 + number % 12:02}-{1 + number % 28:02}"
        return Document.from_text(
            "".join(sentences).strip("\n"),
            id=f"b{number}",
            url=f"https://www.site{number % SITES}.example/{number}.html",
            title="".join(self.rng.choices(self.words, cum_weights=self.weights, k=7)),
            site=f"第{number % SITES}网",
            date=day,
        )

    def articles(self, count: int) -> Iterator[Document]:
        return (self.article(number) for number in range(count))


def take_in(db: Database, count: int) -> None:
    writer, tenth = Writer(), max(BATCH, count // 10)
    with transaction(db):
        run = store.start_run(db, "clean", {}, "benchmark")
    spent, made, longest = 0.0, 0, 0.0
    batch: list[Document] = []
    with bands.in_bulk(db) as gathered:
        for document in writer.articles(count):
            batch.append(document)
            if len(batch) < BATCH:
                continue
            began = time.process_time()
            with transaction(db), indexing.at_the_end(db):
                for one in batch:
                    store.save_document(db, one, run, None, "benchmark", made)
                    made += 1
            longest = max(longest, time.process_time() - began)
            gathered.settle()
            spent += time.process_time() - began
            batch = []
            if made % tenth < BATCH:
                memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                print(
                    f"{made:>10,} documents: {tenth / spent:7.0f}/s of processor time, longest transaction"
                    f" {longest:.2f} s of it, {memory:.0f} MB",
                    flush=True,
                )
                spent = longest = 0.0
    with transaction(db):
        store.finish_run(db, run, documents=made)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def time_searches(db: Database, count: int) -> None:
    """Queries that are parts of texts, and words of the vocabulary, ranked and with snippets."""
    rng, writer = random.Random(7), Writer()
    (documents,) = db.execute("SELECT max(id) FROM documents").fetchone()
    for size in (1, 2, 3, 4, 6):
        times, hits = [], []
        for number in range(count):
            if number % 2:
                (text,) = db.execute(
                    "SELECT text FROM documents WHERE id = ?", [rng.randrange(1, documents + 1)]
                ).fetchone()
                start = rng.randrange(max(1, len(text) - size))
                query = text[start : start + size]
            else:
                words = rng.choices(writer.words, cum_weights=writer.weights, k=8)
                query = "".join(words)[:size]
            if not query.strip() or any(c in query for c in '\n "-'):
                continue
            began, clock = time.process_time(), time.perf_counter()
            found = search(db, query)
            times.append((time.process_time() - began, time.perf_counter() - clock))
            hits.append(len(found))
        cpu, wall = ([1000 * t[n] for t in times] for n in (0, 1))
        print(
            f"search, {size} characters: p50 {percentile(cpu, 0.5):.1f}, p95 {percentile(cpu, 0.95):.1f}, most"
            f" {max(cpu):.0f} ms of processor time (wall p95 {percentile(wall, 0.95):.0f}), {len(times)} queries",
            flush=True,
        )


def sizes(db: Database, path: Path) -> None:
    (text,) = db.execute("SELECT sum(length(CAST(text AS BLOB))) FROM documents").fetchone()
    (index,) = db.execute("SELECT sum(length(block)) FROM documents_fts_data").fetchone()
    (documents,) = db.execute("SELECT count(*) FROM documents").fetchone()
    whole = path.stat().st_size
    print(
        f"text {text / 1e6:,.0f} MB, index {index / 1e6:,.0f} MB ({index / text:.2f} of it), file"
        f" {whole / 1e6:,.0f} MB, {whole / documents:,.0f} bytes a document",
        flush=True,
    )


async def time_pages(path: Path) -> None:
    """Datasette's pages, asked in one process; the second time of two, since the first fills caches."""
    from archive.serve import datasette_of

    datasette = datasette_of(path)
    await datasette.invoke_startup()
    table = datasette.urls.table(path.stem, "documents")
    base = datasette.urls.database(path.stem)
    for name, url in {
        "table": table,
        "table as JSON": table + ".json",
        "one site": table + "?site=第7网",
        "sorted by date": table + "?_sort_desc=date",
        "one document": table + "/77",
        "search box": table + "?_search=" + Writer().words[2_000],
        "dashboard": base + "/-/dashboard",
    }.items():
        times = []
        for _ in range(3):
            clock, began = time.perf_counter(), time.process_time()
            response = await datasette.client.get(url)
            times.append((time.perf_counter() - clock, time.process_time() - began))
        wall, cpu = min(times)
        print(f"page, {name}: {response.status_code}, {1000 * wall:.0f} ms ({1000 * cpu:.0f} of processor time)", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    parser.add_argument("--keep", type=Path, help="where the archive stays, to be used again")
    parser.add_argument("--searches", type=int, default=300, help="of each length")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.keep or Path(folder) / "benchmark.db"
        db = open_archive(path)
        if not db.table("documents").count:
            take_in(db, arguments.count)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        sizes(db, path)
        time_searches(db, arguments.searches)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"memory: {memory:.0f} MB")
        db.close()
        asyncio.run(time_pages(path))


if __name__ == "__main__":
    main()
