"""Escapes left in prose, and mojibake of languages other than Chinese."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from urllib.parse import unquote_to_bytes

from cleaning.chains import Repair
from cleaning.plausibility import score
from cleaning.steps.mojibake_gates import foreign_lines

_ENTITY = r"&(?:amp;){0,3}#(?:\d{2,7}|[xX][0-9a-fA-F]{2,6});"
_UNIT = r"(?:\\{1,2}u|%u)[0-9a-fA-F]{4}"
_BETWEEN = r"[\x20\x21\x23-\x25\x28-\x5b\x5d-\x7e]{0,30}?"
Decoder = Callable[[str], str | None]
ENTITIES = re.compile(f"{_ENTITY}(?:{_BETWEEN}{_ENTITY})*")
UNITS = re.compile(f"{_UNIT}(?:{_BETWEEN}{_UNIT})*")
QUOTES = "\"'`"
OTHER_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|[0-7]{3}|[nrtuU]\w*)$")
_BYTES = "(?:%[0-9a-fA-F]{2})+"
BYTES = re.compile(f"{_BYTES}(?:{_BETWEEN}{_BYTES})*")
HIGH_BYTES = re.compile("%[89a-fA-F][0-9a-fA-F]%[89a-fA-F]")
IN_ADDRESS = re.compile(r"[/=?&#@_]|[a-z]\.[a-z]", re.IGNORECASE)
"""What stands before a part of an address, where percent signs belong."""
WORD_BEFORE = re.compile("[\x21-\x7e]+$")
ADDRESS = 4000
"""Characters that an address may have; those with a text fragment (``#:~:text=``) are long."""
ONE_UNIT = re.compile(r"(?:\\{1,2}u|%u)([0-9a-fA-F]{4})")

C1_IN_CODE = re.compile("[\"'][\x80-\x9f]|[\x80-\x9f][\"']")
"""A control character as a program's string; in prose it is a quotation mark itself, or a dash."""

# Least number of Chinese characters, and mean score, of what escapes decode to.  Escapes in the strings
# of programs stay (10 in 300 M characters of installed packages and manuals).
LEAST_ENTITY, LEAST_UNIT, LEAST_SCORE = 2, 3, -8.6
LEAST_GBK_SCORE = -7.6
"""Any four high bytes may be GBK, so it must be better Chinese."""


def repair_escapes(text: str) -> Iterator[Repair]:
    """Entities that were escaped twice, and JavaScript's escapes, where they spell Chinese."""
    if "#" in text:
        yield from _runs(text, ENTITIES, _unescaped, LEAST_ENTITY, "entity")
    yield from _runs(text, UNITS, _from_units, LEAST_UNIT, "unicode-escape")
    if HIGH_BYTES.search(text):
        yield from _runs(text, BYTES, _from_bytes, LEAST_UNIT, "percent")


def _from_bytes(run: str) -> str | None:
    """Percent-encoded UTF-8; else GBK, if it is good Chinese."""
    data = unquote_to_bytes(run)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        found = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    return found if score(found) > LEAST_GBK_SCORE else None


def _in_address(text: str, start: int) -> bool:
    """Whether what stands before, without a blank between, is the beginning of an address."""
    before = text[max(0, start - ADDRESS) : start]
    word = "" if not before or before[-1].isspace() else before.split()[-1]
    if "://" in word or "www." in word:
        return True
    letters = WORD_BEFORE.search(word)
    return letters is not None and IN_ADDRESS.search(letters.group()) is not None


def _runs(
    text: str, pattern: re.Pattern[str], decode: Decoder, least: int, chain: str
) -> Iterator[Repair]:
    for match in pattern.finditer(text):
        start, end = match.span()
        if pattern is UNITS and _is_code(text, start, end):
            continue
        if pattern is BYTES and _in_address(text, start):
            continue
        after = decode(match.group())
        if after is not None and _is_chinese(after, least) and score(after) > LEAST_SCORE:
            yield Repair(start, end, after, after, 1.0, chain)


def _is_code(text: str, start: int, end: int) -> bool:
    """Whether an escape stands in a string of a program: between quotation marks of ASCII in its line,
    or right behind an escape of another kind."""
    line = text.rfind("\n", 0, start) + 1
    before = text[line:start]
    stop = text.find("\n", end)
    after = text[end : stop if stop >= 0 else None]
    return OTHER_ESCAPE.search(before) is not None or any(
        before.count(quote) % 2 and (quote in after or before.endswith(quote)) for quote in QUOTES
    )


def _is_chinese(text: str, least: int) -> bool:
    """Whether enough of it is Han and marks, and not fewer than other letters."""
    found = sum("\u3000" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef" for char in text)
    return found >= least and found * 2 >= sum(char > "\x7f" for char in text)


def _unescaped(run: str) -> str | None:
    while "&amp;" in run:
        run = run.replace("&amp;", "&")
    return unescape(run)


def _from_units(run: str) -> str | None:
    found = ONE_UNIT.sub(lambda unit: chr(int(unit[1], 16)), run)
    try:
        return found.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return None


def repair_foreign(text: str, done: Sequence[Repair]) -> Iterator[Repair]:
    """Mojibake of other languages, line by line, as ftfy reads it: in lines of their own scripts any
    that it knows, beside Chinese only UTF-8 read as a Latin code page.

    Only the encoding is repaired: ftfy's other fixes would halve Chinese punctuation.  What
    is ``done`` is passed over.
    """
    ends = [repair.end for repair in done]
    for start, end in foreign_lines(text):
        number = bisect_right(ends, start)
        if number < len(done) and done[number].start < end:
            continue
        line = text[start:end]
        fixed = _fixed(line)
        if fixed != line and not C1_IN_CODE.search(line):
            head = _shared(line, fixed)
            tail = _shared(line[head:][::-1], fixed[head:][::-1])
            after = fixed[head : len(fixed) - tail]
            yield Repair(start + head, end - tail, after, after, 1.0, "foreign")


def _fixed(line: str) -> str:
    from ftfy import TextFixerConfig, fix_encoding

    config = TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        fix_encoding=True,
        restore_byte_a0=True,
        replace_lossy_sequences=True,
        decode_inconsistent_utf8=True,
        fix_c1_controls=True,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        fix_surrogates=False,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )
    return str(fix_encoding(line, config))


def _shared(first: str, second: str) -> int:
    pairs = zip(first, second, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
