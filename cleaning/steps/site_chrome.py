"""Take out the lines that repeat on the pages of one site at the same end: menus, contact blocks.

Repetition alone proves nothing: judgments of one court begin with the same two lines, regulations
end with the same sentence, and articles of one encyclopedia have the same headings.  What decides
is repetition together with shape: from the edge of the page to the innermost repeated line that
looks like a site's own (a menu's word, a telephone number, a copyright line; ``rules/site_lines.toml``),
every line goes that stands there on nearly all pages of the site.  A single page has no such step:
a run that has counted its input builds one for each site.

>>> from cleaning.document import Document
>>> from cleaning.site_counter import SiteCounter
>>> pages = [f"网站首页\\n知识库\\n联系我们\\n{'一二三四五六七八'[n]}月的事。\\n第一章 总则" for n in range(8)]
>>> counter = SiteCounter()
>>> for page in pages:
...     counter.add("a.example", page)
>>> step = remove_site_lines(counter.statistics().lines("a.example"))
>>> Document.from_text(pages[0]).apply(step(Document.from_text(pages[0]))).text
'一月的事。\\n第一章 总则'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from cleaning.document import Document, Edit, Finding
from cleaning.lines import SENTENCE_END, Line
from cleaning.normal_view import normal_view, plain
from cleaning.rules import load_patterns
from cleaning.site_lines import WINDOW, SiteLines
from cleaning.steps.chrome import RELATED

MIN_SHARE = 0.5
"""Share of the site's distinct pages on which a line with the shape of a site's own must stand."""

NEARLY_ALL = 0.8
"""Share for a line without such a shape, between the edge and one that has it: its place is all
that speaks for it, and sections of a site have other menus, other pages than articles none."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What holds at one end of a page.

    ``actions``: of the patterns for a line with a site's shape.  ``min_run``: lines in a row that
    must repeat.  ``max_passed``: lines in a row that do not repeat and are passed over.
    """

    actions: tuple[str, ...]
    min_run: int
    max_passed: int


HEAD = Edge(("anchor",), min_run=2, max_passed=2)
"""The page's title stands above a menu, or the day's date in it.  One word of a menu alone may be
the first heading of a text, as the company's profile is that of every offer of work."""

TAIL = Edge(("anchor", "tail"), min_run=1, max_passed=0)
"""Below the last line of the text nothing is its heading; but above a line that varies, "how to
reach us" is the heading of what varies."""

MAX_MARK = 3  # characters of a line without letters, a bar between two items of a menu: ``|``
_HAS_LETTER = re.compile(r"[^\W_]")

MAX_ALONG = 24
"""Characters of a line without a shape that goes along: a menu's word has 2 to 8, a slogan or a
company's name up to 20."""

RULE = "chrome:site-line"

# Parts of a text whatever is above and below: a numbered heading, a Markdown heading, a list's item.
STRUCTURE = re.compile(
    r"#{1,6}\s|第[一二三四五六七八九十百零〇\d]+[章节条部分编篇回集讲课款号期]|"
    r"[（(]?[一二三四五六七八九十]+[）)、.．]|\d{1,2}(?:\.\d{1,2})*[、.．)）]|[•·●○◆■▪*+\-–—>»※]"
)
# What stands in a text in the same words on every page, and does not go along.
NOT_ALONG = re.compile(
    r"[\d。；，：:？！?!“”《》…]|[〇○零一二三四五六七八九十]{2,}年|[〇零一二三四五六七八九十]+月"
)


def remove_site_lines(lines: SiteLines) -> Callable[[Document], Iterable[Finding]]:
    """The step for the pages of the site that the lines were counted on."""

    def remove(document: Document) -> Iterator[Finding]:
        text = document.text
        title = plain(document.title) if document.title else None
        above = _own(document.lines.downwards(), lines.share_at_head, HEAD, title)
        below = _own(document.lines.upwards(), lines.share_at_tail, TAIL, title)
        gone = {line.start: line for line in (*above, *below)}
        spans = sorted((line.start, line.end) for line in gone.values())
        if spans and _is_left(text, spans):  # else a page of nothing but menus, which stays whole
            for start, end in spans:
                yield Edit("chrome", start, end, text[start:end], "", RULE)

    return remove


def _is_left(text: str, spans: list[tuple[int, int]]) -> bool:
    """Whether a text has anything but blanks outside of ordered spans."""
    starts = (0, *(end for _, end in spans))
    ends = (*(start for start, _ in spans), len(text))
    return any(text[start:end].strip() for start, end in zip(starts, ends, strict=True))


def _own(
    lines: Iterator[Line], share: Callable[[str], float], edge: Edge, title: str | None
) -> Iterator[Line]:
    """The site's own lines, of lines in order from an edge of the page inwards."""
    along: list[Line] = []  # what goes if a line with a site's shape follows
    run = passed = 0
    for line in islice((line for line in lines if line.text), WINDOW):
        stands = share(line.text)
        if stands and title is not None and plain(line.text) == title:
            stands = 0.0
        if stands >= MIN_SHARE and _is_anchor(line.text, edge.actions):
            along.append(line)
            run, passed = run + 1, 0
            if run >= edge.min_run:
                yield from along
                along = []
        elif len(line.text) <= MAX_MARK and not _HAS_LETTER.search(line.text):
            along.append(line)
        elif stands >= NEARLY_ALL and _goes_along(line) and not (passed and _is_heading(line)):
            along.append(line)
            run, passed = run + 1, 0
        elif passed == edge.max_passed or line.is_prose or SENTENCE_END.search(line.text):
            return
        else:
            passed += 1
            run, along = 0, []


@lru_cache(1 << 12)
def _is_anchor(line: str, actions: tuple[str, ...]) -> bool:
    """Whether a line looks like a site's own.  Lists of other articles and breadcrumbs, which hold
    links and fields, are left to the steps that read them."""
    view = normal_view(line).text
    patterns = (*load_patterns("site_lines"), *load_patterns("furniture"))
    return any(p.action in actions and p.regex.fullmatch(view) for p in patterns)


def _goes_along(line: Line) -> bool:
    text = line.text
    return len(text) <= MAX_ALONG and not STRUCTURE.match(text) and not NOT_ALONG.search(text)


def _is_heading(line: Line) -> bool:
    """Whether a line heads a list of other articles: with its items, it is for remove_chrome."""
    return RELATED.fullmatch(line.view) is not None
