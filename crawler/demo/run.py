"""``shiyi demo``: the whole way on bundled input, without a network.

A small damaged site is served on this machine and crawled, a damaged dump is cleaned, both into
one archive; then one page is shown before and after, and one search.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

from archive.clean import Output, clean
from archive.search import Hit, search
from archive.showing import load
from archive.store import open_archive
from cleaning.document import Document
from cleaning.dumps.items import Settings
from cleaning.dumps.text_output import printable, summary
from crawler.demo import DUMP, SHOWCASE
from crawler.demo.server import serve
from crawler.run import crawl

QUERY = "網貸"
"""Traditional, two characters: found in Simplified text, which plain SQLite search cannot do."""

SHOWN = 3  # lines of the page before and after, and hits of the search
WIDTH = 76  # characters of a line: a terminal's, Chinese taking two columns


def demo(archive: Path, say: Callable[[str], None]) -> None:
    """Fill an archive from the bundled site and dump, and say what was done, line by line.

    An archive that the demo made before is filled up again and gains nothing.
    """
    with serve() as base:
        say(f"1. Crawl a damaged site, served at {base}")
        result = crawl([f"{base}/"], archive, delay=0, allow_private=["127.0.0.1"])
        say(f"   {result.pages} pages, {result.documents} documents in {result.seconds:.0f} s")
        shown = base + SHOWCASE
    say("2. Clean a damaged dump into the same archive")
    output = Output(archive, lambda data: None)
    counts = clean([str(DUMP)], output, Settings(None, None), stdin=io.BytesIO(), workers=1).counts
    say(f"   {counts.line()}")
    db = open_archive(archive, readonly=True)
    try:
        (number,) = db.execute(
            "SELECT id FROM documents WHERE url = ? ORDER BY id DESC", [shown]
        ).fetchone()
        document = load(db, str(number))
        say(f"3. One page, as it was served ({SHOWCASE}) and as it is kept")
        for line in before_and_after(document):
            say(f"   {printable(line)}")
        say(f"4. shiyi search {archive} {QUERY}")
        for hit in search(db, QUERY, SHOWN):
            say(f"   {printable(_found(hit))}")
    finally:
        db.close()
    say("Now try:")
    for command, what in (
        (f"show {archive} {number} --diff", "every edit of that page, with its rule"),
        (f"show {archive} {number} --raw", "the page's bytes, as they were served"),
        (f"search {archive} 催收", "a word of two characters"),
        (f"serve {archive}", "read and search it all in the browser, with Datasette"),
        (f"report {archive} -o report.html", "what was damaged, and how"),
        ("clean FILE…", "your own pages and dumps"),
    ):
        say(f"   shiyi {command:<34} {what}")


def before_and_after(document: Document) -> Iterator[str]:
    """The first lines of a document as read and clean, its fields, and its edits by kind."""
    for line in [line for line in document.raw.splitlines() if line.strip()][:SHOWN]:
        yield f"- {_short(line)}"
    for name in ("title", "date", "site", "source"):
        if value := document.field(name):
            yield f"+ {name}: {value}"
    for line in document.text.splitlines()[:SHOWN]:
        yield f"+ {_short(line)}"
    yield f"  {summary(document)}"


def _found(hit: Hit) -> str:
    return f"{hit.id}  {hit.title}: {hit.snippet}"


def _short(line: str) -> str:
    return line if len(line) <= WIDTH else line[:WIDTH] + "…"
