"""What becomes of masks that are not restored, where a user asks for it (``--masks strip|mark``).

By default they stay.  ``strip`` takes them out, ``mark`` puts 〔?〕 in their place; either is an edit
on record, like any other.

>>> from cleaning.document import Document
>>> from cleaning.pipeline import clean
>>> from cleaning.steps.masks import find_masks
>>> raw = "近年来***平台大量出现，监管部门多次发文。"
>>> clean(Document.from_text(raw), [find_masks, mark_masks]).text
'近年来〔?〕平台大量出现，监管部门多次发文。'
>>> clean(Document.from_text(raw), [find_masks, strip_masks]).text
'近年来平台大量出现，监管部门多次发文。'
"""

from __future__ import annotations

from collections.abc import Iterator

from cleaning.document import Document, Edit, Finding

MARK = "〔?〕"

SURE = 0.9
"""Confidence of a label from which its characters are a mask and nothing of the text: those of the
rules for stars and blanks."""

FILLERS = frozenset("*＊×□○ \u3000")


def strip_masks(document: Document) -> Iterator[Finding]:
    return _replaced(document, "", "mask:strip")


def mark_masks(document: Document) -> Iterator[Finding]:
    return _replaced(document, MARK, "mask:mark")


def _replaced(document: Document, after: str, rule: str) -> Iterator[Finding]:
    end = -1
    for label in sorted(document.labels, key=lambda label: (label.start or 0, label.end or 0)):
        if label.kind != "mask" or label.start is None or label.end is None:
            continue
        before = document.text[label.start : label.end]
        # A label stays where it was, so what is replaced already is no filler any more.
        if label.confidence >= SURE and label.start >= end and before and set(before) <= FILLERS:
            yield Edit("mask", label.start, label.end, before, after, rule)
            end = label.end
