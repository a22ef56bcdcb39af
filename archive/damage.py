"""What was damaged in a document, in kinds, as it is counted and searched for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from urllib.parse import urlsplit

MOVES = ("field", "layout")
"""Kinds of edits that lose nothing and are not counted as repairs."""

LEFT = frozenset({"mask", "bad-bytes", "shift"})
"""Kinds of labels that say what is damaged and was not restored.  Other labels say what was found out about
a page, or what might be an edit and was too doubtful to be one."""


def damages_of(edits: Iterable[str], labels: Iterable[str]) -> list[tuple[str, int, int]]:
    """(kind, repaired, left) for the kinds of a document's edits and labels, sorted by kind."""
    repaired = Counter(kind for kind in edits if kind not in MOVES)
    left = Counter(kind for kind in labels if kind in LEFT)
    return [(kind, repaired[kind], left[kind]) for kind in sorted({*repaired, *left})]


def host_of(url: str | None) -> str | None:
    """The host of a URL, None where there is none.

    >>> host_of("https://WWW.example.cn:8080/a")
    'www.example.cn'
    """
    try:
        return url and urlsplit(url).hostname
    except ValueError:
        return None
