"""robots.txt as RFC 9309 says, kept with its date in the archive's table of hosts."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from archive.hosts import Host, Hosts
from crawler.guard import PRIVATE
from crawler.manners import ROBOTS_LIFE, ROBOTS_RETRY, pause_of

AGENT = "shiyi"
"""The product token that rules name, the first word of the user agent."""

MAX_SIZE = 500 * 1024
"""Bytes of a robots.txt that are read; the RFC asks for at least that many (2.5)."""

MAX_REDIRECTS = 5
"""Redirects of a robots.txt that are followed; the RFC asks for at least that many (2.3.1.2)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came for a robots.txt after redirects; status None: no answer, for ``reason``."""

    status: int | None
    body: bytes = b""
    reason: str | None = None


Ask = Callable[[str], Awaitable[Answer]]
"""Fetches a URL, following redirects."""


class Robots:
    """The rules of the hosts of one run."""

    def __init__(self, hosts: Hosts, ask: Ask) -> None:
        self._hosts = hosts
        self._ask = ask
        self._rules: dict[int, Protego] = {}
        self._failures: dict[int, int] = {}  # of this run, in a row, by host
        self.problems: dict[str, str] = {}  # why a host is closed

    def asks_at(self, host: Host) -> float:
        """When (Unix seconds) the host's robots.txt is to be read next."""
        if host.robots_at is None:
            return 0.0
        if _is_answer(host.robots_status):
            return host.robots_at + ROBOTS_LIFE
        failures = self._failures.get(host.id, 0)  # none in this run yet: ask at once
        return host.robots_at + ROBOTS_RETRY * 2 ** (failures - 1) if failures else 0.0

    def is_closed(self, host: Host) -> bool:
        """Whether all of a host is forbidden because its robots.txt could not be had.

        Rules read before hold on (2.4); without any, a server in trouble means no (2.3.1.4).
        """
        return not _is_answer(host.robots_status) and self._hosts.robots(host.id) is None

    async def refresh(self, host: Host, url: str, wish: float | None) -> Answer:
        """Read the robots.txt of the host of ``url`` and keep it.  It is a request too: the next
        one to the host waits, ``wish`` seconds or as its rules say."""
        parts = urlsplit(url)
        answer = await self._ask(f"{parts.scheme}://{parts.netloc}/robots.txt")
        now = time.time()
        text, crawl_delay = None, None
        if _is_answer(answer.status):
            # 4xx: there are no rules (2.3.1.3).  A redirect that leads nowhere counts the same.
            is_text = answer.status is not None and 200 <= answer.status < 300
            text = answer.body[:MAX_SIZE].decode("utf-8-sig", "replace") if is_text else ""
            self._rules[host.id] = rules = Protego.parse(text)
            crawl_delay = rules.crawl_delay(AGENT)
            self._failures.pop(host.id, None)
            self.problems.pop(host.host, None)
        else:
            self._failures[host.id] = self._failures.get(host.id, 0) + 1
            if answer.reason != PRIVATE:  # the host's URLs carry that themselves
                why = answer.reason or f"status {answer.status}"
                self.problems[host.host] = f"robots.txt could not be read: {why}"
        next_at = now + pause_of(wish, host.crawl_delay if text is None else crawl_delay)
        self._hosts.save_robots(host, answer.status, now, text, crawl_delay, next_at)
        return answer

    def allows(self, host_id: int, url: str) -> bool:
        """Whether the rules let this crawler fetch a URL."""
        return bool(self._rules_of(host_id).can_fetch(url, AGENT))

    def sitemaps(self, host_id: int) -> list[str]:
        """The sitemaps that a host names, as written."""
        return list(self._rules_of(host_id).sitemaps)

    def _rules_of(self, host_id: int) -> Protego:
        if host_id not in self._rules:
            self._rules[host_id] = Protego.parse(self._hosts.robots(host_id) or "")
        return self._rules[host_id]


def _is_answer(status: int | None) -> bool:
    """Whether a status says what the rules are.  429 is a host in trouble, not one without rules."""
    return status is not None and status < 500 and status != 429
