"""One invocation of the crawler: an open archive, a run in it, and their tidy end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from archive.frontier import Committed, Frontier, Target
from archive.restore import restore
from archive.revisits import earlier_seeds, wake
from archive.store import finish_run, open_archive, start_run, transaction
from cleaning.fingerprint import fingerprint
from crawler.discovery import kind_of_seed
from crawler.lock import Lock
from crawler.pump import Progress, Pump
from crawler.recrawl import ARTICLE_SCORE, LIST_SCORE
from crawler.robots import Ask, Robots
from crawler.scope import Scope
from crawler.urls import canonical, host_of

SEED_SCORE = 2.0
"""Above every score of a link."""


class SeedError(ValueError):
    """A seed is no http or https URL, or there is none."""


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
        self._seeds = [_seed(seed) for seed in options.seeds]
        self._problems: dict[str, str] = {}  # of seeds
        self._pump: Pump | None = None
        self._robots: Robots | None = None
        self._result: CrawlResult | None = None
        self.db = open_archive(options.archive, create=bool(self._seeds) or not options.due)
        self._lock: Lock | None = None
        try:
            self._begin()
        except BaseException:
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
        self.frontier = Frontier(self.db, self.run_id)
        self._sow()

    def _scope(self) -> Scope:
        """The hosts of the seeds, or, where none is named, of all earlier ones that are admitted."""
        scope = Scope(self._seeds, self.options.allow_private)
        if self._seeds:
            return scope
        earlier = [_seed(seed) for seed in earlier_seeds(self.db)]
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
                admitted.append(Target(seed, host_of(seed), SEED_SCORE, 0, kind=kind))
            else:
                self._problems[seed] = refusal
        self.frontier.seed(admitted)

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
        return [f"{name}: {problem}" for name, problem in problems.items()]


def _seed(seed: str) -> str:
    url = canonical(seed if "://" in seed else f"http://{seed}")
    if url is None:
        raise SeedError(f"not an http or https URL: {seed}")
    return url
