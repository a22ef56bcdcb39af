"""Scrapy's settings for every crawl, from ``shiyi crawl`` and from ``scrapy crawl`` alike.

Each line differs from Scrapy's default and says why.  What is said of manners lives in the
frontier, since it must hold across processes and runs: see crawler/manners.py.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

from archive.runs import program_version
from crawler.slots import CONCURRENCY, PER_HOST

BOT_NAME = "shiyi"
SPIDER_MODULES = ["crawler.spiders"]

# Who we are, and how to reach the one who runs it: a URL or a mail address.
SHIYI_CONTACT = os.environ.get("SHIYI_CONTACT", "")
USER_AGENT = f"shiyi/{program_version()}" + (f" (+{SHIYI_CONTACT})" if SHIYI_CONTACT else "")
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.1",  # pages, nothing else
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",  # what we read
}

# Hosts of private addresses that may be asked (crawler/guard.py); none by default.
SHIYI_ALLOW_PRIVATE: list[str] = []
TWISTED_DNS_RESOLVER = "crawler.guard.GuardedResolver"

# A page can only be had by http and https: no file, data, ftp or s3 address, whoever asks.
DOWNLOAD_HANDLERS: dict[str, str | None] = {"file": None, "data": None, "ftp": None, "s3": None}

# The frontier in the archive spaces requests per host, across processes, and retries.
CONCURRENT_REQUESTS = CONCURRENCY
CONCURRENT_REQUESTS_PER_DOMAIN = PER_HOST
DOWNLOAD_DELAY = 0
ROBOTSTXT_OBEY = False  # crawler/robots.py does, by RFC 9309; Scrapy's looks at no status
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"  # the frontier gives a URL once
HTTPCACHE_ENABLED = False  # the archive keeps pages; a cache would keep them twice

# Bounds against what a hostile server may do.
DOWNLOAD_TIMEOUT = 30  # seconds for all of a page; a server that drips bytes is left after it
DOWNLOAD_MAXSIZE = (
    8 * 1024 * 1024
)  # bytes, unpacked too: 2.1 GB became 90 MB on a bomb (crawl.md, 8)
DOWNLOAD_WARNSIZE = 0
DNS_TIMEOUT = 20

# No door into the process, and nothing told to servers that they need not know.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
COOKIES_ENABLED = False
REFERER_ENABLED = False

# A response gives no items, and Scrapy would start a hundred tasks for those of each: 3 ms a page.
CONCURRENT_ITEMS = 1

# What Scrapy is made of here, instead of its defaults: those would be loaded even where they are off, 15 MB
# of them (measured at the first answer).  Left out on purpose: retries and
# redirects (the frontier's), every status is an outcome, and proxies, which resolve names where the guard does not see it.
EXTENSIONS_BASE: dict[str, int] = {}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
DOWNLOADER_MIDDLEWARES_BASE = {
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": 590,
}
STATS_CLASS = "scrapy.statscollectors.DummyStatsCollector"  # `runs` and `fetches` tell

if find_spec("uvloop"):
    ASYNCIO_EVENT_LOOP = "uvloop.Loop"  # 20 to 30 % less time in the engine, where it is installed

LOG_LEVEL = "INFO"
LOGSTATS_INTERVAL = 0  # the pump tells how the crawl stands
STATS_DUMP = False
MEMUSAGE_ENABLED = False
