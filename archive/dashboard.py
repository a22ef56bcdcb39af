"""The dashboard of an archive in Datasette: what is in it and how the crawls do, in plots.

All numbers are read from tables that are counted as documents come, but those of visits and labels, which
have an index each.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup
from sqlite_utils import Database

from archive import plots

BARS = 12
"""Bars of a plot."""


@dataclass(frozen=True, slots=True)
class Plot:
    """``link``: the canned query or the table that has its numbers, relative to the database."""

    title: str
    svg: Markup
    link: str | None = None
    legend: Markup | None = None


def totals(db: Database) -> dict[str, int]:
    """How much there is of what."""
    row = db.execute("SELECT documents, edits FROM counts WHERE facet = 'all'").fetchone()
    documents, edits = row or (0, 0)
    return {
        "documents": documents,
        "repairs": edits,
        "places left": db.execute('SELECT coalesce(sum("left"), 0) FROM site_damage').fetchone()[0],
        "sites": db.execute(
            "SELECT count(*) FROM counts WHERE facet = 'site' AND value <> ''"
        ).fetchone()[0],
        "clusters of copies": db.execute("SELECT count(*) FROM clusters").fetchone()[0],
        "known URLs": db.execute("SELECT count(*) FROM urls").fetchone()[0],
    }


def drawn(db: Database) -> list[Plot]:
    """The plots that there are numbers for."""
    kinds = db.execute(
        'SELECT kind, sum(repaired), sum("left") FROM site_damage GROUP BY kind ORDER BY 2 DESC'
    ).fetchall()
    names = [kind for kind, *_ in kinds]
    found = [
        Plot(
            "Damage by kind",
            plots.stacked(
                [(kind, {"repaired": done, "left": left}) for kind, done, left in kinds[:BARS]],
                ("repaired", "left"),
            ),
            "site_damage",
            plots.legend(("repaired", "left")),
        )
        if kinds
        else None,
        _sites(db, names),
        _columns(db, "Documents by month", "documents", "counts?facet=month&_sort=value", 0),
        _columns(db, "Repairs by month", "edits", "counts?facet=month&_sort=value", 1),
        _bars(
            db,
            "Sites with most documents",
            "SELECT iif(value = '', '(none)', value), documents FROM counts WHERE facet = 'site'"
            f" ORDER BY documents DESC LIMIT {BARS}",
            "counts?facet=site&_sort_desc=documents",
        ),
        _bars(
            db,
            "Script",
            "SELECT iif(value = '', '(none)', value), documents FROM counts WHERE facet = 'script'"
            " ORDER BY documents DESC",
            "counts?facet=script",
        ),
        _bars(
            db,
            "Masked words most often seen",
            "SELECT value, count(*) FROM labels WHERE kind = 'mask' AND trim(value) <> ''"
            f" GROUP BY value ORDER BY 2 DESC LIMIT {BARS}",
            "masked_words",
        ),
        _bars(
            db,
            "URLs by state",
            "SELECT state, count(*) FROM urls GROUP BY state ORDER BY 2 DESC",
            "crawl_health",
        ),
        _bars(
            db,
            "Answers of servers",
            "SELECT coalesce(status, 'none'), count(*) FROM fetches GROUP BY status ORDER BY 2 DESC"
            f" LIMIT {BARS}",
            "crawl_health",
        ),
    ]
    return [plot for plot in found if plot is not None]


def _sites(db: Database, kinds: list[str]) -> Plot | None:
    sites = db.execute(
        "SELECT site, sum(repaired) FROM site_damage GROUP BY site ORDER BY 2 DESC LIMIT ?", [BARS]
    ).fetchall()
    rows = []
    for site, repaired in sites:
        if repaired:
            parts = db.execute(
                "SELECT kind, repaired FROM site_damage WHERE site = ? AND repaired", [site]
            )
            rows.append((site or "(none)", dict(map(tuple, parts))))
    if not rows:
        return None
    return Plot(
        "Repairs by site", plots.stacked(rows, kinds), "damage_by_site", plots.legend(kinds)
    )


def _bars(db: Database, title: str, sql: str, link: str) -> Plot | None:
    rows = [(str(name), number) for name, number in db.execute(sql)]
    return Plot(title, plots.bars(rows), link) if rows else None


def _columns(db: Database, title: str, column: str, link: str, colour: int) -> Plot | None:
    rows = db.execute(
        f"SELECT value, {column} FROM counts WHERE facet = 'month' AND value <> '' ORDER BY value"
    ).fetchall()
    # the last ten years: more bars than that are thinner than a line
    return Plot(title, plots.columns(rows[-120:], colour), link) if rows else None


def text_of(name: str) -> str:
    """A template or style of this package."""
    return (files("archive") / name).read_text("utf-8")
