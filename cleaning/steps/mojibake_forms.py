"""Radicals and compatibility forms that stand for the characters they look like: ⼈⼯ for 人工.

Programs that take text out of PDF files write them where a font has one shape for both.  In a table of
radicals, beside a word about radicals, and in Japanese or Korean lines, which tell some of these
forms apart, they stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from cleaning.chains import Repair
from cleaning.rules import load_pairs
from cleaning.signs import sign

_FORMS = "\u2e80-\u2fd5\uf900-\ufad9"
FORM = re.compile(f"[{_FORMS}]")
FORM_SIGN = sign(_FORMS)
HAN = re.compile("[\u3400-\u9fff]")
OTHER_LANGUAGE = re.compile("[\u3041-\u30fa\uac00-\ud7a3]")
ABOUT = re.compile(
    r"部首|偏旁|康熙|字形|异体|異體|radical|U\+[0-9A-F]{4}|[\u2ff0-\u2fff]", re.IGNORECASE
)
MOST: Final = 1.0
"""Forms to one ordinary character from which a line is a table: prose from PDF files, where a
fifth of the common characters has such a shape, has 0.1 to 0.4; tables of radicals have 3 and more."""


@cache
def _ordinary(form: str) -> str | None:
    """The one ordinary character of a form, or None."""
    found = unicodedata.normalize("NFC" if form >= "\uf900" else "NFKC", form)
    found = load_pairs("radicals").get(form, found)
    return found if found != form and len(found) == 1 else None


def repair_forms(text: str) -> Iterator[Repair]:
    """The forms of a text beside Chinese characters, as the characters they stand for."""
    at = 0
    while match := FORM.search(text, at):
        start = text.rfind("\n", 0, match.start()) + 1
        end = text.find("\n", match.end())
        at = end = len(text) if end < 0 else end
        line = text[start:end]
        forms = [found for found in FORM.finditer(line) if _ordinary(found[0])]
        if len(forms) > MOST * len(HAN.findall(line)) or ABOUT.search(line):
            continue
        if OTHER_LANGUAGE.search(line):
            continue
        for found in forms:
            first, last = found.span()
            if (
                HAN.match(line[first - 1 : first] or " ")
                or HAN.match(line, last)
                or _in_row(line, first, last)
            ):
                after = _ordinary(found[0]) or found[0]
                yield Repair(start + first, start + last, after, after, 1.0, "form")


def _in_row(line: str, first: int, last: int) -> bool:
    """Whether it stands between two forms, as in ⼈⼯⼤."""
    return bool(FORM.match(line[first - 1 : first] or " ") or FORM.match(line, last))
