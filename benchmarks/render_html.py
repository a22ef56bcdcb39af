"""Pages as HTML, in the three templates of the demo site."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

from benchmarks.forward_page import Page, PageLink

AD = '<div class="shiyi-demo-ad">推广：南山优选年货节，满三百减五十，扫码领取优惠券。</div>'
"""An advertisement inside the text of the portal; the site rule of the demo takes it out."""


def render(page: Page, encoding: str = "utf-8", declared: str | None = None) -> bytes:
    """The page's bytes; ``declared`` is what its meta says, if not the truth.

    Characters that the encoding lacks become character references, as editors write them.
    """
    head, body = TEMPLATES[page.layout](page)
    meta = f'<meta charset="{declared or encoding}">'
    html = f'<!DOCTYPE html>\n<html lang="zh">\n<head>\n{meta}\n{head}</head>\n<body>\n{body}</body>\n</html>\n'
    return html.encode(encoding, "xmlcharrefreplace")


def plain_page(title: str, links: Sequence[PageLink], note: str = "") -> bytes:
    """An index or a list: nothing but links."""
    items = "".join(f"<li>{_anchor(link)}</li>\n" for link in links)
    text = f"<p>{escape(note)}</p>\n" if note else ""
    return (
        f'<!DOCTYPE html>\n<html lang="zh">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f'</head>\n<body>\n<h1>{escape(title)}</h1>\n{text}<ul class="list">\n{items}</ul>\n</body>\n</html>\n'
    ).encode()


def _anchor(link: PageLink) -> str:
    return f'<a href="{escape(link.url or "")}">{escape(link.text, quote=False)}</a>'


def _paragraphs(lines: Sequence[str]) -> str:
    return "".join(f"<p>{escape(line, quote=False)}</p>\n" for line in lines)


def _tail_line(page: Page, line: str) -> str:
    """A line of the tail with the link that it names."""
    for link in page.links:
        if line.endswith(link.text):
            before = line[: len(line) - len(link.text)].replace("• ", "")
            return escape(before, quote=False) + _anchor(link)
    return escape(line, quote=False)


def _split_tail(page: Page) -> tuple[list[str], list[str], list[str]]:
    """The tail before its links, the lines with links or between them, and what follows."""
    has_link = [any(line.endswith(link.text) for link in page.links) for line in page.tail]
    first = has_link.index(True)
    last = len(has_link) - has_link[::-1].index(True)
    return list(page.tail[:first]), list(page.tail[first:last]), list(page.tail[last:])


def _hacked(page: Page) -> tuple[str, str]:
    """A company's site whose pages were replaced: spam title, hidden links, and an article."""
    spam = escape(page.header or page.title)
    head = f'<title>{spam}</title>\n<meta name="keywords" content="{spam}">\n'
    hidden = "".join(
        f'<a href="http://spam.example/{number}">{escape(word)}</a> '
        for number, word in enumerate(re.split(r"[_\-,|]", page.header or ""))
    )
    _, linked, _ = _split_tail(page)
    neighbours = "".join(f"<p>{_tail_line(page, line)}</p>\n" for line in linked[:2])
    others = "".join(f"<li>{_tail_line(page, line)}</li>\n" for line in linked[3:])
    body = (
        f'<div style="position:absolute;left:-9999px;display:none">{hidden}</div>\n'
        f'<div class="top"><a class="logo" href="/lanwan/">{escape(page.head[0])}</a></div>\n'
        f'<div class="main">\n<h2>{escape(page.head[1])}</h2>\n'
        f'<div class="info">{escape(page.head[2])}</div>\n'
        f'<div class="content">\n{_paragraphs(page.body)}</div>\n'
        f'<div class="pn">\n{neighbours}</div>\n'
        f'<div class="others"><h3>{escape(linked[2])}</h3>\n<ul>\n{others}</ul></div>\n</div>\n'
    )
    return head, body


def _portal(page: Page) -> tuple[str, str]:
    """A news portal, with an advertisement in the middle of the text."""
    title = page.header or f"{page.title}_{page.site}"
    site, crumbs, _, info = page.head
    before, linked, after = _split_tail(page)
    middle = len(page.body) // 2
    related = "".join(f"<li>{_tail_line(page, line)}</li>\n" for line in linked[3:])
    neighbours = "".join(f"<span>{_tail_line(page, line)}</span>\n" for line in linked[:2])
    head = f"<title>{escape(title)}</title>\n"
    body = (
        f'<div id="nav"><a href="/">{escape(site)}</a> <a href="/chenguang/list-2.html">滚动</a></div>\n'
        f'<div class="crumbs">{escape(crumbs)}</div>\n<div class="wrap">\n<h1>{escape(page.title)}</h1>\n'
        f'<div class="artinfo">{escape(info)}</div>\n'
        f'<div class="article" id="artibody">\n{_paragraphs(page.body[:middle])}{AD}\n'
        f"{_paragraphs(page.body[middle:])}</div>\n"
        f'<div class="editor">{escape(before[0])}</div>\n<div class="notice">{escape(before[1])}</div>\n'
        f'<div class="page-nav">{neighbours}</div>\n'
        f'<div class="related"><h4>{escape(linked[2])}</h4>\n<ul>\n{related}</ul></div>\n</div>\n'
        f'<div id="footer">{"<br>".join(map(escape, after))}</div>\n'
    )
    return head, body


def _farm(page: Page) -> tuple[str, str]:
    """A blog that parts its paragraphs by line breaks."""
    head = f"<title>{escape(page.header or page.title)}</title>\n"
    before, linked, after = _split_tail(page)
    text = "<br><br>\n".join(escape(line, quote=False) for line in page.body)
    related = "".join(f"<li>{_tail_line(page, line)}</li>\n" for line in linked[3:])
    body = (
        f'<div class="post">\n<h1 class="post-title">{escape(page.title)}</h1>\n'
        f'<div class="post-meta">{escape(page.head[1])}</div>\n'
        f'<div class="post-body">{text}</div>\n<div class="copyright">{escape(before[0])}</div>\n'
        f'<div class="prev">{_tail_line(page, linked[0])}</div>\n'
        f'<div class="next">{_tail_line(page, linked[1])}</div>\n'
        f"<aside><h3>{escape(linked[2])}</h3>\n<ol>\n{related}</ol></aside>\n</div>\n"
        f"<footer>{escape(after[0])}</footer>\n"
    )
    return head, body


TEMPLATES: Mapping[str, Callable[[Page], tuple[str, str]]] = {
    "mirror": _hacked,
    "portal": _portal,
    "farm": _farm,
}
"""Layout → what makes the page's head and body."""
