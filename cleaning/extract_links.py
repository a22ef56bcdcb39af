"""The links of an article: previous, next, related, and those of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from turbohtml import Element

from cleaning.document import Link
from cleaning.extract_title import HEADINGS, is_title_hint
from cleaning.normal_view import normal_view, plain
from cleaning.page_links import absolute
from cleaning.page_tree import Line, Tree, collapsed

TURN = re.compile(
    r"^[\s<«‹【\[(>›»:←→·•]*(?:(?P<previous>上一[篇页条章节则个]|前一[篇页条]|上[篇页]|previous)"
    r"|(?P<next>下一[篇页条章节则个]|后一[篇页条]|下[篇页]|next))"
    r"(?:文章|新闻|内容|信息)?[\s】\])>›»←→]*(?P<colon>:)?\s*",
    re.IGNORECASE,
)
_MAY_TURN = re.compile("[上下前后後]|[pP][rR][eE][vV]|[nN][eE][xX][tT]")
NOTHING = re.compile(r"^[\s:]*(?:没有|无|暂无|已经|已是|很抱歉|返回|$)")
_TOPIC = (
    "文章|阅读|新闻|资讯|内容|链接|报道|信息|推荐|专题|话题|帖子|知识|问题|攻略|稿件|热点|精彩|博文"
)
RELATED = re.compile(
    rf"(?:其他|其它|相关|推荐|更多|延伸|扩展|拓展|关联|猜你喜欢|(?:为|给)您?你?推荐|本站推荐|大家都在看|您?你?可能(?:还|也)?(?:会|对)?[喜感]\w*"
    rf"|看过本文的人还看了|上述文章|栏目|今日|最新|热门|精彩|随机)(?:的)?(?:{_TOPIC})*(?:的)?[\s:·>»]*(?:more|更多)?[\s>»]*",
    re.IGNORECASE,
)
"""A heading above a list of other articles: 其他文章, 相关阅读, 猜你喜欢, 延伸阅读."""

_MAY_RELATE = re.compile(r"[其相推荐薦更延扩擴拓关關猜为爲給给看上栏欄今最热熱精随隨你您可]")
_MAY_LEAD = re.compile(f"[上下前后後pPnN{_MAY_RELATE.pattern[1:]}")
_NUMBER = re.compile(r"(?:跟[贴帖]|评论|阅读)?\d+")
_RANKING = re.compile(r"[\W_]*(?:今日|最新|热门|精彩|随机|栏目|更多)")
HEADING_CHARS = 40
TURN_CHARS, TURN_LINKED = 300, 0.3
"""A line to the neighbours is no longer, and such a share of it is linked if it has links."""
LIST_LINKED = 0.2
"""The least share of linked characters in a list of other articles: titles with their summaries
have a quarter, prose with links in it a tenth."""
PROSE_CHARS = 60
MAX_RELATED = 100


def may_lead(line: Line) -> bool:
    """A cheap test that says no to nearly every line that leads nowhere."""
    return _MAY_LEAD.search(line.text, 0, HEADING_CHARS) is not None


def turns(line: Line, base: str | None) -> list[Link] | None:
    """The links of a line 上一篇：… 下一篇：…; an empty list where it says that there is none,
    None where it is no such line, such as a sentence that begins with these words."""
    head = line.text[:HEADING_CHARS]
    if len(line.text) > TURN_CHARS or not _MAY_TURN.search(head):
        return None
    view = normal_view(line.text)
    marker = TURN.match(view.text)
    if marker is None:
        return None
    rest = view.text[marker.end() :]
    if line.linked:
        if line.linked < TURN_LINKED * len(line.text):
            return None
    elif "。" in rest or not (marker["colon"] or NOTHING.match(rest)):
        return None
    links: list[Link] = []
    kind: str | None = None
    for text, anchor in _joined(line):
        view = normal_view(text)
        rest = text
        if marker := TURN.match(view.text):
            kind = "previous" if marker["previous"] else "next"
            rest = view.cut(marker.end(), len(view.text))
        if kind is None:
            continue
        rest = collapsed(rest.strip(" :：\xa0\n\t"))
        is_nothing = NOTHING.match(normal_view(rest).text) is not None
        url = absolute(anchor.attr("href"), base) if anchor is not None else None
        if anchor is not None and url:
            links.append(Link(url, rest or anchor.attr("title") or collapsed(text), kind))
        elif anchor is not None or is_nothing:
            continue  # a link to nowhere, or the marker alone: the link may follow
        else:
            links.append(Link(None, rest, kind))
        kind = None
    return links


def bare_turn(line: Line) -> str | None:
    """The kind of link that a line announces whose marker stands alone: the link is below."""
    if line.linked or len(line.text) > 12 or not _MAY_TURN.search(line.text):
        return None
    marker = TURN.fullmatch(normal_view(line.text).text)
    return None if marker is None else "previous" if marker["previous"] else "next"


def _joined(line: Line) -> Iterator[tuple[str, Element | None]]:
    """The pieces of a line, those of one link as one."""
    if not line.pieces:
        yield line.text, None
        return
    parts: list[str] = []
    current: Element | None = None
    for text, anchor in line.pieces:
        if parts and anchor != current:
            yield "".join(parts), current
            parts = []
        current = anchor
        parts.append(text)
    if parts:
        yield "".join(parts), current


def heads_related(line: Line) -> bool:
    """Whether a line is the heading of a list of other articles, or such a list with its heading."""
    if not line.linked:
        return is_related_heading(line.text)
    if line.pieces[0][1] is not None:
        return False
    text, _ = next(_joined(line))
    return is_related_heading(collapsed(text))


def is_ranking(line: Line) -> bool:
    """Whether a list is the site's newest or most read, which is about no article."""
    return _RANKING.match(normal_view(line.text).text) is not None


def is_related_heading(text: str) -> bool:
    if len(text) > HEADING_CHARS or not _MAY_RELATE.search(text):
        return False
    view = normal_view(text).text.strip(" 【】[]■●◆|:")
    return RELATED.fullmatch(view) is not None


def related_after(
    tree: Tree, number: int, base: str | None, main_block: int
) -> tuple[list[Link], int]:
    """The links of the list below the heading at line ``number``, and the line after the list.

    The list ends with the smallest block that holds the heading and a link, or where prose
    or the next heading begins.  In a block of its own all lines are the list's; else the last
    link ends it, and what follows is text again.
    """
    lines = tree.lines
    links = _same_line(lines[number], base)
    end = number + 1
    scope = lines[number].block
    size = linked = 0
    for at in range(end, min(len(lines), number + 3 * MAX_RELATED)):
        line = lines[at]
        if line.hidden:
            continue
        while not links and scope >= 0 and not tree.is_inside(line.block, scope):
            scope = tree.parent[scope]
        if scope < 0 or not tree.is_inside(line.block, scope):
            break
        if tree.tag[scope] in ("body", "html") and line.linked < 0.5 * len(line.text):
            break
        if links and (heads_related(line) or _is_heading(tree, line)):
            break
        if not line.linked and len(line.text) > PROSE_CHARS:
            break
        links += line_links(line, base, "related")
        size += len(line.text)
        linked += line.linked
        if line.linked or not tree.is_inside(main_block, scope):
            end = at + 1
        if len(links) >= MAX_RELATED:
            break
    if not links or linked < LIST_LINKED * size:
        return [], number + 1
    links = [link for link in links if _is_article_title(link.text)]
    return links[:MAX_RELATED], end


def _is_heading(tree: Tree, line: Line) -> bool:
    """Whether the next part of the page begins: a heading that is no link."""
    block = line.block
    return not line.linked and (tree.tag[block] in HEADINGS or is_title_hint(tree.hint[block]))


def _same_line(line: Line, base: str | None) -> list[Link]:
    """The links of a list that stands in its heading's own line: 相关阅读：A B C."""
    return line_links(line, base, "related") if line.linked else []


def _is_article_title(text: str) -> bool:
    """Whether a link's words can be a title, not the number of a page or of its comments."""
    letters = plain(text)
    number = _NUMBER.match(letters)
    return len(letters) - (number.end() if number else 0) >= 2


def line_links(line: Line, base: str | None, kind: str) -> list[Link]:
    """The links that a line holds."""
    links = []
    for text, anchor in _joined(line):
        if anchor is not None and (url := absolute(anchor.attr("href"), base)):
            shown = collapsed(text)
            if shown:
                links.append(Link(url, shown, kind))
    return links
