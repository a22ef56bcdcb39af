"""The true title of a page.

A hacked page carries spam keywords in its <title>, and every extractor tested returns them
(damage.md, section 5); the true title stands as a heading above the text and shares its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import add

from cleaning.normal_view import normal_view, plain

SEPARATORS = re.compile(r"\s*(?:[_|｜»]|(?<=\s)[-–—·](?=\s)|--+|——+)\s*")
_KEYWORDS = re.compile(r"[_|｜,，、\-–—√/ ]+")
_SENTENCE = re.compile(r"[。！？；…]")
SITE = re.compile(
    r"网|报|频道|新闻|官方|门户|论坛|在线|中心|政府|博客|热线|资讯|日报|晚报|杂志|社区|百科|公司|头条|财经|科技|知乎|观察"
    r"|集团|大学|学院|协会|委员会|电视台|电台|出版社|医院|\.com|\.cn|\.net|\.org|首页|CSDN|传媒"
)
TITLE_HINT = re.compile(
    r"(?<![a-z])(?:[a-z]*[-_])?(?:article|art|main|news|post|entry|content|con|text|page|info|wz)?[-_]?(?:title|tit|headline|biaoti|subject|bt)(?![a-z])",
    re.I,
)
NAVIGATION_HINT = re.compile(
    r"nav|menu|foot|side|crumb|position|weizhi|logo|related|relate|recommend|rank|hot|comment|friend|copyright",
    re.I,
)
_WAY = re.compile(r"首页|当前位置|所在位置|>>?|»|[:：]$")
SPAM_AGREEMENT = 0.5
"""A row of keywords that shares fewer of its character pairs with the text is not about it."""
HEADINGS = {"h1": 3.0, "h2": 2.0, "h3": 1.2, "h4": 0.8, "h5": 0.6, "h6": 0.5}
TITLE_CHARS = 120
NEAR_LINES = 6
"""A line without any mark is the title only so near above the text."""
TITLE_LETTERS = 6
SITE_CHARS = 16
FOREIGN_CHARS = 15
START_SHARE = 0.6
"""A line without any mark is the title if it is so much of the beginning of the <title>."""
LOGO_HINT = re.compile(r"logo|site-?name|sitename|brand|web-?name", re.I)


@dataclass(slots=True)
class Heading:
    """A line that may be the title."""

    text: str
    tag: str
    hint: str
    distance: int
    """Lines between it and the first line of the text; negative inside the text."""
    is_linked: bool = False


@lru_cache(maxsize=8192)
def is_title_hint(hint: str) -> bool:
    """Whether names of a block say that it holds a title."""
    return TITLE_HINT.search(hint) is not None


@lru_cache(maxsize=8192)
def is_logo_hint(hint: str) -> bool:
    """Whether names of a block say that it holds the site's logo."""
    return LOGO_HINT.search(hint) is not None


def is_keyword_list(title: str) -> bool:
    """Whether a title is a row of search keywords: many short pieces and no sentence."""
    if _SENTENCE.search(title):
        return False
    pieces = [piece for piece in _KEYWORDS.split(title) if piece]
    if len(pieces) < 4:
        return False
    return sum(map(len, pieces)) / len(pieces) <= 16


def agreement(title: str, body: str) -> float:
    """The share of a title's character pairs that the text holds, 0 to 1."""
    return _agreement(plain(title), body)


def _agreement(letters: str, body: str) -> float:
    pairs = set(map(add, letters, letters[1:]))
    return sum([pair in body for pair in pairs]) / len(pairs) if pairs else 0.0


def choose_title(
    declared: Sequence[str], title_tag: str | None, headings: Iterable[Heading], body: str
) -> str | None:
    """The title by the best evidence.

    ``declared`` are the titles of meta elements, ``body`` the beginning of the text as
    :func:`cleaning.normal_view.plain` gives it.
    """
    tag = plain(title_tag or "")
    cut_length = len(plain(without_site(title_tag or "", body)))
    tag_is_spam = title_tag is not None and _is_spam(title_tag, body)
    scored = [
        (score, heading.text.strip())
        for heading in headings
        if (score := _heading_score(heading, tag, cut_length, tag_is_spam, body)) is not None
    ]
    for text in declared:
        cut = without_site(text, body)
        if 2 <= len(plain(cut)) <= 80 and not _is_spam(text, body):
            in_tag = plain(cut) in tag
            scored.append((2.5 + 2.5 * agreement(cut, body) + 1.5 * in_tag, cut))
    if title_tag and not tag_is_spam and (cut := without_site(title_tag, body)):
        scored.append((2.8 + 2.5 * agreement(cut, body), cut))
    if not scored:
        return None
    title = max(scored, key=lambda pair: pair[0])[1]
    # A mark before it (原创, 置顶) stands in the heading and not in the <title>.
    if title_tag and not tag_is_spam:
        cut = without_site(title_tag, body)
        extra = len(plain(title)) - len(plain(cut))
        if 0 < extra <= 3 and len(cut) > 8 and plain(title).endswith(plain(cut)):
            return cut
    return title


def _is_spam(title: str, body: str) -> bool:
    return is_keyword_list(title) and agreement(title, body) < SPAM_AGREEMENT


def _heading_score(
    heading: Heading, tag: str, cut_length: int, tag_is_spam: bool, body: str
) -> float | None:
    """How likely a line is the title; None for one that cannot be."""
    text = heading.text.strip()
    letters = plain(text)
    if not 2 <= len(letters) <= 80 or "。" in text:
        return None
    distance = heading.distance
    score = HEADINGS.get(heading.tag, 0.0)
    if is_title_hint(heading.hint):
        score += 1.5
    if not score and (heading.is_linked or not -1 <= distance <= NEAR_LINES):
        return None
    agrees = _agreement(letters, body)
    is_start = tag.startswith(letters) and len(letters) >= max(6, START_SHARE * cut_length)
    if not score:
        # A line without any mark: right above the text, and of its words or the <title>'s.
        if not (is_start or agrees >= 0.4):
            return None
        if distance <= 0 and not is_start:
            return None
        score = 0.3
    if NAVIGATION_HINT.search(heading.hint):
        score -= 2.5
    if _WAY.search(text):
        score -= 3.0
    if tag and letters in tag:
        # The whole of it, not one word of it.
        score += (1.0 if tag_is_spam else 4.0) * min(1.0, 2 * len(letters) / len(tag))
    score += 2.5 * agrees
    score += 1.5 if -3 <= distance <= NEAR_LINES else -0.04 * abs(distance)
    if distance < -3:
        score -= 2.0
    if len(letters) < 5:
        score -= 1.5
    if is_keyword_list(text) and agrees < SPAM_AGREEMENT:
        score -= 3.0
    return score


def without_site(title: str, body: str = "") -> str:
    """A page's <title> without the name of its site: 标题_站名, 标题 - 频道 - 站名.

    A name that does not look like a site's goes too, if it shares nothing with the text and the
    rest does.
    """
    title = title.strip()
    cuts = list(SEPARATORS.finditer(title))
    while cuts and is_site(title[cuts[-1].end() :]):
        title = title[: cuts.pop().start()]
    if cuts:
        # What follows may be a channel, or a name that does not look like a site's.
        first = title[: cuts[0].start()]
        if len(plain(first)) >= TITLE_LETTERS and _is_foreign(title[cuts[0].end() :], first, body):
            title = first
    while (hyphen := title.rfind("-")) > TITLE_LETTERS - 1 and (
        is_site(title[hyphen + 1 :]) or _is_foreign(title[hyphen + 1 :], title[:hyphen], body)
    ):
        title = title[:hyphen].rstrip(" -–—")
    return title.strip(" _|-–—")


def _is_foreign(piece: str, rest: str, body: str) -> bool:
    """Whether the end of a <title> is not of the text while the rest is."""
    if len(plain(piece)) > FOREIGN_CHARS:
        return False
    return agreement(piece, body) < 0.3 and agreement(rest, body) >= 0.5


def is_site(piece: str) -> bool:
    """Whether a piece of a <title> looks like the name of a site."""
    view = normal_view(piece.strip()).text
    return not view or (len(view) <= SITE_CHARS and SITE.search(view) is not None)
