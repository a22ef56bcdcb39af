"""Move the links below the text into ``links``, and take out the site's own lines.

>>> from cleaning.document import Document
>>> document = Document.from_text(
...     "正文到此结束。\\n上一篇：怎样泡茶\\n下一篇：没有了\\n相关文章\\n• 红茶的产地\\n• 绿茶的做法\\n返回顶部"
... )
>>> document = document.apply(remove_chrome(document))
>>> document.text.strip(), [(link.kind, link.text) for link in document.links]
('正文到此结束。', [('previous', '怎样泡茶'), ('related', '红茶的产地'), ('related', '绿茶的做法')])
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from cleaning.document import Document, Edit, Finding, Link
from cleaning.lines import Line, from_end
from cleaning.rules import patterns_of

TAIL_LINES = 80  # previous, next, a list of up to sixty titles, and the site's own lines
FURNITURE_LINES = 12  # of the text that is left, where the site's own lines may stand

NEIGHBOUR = re.compile(
    r"[\[【<«‹(（]?\s*(?P<which>上|下|前|后)(?:一)?(?:篇|页|条|章|个)(?:文章|新闻|资讯)?\s*[\]】>»›)）]?"
    r"\s*(?:[:：]|\s|$)\s*(?P<title>.*)"
)
RELATED = re.compile(
    r"[\[【■◆●▌|]?\s*(?:其他|其它|相关|推荐|热门|最新|更多|精彩|延伸|猜你喜欢|您?可能(?:还)?(?:感)?(?:喜欢|兴趣|想看)|"
    r"你?可能(?:还)?(?:感)?(?:喜欢|兴趣|想看)|随机|同类|本周|本月|站内|栏目|大家(?:都)?在看|点击)"
    r"(?:的)?(?:文章|阅读|新闻|资讯|推荐|内容|链接|热文|排行|排行榜|信息|知识|问答|话题|标签|看点|导读|最新|的)?"
    r"(?:推荐|列表|排行|排行榜|阅读|文章)?\s*[\]】|]?\s*[:：]?"
)
BARE_RELATED = {
    "推荐",
    "更多",
    "最新",
    "热门",
    "相关",
    "其他",
    "其它",
    "精彩",
    "随机",
    "延伸",
    "点击",
    "栏目",
}
BULLET = re.compile(r"^(?:[•·●○◆◇■□▪▫►▶»>※★☆\-–—*+]+|\d{1,2}[.、．)）](?!\d)|[（(]\d{1,2}[)）])\s*")
NOTHING = re.compile(
    r"(?:没有了|没有|无|暂无|已经是(?:第一|最后|最新)一?篇.{0,4}|none|返回列表)?[。！!\s]*",
    re.IGNORECASE,
)
SENTENCE = re.compile("。|[！？；].|[!?;]\\s*\\S")

MAX_TITLE = 60  # characters of a link's text; titles of the 52 measured pages have at most 42


def remove_chrome(document: Document) -> Iterator[Finding]:
    text = document.text
    above = islice(from_end(text), TAIL_LINES)
    lines: list[Line] = []
    prose: list[
        Line
    ] = []  # the last line of it; nothing above is looked at, unless it is the site's
    for line in above:
        if line.is_prose:
            prose.append(line)
            break
        lines.append(line)
    lines.reverse()
    gone: dict[int, str] = {}
    number = 0
    while number < len(lines):
        line = lines[number]
        if neighbour := _neighbour(line):
            kind, title = neighbour
            gone[number] = "chrome:previous-next"
            below = lines[number + 1] if number + 1 < len(lines) else None
            if not title and below is not None and _is_title(below):
                number += 1
                gone[number] = "chrome:previous-next"
                title = below.text
            if not NOTHING.fullmatch(title):
                yield Link(None, title, kind)
        elif _is_related(line):
            items = _items(lines, number + 1)
            if len(items) >= 2:
                gone[number] = "chrome:related"
                for item in items:
                    number += 1
                    gone[number] = "chrome:related"
                    yield _link(BULLET.sub("", item.text))
        number += 1
    edits = [(lines[n], rule) for n, rule in gone.items()]
    left = (lines[n] for n in reversed(range(len(lines))) if n not in gone)
    for line in islice(chain(left, prose, above), FURNITURE_LINES):
        rule = _furniture(line)
        if rule is not None:
            edits.append((line, rule))
        elif line.is_prose:
            break
    for line, rule in edits:
        yield Edit("chrome", line.start, line.end, text[line.start : line.end], "", rule)


def _link(item: str) -> Link:
    """The link of a list's item, which Markdown writes with its address."""
    if markdown := re.fullmatch(r"\[([^\]]+)\]\((\S+)\)", item):
        return Link(markdown[2], markdown[1], "related")
    return Link(None, item, "related")


def _neighbour(line: Line) -> tuple[str, str] | None:
    """Kind and title of a previous or next line, or None."""
    match = NEIGHBOUR.fullmatch(line.view)
    if match is None or len(match["title"]) > MAX_TITLE or "。" in match["title"]:
        return None
    kind = "previous" if match["which"] in "上前" else "next"
    return kind, line.text[match.start("title") :].strip()


def _is_related(line: Line) -> bool:
    """Whether a line is the heading of a list of other articles."""
    view = line.view
    return 2 < len(view) <= 14 and RELATED.fullmatch(view) is not None and view not in BARE_RELATED


def _is_title(line: Line) -> bool:
    return (
        0 < len(line.text) <= MAX_TITLE
        and not SENTENCE.search(line.text)
        and _neighbour(line) is None
        and not _is_related(line)
        and _furniture(line) is None
    )


def _items(lines: list[Line], first: int) -> list[Line]:
    """The lines of a list: titles, and where the first has a bullet, bullets throughout."""
    items: list[Line] = []
    for line in lines[first:]:
        if not _is_title(line):
            break
        if items and BULLET.match(items[0].text) and not BULLET.match(line.text):
            break
        items.append(line)
    return items


def _furniture(line: Line) -> str | None:
    """The rule of the site's own line that this line is, or None."""
    view = line.view
    for pattern in patterns_of("furniture", "tail"):
        if pattern.regex.fullmatch(view):
            return pattern.rule
    return None
