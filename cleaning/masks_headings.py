"""Find a numbered heading that is the bare end of its siblings: a word was cut from its front."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from cleaning.han import is_han
from cleaning.restoration import Mask
from cleaning.signs import sign

HEADING = re.compile(
    r"^(?P<number>(?P<parent>\d{1,2}\.)\d{1,2}|（?[一二三四五六七八九十]{1,2}）?|\d{1,2})"
    r"[、.．\s][ \t]*(?P<words>\S.{0,30})$",
    re.MULTILINE,
)
NUMBERED_LINE = re.compile(r"\n(?=[0-9（一二三四五六七八九十]\S{0,6}[、.．\s])")
"""The break before a line that may be one."""
NUMBERED_SIGN = sign("\n", then="0-9（一二三四五六七八九十")
SAME_KIND = re.compile(r"[一二三四五六七八九十]+|\d+")
HEADING_SURE, START_SURE = 0.9, 0.85
"""No heading of 86 million characters of sound text is bare so; a text below begins as its heading does
where the texts of its siblings do."""
MIN_SIBLINGS = 3  # numbered headings of one parent, of which one is the bare end of the others


def find_bare_headings(text: str) -> Iterator[Mask]:
    """A numbered heading that is the bare end of its siblings: 催收 beside 短信催收, 上门催收."""
    groups: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for match in _numbered(text):
        kind = match["parent"] or SAME_KIND.sub("1", match["number"])
        groups[kind].append((match.start("words"), match["words"].strip()))
    for headings in groups.values():
        for at, words in headings:
            if not 2 <= len(words) <= 6 or not is_han(words[0]):
                continue
            longer = {w: p for p, w in headings if w != words and w.endswith(words)}
            if len(longer) < MIN_SIBLINGS:
                continue
            yield Mask(at, at, "", "mask:bare-heading", HEADING_SURE)
            below = _below(text, at)
            if text.startswith(words, below) and any(
                text.startswith(sibling, _below(text, place)) for sibling, place in longer.items()
            ):
                yield Mask(below, below, "", "mask:bare-start", START_SURE)


def _below(text: str, at: int) -> int:
    """Where the text below a heading begins."""
    return (text.find("\n", at) + 1) or len(text)


def _numbered(text: str) -> Iterator[re.Match[str]]:
    """The numbered headings, tried at the lines that begin with a number."""
    places = (0, *(match.end() for match in NUMBERED_LINE.finditer(text)))
    return (match for at in places if (match := HEADING.match(text, at)))
