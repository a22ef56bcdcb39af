"""Time slots: which URL of which host may be fetched when, as manners allow."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from math import inf

from archive.frontier import Frontier, Lease, Target
from archive.hosts import Host
from crawler.manners import back_off, pause_of
from crawler.robots import Robots
from crawler.scope import Scope

HORIZON = 0.5
"""Seconds ahead for which time slots of a host are reserved: so much a process that dies can hold
up its hosts, and no look at the frontier is further apart."""

PER_HOST = 2
"""URLs of one host leased at a time, so as many requests; more only hides that a host is slow."""

CONCURRENCY = 32
"""Requests at a time; as measured in research/crawl.md, 3b."""

LEASED = 64
"""Leases held at a time, in flight or waiting for their slot."""


EXPLORED = 20
"""One look in so many takes a URL from anywhere in the queue of a host: what nothing speaks for may lead
where no link with good words does."""


class Slots:
    """The leases that a run holds, and when it may have more.

    ``wish``: the pause that the user asks for, in seconds.  ``explore``: now and then take another URL
    than the best.
    """

    def __init__(
        self, frontier: Frontier, scope: Scope, robots: Robots, wish: float | None = None,
        explore: bool = False,
    ) -> None:  # fmt: skip
        self.wish = wish
        self._explore = explore
        self._looks = 0
        self.wake_at: float | None = None
        """When (Unix seconds) a host that rests may be asked again, as of the last look."""
        self.asking: dict[int, Host] = {}
        """Hosts whose robots.txt is to be read first, by id."""
        self.full: dict[str, str] = {}
        """Hosts of which the archive holds as much as it may, and why that is so."""
        self._frontier, self._scope, self._robots = frontier, scope, robots
        self._waiting: list[Lease] = []
        self._flying: dict[int, Lease] = {}  # by the lease's id
        self._sent_at: dict[int, float] = {}  # by host
        self._hosts: dict[int, Host] = {}
        self._fresh: dict[str, float] = {}  # best score of links not yet committed, by host

    @property
    def held(self) -> int:
        """How many leases there are, in flight or waiting for their slot."""
        return len(self._flying) + len(self._waiting)

    @property
    def is_waiting(self) -> bool:
        """Whether there is a lease to be fetched."""
        return bool(self._waiting)

    def look(self, room: float) -> bool:
        """Reserve URLs of the hosts that may be asked soon, ``room`` at most.

        False if hosts with links that are not committed have nothing else to give.
        """
        now, self.wake_at = time.time(), None
        without = set(self._fresh)
        for host in self._frontier.hosts.waiting(self._scope.hosts):
            self._hosts[host.id] = host
            if self._look_at(host, now, room):
                without.discard(host.host)
        return not without

    def _look_at(self, host: Host, now: float, room: float) -> bool:
        """Reserve what a host's manners allow now; False if its queue has nothing to give."""
        if (reason := self._scope.full(host)) is not None:
            self.full[host.host] = reason
            return True
        if host.id in self.asking:
            return True
        if (at := self._robots.asks_at(host)) <= now:
            self.asking[host.id] = host
            return True
        if self._robots.is_closed(host):
            self._wake(at)
            return True
        if host.next_at >= now + HORIZON:
            self._wake(host.next_at)
            return True
        scores = [lease.score for lease in self._leases() if lease.host_id == host.id]
        allowed = (1 if host.failures else PER_HOST) - len(scores)
        count = int(min(allowed, LEASED - self.held, room - self.held))
        if count <= 0:
            return True
        # What is on its way or not yet committed may be, or bring, better links than those left.
        floor = max([*scores, self._fresh.get(host.host, -inf)])
        below = None
        self._looks += 1
        if self._explore and self._looks % EXPLORED == 0 and host.relevant:
            below, floor = random.uniform(0.0, host.best), -inf
        leases = self._frontier.lease(host, count, self.pause(host), now, HORIZON, floor, below)
        self._waiting += leases
        if not leases and (due := self._frontier.due_at(host.id)) is not None:
            self._wake(max(due, host.next_at))
        return bool(leases)

    def _leases(self) -> Iterator[Lease]:
        yield from self._flying.values()
        yield from self._waiting

    def _wake(self, at: float) -> None:
        self.wake_at = at if self.wake_at is None else min(at, self.wake_at)

    def pause(self, host: Host) -> float:
        """Seconds between two requests to a host."""
        return pause_of(self.wish, host.crawl_delay)

    def take(self) -> Lease | None:
        """A lease whose time has come."""
        now = time.time()
        if len(self._flying) < CONCURRENCY:
            for number, lease in enumerate(self._waiting):
                if self._ready_at(lease) <= now:
                    return self._waiting.pop(number)
        return None

    def ready_in(self) -> float:
        """Seconds until the next lease's time comes; infinite without one."""
        return min((self._ready_at(lease) for lease in self._waiting), default=inf) - time.time()

    def _ready_at(self, lease: Lease) -> float:
        """When a lease may be fetched: at its slot, or, if that was missed because the host was
        slow, a pause after the last request."""
        sent_at = self._sent_at.get(lease.host_id, 0.0)
        return max(lease.at, sent_at + self.pause(self._hosts[lease.host_id]))

    def send(self, lease: Lease) -> None:
        """Note that a lease is being fetched."""
        self._flying[lease.id] = lease
        self._sent_at[lease.host_id] = time.time()

    def land(self, lease: Lease) -> None:
        """Note that it no longer is."""
        self._flying.pop(lease.id, None)

    def reserve(self, host_id: int) -> float:
        """The time (Unix seconds) of one more request to a host."""
        return self._frontier.hosts.reserve(host_id, time.time(), self.pause(self._hosts[host_id]))

    def is_free(self, host_id: int, at: float) -> bool:
        """Whether that request may be sent now; if so, it counts as sent."""
        now, pause = time.time(), self.pause(self._hosts[host_id])
        if now < max(at, self._sent_at.get(host_id, 0.0) + pause):
            return False
        self._sent_at[host_id] = now
        return True

    def postpone(self, host_id: int, asked: float | None) -> list[Lease]:
        """Give a host in trouble a rest, of ``asked`` seconds at least; its leases to give back."""
        pause = self.pause(self._hosts[host_id])
        self._frontier.hosts.postpone(
            host_id, time.time(), lambda failures: back_off(failures, pause, asked)
        )
        back = [lease for lease in self._waiting if lease.host_id == host_id]
        self._waiting = [lease for lease in self._waiting if lease.host_id != host_id]
        return back

    def note(self, targets: Iterable[Target]) -> None:
        """Note links that are not committed yet."""
        for target in targets:
            self._fresh[target.host] = max(target.score, self._fresh.get(target.host, -inf))

    def committed(self) -> None:
        """Note that all links are."""
        self._fresh.clear()
