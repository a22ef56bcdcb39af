"""Date, source and author of an article, from its page's declarations and its visible lines.

Patterns first: they find the date of 90 % of 88 pages at a thirtieth of htmldate's time
(research/parse.md, section 2c), which is asked for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from cleaning.normal_view import View, normal_view

DATE = re.compile(
    r"(?<![\d.])(20[0-3]\d|19[89]\d)\s?(?:年|[-/.])\s?(0?[1-9]|1[0-2])\s?(?:月|[-/.])\s?"
    r"(3[01]|[12]\d|0?[1-9])(?:\s?日|(?!\.?\d)|(?=\d\d:\d\d))"
    r"(?:[ T]{0,3}(?:星期.|周.|上午|下午)?\s?([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?"
    r"(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?)?"
)
"""Year, month, day; hour, minute, second, offset."""

_SHORT_YEAR = re.compile(
    r"(?:发布|发表|更新)?(?:时间|日期|于)\s?:?\s?([012]\d)-(\d\d)-(\d\d)(?:(?!\d)|(?=\d\d:\d\d))"
    r"(?:\s?(\d\d):(\d\d))?"
)
"""发布时间：18-03-08, which is always year, month, day in Chinese; htmldate takes the last for the year."""
_YEARLESS = re.compile(
    r"(?:发布|发表|时间|日期)[^\d]{0,4}(?<!\d)(0?[1-9]|1[0-2])\s?[月-]\s?(3[01]|[12]\d|0?[1-9])(?![\d-])\s?日?"
    r"(?:\s{0,2}([01]?\d|2[0-3]):([0-5]\d))?"
)

CHINA = timezone(timedelta(hours=8))

META_DATES = (
    "article:published_time pubdate publishdate publish_date publish-date publish_time published"
    " datepublished og:release_date og:published_time weibo:article:create_at apub:time _pubtime"
    " firstpublishedtime originalpublicationdate dc.date.issued dc.date dcterms.created createdate"
    " bytedance:published_time og:time article:create_at sailthru.date parsely-pub-date date"
).split()
META_SOURCES = ("contentsource", "source", "mediaid", "article:source", "og:article:source")
META_AUTHORS = ("article:author", "og:article:author", "author")

_SCRIPT_NAMES = (
    "datePublished", "pubDate", "pub_time", "pubTime", "publish_time", "publishTime",
    "publish_date", "publishDate", "ptime", "var ct",
)  # fmt: skip
_SCRIPT_VALUE = re.compile(r"[\"']?\s*[:=]\s*[\"']?(\d[^\"',;<]{7,35})")
_URL_DATE = re.compile(r"[/_-](20[0-3]\d)[-/_]?(0[1-9]|1[0-2])[-/_]?(0[1-9]|[12]\d|3[01])(?![\d])")

LABELS = (
    "信息来源|文章来源|新闻来源|稿件来源|本文来源|来源|来自|稿源|出处|转自|作者|撰文|责任编辑|责编|编辑|记者|通讯员"
    "|发布时间|发布日期|发布者|发布人|发布|发表于|发表|时间|日期|更新|浏览|点击|阅读|评论|字号|字体|分享|打印|关闭|投稿"
    "|文档序号|文章编号|信息编号|人气|栏目|分类|标签|审核|校对|访问|收藏|关注|举报|点赞|我要|原标题|所属|大中小|扫一扫|手机|查看|次数|订阅"
)
_BARE = "浏览|点击|字号|字体|分享|打印|关闭|大中小|扫一扫|我要|责任编辑|责编|次数|人气|原标题|点赞|举报|订阅"
_END = rf"(?=\s*(?:$|[|\[\]()]|{_BARE}|(?:{LABELS})\s?[:/\d]|(?<!\d)(?:19|20)\d\d[-年/.])|\s+(?:{LABELS}))"
"""Where a value ends: at a mark, a date, the next field.  A field's name with neither a blank before
nor a colon behind it may be part of the value (网友投稿, 山城发布, 编辑部), unless no name holds it."""
SOURCE = re.compile(
    r"(?:(?:信息|文章|新闻|稿件|资料|本文)?来源|来自|稿源|出处|转载?自)\s?(?:于|自)?\s?:\s?"
    rf"([^\s:|,，。；;]{{1,30}}?){_END}"
)
_SOURCE_TO_BLANK = re.compile(
    r"(?:来源|稿源|出处|转载?自)\s?(?:于|自)?\s?:\s?([^\s:|,，。；;]{1,30})(?=\s)"
)
AUTHORS = tuple(
    re.compile(pattern + rf"([^|,，。；;:\d_]{{2,24}}?)(?:_[A-Z]*\d+)?{_END}")
    for pattern in (
        r"(?:作者|撰文|撰稿|文字?)\s?[:/]\s?",
        r"(?:本报记者|见习记者|记者|通讯员)\s?:\s?",
        r"(?:责任编辑|责编|编辑|小编|发布者|发布人)\s?[:/]\s?",
    )
)
_BYLINE = re.compile(r"(?:电|讯|报道)\s?\((?:[^()]{0,12})?记者\s?([^()]{2,24})\)")
_COUNTS = re.compile(
    r"(?:浏览|阅读|点击|评论|人气|访问|点赞|查看|收藏)(?:次数|量|数)?\s?(?::\s?\d*|\d+)\s?次?|\d+\s?(?:次|人)?(?:浏览|阅读|评论|围观|参与|条评论)"
)
_RESIDUE = re.compile(rf"(?:{LABELS})|[\s\W_\d]+|转载请注明|本文|原创|次|于|到|量|数")


_LABEL = re.compile(LABELS)
_MAY_BE_FIELDS = re.compile(r"[:：/／]|\d")
VALUE_CHARS = 40
FIELD_CHARS, RESIDUE_CHARS = 160, 3
"""A line of fields is no longer, and leaves no more characters once its fields are cut out."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A publication date, and the time of day in ISO 8601 where it is known."""

    date: str
    published_at: str | None = None


@dataclass(slots=True)
class Place:
    """A line that may hold fields: its view, and how far it stands from the title (in lines)."""

    view: View
    distance: int
    is_tail: bool = False


def moment_of(found: re.Match[str]) -> Moment | None:
    """The moment that a match of DATE names, None for 31 June."""
    year, month, day, hour, minute, second, offset = found.groups()
    try:
        stamp = date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
    if hour is None:
        return Moment(stamp)
    at = f"{stamp}T{int(hour):02}:{minute}:{second or '00'}"
    if offset and offset != "Z" and ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    return Moment(stamp, at + (offset or ""))


def first_moment(text: str) -> Moment | None:
    for found in DATE.finditer(text):
        if moment := moment_of(found):
            return moment
    return None


def declared_moment(metas: dict[str, str], scripts: Iterable[str]) -> Moment | None:
    """The date that the page declares in its meta elements or in its structured data."""
    best: Moment | None = None
    for value in _declared(metas, scripts):
        moment = first_moment(value)
        if moment and (best is None or (moment.published_at and not best.published_at)):
            best = moment
        if best and best.published_at:
            break
    return best


def _declared(metas: dict[str, str], scripts: Iterable[str]) -> Iterator[str]:
    yield from (metas[name] for name in META_DATES if name in metas)
    for script in scripts:
        yield from _script_values(script)


def _script_values(script: str) -> Iterator[str]:
    """The values that a script gives to names of publication dates, name by name.

    A search for plain strings: an expression over a whole page takes thirty times as long.
    """
    for name in _SCRIPT_NAMES:
        at = script.find(name)
        while at >= 0:
            at += len(name)
            if found := _SCRIPT_VALUE.match(script, at):
                yield found[1].strip()
            at = script.find(name, at)


def script_moment(html: str) -> Moment | None:
    """The date in the page's scripts, for pages whose visible date a script makes."""
    for value in _script_values(html):
        if re.fullmatch(r"1\d{9}(?:\d{3})?", value):  # Unix time in seconds or milliseconds
            at = datetime.fromtimestamp(int(value[:10]), UTC).astimezone(CHINA)
            return Moment(at.date().isoformat(), at.isoformat())
        if moment := first_moment(value):
            return moment
    return None


def url_moment(url: str | None) -> Moment | None:
    """The date in an article's address: /2019/09/26/ or /20190926/."""
    if url and (found := _URL_DATE.search(url)):
        return first_moment("-".join(found.groups()))
    return None


def yearless_moment(places: Iterable[Place], lines: Iterable[str]) -> Moment | None:
    """A labelled date without a year (发布时间：03-04 09:05), if the same day stands with its year
    elsewhere in the page's lines, and always with the same.  Otherwise no year is sure."""
    for place in places:
        if len(place.view.text) > FIELD_CHARS:
            continue
        if (short := _SHORT_YEAR.search(place.view.text)) and (moment := _of_short_year(short)):
            return moment
        found = _YEARLESS.search(place.view.text)
        if found is None:
            continue
        month, day, hour, minute = found.groups()
        moments = {
            moment.date
            for line in lines
            for match in DATE.finditer(line)
            if (int(match[2]), int(match[3])) == (int(month), int(day))
            and (moment := moment_of(match))
        }
        if len(moments) != 1:
            return None
        stamp = moments.pop()
        return Moment(stamp, f"{stamp}T{int(hour):02}:{minute}:00" if hour else None)
    return None


def _of_short_year(found: re.Match[str]) -> Moment | None:
    year, month, day, hour, minute = found.groups()
    return first_moment(f"20{year}-{month}-{day}" + (f" {hour}:{minute}" if hour else ""))


def visible_moment(places: Iterable[Place]) -> Moment | None:
    """The date in the lines about the title: labelled, with a time of day, near, and alone."""
    best, best_score = None, 1.9
    for place in places:
        text = place.view.text
        if len(text) > FIELD_CHARS:
            continue
        for found in DATE.finditer(text):
            moment = moment_of(found)
            if moment is None:
                continue
            before = text[max(0, found.start() - 12) : found.start()]
            score = 2.0 if len(text) < 60 else 0.0
            score += 3.0 * bool(re.search(r"发布|发表|时间|日期|pub", before))
            score += 3.0 * (moment.published_at is not None)
            score += 1.5 * bool(re.search(r"来源|作者|编辑|阅读|浏览", text))
            score -= 0.15 * place.distance + 3.0 * place.is_tail
            score -= 4.0 * bool(re.search(r"copyright|版权|©|备案|有效期|截至|截止", text.lower()))
            if score > best_score:
                best, best_score = moment, score
    return best


def source_of(places: Iterable[Place]) -> str | None:
    """The source that a line names: 来源：…"""
    for place in sorted(places, key=lambda place: (place.is_tail, place.distance)):
        for pattern in (SOURCE, _SOURCE_TO_BLANK):
            for found in pattern.finditer(place.view.text):
                value = tidy(place.view.cut(*found.span(1)))
                if value and not DATE.match(value):
                    return value
    return None


def author_of(places: Iterable[Place], first_lines: Iterable[View]) -> str | None:
    """Who wrote it: the author, else the reporter, else the editor."""
    ordered = sorted(places, key=lambda place: (place.is_tail, place.distance))
    for number, pattern in enumerate(AUTHORS):
        for place in ordered:
            for found in pattern.finditer(place.view.text):
                if value := tidy(place.view.cut(*found.span(1))):
                    return value
        if number == 0:
            for view in first_lines:
                byline = _BYLINE.search(view.text)
                if byline and (value := tidy(view.cut(*byline.span(1)))):
                    return value
    return None


def tidy(value: str) -> str | None:
    """A field's value without the marks around it, None where nothing is left."""
    value = value.strip(" \t　\xa0|·:：-—_/[]【】<>《》“”\"'、,，。;；").lstrip(")）").rstrip("(（")
    if value[:1] in ("(", "（"):  # around the whole of it; a note's own stay
        value = value[1:].removesuffix(")").removesuffix("）")
    if not re.search(r"\w", value) or len(normal_view(value).text) > VALUE_CHARS:
        return None
    return value


def is_field_line(text: str, *, with_label: bool = False) -> bool:
    """Whether a line holds fields of the page and nothing else: date, source, author, counts.

    ``with_label``: a date alone is not enough, since official letters end with theirs.
    """
    if len(text) > FIELD_CHARS or not _MAY_BE_FIELDS.search(text):
        return False
    rest, found = normal_view(text).text, 0
    for pattern in (SOURCE, _SOURCE_TO_BLANK, *AUTHORS, _COUNTS):
        rest, count = pattern.subn(" ", rest)
        found += count
    rest, dates = DATE.subn(" ", rest)
    if with_label and not (found or _LABEL.search(rest)):
        return False
    return found + dates > 0 and len(_RESIDUE.sub("", rest)) <= RESIDUE_CHARS
