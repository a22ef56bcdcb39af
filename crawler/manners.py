"""How long to leave a host alone: pauses, back-off, and what the server itself asks for."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

PAUSE = 1.0
"""Seconds between two requests to a host, unless the user or its robots.txt says otherwise; one a
second is what site owners and the crawlers they know take as polite."""

MAX_CRAWL_DELAY = 120.0
"""A longer Crawl-delay would be some hundred pages a day; taken as a mistake, as news-crawl does."""

MAX_BACK_OFF = 24 * 3600.0
"""However often a host fails and whatever it asks for, it is tried once a day."""

PATIENCE = 120.0
"""Seconds that a run waits when all that is left belongs to hosts that asked for a rest: as long
as the longest pause.  After that the run ends; the same command goes on later."""

MAX_TRIES = 3
"""Fetches of one URL that may fail before it counts as failed."""

ROBOTS_LIFE = 24 * 3600.0
"""Seconds that a robots.txt holds (RFC 9309, 2.4)."""

ROBOTS_RETRY = 300.0
"""Seconds, doubled with each failure in a row, until an unreachable robots.txt is asked for again
within a run.  A new run asks at once."""

BUSY = frozenset({429, 502, 503, 504, 520, 521, 522, 523, 524, 529})
"""Statuses by which a host says that it is overloaded: 429 and 503 of RFC 6585 and 9110, gateways that
get no answer, and those of the large proxies before it."""


def pause_of(wish: float | None, crawl_delay: float | None) -> float:
    """Seconds between requests: the user's wish, or the host's where that is longer."""
    pause = PAUSE if wish is None else max(0.0, wish)
    return max(pause, min(crawl_delay or 0.0, MAX_CRAWL_DELAY))


def back_off(failures: int, pause: float, asked: float | None = None) -> float:
    """Seconds of rest after so many failures in a row: a second or the pause, doubled with each
    after the first, or what the server asked for where that is longer."""
    rest = max(1.0, pause) * 2.0 ** min(failures - 1, 20)
    return min(max(rest, asked or 0.0), MAX_BACK_OFF)


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3): a number or a date."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:  # "-0000": UTC without a word on the place
        date = date.replace(tzinfo=UTC)
    return max(0.0, date.timestamp() - now)
