"""The gates of the mojibake step: cheap patterns that sound text hardly ever meets.

:func:`gate` is one pass with one character class in front, by which ``re`` skips sound text; what
it finds is looked at by the pattern of each family, in its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from cleaning.plausibility import model
from cleaning.signs import sign
from cleaning.wrong_codecs import char_class, wrong_codec

MENTION = re.compile(
    r"乱码|亂碼|mojibake|编码|編碼|字符集|解码|解碼|encoding|charset|UTF-?8|GBK|GB2312|latin-?1|ISO-?8859",
    re.IGNORECASE,
)
LOST = re.compile(
    "[锟烫屯锘\ufffd](?:(?<=锟)斤拷(?:锟斤拷)*|(?<=烫)烫{3,}|(?<=屯)屯{3,}|(?<=锘)縷"
    "|(?<=\ufffd)[^\n]{0,2}\ufffd[^\n]{0,2}\ufffd(?:[^\n]{0,2}\ufffd)*)"
)
"""What is left of lost text: U+FFFD read as GBK, memory that was never written."""


def _read_as_gbk(leads: bytes | range, trails: bytes | range) -> str:
    chars = (bytes((a, b)).decode("gb18030", "replace") for a in leads for b in trails)
    return char_class(char for char in chars if len(char) == 1 and char != "\ufffd")


_CONTINUATION = range(0x80, 0xC0)
_LEADS = bytes((*range(0xE2, 0xEA), 0xEE, 0xEF, 0xF0))
_FIRST = _read_as_gbk(_LEADS, _CONTINUATION)  # lead and second byte: 锛 銆 鐨 涓 …
_SECOND = _read_as_gbk(_CONTINUATION, bytes((*_LEADS, *range(0x40, 0x7F))))
_BOTH = _read_as_gbk(_CONTINUATION, _CONTINUATION)
_LETTERS = _read_as_gbk(bytes((0xC2, 0xC3, 0xC5, 0xCB)), _CONTINUATION)  # Latin-1 letters
_LATIN = "\x80-\xbf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ€"

_UTF8_AS_GBK = (
    f"[{_FIRST}](?:[{_SECOND}][{_BOTH}{_FIRST}?\ufffd€]|[{_SECOND}]?[?\ufffd€]"
    f"|[{_SECOND}](?![\u4e00-\u9fff])|[{_FIRST}])"
)
_LETTERS_AS_GBK = f"[{_LETTERS}][{_LETTERS}][{_LETTERS}]"
_UTF8_AS_LATIN = f"[ã-éïâðÃÂ][{_LATIN} ?\ufffd][{_LATIN} ?\ufffdÂÃâ]"
_GBK_AS_LATIN = "[\xa1-\xa9\xb0-\xf7][\xa1-\xfe][\xa1-\xf7][\xa1-\xfe]"
_BIG5_AS_LATIN = "[¤-Æ][@-~¡-þ][¤-Æ][@-~¡-þ][¤-Æ][@-~¡-þ]"
_LETTER_PAIR = f"[\xc2-\xf4][{_LATIN}]"


def _shown(codec: str, data: bytes | range) -> str:
    """The characters by which a code page of single bytes shows some bytes, and rarely else."""
    table = wrong_codec(codec).to_latin
    return char_class(chr(code) for code, byte in table.items() if byte in data)


_OTHERS = ("cp1250", "mac", "cp437")
_PROSE = "“”‘’…—–·°±×÷«»•™§¶©®¢£¥€º¡¿≤≥≠∞"
"""Marks of ordinary prose that are letters' places in those code pages."""


def _utf8_as(codec: str) -> str:
    lead = _shown(codec, bytes((*range(0xE2, 0xEA), 0xEF)))
    trail = _shown(codec, _CONTINUATION)
    return f"[{lead}][{trail}][{trail}]"


def _first_letters(codec: str) -> str:
    """The first letters of Chinese characters of GBK in a code page, no marks of prose among them."""
    table = wrong_codec(codec).to_latin
    return char_class(
        chr(code) for code, byte in table.items() if 0xB0 <= byte < 0xF8 and chr(code) not in _PROSE
    )


def _gbk_as(codec: str) -> str:
    """Four letters in a row, not all of them boxes."""
    high = _shown(codec, range(0xA1, 0xFF))
    return f"[{_first_letters(codec)}][{high}]{{3}}(?<![\u2500-\u259f]{{4}})"


UTF8 = {
    "gbk": re.compile(f"{_UTF8_AS_GBK}|{_LETTERS_AS_GBK}"),
    "latin": re.compile(_UTF8_AS_LATIN),
    **{codec: re.compile(_utf8_as(codec)) for codec in _OTHERS},
}
"""Where UTF-8 may have been read as each codec."""
SINGLE = {
    "latin": re.compile(f"{_GBK_AS_LATIN}|{_BIG5_AS_LATIN}"),
    **{codec: re.compile(_gbk_as(codec)) for codec in _OTHERS},
}
"""Where GBK or Big5 may have been read as each code page of single bytes."""
_LATIN_BITS = re.compile(_LETTER_PAIR)
_LETTER = re.compile("[\x80-\xa6\xa8-\xaf\xb2-\xb6\xb8-\xd6\xd8-\xf6\xf8-\u1fff\u2070-\u2bff]")
"""Letters of Europe and their neighbours and symbols; the marks of Chinese prose are not among them."""
_FOREIGN = re.compile("[\x00-\u2bff\ufb00-\ufb06\ufe0f\ufffd]*")
ESCAPES = re.compile(
    r"[&\\%](?:(?<=&)(?:amp;)?#[0-9xX]|(?<=[\\%])u[0-9a-fA-F]{4}|(?<=%)[89A-Fa-f][0-9a-fA-F]%)"
)


RARE = -14.0
"""A Han character this improbable is rare: 293 in a million on 52 sound pages."""
_MIXED = "\u0370-\u052f\u3040-\u30ff\u3105-\u3129˙ˇˊˋ\ufe50-\ufe6b\uff61-\uff9f\u2500-\u25ff"
"""What common characters of Big5 become in GBK: Greek, Cyrillic, kana, boxes; and marks of GBK in Big5:
bopomofo (ㄛ is ，), tones and small marks."""


_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa]")
AROUND, MOST_KANA = 24, 0.35
"""Characters on either side of a place, and the share of kana among them from which they are Japanese:
around such places it is above in 85 % of technical and 99 % of literary Japanese; of 900 lines of
GBK read as Big5 none has more than 0.26, and none of 600 of Big5 read as GBK more than 0.29."""


@cache
def _rare() -> str:
    start = model().start
    rare = char_class(chr(code) for code in range(0x4E00, 0xA000) if start(chr(code)) < RARE)
    return rare + "\ue000-\uf8ff"


_HIGH_OTHERS = {codec: _shown(codec, range(0xA1, 0xFF)) for codec in _OTHERS}
_LEAD_OTHERS = {codec: _shown(codec, bytes((*range(0xE2, 0xEA), 0xEF))) for codec in _OTHERS}
_TRAIL_OTHERS = {codec: _shown(codec, _CONTINUATION) for codec in _OTHERS}

SIGNS = (
    sign(_FIRST, then=f"{_SECOND}{_FIRST}?\ufffd€")
    | sign(_LETTERS, then=_LETTERS)
    | sign("ã-éïâðÃÂ", then=f"{_LATIN} ?\ufffd")
    | sign("\xa1-\xa9\xb0-\xf7", then="\xa1-\xfe")
    | sign("¤-Æ", then="@-~¡-þ")
    | sign("\xc2-\xf4", then=_LATIN)
    | sign(_rare, then=lambda: _rare() + _MIXED)
    | sign(f"{_MIXED}烫屯", then=lambda: _rare() + "烫屯")
    | sign("\ufffd")
    | sign("".join(_LEAD_OTHERS.values()), then="".join(_TRAIL_OTHERS.values()))
    | sign("".join(map(_first_letters, _OTHERS)), then="".join(_HIGH_OTHERS.values()))
)
"""What :func:`gate` cannot do without."""

ESCAPE_SIGN = sign(r"&\\%", then="#au89b-fA-F")
LETTER_SIGN = sign(_LETTER.pattern[1:-1])


@cache
def gate() -> re.Pattern[str]:
    """Where any family may begin: a superset of all patterns, with one class in front."""
    rare = _rare()
    families = [
        (_FIRST, _UTF8_AS_GBK[len(_FIRST) + 2 :]),
        (_LETTERS, f"[{_LETTERS}][{_LETTERS}]"),
        ("ã-éïâðÃÂ", _UTF8_AS_LATIN[len("[ã-éïâðÃÂ]") :]),
        ("\xa1-\xa9\xb0-\xf7", _GBK_AS_LATIN[len("[\xa1-\xa9\xb0-\xf7]") :]),
        ("¤-Æ", _BIG5_AS_LATIN[len("[¤-Æ]") :]),
        ("\xc2-\xf4", f"[{_LATIN}]"),
        (rare, f"[{rare}{_MIXED}]"),
        (_MIXED, f"[{rare}]"),
        ("烫屯", "(?:烫{3}|屯{3})"),
        ("\ufffd", "[^\n]{0,2}\ufffd"),
    ]
    for codec in _OTHERS:
        trail, high = _TRAIL_OTHERS[codec], _HIGH_OTHERS[codec]
        families.append((_LEAD_OTHERS[codec], f"[{trail}][{trail}]"))
        families.append((_first_letters(codec), f"[{high}]{{3}}(?<![\u2500-\u259f]{{4}})"))
    return re.compile(
        f"[{''.join(first for first, _ in families)}](?:"
        + "|".join(f"(?<=[{first}]){rest}" for first, rest in families)
        + ")"
    )


@cache
def _legacy_pattern() -> re.Pattern[str]:
    """Two odd characters side by side."""
    rare = _rare()
    return re.compile(f"[{rare}](?:[{rare}{_MIXED}])|[{_MIXED}][{rare}]")


def is_legacy(text: str, start: int, place: int, stop: int) -> bool:
    """Whether GBK and Big5 may be confused at a place of a line: two odd characters, or a lost one,
    and the text around is no Japanese."""
    if text[place] != "\ufffd" and not _legacy_pattern().match(text, place, stop):
        return False
    around = text[max(start, place - AROUND) : min(stop, place + AROUND)]
    return len(_KANA.findall(around)) <= MOST_KANA * len(around)


def is_gated(text: str) -> bool:
    """Whether the step may have something to look at in a text."""
    return gate().search(text) is not None


def suspects(text: str) -> Iterator[tuple[int, int, int]]:
    """The lines that a gate hits: start, the place of the first hit, end."""
    search = gate().search
    at = 0
    while match := search(text, at):
        place = match.start()
        start = text.rfind("\n", 0, place) + 1
        end = text.find("\n", place)
        at = end = len(text) if end < 0 else end
        yield start, place, end


def foreign_lines(text: str) -> Iterator[tuple[int, int]]:
    """The lines that ftfy is asked about: wholly in letters of Europe and its neighbours, or beside
    Chinese with two letters that may be one of another script."""
    at = 0
    while match := _LETTER.search(text, at):
        start = text.rfind("\n", 0, match.start()) + 1
        end = text.find("\n", match.end())
        at = end = len(text) if end < 0 else end
        if _LATIN_BITS.search(text, match.start(), end) or _FOREIGN.fullmatch(text, start, end):
            yield start, end
