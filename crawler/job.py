"""One invocation of the crawler: an open archive, a run in it, and their tidy end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from archive.frontier import Frontier, Target
from archive.store import finish_run, open_archive, start_run, transaction
from cleaning.fingerprint import fingerprint
from crawler.pump import Progress, Pump
from crawler.robots import Ask, Robots
from crawler.scope import Scope
from crawler.urls import canonical, host_of

SEED_SCORE = 2.0
"""Above every score of a link."""


class SeedError(ValueError):
    """A seed is no http or https URL."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of a crawl."""

    seeds: tuple[str, ...]
    archive: Path
    limit: int | None = None
    max_minutes: float | None = None
    delay: float | None = None
    allow_private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CrawlResult:
    """What a crawl did, and what is left."""

    pages: int  # stored by this run
    documents: int
    failed: int  # URLs that failed for good in this run
    pending: int  # URLs still in the queue
    done: int  # URLs of the seeds' hosts that are done, now and before
    stopped: str  # finished, limit, time, postponed, stopped, error
    seconds: float
    problems: list[str] = field(default_factory=list)  # seeds without a page, hosts in trouble

    @property
    def is_nothing_new(self) -> bool:
        """Whether all was done before."""
        is_over = self.stopped == "finished" and self.done > 0
        return is_over and not (self.pages or self.failed or self.pending)


class Job:
    """Opens the archive and enters a run; ``close`` ends it.

    Raises SeedError for a seed that is no URL, and what ``open_archive`` raises.
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
        self._began = time.monotonic()
        self._seeds = [_seed(seed) for seed in options.seeds]
        self.scope = Scope(self._seeds, options.allow_private)
        self.db = open_archive(options.archive)
        settings = asdict(options) | {"archive": str(options.archive)}
        with transaction(self.db):
            self.run_id = start_run(self.db, "crawl", settings, fingerprint())
        self.frontier = Frontier(self.db, self.run_id)
        self._problems: dict[str, str] = {}  # of seeds
        self._pump: Pump | None = None
        self._robots: Robots | None = None
        self._result: CrawlResult | None = None
        self._sow()

    def _sow(self) -> None:
        admitted = []
        for seed in self._seeds:
            if (refusal := self.scope.refusal(seed)) is None:
                admitted.append(Target(seed, host_of(seed), SEED_SCORE, 0))
            else:
                self._problems[seed] = refusal
        self.frontier.seed(admitted)

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
            pages, documents, failed = (
                (pump.pages, pump.documents, pump.failed) if pump else (0, 0, 0)
            )
            counts = self.frontier.counts(self.scope.hosts)
            self._result = CrawlResult(
                pages,
                documents,
                failed,
                counts.get("pending", 0),
                counts.get("done", 0),
                pump.stopped if pump else "stopped",
                time.monotonic() - self._began,
                self._all_problems(),
            )
            with transaction(self.db):
                finish_run(self.db, self.run_id, pages=pages, documents=documents, errors=failed)
        finally:
            self.db.close()
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
        return [f"{name}: {problem}" for name, problem in problems.items()]


def _seed(seed: str) -> str:
    url = canonical(seed if "://" in seed else f"http://{seed}")
    if url is None:
        raise SeedError(f"not an http or https URL: {seed}")
    return url
