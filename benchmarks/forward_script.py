"""Forward models of the character-wise conversion and of the notes (damage.md, sections 1 and 2).

The table is OpenCC's first choice for each character, with what real pages show against it:
ambiguous characters stay as they are, 着 always becomes 著.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from random import Random

import opencc
from pypinyin.constants import PINYIN_DICT

STAYS = frozenset(
    "后于里干系余么只采征制面范并涌咨占游斗伙郁咸松谷丑周注志托暗欲岩灶尸朴仆卷舍沈姜症布表板才"
)
"""Characters that such tables leave alone, though real Traditional text spells many words with
another one (damage.md, section 1; the mirror page shows 么 于 采 后 并 征)."""

ALWAYS = {"着": "著", "台": "臺", "准": "準", "钟": "鐘", "冲": "沖", "签": "簽", "湿": "濕"}
"""Characters that such tables convert without looking at the word."""

ANNOTATED_SHARE = 0.4
"""Share of the converted characters that a page annotates: 73 of 184 on the mirror page."""

_TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvnnnm")


@cache
def table() -> Mapping[str, str]:
    """Simplified → Traditional, for the characters of GB 2312 that the conversion changes."""
    to_traditional, to_simplified = opencc.OpenCC("s2tw"), opencc.OpenCC("t2s")
    pairs: dict[str, str] = {}
    for code in range(0x4E00, 0x9FA6):
        char = chr(code)
        if char in STAYS or not _in(char, "gb2312"):
            continue
        image = ALWAYS.get(char) or to_traditional.convert(char)
        back = "着" if image == "著" else to_simplified.convert(image)
        if image != char and back == char and _in(image, "gbk"):
            pairs[char] = image
    return pairs


@cache
def reverse_table() -> Mapping[str, str]:
    """Traditional → Simplified: the table read backwards; it maps one to one."""
    return {image: char for char, image in table().items()}


def convert(text: str) -> str:
    """The text with every character replaced by its fixed image, words not looked at."""
    return "".join(table().get(char, char) for char in text)


def first_reading(char: str) -> str:
    """The first reading of pypinyin's table, as the notes of real pages carry it (488 of 488)."""
    return unicodedata.normalize("NFC", PINYIN_DICT[ord(char)].split(",")[0])


def toneless(reading: str) -> str:
    return reading.translate(_TONES)


def toned_notes(rng: Random) -> dict[str, str]:
    """The notes of one page: Traditional character → note, drawn from the whole table.

    On some pages a few notes have a blank inside, ``(huì )``; on a few the brackets are full-width.
    """
    with_blanks = rng.random() < 0.3
    opening, closing = ("（", "）") if rng.random() < 0.1 else ("(", ")")
    notes: dict[str, str] = {}
    for image in table().values():
        if rng.random() < ANNOTATED_SHARE:
            blank = " " if with_blanks and rng.random() < 0.1 else ""
            notes[image] = f"{opening}{first_reading(image)}{blank}{closing}"
    return notes


def toneless_notes(rng: Random, text: str) -> dict[str, str]:
    """The notes of the second family: any character of the page, no tone, sometimes repeated."""
    chars = sorted({char for char in text if "\u4e00" <= char <= "\u9fff"})
    chosen = rng.sample(chars, k=max(1, len(chars) // 8))
    return {
        char: f"({toneless(first_reading(char))})" * rng.choice((1, 1, 1, 2, 3)) for char in chosen
    }


def annotate(text: str, notes: Mapping[str, str]) -> str:
    """Every character of the set followed by its note, always; the others never."""
    return "".join(char + notes.get(char, "") for char in text)


def _in(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
