"""Move what stands above the text into fields: site, title, date, source, author.

A text without markup begins, below any spam header, with the site's name, the title, a line of
date and source, in this order and each of them optional.  Nothing is lost: the edits keep the
lines, and a first line that may be a sentence stays.

>>> from cleaning.document import Document
>>> document = Document.from_text(
...     "保险知识网\\n怎样选择保险\\n发布时间：2025-08-18 | 来源：网络整理\\n" + "保险是一种合同，双方都有义务。" * 4
... )
>>> document = document.apply(fill_fields(document))
>>> document.site, document.title, document.date, document.source
('保险知识网', '怎样选择保险', '2025-08-18', '网络整理')
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cleaning.document import Document, Edit, FieldEdit, Finding
from cleaning.lines import Line
from cleaning.meta_line import BUTTONS, ISSUE, KEY, META, STAMP, day_and_time, meta_of
from cleaning.page_head import (
    CRUMBED,
    Head,
    find_breadcrumb,
    find_meta_line,
    head_above_text,
    head_and_menus,
    head_of_first_lines,
    plain,
    unlabelled,
)
from cleaning.rules import patterns_of

HEAD_LINES = (
    8  # site, breadcrumb, title, repeated title, subtitle, date and source, views, share bar
)
MENU_LINES = 300
"""Lines of menus above a breadcrumb or a full date line, where a page came without markup; the 52
measured pages have, as lines, up to 177."""

MIN_SHARES = 3
"""Lines with a button of a share bar, one below another (微信, 微博, QQ空间): no text begins like this."""

READS = re.compile(r"(?!(?:19|20)\d\d$)\d{1,7}")
"""How often the page was read, in a line of its own; but a year is a heading."""


def fill_fields(document: Document) -> Iterator[Finding]:
    signs = document.signs
    if signs & (CRUMBED | META):
        lines, menus = head_and_menus(document.lines, HEAD_LINES, MENU_LINES)
    else:
        lines, menus = document.lines.first(HEAD_LINES), 0
    if not lines:
        return
    known = {plain(document.title)} if document.title else set()
    crumb = find_breadcrumb(lines, menus) if signs & CRUMBED else None
    meta = None
    if signs & META:
        meta = find_meta_line(lines, crumb, known, menus, titled=document.title is not None)
    if meta is not None or crumb is not None:
        found = head_above_text(lines, meta, crumb, known)
    elif document.title is None and any(line.is_prose for line in lines[1:4]):
        found = head_of_first_lines(lines)
    else:
        found = Head()
    if found.title is not None:
        known.add(plain(found.title))
    for number, line in enumerate(lines[: (meta or crumb or 0) + HEAD_LINES] if known else ()):
        if line.is_prose and number > (meta or 0):
            break
        if number not in found.gone and plain(unlabelled(line)) in known:
            found.gone[number] = "field:title-repeated"
    if found.title is not None and document.title is None:
        yield _fill("title", found.title, "field:title-line")
    if found.site is not None and not document.site:
        yield _fill("site", found.site, "field:site-line")
    if meta is not None:
        yield from _fields_of_meta(lines, meta, document, found.gone)
    for number, rule in sorted(found.gone.items()):
        line = lines[number]
        yield Edit("field", line.start, line.end, document.text[line.start : line.end], "", rule)


def _fields_of_meta(
    lines: list[Line], first: int, document: Document, gone: dict[int, str]
) -> Iterator[Finding]:
    """Fields from the line of date and source, and from further such lines right below it."""
    filled: set[str] = set()
    shared = 0
    for number in range(first, len(lines)):
        if number > first and ISSUE.fullmatch(lines[number].text):
            gone[number] = "field:date-line"
            if not document.source and "source" not in filled:
                yield _fill("source", lines[number].text, "field:date-line")
                filled.add("source")
            continue
        if number > first and READS.fullmatch(lines[number].text):
            gone[number] = "field:date-line"
            continue
        if number > first and (
            BUTTONS.fullmatch(lines[number].view) or _is_empty_key(lines[number].view)
        ):
            gone[number] = "field:button-line"
            continue
        if number > first and number >= shared:
            shared = _end_of_share_bar(lines, number)
        if number < shared:
            gone[number] = "field:button-line"
            continue
        below = lines[number + 1].text if number + 1 < len(lines) else ""
        found = meta_of(
            lines[number].view, below, below_title=number == first, by_name=number == first
        )
        if not found or ("date" in filled and STAMP.match(lines[number].view)):
            break
        gone[number] = "field:date-line"
        for name, (start, end) in found.items():
            value = lines[number].text[start:end].strip()
            if name == "date":
                stamp = STAMP.fullmatch(value)
                if stamp is None or document.date or "date" in filled:
                    continue
                day, moment = day_and_time(stamp)
                yield _fill("date", day, "field:date-line")
                if moment and not document.published_at:
                    yield _fill("published_at", moment, "field:date-line")
            elif value and not getattr(document, name) and name not in filled:
                yield _fill(name, value, "field:date-line")
            filled.add(name)


def _is_empty_key(view: str) -> bool:
    """Whether a line is a template's word without a value: 【字号："""
    key = KEY.fullmatch(view)
    return key is not None and key.lastgroup in ("count", "other")


def _end_of_share_bar(lines: list[Line], first: int) -> int:
    """The number behind a run of at least ``MIN_SHARES`` lines with one button each, or ``first``."""
    share = [p.regex for p in patterns_of("site_lines", "anchor") if p.rule == "site_lines:share"]
    stop = first
    while stop < len(lines) and any(regex.fullmatch(lines[stop].view) for regex in share):
        stop += 1
    return stop if stop - first >= MIN_SHARES else first


def _fill(field: str, value: str, rule: str) -> FieldEdit:
    return FieldEdit(field, "field", 0, 0, "", value, rule)
