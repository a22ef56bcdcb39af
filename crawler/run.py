"""A crawl from start to end, in a process without a running reactor."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import getproxies_environment

from crawler.job import CrawlResult, Job, Options
from crawler.lock import LockedError
from crawler.pump import Progress
from crawler.seeds import sorted_seeds


def crawl(
    seeds: Sequence[str],
    archive: Path,
    *,
    due: bool = False,
    limit: int | None = None,
    max_minutes: float | None = None,
    delay: float | None = None,
    allow_private: Sequence[str] = (),
    restore: str = "safe",
    progress: Callable[[Progress], None] | None = None,
    interval: float = 2.0,
    contact: str | None = None,
    similar: bool = False,
    probe: bool = False,
    log_level: str = "WARNING",
) -> CrawlResult:
    """Fetch the seeds and every admitted page of their hosts into an archive.

    ``due``: fetch known pages again too, those whose time has come, and tell what has changed;
    without seeds, of all hosts of the archive's earlier seeds.  One such call works on an archive at a
    time; a second one does nothing, and says so (``stopped`` is "locked").

    ``similar``: fetch what is like the seeds, the likest first, on any public host; then a seed may also
    be the number of a document of the archive, the path of a text file, or a query.  ``probe``: look a
    second time, as a visitor from a search engine, at pages that may show such visitors something else.

    ``limit``: pages fetched by this call, redirects and robots.txt aside.  ``delay``: seconds
    between two requests to a host; a longer Crawl-delay wins.  ``allow_private``: hosts of
    private addresses that may be asked.  ``restore``: for masked words, as in
    ``cleaning.pipeline.chosen_steps``.  ``progress`` is called every ``interval`` seconds.
    ``contact``: a URL or mail address for the user agent (else the environment's SHIYI_CONTACT).

    Words that its documents hide are then looked up in their copies (``archive.restore``).

    Ends when nothing is left that this call can do, at a limit, or at SIGINT or SIGTERM (the
    second of which ends at once); called again it goes on from there.  Once per process, since
    Twisted's reactor starts only once.  Raises ``SeedError`` for a seed that is no URL, what
    ``archive.store.open_archive`` raises, and ``sqlite3.Error`` if the archive cannot be written.
    """
    # Scrapy takes half a second to load, which no other command should pay.
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from crawler.spiders.similar import SimilarSpider
    from crawler.spiders.site import SiteSpider

    found = sorted_seeds(seeds, similar=similar)
    options = Options(
        *(found.urls, archive, limit, max_minutes, delay, tuple(allow_private), due, restore),
        *(similar, found.likes, probe),
    )
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("LOG_LEVEL", log_level, priority="cmdline")
    if contact:
        name = settings["USER_AGENT"].partition(" ")[0]
        settings.set("USER_AGENT", f"{name} (+{contact})", priority="cmdline")
    try:
        job = Job(options, progress=progress, interval=interval)
    except LockedError as error:
        return CrawlResult(0, 0, 0, 0, 0, "locked", 0.0, [f"{archive}: {error}"])
    settings.set("SHIYI_ALLOW_PRIVATE", list(allow_private), priority="cmdline")
    in_main = threading.current_thread() is threading.main_thread()
    try:
        with _left_as_found():
            process = AsyncCrawlerProcess(settings)
            process.crawl(SimilarSpider if similar else SiteSpider, job=job)
            process.start(install_signal_handlers=in_main)
    finally:
        result = job.close()
    result.problems.extend(_unused_proxies())
    if process.bootstrap_failed:
        raise RuntimeError("Scrapy could not start; its log says why")
    return result


def _unused_proxies() -> list[str]:
    """What to say where the environment names a proxy: most programs would use it, and this one does not."""
    named = [name for name in ("http", "https", "all") if name in getproxies_environment()]
    if not named:
        return []
    names = ", ".join(f"{name}_proxy" for name in named)
    return [
        f"{names}: no proxy is used; it would look up names where private addresses cannot be refused"
    ]


@contextmanager
def _left_as_found() -> Iterator[None]:
    """Take back what Scrapy does to the process: signal handlers, the root logger."""
    from scrapy.utils.log import get_scrapy_root_handler

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    level = logging.root.level
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in handlers.items():
                signal.signal(number, handler)
        if (added := get_scrapy_root_handler()) is not None:
            logging.root.removeHandler(added)
        logging.root.setLevel(level)
        logging.captureWarnings(False)
