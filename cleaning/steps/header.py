"""Take out the line of spam keywords that a hack put above the text or into the title.

Such a line is a list of phrases without a sentence mark, and says nothing about the text below
it (:mod:`cleaning.keyword_line`).  Where neither its words nor its marks give it away its place
does: the page's own title, which is about the text, stands below it.

>>> from cleaning.document import Document
>>> spam = "棋牌游戏下载_彩票开奖走势图_真人娱乐城官网_注册送彩金平台_手机版app下载"
>>> document = Document.from_text(spam + "\\n" + "春茶要在清明前后采摘，这时的芽叶最嫩。" * 20)
>>> document.apply(remove_header(document)).text[:6]
'春茶要在清明'
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from cleaning.document import Document, Edit, FieldEdit, Finding, Label
from cleaning.keyword_line import LISTED, is_keyword_line, phrases_of, relation
from cleaning.lines import Line, stands_as_title
from cleaning.meta_line import meta_of
from cleaning.page_head import matches_breadcrumb, unlabelled

HEAD_LINES = 3  # a header stands above everything else; the site's name may stand above it
REMAINS_LINES = 12  # with what the hack's markup left around it, where markup was shown as text
FOOT_LINES = 3  # another list of the same kind is sometimes put below everything
PREFIX = re.compile("^[^:：|_]{2,12}[:：]\\s*")
REMAINS = re.compile("(?:\\d{1,2}\\.\\s)?(?:[\\s•·?？]|</?[a-zA-Z][^<>]*>)+")
"""A line of markup, bullets and bytes that were no character: all that is left of hidden links."""

MIN_REMAINS = 3  # lines of markup on top of a hacked page that go without keywords beside them

DAMAGE = ("annotated", "charwise", "shifted")
"""Labels of a page that a mirror made: there a list joined by - or / needs no spam word."""

TITLE_LINES = 4  # site's name, breadcrumb, title and date: lines below a header that show the title
MIN_TITLE_RELATED = 0.25
"""Share of its character pairs that a line shares with the text below it if it is the title: 49 of the
titles of 52 real pages reach it, one in ten titles of other articles does, and keyword lines have 0.12
at the most."""

QUESTION = re.compile("[^。；;]{4,58}[？?！!]")  # what a title can be besides a phrase

BODY = 20_000  # characters that are looked at for a relation


def remove_header(document: Document) -> Iterable[Finding]:
    is_possible = document.signs & LISTED or document.has_label(
        *DAMAGE, "unconverted", "html-title"
    )
    return _headers(document) if is_possible else ()


def _headers(document: Document) -> Iterator[Finding]:
    text = document.text
    hacked = document.has_label(*DAMAGE)
    added = {label.value for label in document.labels if label.kind == "unconverted"}
    start = 0
    for line, rule in _header_lines(document, added, hacked=hacked):
        start = line.start
        yield Edit("header", line.start, line.end, text[line.start : line.end], "", rule)
        if rule == "header:keywords":
            yield Label("spam-header", None, None, line.text, rule)
    for foot in document.lines.last(FOOT_LINES)[::-1]:
        spam = PREFIX.sub("", foot.text)
        if (
            foot.start > start
            and (foot.text in added or phrases_of(spam))
            and is_keyword_line(
                spam, text[max(0, foot.start - BODY) : foot.start], unconverted=foot.text in added
            )
        ):
            yield Edit(
                "header", foot.start, foot.end, text[foot.start : foot.end], "", "header:foot"
            )
            yield Label("spam-header", None, None, foot.text, "header:foot")
    if document.title:
        is_added = document.title.strip() in added
        yield from _clean_title(document.title, document, hacked=hacked, unconverted=is_added)
    for label in document.labels:
        if label.kind == "html-title" and is_keyword_line(label.value, text[:BODY], hacked=hacked):
            yield Label("spam-header", None, None, label.value, "header:title-tag")


def _header_lines(
    document: Document, added: Collection[str], *, hacked: bool
) -> Iterator[tuple[Line, str]]:
    """Keyword lines among the first ones, and the remains of markup that touch them."""
    text, lines = document.text, document.lines
    remains: list[Line] = []
    others = 0
    below_spam = False
    if hacked:
        top = lines.first(MIN_REMAINS + 1)
        below_spam = len(top) > MIN_REMAINS and all(map(_is_markup, top[:MIN_REMAINS]))
    for number, line in enumerate(islice(lines.downwards(), REMAINS_LINES)):
        if REMAINS.fullmatch(line.text):
            remains.append(line)
            continue
        is_added = line.text in added
        spam = (is_added or bool(phrases_of(line.text))) and is_keyword_line(
            line.text,
            text[line.end : line.end + BODY],
            hacked=hacked,
            unconverted=is_added,
            # A title stands below a header, and the site's name at most above it.
            above_title=others <= 1
            and _title_is_below(text, lines.first(REMAINS_LINES)[number + 1 :]),
        )
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


def _title_is_below(text: str, lines: Sequence[Line]) -> bool:
    """Whether the head of an article follows: its title, which is about the text, with a breadcrumb
    or a line of date and source near it, or the text right below it."""
    shown = [line for line in lines if line.text and not REMAINS.fullmatch(line.text)]
    title: Line | None = None
    for line in shown[: TITLE_LINES + 1]:
        if matches_breadcrumb(line):
            return True
        if meta_of(line.view):
            return title is not None  # else the line above is the title itself
        if not (stands_as_title(unlabelled(line)) or QUESTION.fullmatch(line.text)):
            below = text[title.end : title.end + BODY] if title is not None else ""
            return title is not None and relation(unlabelled(title), below) >= MIN_TITLE_RELATED
        title = line
    return False


def _clean_title(
    title: str, document: Document, *, hacked: bool, unconverted: bool
) -> Iterator[Finding]:
    """A hacked title goes; where a true one is joined to it, that part stays."""
    if not (unconverted or phrases_of(title)):
        return
    body = document.text[:BODY]
    above_title = _title_is_below(document.text, document.lines.first(REMAINS_LINES))
    if not is_keyword_line(
        title, body, hacked=hacked, above_title=above_title, unconverted=unconverted
    ):
        return
    parts = [
        part for part in re.split(r"[_|｜]|\s+[-—–]\s+|[-—–](?=[^-]*$)", title) if part.strip()
    ]
    related = [part.strip() for part in parts if len(part) > 3 and relation(part, body) >= 0.6]
    after = related[0] if len(related) == 1 else ""
    yield FieldEdit("title", "header", 0, len(title), title, after, "header:title")
    yield Label("spam-header", None, None, title, "header:title")
