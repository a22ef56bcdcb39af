"""Take out the line of spam keywords that a hack put above the text or into the title.

Such a line is a list of phrases without a sentence mark, and says nothing about the text below
it.  Words alone decide nothing: news about a crackdown uses the same ones in sentences, and a
page about search engines lists keywords of its own topic.

>>> from cleaning.document import Document
>>> spam = "棋牌游戏下载_彩票开奖走势图_真人娱乐城官网_注册送彩金平台_手机版app下载"
>>> document = Document.from_text(spam + "\\n" + "春茶要在清明前后采摘，这时的芽叶最嫩。" * 20)
>>> document.apply(remove_header(document)).text[:6]
'春茶要在清明'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from cleaning.document import Document, Edit, FieldEdit, Finding, Label
from cleaning.han import HAN, in_simplified, is_han
from cleaning.lines import Line, head, tail
from cleaning.rules import load_pairs

HEAD_LINES = 3  # a header stands above everything else; the site's name may stand above it
REMAINS_LINES = 12  # with what the hack's markup left around it, where markup was shown as text
FOOT_LINES = 3  # another list of the same kind is sometimes put below everything
PREFIX = re.compile("^[^:：|_]{2,12}[:：]\\s*")
SEPARATOR = re.compile(r"\s+[Il]\s+|[_|｜,，/\-—–√\s]+")
STRONG = re.compile(
    r"[_|｜\-—√/]|\sI\s"
)  # authors list with 、 and blanks; keyword lists with these
BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
REMAINS = re.compile("(?:\\d{1,2}\\.\\s)?(?:[\\s•·?？]|</?[a-zA-Z][^<>]*>)+")
"""A line of markup, bullets and bytes that were no character: all that is left of hidden links."""
SENTENCE = re.compile("[。！？；…“”：]|[!?;:](?![^\n]*[_|])")
HAN_RUN = re.compile(f"[{HAN}]+")

MIN_REMAINS = 3  # lines of markup on top of a hacked page that go without keywords beside them

MIN_PHRASES = 4
"""A sound title has two or three parts: article, channel, site."""

MIN_SPAM_PHRASES = 0.3
"""Share of phrases that hold a spam word; with less, the shape must be plainer."""

MIN_PLAIN_LENGTH = 4  # Han characters of a phrase on average; a navigation's words have two
NAVIGATION = re.compile("首页|关于我们|联系|导航|产品中心|服务中心|新闻中心|登录|地图")
DAMAGE = ("annotated", "charwise", "shifted")
"""Labels of a page that a mirror made: there a list joined by - or / needs no spam word."""

MAX_RELATED = 0.25
"""Share of the line's character pairs that the text below it holds as well.  The keyword line of
the real page shares 4 % with its text; titles and topic lists of sound pages share over 50 %."""

MIN_BODY = 120  # Han characters below the line, fewer of which cannot show a relation
BODY = 20_000  # characters that are looked at for it


def remove_header(document: Document) -> Iterator[Finding]:
    text = document.text
    hacked = any(document.has_label(kind) for kind in DAMAGE)
    start = 0
    for line, rule in _header_lines(text, hacked=hacked):
        start = line.start
        yield Edit("header", line.start, line.end, text[line.start : line.end], "", rule)
        if rule == "header:keywords":
            yield Label("spam-header", None, None, line.text, rule)
    for foot in tail(text, FOOT_LINES):
        spam = PREFIX.sub("", foot.text)
        if foot.start > start and is_spam(spam, text[max(0, foot.start - BODY) : foot.start]):
            yield Edit(
                "header", foot.start, foot.end, text[foot.start : foot.end], "", "header:foot"
            )
            yield Label("spam-header", None, None, foot.text, "header:foot")
    if document.title:
        yield from _clean_title(document.title, text[:BODY], hacked=hacked)
    for label in document.labels:
        if label.kind == "html-title" and is_spam(label.value, text[:BODY], hacked=hacked):
            yield Label("spam-header", None, None, label.value, "header:title-tag")


def _header_lines(text: str, *, hacked: bool) -> Iterator[tuple[Line, str]]:
    """Keyword lines among the first ones, and the remains of markup that touch them."""
    remains: list[Line] = []
    others = 0
    below_spam = False
    lines = head(text, REMAINS_LINES)
    if hacked and len(lines) > MIN_REMAINS and all(map(_is_markup, lines[:MIN_REMAINS])):
        below_spam = True
    for line in lines:
        if REMAINS.fullmatch(line.text):
            remains.append(line)
            continue
        spam = is_spam(line.text, text[line.end : line.end + BODY], hacked=hacked)
        if spam or below_spam:
            yield from ((rest, "header:remains") for rest in remains)
        if spam:
            yield line, "header:keywords"
        remains = []
        below_spam = spam
        others += not spam
        if others == HEAD_LINES:
            break


def _is_markup(line: Line) -> bool:
    return "<" in line.text and REMAINS.fullmatch(line.text) is not None


def _clean_title(title: str, body: str, *, hacked: bool) -> Iterator[Finding]:
    """A hacked title goes; where a true one is joined to it, that part stays."""
    if not is_spam(title, body, hacked=hacked):
        return
    parts = [
        part for part in re.split(r"[_|｜]|\s+[-—–]\s+|[-—–](?=[^-]*$)", title) if part.strip()
    ]
    related = [part.strip() for part in parts if len(part) > 3 and relation(part, body) >= 0.6]
    after = related[0] if len(related) == 1 else ""
    yield FieldEdit("title", "header", 0, len(title), title, after, "header:title")
    yield Label("spam-header", None, None, title, "header:title")


def is_spam(line: str, body: str, *, hacked: bool = False) -> bool:
    """Whether a line is a list of keywords that has nothing to do with the text below it.

    On a page that a mirror made (``hacked``) the shape may be less plain.
    """
    line = line.lstrip(BLANKS + "•·").rstrip(BLANKS + "?？")
    phrases = spam_shape(line)
    if not phrases:
        return False
    with_words = sum(1 for phrase in phrases if _spam_words().search(phrase))
    if with_words < MIN_SPAM_PHRASES * len(phrases) and not _is_plain_list(
        line, phrases, "_|｜-/" if hacked else "_|｜"
    ):
        return False
    if sum(map(is_han, body)) < MIN_BODY:
        # Too little text to see a relation: only a list of spam words throughout is one.
        return with_words >= max(MIN_PHRASES, 0.6 * len(phrases))
    return relation(line, body) <= MAX_RELATED


def _is_plain_list(line: str, phrases: list[str], joiners: str) -> bool:
    """Whether the shape alone is a keyword list's: long phrases with one joiner, not a table's row."""
    return (
        max(map(line.count, joiners)) >= MIN_PHRASES - 1
        and sum(map(is_han, line)) >= MIN_PLAIN_LENGTH * len(phrases)
        and not NAVIGATION.search(in_simplified(line))
    )


def spam_shape(line: str) -> list[str]:
    """The phrases of a line that looks like a keyword list, else nothing."""
    if line[:1] == "|" or line[-1:] == "|":
        return []  # a table's row
    if len(line) < 16 or SENTENCE.search(line) or len(STRONG.findall(line)) + line.count(",") < 3:
        return []
    phrases = [phrase for phrase in SEPARATOR.split(line) if phrase]
    han = sum(map(is_han, line))
    if len(phrases) < MIN_PHRASES or han < 0.5 * len(line) or han < 3 * len(phrases):
        return []
    return phrases


def relation(line: str, body: str) -> float:
    """Share of the line's pairs of Han characters that stand in the body, in Simplified view."""
    line, body = in_simplified(line), in_simplified(body)
    pairs = {run[i : i + 2] for run in HAN_RUN.findall(line) for i in range(len(run) - 1)}
    return sum(pair in body for pair in pairs) / len(pairs) if pairs else 1.0


@cache
def _spam_words() -> re.Pattern[str]:
    words = sorted(load_pairs("spam_words"), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)))
