"""One invocation of the crawler: an open archive, a run in it, and their tidy end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from archive.frontier import Committed, Frontier, Target
from archive.likeness import judged, learned_texts, topic_of
from archive.restore import restore
from archive.revisits import earlier_seeds, wake
from archive.store import finish_run, open_archive, start_run, transaction
from cleaning.fingerprint import fingerprint
from crawler.discovery import kind_of_seed
from crawler.lock import Lock
from crawler.pump import Progress, Pump
from crawler.ranking import Ranking
from crawler.recrawl import ARTICLE_SCORE, LIST_SCORE
from crawler.robots import Ask, Robots
from crawler.scope import Scope
from crawler.seeds import SEED_SCORE, SeedError, Seeds, sorted_seeds, starts, texts_of
from crawler.topic import RELEVANT, SURE, Topic
from crawler.urls import host_of
from crawler.yields import Yields

LEARN_FROM = 100
"""Similar pages of earlier runs that teach the profile again."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of a crawl."""

    seeds: tuple[str, ...]
    archive: Path
    limit: int | None = None
    max_minutes: float | None = None
    delay: float | None = None
    allow_private: tuple[str, ...] = ()
    due: bool = False
    restore: str = "safe"
    similar: bool = False
    likes: tuple[str, ...] = ()  # of a crawl for similar articles: documents, files, queries
    probe: bool = False


@dataclass(frozen=True, slots=True)
class CrawlResult:
    """What a crawl did, and what is left."""

    pages: int  # stored by this run
    documents: int
    failed: int  # URLs that failed for good in this run
    pending: int  # URLs still in the queue
    done: int  # URLs of the seeds' hosts that are done, now and before
    stopped: str  # finished, limit, time, postponed, stopped, error, locked
    seconds: float
    problems: list[str] = field(default_factory=list)  # seeds without a page, hosts in trouble
    changed: int = 0  # of the pages, new versions of known ones
    unchanged: int = 0  # known pages that are as they were
    relevant: int = 0  # of the pages, those like the seeds

    def line(self, *, due: bool = False, similar: bool = False) -> str:
        """What is said of it at its end."""
        if self.is_nothing_new and not due:
            return f"nothing new: all {self.done} known pages were fetched before (--due visits them again)"
        more = f", {self.relevant} similar" if similar else ""
        more += f", {self.changed} changed, {self.unchanged} unchanged" if due else ""
        return (
            f"{self.pages} pages, {self.documents} documents{more}, {self.failed} failed in "
            f"{self.seconds:.0f} s; {self.pending} in the queue ({self.stopped})"
        )

    @property
    def is_nothing_new(self) -> bool:
        """Whether all was done before."""
        is_over = self.stopped == "finished" and self.done > 0
        return is_over and not (self.pages or self.failed or self.pending)


class Job:
    """Opens the archive and enters a run; ``close`` ends it.

    Raises SeedError for a seed that is no URL and where there is none, what ``open_archive`` raises,
    and LockedError where another recrawl is at work.
    """

    def __init__(
        self,
        options: Options,
        *,
        progress: Callable[[Progress], None] | None = None,
        interval: float = 2.0,
    ) -> None:
        self.options = options
        self._progress, self._interval = progress, interval
        self._began, self._started_at = time.monotonic(), time.time()
        self._seeds = list(sorted_seeds(options.seeds, similar=False).urls)
        self._problems: dict[str, str] = {}  # of seeds
        self._pump: Pump | None = None
        self._robots: Robots | None = None
        self._result: CrawlResult | None = None
        self.ranking: Ranking | None = None
        """The judge of pages and links, in a crawl for similar articles."""
        can_make = bool(self._seeds) or not (options.due or options.likes)
        self.db = open_archive(options.archive, create=can_make)
        self._lock: Lock | None = None
        self._has_run = False
        try:
            self._begin()
        except BaseException:
            if self._has_run:
                with transaction(self.db):
                    finish_run(self.db, self.run_id)
            self._end()
            raise

    def _begin(self) -> None:
        options = self.options
        if options.due:
            self._lock = Lock(options.archive)
        self.scope = self._scope()
        settings = asdict(options) | {"archive": str(options.archive)}
        with transaction(self.db):
            self.run_id = start_run(self.db, "crawl", settings, fingerprint())
        self._has_run = True
        self.frontier = Frontier(self.db, self.run_id)
        self._sow()
        if options.similar:
            self._look_for_similar()

    def _scope(self) -> Scope:
        """The hosts of the seeds, or, where none is named, of all earlier ones that are admitted."""
        scope = Scope(self._seeds, self.options.allow_private)
        if self._seeds:
            return scope
        earlier = list(sorted_seeds(earlier_seeds(self.db), similar=False).urls)
        if not earlier:
            raise SeedError(f"{self.options.archive} has no seeds yet; name one")
        refusals = {seed: scope.private_refusal(seed) for seed in earlier}
        self._problems |= {seed: reason for seed, reason in refusals.items() if reason}
        admitted = [seed for seed in earlier if seed not in self._problems]
        return Scope(admitted, self.options.allow_private)

    def _sow(self) -> None:
        admitted = []
        for seed in self._seeds:
            kind = kind_of_seed(seed)
            if (refusal := self.scope.refusal(seed, kind=kind)) is None:
                why = {"seed": SEED_SCORE}
                admitted.append(Target(seed, host_of(seed), SEED_SCORE, 0, kind=kind, why=why))
            else:
                self._problems[seed] = refusal
        self.frontier.seed(admitted)

    def _look_for_similar(self) -> None:
        """Make the profile of the seeds, as far as they are known, and begin where the archive has
        something on their subject."""
        seeds = Seeds(tuple(self._seeds), self.options.likes)
        with transaction(self.db):
            names = [*self._seeds, *self.options.likes]
            self.frontier.topic_id, hosts = topic_of(self.db, names)
        self.scope.open(hosts)
        topic = Topic(texts_of(self.frontier, seeds))
        for text in learned_texts(self.db, SURE, LEARN_FROM):
            topic.learn(text)
        self.ranking = Ranking(topic, Yields(judged(self.db, list(self.scope.hosts), RELEVANT)))
        if not topic:
            if self.options.likes:
                raise SeedError("the seeds have no Chinese words to look for")
            return  # the first seeds to be fetched will tell
        found = starts(self.frontier, seeds, self.ranking, self.scope)
        self.frontier.add(found)
        if not found and not self._seeds:
            raise SeedError("the archive has nothing on this yet; name an address to begin at, too")

    def _end(self) -> None:
        self.db.close()
        if self._lock is not None:
            self._lock.release()

    def _wake(self) -> int:
        """Queue what was due when this run began: what it visits is not due again before its end."""
        return wake(self.db, self.scope.hosts, self._started_at, LIST_SCORE, ARTICLE_SCORE)

    def pump(self, ask: Ask) -> Pump:
        """The pump of this job; ``ask`` fetches a robots.txt."""
        minutes = self.options.max_minutes
        self._robots = Robots(self.frontier.hosts, ask)
        self._pump = Pump(
            self.frontier,
            self.scope,
            self._robots,
            wish=self.options.delay,
            limit=self.options.limit,
            deadline=None if minutes is None else self._began + 60 * minutes,
            wake=self._wake if self.options.due else None,
            progress=self._progress,
            interval=self._interval,
            explore=self.options.similar,
        )
        return self._pump

    def close(self) -> CrawlResult:
        """Commit what is settled, give the leases back, end the run; once, however often called.

        Raises what kept the archive from being written.
        """
        if self._result is not None:
            return self._result
        pump = self._pump
        try:
            if pump is not None:
                pump.flush()
            self.frontier.release()
            done = pump.counts if pump else Committed()
            counts = self.frontier.counts(self.scope.hosts)
            self._result = CrawlResult(
                done.pages,
                done.documents,
                done.failed,
                counts.get("pending", 0),
                counts.get("done", 0),
                pump.stopped if pump else "stopped",
                time.monotonic() - self._began,
                self._all_problems(),
                done.changed,
                done.unchanged,
                done.relevant,
            )
            with transaction(self.db):
                finish_run(
                    self.db,
                    self.run_id,
                    pages=done.pages,
                    documents=done.documents,
                    errors=done.failed,
                )
            if self._result.stopped not in ("stopped", "error"):
                restore(self.db)
        finally:
            self._end()
        if pump is not None and pump.error is not None:
            raise pump.error
        return self._result

    def _all_problems(self) -> list[str]:
        """What the user should know: seeds without a page, and hosts that could not be asked."""
        problems = dict(self._problems)
        for seed, (state, reason) in self.frontier.states(self._seeds).items():
            if state in ("failed", "excluded"):
                problems[seed] = reason or state
        problems |= self._robots.problems if self._robots else {}
        problems |= self._pump.slots.full if self._pump else {}
        if self.ranking is not None and not self.ranking.topic:
            problems["--similar"] = "no seed is an article, so nothing could be like it"
        return [f"{name}: {problem}" for name, problem in problems.items()]
