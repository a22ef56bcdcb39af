"""Turn text that a table made Traditional, character by character, back to Simplified.

Such a table leaves characters alone that have several Traditional forms, so the page mixes
于 后 里 with 網 臺 對, which nobody writes.  Genuine Taiwan and Hong Kong text writes 於 後 裡
and stays as it is.  A page with notes behind converted characters is character-wise by itself.

>>> from cleaning.document import Document
>>> document = Document.from_text("由于網絡發達，以后這里隨著時間變化，著名的乾隆皇帝。")
>>> document.apply(convert_script(document)).text
'由于网络发达，以后这里随着时间变化，著名的乾隆皇帝。'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import accumulate

from cleaning.document import Document, Finding, Label, change
from cleaning.han import first_images, simplified, simplified_only, to_simplified
from cleaning.rules import load_pairs

# Shares measured on 13 428 pieces of Taiwan articles and 4 568 converted ones, research/masked.md A3:
# none of the former is called character-wise, 83 to 100 % of the latter at 1 500 characters.
MIN_TRADITIONAL = 0.05  # of the characters; less is a rare character in a Simplified text
MIN_FORMS = 2
MIN_CHARWISE = 0.8  # of the forms that decide
MAX_KANA = 0.1  # of the characters of a line or text; with more it is Japanese, whose 會 is its own


@cache
def _forms() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of the forms that only a table leaves, and of those that only people write."""
    sides = load_pairs("script_forms")

    def pattern(side: str) -> re.Pattern[str]:
        forms = sorted((form for form, of in sides.items() if of == side), key=len, reverse=True)
        return re.compile("|".join(map(re.escape, forms)))

    return pattern("charwise"), pattern("genuine")


@cache
def _traditional() -> re.Pattern[str]:
    return re.compile("[" + "".join(sorted(simplified())) + "著]")


@cache
def _simplified_only() -> re.Pattern[str]:
    return re.compile("[" + "".join(sorted(simplified_only())) + "]")


KANA = re.compile("[\u3041-\u30fa]")


@cache
def _keep_words() -> tuple[tuple[str, int, str], ...]:
    """Words in which a character stays, with the character's place in the word."""
    return tuple((word, word.index(kept), kept) for word, kept in load_pairs("script_keep").items())


def convert_script(document: Document) -> Iterator[Finding]:
    if not document.has_label("charwise") and not _traditional().search(document.text):
        return
    if not document.has_label("charwise"):
        if _is_plainly_genuine(document.text):
            return
        rule = charwise(document)
        if rule is None:
            return
        yield Label("charwise", None, None, "converted character by character", rule)
    whole = "\n".join(value for _, value in document.prose())
    for field, value in document.prose():
        for start, end in convertible_lines(value):
            line = value[start:end]
            for at, before, after in differences(line, convert(line, whole)):
                yield change(
                    field, "script", start + at, start + at + len(before), before, after,
                    "script:charwise",
                )  # fmt: skip


def _is_plainly_genuine(text: str) -> bool:
    """A look at the five commonest pairs, by counting, that spares genuine text the patterns."""
    written, kept = sum(map(text.count, "於後裡裏麼")), sum(map(text.count, "于后里么"))
    return written >= MIN_FORMS and written > 2 * kept


def charwise(document: Document) -> str | None:
    """The evidence that a table converted this document, or None."""
    if any(label.rule == "note:page-set" for label in document.labels):
        return "script:annotated"  # its notes stand behind what a table made
    if any(edit.rule.startswith("shift:note") for edit in document.edits):
        return "script:shifted"  # and so did those that were put in byte by byte
    if len(KANA.findall(document.text)) > MAX_KANA * len(document.text):
        return None
    text = "".join(document.text[start:end] for start, end in _traditional_lines(document.text))
    if not text or len(_traditional().findall(text)) < MIN_TRADITIONAL * len(text):
        return None
    made, written = _count_forms(text)
    if not written and document.has_label("annotated"):
        return "script:annotated"
    if made + written >= MIN_FORMS and made >= MIN_CHARWISE * (made + written):
        return "script:mixture"
    if made and not written and document.has_label("spam-header"):
        return "script:hacked"  # a second piece of evidence that the page is no author's
    return None


def _count_forms(text: str) -> tuple[int, int]:
    charwise, genuine = _forms()
    return sum(1 for _ in charwise.finditer(text)), sum(1 for _ in genuine.finditer(text))


def _traditional_lines(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the lines in Traditional: not Simplified with a quotation, and not Japanese."""
    lines = text.splitlines(keepends=True)
    for line, start in zip(lines, accumulate(map(len, lines), initial=0), strict=False):
        traditional = len(_traditional().findall(line))
        if (
            traditional
            and len(_simplified_only().findall(line)) < traditional
            and len(KANA.findall(line)) <= MAX_KANA * len(line)
        ):
            yield start, start + len(line)


def convertible_lines(text: str) -> Iterator[tuple[int, int]]:
    """Of the lines in Traditional those that a table can have made, in a page that one made."""
    for start, end in _traditional_lines(text):
        made, written = _count_forms(text[start:end])
        if written < MIN_FORMS or written <= made:
            yield start, end


def convert(text: str, whole: str) -> str:
    """The inverse of the page's table, one character for one.

    ``whole`` is the whole document: a character that is not a table's usual image of its
    Simplified form was in the original if that form stands in the document unconverted, since
    a table converts a character everywhere or nowhere (乾 beside 干, 昇 beside 升).
    """
    out = list(text.translate(to_simplified()))
    for place, (old, new) in enumerate(zip(text, out, strict=True)):
        if old != new and old not in first_images() and new in whole:
            out[place] = old
        elif old == "著":
            out[place] = "着"
    view = "".join(out).replace("着", "著")
    for word, offset, kept in _keep_words():
        seen = word.replace(kept, simplified().get(kept, kept))
        for form in {word, seen}:
            at = view.find(form)
            while at >= 0:
                if text[at + offset] == kept:
                    out[at + offset] = kept
                at = view.find(form, at + 1)
    return "".join(out)


def differences(old: str, new: str) -> Iterator[tuple[int, str, str]]:
    """Runs of places at which two texts of one length differ: start, before, after."""
    start = -1
    for place, (before, after) in enumerate(zip(old, new, strict=True)):
        if before != after:
            if start < 0:
                start = place
        elif start >= 0:
            yield start, old[start:place], new[start:place]
            start = -1
    if start >= 0:
        yield start, old[start:], new[start:]
