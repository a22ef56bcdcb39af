"""The lines that repeat on the documents of one site, counted over an archive's documents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import PurePath

from sqlite_utils import Database

from archive.documents import load_document
from archive.errors import ArchiveError
from archive.pages import content_type_of
from cleaning.pipeline import Step, steps_of_site
from cleaning.site_counter import SiteCounter
from cleaning.site_lines import site_of


class Sites:
    """The sites of some documents, and the steps that clean the documents of each.

    All the archive's texts of these sites are counted, as they were read, so that a cleaning that
    was stopped finds the same lines when it goes on.  Pages of markup are not counted: extraction
    leaves little of the site's own (``cleaning.dumps.site_pass``).
    """

    def __init__(self, db: Database, ids: Collection[int]) -> None:
        wanted = set(ids)
        sites = {row[0]: (_site(*row[1:4]), _is_text(row[3])) for row in db.execute(_ROWS)}
        self._sites = {number: sites[number][0] for number in wanted}
        known = set(self._sites.values()) - {None}
        counter = SiteCounter()
        for number, (site, is_text) in sites.items():
            if site in known and site is not None and is_text:
                with suppress(ArchiveError):  # what cannot be read is told by who cleans it
                    counter.add(site, load_document(db, number).raw)
        self._statistics = counter.statistics()

    def steps(self, document_id: int, steps: Sequence[Step]) -> Sequence[Step]:
        """The steps for one of the documents, from those for a page of any site."""
        return steps_of_site(self._statistics.lines(self._sites[document_id]), steps)


_ROWS = (
    "SELECT d.id, d.url, d.input_file, p.headers FROM documents d"
    " LEFT JOIN pages p ON p.id = d.page_id ORDER BY d.id"
)


def _site(url: str | None, file: str | None, headers: str | None) -> str | None:
    """The site of a document: its host, or of one that is a whole file, and so has a page, its folder."""
    return site_of(url, str(PurePath(file).parent) if file and headers else None)


def _is_text(headers: str | None) -> bool:
    """Whether a document was read as a text: it has no page, or a page that says so."""
    kind = content_type_of(headers) if headers else "text/plain"
    return (kind or "").partition(";")[0].strip().lower() == "text/plain"
