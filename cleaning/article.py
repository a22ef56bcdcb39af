"""The article in a page's lines: which lines are its text, and which hold something else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cleaning.document import Link
from cleaning.extract_fields import Place, is_field_line, tidy
from cleaning.extract_links import (
    bare_turn,
    heads_related,
    is_ranking,
    is_related_heading,
    line_links,
    may_lead,
    related_after,
    turns,
)
from cleaning.extract_title import HEADINGS, NEAR_LINES, TITLE_CHARS, Heading, is_title_hint
from cleaning.main_text import Main
from cleaning.normal_view import normal_view, plain
from cleaning.page_tree import Line, Tree

HEAD_LINES = 40
"""Lines above the text that may hold title and fields; menus between make them many."""
EDGE_LINES = 8
"""Lines from the text's own beginning, and about its end, that may hold title and fields."""
AUTHOR_HINT = re.compile(r"(?:^|[ _-])author(?:[ _-]?name)?(?: |$)")
SOURCE_HINT = re.compile(r"(?:^|[ _-])(?:source|laiyuan)(?:[ _-]?name)?(?: |$)")
NAME_CHARS = 16
MAX_LISTS = 10
"""Lists of other articles looked for on one page; none of the 52 pages of data/ has more than 3."""
SENTENCE_CHARS = 60
ROW_CHARS = 300
"""A table's row up to this length is one line; a longer one is the layout of a page."""

_SENTENCE = re.compile(r"[。！？；]|，.*，")
_MAY_HOLD_FIELD = re.compile(r"[:：/／]|\d{4}|[记記]者")
_NOTICE = re.compile(r"^(?:免责|版权|特别|郑重|重要)?(?:声明|提示)\s?:")


@dataclass(slots=True)
class Article:
    """The lines of a tree that are the text, by number, and those taken out again."""

    tree: Tree
    kept: list[int]
    block: int = 0
    """The block that holds the text."""
    dropped: set[int] = field(default_factory=set)

    @property
    def first(self) -> int:
        return self.kept[0] if self.kept else 0

    def numbers(self) -> list[int]:
        return [number for number in self.kept if number not in self.dropped]

    def lines(self) -> list[Line]:
        return [self.tree.lines[number] for number in self.numbers()]

    def text(self) -> str:
        """The lines, those of a table's row as one, its cells separated by tabs."""
        tree = self.tree
        if "tr" not in tree.tag:
            return "\n".join([line.text for line in self.lines()])
        row, cell = _rows(tree)
        shown: list[str] = []
        last_row, last_cell = -1, -1
        for line in self.lines():
            own_row, own_cell = row[line.block], cell[line.block]
            if (
                own_row >= 0
                and own_row == last_row
                and own_cell != last_cell
                and (len(shown[-1]) + len(line.text) < ROW_CHARS)
            ):
                shown[-1] += "\t" + line.text
            else:
                shown.append(line.text)
            last_row, last_cell = own_row, own_cell
        return "\n".join(shown)


def _rows(tree: Tree) -> tuple[list[int], list[int]]:
    """For every block the nearest row around it and the cell that it stands in, -1 for none."""
    row, cell = [-1] * len(tree.tag), [-1] * len(tree.tag)
    for number, tag in enumerate(tree.tag):
        above = tree.parent[number]
        if tag == "tr":
            row[number] = number
        elif above >= 0:
            row[number] = row[above]
            cell[number] = number if tag in ("td", "th") else cell[above]
    return row, cell


def article_of(tree: Tree, main: Main | None) -> Article:
    if main is None:
        return Article(tree, [])
    return Article(
        tree,
        [
            number
            for number, line in enumerate(tree.lines)
            if not line.hidden and main.keeps[line.block]
        ],
        main.block,
    )


def hint_of(tree: Tree, block: int) -> str:
    """The names of a block and of the one around it."""
    above = tree.parent[block]
    return tree.hint[block] + " " + (tree.hint[above] if above >= 0 else "")


def is_sentence(line: Line) -> bool:
    return len(line.text) > SENTENCE_CHARS and _SENTENCE.search(line.text) is not None


def headings(article: Article) -> list[Heading]:
    """The lines that may be the title: headings by tag or name, and what stands near the text."""
    tree, first = article.tree, article.first
    kept = set(article.kept[:EDGE_LINES])
    found = []
    for number, line in enumerate(tree.lines[: first + EDGE_LINES]):
        if number in kept and is_sentence(line):
            break  # a title stands above prose
        if line.hidden or len(line.text) > TITLE_CHARS:
            continue
        block = line.block
        above = tree.parent[block]
        tag = tree.tag[block]
        if above >= 0 and tree.tag[above] in HEADINGS:
            tag = tree.tag[above]
        hint = hint_of(tree, block)
        distance = first - number
        if (tag in HEADINGS or -1 <= distance <= NEAR_LINES or is_title_hint(hint)) and not (
            is_field_line(line.text) or is_related_heading(line.text)
        ):
            found.append(Heading(line.text, tag, hint, distance, line.linked > 0))
    return found


def drop_head(article: Article, title: str) -> None:
    """Drop the title's line or lines from the text, and the way to the page that stands above."""
    letters = plain(title)
    lines = article.tree.lines
    head = article.kept[:EDGE_LINES]
    shown = [plain(lines[number].text) for number in head]
    for place, own in enumerate(shown):
        end = place + 1
        if not (own == letters or (own.endswith(letters) and len(own) <= len(letters) + 2)):
            while own and own != letters and letters.startswith(own) and end < len(head):
                own += shown[end]
                end += 1
            if own != letters:
                continue
        above = head[:place]
        if not any(_SENTENCE.search(lines[number].text) for number in above):
            article.dropped.update(above)
        article.dropped.update(head[place:end])
        return


def places(article: Article, title: str | None) -> list[Place]:
    """The lines that may hold fields: about the title, at the text's beginning and its end."""
    lines, first = article.tree.lines, article.first
    last = article.kept[-1] if article.kept else first
    letters = plain(title) if title else ""
    top = range(max(0, first - HEAD_LINES), min(len(lines), last + 1, first + EDGE_LINES))
    bottom = range(max(top.stop, last - EDGE_LINES // 2), min(len(lines), last + EDGE_LINES))
    anchor = first
    for number in top if letters else ():
        # No letter becomes more than two.
        if 2 * len(text := lines[number].text) >= len(letters) and plain(text) == letters:
            anchor = number

    def is_place(number: int) -> bool:
        line = lines[number]
        return not (
            line.hidden
            or number in article.dropped
            or not _MAY_HOLD_FIELD.search(line.text)
            or is_sentence(line)
        )

    found = [
        Place(normal_view(lines[number].text), abs(number - anchor))
        for number in top
        if is_place(number)
    ]
    found += [
        Place(normal_view(lines[number].text), abs(number - last), is_tail=True)
        for number in bottom
        if is_place(number) and lines[number].linked < len(lines[number].text) / 2
    ]
    return found


def named(article: Article, names: re.Pattern[str]) -> str | None:
    """The words of a block near the text's beginning that bears a field's name."""
    tree, first = article.tree, article.first
    for number in range(max(0, first - EDGE_LINES), min(len(tree.lines), first + 1)):
        line = tree.lines[number]
        if line.hidden or len(line.text) > NAME_CHARS or not names.search(tree.hint[line.block]):
            continue
        if not re.search(r"[:：]", line.text) and (value := tidy(line.text)):
            return value
    return None


def drop_field_lines(article: Article) -> None:
    """Drop the lines at both ends that hold fields, counts or a notice, and no text."""
    lines = article.tree.lines
    numbers = article.numbers()
    for number in numbers[:EDGE_LINES]:
        if is_sentence(lines[number]):
            break
        if is_field_line(lines[number].text):
            article.dropped.add(number)
    for number in reversed(numbers[1:]):
        text = lines[number].text
        if not (is_field_line(text, with_label=True) or _NOTICE.match(normal_view(text[:20]).text)):
            break
        article.dropped.add(number)


def take_links(article: Article, base: str | None) -> list[Link]:
    """The previous, next and related links, whose lines leave the text; in the page's order."""
    tree = article.tree
    found: list[Link] = []
    number = article.first
    last = article.kept[-1] if article.kept else number
    lists = MAX_LISTS
    while number < len(tree.lines):
        line = tree.lines[number]
        end = number + 1
        if not line.hidden and may_lead(line):
            turned = turns(line, base)
            if turned is not None:
                found += turned
                article.dropped.add(number)
                if not turned and (kind := bare_turn(line)) and end < len(tree.lines):
                    below = tree.lines[end]
                    if below.linked and not below.hidden and turns(below, base) is None:
                        found += line_links(below, base, kind)[:1]
                        article.dropped.add(end)
            elif lists and heads_related(line) and (number <= last or not is_ranking(line)):
                lists -= 1
                related, end = related_after(tree, number, base, article.block)
                if related:
                    found += related
                    article.dropped.update(range(number, end))
        number = end
    return found


def text_links(article: Article, base: str | None) -> list[Link]:
    """The links inside the text."""
    return [
        link for line in article.lines() if line.linked for link in line_links(line, base, "other")
    ]
