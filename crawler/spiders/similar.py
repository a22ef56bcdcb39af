"""The spider of ``shiyi crawl --similar``: pages like the seeds, on any public host."""

from __future__ import annotations

from typing import ClassVar

from crawler.spiders.site import SiteSpider


class SimilarSpider(SiteSpider):
    """``scrapy crawl similar -a seed=URL -a archive=DB``, with the arguments of ``site``; a seed may
    also be the number of a document of the archive, the path of a text, or a query."""

    name = "similar"
    is_similar: ClassVar[bool] = True
