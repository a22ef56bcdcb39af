"""A parsed page as flat arrays: blocks in document order, and the lines of text in them.

One walk over the tree, no recursion, so a hundred thousand nested elements cost no more than as
many flat ones.  turbohtml parses in linear time at any depth; lexbor does not
(research/parse.md, section 2b).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from turbohtml import Document, Element, Text, parse

SKIPPED = frozenset(
    "script style noscript template iframe select textarea button svg object video audio canvas"
    " head title datalist map math-annotation".split()
)
"""Elements whose text no reader sees as text."""

BLOCK = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main"
    " menu nav ol p pre search section summary table tbody td tfoot th thead tr ul"
    " xmp listing plaintext".split()
)
"""Elements that begin a new line, by the HTML standard's rendering section."""

PREFORMATTED = frozenset(("pre", "xmp", "listing", "plaintext"))
BREAKS = BLOCK | {"br"}

_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|"
    r"(?:left|right|top|text-indent|margin-left|margin-top)\s*:\s*-\d{4,}|"
    r"clip\s*:\s*rect\(\s*[01](?:px)?[ ,]",
    re.IGNORECASE,
)
_NO_SIZE = re.compile(r"(?:^|[;\s])(?:width|height|max-height)\s*:\s*0(?:px)?\s*(?:;|!|$)", re.I)
_CUT_OFF = re.compile(r"overflow(?:-[xy])?\s*:\s*hidden", re.I)
_FONT_SIZE = re.compile(r"font-size\s*:\s*(\d+(?:\.\d+)?)", re.IGNORECASE)

VISIBLE, NO_SIZE, HIDDEN, NEVER = 0, 1, 2, 3
"""How an element is shown.  Text in no size shows again inside an element that sets one; what
stands in an element of SKIPPED is no text at all."""


@dataclass(slots=True)
class Line:
    """A line of text in one block: what stands between two breaks."""

    block: int
    text: str
    linked: int = 0
    """How many characters of it stand in links."""
    hidden: bool = False
    pieces: list[tuple[str, Element | None]] = field(default_factory=list)
    """The text in order, with the link that each piece stands in; empty in a line without links."""


@dataclass(slots=True)
class Tree:
    """Blocks as parallel arrays; a block's parent always has the lower number."""

    document: Document
    node: list[Element]
    parent: list[int]
    tag: list[str]
    hint: list[str]
    """Class and id of a block, in one string."""
    last: list[int]
    """The highest number inside a block: a block's descendants are numbered without a gap."""
    lines: list[Line]
    """The lines of the page in order, hidden ones included."""

    def is_inside(self, block: int, outer: int) -> bool:
        return outer <= block <= self.last[outer]


@lru_cache(maxsize=4096)
def _style(style: str) -> tuple[bool, float | None]:
    """Whether an inline style hides its element, and the font size that it sets."""
    is_hidden = bool(_STYLE.search(style) or (_CUT_OFF.search(style) and _NO_SIZE.search(style)))
    size = _FONT_SIZE.search(style)
    return is_hidden, float(size[1]) if size else None


def _styled(body: Element) -> dict[Element, int]:
    """How elements with a word of their own on it are shown.  One query is cheaper than to ask
    every element."""
    found: dict[Element, int] = {}
    for element in body.select("[style], [hidden], [aria-hidden=true]"):
        style = element.attr("style")
        is_hidden, size = _style(style) if style else (True, None)
        if is_hidden or element.attr("hidden") is not None or element.attr("aria-hidden") == "true":
            found[element] = HIDDEN
        elif size is not None:
            found[element] = VISIBLE if size else NO_SIZE
    return found


Place = tuple[int, Element | None, int]
Pieces = list[tuple[str, Element | None]]


class _Walker:
    """The state of the one walk."""

    def __init__(self, body: Element) -> None:
        self.body = body
        self.styled = _styled(body)
        self.links = set(body.select("a[href]"))
        self.number: dict[Element, int] = {}
        self.node: list[Element] = []
        self.parent: list[int] = []
        self.tag: list[str] = []
        self.hint: list[str] = []
        self.link: list[Element | None] = []  # that a block stands in: <a><div>…</div></a>
        self.shown: list[int] = []
        self.preformatted: list[bool] = []
        # Of every element with text: its block, its link, how it is shown; None: skipped.
        self.place: dict[Element, Place | None] = {}

    def block(self, element: Element) -> int:
        """The number of an element as a block, its ancestors numbered before it."""
        numbers = self.number
        chain = [element]
        outer = element.parent
        while isinstance(outer, Element) and outer not in numbers and chain[-1] != self.body:
            chain.append(outer)
            outer = outer.parent
        number = numbers.get(outer, -1) if isinstance(outer, Element) else -1
        while chain:
            at = chain.pop()
            tag = at.tag
            shown, link, preformatted = VISIBLE, None, tag in PREFORMATTED
            if number >= 0:
                shown, link = self.shown[number], self.link[number]
                preformatted = preformatted or self.preformatted[number]
            if tag in SKIPPED:
                shown = NEVER
            elif shown < HIDDEN:
                shown = self.styled.get(at, shown)
            self.parent.append(number)
            number = len(self.node)
            numbers[at] = number
            self.node.append(at)
            self.tag.append(tag)
            self.hint.append(f"{at.attr('class') or ''} {at.attr('id') or ''}")
            self.link.append(at if link is None and at in self.links else link)
            self.shown.append(shown)
            self.preformatted.append(preformatted)
        return number

    def resolve(self, element: Element) -> Place | None:
        """Where the text right inside an element belongs."""
        places = self.place
        chain: list[Element] = []
        at = element
        while at not in places:
            tag = at.tag
            if tag in SKIPPED:
                places[at] = None
                break
            outer = None if tag in BLOCK else at.parent
            if not isinstance(outer, Element):
                number = self.number.get(at, -1)
                if number < 0:
                    number = self.block(at)
                shown = self.shown[number]
                places[at] = (number, self.link[number], shown) if shown < NEVER else None
                break
            chain.append(at)
            at = outer
        place = places[at]
        while chain:
            at = chain.pop()
            if place is not None:
                number, link, shown = place
                if link is None and at in self.links:
                    place = (number, at, shown)
                if shown < HIDDEN and (own := self.styled.get(at, shown)) != shown:
                    place = (number, place[1], own)
            places[at] = place
        return place


def page_tree(html: str) -> Tree:
    """Parse a page and walk it once."""
    return walk(parse(html))


def walk(document: Document) -> Tree:
    """The blocks and lines of a parsed page."""
    body = document.find("body")
    if body is None:
        return Tree(document, [], [], [], [], [], [])
    body.remove("template")  # its nodes hang in a fragment of their own, outside the tree
    walker = _Walker(body)
    lines = _lines(walker)
    last = list(range(len(walker.node)))
    for number in range(len(last) - 1, 0, -1):
        above = walker.parent[number]
        if above >= 0 and last[above] < last[number]:
            last[above] = last[number]
    return Tree(document, walker.node, walker.parent, walker.tag, walker.hint, last, lines)


def _lines(walker: _Walker) -> list[Line]:
    """The lines below the body; blocks are numbered as they are met."""
    lines: list[Line] = []
    # The pieces of the line that is being read, and beside it of the hidden text in it: a hidden
    # word inside a sentence does not break the sentence.
    shown_pieces: Pieces = []
    hidden_pieces: Pieces = []
    block = -1
    blank = ""
    places = walker.place
    preformatted = walker.preformatted

    def close() -> None:
        if shown_pieces:
            _add_line(lines, block, False, shown_pieces, preformatted[block])
        if hidden_pieces:
            _add_line(lines, block, True, hidden_pieces, preformatted[block])

    for node in walker.body.descendants:
        if not isinstance(node, Text):
            if block >= 0 and isinstance(node, Element) and node.tag in BREAKS:
                close()
                shown_pieces, hidden_pieces, block = [], [], -1
            continue
        data = node.data
        if data.isspace():
            blank += data
            continue
        outer = node.parent
        if not isinstance(outer, Element):
            continue
        place = places[outer] if outer in places else walker.resolve(outer)
        if place is None:
            continue
        number, link, shown = place
        if number != block:
            if block >= 0:
                close()
                shown_pieces, hidden_pieces = [], []
            block = number
        pieces = hidden_pieces if shown else shown_pieces
        if blank:
            if pieces or preformatted[number]:
                pieces.append((blank, None))
            blank = ""
        pieces.append((data, link))
    if block >= 0:
        close()
    return lines


def _add_line(
    lines: list[Line], block: int, hidden: bool, pieces: Pieces, is_preformatted: bool
) -> None:
    """Add a line with its text, several where the source's own line breaks count."""
    raw = pieces[0][0] if len(pieces) == 1 else "".join([piece for piece, _ in pieces])
    if is_preformatted:
        lines += (Line(block, text.rstrip(), 0, hidden) for text in raw.split("\n") if text.strip())
    elif text := collapsed(raw):
        linked = 0
        for piece, link in pieces:
            if link is not None:
                linked += len("".join(piece.split()))
        lines.append(Line(block, text, linked, hidden, pieces if linked else []))


_BLANKS = re.compile(r"[\t\n\r\f\xa0]| [ \t\n\r\f\xa0]")
_RUN = re.compile(r"[ \t\n\r\f\xa0]+")
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\u2018-\u201d"
_BROKEN_LINE = re.compile(rf"(?<=[{_WIDE}])[ \t\r\f]*\n[ \t\n\r\f]*(?=[{_WIDE}])")


def collapsed(text: str) -> str:
    """Text as a browser shows it: runs of blanks are one, and a line break of the source between
    two Chinese characters is none (CSS Text 3, 4.1.3).  A blank on one line stays: it may stand
    for a word that was masked."""
    text = text.strip()
    if "\n" in text:
        text = _BROKEN_LINE.sub("", text)
    return _RUN.sub(" ", text) if _BLANKS.search(text) else text
