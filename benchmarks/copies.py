"""How well copies are found: recall and precision on planted mirrors, and what it costs.

    python benchmarks/copies.py [--mirrors N] [--more FOLDER] [--speed N]

Each article is put on N mirrors: up to every tenth character edited (three ways), then damaged in kinds of
its own, and cleaned again.  Against them stand the articles' own neighbours: different articles in one template,
which makes a third of their pages' text, and articles put together from the halves of two.
``--more``: a folder of texts (.md, .txt), each an article of its own, to be kept apart as well.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from sqlite_utils import Database

from archive import copies, store
from archive.fold import fold
from archive.minhash import grams, han, signature, similarity
from benchmarks.damage import Article, articles, damage
from cleaning.document import Document
from cleaning.pipeline import clean

MOST = 0.10
"""The most edits of a mirror, as a share of its characters."""

DAMAGE: Sequence[tuple[str, ...]] = (
    (),
    ("notes", "chrome", "header"),
    ("toneless", "chrome"),
    ("shift", "chrome"),
    ("script", "half"),
    ("stars", "deletion", "chrome"),
    ("blank", "stars", "notes", "half", "chrome", "header"),
    ("mojibake",),
)

FRAME = 0.33
"""The share of a page that is its template's, where two different articles have one."""


@dataclass(frozen=True, slots=True)
class Page:
    """A document and the article that it is a copy of."""

    document: Document
    of: str


@dataclass(frozen=True, slots=True)
class Found:
    """``right`` and ``wrong``: pairs in one cluster; ``pairs``: those that should be."""

    documents: int
    pairs: int
    right: int
    wrong: int
    clusters: int

    @property
    def recall(self) -> float:
        return self.right / self.pairs

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)


def edited(text: str, share: float, way: str, rng: Random) -> str:
    """The text with this share of its characters edited: as ``characters`` one by one, as ``words`` of
    two or three, or as ``sentences`` taken out."""
    alphabet = sorted({c for c in text if "\u4e00" <= c <= "\u9fff"})
    left = int(share * len(text))
    if way == "sentences":
        parts = text.split("。")
        while len(parts) > 2:
            at = rng.randrange(len(parts))
            if (left := left - len(parts[at])) < 0:
                break
            del parts[at]
        return "。".join(parts)
    characters = list(text)
    longest = 1 if way == "characters" else 3
    places = [n for n, c in enumerate(characters) if "\u4e00" <= c <= "\u9fff"]
    for at in rng.sample(places, len(places)):
        size = min(rng.randint(1 if longest == 1 else 2, longest), left)
        if size <= 0:
            break
        left -= size
        new = [rng.choice(alphabet) for _ in range(rng.choice((size, size, size, 0)))]
        characters[at] = "".join(new)
        for further in range(at + 1, min(at + size, len(characters))):
            characters[further] = "" if characters[further] != "\n" else "\n"
    return "".join(characters)


def mirrors(article: Article, count: int) -> Iterator[Page]:
    """The article and its mirrors, cleaned, with edits from none to ``MOST``."""
    yield Page(Document.from_text(article.text, title=article.title), article.name)
    for number in range(count):
        rng = Random(f"copies:{article.name}:{number}")
        way = rng.choice(("characters", "words", "sentences"))
        share = MOST * number / max(1, count - 1)
        body = edited(article.text, share, way, rng).split("\n")
        changed = replace(article, body=tuple(line for line in body if line))
        kinds = DAMAGE[rng.randrange(len(DAMAGE))]
        document = clean(Document.from_text(damage(changed, number, kinds).text))
        yield Page(document, article.name)


def neighbours(all_articles: Sequence[Article]) -> Iterator[Page]:
    """Articles in templates of which each has two, and articles that have one half of another."""
    for first, article in enumerate(all_articles):
        other = all_articles[first - 1]
        frame = other.text[: int(len(article.text) * FRAME / (1 - FRAME))]
        for number, following in enumerate((all_articles[first - 2], all_articles[first - 3])):
            text = f"{frame}\n{following.text}"
            yield Page(Document.from_text(text), following.name)
            one, two = (article, following) if number else (following, article)
            half = one.text[: len(one.text) // 2] + two.text[len(two.text) // 2 :]
            name = f"{article.name} and {following.name} {number}"
            yield Page(Document.from_text(half), name)


def folder(path: Path) -> Iterator[Page]:
    """Each text of a folder; equal ones are the same article."""
    for file in sorted([*path.rglob("*.md"), *path.rglob("*.txt")]):
        text = file.read_text("utf-8", errors="replace")[:20_000]
        exact = signature(text, fold).exact
        yield Page(Document.from_text(text), f"more:{exact}")


def archived(pages: Sequence[Page]) -> Database:
    db = store.open_archive(":memory:")
    with store.transaction(db):
        run = store.start_run(db, "clean", {}, "benchmark")
        for number, page in enumerate(pages, 1):
            assert store.save_document(db, replace(page.document, id=str(number)), run) == number
    return db


def score(pages: Sequence[Page], db: Database) -> tuple[Found, list[tuple[int, int]]]:
    """Pairs of documents in one cluster against pairs of one article, and the wrong ones."""
    clusters: dict[int, list[int]] = defaultdict(list)
    for number, cluster_id in db.execute("SELECT id, cluster_id FROM documents ORDER BY id"):
        if cluster_id is not None:
            clusters[cluster_id].append(number)
    found = [pair for members in clusters.values() for pair in combinations(members, 2)]
    wrong = [(a, b) for a, b in found if pages[a - 1].of != pages[b - 1].of]
    sizes: dict[str, int] = defaultdict(int)
    for page in pages:
        sizes[page.of] += 1
    pairs = sum(size * (size - 1) // 2 for size in sizes.values())
    return Found(len(pages), pairs, len(found) - len(wrong), len(wrong), len(clusters)), wrong


def speed(count: int) -> None:
    """Signatures a second of one core, and documents saved a second with copies and without."""
    rng = Random("speed")
    paragraphs = [p for article in articles() for p in article.body]
    documents = [
        Document.from_text(edited("\n".join(rng.sample(paragraphs, 12)), 0.3, "words", rng)[:1000])
        for _ in range(count)
    ]
    start = time.process_time()
    for document in documents:
        signature(document.text, fold)
    print(
        f"signatures: {count / (time.process_time() - start):,.0f} documents/s of 1,000 characters"
    )
    update = copies.update
    for name, function in (("without copies", lambda *_: False), ("with copies", update)):
        copies.update = function
        try:
            start = time.process_time()
            archived([Page(document, "") for document in documents])
            print(f"saved {name}: {count / (time.process_time() - start):,.0f} documents/s")
        finally:
            copies.update = update


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Score the finding of copies on planted mirrors.")
    parser.add_argument("--mirrors", type=int, default=12, help="of each article")
    parser.add_argument("--more", type=Path, help="a folder of texts that are no copies")
    parser.add_argument("--speed", type=int, metavar="N", help="save N documents, and nothing else")
    parser.add_argument("--failures", type=int, default=0, help="wrong pairs to show")
    options = parser.parse_args(arguments)
    if options.speed:
        speed(options.speed)
        return
    own = [*articles(), *articles("traditional")]
    pages = [page for article in own for page in mirrors(article, options.mirrors)]
    pages += neighbours(own)
    if options.more:
        pages += folder(options.more)
    Random("order").shuffle(pages)
    db = archived(pages)
    found, wrong = score(pages, db)
    print(
        f"{found.documents} documents, {found.clusters} clusters; of {found.pairs} pairs of copies"
    )
    print(f"recall {found.recall:.4f} (target 0.98), precision {found.precision:.4f} (target 0.99)")
    for a, b in wrong[: options.failures]:
        one, other = (grams(han(pages[n - 1].document.text, fold)) for n in (a, b))
        print(f"  {pages[a - 1].of} | {pages[b - 1].of}: {similarity(one, other):.2f}")


if __name__ == "__main__":
    main()
