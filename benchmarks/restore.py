"""How many masked words an archive restores, and how many of those rightly.

    python benchmarks/restore.py [--held-out] [--seed N] [--more FOLDER]... [--copies SHARE] [--restore all] [--learn]

Sites are invented that each hide the same words on all their pages, each word in one way: stars, a blank, or
nothing.  Every article stands on one of them; a share of the articles also on one to three other sites, with up to
every sixteenth character edited (as in ``benchmarks/copies.py``), or a word replaced by another one
throughout.  A third of the sites hide nothing.  All is put into an archive by the real command.

``--more``: a folder of texts (.md, .txt) from whose lines of prose further articles are made; several are several genres.  ``--held-out`` takes the
articles, texts and seeds that nothing is tuned on.  ``--learn``: build the archive's own model, and restore once more.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import zip_longest
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from archive import store
from benchmarks import calibration
from benchmarks.copies import edited
from benchmarks.damage import HELD_OUT, articles
from benchmarks.forward_masks import WORDS
from cleaning.document import Document
from cleaning.origins import origins
from cleaning.rules import load_pairs
from cleaning.words import is_word

SITES = 9
FILTER = 30
"""Words of a site's list; an article has a few of them."""

WAYS = ("stars", "blank", "deletion")
MOST_EDITS = 1 / 16
LONGEST = 3000
"""Characters of an article from a folder of texts."""

NEAR = 1

HELD_OUT_SEED = 100

BINS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998)
"""Borders of confidence in the table of calibration."""

_PROSE = re.compile(r"^[^\[\]#*`<>|!]{30,}[。！？”]$", re.MULTILINE)
_SPINS = (("但是", "不过"), ("重要", "关键"), ("使用", "采用"), ("许多", "很多"), ("因此", "所以"))


@dataclass(frozen=True, slots=True)
class Planted:
    """A masked word: its span in the page's text, the word, how it was hidden."""

    start: int
    end: int
    word: str
    way: str


@dataclass(frozen=True, slots=True)
class Page:
    url: str
    title: str
    text: str
    whole: str
    masks: tuple[Planted, ...]
    has_copy: bool


@dataclass(slots=True)
class Score:
    """Restorations that are right and wrong."""

    right: int = 0
    wrong: int = 0

    def count(self, is_right: bool) -> None:
        self.right, self.wrong = self.right + is_right, self.wrong + (not is_right)

    @property
    def all(self) -> int:
        return self.right + self.wrong

    def line(self) -> str:
        """``99.2 % of 250 (97.1 to 99.8)``: the share with its 95 % interval (Wilson)."""
        if not self.all:
            return "none"
        low, high = calibration.interval(self.right, self.all)
        return f"{self.right / self.all:7.2%} of {self.all} ({low:.1%} to {high:.1%})"


def sites(named: Sequence[tuple[str, str]], rng: Random) -> list[Mapping[str, str]]:
    """The filter of each site: word to way.  A third of the sites have none.

    Half of the words are of the kinds that filters hide, half any words of the articles, of no list."""
    listed = sorted({*WORDS, *load_pairs("masked_words")})
    counts: Counter[str] = Counter()
    for _, text in named:
        pieces = (text[n : n + 2] for n in range(len(text) - 1))
        counts.update(sorted({piece for piece in pieces if is_word(piece)}))
    usual = [word for word, _ in counts.most_common(500) if word not in listed]
    filters: list[Mapping[str, str]] = []
    for number in range(SITES):
        chosen = rng.sample(listed, FILTER) + rng.sample(usual, FILTER // 6) if number % 3 else []
        filters.append({word: rng.choice(WAYS) for word in chosen})
    return filters


def masked(text: str, ways: Mapping[str, str]) -> tuple[str, tuple[Planted, ...]]:
    """The text as a site with a filter shows it."""
    if not ways:
        return text, ()
    pattern = re.compile("|".join(sorted(map(re.escape, ways), key=len, reverse=True)))
    parts: list[str] = []
    masks: list[Planted] = []
    length = at = 0
    for match in pattern.finditer(text):
        way = ways[match[0]]
        edge = text[match.end() : match.end() + 1] in ("", "\n") or match.start() == 0
        edge = edge or text[match.start() - 1] == "\n"
        if way == "blank" and edge:
            way = "deletion"  # a blank at the edge of a line is trimmed
        shown = {"stars": "*" * len(match[0]), "blank": " ", "deletion": ""}[way]
        parts += text[at : match.start()], shown
        length += match.start() - at
        masks.append(Planted(length, length + len(shown), match[0], way))
        length += len(shown)
        at = match.end()
    return "".join([*parts, text[at:]]), tuple(masks)


def texts(folders: Sequence[Path], *, held_out: bool) -> Iterator[tuple[str, str]]:
    """Name and text of each article; of several folders (genres) one after the other in turn."""
    for article in articles():
        if (article.name in HELD_OUT) == held_out:
            yield article.name, article.text
    for row in zip_longest(*(_prose(folder, held_out=held_out) for folder in folders)):
        yield from filter(None, row)


def _prose(folder: Path, *, held_out: bool) -> Iterator[tuple[str, str]]:
    for file in sorted([*folder.rglob("*.md"), *folder.rglob("*.txt")]):
        if (blake2b(file.name.encode()).digest()[0] % 2 == 1) != held_out:
            continue
        prose = "\n".join(_PROSE.findall(file.read_text("utf-8", errors="replace")))[:LONGEST]
        if len(prose) >= 600:
            yield file.stem, prose.rpartition("。")[0] + "。"


def pages(named: Sequence[tuple[str, str]], copies: float, seed: int) -> Iterator[Page]:
    """The pages of all sites."""
    rng = Random(f"restore:{seed}")
    filters = sites(named, rng)
    hiding = [number for number, ways in enumerate(filters) if ways]
    for name, text in named:
        homes = [rng.choice(hiding)]
        if rng.random() < copies:
            others = [number for number in range(SITES) if number != homes[0]]
            homes += rng.sample(others, rng.choice((1, 1, 2, 3)))
        for number, site in enumerate(homes):
            whole = text
            if number:
                way = rng.choice(("characters", "words", "sentences"))
                whole = edited(text, rng.random() * MOST_EDITS, way, rng)
                if rng.random() < 0.3:
                    for word, other in _SPINS:
                        whole = whole.replace(word, other)
            shown, masks = masked(whole, filters[site])
            url = f"http://site-{site}.example/{name}.html"
            yield Page(url, name, shown, whole, masks, len(homes) > 1)


@dataclass(frozen=True, slots=True)
class Judged:
    """A word that was put into a page or offered: ``mask`` None where nothing was hidden."""

    rule: str
    word: str
    confidence: float
    is_made: bool
    is_right: bool
    mask: Planted | None


def judged(page: Page, document: Document) -> Iterator[Judged]:
    """Each word that was restored, and the best one of each hole that is open."""
    starts = [mask.start for mask in page.masks]
    grown = [0]
    for mask in page.masks:
        grown.append(grown[-1] + len(mask.word) - (mask.end - mask.start))
    exact = {(mask.start, mask.end): number for number, mask in enumerate(page.masks)}
    known = origins(document)
    last: dict[tuple[int, int], tuple[str, str, float, bool]] = {}
    for label in document.labels:
        if label.kind == "evidence" and label.start is not None and label.end is not None:
            span = known.of[label.start], known.of[label.end]
            last[span] = label.rule, label.candidates[0].text, label.confidence, False
    for start, end, edit in known.changes:
        if edit.is_restoration:
            last[start, end] = edit.rule, edit.after, edit.confidence, True
    for (start, end), (rule, after, confidence, is_made) in last.items():
        number = exact.get((start, end), bisect_right(starts, end + NEAR) - 1)
        near = page.masks[number] if number >= 0 else None
        if near is None or near.end < start - NEAR:
            yield Judged(rule, after, confidence, is_made, False, None)
            continue
        low, high = min(start, near.start), max(end, near.end)
        first = low + grown[number]
        stop = first + (near.start - low) + len(near.word) + (high - near.end)
        is_right = page.text[low:start] + after + page.text[end:high] == page.whole[first:stop]
        yield Judged(rule, after, confidence, is_made, is_right, near)


def archived(found: Sequence[Page], folder: Path, restore: str) -> Path:
    """The archive that the real command makes of the pages."""
    source, path = folder / "pages.jsonl", folder / "a.db"
    with source.open("w", encoding="utf-8") as file:
        for page in found:
            record = {"url": page.url, "title": page.title, "text": page.text}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    command([*("clean", str(source), "-o", str(path)), *("--restore", restore)])
    return path


def command(arguments: Sequence[str]) -> None:
    root = Path(__file__).resolve().parent.parent
    subprocess.run([sys.executable, str(root / "shiyi.py"), *arguments], check=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Score the restoration of planted masks.")
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--more", type=Path, action="append", default=[], help="a folder of texts")
    parser.add_argument("--most", type=int, default=200, help="articles at most")
    parser.add_argument("--seed", type=int, default=0, help="of sites and masks")
    parser.add_argument("--copies", type=float, default=0.5, help="share of articles with copies")
    parser.add_argument("--restore", choices=("safe", "all"), default="safe")
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--failures", type=int, default=0, help="wrong words to show")
    parser.add_argument("--plot", type=Path, help="write the calibration to this SVG file")
    options = parser.parse_args(arguments)
    named = list(texts(options.more, held_out=options.held_out))[: options.most]
    found = list(
        pages(named, options.copies, options.seed + (HELD_OUT_SEED if options.held_out else 0))
    )
    by_url = {page.url: page for page in found}
    rules: dict[str, Score] = defaultdict(Score)
    bins: dict[int, Score] = defaultdict(Score)
    sums: Counter[int] = Counter()  # of millionths of confidence
    ways: Counter[tuple[str, bool]] = Counter()
    restored: Counter[tuple[str, bool]] = Counter()
    offered = shown = 0
    with TemporaryDirectory() as name:
        path = archived(found, Path(name), options.restore)
        if options.learn:
            command(["learn", str(path)])
        db = store.open_archive(path)
        for _, document in store.documents(db):
            page = by_url[str(document.url)]
            ways.update((mask.way, page.has_copy) for mask in page.masks)
            for one in judged(page, document):
                number = bisect_right(BINS, one.confidence)
                bins[number].count(one.is_right)
                sums[number] += round(1e6 * one.confidence)
                if not one.is_made:
                    continue
                rules[one.rule].count(one.is_right)
                if one.is_right and one.mask:
                    restored[one.mask.way, page.has_copy] += 1
                elif shown < options.failures:
                    shown += 1
                    place = one.mask.start if one.mask else 0
                    near = page.text[max(0, place - 12) : place + 16]
                    print(f"  {one.rule} {one.confidence}: {one.word} for {one.mask} in {near!r}")
            offered += sum(
                bool(label.candidates) for label in document.labels if label.kind == "mask"
            )
        db.close()
    total = Score()
    for rule, score in sorted(rules.items()):
        print(f"{rule:20} {score.line()}")
        total.right, total.wrong = total.right + score.right, total.wrong + score.wrong
    print(f"{'all rules':20} {total.line()}")
    print("calibration, restored and offered: confidence, share right")
    for number, score in sorted(bins.items()):
        low, high = (0.0, *BINS)[number], (*BINS, 1.0)[number]
        print(f"  {low:5} to {high:5} {score.line()}")
    if options.plot:
        points = [
            calibration.Bin(sums[n] / 1e6 / bins[n].all, bins[n].right, bins[n].all)
            for n in sorted(bins)
        ]
        calibration.plot(points, options.plot)
    print(
        f"{len(found)} pages, {sum(ways.values())} masks, {offered} more with candidates; restored:"
    )
    for has_copy in (True, False):
        for way in WAYS:
            count = ways[way, has_copy]
            share = restored[way, has_copy] / count if count else 0
            print(f"  {way:9} {'with' if has_copy else 'without'} a copy {share:6.1%} of {count}")
        count = sum(n for (_, c), n in ways.items() if c == has_copy)
        right = sum(n for (_, c), n in restored.items() if c == has_copy)
        if count:
            print(
                f"  all       {'with' if has_copy else 'without'} a copy {right / count:6.1%} of {count}"
            )
    print(f"  all {sum(restored.values()) / max(1, sum(ways.values())):.1%}")


if __name__ == "__main__":
    main()
