"""The commands that read and keep an archive; each parses, calls one function, prints."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TextIO

import click

from archive.terminal import ARCHIVE, opened, printable, say, write


@click.command()
@click.argument("db", type=ARCHIVE)
@click.argument("query")
@click.option("--json", "as_json", is_flag=True, help="A list of id, url, title, snippet, score.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
def search(db: Path, query: str, as_json: bool, limit: int) -> None:
    """Find documents by words of title or text, in either script, one character or more.

    \b
    shiyi search news.db 催收
    shiyi search news.db 網貸 --json --limit 100
    """
    from dataclasses import asdict

    from archive.search import search as run

    with opened(db) as archive:
        hits = run(archive, query, limit)
    if as_json:
        click.echo(json.dumps([asdict(hit) for hit in hits], ensure_ascii=False, indent=1))
        return
    for hit in hits:
        click.echo(f"{click.style(hit.id, fg='cyan')}  {printable(hit.title or '(no title)')}")
        for line in filter(None, (hit.url, hit.snippet)):
            click.echo(f"    {re.sub('【.*?】', _coloured, printable(line))}")
    if not hits:
        say("nothing found")


@click.command()
@click.argument("db", type=ARCHIVE)
@click.argument("id")
@click.option("--raw", "form", flag_value="raw", help="The bytes as they were read, unchanged.")
@click.option("--diff", "form", flag_value="diff", help="Changed lines before and after, edits.")
@click.option("--json", "form", flag_value="json", help="The JSON Lines record.")
@click.option("--copies", "form", flag_value="copies", help="Its copies, and where they differ.")
@click.option(
    "--versions", "form", flag_value="versions", help="All versions of its URL, and visits."
)
def show(db: Path, id: str, form: str | None) -> None:
    """Show one document: its title, fields and text, and how many edits it has.

    \b
    shiyi show news.db 7
    shiyi show news.db 7 --diff
    shiyi show news.db 7 --raw > page.html
    """
    from archive import showing

    with opened(db) as archive:
        if form in ("raw", "json"):
            write(getattr(showing, form)(archive, id))
            return
        if form == "copies":
            lines = showing.copies(archive, id)
        elif form == "versions":
            lines = (("", line) for line in showing.versions(archive, id))
        else:
            lines = showing.lines(archive, id, is_diff=form == "diff")
        for mark, line in lines:
            click.secho(printable(mark + line), fg={"- ": "red", "+ ": "green"}.get(mark))


@click.command()
@click.argument("db", type=ARCHIVE)
@click.option("--port", type=click.IntRange(0, 65_535), default=8001, help="0: any free one.")
def serve(db: Path, port: int) -> None:
    """Browse and search an archive in Datasette, on this machine.

    \b
    shiyi serve news.db
    shiyi serve news.db --port 0
    """
    from archive.serve import serve as run

    run(db, port)


@click.command()
@click.argument("db", type=ARCHIVE)
@click.option("-o", "--output", "out", type=click.File("w", "utf-8", atomic=True), help="HTML.")
def report(db: Path, out: TextIO | None) -> None:
    """Say what an archive holds, and what was repaired in it.

    \b
    shiyi report news.db
    shiyi report news.db -o report.html
    """
    from archive import report as module
    from archive.report_page import render_html

    with opened(db) as archive:
        found = module.report(archive)
    if out:
        out.write(render_html(found))
    else:
        click.echo(printable(module.render_text(found)))


@click.command()
@click.argument("db", type=ARCHIVE)
@click.option("--without", multiple=True, metavar="RULE", help="A rule or family to switch off.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def reclean(db: Path, without: tuple[str, ...], dry_run: bool) -> None:
    """Clean again what was cleaned by other rules than this version's.

    \b
    shiyi reclean news.db --dry-run
    shiyi reclean news.db --without script
    """
    from archive import reclean as module

    with opened(db, readonly=dry_run) as archive:
        done = module.reclean(archive, without=without, dry_run=dry_run)
    for line in module.summary(done, dry_run=dry_run):
        click.echo(printable(line))
    raise SystemExit(1 if done.failed else 0)


@click.command()
@click.argument("db", type=ARCHIVE)
def cluster(db: Path) -> None:
    """Find the copies among documents that were kept before this version could.

    \b
    shiyi cluster news.db
    """
    from archive.copies import cluster as run

    with opened(db, readonly=False) as archive:
        done = run(archive)
    click.echo(f"{done.documents} documents looked at, {done.clusters} clusters → {db}")


@click.command()
@click.argument("db", type=ARCHIVE)
def verify(db: Path) -> None:
    """Check that pages and documents are what was read; the status is 1 where one is not.

    \b
    shiyi verify news.db
    """
    from archive.verify import verify as run

    with opened(db) as archive:
        problems = [printable(str(problem)) for problem in run(archive)]
    click.echo("\n".join(problems) or f"{db}: all is as it was read")
    raise SystemExit(1 if problems else 0)


@click.command()
@click.argument("sources", nargs=-1, required=True, type=ARCHIVE, metavar="DB...")
@click.option("-o", "--output", "out", required=True, type=ARCHIVE, help="The archive of all.")
def merge(sources: tuple[Path, ...], out: Path) -> None:
    """Bring archives of several machines together in one; again, it adds what is new.

    \b
    shiyi merge a.db b.db c.db -o all.db
    """
    from archive.merge import merge as run

    for done in run(sources, out):
        click.echo(
            f"{done.name}: {done.pages} pages, {done.documents} documents, {done.urls} addresses new"
        )


@click.command()
@click.argument("db", type=ARCHIVE)
@click.argument("url")
def why(db: Path, url: str) -> None:
    """Say why an address is in an archive: the parts of its score, the way to it, its visits.

    \b
    shiyi why news.db https://example.org/news/7.html
    """
    from archive.why import why as run

    with opened(db) as archive:
        for line in run(archive, url):
            click.echo(printable(line))


@click.command()
@click.argument("db", type=ARCHIVE)
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--site", help="Of one site only: its name or host.")
@click.option("--since", metavar="DATE", help="Of this day or later: YYYY-MM-DD.")
@click.option("--query", help="What `shiyi search` finds only.")
def export(db: Path, out: Path, site: str | None, since: str | None, query: str | None) -> None:
    """Write documents or pages to OUT, in the form that its suffix names.

    .jsonl (.gz, .zst) and .parquet hold the documents, .warc (.gz) the pages as they were received,
    .wacz the same to be replayed in a browser, .atom a feed of the newest 100.

    \b
    shiyi export news.db news.jsonl.zst
    shiyi export news.db pages.warc.gz --site example.org
    shiyi export news.db new.atom --query 催收 --since 2026-01-01
    """
    from archive.export import Choice
    from archive.export import export as run

    with opened(db) as archive:
        count = run(archive, out, Choice(site, since, query))
    say(f"{count} records → {out}")


@click.command()
@click.argument("db", type=ARCHIVE)
@click.argument("what", metavar="URL|ID")
@click.option("--copies", is_flag=True, help="Its copies on other sites as well.")
def forget(db: Path, what: str, copies: bool) -> None:
    """Delete a page's text everywhere in an archive, and never collect it again.

    All versions go, with their documents, edits, labels, links and index.  Hashes stay, by which crawl
    and clean know what not to take in again.  The file is written anew: that takes a while and its size in
    disk space.  Models that were learned from the text go too.

    \b
    shiyi forget news.db https://example.org/1.html
    shiyi forget news.db 7 --copies
    """
    from archive.forget import forget as run

    with opened(db, readonly=False) as archive:
        done = run(archive, what, copies=copies)
    for line in done.lines():
        click.echo(printable(line))


def _coloured(found: re.Match[str]) -> str:
    return click.style(found[0], fg="yellow")


COMMANDS = (search, show, serve, report, reclean, cluster, merge, verify, why, export, forget)
