"""The pump: leases URLs when their hosts may be asked, and commits what became of them.

It knows nothing of Scrapy.  ``leases()`` gives what to fetch now; ``settle()`` takes what came.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from math import inf

from archive.frontier import Frontier, Lease, Outcome
from archive.hosts import Host
from crawler.guard import PRIVATE
from crawler.manners import PATIENCE, back_off, pause_of
from crawler.robots import Robots
from crawler.scope import MAX_PAGES_PER_HOST, Scope

BATCH = 100
"""Outcomes of one transaction.  A kill costs at most this many repeated fetches, none lost
(research/crawl.md, 3d: 162 for batches of 100 and three kills)."""

BATCH_AGE = 1.0
"""Seconds after which a smaller batch is committed too."""

HORIZON = 0.5
"""Seconds ahead for which time slots of a host are reserved."""

PER_HOST = 2
"""URLs of one host leased at a time, so as many requests; more only hides that a host is slow."""

CONCURRENCY = 32
"""Requests at a time; as measured in research/crawl.md, 3b."""

LEASED = 64
"""Leases held at a time, in flight or waiting for their slot."""

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

    def __str__(self) -> str:
        rate = self.pages / self.seconds if self.seconds else 0.0
        return (
            f"{self.pages} pages ({rate:.1f}/s), {self.documents} documents, {self.failed} failed, "
            f"{self.pending} in the queue of {self.hosts} hosts"
        )


class Pump:
    """One crawl's work, host by host.

    ``limit`` counts answers that are no redirect; ``deadline`` is a time of ``time.monotonic``.
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
        progress: Callable[[Progress], None] | None = None,
        interval: float = 2.0,
    ) -> None:
        self.frontier = frontier
        self.scope = scope
        self.robots = robots
        self.wish = wish
        self.limit = limit
        self.deadline = deadline
        self.progress = progress
        self.interval = interval
        self.stopped = "stopped"  # why it ended; what it says if it is told to
        self.error: Exception | None = None  # that ended it: the archive cannot be written
        self.answers = self.pages = self.documents = self.failed = 0
        self._began = time.monotonic()
        self._waiting: list[Lease] = []
        self._flying: dict[int, Lease] = {}  # by the lease's id
        self._sent_at: dict[int, float] = {}
        self._hosts: dict[int, Host] = {}
        self._asking: dict[int, asyncio.Task[None]] = {}
        self._buffer: list[Outcome] = []
        self._buffered_at = 0.0
        self._fresh: dict[str, float] = {}  # best score of the links in the buffer, by host
        self._looked_at = 0.0
        self._wake_at: float | None = None  # when a host that rests is to be asked again
        self._changed = asyncio.Event()

    # -- out -------------------------------------------------------------------------------

    async def leases(self) -> AsyncIterator[Lease]:
        """The URLs to fetch, each at its time, until there are no more or the crawl is to end."""
        self._changed = asyncio.Event()
        ticker = asyncio.create_task(self._tick())
        try:
            self.frontier.reclaim()
            while (reason := self._reason_to_end()) is None:
                lease = self._next()
                if lease is None:
                    await self._wait()
                elif not self.robots.allows(lease.host_id, lease.url):
                    self._keep(Outcome(lease, "excluded", "robots.txt"))
                else:
                    self._flying[lease.id] = lease
                    self._sent_at[lease.host_id] = time.time()
                    yield lease
            self.stopped = reason
        except Exception as error:
            self._fail(error)
        finally:
            ticker.cancel()
            for task in self._asking.values():
                task.cancel()

    def _reason_to_end(self) -> str | None:
        if self.error is not None:
            return "error"
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return "time"
        if self.limit is not None and self.answers >= self.limit:
            return "limit"
        return self._rest()

    def _next(self) -> Lease | None:
        """A lease whose time has come, of a host that takes another request."""
        now = time.time()
        if now - self._looked_at >= TICK or not self._waiting:
            self._lease(now)
        if len(self._flying) >= CONCURRENCY:
            return None
        for number, lease in enumerate(self._waiting):
            if self._ready_at(lease) <= now:
                return self._waiting.pop(number)
        return None

    def _held(self) -> Iterator[Lease]:
        yield from self._flying.values()
        yield from self._waiting

    def _ready_at(self, lease: Lease) -> float:
        """When a lease may be fetched: at its slot, or, if that was missed because the host was
        slow, a pause after the last request."""
        pause = self._pause(self._hosts[lease.host_id])
        return max(lease.at, self._sent_at.get(lease.host_id, 0.0) + pause)

    def _lease(self, now: float) -> None:
        """Reserve URLs of the hosts that may be asked soon."""
        self._looked_at, self._wake_at = now, None
        without = set(self._fresh)  # hosts whose only URLs to fetch may be new links
        for host in self.frontier.hosts.waiting(self.scope.hosts):
            self._hosts[host.id] = host
            if self._lease_of(host, now):
                without.discard(host.host)
        if without:
            self.flush()
            if self.error is None:
                self._lease(now)

    def _lease_of(self, host: Host, now: float) -> bool:
        """Reserve what a host's manners allow now; False if its queue has nothing to give."""
        if host.pages >= MAX_PAGES_PER_HOST or host.id in self._asking:
            return True
        if (at := self.robots.asks_at(host)) <= now:
            self._asking[host.id] = asyncio.create_task(self._ask_robots(host))
            return True
        if self.robots.is_closed(host):
            self._wake(at)
            return True
        if host.next_at >= now + HORIZON:
            self._wake(host.next_at)
            return True
        held = [lease.score for lease in self._held() if lease.host_id == host.id]
        count = min(self._room(), (1 if host.failures else PER_HOST) - len(held))
        if count <= 0:
            return True
        # What is on its way or not yet committed may be, or bring, better links than those left.
        floor = max([*held, self._fresh.get(host.host, -inf)], default=-inf)
        leases = self.frontier.lease(host, count, self._pause(host), now, HORIZON, floor)
        self._waiting += leases
        if not leases and (due := self.frontier.due_at(host.id)) is not None:
            self._wake(max(due, host.next_at))
        return bool(leases)

    def _room(self) -> int:
        """How many more URLs may be leased, so that the limit is not overrun."""
        held = len(self._flying) + len(self._waiting)
        room = LEASED - held
        return room if self.limit is None else min(room, self.limit - self.answers - held)

    def _pause(self, host: Host) -> float:
        return pause_of(self.wish, host.crawl_delay)

    def _wake(self, at: float) -> None:
        self._wake_at = at if self._wake_at is None else min(at, self._wake_at)

    async def _wait(self) -> None:
        """Until something happens, or a look is worth while."""
        now = time.time()
        pauses = [self._ready_at(lease) - now for lease in self._waiting]
        timeout = max(0.0, min([TICK, *pauses]))
        self._changed.clear()
        try:
            async with asyncio.timeout(timeout):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _rest(self) -> str | None:
        """Why the crawl is over, if nothing is left that this run can do."""
        if self._waiting or self._flying or self._asking or not self._looked_at:
            return None
        self.flush()
        if self.error is not None:
            return "error"
        now = time.time()
        self._lease(now)  # what was committed may have brought new URLs
        if self._waiting or self._asking or self.frontier.reclaim():
            return None
        if self.frontier.leased_elsewhere(self.scope.hosts):
            return None  # another process may find more, or die
        if self._wake_at is None:
            return "finished"
        return None if self._wake_at - now <= PATIENCE else "postponed"

    async def _ask_robots(self, host: Host) -> None:
        try:
            url = self.frontier.best(host.id)
            if url is not None:
                answer = await self.robots.refresh(host, url, self.wish)
                if answer.reason == PRIVATE:
                    self.frontier.hosts.exclude(host.id, answer.reason)
        except Exception as error:
            self._fail(error)
        finally:
            del self._asking[host.id]
            self._changed.set()

    # -- in --------------------------------------------------------------------------------

    def settle(
        self, outcome: Outcome, *, asked: float | None = None, is_trouble: bool = False
    ) -> None:
        """Take what became of a lease.

        ``is_trouble``: the host does not answer or is overloaded, and gets a rest, of at least
        the ``asked`` seconds of its Retry-After.
        """
        host_id = outcome.lease.host_id
        self._flying.pop(outcome.lease.id, None)
        self.answers += outcome.status is not None and not 300 <= outcome.status < 400
        if is_trouble:
            self._postpone(host_id, asked)
        self._keep(outcome)

    def _postpone(self, host_id: int, asked: float | None) -> None:
        pause = self._pause(self._hosts[host_id])
        try:
            self.frontier.hosts.postpone(host_id, time.time(), lambda n: back_off(n, pause, asked))
        except Exception as error:
            self._fail(error)
        for lease in [lease for lease in self._waiting if lease.host_id == host_id]:
            self._waiting.remove(lease)
            self._keep(Outcome(lease, "pending"))

    def _keep(self, outcome: Outcome) -> None:
        if not self._buffer:
            self._buffered_at = time.monotonic()
        self._buffer.append(outcome)
        for target in outcome.targets:
            self._fresh[target.host] = max(target.score, self._fresh.get(target.host, -inf))
        if len(self._buffer) >= BATCH:
            self.flush()
        self._changed.set()

    def flush(self) -> None:
        """Commit what is settled; ``error`` says if that could not be done."""
        batch, self._buffer = self._buffer, []
        self._fresh.clear()
        if not batch:
            return
        try:
            committed = self.frontier.commit(batch)
        except Exception as error:
            self._fail(error)
            return
        self.pages += committed.pages
        self.documents += committed.documents
        self.failed += committed.failed

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
            self.pages,
            self.documents,
            self.failed,
            self.frontier.counts(self.scope.hosts).get("pending", 0),
            len(self.frontier.hosts.waiting(self.scope.hosts)),
            time.monotonic() - self._began,
        )
