"""Give back the full-width ，：；？！（） that a damaged page lost.

Half-width marks between Chinese are often just an author's habit, so nothing is done unless
the page shows other damage and has (nearly) none of the full-width form of a mark, although
it uses the half-width one where Chinese stands.  Numbers, times, ratios, URLs, code, Latin
sentences and smileys stay.

>>> from cleaning.document import Document, Label
>>> document = Document.from_text("网站,共3,000家(含分站),时间是10:30。", labels=[Label("annotated", None, None, "", "")])
>>> document.apply(restore_punctuation(document)).text
'网站，共3,000家（含分站），时间是10:30。'
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from cleaning.document import Document, Finding, change
from cleaning.han import HAN, TONED, count_han, is_han

DAMAGE = ("annotated", "charwise", "shifted", "spam-header")
"""Labels of which one must be there: the page went through the hands of a mirror."""

UNDECIDED = ("shift", "mojibake")
"""Labels of places that are no text yet: a ? in them is a lost byte."""

MARKS = str.maketrans(",:;?!()", "，：；？！（）")
CANDIDATE = re.compile("[,:;?!(]")
BRACKETS = re.compile(r"\(((?:[^()\n]|\([^()\n]*\)){1,80})\)")  # with one pair inside at most
ENGLISH = re.compile(r"[A-Za-z]+[,;:]? [A-Za-z]+\Z")
LOST_BLANK = re.compile(rf"\?+[ \u3000]+(?=[{HAN}\w?])|(?<=[? ])\?(?<=\? \?)")
"""What a wide blank became (摘? 要), where the page has no blank behind its other marks."""
LOST_BYTE = re.compile(rf"\?{{2,}}(?=[{HAN}])|\?(?=[，；：、。])|(?<=[。！？；])\?")
"""What a byte became that no step could put back: no sentence goes on like this."""
ENTITY = re.compile(r"&#?\w+\Z")
NUMBER = re.compile("\\d{1,2}|[一二三四五六七八九十]{1,2}")
SMILEY = re.compile("[:;] ?(?:[/)-]|[DP](?![A-Za-z0-9]))")
SENTENCE_MARK = re.compile("[，。！？；,!?;]")
ASKS = re.compile(
    "[吗嗎呢么麼谁誰哪几幾吧啊呀]|什|怎|如何|为何|為何|何[时時以处處在]|多少|多[大久长長]|是否|能否|可否|[有没沒]有|[是能会會要好对對行]不|不是"
)
LATIN_GROUP = re.compile(r"[A-Za-z.&,] ?\([^()\u0100-\uffff]{1,80}\)\Z")
"""Brackets with no Chinese in them behind a Latin word."""
PINYIN = re.compile(f"[ \u3000]?[a-zü{TONED}]{{1,6}}[ \u3000]?")
"""What may be a gloss: where the notes step left it, nothing says how its brackets were."""
FULL = re.compile("[，：；？！（）]")
HAS_HAN = re.compile(f"[{HAN}]")
CJK_PUNCTUATION = frozenset("。、《》〈〉“”‘’「」『』【】〔〕…—～·，：；？！（）")

MAX_KEPT = 0.1
"""A page that lost a mark keeps at most this share of them full-width: in the real page none of
190; a site's own furniture, added later, may hold some."""

OTHER_LANGUAGE = re.compile("[\u3041-\u30fa\uac00-\ud7a3]")
MAX_OTHER = 0.1  # of kana and Hangul in the text: Japanese and Korean have rules of their own

COMMA_AND_MARK = re.compile("[,，][。、？！?!]")
DOUBLED_COMMA = re.compile("[,，](?=[,，。、？！?!；;])")
MIN_DOUBLED = 5
"""Commas in front of a mark that no comma precedes: no author slips so often, and a filter that took out a
phrase leaves two commas, not these."""

MIN_MARKS = 3
"""Marks between Chinese in the whole document, below which there is no regularity to see."""


def restore_punctuation(document: Document) -> Iterator[Finding]:
    if not document.has_label(*DAMAGE):
        return
    if len(OTHER_LANGUAGE.findall(document.text)) > MAX_OTHER * len(document.text):
        return
    if any(commas := [*_doubled_commas(document)]):
        yield from commas  # the other marks are read in the next turn
        return
    undecided = [
        (label.start, label.end)
        for label in document.labels
        if label.kind in UNDECIDED and label.start is not None and label.end is not None
    ]
    found = [
        (field, span, before, confidence)
        for field, value in document.prose()
        for span, before, confidence in lost_marks(value)
        if field or not any(start <= span[0] < end for start, end in undecided)
    ]
    if len(found) < MIN_MARKS:
        return
    lost = Counter(before[0].translate(MARKS) for _, _, before, _ in found)
    kept = Counter(FULL.findall(document.text))
    for field, (start, end), before, confidence in found:
        mark = before[0].translate(MARKS)
        if kept[mark] > MAX_KEPT * (kept[mark] + lost[mark]):
            continue
        edits = [(start, before)] if len(before) == 1 else [(start, "("), (end - 1, ")")]
        for at, old in edits:
            yield change(
                field, "punctuation", at, at + 1, old, old.translate(MARKS),
                "punctuation:full-width", confidence,
            )  # fmt: skip


def _doubled_commas(document: Document) -> Iterator[Finding]:
    """The comma that a script put in front of marks: 好茶,。 and 红茶,、绿茶."""
    if sum(len(COMMA_AND_MARK.findall(value)) for _, value in document.prose()) < MIN_DOUBLED:
        return
    for field, value in document.prose():
        for match in DOUBLED_COMMA.finditer(value):
            yield change(
                field, "punctuation", *match.span(), match[0], "", "punctuation:doubled-comma"
            )


def lost_marks(text: str) -> Iterator[tuple[tuple[int, int], str, float]]:
    """Half-width marks and bracket pairs that stand where Chinese writes full-width ones."""
    at = 0
    spaced = 2 * text.count(", ") > text.count(",")
    while match := CANDIDATE.search(text, at):
        start, end = match.span()
        at = end
        if match[0] == "?" and (lost := LOST_BYTE.match(text, start)):
            at = lost.end()
            continue
        if match[0] == "?" and not spaced and LOST_BLANK.match(text, start):
            continue
        if match[0] == "(":
            if (pair := BRACKETS.match(text, start)) and _is_lost(pair, _left_of(text, start)):
                yield pair.span(), pair[0], 0.98
            continue
        left, right = _left_of(text, start), _right_of(text, end)
        confidence = _confidence(text, start, left, right)
        if confidence:
            yield (start, end), match[0], confidence


def _is_lost(pair: re.Match[str], left: str) -> bool:
    """Whether a pair of brackets stands in Chinese, and is neither a smiley's nor a gloss's."""
    inside = pair[1]
    if not inside.strip() or PINYIN.fullmatch(inside):
        return False
    if left in (":", ";", "="):
        return left != "=" and _is_list_item(pair)
    return _is_cjk(left) or HAS_HAN.search(inside) is not None


def _is_list_item(pair: re.Match[str]) -> bool:
    """Whether a pair of brackets holds the number of an item of a list in a Chinese sentence."""
    return NUMBER.fullmatch(pair[1]) is not None and _is_cjk(_right_of(pair.string, pair.end()))


def _confidence(text: str, at: int, left: str, right: str) -> float:
    """How sure a mark at a place was full-width; 0 where it was not."""
    if not left or SMILEY.match(text, at):
        return 0
    if text[at] == "?" and not right and not _is_question(text, at):
        return 0
    if right == "(" and text[at] in ":;":
        item = BRACKETS.match(text, text.index("(", at))
        return 0.98 if _is_cjk(left) and item is not None and _is_list_item(item) else 0
    if left == ")" and not _is_cjk(right) and LATIN_GROUP.search(text, max(0, at - 80), at):
        return 0  # it stands in a citation: et al. (2005), in
    if _is_cjk(left) or left == ")":
        # Both sides Chinese, or Chinese before it: a Latin word, a number or the end after it.
        return 0.99 if _is_cjk(right) or not right else 0.98
    if ENGLISH.search(text, max(0, at - 40), at):
        return 0  # it ends an English sentence
    if _is_cjk(right) and text[at + 1 : at + 2] not in (" ", "\u3000"):
        return 0.97
    # A mark that no number holds, between other than Chinese: at the end of a Chinese line, or ; in it.
    line = text[text.rfind("\n", 0, at) + 1 : at]
    loose = (not right and text[at] in "?!:") or (text[at] == ";" and not ENTITY.search(line))
    return 0.96 if loose and count_han(line) * 2 > len(line) else 0


def _is_question(text: str, at: int) -> bool:
    """Whether a ? ends a sentence: a heading without a word that asks may have lost its footnote's mark."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return SENTENCE_MARK.search(line) is not None or ASKS.search(line) is not None


def _is_cjk(character: str) -> bool:
    return bool(character) and (is_han(character) or character in CJK_PUNCTUATION)


def _left_of(text: str, at: int) -> str:
    """The nearest character before a place on its line that is no blank, or ""."""
    while at and text[at - 1] in " \u3000":
        at -= 1
    return "" if not at or text[at - 1] == "\n" else text[at - 1]


def _right_of(text: str, at: int) -> str:
    while at < len(text) and text[at] in " \u3000":
        at += 1
    return "" if at >= len(text) or text[at] == "\n" else text[at]
