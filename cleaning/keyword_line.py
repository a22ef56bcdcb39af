"""Whether a line is a list of search keywords that has nothing to do with the text below it.

The shape is that of a list: many phrases, one mark between them, no sentence.  Words alone decide
nothing: news about a crackdown uses the same ones in sentences, and a page about search engines
lists keywords of its own topic.

>>> line = "棋牌游戏下载_彩票开奖走势图_真人娱乐城官网_注册送彩金平台_手机版app下载"
>>> is_keyword_line(line, "春茶要在清明前后采摘，这时的芽叶最嫩。" * 20)
True
>>> is_keyword_line("春茶采摘_清明芽叶_芽叶最嫩_清明前后", "春茶要在清明前后采摘，这时的芽叶最嫩。" * 20)
False
"""

from __future__ import annotations

import re
from functools import cache

from cleaning.han import HAN, count_han, in_simplified
from cleaning.rules import load_pairs
from cleaning.signs import sign

BETWEEN_HAN = f"(?<=[{HAN}])I(?=[{HAN}])"
"""The letter that looks like a stroke, as some hacks write it: 棋牌I彩票."""
SEPARATOR = re.compile(rf"{BETWEEN_HAN}|\s+[Il]\s+|[_|｜，,/\-—–√\s]+")
STRONG = re.compile(
    rf"[_|｜\-—√/]|\sI\s|{BETWEEN_HAN}"
)  # authors list with 、 and blanks; keyword lists with these
LISTED = sign(r"_|｜\-—√/,I")
"""What joins the phrases of a list."""
BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
SENTENCE = re.compile("[。！？；“”：]|．(?![0-9])|…(?!…*[_|｜,-])|[!?;:](?![^\n]*[_|])")
"""A sentence's mark; books on mathematics end theirs with ．.  … stands in a list as well, where one of its phrases was cut off."""
HAN_RUN = re.compile(f"[{HAN}]+")

MIN_PHRASES = 4
"""A sound title has two or three parts: article, channel, site."""

MIN_ADDED_PHRASES = 2  # of a line that was added to a page after its conversion

MIN_LENGTH = 16  # characters; four phrases of four

MIN_SPAM_PHRASES = 0.3
"""Share of phrases that hold a spam word; with less, the shape must be plainer."""

MIN_PLAIN_LENGTH = 4  # Han characters of a phrase on average; a navigation's words have two
MAX_PLAIN_LENGTH = 14  # the headers of 30 real hacked pages have 5 to 13, half of all clauses more
NAVIGATION = re.compile("首页|关于我们|联系|导航|产品中心|服务中心|新闻中心|登录|地图")

MAX_SHORT = 0.25  # share of phrases that are as short as names of persons
BRACKETS = re.compile("[()（）《》]")  # authors with their places, titles of books
BODY_NAME = re.compile(
    "(?:大学|学院|[小中]学|幼儿园|医院|研究[院所]|[局厅委署]|协会|学会|政府|法院|银行|有限公司|集团|[林农]场|日报|晚报|出版社)$"
)
GRAMMAR = re.compile(
    "[的了是也都就这那我你他她们没被把从向对于为及而但又很着过吗呢吧之其与和或]|在(?!线)"
)
MAX_GRAMMAR = 0.04
"""Share of characters that build sentences.  The headers of 30 real hacked pages have 0 to 3 %, of
1,203 lines of clauses between commas half have more than 8 % and a fifth less than 4 %."""

MAX_RELATED = 0.25
"""Share of the line's character pairs that the text below it holds as well.  The keyword line of
the real page shares 4 % with its text; titles and topic lists of sound pages share over 50 %."""

MAX_UNRELATED = 0.12
"""The same for a line that no word gives away."""

MAX_PHRASE_RELATED = 0.5
"""The same for each phrase of such a line: one that the text holds may be the page's title."""

MIN_BODY = 120  # Han characters below the line, fewer of which cannot show a relation


def is_keyword_line(
    line: str,
    body: str,
    *,
    hacked: bool = False,
    above_title: bool = False,
    unconverted: bool = False,
) -> bool:
    """Whether a line is such a list.

    On a page that a mirror made (``hacked``) the shape may be less plain.  So it may be where a
    title of its own stands between the line and its text (``above_title``), since then the line
    is neither the title nor the beginning of the text.  A line that the page's own table did not
    convert (``unconverted``) was added to it, so a few phrases that say nothing about it are enough.
    """
    phrases = phrases_of(line, MIN_ADDED_PHRASES if unconverted else MIN_PHRASES)
    if not phrases:
        return False
    with_words = sum(1 for phrase in phrases if _spam_words().search(phrase))
    if unconverted and (with_words or len(phrases) >= MIN_PHRASES):
        return relation(line, body) <= MAX_RELATED and not NAVIGATION.search(line)
    few_words = with_words < MIN_SPAM_PHRASES * len(phrases)
    plain = few_words and _is_plain_list(line, phrases, "_|｜-/" if hacked else "_|｜")
    if few_words and not plain and not (above_title and _is_terse_list(line, phrases)):
        return False
    if count_han(body) < MIN_BODY:
        # Too little text to see a relation: only a list of spam words throughout is one.
        return with_words >= max(MIN_PHRASES, 0.6 * len(phrases))
    if plain or not few_words:
        return relation(line, body) <= MAX_RELATED
    related = max(relation(phrase, body) for phrase in phrases if len(phrase) > MIN_PLAIN_LENGTH)
    return relation(line, body) <= MAX_UNRELATED and related <= MAX_PHRASE_RELATED


def phrases_of(line: str, least: int = MIN_PHRASES) -> list[str]:
    """The phrases of a line that looks like a keyword list of at least so many, else nothing."""
    if "。" in line:  # nearly every line of a text: the cheapest look
        return []
    line = line.lstrip(BLANKS + "•·").rstrip(BLANKS + "?？")
    if len(line) < MIN_LENGTH or line[0] == "|" or line[-1] == "|":
        return []  # a table's row
    if len(STRONG.findall(line)) + line.count(",") < least - 1 or SENTENCE.search(line):
        return []
    phrases = [phrase for phrase in SEPARATOR.split(line) if phrase]
    han = count_han(line)
    if len(phrases) < least or han < 0.5 * len(line) or han < 3 * len(phrases):
        return []
    return phrases


def _is_plain_list(line: str, phrases: list[str], joiners: str) -> bool:
    """Whether the shape alone is a keyword list's: long phrases with one joiner, not a table's row,
    not clauses about a `__name__`."""
    han = count_han(line)
    view = in_simplified(line)
    return (
        max(map(line.count, joiners)) >= MIN_PHRASES - 1
        and han >= MIN_PLAIN_LENGTH * len(phrases)
        and not NAVIGATION.search(view)
        and len(GRAMMAR.findall(view)) <= MAX_GRAMMAR * han
    )


def _is_terse_list(line: str, phrases: list[str]) -> bool:
    """Whether a list is made of names and nothing else, so that it is no sentence of clauses, and
    of names that differ in length, so that it is no verse."""
    han = count_han(line)
    short = sum(1 for phrase in phrases if len(phrase) < MIN_PLAIN_LENGTH)
    return (
        _is_plain_list(line, phrases, "_|｜-—,，")
        and short <= MAX_SHORT * len(phrases)
        and not BRACKETS.search(line)
        and not _names_bodies([in_simplified(phrase) for phrase in phrases])
        and han <= MAX_PLAIN_LENGTH * len(phrases)
        and len(set(map(len, phrases))) > 1
    )


def _names_bodies(phrases: list[str]) -> bool:
    """Whether a list is one of authorities and schools, or a site's sections with its owner at an end."""
    bodies = [BODY_NAME.search(phrase) is not None for phrase in phrases]
    return bodies[0] or bodies[-1] or 2 * sum(bodies) >= len(bodies)


def relation(line: str, body: str) -> float:
    """Share of the line's pairs of Han characters that stand in the body, in Simplified view."""
    line, body = in_simplified(line), in_simplified(body)
    pairs = {run[i : i + 2] for run in HAN_RUN.findall(line) for i in range(len(run) - 1)}
    return sum(pair in body for pair in pairs) / len(pairs) if pairs else 1.0


@cache
def _spam_words() -> re.Pattern[str]:
    words = sorted(load_pairs("spam_words"), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)))
