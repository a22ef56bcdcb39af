"""HTML to an article: its text in lines, its fields, its links.

>>> page = extract("<title>网贷_站</title><h1>网贷</h1><p>网贷，即网络借贷，是一种借贷方式。</p>")
>>> page.title, page.text
('网贷', '网贷，即网络借贷，是一种借贷方式。')
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cleaning import extract_fields as fields
from cleaning import extract_links as link_rules
from cleaning.document import Label, Link
from cleaning.extract_links import PageLink, page_links
from cleaning.extract_title import LOGO_HINT, Heading, choose_title, site_of
from cleaning.main_text import Main, main_text
from cleaning.normal_view import normal_view, plain
from cleaning.page_tree import Line, Tree, page_tree
from cleaning.sites import Sites, load_sites, rule_for

__all__ = ["Extracted", "PageLink", "extract", "page_links"]

HEAD_LINES = 40
"""Lines above the text that may hold title and fields; menus between make them many."""
FIELD_LINES = 8
"""Lines from the text's own beginning, and after its end, that may hold fields."""
HIDDEN_CHARS = 30
"""Hidden text is labelled from here on; less is a button's or an icon's."""
BODY_CHARS = 3000
"""How much of the text a title is compared with."""
SMALL = 120
"""Characters of visible text below which a hidden block may be the text after all: some sites
(WeChat's) show theirs by script."""
OTHER_SCRIPT = 0.15
"""Share of Chinese characters among letters below which a text is not Chinese."""

_SENTENCE = re.compile(r"[。！？；]|，.*，")
_NOTICE = re.compile(r"^(?:免责|版权|特别|郑重|重要)?(?:声明|提示)\s?:")


@dataclass(slots=True)
class Extracted:
    """What a page's markup holds.  ``text``: lines separated by one newline."""

    text: str
    title: str | None = None
    date: str | None = None
    published_at: str | None = None
    site: str | None = None
    source: str | None = None
    author: str | None = None
    links: tuple[Link, ...] = ()
    labels: tuple[Label, ...] = ()


@dataclass(slots=True)
class _Article:
    """The state of one extraction: the tree, and which lines are the text so far."""

    tree: Tree
    kept: list[int]
    first: int = 0
    dropped: set[int] = field(default_factory=set)

    def lines(self) -> list[Line]:
        return [self.tree.lines[n] for n in self.kept if n not in self.dropped]


def extract(html: str, url: str | None = None, *, sites: Sites | None = None) -> Extracted:
    """The article of a page.  ``sites`` are site rules, by default those that ship.

    Linear in size and depth.  A page without any text gives an empty one; no input raises.
    """
    rule = rule_for(url, load_sites() if sites is None else sites)
    tree = page_tree(html)
    main = main_text(tree)
    article = _article(tree, main)
    metas = _metas(tree)
    title_tag = _title_tag(tree)
    labels = [Label("html-title", None, None, title_tag, "extract:title-tag")] if title_tag else []
    if hidden := "\n".join(line.text for line in tree.lines if line.hidden and _is_prose(line)):
        labels.append(Label("hidden", None, None, hidden[:200], "extract:hidden"))
    del rule
    body = plain("".join(line.text for line in article.lines())[:BODY_CHARS])
    title = choose_title(_declared_titles(metas), title_tag, _headings(article), body)
    _drop_head(article, title)
    base = link_rules.base_of(tree.document, url)
    links = _links(article, base)
    places = _places(article, title)
    _drop_field_lines(article)
    moment = (
        fields.declared_moment(metas, _json(tree))
        or fields.visible_moment(places)
        or fields.script_moment(html)
        or fields.url_moment(url)
    )
    lines = article.lines()
    return Extracted(
        "\n".join(line.text for line in lines),
        title,
        moment.date if moment else None,
        moment.published_at if moment else None,
        site_of(metas, title_tag, _logos(tree)),
        fields.source_of(places) or _first(metas, fields.META_SOURCES),
        fields.author_of(places, [normal_view(line.text[:200]) for line in lines[:3]])
        or _first(metas, fields.META_AUTHORS),
        tuple(links),
        tuple(labels),
    )


def _article(tree: Tree, main: Main | None) -> _Article:
    if main is None:
        return _Article(tree, [])
    kept = [
        number
        for number, line in enumerate(tree.lines)
        if main.keeps[line.block] and not line.hidden
    ]
    return _Article(tree, kept, kept[0] if kept else 0)


def _is_prose(line: Line) -> bool:
    return len(line.text) >= HIDDEN_CHARS and not line.text.startswith("<")


def _metas(tree: Tree) -> dict[str, str]:
    """The page's meta elements by name in lower case; the first of a name counts."""
    found: dict[str, str] = {}
    for meta in tree.document.find_all("meta"):
        content = meta.attr("content")
        name = meta.attr("property") or meta.attr("name") or meta.attr("itemprop")
        if content and name:
            found.setdefault(name.strip().lower(), content.strip())
    return found


def _title_tag(tree: Tree) -> str | None:
    title = tree.document.find("title")
    return " ".join(title.text.split()) or None if title is not None else None


def _json(tree: Tree) -> list[str]:
    scripts = tree.document.find_all("script", attrs={"type": "application/ld+json"})
    return [script.text for script in scripts]


def _first(metas: dict[str, str], names: tuple[str, ...]) -> str | None:
    for name in names:
        if name in metas and (value := fields.tidy(metas[name])):
            return value
    return None


def _declared_titles(metas: dict[str, str]) -> list[str]:
    names = ("articletitle", "og:title", "twitter:title", "headline", "title")
    return [metas[name] for name in names if metas.get(name)]


def _logos(tree: Tree) -> list[str]:
    found = [
        line.text
        for line in tree.lines[:HEAD_LINES]
        if not line.hidden and LOGO_HINT.search(_hint(tree, line.block))
    ]
    for image in tree.document.select("[class*=logo] img[alt], [id*=logo] img[alt]"):
        found.append(image.attr("alt") or "")
    return found


def _hint(tree: Tree, block: int) -> str:
    above = tree.parent[block]
    return tree.hint[block] + " " + (tree.hint[above] if above >= 0 else "")


def _headings(article: _Article) -> list[Heading]:
    tree, first = article.tree, article.first
    found = []
    for number, line in enumerate(tree.lines[: first + FIELD_LINES]):
        if line.hidden or len(line.text) > 120:
            continue
        block = line.block
        above = tree.parent[block]
        tag = tree.tag[block]
        if tag not in ("h1", "h2", "h3", "h4") and above >= 0 and tree.tag[above] in ("h1", "h2"):
            tag = tree.tag[above]
        found.append(Heading(line.text, tag, _hint(tree, block), first - number))
    return found


def _drop_head(article: _Article, title: str | None) -> None:
    """Drop the title's line from the text, and the way to the page that stands above it."""
    if not title:
        return
    letters = plain(title)
    lines = article.tree.lines
    for place, number in enumerate(article.kept[:FIELD_LINES]):
        shown = plain(lines[number].text)
        if shown == letters or (shown.endswith(letters) and len(shown) <= len(letters) + 4):
            above = article.kept[: place + 1]
            if not any(_SENTENCE.search(lines[n].text) for n in above[:-1]):
                article.dropped.update(above)
            else:
                article.dropped.add(number)
            return


def _places(article: _Article, title: str | None) -> list[fields.Place]:
    """The lines that may hold fields: about the title, at the text's beginning and after its end."""
    lines, first = article.tree.lines, article.first
    letters = plain(title) if title else ""
    head = range(max(0, first - HEAD_LINES), min(len(lines), first + FIELD_LINES))
    anchor = first
    for number in head:
        if letters and plain(lines[number].text) == letters:
            anchor = number
    places = [
        fields.Place(normal_view(lines[number].text), abs(number - anchor))
        for number in head
        if not lines[number].hidden and not _is_sentence(lines[number])
    ]
    if article.kept:
        last = article.kept[-1]
        for number in range(
            max(first + FIELD_LINES, last - 3), min(len(lines), last + FIELD_LINES)
        ):
            if not lines[number].hidden and not _is_sentence(lines[number]):
                places.append(
                    fields.Place(normal_view(lines[number].text), abs(number - last), True)
                )
    return places


def _is_sentence(line: Line) -> bool:
    return len(line.text) > 60 and _SENTENCE.search(line.text) is not None


def _drop_field_lines(article: _Article) -> None:
    """Drop the lines at both ends that hold fields, counts or a notice, and no text."""
    lines = article.tree.lines
    kept = [n for n in article.kept if n not in article.dropped]
    for number in kept[:FIELD_LINES]:
        if _is_sentence(lines[number]):
            break
        if fields.is_field_line(lines[number].text):
            article.dropped.add(number)
    for number in reversed(kept[FIELD_LINES:]):
        text = lines[number].text
        if fields.is_field_line(text) or _NOTICE.match(normal_view(text[:20]).text):
            article.dropped.add(number)
        else:
            break


def _links(article: _Article, base: str | None) -> list[Link]:
    """Previous, next and related links, whose lines leave the text, then those of the text."""
    tree = article.tree
    found: list[Link] = []
    number = article.first
    while number < len(tree.lines):
        line = tree.lines[number]
        end = number + 1
        if not line.hidden:
            turned = link_rules.turns(line, base)
            if turned is not None:
                found += turned
                article.dropped.add(number)
            elif link_rules.is_related_heading(line.text):
                related, end = link_rules.related_after(tree, number, base)
                if related:
                    found += related
                    article.dropped.update(range(number, end))
        number = end
    order = {"previous": 0, "next": 1, "related": 2}
    found.sort(key=lambda link: order[link.kind])
    for line in article.lines():
        if line.linked:
            found += link_rules.line_links(line, base, "other")
    return list(dict.fromkeys(found))
