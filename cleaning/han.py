"""Han characters: which there are, how they are read, and how the two scripts relate.

The tables are OpenCC's (Apache-2.0) and pypinyin's (MIT), asked once, one character at a time.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from cleaning.signs import sign

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""The inside of a character class.  It stays in the basic plane, because one astral character
slows Python's ``re`` by two orders; rarer characters are neither annotated nor converted."""

TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
_TONELESS = str.maketrans(TONED, "aaaaeeeeiiiioooouuuuüüüünnnm")
_SPELLINGS = str.maketrans("ɡɑăĕĭŏŭ", "gaǎěǐǒǔ")


def is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff"


def count_han(text: str) -> int:
    """How many characters are Han."""
    return sum(map(len, _HAN_RUN.findall(text)))


_HAN_RUN = re.compile("[\u3400-\u9fff\uf900-\ufaff]+")  # as is_han


@cache
def simplified() -> dict[str, str]:
    """Traditional character to Simplified, for the characters that differ; 3 417 of them."""
    import opencc

    characters = [chr(code) for code in (*range(0x3400, 0xA000), *range(0xF900, 0xFB00))]
    converted = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    pairs = zip(characters, converted, strict=True)
    # A form beyond the basic plane is in no table of a script's: 鮡 stays in Simplified text.
    return {old: new for old, new in pairs if old != new and new <= "\uffff"}


def forms_of(characters: str) -> str:
    """Simplified characters with their Traditional forms."""
    others = (old for old, new in simplified().items() if new in characters)
    return characters + "".join(others)


TRADITIONAL = sign(lambda: "".join(simplified()) + "著")
"""A character that a Simplified-to-Traditional table can have made."""


@cache
def to_simplified() -> dict[int, str]:
    """The same table for ``str.translate``: a view of a text, one character for one."""
    return {ord(old): new for old, new in simplified().items()}


@cache
def traditional() -> re.Pattern[str]:
    """Finds one character that :func:`simplified` knows."""
    return re.compile(f"[{''.join(sorted(simplified()))}]")


def in_simplified(text: str) -> str:
    """A text with each Traditional character in its Simplified form: a view, one for one."""
    # A search is ten times as fast as a translation, and most text is in Simplified.
    return text.translate(to_simplified()) if traditional().search(text) else text


@cache
def first_images() -> frozenset[str]:
    """What a character-wise table makes of Simplified characters: the first choice for each,
    as written in mainland, Taiwan and Hong Kong style, and 著 for 着."""
    import opencc

    sources = sorted(set(simplified().values()))
    images = {"著"}
    for name in ("s2t", "s2tw", "s2hk"):
        converted = opencc.OpenCC(name).convert("\n".join(sources)).split("\n")
        images |= {new for old, new in zip(sources, converted, strict=True) if old != new}
    return frozenset(images)


@cache
def simplified_only() -> frozenset[str]:
    """Simplified characters that no Traditional text holds: a table converts them, and Big5 lacks them.

    Only those of the basic plane, as everywhere (see :data:`HAN`).
    """
    import opencc

    sources = sorted(set(simplified().values()))
    converted = opencc.OpenCC("s2t").convert("\n".join(sources)).split("\n")
    changed = (old for old, new in zip(sources, converted, strict=True) if old != new)
    return frozenset(s for s in changed if s <= "\uffff" and not s.encode("big5", "ignore"))


def is_converted(character: str) -> bool:
    """Whether a Simplified-to-Traditional table can have made this character of another."""
    return character in simplified() or character == "著"


def normal_reading(reading: str) -> str:
    """One spelling for the ways in which pages write a syllable: ``lü`` for ``lv``, NFC, lower case,
    without the number of a tone (``jun1``)."""
    reading = unicodedata.normalize("NFC", reading.strip().lower()).translate(_SPELLINGS)
    reading = reading.rstrip("1234")
    return reading.replace("u:", "ü").replace("v", "ü")


@cache
def readings(character: str) -> frozenset[str]:
    """Every reading of a character and of its Simplified form, with tone marks."""
    from pypinyin.constants import PINYIN_DICT

    found: set[str] = set()
    for form in (
        character,
        simplified().get(character, character),
        "着" if character == "著" else "",
    ):
        if form:
            found |= {normal_reading(r) for r in PINYIN_DICT.get(ord(form), "").split(",") if r}
    return frozenset(found)


def toneless(reading: str) -> str:
    """A reading without its tone mark."""
    return reading.translate(_TONELESS)


@cache
def toneless_readings(character: str) -> frozenset[str]:
    return frozenset(map(toneless, readings(character)))


def is_toned(reading: str) -> bool:
    return any(letter in TONED for letter in reading)
