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
from cleaning.han import HAN, is_han, to_simplified
from cleaning.lines import tail
from cleaning.rules import load_pairs

HEAD_LINES = 3  # a header stands above everything else; the site's name may stand above it
FOOT_LINES = 3  # another list of the same kind is sometimes put below everything
PREFIX = re.compile("^[^:：|_]{2,12}[:：]\\s*")
SEPARATOR = re.compile(r"[_|｜,，/\-—–√\s]+")
STRONG = re.compile(r"[_|｜\-—√]")  # authors list with 、 and blanks; keyword lists with these
SENTENCE = re.compile("[。！？；…“”：]|[!?;:](?![^\n]*[_|])")
HAN_RUN = re.compile(f"[{HAN}]+")

MIN_PHRASES = 4
"""A sound title has two or three parts: article, channel, site."""

MIN_SPAM_PHRASES = 0.3
"""Share of phrases that hold a spam word; with less, the shape must be plainer."""

MIN_PLAIN_LENGTH = 4  # Han characters of a phrase on average; a navigation's words have two

MAX_RELATED = 0.25
"""Share of the line's character pairs that the text below it holds as well.  The keyword line of
the real page shares 4 % with its text; titles and topic lists of sound pages share over 50 %."""

MIN_BODY = 120  # Han characters below the line, fewer of which cannot show a relation
BODY = 20_000  # characters that are looked at for it


def remove_header(document: Document) -> Iterator[Finding]:
    text = document.text
    start = 0
    for _ in range(HEAD_LINES):
        end = text.find("\n", start)
        line = text[start:] if end < 0 else text[start:end]
        stop = len(text) if end < 0 else end + 1
        if is_spam(line, text[stop : stop + BODY]):
            yield Edit("header", start, stop, text[start:stop], "", "header:keywords")
            yield Label("spam-header", None, None, line, "header:keywords")
        if end < 0:
            break
        start = stop
    for foot in tail(text, FOOT_LINES):
        spam = PREFIX.sub("", foot.text)
        if foot.start > start and is_spam(spam, text[max(0, foot.start - BODY) : foot.start]):
            yield Edit(
                "header", foot.start, foot.end, text[foot.start : foot.end], "", "header:foot"
            )
            yield Label("spam-header", None, None, foot.text, "header:foot")
    if document.title:
        yield from _clean_title(document.title, text[:BODY])
    for label in document.labels:
        if label.kind == "html-title" and is_spam(label.value, text[:BODY]):
            yield Label("spam-header", None, None, label.value, "header:title-tag")


def _clean_title(title: str, body: str) -> Iterator[Finding]:
    """A hacked title goes; where a true one is joined to it, that part stays."""
    if not is_spam(title, body):
        return
    parts = [
        part for part in re.split(r"[_|｜]|\s+[-—–]\s+|[-—–](?=[^-]*$)", title) if part.strip()
    ]
    related = [part.strip() for part in parts if len(part) > 3 and relation(part, body) >= 0.6]
    after = related[0] if len(related) == 1 else ""
    yield FieldEdit("title", "header", 0, len(title), title, after, "header:title")
    yield Label("spam-header", None, None, title, "header:title")


def is_spam(line: str, body: str) -> bool:
    """Whether a line is a list of keywords that has nothing to do with the text below it."""
    phrases = spam_shape(line)
    if not phrases:
        return False
    with_words = sum(1 for phrase in phrases if _spam_words().search(phrase))
    if with_words < MIN_SPAM_PHRASES * len(phrases) and not _is_plain_list(line, phrases):
        return False
    if sum(map(is_han, body)) < MIN_BODY:
        # Too little text to see a relation: only a list of spam words throughout is one.
        return with_words >= max(MIN_PHRASES, 0.6 * len(phrases))
    return relation(line, body) <= MAX_RELATED


def _is_plain_list(line: str, phrases: list[str]) -> bool:
    """Whether the shape alone is a keyword list's: long phrases joined by _ or |, not a table's row."""
    return (
        max(line.count("_"), line.count("|"), line.count("｜")) >= MIN_PHRASES - 1
        and not line.startswith("|")
        and sum(map(is_han, line)) >= MIN_PLAIN_LENGTH * len(phrases)
    )


def spam_shape(line: str) -> list[str]:
    """The phrases of a line that looks like a keyword list, else nothing."""
    if len(line) < 16 or SENTENCE.search(line) or len(STRONG.findall(line)) + line.count(",") < 3:
        return []
    phrases = [phrase for phrase in SEPARATOR.split(line) if phrase]
    han = sum(map(is_han, line))
    if len(phrases) < MIN_PHRASES or han < 0.5 * len(line) or han < 3 * len(phrases):
        return []
    return phrases


def relation(line: str, body: str) -> float:
    """Share of the line's pairs of Han characters that stand in the body, in Simplified view."""
    line, body = line.translate(to_simplified()), body.translate(to_simplified())
    pairs = {run[i : i + 2] for run in HAN_RUN.findall(line) for i in range(len(run) - 1)}
    return sum(pair in body for pair in pairs) / len(pairs) if pairs else 1.0


@cache
def _spam_words() -> re.Pattern[str]:
    words = sorted(load_pairs("spam_words"), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)))
