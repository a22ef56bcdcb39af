"""The line of date, source and author that stands below a title, and what is in it."""

from __future__ import annotations

import re

from cleaning.signs import sign

DATE = (
    r"(?P<date>(?P<year>(?:19|20)\d\d)\s*[-/.年]\s*(?P<month>1[0-2]|0?[1-9])\s*[-/.月]\s*"
    r"(?P<day>3[01]|[12]\d|0?[1-9])\s*日?)"
    r"(?:[\sT]*(?:星期.|周.)?[\sT]*(?P<time>(?:[01]?\d|2[0-3])[:：][0-5]\d(?:[:：][0-5]\d)?))?"
)
KEYS = {
    "date": "(?:发布|发表|发稿|更新|创建|添加|录入|上传|编辑|文章|信息){0,2}(?:时间|日期|于)|发布|更新",
    "source": "(?:文章|信息|内容|稿件|新闻)?(?:来源|出处)|来源网站|来自",
    "author": "(?:文章|本文)?作者|通讯员|文|撰稿|供稿|记者|发布者|发布人|编辑|责任编辑|作者[/／]编辑",
    "count": "(?:浏览|阅读|点击|访问|查看|人气|热度|评论|点赞|收藏)(?:次数|量|数|人数)?|已?有?\\d*人(?:浏览|阅读)",
    "other": "(?:文章)?(?:分类|栏目|标签|类别|编号|字号|字体|打印|分享|分享到|所属栏目|关键词)"
    "|(?:文档|信息|文章)(?:序号|编号)|录入|审[核稿]|字数|TAGS?|[Tt]ags?",
}
NAMED = "|".join(f"(?P<{k}>{v})" for k, v in KEYS.items())
KEY = re.compile(rf"[【\[]?\s*(?:{NAMED})\s*[】\]]?\s*[:：]\s*")
COUNT = re.compile(
    r"(?:浏览|阅读|点击|访问|人气|评论)\s*(?:次数|量|数)?\s*[(（]?\s*\d+\s*[)）]?\s*次?|\d+\s*(?:次|人)?(?:浏览|已读|阅读|点击|访问|评论|收藏)"
    r"|次阅读|条评论"
    r"|(?:\[?(?:打印|关闭|收藏|返回|(?:放大|缩小|增大|减小)字体|复制链接|只看该作者|只看楼主|阅读模式|倒序浏览|上一主题|下一主题|楼主|电梯直达|显示全部楼层|举报|纠错)"
    r"(?:本页|本文|窗口|列表|此页)?\]?\s*)+|本页面|(?:本文)?热度\s*\d+"
    r"|共?\s*\d+\s*字(?:[,，]?需?(?:浏览|阅读)\s*\d+\s*分钟)?|https?://\S+"
)
STAMP = re.compile(DATE)
BUTTONS = re.compile(
    r"(?:[\[【]?(?:打印(?:本页|本文)?|分享(?:到|至)?|收藏(?:本文)?|字号|字体|(?:增大|减小)字体|默认|超?大|放大|正常|[中小T]|A[+-]|缩小|关闭)[\]】]?"
    r"\s*[:：|丨]?\s*){2,}|分享(?:到|至)\s*[:：]?"
)
"""The buttons that a template puts below that line: the size of the letters, printing, sharing."""
BEFORE_KEY = tuple(
    "文章 本文 信息 新闻 内容 稿件 责任 发布 发表 发稿 更新 创建 添加 录入 上传 编辑".split()
)
SPLIT = re.compile(
    r"\s*[|｜丨│]\s*|\s[·•]\s|\?{2,}|\s+/\s+|\s{2,}|　+|\s+(?=[^\s\d]{1,6}[:：])|(?<=\d)\s+(?=[^\d\s])|\s+(?=(?:\d+\s*)?(?:次|人已?)(?:阅读|浏览|读)|条评论)"
    r"|(?<=\d)\s+(?=(?:19|20)\d\d[-/.年])"
    # Some templates put no blank between two of them: …-01点击次数:5, 张三来源:某报
    f"|(?<=[\\d次:：-])(?=(?:{'|'.join(KEYS.values())})[:：])"
    f"|(?<=[^\\W\\d]){''.join(f'(?<!{word})' for word in BEFORE_KEY)}(?=(?:{'|'.join(BEFORE_KEY)})?"
    "(?:来源|作者|编辑|时间|日期|审稿|审核|阅读|浏览|点击)(?:次数|量|数)?[:：])"
)
POSTER = re.compile(r"(\S{1,16})\s+发表于\s*")
"""Who wrote a forum's post, before the date."""
WRITER = re.compile(r"(?!(?:发布|发表|更新|编辑)[于在]?\s)(?:原创\s+)?([\w·]{2,16})\s+")
"""Who wrote it, before date and time, between title and text."""
GLUED = re.compile(r"(?!天气|晴|阴|多云|[小中大暴]?[雨雪]|星期)[^\W\d_]{2,24}|\d{1,7}")
"""What may follow a date without a key: names, or how often the page was read."""
GLUED_ABOVE_ISSUE = re.compile(r"[^\W_]{2,120}")
"""The same above a journal's issue: the names of all authors, and where they work."""
GLUED_BEHIND_SECONDS = re.compile(r"[\w·、,，\s]{2,120}")
"""The same behind a time with seconds, which only a program writes: 13:08:33张 三1 李四2."""
PUBLISHED = re.compile("(?:发布|发表|更新|编辑)[于在]?")
WORD = re.compile(r"[\w.·\-]{1,12}")
KEYED_WORDS = re.compile(r"[\w.·\-]{1,12}(?:\s+[\w·]{1,8}){0,3}")
"""What may stand beside a date for itself: a name, a section, a button."""
MAX_LENGTH = 160
ISSUE = re.compile(r"[\w·（）()]{2,20}\s+(?:19|20)\d\d年\s*(?:第\s*)?\d{1,2}期")
"""A journal with its issue, which copies of papers have below the date."""


META = sign(":：") | sign("0-9", then=r"\-/.年\s")
"""A key's colon, or what follows a year."""


def may_be_meta(line: str) -> bool:
    """The cheap look: whether a line is short, and has a year or a key's colon."""
    return len(line) <= MAX_LENGTH and ("19" in line or "20" in line or ":" in line or "：" in line)


def meta_of(
    line: str, below: str = "", *, below_title: bool = False, by_name: bool = False
) -> dict[str, tuple[int, int]]:
    """Spans of date, source and author in a line that holds nothing else; empty for other lines.

    Names without a key stand right behind a time of day, or above a journal's issue (``below``):
    2019-03-01公司成立 is an entry of a list of events.  So is 2019-03-01 公司成立, unless the line is
    known to stand ``below_title``.  ``by_name``: it may begin with who wrote the page, before a time.

    >>> meta_of("时间：2024年5月1日 10:30 来源：新华网 作者：张三 浏览：12次").keys()
    dict_keys(['date', 'source', 'author'])
    >>> meta_of("文档序号:2693发布日期:2021-10-12 15:03阅读:127来源:某局").keys()
    dict_keys(['date', 'source'])
    >>> meta_of("来源：他说这是从一本旧书里抄来的，书名已经忘了。")
    {}
    """
    if len(line) > MAX_LENGTH or not (
        (("19" in line or "20" in line) and STAMP.search(line))
        or ((":" in line or "：" in line) and KEY.match(line))
    ):
        return {}
    found: dict[str, tuple[int, int]] = {}
    words: list[str] = []
    name_first: tuple[int, int] | None = None
    at = pieces = 0
    for part in [*SPLIT.finditer(line), None]:
        stop = part.start() if part else len(line)
        segment = line[at:stop]
        start, at = at, part.end() if part else len(line)
        if not segment.strip(" []【】"):
            continue
        pieces += 1
        key = KEY.match(segment)
        name = key.lastgroup if key else None
        value = segment[key.end() :] if key else segment
        offset = start + len(segment) - len(value)
        if name not in ("count", "other") and (stamp := STAMP.search(value)):
            before, after = value[: stamp.start()], value[stamp.end() :]
            if poster := POSTER.fullmatch(before):
                found.setdefault("author", (offset, offset + poster.end(1)))
            elif by_name and stamp["time"] and (writer := WRITER.fullmatch(before)):
                found.setdefault("author", (offset + writer.start(1), offset + writer.end(1)))
            elif before.strip(" [(（【") and not PUBLISHED.fullmatch(before.strip()):
                return {}
            rest = after.strip(" ])）】")
            if rest:
                named = stamp["time"] is not None or ISSUE.fullmatch(below) is not None
                glued = GLUED_ABOVE_ISSUE if ISSUE.fullmatch(below) else GLUED
                if stamp["time"] and stamp["time"].count(":") + stamp["time"].count("：") == 2:
                    glued = GLUED_BEHIND_SECONDS
                if "-" not in stamp["date"] or not glued.fullmatch(rest):
                    return {}
                if not rest.isdigit():
                    if not named or not after.startswith(rest):
                        return {}
                    place = offset + stamp.end() + after.index(rest)
                    found.setdefault("author", (place, place + len(rest)))
            found.setdefault("date", (offset + stamp.start(), offset + stamp.end()))
        elif name in ("source", "author"):
            value = value.rstrip(" ]】")
            if len(value) > 30 or re.search("[。！？；，]", value):
                return {}
            found.setdefault(name, (offset, offset + len(value)))
        elif name in ("count", "other") or COUNT.fullmatch(segment.strip()):
            if len(value) > 40 and not value.startswith("http"):
                return {}
        elif pieces == 1 and part and name is None and WORD.fullmatch(segment.strip()):
            name_first = start, start + len(segment.rstrip())
        elif (
            name == "date"
            or not (KEYED_WORDS if KEY.match(line) else WORD).fullmatch(segment.strip())
            or "date" not in found
        ):
            return {}
        elif not KEY.match(line):
            words.append(segment)
    if (
        words
        and not below_title
        and pieces < 3
        and STAMP.fullmatch(line[: line.rfind(words[0])].rstrip())
    ):
        return {}  # 2021-04-13 修复若干问题 may be a line of a list
    if name_first is not None:
        # A name without a key stands first where source and date follow: 某人　来源：某报　2024-05-01
        if not {"date", "source"} <= found.keys():
            return {}
        found.setdefault("author", name_first)
    is_above_date = "author" in found and KEY.match(below) and STAMP.search(below)
    return found if "date" in found or "source" in found or is_above_date else {}


def is_plain(line: str) -> bool:
    """Whether a line says no more than a date, which an article may say as well."""
    return STAMP.fullmatch(line) is not None


def is_empty(line: str) -> bool:
    """Whether a line between title and date says nothing: how often it was read, what others
    search for, or only marks."""
    return not re.search(r"[^\W\d]", line) or bool(
        COUNT.fullmatch(line.strip()) or BUTTONS.fullmatch(line) or line.startswith("热门标签")
    )


def day_and_time(stamp: re.Match[str]) -> tuple[str, str | None]:
    """A date as ISO 8601 writes it, and the same with its time of day, if there is one."""
    day = "-".join((stamp["year"], stamp["month"].zfill(2), stamp["day"].zfill(2)))
    if not stamp["time"]:
        return day, None
    parts = stamp["time"].replace("：", ":").split(":")
    return day, f"{day}T{':'.join(part.zfill(2) for part in (*parts, '00')[:3])}"
