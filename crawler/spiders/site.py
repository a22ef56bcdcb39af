"""The spider of ``shiyi crawl``: every admitted page of the seeds' hosts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    IgnoreRequest,
)
from scrapy.http import Request
from scrapy.http import Response as ScrapyResponse
from twisted.python.failure import Failure

from archive.frontier import Lease, Outcome
from archive.leases import Variant
from crawler.guard import PRIVATE, GuardedResolver
from crawler.job import Job, Options
from crawler.manners import BUSY, MAX_TRIES, back_off, retry_after
from crawler.pages import REDIRECTS, Response, outcome_of, read_clean
from crawler.probe import REFERER, Probe, variant_of
from crawler.pump import Pump
from crawler.robots import MAX_REDIRECTS, Answer
from crawler.seeds import sorted_seeds
from crawler.sitemaps import MAX_BYTES
from crawler.urls import canonical, host_of

Result = TypeVar("Result")


class SiteSpider(Spider):
    """``scrapy crawl site -a seed=URL -a archive=DB``, with ``-a limit=``, ``-a max_minutes=``,
    ``-a delay=``, ``-a due=1`` (then without seed too), ``-s SHIYI_ALLOW_PRIVATE=HOST``; several seeds are parted by blanks."""

    name = "site"
    is_similar: ClassVar[bool] = False

    def __init__(self, job: Job, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job = job
        self.pump: Pump = job.pump(self.ask)
        self.read = partial(read_clean, restore=job.options.restore)
        self.probe = Probe() if job.options.probe else None
        # One thread: pages are read one after the other, and fetching goes on meanwhile.
        self.reader = ThreadPoolExecutor(1, thread_name_prefix="reader")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        if "job" not in kwargs:
            kwargs["job"] = Job(
                _options(crawler, similar=cls.is_similar, **kwargs),
                progress=lambda progress: spider.logger.info("%s", progress),
            )
        spider = super().from_crawler(crawler, job=kwargs["job"])
        crawler.signals.connect(spider.closed_down, signals.spider_closed)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        async for lease in self.pump.leases():
            yield Request(
                lease.url,
                callback=self.parse,
                errback=self.fail,
                dont_filter=True,
                cb_kwargs={"lease": lease},
                headers=_validators(lease),
                meta={"download_maxsize": MAX_BYTES} if lease.kind == "sitemap" else None,
            )

    async def parse(self, response: ScrapyResponse, lease: Lease) -> None:
        received = _response(response)
        try:
            judge = partial(outcome_of, ranking=self.job.ranking)
            outcome = await self._in_thread(judge, lease, received, self.job.scope, self.read)
            if self.probe is not None and self.probe.wants(outcome):
                outcome = replace(outcome, variant=await self._variant(outcome))
        except Exception as error:  # one page must not stop a crawl
            self.logger.exception("cannot read %s", lease.url)
            reason = f"{type(error).__name__}: {error}"[:200]
            outcome = Outcome(lease, "failed", reason, status=received.status)
        asked = retry_after(received.header("Retry-After"), time.time())
        self.pump.settle(outcome, asked=asked, is_trouble=received.status in BUSY)

    async def _in_thread(self, call: Callable[..., Result], *arguments: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self.reader, call, *arguments)

    async def _variant(self, outcome: Outcome) -> Variant | None:
        """What the server gives to a visitor from a search engine, at the host's next free time."""
        slots, host_id = self.pump.slots, outcome.lease.host_id
        at = slots.reserve(host_id)
        while not slots.is_free(host_id, at):
            await asyncio.sleep(0.05)
        request = Request(outcome.lease.url, headers={"Referer": REFERER}, dont_filter=True)
        try:
            response = await self.crawler.engine.download_async(request)
        except Exception as error:
            self.logger.info("no second look at %s: %s", outcome.lease.url, error)
            return None
        return await self._in_thread(variant_of, outcome, _response(response), self.read)

    async def fail(self, failure: Failure) -> None:
        """A request without a response: the URL's fault, the host's, or the guard's."""
        lease: Lease = failure.request.cb_kwargs["lease"]  # type: ignore[attr-defined]
        error = failure.value
        reason = f"{type(error).__name__}: {error}"[:200]
        if _refused(lease.url):
            self.pump.settle(Outcome(lease, "excluded", PRIVATE))
        elif isinstance(error, (CannotResolveHostError, DownloadConnectionRefusedError)):
            # The host is away; that says nothing about the page.
            self.pump.settle(Outcome(lease, "pending", reason), is_trouble=True)
        elif isinstance(error, (DownloadCancelledError, IgnoreRequest)):
            self.pump.settle(Outcome(lease, "failed", reason))  # too large
        elif lease.tries + 1 < MAX_TRIES:
            due_at = time.time() + back_off(lease.tries + 1, 0.0)
            outcome = Outcome(lease, "pending", reason, is_try=True, due_at=due_at)
            self.pump.settle(outcome, is_trouble=True)
        else:
            self.pump.settle(Outcome(lease, "failed", reason, is_try=True), is_trouble=True)

    async def ask(self, url: str) -> Answer:
        """Fetch a robots.txt, with its redirects."""
        for hop in range(MAX_REDIRECTS + 1):
            refused = f"redirect to a {PRIVATE}" if hop else PRIVATE
            if self.job.scope.private_refusal(url) is not None:
                return Answer(None, reason=refused)
            try:
                response = await self.crawler.engine.download_async(Request(url, dont_filter=True))
            except Exception as error:
                if _refused(url):
                    return Answer(None, reason=refused)
                return Answer(None, reason=f"{type(error).__name__}: {error}"[:200])
            received = _response(response)
            location = received.header("Location")
            if received.status not in REDIRECTS or not location:
                break
            target = canonical(location, url)
            if target is None:
                break
            url = target
        return Answer(received.status, received.body)

    def closed_down(self) -> None:
        self.reader.shutdown()
        self.job.close()


def _validators(lease: Lease) -> dict[str, bytes]:
    """Headers that ask for what is known only if it has changed (RFC 9110, 13.1)."""
    headers = {}
    if lease.is_known and lease.etag:
        headers["If-None-Match"] = lease.etag.encode("latin-1", "replace")
    if lease.is_known and lease.last_modified:
        headers["If-Modified-Since"] = lease.last_modified.encode("latin-1", "replace")
    return headers


def _refused(url: str) -> bool:
    """Whether the guard has refused the host of a URL."""
    return host_of(url).rpartition("@")[2].split(":")[0] in GuardedResolver.refused


def _response(response: ScrapyResponse) -> Response:
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    ]
    return Response(response.status, headers, response.body)


def _options(crawler: Crawler, *, similar: bool = False, **arguments: str) -> Options:
    """The options of ``scrapy crawl``."""
    due = bool(int(arguments.get("due", "0")))
    needed = ("archive",) if due else ("seed", "archive")
    missing = [name for name in needed if not arguments.get(name)]
    if missing:
        raise ValueError(f"missing: {' '.join(f'-a {name}=…' for name in missing)}")

    def number(name: str) -> float | None:
        return float(arguments[name]) if name in arguments else None

    limit = number("limit")
    seeds = sorted_seeds(arguments.get("seed", "").split(), similar=similar)
    return Options(
        seeds=seeds.urls,
        archive=Path(arguments["archive"]),
        limit=None if limit is None else int(limit),
        max_minutes=number("max_minutes"),
        delay=number("delay"),
        allow_private=tuple(crawler.settings.getlist("SHIYI_ALLOW_PRIVATE")),
        due=due,
        similar=similar,
        likes=seeds.likes,
        probe=bool(int(arguments.get("probe", "0"))),
    )
