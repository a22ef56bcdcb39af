"""Repair text that was decoded with the wrong codec: whole lines, and spans in sound text.

A gate of one regular expression lets sound text pass.  Behind it the lines it hits are read back to
bytes and on to the right characters, in up to three layers, and changed only if that is far more
plausible Chinese.  Bytes that a reader lost are filled in where the text leaves no doubt;
elsewhere U+FFFD stays, with a label; so is a repair that may hide a loss.  What cannot come back (锟斤拷, 烫烫烫) is labelled, and so is
what may be mojibake but is not proved.  A passage that talks about mojibake shows it on purpose:
labelled.

>>> from cleaning.document import Document
>>> document = Document.from_text("鏄庡ぉ浠栧幓鐪嬫捣")
>>> document.apply(repair_mojibake(document)).text
'明天他去看海'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from cleaning.chains import FLAWLESS, Repair, fill
from cleaning.document import Candidate, Document, Finding, Label, change
from cleaning.page_model import page_model
from cleaning.steps.mojibake_doubts import doubtful
from cleaning.steps.mojibake_escapes import repair_escapes, repair_foreign
from cleaning.steps.mojibake_forms import FORM_SIGN, repair_forms
from cleaning.steps.mojibake_gates import (
    ESCAPE_SIGN,
    ESCAPES,
    LETTER_SIGN,
    LOST,
    MENTION,
    SIGNS,
    is_gated,
)
from cleaning.steps.mojibake_search import find_repairs

CONTEXT: Final = 200
"""Characters on either side in which a mention of mojibake makes a short span an example."""
SHORT: Final = 60
PAGE: Final = 20_000
"""Characters whose words and script help to choose among fillings."""
OPEN: Final = 6
"""Characters from which an unproved span is labelled."""


def repair_mojibake(document: Document) -> Iterable[Finding]:
    signs = document.signs & (SIGNS | LETTER_SIGN | FORM_SIGN | ESCAPE_SIGN)
    return _repairs(document, signs) if signs else ()


def _repairs(document: Document, signs: int) -> Iterator[Finding]:
    for field, value in document.prose():
        found: list[Repair] = []
        if signs & SIGNS and is_gated(value):
            repairs, unproved = find_repairs(value)
            found += _filled_again(value, repairs)
            yield from _labels(field, value, unproved)
        if signs & LETTER_SIGN:
            found += repair_foreign(value, found)
        if signs & FORM_SIGN:
            found += repair_forms(value)
        if signs & ESCAPE_SIGN and ESCAPES.search(value):
            found += repair_escapes(value)
        apart = list(_apart(found))
        for repair, is_doubtful in zip(apart, doubtful(value, apart), strict=True):
            yield from _findings(field, value, repair, is_doubtful=is_doubtful)


def _apart(repairs: Iterable[Repair]) -> Iterator[Repair]:
    """The repairs that do not overlap one before them."""
    at = 0
    for repair in sorted(repairs, key=lambda repair: (repair.start, -repair.end)):
        if repair.start >= at:
            at = repair.end
            yield repair


def _filled_again(value: str, repairs: list[Repair]) -> list[Repair]:
    """The repairs with their holes weighed by what the page now says: its script, its words."""
    if all(repair.parsed is None or repair.sure > FLAWLESS for repair in repairs):
        return repairs
    parts: list[str] = []
    at = 0
    for repair in repairs:
        parts += value[at : repair.start], repair.text
        at = repair.end
    page = "".join((*parts, value[at:]))[:PAGE]
    judge = page_model(page).log_probability
    return [
        replace(fill(value, repair.parsed, repair.chain, judge), read=repair.read)
        if repair.parsed is not None and repair.sure <= FLAWLESS
        else repair
        for repair in repairs
    ]


def _findings(field: str, value: str, repair: Repair, *, is_doubtful: bool) -> Iterator[Finding]:
    start, end = repair.start, repair.end
    before = value[start:end]
    rule = f"mojibake:{repair.chain}"
    first, last = (None, None) if field else (start, end)
    best = (Candidate(repair.best, repair.sure),)
    around = value[max(0, start - CONTEXT) : end + CONTEXT]
    if end - start < SHORT and MENTION.search(around):
        yield Label("mojibake", first, last, before, "mojibake:mention", repair.sure, best)
        return
    yield change(field, "mojibake", start, end, before, repair.text, rule)
    if "\ufffd" in repair.text:
        yield Label("mojibake", first, last, before, "mojibake:lost-byte", repair.sure, best)
    elif is_doubtful:
        yield Label("mojibake", first, last, before, "mojibake:doubtful", min(repair.sure, 0.9))


def _labels(field: str, value: str, unproved: Iterable[Repair]) -> Iterator[Label]:
    """What is lost for good, and what may be mojibake."""
    for match in LOST.finditer(value):
        start, end = (None, None) if field else match.span()
        yield Label("mojibake", start, end, match.group(), "mojibake:lost")
    for repair in unproved:
        if repair.end - repair.start >= OPEN:
            start, end = (None, None) if field else (repair.start, repair.end)
            before = value[repair.start : repair.end]
            best = (Candidate(repair.best, min(repair.sure, 0.5)),)
            yield Label("mojibake", start, end, before, "mojibake:unproved", 0.5, best)
