"""When a URL is visited again."""

from __future__ import annotations

from dataclasses import replace

from archive.leases import Outcome

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

FIRST_INTERVAL = DAY
UNCHANGED, CHANGED = 1.5, 0.8
MIN_INTERVAL, MAX_INTERVAL = 90 * MINUTE, 90 * DAY
"""Lists, feeds and sitemaps: the interval grows by half where nothing has changed and shrinks by a fifth
where something has; StormCrawler's AdaptiveScheduler, as news-crawl runs it (research/crawl.md, 1a)."""

ARTICLE_INTERVALS = (1 * DAY, 7 * DAY, 30 * DAY, 180 * DAY)
"""Articles are corrected in their first days and hardly ever after; the last interval repeats."""

REDIRECT_INTERVAL = 14 * DAY
"""A redirect may come to lead elsewhere; StormCrawler's figure."""

ERROR_INTERVAL, MAX_ERRORS = 48 * HOUR, 3
"""A URL that failed is visited again after two days, three times; then never, as StormCrawler does."""

GONE = 410
"""Not to come back (RFC 9110, 15.5.11)."""

LIST_SCORE, ARTICLE_SCORE = 1.5, 0.3
"""Places of revisits in the queue (see crawler/urls.py for those of new URLs): first lists, which bring
new articles, then these, then known articles; only calendars come later."""


def planned(outcome: Outcome, now: float) -> Outcome:
    """An outcome with the time of the next visit, ``now`` in Unix seconds."""
    visited_at = now if outcome.status is not None else None
    if outcome.state == "failed":
        errors = outcome.lease.errors + 1
        is_over = errors > MAX_ERRORS or outcome.status == GONE
        interval = None if is_over else ERROR_INTERVAL
    elif outcome.state == "done":
        errors, interval = 0, _interval(outcome)
    else:  # to be tried again in this run, or not at all
        return replace(outcome, visited_at=visited_at)
    due_at = now + interval if interval is not None else 0.0
    return replace(outcome, visited_at=visited_at, due_at=due_at, interval=interval, errors=errors)


def _interval(outcome: Outcome) -> float | None:
    if not outcome.is_read:
        return REDIRECT_INTERVAL if outcome.targets else None
    last = outcome.lease.interval
    if last is None or outcome.lease.errors:  # the first visit, or the first one that succeeds
        return FIRST_INTERVAL
    if outcome.kind == "article":
        if outcome.lease.is_known and not outcome.is_unchanged:
            return last  # it is still being worked on
        longer = [interval for interval in ARTICLE_INTERVALS if interval > last]
        return longer[0] if longer else ARTICLE_INTERVALS[-1]
    factor = UNCHANGED if outcome.is_unchanged else CHANGED
    return min(max(last * factor, MIN_INTERVAL), MAX_INTERVAL)
