"""The gates of the mojibake step: cheap patterns that sound text hardly ever meets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from cleaning.plausibility import model

MENTION = re.compile(
    r"乱码|亂碼|mojibake|编码|編碼|字符集|解码|解碼|encoding|charset|UTF-?8|GBK|GB2312",
    re.IGNORECASE,
)
LOST = re.compile("(?:锟斤拷)+|烫{4,}|屯{4,}|锘縷|\ufffd{3,}")
"""What is left of lost text: U+FFFD read as GBK, memory that was never written."""
LOST_MARKS = ("锟斤拷", "烫烫烫烫", "屯屯屯屯", "锘縷", "\ufffd\ufffd\ufffd")


def _char_class(chars: Iterator[str]) -> str:
    """The inside of a character class, as ranges; it stays in the basic plane for speed."""
    codes = sorted({ord(char) for char in chars})
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(
        re.escape(chr(a)) if a == b else f"{re.escape(chr(a))}-{re.escape(chr(b))}"
        for a, b in ranges
    )


def _read_as_gbk(leads: bytes | range, trails: bytes | range) -> str:
    chars = (bytes((a, b)).decode("gb18030", "replace") for a in leads for b in trails)
    return _char_class(char for char in chars if len(char) == 1 and char != "\ufffd")


_CONTINUATION = range(0x80, 0xC0)
_LEADS = bytes((*range(0xE2, 0xEA), 0xEE, 0xEF, 0xF0))
_FIRST = _read_as_gbk(_LEADS, _CONTINUATION)  # lead and second byte: 锛 銆 鐨 涓 …
_SECOND = _read_as_gbk(_CONTINUATION, bytes((*_LEADS, *range(0x40, 0x7F))))
_BOTH = _read_as_gbk(_CONTINUATION, _CONTINUATION)
_LETTERS = _read_as_gbk(bytes((0xC2, 0xC3, 0xC5, 0xCB)), _CONTINUATION)  # Latin-1 letters
_LATIN_CONTINUATION = "\x80-\xbf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ€"

# Each pattern begins with one class, by which ``re`` skips sound text; an alternative at the
# front would cost five times as much.
UTF8_AS_GBK = (
    re.compile(
        f"[{_FIRST}](?:[{_SECOND}][{_BOTH}{_FIRST}?\ufffd€]|[{_SECOND}]?[?\ufffd€]"
        f"|[{_SECOND}](?![\u4e00-\u9fff])|[{_FIRST}])"
    ),
    re.compile(f"[{_LETTERS}][{_LETTERS}][{_LETTERS}]"),
)
UTF8_AS_LATIN = (
    re.compile(f"[ã-éïâðÃÂ][{_LATIN_CONTINUATION} ?\ufffd][{_LATIN_CONTINUATION} ?\ufffdÂÃâ]"),
)
LATIN_PAIRS = (
    re.compile("[\xa1-\xa9\xb0-\xf7][\xa1-\xfe][\xa1-\xf7][\xa1-\xfe]"),
    re.compile("[¤-Æ][@-~¡-þ][¤-Æ][@-~¡-þ][¤-Æ][@-~¡-þ]"),
)
LATIN_BITS = re.compile("[\xc2-\xf4][\x80-\xbf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ€]")
"""Two letters that may be one of another script: what ftfy is asked about."""
ESCAPES = re.compile(r"&(?:amp;)?#[0-9xX]|\\u[0-9a-fA-F]{4}|%u[0-9a-fA-F]{4}")


def first_match(patterns: tuple[re.Pattern[str], ...], text: str, at: int = 0) -> int | None:
    """Where the first of several patterns matches."""
    found = [match.start() for pattern in patterns if (match := pattern.search(text, at))]
    return min(found, default=None)


RARE = -14.0
"""A Han character this improbable is rare: 293 in a million on 52 sound pages."""
_MIXED = "\u0370-\u052f\u3040-\u30ff\uff61-\uff9f\u2500-\u25ff"
"""What common characters of Big5 become in GBK: Greek, Cyrillic, kana, boxes."""
WINDOW = 10


@cache
def _legacy_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Two odd characters side by side, and one of them."""
    start = model().start
    rare = _char_class(chr(code) for code in range(0x4E00, 0xA000) if start(chr(code)) < RARE)
    rare += "\ue000-\uf8ff"
    pair = re.compile(f"[{rare}][{rare}{_MIXED}]|[{_MIXED}][{rare}]")
    return pair, re.compile(f"[{rare}{_MIXED}]")


def legacy_hits(text: str) -> Iterator[tuple[int, int]]:
    """The lines in which so many characters are odd that GBK and Big5 may be confused."""
    pair, odd = _legacy_patterns()
    at = 0
    while match := pair.search(text, at):
        place = match.start()
        at = match.end()
        window = text[max(0, place - 1) : place + WINDOW]
        if len(odd.findall(window)) * 3 >= len(window) and len(odd.findall(window)) >= 3:
            start = text.rfind("\n", 0, place) + 1
            end = text.find("\n", place)
            at = end = len(text) if end < 0 else end
            yield start, end


def is_gated(text: str) -> bool:
    """Whether the step may have something to look at in a text."""
    return (
        any(mark in text for mark in LOST_MARKS)
        or any(
            gate.search(text) for gate in (*UTF8_AS_GBK, *UTF8_AS_LATIN, *LATIN_PAIRS, LATIN_BITS)
        )
        or next(legacy_hits(text), None) is not None
    )
