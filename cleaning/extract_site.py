"""The name of a page's site.

A sound page declares it, or ends its <title> with it.  On a hacked page both are spam; then the
logo, the copyright line, the way to the page and the links to the first page are asked, and what
several of them say is the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from cleaning.extract_title import (
    TITLE_LETTERS,
    agreement,
    is_keyword_list,
    is_logo_hint,
    is_site,
)
from cleaning.han import HAN
from cleaning.normal_view import normal_view, plain
from cleaning.page_facts import Facts
from cleaning.page_tree import Line, Tree, collapsed

DECLARED = ("og:site_name", "sitename", "application-name", "apple-mobile-web-app-title")
NAME_CHARS = 20
DECLARED_CHARS = 40
TOP_LINES, FOOTER_LINES = 60, 12
"""First and last lines of a page that may name its site."""
ABOVE_TITLE = 8
"""Lines above the title that may be a name."""
MOST_NAMES = 3
"""Names behind a title: channel, site, the site's name in another language.  A row of keywords has
four pieces and more."""
TRUSTED = 0.5
"""The least share of the title's character pairs that an honest <title> holds."""
LOGO, COPYRIGHT, HOME, OTHER_TITLE, ABOVE, SPAM = 1.5, 1.4, 1.2, 0.9, 0.8, 0.5
REPEATED, REPEATS = 0.2, 3
"""What a name weighs by where it stands, and more for each visible line, up to three, that repeats
it.  Only the order counts: what is said in two places goes before what is said in one, and the
<title> of a hacked page says nothing by itself."""

_ROW = re.compile(r"[_|｜,，、√]")
_HYPHEN = re.compile(r"\s*[-–—_|｜]\s*")
_STRONG = re.compile(r"[网报站]|门户|\.com|\.cn|公司|CSDN|知乎")
_HAN = re.compile(f"[{HAN}]")
_END = re.compile(r"(?:网|网站|论坛|日报|晚报|之家|在线|社区|门户)$")
_NO_NAME = re.compile(
    r"首页|主页|home|logo|登录|返回|下载|微信|二维码|欢迎|[，。！？:>»]", re.IGNORECASE
)
_COPYRIGHT = re.compile(
    rf"(?:copyright|版权所有|©)[^{HAN}]{{0,40}}([{HAN}]{{2,20}}(?:公司|网|报|社|站|中心|集团))",
    re.IGNORECASE,
)
_COPYRIGHT_BEFORE = re.compile(
    rf"(?:©|copyright|\(c\))[^{HAN}]{{0,40}}([{HAN}]{{2,16}}?) ?版权所有", re.I
)
_WAY = re.compile(
    rf"(?:当前|所在|您的|你的|现在)?位置 ?: ?([{HAN}A-Za-z0-9]{{2,{NAME_CHARS}}}) ?(?:>|»|›|/|->|→)"
)
_FIRST_PAGE = re.compile(r"\.?/?(?:(?:index|default)\.\w{2,5})?", re.IGNORECASE)
_LOGOS = "[class*=logo], [id*=logo], [class*=site-name], [class*=sitename], [class*=brand]"


def site_of(facts: Facts, tree: Tree, title: str | None, first: int, url: str | None) -> str | None:
    """The site's name.  ``first`` is the number of the text's first line."""
    tag = facts.title_tag or ""
    is_spam = is_keyword_list(tag) and _HAN.search(tag) is not None and not _is_titled(tag, title)
    is_trusted = not is_spam and (
        not title or plain(title) in plain(tag) or agreement(title, plain(tag)) >= TRUSTED
    )
    votes: dict[str, tuple[str, float]] = {}
    for name in DECLARED:
        value = facts.metas.get(name, "").strip()
        if value and len(value) <= DECLARED_CHARS and not _ROW.search(value):
            if not is_spam or plain(value) not in plain(tag):
                return value
            _vote(votes, value, SPAM)
    if ends := _title_ends(tag, title):
        strong = next((end for end in ends if _STRONG.search(normal_view(end).text)), None)
        if is_trusted:
            return strong or next(filter(is_site, ends), ends[0])
        _vote(votes, strong or ends[0], OTHER_TITLE if strong and not is_spam else SPAM)
    for text, weight in _seen(tree, title, first, url):
        _vote(votes, text, weight)
    names = {letters: vote for letters, vote in votes.items() if vote[1] > SPAM}
    if len(names) > 1:
        shown = [plain(line.text[:200]) for line in _edges(tree) if not line.hidden]
        for letters, (text, weight) in names.items():
            repeats = sum(letters in line for line in shown)
            names[letters] = (text, weight + REPEATED * min(repeats, REPEATS))
    return max(names.values(), key=lambda vote: vote[1])[0] if names else None


def _is_titled(tag: str, title: str | None) -> bool:
    """Whether a <title> is the article's with a few names behind it: marks in the title make it
    look like a row of keywords, 标题，标题_频道_站名-Name."""
    if not title or len(plain(title)) < TITLE_LETTERS or not tag.strip().startswith(title):
        return False
    rest = _HYPHEN.split(tag.strip().removeprefix(title))
    return len([piece for piece in rest if piece]) <= MOST_NAMES


def _vote(votes: dict[str, tuple[str, float]], text: str, weight: float) -> None:
    letters = plain(text)
    if letters:
        known, total = votes.get(letters, (text.strip(), 0.0))
        votes[letters] = (known, total + weight)


def _title_ends(tag: str, title: str | None) -> list[str]:
    """The ends of a <title> that name a site, the last first."""
    if not tag:
        return []
    pieces = [piece.strip() for piece in _HYPHEN.split(tag.strip()) if piece.strip()]
    ends = []
    while len(plain("".join(pieces[:-1]))) >= 4 and is_site(pieces[-1]):
        ends.append(pieces.pop())
    if not ends and title and tag.startswith(title):
        # What stands behind the title is the site, whatever its name looks like.
        rest = _HYPHEN.split(tag.removeprefix(title))
        ends = [end.strip() for end in reversed(rest) if 3 <= len(plain(end)) <= NAME_CHARS]
    return ends


def _edges(tree: Tree) -> list[Line]:
    lines = tree.lines
    return (
        lines
        if len(lines) <= TOP_LINES + FOOTER_LINES
        else lines[:TOP_LINES] + lines[-FOOTER_LINES:]
    )


def _seen(
    tree: Tree, title: str | None, first: int, url: str | None
) -> Iterator[tuple[str, float]]:
    """The names that the visible page shows, and what they weigh."""
    seen: set[tuple[str, float]] = set()
    for text, weight in (
        *((name, LOGO) for name in _logos(tree, first)),
        *((name, COPYRIGHT) for name in _copyrights(tree)),
        *((name, HOME) for name in _ways(tree)),
        *((name, HOME) for name in _homes(tree, url)),
        *((name, ABOVE) for name in _above(tree, title, first)),
    ):
        key = (plain(text), weight)
        if key not in seen and is_name(text):
            seen.add(key)  # one vote for each kind of place
            yield text.strip(), weight


def _logos(tree: Tree, first: int) -> Iterator[str]:
    """The words of the page's logo: visible ones first, then those of its picture."""
    top = [line for line in tree.lines[: min(first + 1, TOP_LINES)] if not line.hidden]
    for line in top:
        if is_logo_hint(_hint(tree, line.block)):
            yield line.text
    for element in tree.document.select(_LOGOS)[:TOP_LINES]:
        text = collapsed(element.text[: 4 * NAME_CHARS])
        if text and any(text in line.text for line in top):
            yield text
    for image in tree.document.select("[class*=logo] img[alt], [id*=logo] img[alt]"):
        yield image.attr("alt") or ""


def _hint(tree: Tree, block: int) -> str:
    above = tree.parent[block]
    return tree.hint[block] + " " + (tree.hint[above] if above >= 0 else "")


def _copyrights(tree: Tree) -> Iterator[str]:
    for line in tree.lines[-FOOTER_LINES:]:
        if line.hidden:
            continue
        view = normal_view(line.text[:400])
        if found := _COPYRIGHT_BEFORE.search(view.text) or _COPYRIGHT.search(view.text):
            yield view.cut(*found.span(1))


def _ways(tree: Tree) -> Iterator[str]:
    """What the way to the page begins with: 当前位置：晨光财经 > 新闻."""
    for line in tree.lines[:TOP_LINES]:
        if not line.hidden and "位置" in line.text:
            view = normal_view(line.text[:200])
            if found := _WAY.search(view.text):
                yield view.cut(*found.span(1))


def _homes(tree: Tree, url: str | None) -> Iterator[str]:
    """The words of the visible links to the site's first page, and of the pictures in them."""
    for line in _edges(tree):
        if line.hidden:
            continue
        for text, anchor in line.pieces:
            if anchor is not None and _is_first_page(anchor.attr("href") or "", url):
                yield collapsed(text)
    for image in tree.document.select("a img[alt]")[:TOP_LINES]:
        anchor = image.closest("a")
        if anchor is not None and _is_first_page(anchor.attr("href") or "", url):
            yield image.attr("alt") or ""


def _is_first_page(href: str, url: str | None) -> bool:
    """Whether an address is that of the first page of the page's own site."""
    if _FIRST_PAGE.fullmatch(href.strip()):
        return bool(href.strip())
    if not url or "//" not in href[:8]:
        return False
    try:
        here, there = urlsplit(url), urlsplit(href.strip())
    except ValueError:
        return False
    return here.netloc == there.netloc and _FIRST_PAGE.fullmatch(there.path) is not None


def _above(tree: Tree, title: str | None, first: int) -> Iterable[str]:
    """The lines above the title that end as a site's name does."""
    letters = plain(title or "")
    above: list[str] = []
    for line in tree.lines[: first + ABOVE_TITLE]:
        if letters and plain(line.text) == letters:
            return [text for text in reversed(above[-ABOVE_TITLE:]) if ends_as_site(text)]
        if not line.hidden:
            above.append(line.text)
    return ()


def ends_as_site(text: str) -> bool:
    """Whether a line ends as the names of sites do: 青禾网, 临江在线."""
    return len(text) <= 4 * NAME_CHARS and _END.search(normal_view(text).text) is not None


def is_name(text: str) -> bool:
    """Whether the words of a logo or of the link to the first page are a name."""
    view = normal_view(text.strip()[: 4 * NAME_CHARS]).text
    if not 2 <= len(view) <= NAME_CHARS or not _HAN.search(view):
        return False
    return _NO_NAME.search(view) is None
