"""HTML to an article: its text in lines, its fields, its links.

>>> page = extract("<title>网贷_站</title><h1>网贷</h1><p>网贷，即网络借贷，是一种借贷方式。</p>")
>>> page.title, page.text
('网贷', '网贷，即网络借贷，是一种借贷方式。')
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice

from cleaning import extract_fields as fields
from cleaning import sites as site_rules
from cleaning.article import (
    AUTHOR_HINT,
    SOURCE_HINT,
    Article,
    article_of,
    drop_field_lines,
    drop_head,
    headings,
    named,
    places,
    take_links,
    text_links,
)
from cleaning.document import Label, Link
from cleaning.extract_site import site_of
from cleaning.extract_title import (
    choose_title,
    is_keyword_list,
)
from cleaning.han import HAN
from cleaning.main_text import main_text
from cleaning.normal_view import normal_view, plain
from cleaning.page_facts import Facts, page_facts
from cleaning.page_links import PageLink, base_of, page_links
from cleaning.page_tree import Tree, page_tree, walk
from cleaning.sites import SiteRule, Sites, load_sites, rule_for

__all__ = ["Extracted", "PageLink", "extract", "page_links"]

HIDDEN_CHARS, HIDDEN_SHOWN = 30, 200
"""Hidden text is labelled from so many characters on, and so many of it are shown: less is a
button's or an icon's."""
MOST_MARKUP, MOST_TAGS = 8 * 1024 * 1024, 250_000
"""Characters and ``<`` of a page that are read: the tree of 50 MB takes 1.8 GB, a paragraph of one
character 1.1 KB, and a worker may take 600 MB.  The longest of the 52 pages of data/ has 0.7 M
characters, the fullest 7,762 nodes.  What is cut is labelled, and its bytes are kept."""
SEARCHED, SEARCHED_TAGS = 2 * 1024 * 1024, 50_000
"""Characters and ``<`` of a page that htmldate and trafilatura are asked about, whose trees are four
times as large as ours: three times the longest and fullest page of data/."""
BODY_CHARS = 1500
"""How much of the text a title is compared with."""
LITTLE_TEXT, HIDDEN_TIMES = 120, 3
"""Characters of visible text below which a hidden block so many times as long, and no shorter
than these, is the text after all: WeChat's and other pages show theirs by script."""
OTHER_LETTERS, HAN_SHARE, KANA_SHARE = 100, 0.15, 0.1
"""A text of so many letters with a smaller share of Chinese characters, or a greater one of kana,
is another language: prose of the 52 pages of data/ has 0.7 and more, a page of code 0.3."""
LANGUAGE_CHARS = 2000
"""How much of a text its language is told by."""
DATE_CHARS = 100
"""Length of a text from which it is worth asking htmldate, which takes longer than all else."""


_NO_HAN = re.compile(f"[^{HAN}]+")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a page's markup holds, named as in Document.  ``text``: lines separated by one newline."""

    text: str
    title: str | None = None
    date: str | None = None
    published_at: str | None = None
    site: str | None = None
    source: str | None = None
    author: str | None = None
    links: tuple[Link, ...] = ()
    labels: tuple[Label, ...] = ()


def extract(html: str, url: str | None = None, *, sites: Sites | None = None) -> Extracted:
    """The article of a page.  ``sites`` are site rules, by default those that ship.

    Linear in size and depth.  A page without any text gives an empty one; no input raises.
    """
    rule = rule_for(url, load_sites() if sites is None else sites)
    whole = len(html)
    html = bounded(html)
    tree = page_tree(html)
    article = _article(tree)
    if rule is not None and rule.drop:
        article = _without_dropped(article, rule)
        tree = article.tree
    facts = page_facts(tree.marks)
    labels = _labels(facts, tree, len(html) < whole)
    body = _body(article)
    title = choose_title(facts.titles, facts.title_tag, headings(article), body)
    if title:
        drop_head(article, title)
    base = base_of(next(iter(tree.marks.bases), None), url)
    links = take_links(article, base)
    spots = places(article, title)
    drop_field_lines(article)
    if rule is not None and rule.text:
        article = _selected(html, rule) or article
    links += text_links(article, base)
    lines = article.lines()
    text = article.text()
    site = site_of(facts, tree, title, article.first, url)
    moment = (
        fields.declared_moment(facts.metas, facts.scripts)
        or fields.visible_moment(spots)
        or fields.script_moment(html)
        or fields.url_moment(url)
        or fields.yearless_moment(spots, [line.text for line in tree.lines if not line.hidden])
    )
    if moment is None and len(text) >= DATE_CHARS and _is_searchable(html):
        moment = _searched_moment(html, url)
    page = Extracted(
        text,
        title,
        moment.date if moment else None,
        moment.published_at if moment else None,
        site,
        fields.source_of(spots) or named(article, SOURCE_HINT) or facts.first(fields.META_SOURCES),
        fields.author_of(spots, [normal_view(line.text[:200]) for line in lines[:3]])
        or named(article, AUTHOR_HINT)
        or facts.author(fields.META_AUTHORS, site),
        _ordered(links),
        labels,
    )
    if language := _other_language(text):
        page = _foreign(page, html, url, language)
    return page if rule is None else _with_selected_fields(page, html, rule)


def bounded(html: str) -> str:
    """The page, or as much of its beginning as a worker's memory can hold the tree of."""
    html = html[:MOST_MARKUP]
    if len(html) <= MOST_TAGS or html.count("<") <= MOST_TAGS:
        return html
    last = next(islice(re.finditer("<", html), MOST_TAGS, None))
    return html[: last.start()]


def _body(article: Article) -> str:
    """The beginning of the text, to compare titles with; a row of keywords in it agrees with
    itself and proves nothing."""
    texts: list[str] = []
    size = 0
    for line in article.lines():
        if not is_keyword_list(line.text):
            texts.append(line.text)
            size += len(line.text)
            if size >= BODY_CHARS:
                break
    return plain("".join(texts)[:BODY_CHARS])


def _article(tree: Tree) -> Article:
    """The visible article, or the one that a script would show where there is next to none."""
    article = article_of(tree, main_text(tree))
    size = sum(len(line.text) for line in article.lines())
    if size >= LITTLE_TEXT or not any(line.hidden for line in tree.lines):
        return article
    main = main_text(tree, with_hidden=True)
    if main is None:
        return article
    inside = [line for line in tree.lines if main.keeps[line.block]]
    if sum(len(line.text) for line in inside if line.hidden) < max(
        HIDDEN_TIMES * size, LITTLE_TEXT
    ):
        return article
    for line in inside:
        line.hidden = False
    return article_of(tree, main)


def _without_dropped(article: Article, rule: SiteRule) -> Article:
    """The article again, after a site's rule has removed elements from its block."""
    if not article.kept:
        return article
    tree = article.tree
    main = main_text(tree)
    if main is None:
        return article
    soup = site_rules.soup_of(tree.node[main.block].inner_html)
    markup, has_found = site_rules.without(soup, rule.drop)
    if not has_found:
        return article
    tree.node[main.block].set_inner_html(markup)
    return _article(walk(tree.document))


def _selected(html: str, rule: SiteRule) -> Article | None:
    """The article that a site's rule selects: all its visible lines."""
    markup = site_rules.article(site_rules.soup_of(html), rule.text or "")
    if markup is None:
        return None
    soup = site_rules.soup_of(markup)
    tree = page_tree(site_rules.without(soup, rule.drop)[0] or markup)
    return Article(tree, [n for n, line in enumerate(tree.lines) if not line.hidden])


def _with_selected_fields(page: Extracted, html: str, rule: SiteRule) -> Extracted:
    """The page with the fields that a site's rule selects; what it does not find stays."""
    if not any((rule.title, rule.date, rule.source, rule.author)):
        return page
    soup = site_rules.soup_of(html)
    dated = site_rules.selected_text(soup, rule.date)
    moment = fields.first_moment(dated) if dated else None
    return replace(
        page,
        title=site_rules.selected_text(soup, rule.title) or page.title,
        source=site_rules.selected_text(soup, rule.source) or page.source,
        author=site_rules.selected_text(soup, rule.author) or page.author,
        date=moment.date if moment else page.date,
        published_at=moment.published_at if moment else page.published_at,
    )


def _labels(facts: Facts, tree: Tree, is_cut: bool) -> tuple[Label, ...]:
    labels = []
    if is_cut:
        said = "the page is too large; its end was not read"
        labels.append(Label("cut", None, None, said, "extract:cut"))
    if facts.title_tag:
        labels.append(Label("html-title", None, None, facts.title_tag, "extract:title-tag"))
    hidden = "\n".join(line.text for line in tree.lines if line.hidden and "<" not in line.text)
    if len(hidden) >= HIDDEN_CHARS:
        labels.append(Label("hidden", None, None, hidden[:HIDDEN_SHOWN], "extract:hidden"))
    return tuple(labels)


def _ordered(links: list[Link]) -> tuple[Link, ...]:
    """Previous, next, related, others; each link once."""
    order = {"previous": 0, "next": 1, "related": 2, "other": 3}
    return tuple(dict.fromkeys(sorted(links, key=lambda link: order[link.kind])))


def _searched_moment(html: str, url: str | None) -> fields.Moment | None:
    """The date that htmldate finds; without its extensive search, which guesses."""
    from htmldate import find_date
    from lxml.etree import LxmlError

    try:
        found = find_date(html, url=url, extensive_search=False, original_date=True)
    except (ValueError, TypeError, AssertionError, LxmlError):  # of broken markup, and of a flood
        return None
    return fields.Moment(found) if found else None


def _is_searchable(html: str) -> bool:
    return len(html) <= SEARCHED and html.count("<") <= SEARCHED_TAGS


def _other_language(text: str) -> str | None:
    """``ja`` or ``other`` for a text that is not Chinese, None for one that is or is too short."""
    text = text[:LANGUAGE_CHARS]
    han = len(_NO_HAN.sub("", text))
    if 2 * han >= len(text):
        return None
    letters = len(re.sub(r"[\W\d_]+", "", text))
    if letters < OTHER_LETTERS:
        return None
    kana = len(re.sub("[^\u3040-\u30ff]+", "", text))
    if kana > KANA_SHARE * letters:
        return "ja"
    return "other" if han < HAN_SHARE * letters else None


def _foreign(page: Extracted, html: str, url: str | None, language: str) -> Extracted:
    """A page in another language, as trafilatura reads it: it is better there than density is
    (F .954 against .884 on 181 English pages; research/parse.md, section 2b)."""
    label = Label("language", None, None, language, "extract:language")
    if not _is_searchable(html):
        return replace(page, labels=(*page.labels, label))
    from trafilatura import bare_extraction

    found = bare_extraction(html, url=url, with_metadata=True)
    if found is None or isinstance(found, dict) or not found.text:
        return replace(page, labels=(*page.labels, label))
    first, _, rest = found.text.partition("\n")
    return replace(
        page,
        text=rest if found.title and first.strip() == found.title.strip() else found.text,
        title=found.title or page.title,
        date=page.date or found.date,
        site=page.site or found.sitename,
        author=page.author or found.author,
        labels=(*page.labels, label),
    )
