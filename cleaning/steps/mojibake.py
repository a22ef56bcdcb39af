"""Repair text that was decoded with the wrong codec: whole lines, and spans in sound text.

Each chain has a gate of a few regular expressions, so sound text costs next to nothing.  Behind
the gate the span is read back to bytes and on to the right characters, in up to three layers,
and changed only if that is far more plausible Chinese.  Bytes that a reader lost are filled in
where the text leaves no doubt; elsewhere U+FFFD stays, with a label.  What cannot come back
(锟斤拷, 烫烫烫) is labelled.  A passage that talks about mojibake shows it on purpose: labelled.

>>> from cleaning.document import Document
>>> document = Document.from_text("鏄庡ぉ浠栧幓鐪嬫捣")
>>> document.apply(repair_mojibake(document)).text
'明天他去看海'
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cleaning.chains import Repair, read_latin, read_legacy, read_utf8
from cleaning.document import Candidate, Document, Finding, Label, change
from cleaning.plausibility import gain, score
from cleaning.steps.mojibake_escapes import repair_escapes, repair_foreign
from cleaning.steps.mojibake_gates import (
    ESCAPES,
    LATIN_PAIRS,
    LOST,
    MENTION,
    UTF8_AS_GBK,
    UTF8_AS_LATIN,
    first_match,
    is_gated,
    legacy_hits,
)

RUN_BEFORE = re.compile("[\x80-\xff]{1,40}[\x20-\x7e]{0,12}$")
UTF8_GATES = ((UTF8_AS_GBK, "gbk"), (UTF8_AS_LATIN, "latin"))
MAX_LAYERS = 3
CONTEXT = 200
"""Characters on either side in which a mention of mojibake makes a short span an example."""
SHORT = 60

# Gains in nats, with the least number of Han characters and mean score of the result; from
# research/mojibake.md, and no false edit in 38 M characters of laws, newsletters, poetry, word
# lists, character tables and code.
LEAST = {"utf8": (20.0, 2, -9.0), "latin": (25.0, 3, -8.6), "legacy": (50.0, 5, -8.3)}


def repair_mojibake(document: Document) -> Iterator[Finding]:
    for field, value in document.prose():
        found: list[Repair] = []
        if not value.isascii() and is_gated(value):
            found += _repairs(value)
            found += repair_foreign(value)
            for match in LOST.finditer(value):
                start, end = (None, None) if field else match.span()
                yield Label("mojibake", start, end, match.group(), "mojibake:lost")
        if ("&" in value or "\\" in value or "%" in value) and ESCAPES.search(value):
            found += repair_escapes(value)
        at = 0
        for repair in sorted(found, key=lambda repair: (repair.start, -repair.end)):
            if repair.start >= at:
                at = repair.end
                yield from _findings(field, value, repair)


def _findings(field: str, value: str, repair: Repair) -> Iterator[Finding]:
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


def _repairs(text: str) -> Iterator[Repair]:
    """The accepted repairs of a text, in order."""
    found = [repair for read in (_utf8, _latin, _legacy) for repair in read(text)]
    found.sort(key=lambda repair: (repair.start, -repair.end))
    at = 0
    for repair in found:
        if repair.start >= at:
            at = repair.end
            yield repair


def _utf8(text: str) -> Iterator[Repair]:
    for patterns, wrong in UTF8_GATES:
        for pattern in patterns:
            at = 0
            while match := pattern.search(text, at):
                start = match.start()
                at = start + 1
                repair = read_utf8(text, start, wrong)
                if repair is not None and (accepted := _judged(text, repair, "utf8")):
                    yield accepted
                    at = accepted.end


def _latin(text: str) -> Iterator[Repair]:
    at = 0
    while (place := first_match(LATIN_PAIRS, text, at)) is not None:
        at = place + 4
        start = _run_start(text, place)
        candidates = [
            read_latin(text, begin, right)
            for right in ("gbk", "big5")
            for begin in (start, start + 1, place)
        ]
        if best := _best(text, candidates, "latin"):
            yield best
            at = max(at, best.end)


def _best(text: str, candidates: list[Repair | None], family: str) -> Repair | None:
    judged = [accepted for r in candidates if r and (accepted := _judged(text, r, family))]
    return max(judged, key=lambda r: gain(text[r.start : r.end], r.best), default=None)


def _run_start(text: str, place: int) -> int:
    """The first letter of the run that a match lies in, over what ASCII stands between."""
    while match := RUN_BEFORE.search(text, max(0, place - 40), place):
        place = match.start()
    return place


def _legacy(text: str) -> Iterator[Repair]:
    for start, end in legacy_hits(text):
        candidates = [read_legacy(text, start, end, right) for right in ("big5", "gbk")]
        if best := _best(text, candidates, "legacy"):
            yield best


def _judged(text: str, repair: Repair, family: str) -> Repair | None:
    """The repair if it is good enough, or what further layers make of it if that is better."""
    before = text[repair.start : repair.end]
    found = [repair] if _is_better(before, repair, family) else []
    if (deeper := _deeper(before, repair, family)) is not None:
        found.append(deeper)
    return max(found, key=lambda repair: gain(before, repair.best), default=None)


def _deeper(before: str, repair: Repair, family: str, layer: int = 2) -> Repair | None:
    """The text below when a repaired text is mojibake again, all of it."""
    if layer > MAX_LAYERS or not is_gated(repair.text):
        return None
    inner = repair.text
    below = [
        read_utf8(inner, place, wrong)
        for patterns, wrong in UTF8_GATES
        if (place := first_match(patterns, inner)) is not None
    ]
    if (place := first_match(LATIN_PAIRS, inner)) is not None:
        below += [read_latin(inner, place, right) for right in ("gbk", "big5")]
    found: list[Repair] = []
    for reading in below:
        if reading is not None:
            joined = _joined(repair, reading)
            deeper = _deeper(before, joined, family, layer + 1)
            if deeper is not None:
                found.append(deeper)
            if _is_better(before, joined, family):
                found.append(joined)
    return max(found, key=lambda repair: gain(before, repair.best), default=None)


def _joined(outer: Repair, below: Repair) -> Repair:
    head, tail = outer.text[: below.start], outer.text[below.end :]
    chain = f"{below.chain}+{outer.chain}"
    text, best = head + below.text + tail, head + below.best + tail
    return Repair(outer.start, outer.end, text, best, min(outer.sure, below.sure), chain)


def _is_better(before: str, repair: Repair, family: str) -> bool:
    least_gain, least_han, least_score = LEAST[family]
    after = repair.best
    lost = repair.text.count("\ufffd")
    han = sum("\u3400" <= char <= "\u9fff" for char in after)
    letters = sum("\x80" <= char <= "\u024f" for char in after)
    if han < least_han or lost * 2 > len(after) or letters * 3 > han:
        return False
    if family == "legacy" and (lost * 10 > 3 * len(after) or score(before) > -11.0):
        return False
    return gain(before, after) >= least_gain and score(after) >= least_score
