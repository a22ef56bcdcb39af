"""Put back what is hidden in the title of a statute or the name of an agency.

A title that fits everything that is still shown, and the number of stars, is the only one of its
table, or nothing is done: 公** alone may be 公司法, 公路法 or 公证法.

>>> text = "依照《消费者权益保**》的规定"
>>> [found] = restore_titles(text, [Mask(9, 11, "**", "mask:stars", 0.97)])
>>> found.candidates[0].text, found.text
('护法', '消费者权益保护法')
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from cleaning.document import Candidate
from cleaning.restoration import Mask, Restoration
from cleaning.rules import load_pairs
from cleaning.words import MAX_WORD, is_split

REPUBLIC = "中华人民共和国"
MIN_SHOWN = 3
"""Characters of a title in 《》 that must be shown.  With three and more, what fits alone was right in 14,808 of 14,810
masks of titles in the table and of 2,840 that are in none; the others masked the end of a title together with 》."""
OPEN_END = "实施"
"""Behind it the kind of rule is open (条例, 细则, 办法): of national statutes the table has all kinds, of others not."""
CITED = re.compile(
    "[依按遵]照|依据|根据|违反|触犯|符合|规定|法律|法规|条款|施行|修[订正]|[颁公]布|出台|第[一二三四五六七八九十百千零〇\\d]+条"
)
"""Words near a statute that is cited; books and films in 《》 are read and seen."""
CITED_NEAR = 30
MIN_SHOWN_BARE = 5  # outside 《》, where nothing says that a title stands there
MAX_TITLE = 40
SURE = 0.998
TWO_SURE, FEW, OPEN = 0.995, 0.95, 0.9
"""With two characters shown, where words of the law or a word that filters hide say that it is a statute (417 of
418 masks of the titles above), and where nothing does."""
MANY = 0.3  # several titles fit
BLANK_SURE, CUT_SURE = 0.99, 0.97


@cache
def titles() -> dict[str, str]:
    """Every title and name as it may be cited, with its source: the table's name."""
    found = {}
    for title in load_pairs("statute_titles"):
        found[title] = "statutes"
        short = title.removeprefix(REPUBLIC)
        found[short] = "statutes"
        if title.endswith("法"):
            found[REPUBLIC + short] = "statutes"
    return found | dict.fromkeys(load_pairs("agencies"), "agencies")


@cache
def _by_left() -> dict[str, list[tuple[str, int]]]:
    """Titles by each of their characters but the last, with the place behind it."""
    found: dict[str, list[tuple[str, int]]] = {}
    for title in titles():
        for at, char in enumerate(title[:-1], 1):
            found.setdefault(char, []).append((title, at))
    return found


def restore_titles(text: str, masks: Sequence[Mask]) -> Iterator[Restoration]:
    done: set[int] = set()
    for mask in masks:
        if mask.start in done:
            continue
        opened = text.rfind("《", max(0, mask.start - MAX_TITLE), mask.start)
        closed = text.find("》", mask.end, mask.end + MAX_TITLE)
        if opened >= 0 and closed >= 0 and "》" not in text[opened : mask.start]:
            inside = [m for m in masks if opened < m.start and m.end <= closed]
            done |= {m.start for m in inside}
            yield from _in_brackets(text, opened + 1, closed, inside)
        elif mask.length:
            yield from _in_prose(text, mask, masks)


def _in_brackets(text: str, start: int, end: int, masks: list[Mask]) -> Iterator[Restoration]:
    """The masks of one cited title: what stands between 《 and 》, wholly known but for them."""
    pattern, at, exact = "", start, True
    for mask in masks:
        exact = exact and mask.length is not None
        length = f"{{{mask.length}}}" if mask.length else "{1,4}"
        pattern += re.escape(text[at : mask.start]) + f"(.{length})"
        at = mask.end
    pattern += re.escape(text[at:end])
    shown = end - start - sum(mask.end - mask.start for mask in masks)
    fits = [match for title in titles() if (match := re.fullmatch(pattern, title)) is not None]
    if not fits or shown < 2:
        return
    for number, mask in enumerate(masks, 1):
        fills = sorted({match[number] for match in fits})
        if len(fits) > 1:
            confidence = max(0.05, MANY / len(fills))
        elif not exact:
            confidence = BLANK_SURE if mask.shown else CUT_SURE
        elif text[start : mask.start].endswith(OPEN_END) and not _is_national(fits[0].string):
            confidence = OPEN
        elif shown >= MIN_SHOWN:
            confidence = SURE
        else:
            is_law = fills[0] in load_pairs("masked_words") or CITED.search(
                text[max(0, start - CITED_NEAR) : start] + text[end : end + CITED_NEAR]
            )
            confidence = TWO_SURE if is_law else FEW
        yield _restoration(mask, fills, confidence, fits[0].string)


def _is_national(title: str) -> bool:
    levels = load_pairs("statute_titles")
    return levels.get(title) == "national" or levels.get(REPUBLIC + title) == "national"


def _in_prose(text: str, mask: Mask, masks: Sequence[Mask]) -> Iterator[Restoration]:
    """A title without brackets: the longest one that fits around the stars."""
    length = mask.end - mask.start
    best: dict[
        str, tuple[str, str]
    ] = {}  # what fits, with its title and what stands behind it there
    shown = 0
    for title, at in _by_left().get(text[mask.start - 1 : mask.start], ()):
        size = len(title) - length
        if size < max(shown, MIN_SHOWN_BARE) or at + length > len(title):
            continue
        if not text.startswith(title[at + length :], mask.end):
            continue
        if text[max(0, mask.start - at) : mask.start] != title[:at]:
            continue
        if size > shown:
            best, shown = {}, size
        best[title[at : at + length]] = title, title[at + length :]
    if len(best) == 1:
        [(fill, (title, rest))] = best.items()
        is_loose = titles()[title] == "statutes" and _is_loose(text, mask, rest)
        yield _restoration(mask, [fill], FEW if is_loose else SURE, title)


def _is_loose(text: str, mask: Mask, rest: str) -> bool:
    """Whether the end of a statute's title, outside brackets, may be another word: 优化营商环境** before 措施
    need not be 条例, where nothing cites it, and the 法 in 中小企业**法人 begins a word of its own."""
    end = mask.end + len(rest)
    if is_split(text[max(0, end - MAX_WORD) : end], text[end : end + MAX_WORD]):
        return True
    near = text[max(0, mask.start - MAX_TITLE) : mask.start], text[end : end + CITED_NEAR]
    return not (rest or REPUBLIC in near[0] or any(map(CITED.search, near)))


def _restoration(mask: Mask, fills: list[str], confidence: float, title: str) -> Restoration:
    candidates = tuple(Candidate(fill, confidence) for fill in fills[:8])
    source = titles()[title]
    rule = "restore:law-title" if source == "statutes" else "restore:agency-name"
    return Restoration(mask, rule, candidates, source, title)
