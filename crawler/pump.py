"""The pump: leases URLs when their hosts may be asked, and commits what became of them.

It knows nothing of Scrapy.  ``leases()`` gives what to fetch now; ``settle()`` takes what came.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from math import inf

from archive.frontier import MANY, Committed, Frontier, Lease, Outcome
from archive.hosts import Host
from crawler.discovery import KINDS, declared_sitemaps
from crawler.guard import PRIVATE
from crawler.manners import PATIENCE
from crawler.recrawl import planned
from crawler.robots import Robots
from crawler.scope import Scope
from crawler.slots import Slots
from crawler.traps import Traps

BATCH = 100
"""Outcomes of one transaction.  A kill costs at most this many repeated fetches, none lost
(research/crawl.md, 3d: 162 for batches of 100 and three kills)."""

BATCH_BYTES = 4 * 1024 * 1024
"""Bytes of pages that wait for their transaction; a batch of 100 at the limit of 8 MiB would be 800 MB."""

BATCH_AGE = 1.0
"""Seconds after which a smaller batch is committed too."""

TICK = 0.1
"""Seconds between two looks at the hosts while there is nothing else to do."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How a crawl stands."""

    pages: int
    documents: int
    failed: int
    pending: int  # URLs in the queue
    hosts: int  # that have any
    seconds: float  # since the start
    unchanged: int = 0  # known pages that are as they were
    relevant: int | None = None  # of the pages, those like the seeds, where that is asked for

    def __str__(self) -> str:
        rate = (self.pages + self.unchanged) / self.seconds if self.seconds else 0.0
        unchanged = f"{self.unchanged} unchanged, " if self.unchanged else ""
        similar = ""
        if self.relevant is not None:
            similar = f"{self.relevant / max(1, self.pages):.0%} similar, "
        return (
            f"{self.pages} pages ({rate:.1f}/s), {similar}{unchanged}{self.documents} documents, {self.failed} "
            f"failed, {self.pending} in the queue of {self.hosts} hosts"
        )


class Pump:
    """One crawl's work, host by host.

    ``limit`` counts answers that are no redirect, no feed and no sitemap; ``deadline`` is a time of
    ``time.monotonic``.  ``wake`` puts URLs that are due into the queue and says how many there were.
    """

    def __init__(
        self,
        frontier: Frontier,
        scope: Scope,
        robots: Robots,
        *,
        wish: float | None = None,
        limit: int | None = None,
        deadline: float | None = None,
        wake: Callable[[], int] | None = None,
        progress: Callable[[Progress], None] | None = None,
        interval: float = 2.0,
        explore: bool = False,
    ) -> None:
        self.frontier = frontier
        self.scope = scope
        self.robots = robots
        self.slots = Slots(frontier, scope, robots, wish, explore)
        self.traps = Traps()
        self.limit = limit
        self.deadline = deadline
        self.wake = wake
        self.progress = progress
        self.interval = interval
        self._explore = explore
        self.stopped = "stopped"  # why it ended; what it says if it is told to
        self.error: Exception | None = None  # that ended it: the archive cannot be written
        self.answers = 0
        self.counts = Committed()
        self._mapped: set[int] = set()  # hosts whose sitemaps are known
        self._began = time.monotonic()
        self._tasks: set[asyncio.Task[None]] = set()
        self._buffer: list[Outcome] = []
        self._buffered_at = 0.0
        self._held = 0  # bytes of its pages
        self._looked_at = -inf
        self._changed = asyncio.Event()

    # -- out -------------------------------------------------------------------------------

    async def leases(self) -> AsyncIterator[Lease]:
        """The URLs to fetch, each at its time, until there are no more or the crawl is to end."""
        self._changed = asyncio.Event()
        ticker = asyncio.create_task(self._tick())
        try:
            self.frontier.reclaim()
            self._wake()
            while (reason := self._reason_to_end()) is None:
                lease = self._next()
                if lease is None:
                    await self._wait()
                    continue
                self._map(lease)
                if not self.robots.allows(lease.host_id, lease.url):
                    self._keep(Outcome(lease, "excluded", "robots.txt"))
                elif not lease.is_known and (trap := self.traps.refusal(lease.url)) is not None:
                    self._keep(Outcome(lease, "excluded", trap))
                else:
                    self.slots.send(lease)
                    yield lease
            self.stopped = reason
        except Exception as error:
            self._fail(error)
        finally:
            ticker.cancel()
            for task in self._tasks:
                task.cancel()

    def _wake(self) -> int:
        return self.wake() if self.wake is not None else 0

    def _map(self, lease: Lease) -> None:
        """Make the sitemaps of a host known, once in a run, as its robots.txt names them."""
        if lease.host_id not in self._mapped:
            self._mapped.add(lease.host_id)
            sitemaps = self.robots.sitemaps(lease.host_id)
            self.frontier.add(declared_sitemaps(sitemaps, lease.url, self.scope))

    def _reason_to_end(self) -> str | None:
        if self.error is not None:
            return "error"
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return "time"
        if self.limit is not None and self.answers >= self.limit:
            return "limit"
        return self._rest()

    def _next(self) -> Lease | None:
        """A lease whose time has come."""
        if not self.slots.is_waiting or time.monotonic() - self._looked_at >= TICK:
            self._look()
        return self.slots.take()

    def _look(self) -> None:
        """Reserve what may be fetched soon.  The limit is not overrun: what is held counts."""
        self._looked_at = time.monotonic()
        room = inf if self.limit is None else self.limit - self.answers
        if not self.slots.look(room):
            self.flush()
            self.slots.look(room)
        asking = {task.get_name() for task in self._tasks}
        for host in self.slots.asking.values():
            if host.host not in asking:
                task = asyncio.create_task(self._ask_robots(host), name=host.host)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _wait(self) -> None:
        """Until something happens, or a look is worth while."""
        self._changed.clear()
        try:
            async with asyncio.timeout(min(TICK, max(0.0, self.slots.ready_in()))):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _rest(self) -> str | None:
        """Why the crawl is over, if nothing is left that this run can do."""
        if self.slots.held or self.slots.asking or self._looked_at == -inf:
            return None
        self.flush()
        self._look()  # what was committed may have brought new URLs
        if self.error is not None:
            return "error"
        if self.slots.held or self.slots.asking or self.frontier.reclaim():
            return None
        if self.frontier.leased_elsewhere(self.scope.hosts):
            return None  # another process may find more, or die
        if self.slots.wake_at is None:  # but a sitemap may have said that pages have changed
            return None if self._wake() else "finished"
        return None if self.slots.wake_at - time.time() <= PATIENCE else "postponed"

    async def _ask_robots(self, host: Host) -> None:
        try:
            url = self.frontier.best(host.id)
            if url is not None:
                answer = await self.robots.refresh(host, url, self.slots.wish)
                if answer.reason == PRIVATE:
                    self.frontier.hosts.exclude(host.id, answer.reason)
        except Exception as error:
            self._fail(error)
        finally:
            del self.slots.asking[host.id]
            self._changed.set()

    # -- in --------------------------------------------------------------------------------

    def settle(
        self, outcome: Outcome, *, asked: float | None = None, is_trouble: bool = False
    ) -> None:
        """Take what became of a lease.

        ``is_trouble``: the host does not answer or is overloaded, and gets a rest, of at least
        the ``asked`` seconds of its Retry-After.
        """
        self.slots.land(outcome.lease)
        if not {outcome.kind, outcome.lease.kind} & set(KINDS):
            status = outcome.status
            self.answers += status is not None and (status == 304 or not 300 <= status < 400)
        if is_trouble:
            try:
                for lease in self.slots.postpone(outcome.lease.host_id, asked):
                    self._keep(Outcome(lease, "pending"))
            except Exception as error:
                self._fail(error)
        self._keep(outcome)

    def _keep(self, outcome: Outcome) -> None:
        self.traps.note(outcome)
        outcome = planned(outcome, time.time())
        if len(outcome.targets) > MANY:  # of a sitemap; it is read again if a kill comes between
            self.frontier.add(outcome.targets, outcome.lease.id)
            outcome = replace(outcome, targets=())
        if not self._buffer:
            self._buffered_at = time.monotonic()
        self._buffer.append(outcome)
        self.slots.note(outcome.targets)
        self._held += len(outcome.page.body) if outcome.page is not None else 0
        if len(self._buffer) >= BATCH or self._held >= BATCH_BYTES:
            self.flush()
        self._changed.set()

    def flush(self) -> None:
        """Commit what is settled; ``error`` says if that could not be done."""
        batch, self._buffer, self._held = self._buffer, [], 0
        self.slots.committed()
        if not batch:
            return
        try:
            committed = self.frontier.commit(batch)
        except Exception as error:
            self._fail(error)
            return
        self.counts = self.counts + committed

    def _fail(self, error: Exception) -> None:
        """End the crawl; the first error is the one to tell."""
        self.stopped = "error"
        self.error = self.error or error
        self._changed.set()

    async def _tick(self) -> None:
        """Commit small batches when they are old enough, and tell how the crawl stands."""
        told = time.monotonic()
        try:
            while True:
                await asyncio.sleep(BATCH_AGE / 4)
                now = time.monotonic()
                if self._buffer and now - self._buffered_at >= BATCH_AGE:
                    self.flush()
                    self._changed.set()
                if self.progress is not None and now - told >= self.interval:
                    told = now
                    self.progress(self.state())
        except Exception as error:
            self._fail(error)

    def state(self) -> Progress:
        """How the crawl stands."""
        return Progress(
            self.counts.pages,
            self.counts.documents,
            self.counts.failed,
            self.frontier.pending(self.scope.hosts),
            len(self.frontier.hosts.waiting(self.scope.hosts)),
            time.monotonic() - self._began,
            self.counts.unchanged,
            self.counts.relevant if self._explore else None,
        )
