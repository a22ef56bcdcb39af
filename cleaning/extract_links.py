"""The links of a page: previous, next, related, and those of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from turbohtml import Document, Element, parse

from cleaning.document import Link
from cleaning.normal_view import normal_view
from cleaning.page_tree import Line, Tree, collapsed

TURN = re.compile(
    r"^[\s<«‹【\[(>›»:←→·•]*(?:(?P<previous>上一?[篇页条章节则个]|前一[篇页条]|上篇|previous)"
    r"|(?P<next>下一?[篇页条章节则个]|后一[篇页条]|下篇|next))"
    r"(?:文章|新闻|内容|信息)?[\s】\])>›»←→]*(?P<colon>:)?\s*",
    re.IGNORECASE,
)
_MAY_TURN = re.compile(r"[上下前后後]|prev|next", re.IGNORECASE)
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
HEADING_CHARS = 40
MAX_RELATED = 100


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link as the crawler wants it."""

    url: str
    text: str


def base_of(document: Document, url: str | None) -> str | None:
    """What relative addresses are relative to: the <base>, else the page's own address."""
    base = document.select_one("base[href]")
    href = base.attr("href") if base is not None else None
    if href:
        return absolute(href, url) or url
    return url


def absolute(href: str | None, base: str | None) -> str | None:
    """The address that a link leads to, None for scripts, mail and places on the same page."""
    href = (href or "").strip()
    if not href or href.startswith("#"):
        return None
    try:
        url = urljoin(base, href) if base else href
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https", ""):
        return None
    if parts.scheme and not parts.netloc:
        return None
    return url


def page_links(html: str, base_url: str | None = None) -> list[PageLink]:
    """All links of a page to other pages, in order, each address once, its fragment dropped."""
    document = parse(html)
    base = base_of(document, base_url)
    found: dict[str, str] = {}
    for anchor in document.find_all(["a", "area"]):
        url = absolute(anchor.attr("href"), base)
        if url is None or not url.startswith("http"):
            continue
        url = url.partition("#")[0]
        if not found.get(url):
            found[url] = collapsed(anchor.text[:1000])[:300]
    return [PageLink(url, text) for url, text in found.items()]


def turns(line: Line, base: str | None) -> list[Link] | None:
    """The links of a line 上一篇：… 下一篇：…; an empty list where it says that there is none,
    None where it is no such line."""
    head = line.text[:40]
    if len(line.text) > 300 or not _MAY_TURN.search(head):
        return None
    if not TURN.match(normal_view(head).text):
        return None
    links: list[Link] = []
    kind: str | None = None
    for text, anchor in _joined(line):
        view = normal_view(text)
        rest = text
        if marker := TURN.match(view.text):
            kind = marker.lastgroup if marker.lastgroup != "colon" else _kind(marker)
            rest = view.cut(marker.end(), len(view.text))
        if kind is None or (NOTHING.match(normal_view(rest).text) and anchor is None):
            continue
        rest = rest.strip(" :：\xa0\n\t")
        url = absolute(anchor.attr("href"), base) if anchor is not None else None
        if url is None and (not rest or NOTHING.match(normal_view(rest).text)):
            continue
        if url is None and anchor is not None:
            continue
        links.append(Link(url, collapsed(rest) or collapsed(text), kind))
        kind = None
    return links


def _kind(marker: re.Match[str]) -> str:
    return "previous" if marker["previous"] else "next"


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


def is_related_heading(text: str) -> bool:
    """Whether a line is the heading of a list of other articles."""
    if len(text) > HEADING_CHARS or not _MAY_RELATE.search(text):
        return False
    view = normal_view(text).text.strip(" 【】[]■●◆|:")
    return RELATED.fullmatch(view) is not None


def related_after(tree: Tree, number: int, base: str | None) -> tuple[list[Link], int]:
    """The links of the list below the heading at line ``number``, and the line after the list.

    The list ends with the smallest block that holds the heading and a link, or where prose
    or the next heading begins.
    """
    lines = tree.lines
    block = lines[number].block
    links: list[Link] = []
    end = number + 1
    scope = block
    for at in range(number + 1, min(len(lines), number + 3 * MAX_RELATED)):
        line = lines[at]
        if line.hidden:
            end = at + 1
            continue
        if not links:
            while scope >= 0 and not tree.is_inside(line.block, scope):
                scope = tree.parent[scope]
        if scope < 0 or (
            tree.tag[scope] in ("body", "html") and line.linked < 0.5 * len(line.text)
        ):
            break
        if not tree.is_inside(line.block, scope):
            break
        if at > number + 1 and is_related_heading(line.text) and links:
            break
        if (
            not line.linked
            and len(line.text) > 60
            and links
            and tree.tag[scope] not in ("ul", "dl")
        ):
            break
        links += line_links(line, base, "related")
        end = at + 1
        if len(links) >= MAX_RELATED:
            break
    return (links[:MAX_RELATED], end) if links else ([], number + 1)


def line_links(line: Line, base: str | None, kind: str) -> list[Link]:
    """The links that a line holds."""
    links = []
    for text, anchor in _joined(line):
        if anchor is not None and (url := absolute(anchor.attr("href"), base)):
            shown = collapsed(text)
            if shown:
                links.append(Link(url, shown, kind))
    return links
