"""What a page declares about itself, outside its visible text."""

from __future__ import annotations

from dataclasses import dataclass

from cleaning.extract_fields import tidy
from cleaning.page_marks import Marks

TITLES = ("articletitle", "og:title", "twitter:title", "headline", "title")
"""Meta elements that hold a title; ``ArticleTitle`` is that of Chinese government sites."""


PROGRAMS = ("discuz!", "phpwind", "wordpress")
"""Programs that name themselves as the author of every page, as their templates have it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Meta elements by lower-case name, the <title>, and the structured data as text."""

    metas: dict[str, str]
    title_tag: str | None
    scripts: tuple[str, ...]

    @property
    def titles(self) -> list[str]:
        return [self.metas[name] for name in TITLES if name in self.metas]

    def first(self, names: tuple[str, ...]) -> str | None:
        """The first of some meta elements that holds a field's value."""
        for name in names:
            if name in self.metas and (value := tidy(self.metas[name])):
                return value
        return None

    def author(self, names: tuple[str, ...], site: str | None) -> str | None:
        """A declared author that is a person: not the site, not the system's account."""
        value = self.first(names)
        if not value or value.lower() in ("admin", "administrator", "系统管理员", "管理员"):
            return None
        if value.lower().startswith(PROGRAMS):
            return None
        known = f"{site or ''} {self.title_tag or ''}"
        return None if value in known or value.lower().startswith("http") else value


def page_facts(marks: Marks) -> Facts:
    """Collect the facts; of meta elements with the same name the first counts."""
    metas: dict[str, str] = {}
    for meta in marks.metas:
        content = (meta.attr("content") or "").strip()
        name = meta.attr("property") or meta.attr("name") or meta.attr("itemprop")
        if content and name:
            metas.setdefault(name.strip().lower(), content)
    return Facts(
        metas,
        " ".join(marks.titles[0].text.split()) or None if marks.titles else None,
        tuple(script.text for script in marks.scripts),
    )
