"""Which elements of a page a reader sees: inline styles, attributes, and a sheet's simple rules.

No layout is made.  Hacked pages hide their links by a handful of means, and these are looked for:
not displayed, invisible, moved off the page, cut to nothing, written in size 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby, islice
from operator import itemgetter

from turbohtml import Element

from cleaning.page_marks import Marks

VISIBLE, NO_SIZE, HIDDEN = 0, 1, 2
"""How an element is shown.  Text in no size shows again inside an element that sets one."""

_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|"
    r"(?:left|right|top|text-indent|margin-left|margin-top)\s*:\s*-\d{4,}|"
    r"clip\s*:\s*rect\(\s*[01](?:px)?[ ,]",
    re.IGNORECASE,
)
_OFF_PAGE = re.compile(r"left\s*:\s*-\d{3,}|top\s*:\s*-\d{3,}", re.IGNORECASE)
_PLACED = re.compile(r"position\s*:\s*(?:absolute|fixed)", re.IGNORECASE)
_NO_SIZE = re.compile(r"(?:^|[;\s])(?:width|height|max-height)\s*:\s*0(?:px)?\s*(?:;|!|$)", re.I)
_CUT_OFF = re.compile(r"overflow(?:-[xy])?\s*:\s*hidden", re.I)
_FONT_SIZE = re.compile(r"font-size\s*:\s*(\d+(?:\.\d+)?)", re.IGNORECASE)

_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_AT_RULE = re.compile(r"@[^{};]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]*)?[.#][a-z_][\w-]*", re.IGNORECASE | re.ASCII)
SHEET_CHARS, SHEETS_CHARS = 2_000, 8_000
"""A longer sheet is the site's design, while what hides spam links has a few lines; and so much of
all sheets of a page is looked at, which takes 0.1 ms at most."""
MAX_SELECTORS = 20
"""Hiding rules looked for in a page, each of them a query over it; the 52 pages of data/ have up to
ten in sheets of that size."""


@lru_cache(maxsize=4096)
def _style(style: str) -> tuple[bool, float | None]:
    """Whether declarations hide their element, and the font size that they set."""
    is_hidden = bool(
        _STYLE.search(style)
        or (_CUT_OFF.search(style) and _NO_SIZE.search(style))
        or (_OFF_PAGE.search(style) and _PLACED.search(style))
    )
    size = _FONT_SIZE.search(style)
    return is_hidden, float(size[1]) if size else None


def styled(body: Element, marks: Marks) -> dict[Element, int]:
    """How elements with a word of their own on it, or with one in a sheet, are shown."""
    found: dict[Element, int] = {}
    for shown, selectors in groupby(_hiding(marks.sheets).items(), itemgetter(1)):
        query = ", ".join([selector for selector, _ in selectors])
        found.update(dict.fromkeys(body.select(query), shown))
    for element in marks.styled:
        style = element.attr("style")
        is_hidden, size = _style(style) if style else (False, None)
        if is_hidden or element.attr("hidden") is not None or element.attr("aria-hidden") == "true":
            found[element] = HIDDEN
        elif size is not None:
            found[element] = VISIBLE if size else NO_SIZE
        elif style and element in found and "display" in style.lower():
            del found[element]  # its own word is the later one
    return found


def _hiding(sheets: Iterable[Element]) -> dict[str, int]:
    """The selectors of one class or id that the page's own short sheets hide.

    Rules for some media or states of the page only are none of these.
    """
    hiding: dict[str, int] = {}
    left = SHEETS_CHARS
    for element in sheets:
        sheet = element.text
        if not 0 < len(sheet) <= min(SHEET_CHARS, left) or not any(
            word in sheet for word in ("none", "hidden", ":-", ": -", "font-size", "NONE")
        ):
            continue
        left -= len(sheet)
        for selectors, declarations in _RULE.findall(_AT_RULE.sub("", _COMMENT.sub("", sheet))):
            is_hidden, size = _style(declarations)
            shown = HIDDEN if is_hidden else NO_SIZE if size == 0 else VISIBLE
            for selector in map(str.strip, selectors.split(",")):
                if shown and _SIMPLE.fullmatch(selector):
                    hiding[selector] = shown
                elif "display" in declarations or size:
                    hiding.pop(selector, None)  # a later rule shows it again
    return dict(islice(hiding.items(), MAX_SELECTORS))
