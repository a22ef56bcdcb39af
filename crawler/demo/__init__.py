"""A small bundled site and dump, damaged in every way, for ``shiyi demo`` and for tests.

Its files are made by ``benchmarks/make_demo.py``; the texts are our own.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

_HERE = files(__name__)

SITE = Path(str(_HERE / "site"))
"""The folder that :func:`crawler.demo.server.serve` serves."""

DUMP = Path(str(_HERE / "dump.jsonl"))
"""Thirty records ``{"id", "url", "text"}`` of pages, one a line."""

CONTENT_TYPES = Path(str(_HERE / "content_types.json"))
"""Path → content type, where the server is to say more than ``text/html``."""

SHOWCASE = "/lanwan/article-1.html"
"""The page that shows the most kinds of damage; sound copy at /chenguang/article-1.html."""
