"""URLs: one spelling for each, and what their shape says about the page behind them."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

DEFAULT_PORTS = {"http": 80, "https": 443}

MAX_LENGTH = 2083
"""Characters; the longest address that the browsers of this web's time took (Internet Explorer's
limit, and Scrapy's URLLENGTH_LIMIT), so no link meant for people is longer."""

MAX_REPEATS = 3
"""A path with a segment this often is a relative link that grows: ``/a/b/a/b/a/b/``.  Numbers may
repeat, as in ``/2011/11/11/11.html``."""

MAX_PARAMETERS = 8
"""Parameters of an address; more are the filters of a list, each with each.  Of 6,960 links of 52 real
pages none has seven to fourteen, and those with more lead to advertisements."""

_ESCAPE = re.compile("%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"  # RFC 3986, 2.3
)


_SESSION = re.compile(
    r";jsessionid=[^?#/;&]*"
    r"|(?<=[?&])(?:(?:phpsessid|jsessionid|aspsessionid\w*)=[^&#]*"
    r"|s(?:id|ess(?:ion)?_?id)?=[0-9a-f]{16,}(?=[&#]|$))(?:&|(?=#|$))",
    re.IGNORECASE,
)
"""A session's number in an address: another one on each visit, and the page is the same.  PHP, Java and
ASP have names of their own for it; a general name (``sid=``) counts with 16 hexadecimal digits."""

_CANONICAL = re.compile(
    r"https?://[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*"  # no user, nothing to escape
    r"(?::(?!80/|443/)(?:[1-9]\d{1,3}|[1-5]\d{4}))?"  # a port that is no scheme's own
    r"(?:/|(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?)(?:\?[A-Za-z0-9._~=&/-]+)?"
)
"""What is canonical as it stands.  Nine links of ten are, and taking them to pieces and together again is
more than half of what the links of a page cost: 24 µs each."""


def canonical(url: str, base: str | None = None, encoding: str = "utf-8") -> str | None:
    """The one spelling of an http or https URL, or None for any other.

    Scheme and host in lower case, no default port, no dot segments, no fragment, percent escapes
    only where they are needed (RFC 3986, 6.2.2).  Parameters keep their order, since servers may
    care.  ``encoding`` is the page's, in which browsers send the query.
    """
    if _CANONICAL.fullmatch(url) and ("?" not in url or not _SESSION.search(url)):
        return url
    return _made_canonical(url, base, encoding)


def _made_canonical(url: str, base: str | None, encoding: str) -> str | None:
    try:
        joined = urljoin(base, url.strip()) if base else url.strip()
        parts = urlsplit(safe_url_string(joined, encoding))
        host, port = parts.hostname, parts.port
    except (ValueError, LookupError):  # a bad port, a bad bracket; an unknown encoding
        return None
    if parts.scheme not in DEFAULT_PORTS or not host or parts.username is not None:
        return None
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    path = urlsplit(urljoin(f"{parts.scheme}://{host}", parts.path or "/")).path or "/"
    url = urlunsplit((parts.scheme, host, _unescaped(path), _unescaped(parts.query), ""))
    return _without_session(url) if _SESSION.search(url) else url


def _unescaped(part: str) -> str:
    def one(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(one, part)


def _without_session(url: str) -> str:
    return _SESSION.sub("", url).rstrip("?&")


KEPT = 8192
"""URLs whose shape is kept in mind, some 2 MB: most links of a page stand on the pages before it too."""


def host_of(url: str) -> str:
    """The host of a canonical URL, with its port where that is not the scheme's own."""
    return url.split("/", 3)[2]  # which canonical URLs allow; urlsplit takes ten times as long


def is_trap(url: str) -> bool:
    """Whether a canonical URL's shape is that of an endless site rather than of a page."""
    if len(url) > MAX_LENGTH:
        return True
    path, _, query = url.split("/", 3)[3].partition("?")
    segments = [s for s in path.split("/") if s and not s.isdigit()]
    if len(segments) > len(set(segments)) and any(
        segments.count(segment) >= MAX_REPEATS for segment in set(segments)
    ):
        return True
    return query.count("=") > MAX_PARAMETERS


_DIGITS = re.compile(r"\d+")
_SLUG = re.compile(
    r"(?:[a-z0-9]+[-_]){3,}[a-z0-9]+|%[0-9A-F]{2}[^/.?&=]*|[0-9a-f]{12,}", re.IGNORECASE
)


@lru_cache(KEPT)
def shape_of(url: str) -> str:
    """An address with its numbers, slugs and values left out: those of one shape are made by one program.

    >>> shape_of("http://h/a/20250818/123.html")
    'h/a/N/N.html'
    >>> shape_of("http://h/show.php?id=12&from=list")
    'h/show.php?id&from'
    """
    parts = urlsplit(url)
    path = _DIGITS.sub("N", _SLUG.sub("*", parts.path))
    names = (
        "&".join(item.partition("=")[0] for item in parts.query.split("&")) if parts.query else ""
    )
    return f"{parts.netloc}{path}?{names}" if names else f"{parts.netloc}{path}"


ARTICLE, OTHER, LIST, CALENDAR = 1.0, 0.6, 0.4, 0.1
"""Scores by shape.  Only their order matters: articles first, endless calendars last."""

_CALENDAR = re.compile(
    r"(?:^|[/_.?&=-])(?:calendar|cal|rili|archives?|day|month|week|date|year)(?:[/_.?&=-]|\d|$)",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"(?:^|[/_.-])(?:list|lists|page|pages|index|category|cat|categories|channel|column|tag|tags|"
    r"topic|topics|search|so|author|user|type|lanmu|fenlei|default|forum|feed|rss)(?:[/_.-]|\d|$)",
    re.IGNORECASE,
)
_PAGE_NUMBER = re.compile(
    r"(?:^|&)(?:p|pn|pg|page|pageno|pageindex|start|offset)=\d*", re.IGNORECASE
)
_ARTICLE_PATH = re.compile(
    r"/(?:\d{4}[/-]?\d{2}|[^/]*\d{3,})[^/]*(?:/[^/]*)*$"  # a date or a number of three digits
    r"|/[^/]*\d[^/]*\.s?html?$"  # a page file with a number
    r"|/(?:a|art|article|articles|news|content|view|detail|show|info|post|p|wen|wenzhang)[/_-][^/]",
    re.IGNORECASE,
)
_ARTICLE_QUERY = re.compile(
    r"(?:^|&)(?:id|aid|nid|tid|cid|newsid|articleid|itemid|docid)=\w+", re.IGNORECASE
)


@lru_cache(KEPT)
def shape_score(url: str) -> float:
    """How much a URL looks like an article's, from its shape alone.

    The shapes are those of the content systems that Chinese article sites run on (dedecms,
    phpcms, empirecms, WordPress, discuz): ``/a/20250818/123.html``, ``/show-12-345-1.html``,
    ``/list/7_2.html``, ``?p=123``, ``?cat=4``.

    >>> shape_score("http://h/a/20250818/123.html") > shape_score("http://h/list/7_2.html")
    True
    """
    parts: SplitResult = urlsplit(url)
    path, query = parts.path, parts.query
    if _CALENDAR.search(path) or _CALENDAR.search(query):
        return CALENDAR
    if _LIST.search(path) or _PAGE_NUMBER.search(query):
        # WordPress gives an article as ?p=123, and a page of a list with three digits is rare.
        if re.fullmatch(r"p=\d{2,}", query) and path in ("", "/"):
            return ARTICLE
        return LIST
    if path in ("", "/") or path.endswith("/"):
        return ARTICLE if _ARTICLE_PATH.search(path) else LIST
    if _ARTICLE_PATH.search(path) or _ARTICLE_QUERY.search(query):
        return ARTICLE
    return OTHER if not query else LIST
