"""A parsed page as flat arrays: blocks in document order, and the lines of text in them.

One walk over the tree, no recursion, so a hundred thousand nested elements cost no more than as
many flat ones.  turbohtml parses in linear time at any depth; lexbor does not
(research/parse.md, section 2b).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from turbohtml import Document, Element, Text, parse

from cleaning.page_marks import Marks, page_marks
from cleaning.visibility import HIDDEN, VISIBLE, styled

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
HINT_CHARS = 300
"""So much of a block's names is looked at; the longest on the 52 pages of data/ have 177."""
BREAKS = BLOCK | {"br"}


@dataclass(slots=True)
class Line:
    """A line of text in one block: what stands between two breaks."""

    block: int
    text: str
    linked: int = 0
    """How many characters of it stand in links."""
    hidden: bool = False
    pieces: Sequence[tuple[str, Element | None]] = ()
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
    marks: Marks

    def is_inside(self, block: int, outer: int) -> bool:
        return outer <= block <= self.last[outer]


Pieces = list[tuple[str, Element | None]]
Place = tuple[int, Element | None, int]
"""The block of some text, the link that it stands in, and how it is shown."""


class _Walker:
    """The state of the one walk.  Blocks are numbered as their first text is met."""

    def __init__(self, body: Element, marks: Marks) -> None:
        self.styled = styled(body, marks)
        self.number: dict[Element, int] = {}
        self.node: list[Element] = []
        self.parent: list[int] = []
        self.tag: list[str] = []
        self.hint: list[str] = []
        self.preformatted: list[bool] = []
        self.add(body, "body", -1)
        # Of every element with text, and of those around it; None for what no reader sees as text.
        self.place: dict[Element, Place | None] = {body: (0, None, self.styled.get(body, VISIBLE))}

    def add(self, element: Element, tag: str, above: int) -> int:
        """Number an element as a block."""
        number = len(self.node)
        self.number[element] = number
        self.node.append(element)
        self.parent.append(above)
        self.tag.append(tag)
        names = f"{element.attr('class') or ''} {element.attr('id') or ''}"
        self.hint.append(names[:HINT_CHARS])
        self.preformatted.append(tag in PREFORMATTED or (above >= 0 and self.preformatted[above]))
        return number

    def number_of(self, element: Element) -> int:
        """The number of an inline element that holds a block, and so counts as one."""
        numbers = self.number
        chain: list[Element] = []
        while element not in numbers:
            chain.append(element)
            element = element.parent  # type: ignore[assignment]  # ends at the body at the latest
        number = numbers[element]
        for inner in reversed(chain):
            number = self.add(inner, inner.tag, number)
        return number

    def resolve(self, element: Element) -> Place | None:
        """Where the text right inside an element belongs."""
        places, styled = self.place, self.styled
        chain: list[Element] = []
        while element not in places:
            chain.append(element)
            element = element.parent  # type: ignore[assignment]  # as above
        place = places[element]
        outer = element
        for inner in reversed(chain):
            tag = inner.tag
            if place is not None:
                if tag in SKIPPED:
                    place = None
                else:
                    number, link, shown = place
                    if tag == "a" and link is None and inner.attr("href") is not None:
                        link = inner
                    if shown < HIDDEN and inner in styled:
                        shown = styled[inner]
                    if tag in BLOCK:
                        above = self.number.get(outer)
                        number = self.add(
                            inner, tag, self.number_of(outer) if above is None else above
                        )
                    place = (number, link, shown)
            places[inner] = place
            outer = inner
        return place


def page_tree(html: str) -> Tree:
    """Parse a page and walk it once."""
    return walk(parse(html, positions=False))


def walk(document: Document) -> Tree:
    """The blocks and lines of a parsed page."""
    marks = page_marks(document)
    body = document.find("body")
    if body is None:
        return Tree(document, [], [], [], [], [], [], marks)
    for template in marks.templates:
        template.decompose()  # its nodes hang in a fragment of their own, outside the tree
    walker = _Walker(body, marks)
    lines = _lines(walker, body)
    last = list(range(len(walker.node)))
    for number in range(len(last) - 1, 0, -1):
        above = walker.parent[number]
        if above >= 0 and last[above] < last[number]:
            last[above] = last[number]
    return Tree(document, walker.node, walker.parent, walker.tag, walker.hint, last, lines, marks)


def _lines(walker: _Walker, body: Element) -> list[Line]:
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

    for node in body.descendants:
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
    raw, link = pieces[0]
    is_one = len(pieces) == 1
    if not is_one:
        raw = "".join([piece for piece, _ in pieces])
    if is_preformatted:
        lines += (Line(block, text.rstrip(), 0, hidden) for text in raw.split("\n") if text.strip())
    elif text := collapsed(raw):
        if is_one:
            linked = 0 if link is None else _letters(text)
        else:
            linked = sum([_letters(piece) for piece, link in pieces if link is not None])
        lines.append(Line(block, text, linked, hidden, pieces if linked else ()))


def _letters(text: str) -> int:
    """How many characters of a text are no blanks."""
    return len("".join(text.split()))


_RUN = re.compile(r"[ \t\n\r\f\xa0]+")
_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\u2018-\u201d]")


def collapsed(text: str) -> str:
    """Text as a browser shows it: runs of blanks are one, and a line break of the source between
    two Chinese characters is none (CSS Text 3, 4.1.3).  A blank on one line stays: it may stand
    for a word that was masked."""
    text = text.strip()
    if "\n" in text:
        text = _joined_lines(text)
    # Plain searches: an expression over all text takes a tenth of the time of a page.
    if "  " in text or "\xa0" in text or "\t" in text or "\r" in text or "\f" in text:
        return _RUN.sub(" ", text)
    return text


def _joined_lines(text: str) -> str:
    """The lines of the source as one."""
    joined: list[str] = []
    before = ""
    for piece in text.split("\n"):
        line = piece.strip(" \t\r\f")
        if line:
            if before and not (_WIDE.match(line) and _WIDE.match(before, len(before) - 1)):
                joined.append(" ")
            joined.append(line)
            before = line
    return "".join(joined)
