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
from collections.abc import Iterable, Iterator
from itertools import islice

from cleaning.document import Document, Edit, Finding, Link
from cleaning.lines import HAS_HAN, Line, Lines
from cleaning.rules import any_of

TAIL_LINES = 700  # previous, next, lists of other articles, and the site's own lines
FURNITURE_LINES = 12  # of the text that is left, where the site's own lines may stand

NEIGHBOUR = re.compile(
    r"[\[【<«‹(（/]?\s*(?:阅读)?(?P<which>上|下|前|后)(?:一)?(?:篇|页|条|章|个)(?:文章|新闻|资讯)?\s*[\]】>»›)）/]?"
    r"\s*(?:[:：]|\s|$)\s*(?P<title>.*)"
)
ANY_NEIGHBOUR = re.compile(r"\W{0,4}(?:阅读)?[上下前后]一?[篇页条章个]")
SECOND = re.compile(r"(?<=\S)\s+(?=[\[【«‹(（]?\s*下一(?:篇|页|条|章|个))")
"""Where on a line the next one begins behind the previous one."""
RELATED = re.compile(
    r"[\[【■◆●▌|]?\s*(?:作者|本文|更多)?(?:其他|其它|相关|推荐|热门|最新|更多|精彩|延伸|猜你喜欢|您?可能(?:还)?(?:感)?(?:喜欢|兴趣|想看)|"
    r"你?可能(?:还)?(?:感)?(?:喜欢|兴趣|想看)|随机|同类|本周|本月|站内|栏目|大家(?:都)?在看|点击)"
    r"(?:的)?(?:文章|阅读|新闻|资讯|推荐|稿件|报道|内容|链接|热文|排行|排行榜|信息|知识|问答|话题|标签|看点|导读|最新|搜索|组图|图片|主题|的)?"
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

MIN_MARKS = 3
"""Lines with the look of a site's own, among those below the text, that show where the text ends."""

ENDS = ("furniture:editor", "furniture:comments", "furniture:open-on-phone")
MOST_LINES = (
    700  # of other articles' titles and beginnings below a text; the 52 measured pages' have 660
)
FOOTER = 600  # characters that a site's own last lines have, with a list of links above them
FOOTER_WORDS = (
    "版权",
    "版權",
    "ICP",
    "©",
    "opyright",
    "首页",
    "首頁",
    "关于我们",
    "關於我們",
    "联系我们",
    "聯絡我們",
)
MAX_PROSE_LINES = 0.2
"""Of the lines below the end of a text those that may be prose: comments, beginnings of other articles.  The
texts of the 52 measured pages have 0.5 at the least."""
MAX_OF_PROSE = (
    0.4  # of a page's prose what stands below the end of its text; a share bar may stand above it
)
PROSE_IN_A_ROW = 12  # lines of prose above which a place is surely in the text

MAX_PROSE_BELOW = 0.15  # of the text's length: prose of other articles below it
MAX_SNIPPET = 160  # characters of the beginning of another article

MIN_TITLE = 6  # characters of another article's title; most words of menus have two to four

MAX_NEIGHBOUR = 80  # characters of the title of the previous or next article
MAX_TITLE = 60  # characters of a link's text; titles of the 52 measured pages have at most 42


def remove_chrome(document: Document) -> Iterator[Finding]:
    text = document.text
    lines = _below_text(document.lines)
    if not lines:
        return
    gone, links = _lists(lines)
    left = [n for n in range(len(lines)) if n not in gone][-FURNITURE_LINES:]
    gone |= {n: rule for n in left if (rule := lines[n].furniture) is not None}
    if lines[0].start and (gone or any(map(_is_sites, lines)) or _may_have_footer(text)):
        above, more = _above_prose(document.lines, lines)
        gone = {n + len(above): rule for n, rule in gone.items()} | more
        lines = above + lines
        links += _below_end(lines, gone)
    yield from links
    for n, rule in sorted(gone.items()):
        line = lines[n]
        yield Edit("chrome", line.start, line.end, text[line.start : line.end], "", rule)


def _below_text(whole: Lines) -> list[Line]:
    """The lines below the last prose, which may be followed by the site's own sentences."""
    lines: list[Line] = []
    for line in islice(whole.upwards(), TAIL_LINES):
        if line.is_prose and line.furniture is None and not _neighbours(line):
            break
        lines.append(line)
    return lines[::-1]


def _may_have_footer(text: str) -> bool:
    """Whether a page may end in a site's own lines below beginnings of other articles: a gate."""
    end = text[-FOOTER:]
    return any(word in end for word in FOOTER_WORDS)


def _above_prose(whole: Lines, lines: list[Line]) -> tuple[list[Line], dict[int, str]]:
    """The lines from the end of the text to the given ones, where prose stands between: the
    beginnings of other articles.  The lines in them that show that the text has ended, by number.

    The line of the editor, or of previous and next, or of comments ends a text.  What is below is
    little, or nearly all of its lines are short: comments among buttons.
    """
    budget = MAX_PROSE_BELOW * lines[0].start
    above: list[Line] = []
    ends: list[tuple[int, int]] = []  # for each end the lines down from it, and their prose
    prose = size = 0
    is_little = True
    for line in islice(whole.upwards(), len(lines), len(lines) + MOST_LINES):
        above.append(line)
        few = MAX_PROSE_LINES * (len(lines) + len(above))
        if line.is_prose:
            prose += 1
            size += len(line.text)
            is_little = is_little and size <= budget and len(line.text) <= MAX_SNIPPET
            if not is_little and prose > few + PROSE_IN_A_ROW:
                break
        if (is_little or prose <= few) and (_neighbours(line) or line.furniture in ENDS):
            ends.append((len(above), size))
    end = max((count for count, below in ends if below <= MAX_OF_PROSE * size), default=0)
    above = above[:end][::-1]
    gone, _ = _lists(above)
    gone |= {n: rule for n, line in enumerate(above) if (rule := line.furniture) is not None}
    return above, gone


def _below_end(lines: list[Line], gone: dict[int, str]) -> list[Link]:
    """Let all lines go that stand below the first one of the site's, where there are enough of these.

    Links of what of it is a title, as lists of other articles have no heading sometimes.
    """
    ends = {n for n, line in enumerate(lines) if n in gone or line.furniture is not None}
    marks = ends | {n for n, line in enumerate(lines) if _is_sites(line)}
    if not ends or len(marks) < MIN_MARKS - any(lines[n].furniture in ENDS for n in ends):
        return []
    below = [n for n in range(min(ends), len(lines)) if n not in gone]
    gone |= {n: lines[n].furniture or "chrome:below-end" for n in below}
    return _titles(lines[n] for n in below if n not in marks)


def _titles(lines: Iterable[Line]) -> list[Link]:
    """Links of those of some lines that are titles."""
    return [
        _link(BULLET.sub("", line.text))
        for line in lines
        if MIN_TITLE <= len(line.text) <= MAX_TITLE
        and _is_title(line)
        and HAS_HAN.search(line.text)
    ]


def _lists(lines: list[Line]) -> tuple[dict[int, str], list[Link]]:
    """The lines of previous and next and of lists of other articles, by number, and their links."""
    gone: dict[int, str] = {}
    links: list[Link] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if neighbours := _neighbours(line):
            gone[number] = "chrome:previous-next"
            below = lines[number + 1] if number + 1 < len(lines) else None
            if not neighbours[-1][1] and below is not None and _is_title(below):
                number += 1
                gone[number] = "chrome:previous-next"
                neighbours[-1] = neighbours[-1][0], below.text
            links += [
                Link(None, title, kind)
                for kind, title in neighbours
                if not NOTHING.fullmatch(title)
            ]
        elif _is_related(line):
            items = _items(lines, number + 1)
            if len(items) >= 2:
                gone[number] = "chrome:related"
                for item in items:
                    number += 1
                    gone[number] = "chrome:related"
                    links.append(_link(BULLET.sub("", item.text)))
        number += 1
    return gone, links


def _is_sites(line: Line) -> bool:
    """Whether a line looks like a site's own whatever it says."""
    return (
        any_of("site_lines", "anchor").fullmatch(line.view) is not None
        or line.furniture is not None
    )


def _link(item: str) -> Link:
    """The link of a list's item, which Markdown writes with its address."""
    if markdown := re.fullmatch(r"\[([^\]]+)\]\((\S+)\)", item):
        return Link(markdown[2], markdown[1], "related")
    return Link(None, item, "related")


def _neighbours(line: Line) -> list[tuple[str, str]]:
    """Kinds and titles of a previous or next line, or of both on one line."""
    view = line.view
    if not ANY_NEIGHBOUR.match(view):
        return []
    starts = [0, *(match.end() for match in SECOND.finditer(view))]
    found: list[tuple[str, str]] = []
    for start, stop in zip(starts, [*starts[1:], len(view)], strict=True):
        match = NEIGHBOUR.fullmatch(view, start, stop)
        if match is None or len(match["title"]) > MAX_NEIGHBOUR or "。" in match["title"]:
            return []
        kind = "previous" if match["which"] in "上前" else "next"
        found.append((kind, line.text[match.start("title") : stop].strip()))
    return found


def _is_related(line: Line) -> bool:
    """Whether a line is the heading of a list of other articles."""
    view = line.view
    return 2 < len(view) <= 14 and RELATED.fullmatch(view) is not None and view not in BARE_RELATED


def _is_title(line: Line) -> bool:
    return (
        0 < len(line.text) <= MAX_TITLE
        and not SENTENCE.search(line.text)
        and not _neighbours(line)
        and not _is_related(line)
        and line.furniture is None
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
