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
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice

from cleaning.document import Document, Finding, Label, change
from cleaning.han import TRADITIONAL, first_images, simplified, to_simplified
from cleaning.rules import load_pairs
from cleaning.script_blocks import (
    KANA,
    MAX_KANA,
    TextLine,
    blocks,
    may_be_made,
    traditional_lines,
    unconverted_lines,
    whole,
)

MIN_FORMS_BESIDE = 3
"""Forms of a block that a table made on a page that people wrote in another: such a page is rare, and
in 88 MB of Taiwan articles no three such forms stand together."""

MIN_WHOLE = 0.98
"""Share of the annotated characters' places that carry a note, from which a table made the whole page: a
quotation that people wrote would hold some of these characters without one."""

MOST_PLACES = 100  # labelled of those where a page differs from its own table

IN_PART = "script:block"
"""The rule of a page of which a table made only a part; by every other it made the page."""


def convert_script(document: Document) -> Iterable[Finding]:
    return _conversions(document) if document.signs & TRADITIONAL else ()


def _conversions(document: Document) -> Iterator[Finding]:
    added: list[tuple[int, str]] = []
    rule = _known(document)
    is_new = rule is None
    if rule is None:
        rule = charwise(document)
        if rule is None:
            return
        yield Label("charwise", None, None, "converted character by character", rule)
        if rule != IN_PART:
            added = [*unconverted_lines(document.text)]
            for start, line in added:
                yield Label("unconverted", start, start + len(line), line, "script:added")
            for _, line in unconverted_lines(document.title) if document.title else ():
                yield Label("unconverted", None, None, line, "script:added")
    whole_page = any(
        label.rule == "note:page-set" and label.confidence >= MIN_WHOLE for label in document.labels
    )
    page = "\n".join(value for _, value in document.prose())
    made: Counter[str] = Counter()
    for field, value in document.prose():
        if field and rule == IN_PART:
            return  # whose title it is, nothing says
        lines = traditional_lines(value)
        for span in lines if whole_page else _made_lines(lines, in_part=rule == IN_PART):
            line = value[span.start : span.end]
            for at, before, after in differences(line, convert(line, page)):
                start = span.start + at
                made.update(after)
                yield change(
                    field, "script", start, start + len(before), before, after, "script:charwise"
                )
    if is_new and rule != IN_PART:
        yield from _against_table(document.text, made, added)


def _against_table(
    text: str, made: Counter[str], added: Iterable[tuple[int, str]]
) -> Iterator[Label]:
    """Places at which the page's own table, applied to its text in Simplified, would make another character
    than stands there: words that were put in after the conversion.  One for each run of such places; of
    127 real excerpts 126 have none."""
    for start, line in added:  # they have a label of their own
        text = text[:start] + " " * len(line) + text[start + len(line) :]
    stands = Counter(text)
    table = [char for char, count in made.items() if count > stands[char] > 0]
    if table:
        for match in islice(re.finditer(f"[{''.join(table)}]+", text), MOST_PLACES):
            yield Label("unconverted", *match.span(), match[0], "script:table")


def _known(document: Document) -> str | None:
    """The rule by which the step called the document character-wise in an earlier turn."""
    return next((label.rule for label in document.labels if label.kind == "charwise"), None)


def charwise(document: Document) -> str | None:
    """The evidence that a table converted this document, or a block of it, or None."""
    if any(label.rule == "note:page-set" for label in document.labels):
        return "script:annotated"  # its notes stand behind what a table made
    if any(edit.rule.startswith("shift:note") for edit in document.edits):
        return "script:shifted"  # and so did those that were put in byte by byte
    is_noted, is_hacked = document.has_label("annotated"), document.has_label("spam-header")
    if not (is_noted or is_hacked or may_be_made(document.text)):
        return None
    if len(KANA.findall(document.text)) > MAX_KANA * len(document.text):
        return None
    lines = traditional_lines(document.text)
    page = whole(lines)
    if not lines or not page.is_traditional:
        return None
    if is_noted and not page.written:
        return "script:annotated"
    if page.is_proved():
        return "script:mixture"
    if page.made and not page.written and is_hacked:
        return "script:hacked"  # a second piece of evidence that the page is no author's
    return IN_PART if _made_lines(lines, in_part=True) else None


def _made_lines(lines: list[TextLine], *, in_part: bool) -> list[TextLine]:
    """The lines that a table made; on a page that it made ``in_part``, those of blocks that prove it.

    There a line at the edge of a block that shows no form is left as it is.
    """
    made = []
    for block in blocks(lines):
        inside = lines[block.first : block.stop]
        if block.is_made and not in_part:
            made += inside
        elif block.is_made and block.is_proved(MIN_FORMS_BESIDE):
            shown = [n for n, line in enumerate(inside) if line.made]
            first = shown[0] if block.first else 0
            made += inside[first : shown[-1] + 1 if block.stop < len(lines) else None]
    return made


@cache
def _uncertain() -> re.Pattern[str]:
    """Characters of which a table's inverse says too little: what is no table's usual image, and 著."""
    return re.compile("[" + "".join(sorted(set(simplified()) - first_images())) + "著]")


@cache
def _keep_words() -> dict[str, tuple[tuple[str, int], ...]]:
    """Words in which a character stays, by the character: as they read once all else is converted,
    with its place in them."""
    words: dict[str, list[tuple[str, int]]] = {}
    for word, kept in load_pairs("script_keep").items():
        seen = word.replace(kept, "着" if kept == "著" else simplified().get(kept, kept))
        words.setdefault(kept, []).append((seen, word.index(kept)))
    return {kept: tuple(found) for kept, found in words.items()}


def stays(seen: str, place: int, old: str) -> bool:
    """Whether a character is a word's own at a place of a text that is otherwise in Simplified, with 着
    wherever it has 著."""
    return _stands_in(seen, place, old) and not (old == "著" and _stands_in(seen, place, "着"))


def _stands_in(seen: str, place: int, kept: str) -> bool:
    """Whether one of the words of a character that stays is at a place."""
    return any(
        place >= at and seen.startswith(word, place - at) for word, at in _keep_words()[kept]
    )


@cache
def _kept() -> re.Pattern[str]:
    return re.compile("[" + "".join(sorted(set(_keep_words()) - {"着"})) + "]")


def convert(text: str, page: str) -> str:
    """The inverse of the page's table, one character for one.

    ``page`` is the whole document: a character that is not a table's usual image of its
    Simplified form was in the original if that form stands in the document unconverted, since
    a table converts a character everywhere or nowhere (乾 beside 干, 昇 beside 升).
    """
    seen = text.translate(to_simplified()).replace("著", "着")
    kept: dict[int, str] = {}
    for match in _uncertain().finditer(text):
        place, old = match.start(), match[0]
        if old != "著" and simplified()[old] in page:
            kept[place] = old
    for match in _kept().finditer(text):
        place, old = match.start(), match[0]
        if stays(seen, place, old):
            kept[place] = old
    if not kept:
        return seen
    out = list(seen)
    for place, old in kept.items():
        out[place] = old
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
