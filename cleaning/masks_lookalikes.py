"""Find words written so that a filter does not see them: 薇信, 微/信, zui高, 紟天, 荿为.

Nothing is put back: what is meant is a candidate.

>>> for mask, meant in find_look_alikes("可以加薇信，产品质量zui高，紟天就下单，也可以加微/信。"):
...     print(mask.shown, meant)
薇信 微信
zui高 最高
紟 今
微/信 微信
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from cleaning.han import HAN, is_han, toneless_readings
from cleaning.restoration import Mask
from cleaning.rules import load_pairs
from cleaning.signs import sign
from cleaning.words import is_covered, is_word

SPLIT_WORDS = (
    *("微信", "微信号", "淘宝", "支付宝", "公众号", "手机号", "网贷", "贷款", "信用卡"),
    *("加盟", "客服", "博彩", "彩票", "政府", "政策"),
)
"""Words that advertisements take apart."""
BETWEEN = r"(?:[/·.\-_+|~^@]{1,2}|\*)"
"""What is put between two characters of a word; a blank is not, since authors and tables write 微 信."""
TWO_WORDS = frozenset({"徽信", "嶶信"})
"""Ways of writing whose characters meet between two words as well: 安徽信息."""
RULE = "mask:look-alike"
WRITTEN, SPLIT, PINYIN, MARTIAN = 0.97, 0.97, 0.95, 0.9


@cache
def _gate() -> re.Pattern[str]:
    """One class in front: a character of a look-alike, or a letter beside Chinese."""
    first = "".join({word[0] for word in load_pairs("look_alikes")} - set("vV"))
    split = "|".join(BETWEEN.join(word)[1:] for word in SPLIT_WORDS)
    starts = "".join(sorted({word[0] for word in SPLIT_WORDS}))
    rare = "".join(load_pairs("martian"))
    return re.compile(
        f"[{first}{rare}{starts}a-zV](?:(?<=[{first}vV])(?:{_tails()})|(?<=[{rare}])|(?<=[a-z])(?<![A-Za-z.].)[a-z]{{1,5}}"
        f"(?=[{HAN}])|(?<=[{starts}])(?:{split}))"
    )


def _tails() -> str:
    return "|".join(sorted({re.escape(word[1:]) for word in load_pairs("look_alikes")}))


def _rare() -> str:
    common = set("公信手支电贷扣vV")
    first = {word[0] for word in load_pairs("look_alikes")} - common
    return "".join(sorted(first | set(load_pairs("martian"))))


@cache
def _signs() -> re.Pattern[str]:
    return re.compile(f"[{_rare()}]")


LOOK_ALIKE_SIGNS = sign(_rare) | sign("z", then="u")


def may_have_look_alikes(text: str) -> bool:
    """The cheap test: a character that hardly any sound page holds, or the commonest pinyin."""
    return _signs().search(text) is not None or "zui" in text


def find_look_alikes(text: str) -> Iterator[tuple[Mask, str]]:
    """Masks with what is meant."""
    for match in _gate().finditer(text):
        start, end = match.span()
        shown = match[0]
        if (meant := load_pairs("look_alikes").get(shown)) is not None:
            if shown in TWO_WORDS and _is_between_words(text, start, end):
                continue
            yield Mask(start, end, shown, RULE, WRITTEN), meant
        elif shown.isascii():
            yield from _pinyin(text, start, end)
        elif len(shown) == 1:
            if shown in load_pairs("martian"):
                yield from _martian(text, start)
        elif not shown.isalnum():
            yield Mask(start, end, shown, RULE, SPLIT), re.sub(BETWEEN, "", shown)


def _is_between_words(text: str, start: int, end: int) -> bool:
    right = text[end : end + 1]
    return is_word(text[start - 1 : start + 1]) or (
        right != "号" and is_word(text[end - 1] + right)
    )


def _pinyin(text: str, start: int, end: int) -> Iterator[tuple[Mask, str]]:
    """Pinyin in a word that filters hide, for its first character (zui高) or its second (博cai)."""
    syllable, before, after = text[start:end], text[start - 1 : start], text[end : end + 1]
    for word in _spelled().get(syllable, ()):
        if word[1] == after and not (is_han(before or " ") and is_word(before + after)):
            yield Mask(start, end + 1, syllable + after, RULE, PINYIN), word
            return
        if word[0] == before:
            yield Mask(start - 1, end, before + syllable, RULE, PINYIN), word
            return


@cache
def _spelled() -> dict[str, list[str]]:
    """Words of two characters that filters hide, by the pinyin of either."""
    found: dict[str, list[str]] = {}
    for word in load_pairs("masked_words"):
        if len(word) == 2 and word.isalpha() and not word.isascii():
            for char in word:
                for reading in toneless_readings(char):
                    found.setdefault(reading.replace("ü", "v"), []).append(word)
    return found


def _martian(text: str, at: int) -> Iterator[tuple[Mask, str]]:
    """A rare character where its common one makes a word and it makes none."""
    shown = text[at]
    meant = load_pairs("martian")[shown]
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if is_covered(text, at):
        return
    if is_word(meant + after) or is_word(before + meant):
        yield Mask(at, at + 1, shown, RULE, MARTIAN), meant
