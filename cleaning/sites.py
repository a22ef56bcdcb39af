"""Site rules: what a person knows about one site's template, as CSS selectors in TOML.

``rules/sites.toml`` holds the rules that ship, and explains the format; a user's own file is
read by :func:`load_sites`.  BeautifulSoup applies them, so every selector that its documentation
names works; on the extracted fragment it costs 1 ms, on a whole page 40.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:  # loaded for the pages of a site that has a rule
    from bs4 import BeautifulSoup


class SiteRuleError(ValueError):
    """A file of site rules is wrong: names the file, the host, and what is wrong."""


@dataclass(frozen=True, slots=True)
class SiteRule:
    """The selectors of one host.  Those of fields take the first match's text; ``text`` keeps all
    that it matches as the article, ``drop`` removes what it matches from the article."""

    title: str | None = None
    date: str | None = None
    source: str | None = None
    author: str | None = None
    text: str | None = None
    drop: tuple[str, ...] = ()


Sites = Mapping[str, SiteRule]
"""Rules by host name, with a port where the rule is for one port only."""


def load_sites(path: Path | None = None) -> Sites:
    """The rules of a file, or those that ship.  Raises SiteRuleError, or OSError for no file."""
    if path is None:
        return _bundled()
    return _parsed(path.read_text(encoding="utf-8"), str(path))


@cache
def _bundled() -> Sites:
    return _parsed((files("cleaning.rules") / "sites.toml").read_text("utf-8"), "sites.toml")


def _parsed(text: str, name: str) -> Sites:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SiteRuleError(f"{name}: {error}") from error
    known = {field.name for field in fields(SiteRule)}
    sites: dict[str, SiteRule] = {}
    for host, table in tables.items():
        if not isinstance(table, dict):
            raise SiteRuleError(f"{name}: {host} must be a table such as [example.com]")
        if unknown := sorted(table.keys() - known):
            raise SiteRuleError(f"{name}: [{host}] has no setting {', '.join(unknown)}")
        drop = table.get("drop", [])
        selectors = [drop] if isinstance(drop, str) else drop
        rest = {key: value for key, value in table.items() if key != "drop"}
        if not isinstance(selectors, list) or not all(
            isinstance(selector, str) for selector in (*selectors, *rest.values())
        ):
            raise SiteRuleError(f"{name}: [{host}] takes selectors, as strings")
        for selector in (*selectors, *rest.values()):
            _check(selector, f"{name}: [{host}]")
        sites[host.lower()] = SiteRule(**rest, drop=tuple(selectors))
    return sites


def _check(selector: str, place: str) -> None:
    from soupsieve import SelectorSyntaxError, compile

    try:
        compile(selector)
    except SelectorSyntaxError as error:
        raise SiteRuleError(f"{place}: {selector!r} is no CSS selector: {error}") from error


def rule_for(url: str | None, sites: Sites) -> SiteRule | None:
    """The rule for an address: by host and port, by host, or by the nearest domain above it."""
    if not url or not sites:
        return None
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if port and (rule := sites.get(f"{host}:{port}")):
        return rule
    while host:
        if rule := sites.get(host):
            return rule
        host = host.partition(".")[2]
    return None


def soup_of(html: str) -> BeautifulSoup:
    """A page or fragment for :func:`selected_text`, :func:`article` and :func:`without`."""
    from bs4 import BeautifulSoup

    return BeautifulSoup(html, "html.parser")


def selected_text(soup: BeautifulSoup, selector: str | None) -> str | None:
    """The text of the first element that a selector finds, on one line."""
    found = soup.select_one(selector) if selector else None
    return " ".join(found.get_text(" ").split()) or None if found is not None else None


def article(soup: BeautifulSoup, selector: str) -> str | None:
    """The markup of everything that ``text`` selects, None for nothing: then the page is
    extracted as any other, for a template changes without notice."""
    found = soup.select(selector)
    return "".join(str(element) for element in found) or None


def without(soup: BeautifulSoup, drop: tuple[str, ...]) -> tuple[str, bool]:
    """The markup without what ``drop`` selects, and whether it selected anything."""
    found = [element for selector in drop for element in soup.select(selector)]
    for element in found:
        element.decompose()
    return (str(soup), True) if found else ("", False)
