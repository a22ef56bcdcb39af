"""Gets pages: politely, each once, nothing lost."""

from crawler.job import CrawlResult, SeedError
from crawler.pump import Progress
from crawler.run import crawl

__all__ = ["CrawlResult", "Progress", "SeedError", "crawl"]
