"""What the first lines of a page are: its site, its menus, its title, its line of date and source."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

from cleaning.han import HAN, forms_of
from cleaning.lines import PROSE_LENGTH, SENTENCE_END, Line, Lines, stands_as_title
from cleaning.meta_line import KEY, STAMP, is_empty, is_plain, may_be_meta, meta_of
from cleaning.rules import patterns_of
from cleaning.signs import sign

MAX_ABOVE = 5  # lines above a date line that can be a head

MENU_LINES = 40  # of menus above a full date line that need no word of a site's navigation
NAVIGATION = ("site_lines:follow", "site_lines:menu", "site_lines:menu-line")
MIN_NAVIGATION = 3
"""Different lines with the words of a site's navigation that a long list above a title must hold."""

SITE = re.compile(
    r"[\w·&.\- ]{1,14}(?:网|网站|在线|论坛|资讯|频道|门户|热线|日报|晚报|时报|公司|百科|知识库|博客|之家|大全|平台|中心)"
)
ORIGINAL_TITLE = re.compile(r"[（(【]?\s*原(?:文)?标题\s*[:：]\s*(.{2,80}?)\s*[)）】]?")
HEADING = re.compile(r"#{1,2}\s+([\w《“「【].{1,80}?)\s*#*")  # Markdown's
BYLINE = re.compile(
    "记者|通讯员|评论员|执笔|作者|编辑|来源|[文图]\\s*[/／:：|]|摄影|供图|供稿|撰文"
)
SHORT = re.compile(f"[{HAN}A-Za-z0-9·&. -]{{2,12}}")
SECTION = re.compile(
    "(?:新闻|行业|公司|企业|最新|热门|时事)?(?:新闻|动态|资讯|公告|通知|要闻|知识|文章|头条|快讯)(?:中心|列表|详情|内容|正文)?|正文(?:内容)?|首页|原创|转载|通知公告|文章详情页?|详情页"
)
NO_SITE = re.compile(
    "(?:产品|新闻|资讯|服务|下载|会员|帮助|技术|案例|用户|个人|客户|展示|视频|图片|招聘|文档|活动|商务|解决方案)中心"
    "|.*(?:下载|登录|登陆|注册|导航|搜索|菜单|首页|收藏|返回)|APP.*|TOP|" + SECTION.pattern
)
"""Short lines above a title that name a part of the site, or a button."""
LABELLED = re.compile(r"(?:标题|题目|主题)\s*[:：]\s*(.{2,80}?)(?:\s*\[打印本页\])?")
CRUMBS = (">", "»", "›", "→", "/", "-")


@cache
def _crumb_signs() -> str:
    """Every breadcrumb that the rules know has one of them (位置, 首页, >)."""
    return ">»›" + forms_of("页置")


@cache
def _crumb_sign() -> re.Pattern[str]:
    return re.compile(f"[{_crumb_signs()}]")


CRUMBED = sign(_crumb_signs)
MENU = re.compile(r"\S{1,10}(?:\s+\S{1,10}){4,}")  # words with blanks between them, no sentence's
STATEMENT_ENDS = tuple("。；;…")
CLOSING = "”’」』）)"
BRACKETED = re.compile("【[^【】]{1,12}】")  # what a title may begin with
BAD_SITE = re.compile("[，。：；？！、《》“”]")


@dataclass(slots=True)
class Head:
    """What the lines above the text are: the title, the site's name, and the rule of each that goes."""

    title: str | None = None
    site: str | None = None
    gone: dict[int, str] = field(default_factory=dict)


def find_breadcrumb(lines: list[Line], menus: int) -> int | None:
    """The number of the breadcrumb, near the top or below nothing but ``menus``."""
    near = lines[: max(MAX_ABOVE, menus + 1)]
    return next((n for n, line in enumerate(near) if matches_breadcrumb(line)), None)


def matches_breadcrumb(line: Line) -> bool:
    """Whether a line is a breadcrumb by its shape."""
    return _crumb_sign().search(line.text) is not None and any(
        pattern.regex.fullmatch(line.view) for pattern in patterns_of("furniture", "head")
    )


def head_and_menus(whole: Lines, count: int, most: int) -> tuple[list[Line], int]:
    """The first lines of a text, and how many of them could be menus.

    ``count`` lines where prose is among them; else as many more, up to ``most``, as follow the menus.
    """
    menus = wanted = most
    for number, line in enumerate(islice(whole.downwards(), most)):
        if not _may_be_in_menus(line):
            menus = number
            wanted = count if menus < count and line.is_prose else min(most, menus + count)
            break
    lines = whole.first(wanted)
    return lines, min(menus, len(lines))


def _may_be_in_menus(line: Line) -> bool:
    """Whether a line can be one of menus, which hold headings of other articles as well."""
    return not line.text.rstrip(CLOSING).endswith(STATEMENT_ENDS) and (
        not line.is_prose or matches_breadcrumb(line)
    )


def _is_menu(line: Line) -> bool:
    return not line.is_prose and not SENTENCE_END.search(line.text)


def _is_below_menus(lines: list[Line]) -> bool:
    """Whether lines are a site's navigation: by their words where there are many of them, since a
    long list of another kind may stand above a date as well."""
    if len(lines) <= MENU_LINES and all(map(_is_menu, lines)):
        return True
    patterns = [p.regex for p in patterns_of("site_lines", "anchor") if p.rule in NAVIGATION]
    views = {line.view for line in lines}
    found = (view for view in views if any(regex.fullmatch(view) for regex in patterns))
    return len(list(islice(found, MIN_NAVIGATION))) == MIN_NAVIGATION


def find_meta_line(
    lines: list[Line], crumb: int | None, known: set[str], menus: int, *, titled: bool
) -> int | None:
    """The number of the line of date and source that belongs to the head: near its beginning, or
    below nothing but ``menus``."""
    near = (crumb + 1 if crumb is not None else 0) + MAX_ABOVE
    for number, line in enumerate(lines[: max(near, menus) + 1]):
        if not may_be_meta(line.text):
            continue
        below = lines[number + 1].view if number + 1 < len(lines) else ""
        found = meta_of(
            line.view,
            below,
            below_title=crumb is not None and number == crumb + 2,
            by_name=_is_between_title_and_text(lines, number, known),
        )
        if not found:
            continue
        if len(below) < PROSE_LENGTH and not KEY.match(line.view) and STAMP.match(below):
            return None  # a list of events
        above = _last(lines, 0, number)
        below_title = above is not None and _title_line(lines[above], known)
        first = 0 if crumb is None else crumb + 1
        if number > near and not (
            below_title and _is_full(line, found) and _is_below_menus(lines[first:number])
        ):
            continue
        # A date alone is the page's date only right below a title, and above all prose: else it is signed.
        if is_plain(line.view) and any(line.is_prose for line in lines[:number]):
            return None
        return number if titled or below_title or not is_plain(line.view) else None
    return None


def _is_between_title_and_text(lines: list[Line], number: int, known: set[str]) -> bool:
    """Whether a line stands right between a title and prose, and no other near it looks like it: a
    log of a chat has a name and a time above each of its lines."""
    near = lines[number + 1 : number + 1 + MAX_ABOVE]
    return (
        number > 0
        and _title_line(lines[number - 1], known)
        and bool(near)
        and near[0].is_prose
        and not any(STAMP.search(line.view) and not line.is_prose for line in near)
    )


def _is_full(line: Line, found: dict[str, tuple[int, int]]) -> bool:
    """Whether a line says so much that it is no line of a list or of a programme of events."""
    stamp = STAMP.search(line.view)
    return stamp is not None and (stamp["time"] is not None or len(found) > 1)


def _last(lines: list[Line], first: int, stop: int) -> int | None:
    """The last line of a range that says something."""
    left = [n for n in range(first, stop) if not is_empty(lines[n].view)]
    return left[-1] if left else None


def head_above_text(
    lines: list[Line], meta: int | None, crumb: int | None, known: set[str]
) -> Head:
    """The head of a page that has a breadcrumb, or a line of date and source, or both."""
    found = Head()
    first = 0
    if crumb is not None and (meta is None or crumb < meta):
        first = crumb + 1
        found.gone[crumb] = "field:breadcrumb"
        # Above a breadcrumb stand the site's name and its menus, in short lines.
        if not any(line.is_prose for line in lines[:crumb]):
            found.gone |= dict.fromkeys(range(crumb), "field:above-breadcrumb")
            above = [line for line in lines[:crumb] if line.text]
            names = [line.text for line in above if _is_site(line, above_title=len(above) == 1)]
            found.site = names[0] if names else None
        crumbs = {plain(lines[crumb].text.split(mark)[-1]) for mark in CRUMBS}
        if _is_section(lines, first, crumbs):
            found.gone[first] = "field:section-line"
            first += 1
        known = known | crumbs
    stop = meta if meta is not None else min(first + 1, len(lines))
    last = _last(lines, first, stop)
    if last is None or lines[last].is_prose:
        return found
    title = lines[last]
    above_prose = meta is None and stop < len(lines) and lines[stop].is_prose
    if plain(title.text) in known or (
        (meta is not None or above_prose) and _title_line(title, known)
    ):
        blank = (n for n in range(stop) if n != last and is_empty(lines[n].view))
        found.gone |= dict.fromkeys(blank, "field:count-line")
        found.gone[last] = "field:title-line"
        found.title = unlabelled(title)
    if last > first and not any(line.is_prose for line in lines[first:last]):
        full = meta is not None and _is_full(lines[meta], meta_of(lines[meta].view))
        _take_above_title(lines, first, last, found, is_full=full)
    return found


def _take_above_title(
    lines: list[Line], first: int, last: int, found: Head, *, is_full: bool
) -> None:
    """Between breadcrumb and title: the section.  Above all: the site's name, or its menus."""
    above = lines[first]
    titled = found.title is not None
    menus = [n for n in range(first, last) if MENU.fullmatch(lines[n].text)] if titled else []
    found.gone |= dict.fromkeys(menus, "field:above-title")
    if last - first > MAX_ABOVE and titled and all(map(_is_menu, lines[first:last])):
        found.gone |= dict.fromkeys(range(first, last), "field:above-title")
    elif first in menus:
        return
    elif titled and is_full and last - first > 1 and all(map(_is_menu, lines[first:last])):
        # Between the site's name and the title of a page with a full date line stand its menus.
        if _is_site(above, above_title=False):
            found.site = above.text
        found.gone |= dict.fromkeys(range(first, last), "field:above-title")
    elif titled and (first or NO_SITE.fullmatch(above.view)):
        if SHORT.fullmatch(above.text):
            found.gone[first] = "field:section-line"
    elif _is_site(above, above_title=titled):
        found.gone[first] = "field:site-line"
        found.site = above.text


def _is_section(lines: list[Line], first: int, crumbs: set[str]) -> bool:
    """Whether the line below a breadcrumb repeats its last part, which is a section and no title."""
    if first + 1 >= len(lines) or plain(lines[first].text) not in crumbs:
        return False
    below = lines[first + 1]
    if is_empty(below.view):
        return False
    return len(lines[first].text) <= 8 and stands_as_title(below.text) and not meta_of(below.view)


def head_of_first_lines(lines: list[Line]) -> Head:
    """The head of a text that has neither: its first line, or the second below the site's name."""
    first = lines[0]
    if original := ORIGINAL_TITLE.fullmatch(first.text):
        return Head(title=original[1], gone={0: "field:first-line"})
    if heading := HEADING.fullmatch(first.text):
        return Head(title=heading[1], gone={0: "field:first-line"})
    second = lines[1]
    if _is_site(first, above_title=False) and _stands_as_title(second):
        return Head(second.text, first.text, {0: "field:site-line", 1: "field:first-line"})
    if _stands_as_title(first):
        return Head(title=first.text, gone={0: "field:first-line"})
    return Head()


def _stands_as_title(line: Line) -> bool:
    return stands_as_title(line.text) and not (
        BYLINE.search(line.view) or SECTION.fullmatch(line.view)
    )


def _title_line(line: Line, known: set[str]) -> bool:
    text = unlabelled(line)
    if bracketed := BRACKETED.match(text):
        text = text[bracketed.end() :].lstrip()
    return stands_as_title(text) or plain(text) in known or (
        4 <= len(text) <= 60 and text[-1] in "？?！!" and "。" not in text
    ) or LABELLED.fullmatch(line.view) is not None  # fmt: skip


def unlabelled(line: Line) -> str:
    """A line without the word 标题： before it, as forums print it."""
    match = LABELLED.fullmatch(line.view)
    return line.text[match.start(1) : match.end(1)] if match else line.text


def _is_site(line: Line, *, above_title: bool) -> bool:
    """Whether a line is a site's name: by its last word, or, above title and date, by its shortness."""
    if BAD_SITE.search(line.text) or NO_SITE.fullmatch(line.view):
        return False
    return SITE.fullmatch(line.text) is not None or (
        above_title and SHORT.fullmatch(line.text) is not None
    )


def plain(text: str | None) -> str:
    """A title for comparison: without blanks, marks and case."""
    return _NO_LETTERS.sub("", text or "").casefold()


_NO_LETTERS = re.compile(r"[\W_]+")
