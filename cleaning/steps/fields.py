"""Move what stands above the text into fields: site, title, date, source, author.

A text without markup begins, below any spam header, with the site's name, the title, a line of
date and source, in this order and each of them optional.  Nothing is lost: the edits keep the
lines, and a first line that may be a sentence stays.

>>> from cleaning.document import Document
>>> document = Document.from_text(
...     "保险知识网\\n怎样选择保险\\n发布时间：2025-08-18 | 来源：网络整理\\n" + "保险是一种合同，双方都有义务。" * 4
... )
>>> document = document.apply(fill_fields(document))
>>> document.site, document.title, document.date, document.source
('保险知识网', '怎样选择保险', '2025-08-18', '网络整理')
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from cleaning.document import Document, Edit, FieldEdit, Finding
from cleaning.han import HAN
from cleaning.lines import Line, head, stands_as_title
from cleaning.rules import load_patterns

HEAD_LINES = (
    8  # site, breadcrumb, title, repeated title, subtitle, date and source, views, share bar
)
MAX_ABOVE = 5  # lines above a date line that can be a head

DATE = (
    r"(?P<date>(?P<year>(?:19|20)\d\d)\s*[-/.年]\s*(?P<month>1[0-2]|0?[1-9])\s*[-/.月]\s*"
    r"(?P<day>3[01]|[12]\d|0?[1-9])\s*日?)"
    r"(?:[\sT]*(?:星期.|周.)?[\sT]*(?P<time>(?:[01]?\d|2[0-3])[:：][0-5]\d(?:[:：][0-5]\d)?))?"
)
KEYS = {
    "date": "(?:发布|发表|更新|创建|添加|录入|上传|编辑|文章|信息)?(?:时间|日期|于)|发布|更新",
    "source": "(?:文章|信息|内容|稿件|新闻)?(?:来源|出处)|来源网站|来自",
    "author": "(?:文章|本文)?作者|文|撰稿|供稿|记者|发布者|发布人|编辑|责任编辑|作者[/／]编辑",
    "count": "(?:浏览|阅读|点击|访问|查看|人气|热度|评论|点赞|收藏)(?:次数|量|数|人数)?|已?有?\\d*人(?:浏览|阅读)",
    "other": "(?:文章)?(?:分类|栏目|标签|类别|编号|字号|字体|打印|分享|分享到|所属栏目|关键词)",
}
KEY = re.compile(
    r"[【\[]?\s*(?:"
    + "|".join(f"(?P<{k}>{v})" for k, v in KEYS.items())
    + r")\s*[】\]]?\s*[:：]\s*"
)
COUNT = re.compile(
    r"(?:浏览|阅读|点击|访问|人气|评论)\s*(?:次数|量|数)?\s*[(（]?\s*\d+\s*[)）]?\s*次?|\d+\s*(?:次|人)?(?:浏览|阅读|点击|访问|评论)"
)
STAMP = re.compile(DATE)
SPLIT = re.compile(r"\s*[|｜丨│]\s*|\s{2,}|　+|\s+(?=[^\s\d]{1,6}[:：])|(?<=\d)\s+(?=[^\d\s])")
SITE = re.compile(
    r"[\w·&.\- ]{1,14}(?:网|网站|在线|论坛|资讯|频道|门户|热线|日报|晚报|时报|公司|百科|知识库|博客|之家|大全|平台|中心)"
)
ORIGINAL_TITLE = re.compile(r"[（(【]?\s*原(?:文)?标题\s*[:：]\s*(.{2,80}?)\s*[)）】]?")
HEADING = re.compile(r"#{1,2}\s+(\S.{1,80}?)\s*#*")  # Markdown's
BYLINE = re.compile(
    "记者|通讯员|评论员|执笔|作者|编辑|来源|[文图]\\s*[/／:：|]|摄影|供图|供稿|撰文"
)
SHORT = re.compile(f"[{HAN}A-Za-z0-9·&. -]{{2,12}}")
SECTION = re.compile(
    "(?:新闻|行业|公司|企业|最新|热门|时事)?(?:新闻|动态|资讯|公告|通知|要闻|知识|文章|头条|快讯)(?:中心|列表|详情|内容|正文)?|正文|首页|原创|转载"
)
CRUMBS = (">", "»", "›", "→", "/", "-")
BAD_SITE = re.compile("[，。：；？！、《》“”]")


@dataclass(slots=True)
class _Head:
    """What the lines above the text are: the title, the site's name, and the rule of each that goes."""

    title: str | None = None
    site: str | None = None
    gone: dict[int, str] = field(default_factory=dict)


def fill_fields(document: Document) -> Iterator[Finding]:
    lines = head(document.text, HEAD_LINES)
    if not lines:
        return
    known = {_plain(document.title)} if document.title else set()
    meta = next((n for n, line in enumerate(lines[: MAX_ABOVE + 1]) if meta_of(line.view)), None)
    if (
        meta is not None
        and STAMP.fullmatch(lines[meta].view)
        and not document.title
        and (not meta or not _title_line(lines[meta - 1], known))
    ):
        meta = None  # a date alone is the page's date only right below a title
    crumb = next((n for n, line in enumerate(lines[:MAX_ABOVE]) if _breadcrumb(line)), None)
    if meta is not None or crumb is not None:
        found = _above_text(lines, meta, crumb, known)
    elif document.title is None and any(line.is_prose for line in lines[1:4]):
        found = _first_lines(lines)
    else:
        found = _Head()
    if found.title is not None:
        known.add(_plain(found.title))
    for number, line in enumerate(lines):
        if line.is_prose:
            break
        if number not in found.gone and _plain(line.text) in known:
            found.gone[number] = "field:title-repeated"
    if found.title is not None and document.title is None:
        yield _fill("title", found.title, "field:title-line")
    if found.site is not None and not document.site:
        yield _fill("site", found.site, "field:site-line")
    if meta is not None:
        yield from _fields_of_meta(lines, meta, document, found.gone)
    for number, rule in sorted(found.gone.items()):
        line = lines[number]
        yield Edit("field", line.start, line.end, document.text[line.start : line.end], "", rule)


def _above_text(lines: list[Line], meta: int | None, crumb: int | None, known: set[str]) -> _Head:
    """The head of a page that has a breadcrumb, or a line of date and source, or both."""
    found = _Head()
    first = 0
    if crumb is not None and (meta is None or crumb < meta):
        first = crumb + 1
        found.gone[crumb] = "field:breadcrumb"
        # Above a breadcrumb stand the site's name and its menus, in short lines.
        if not any(line.is_prose for line in lines[:crumb]):
            found.gone |= dict.fromkeys(range(crumb), "field:above-breadcrumb")
            names = [line.text for line in lines[:crumb] if _is_site(line.text, above_title=False)]
            found.site = names[0] if names else None
        known = known | {_plain(lines[crumb].text.split(mark)[-1]) for mark in CRUMBS}
    stop = meta if meta is not None else min(first + 1, len(lines))
    left = range(first, stop)
    if not left or any(lines[n].is_prose for n in left):
        return found
    title = lines[left[-1]]
    if _plain(title.text) in known or (meta is not None and _title_line(title, known)):
        found.gone[left[-1]] = "field:title-line"
        found.title = title.text
    above = lines[first]
    if len(left) > 1 and found.title is not None and (first or SECTION.fullmatch(above.view)):
        if SHORT.fullmatch(above.text):
            found.gone[first] = "field:section-line"
    elif len(left) > 1 and _is_site(above.text, above_title=found.title is not None):
        found.gone[first] = "field:site-line"
        found.site = above.text
    return found


def _first_lines(lines: list[Line]) -> _Head:
    """The head of a text that has neither: its first line, or the second below the site's name."""
    first = lines[0]
    if original := ORIGINAL_TITLE.fullmatch(first.text):
        return _Head(title=original[1], gone={0: "field:first-line"})
    if heading := HEADING.fullmatch(first.text):
        return _Head(title=heading[1], gone={0: "field:first-line"})
    second = lines[1]
    if _is_site(first.text, above_title=False) and _stands_as_title(second):
        return _Head(second.text, first.text, {0: "field:site-line", 1: "field:first-line"})
    if _stands_as_title(first):
        return _Head(title=first.text, gone={0: "field:first-line"})
    return _Head()


def _breadcrumb(line: Line) -> bool:
    patterns = load_patterns("furniture")
    return any(p.action == "head" and p.regex.fullmatch(line.view) for p in patterns)


def _stands_as_title(line: Line) -> bool:
    return stands_as_title(line.text) and not BYLINE.search(line.view)


def _fields_of_meta(
    lines: list[Line], first: int, document: Document, gone: dict[int, str]
) -> Iterator[Finding]:
    """Fields from the line of date and source, and from further such lines right below it."""
    filled: set[str] = set()
    for number in range(first, len(lines)):
        found = meta_of(lines[number].view)
        if not found:
            break
        gone[number] = "field:date-line"
        for name, (start, end) in found.items():
            value = lines[number].text[start:end].strip()
            if name == "date":
                stamp = STAMP.fullmatch(value)
                if stamp is None or document.date or "date" in filled:
                    continue
                day = "-".join((stamp["year"], stamp["month"].zfill(2), stamp["day"].zfill(2)))
                yield _fill("date", day, "field:date-line")
                if stamp["time"] and not document.published_at:
                    yield _fill("published_at", f"{day}T{_clock(stamp['time'])}", "field:date-line")
            elif value and not getattr(document, name) and name not in filled:
                yield _fill(name, value, "field:date-line")
            filled.add(name)


def meta_of(line: str) -> dict[str, tuple[int, int]]:
    """Spans of date, source and author in a line that holds nothing else; empty for other lines.

    >>> meta_of("时间：2024年5月1日 10:30 来源：新华网 作者：张三 浏览：12次").keys()
    dict_keys(['date', 'source', 'author'])
    >>> meta_of("来源：他说这是从一本旧书里抄来的，书名已经忘了。")
    {}
    """
    if len(line) > 160 or not (STAMP.search(line) or KEY.match(line)):
        return {}
    found: dict[str, tuple[int, int]] = {}
    at = 0
    for part in [*SPLIT.finditer(line), None]:
        stop = part.start() if part else len(line)
        segment = line[at:stop]
        start, at = at, part.end() if part else len(line)
        if not segment.strip():
            continue
        key = KEY.match(segment)
        name = key.lastgroup if key else None
        value = segment[key.end() :] if key else segment
        offset = start + len(segment) - len(value)
        if stamp := STAMP.search(value):
            if value[: stamp.start()].strip(" [(（【") or value[stamp.end() :].strip(" ])）】"):
                return {}
            found.setdefault("date", (offset + stamp.start(), offset + stamp.end()))
        elif name in ("source", "author"):
            if len(value) > 30 or re.search("[。！？；，]", value):
                return {}
            found.setdefault(name, (offset, offset + len(value)))
        elif name in ("count", "other") or COUNT.fullmatch(segment.strip()):
            if len(value) > 40:
                return {}
        elif (
            name == "date"
            or not re.fullmatch(r"[\w.·\-]{1,12}", segment.strip())
            or "date" not in found
        ):
            return {}
    return found if "date" in found or "source" in found else {}


def _title_line(line: Line, known: set[str]) -> bool:
    return stands_as_title(line.text) or _plain(line.text) in known or (
        4 <= len(line.text) <= 60 and line.text[-1] in "？?！!" and "。" not in line.text
    )  # fmt: skip


def _is_site(text: str, *, above_title: bool) -> bool:
    """Whether a line is a site's name: by its last word, or, above title and date, by its shortness."""
    if BAD_SITE.search(text):
        return False
    return SITE.fullmatch(text) is not None or (above_title and SHORT.fullmatch(text) is not None)


def _plain(text: str | None) -> str:
    """A title for comparison: without blanks, marks and case."""
    return re.sub(r"[\W_]+", "", text or "").casefold()


def _clock(text: str) -> str:
    parts = text.replace("：", ":").split(":")
    return ":".join(part.zfill(2) for part in (*parts, "00")[:3])


def _fill(field: str, value: str, rule: str) -> FieldEdit:
    return FieldEdit(field, "field", 0, 0, "", value, rule)
