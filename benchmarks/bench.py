"""What every measure of the quality table works with: pages cleaned beside their truth, and counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from benchmarks import forward_bytes, score
from benchmarks.damage import (
    HELD_OUT,
    HELD_OUT_SEEDS,
    TUNING_SEEDS,
    Article,
    Damaged,
    articles,
    damage,
)
from benchmarks.render_html import TEMPLATES, render
from cleaning.document import Document
from cleaning.pipeline import chosen_steps, clean
from cleaning.read import read_page
from cleaning.restoration import LEVELS


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: of what damage, over how many cases, and what it should reach (issue 3)."""

    damage: str
    metric: str
    value: float | None
    count: int
    target: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    damage: str
    where: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Result:
    """One page cleaned: with it the truth, and the lines aligned."""

    article: Article
    seed: int
    made: Damaged
    document: Document

    @property
    def where(self) -> str:
        return f"{self.article.name}:{self.seed}"

    def alignment(self) -> score.Alignment:
        return score.align(self.made.truth.text.split("\n"), self.document.text.split("\n"))


@dataclass
class Bench:
    """The articles and seeds of one run, and the failures met on the way."""

    articles: Sequence[Article]
    seeds: Sequence[int]
    failures: list[Failure] = field(default_factory=list)

    def pages(
        self,
        *kinds: str,
        chain: str | None = None,
        hole: forward_bytes.Hole = "?",
        joined: bool = False,
        as_html: bool = False,
        restore: str = "safe",
    ) -> Iterator[Result]:
        """Every article with every seed damaged in the given kinds, and cleaned."""
        steps, restore_at = chosen_steps(restore=restore), LEVELS[restore]
        for article in self.articles:
            for seed in self.seeds:
                made = damage(article, seed, kinds, chain=chain, hole=hole, joined=joined)
                if not as_html:
                    document = Document.from_text(made.text)
                elif made.page.layout in TEMPLATES:
                    document = read_page(
                        render(made.page), "http://site.example/a/1.html", "text/html"
                    )
                else:
                    continue
                yield Result(article, seed, made, clean(document, steps, restore_at=restore_at))

    def fail(self, name: str, where: str, expected: str, got: str | None) -> None:
        self.failures.append(Failure(name, where, expected, "(lost)" if got is None else got))

    def lines(self, name: str, result: Result, alignment: score.Alignment) -> None:
        """Keep the lines of a page that are not right."""
        for truth, got in alignment.pairs:
            if truth != got:
                self.fail(name, result.where, truth, got)
        for line in alignment.extra:
            self.fail(name, result.where, "(no such line)", line)


@dataclass
class Sum:
    """Counts over pages, and the shares made of them."""

    pages: int = 0
    pages_exact: int = 0
    lines: int = 0
    lines_exact: int = 0
    lines_lost: int = 0
    lines_extra: int = 0
    chars: int = 0
    distance: int = 0

    def add(self, alignment: score.Alignment) -> None:
        self.pages += 1
        self.pages_exact += not alignment.extra and alignment.exact == len(alignment.pairs)
        self.lines += len(alignment.pairs)
        self.lines_exact += alignment.exact
        self.lines_lost += alignment.lost
        self.lines_extra += len(alignment.extra)
        self.chars += sum(len(truth) for truth, got in alignment.pairs if got is not None)
        self.distance += alignment.distance

    @cached_property
    def wrong_per_million(self) -> float | None:
        return 1e6 * self.distance / self.chars if self.chars else None


def percent(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def bench_of(*, held_out: bool, seeds: int | None = None) -> Bench:
    """The bench to tune on, or the one that is only scored on."""
    chosen = [article for article in articles() if (article.name in HELD_OUT) == held_out]
    every = HELD_OUT_SEEDS if held_out else TUNING_SEEDS
    return Bench(chosen, every[:seeds])
