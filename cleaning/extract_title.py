"""The true title of a page, and its site.

A hacked page carries spam keywords in its <title>, and every extractor tested returns them
(damage.md, section 5); the true title stands as a heading above the text and shares its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cleaning.normal_view import normal_view, plain

SEPARATORS = re.compile(r"\s*(?:[_|｜»]|(?<=\s)[-–—·](?=\s)|--+|——+)\s*")
_HYPHEN = re.compile(r"\s*[-–—_|｜]\s*")
_KEYWORDS = re.compile(r"[_|｜,，、\-–—√/ ]+")
_SENTENCE = re.compile(r"[。！？；…]")
SITE = re.compile(
    r"网|報|报|频道|新闻|官方|门户|论坛|在线|中心|政府|博客|热线|资讯|日报|晚报|杂志|社区|百科|公司|头条|财经|科技|知乎|观察"
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
LOGO_HINT = re.compile(r"logo|site-?name|sitename|brand|web-?name", re.I)


@dataclass(slots=True)
class Heading:
    """A line that may be the title."""

    text: str
    tag: str
    hint: str
    distance: int
    """Lines between it and the first line of the text; negative inside the text."""


def is_keyword_list(title: str) -> bool:
    """Whether a title is a row of search keywords: many short pieces and no sentence."""
    pieces = [piece for piece in _KEYWORDS.split(title) if piece]
    if len(pieces) < 4 or _SENTENCE.search(title):
        return False
    return sum(map(len, pieces)) / len(pieces) <= 16


def agreement(title: str, body: str) -> float:
    """The share of a title's character pairs that the text holds, 0 to 1."""
    letters = plain(title)
    pairs = {letters[at : at + 2] for at in range(len(letters) - 1)}
    return sum(pair in body for pair in pairs) / len(pairs) if pairs else 0.0


def choose_title(
    declared: Sequence[str], title_tag: str | None, headings: Iterable[Heading], body: str
) -> str | None:
    """The title by the best evidence.

    ``declared`` are the titles of meta elements, ``body`` the beginning of the text as
    :func:`cleaning.normal_view.plain` gives it.
    """
    tag = plain(title_tag or "")
    spam = (
        bool(title_tag)
        and is_keyword_list(title_tag or "")
        and agreement(title_tag or "", body) < 0.5
    )
    scored: list[tuple[float, str]] = []
    for heading in headings:
        text = heading.text.strip()
        letters = plain(text)
        if not 2 <= len(letters) <= 80 or _SENTENCE.search(text[:-1]):
            continue
        score = {"h1": 3.0, "h2": 2.0, "h3": 1.2, "h4": 0.8}.get(heading.tag, 0.0)
        if TITLE_HINT.search(heading.hint):
            score += 1.5
        elif not score:
            continue
        if NAVIGATION_HINT.search(heading.hint):
            score -= 2.5
        if tag and letters in tag:
            # The whole of it, not one word of it.
            share = len(letters) / len(tag)
            score += (1.0 if spam else 4.0) * min(1.0, 2 * share)
        score += 2.5 * agreement(text, body)
        score += 1.5 if -3 <= heading.distance <= 6 else -0.04 * abs(heading.distance)
        if heading.distance < -3:
            score -= 2.0
        if len(letters) < 5:
            score -= 1.5
        if is_keyword_list(text) and agreement(text, body) < 0.5:
            score -= 3.0
        scored.append((score, text))
    for text in declared:
        if 2 <= len(plain(text)) <= 80 and not (spam and plain(text) == tag):
            own = 2.5 + 2.5 * agreement(text, body) + 1.5 * (plain(text) in tag)
            own -= 4.0 * (is_keyword_list(text) and agreement(text, body) < 0.5)
            scored.append((own, without_site(text)))
    if title_tag and (cut := without_site(title_tag)):
        own = 2.8 + 2.5 * agreement(cut, body)
        scored.append((own - (5.0 if spam else 0.0), cut))
    if not scored:
        return None
    return max(scored, key=lambda pair: pair[0])[1]


def without_site(title: str, site: str | None = None) -> str:
    """A page's <title> without the name of its site: 标题_站名, 标题 - 频道 - 站名."""
    title = title.strip()
    pieces = SEPARATORS.split(title)
    while len(pieces) > 1 and _is_site(pieces[-1], site):
        pieces.pop()
    if len(pieces) > 1:
        end = title.find(pieces[-1], len(title) - len(title.lstrip())) + len(pieces[-1])
        kept = title[: title.rfind(pieces[-1], 0, end) + len(pieces[-1])]
        first = SEPARATORS.split(kept)[0]
        # What is left is the title, or the title and its channel.
        title = first if len(plain(first)) >= 6 else kept
    else:
        title = pieces[0]
    while (hyphen := title.rfind("-")) > 5 and _is_site(title[hyphen + 1 :], site):
        title = title[:hyphen].rstrip(" -–—")
    return title.strip(" _|-–—")


def _is_site(piece: str, site: str | None) -> bool:
    piece = piece.strip()
    return bool(
        not piece
        or (site and piece == site)
        or (len(piece) <= 16 and SITE.search(normal_view(piece).text))
    )


def site_of(metas: dict[str, str], title_tag: str | None, logos: Iterable[str]) -> str | None:
    """The site's name: declared, else at the end of the <title>, else in its logo."""
    for name in ("og:site_name", "sitename", "application-name", "apple-mobile-web-app-title"):
        if value := metas.get(name, "").strip():
            return value
    if title_tag and not is_keyword_list(title_tag):
        pieces = [piece for piece in _HYPHEN.split(title_tag.strip()) if piece]
        if len(pieces) > 1 and _is_site(pieces[-1], None):
            return pieces[-1].strip()
    for logo in logos:
        if 2 <= len(logo.strip()) <= 20 and not _SENTENCE.search(logo):
            return logo.strip()
    return None
