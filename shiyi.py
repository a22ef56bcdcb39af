"""The front door: one command group, in which every command parses, calls one function, prints."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

if TYPE_CHECKING:  # a command imports what it needs, so that each starts fast
    from sqlite_utils import Database

ARCHIVE = click.Path(dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="shiyi", prog_name="shiyi")
def cli() -> None:
    """Crawl similar Chinese articles, undo the damage done to their text, keep every edit.

    \b
    shiyi clean page.html                  read it clean, with its edits counted
    shiyi clean folder -o clean.jsonl      one JSON record for each document
    shiyi crawl https://example.org/ --archive news.db
    shiyi search news.db 催收
    """


@cli.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--output", "out", help=".jsonl (.gz, .zst), .parquet, .db; - for JSON Lines.")
@click.option("--format", "form", type=click.Choice(["text", "jsonl"]), help="Whatever OUT is.")
@click.option("--workers", type=click.IntRange(1), help="Processes; by default as many as help.")
@click.option("--engine", default="local", show_default=True, help="What runs the workers.")
@click.option("--text-field", metavar="NAME", help="The field of a record that holds its text.")
@click.option("--html-field", metavar="NAME", help="The field of a record that holds HTML.")
@click.option("--script", type=click.Choice(["keep", "simplified"]), default="keep")
@click.option("--masks", type=click.Choice(["keep", "strip", "mark"]), default="keep")
@click.option("--site-lines/--no-site-lines", default=True, help="Compare the pages of a site.")
@click.option("--append", is_flag=True, help="Add to an OUT that is there.")
@click.option("--overwrite", is_flag=True, help="Replace an OUT that is there.")
def clean(
    inputs: tuple[str, ...],
    out: str | None,
    form: str | None,
    text_field: str | None,
    html_field: str | None,
    script: str,
    masks: str,
    site_lines: bool,
    **how: Any,
) -> None:
    """Clean files, folders, dumps, or standard input (-).

    Without -o a terminal gets readable text and a pipe JSON Lines.  A run that was stopped goes on
    when the same command is given again.  Exit status: 0 all well, 1 some records could not be
    read (they are named, also in OUT.errors.jsonl), 2 wrong usage.

    --script simplified converts genuine Traditional too; --masks strip takes out hidden words' stars
    and blanks, mark puts 〔?〕 there; both stand in the edits, as repairs do.

    \b
    shiyi clean page.html
    shiyi clean dump.jsonl.zst --text-field content -o clean.jsonl.gz --workers 4
    shiyi clean - < page.html
    shiyi clean CC-MAIN.warc.gz articles/ -o news.db
    """
    from archive.clean import Output
    from archive.clean import clean as run
    from cleaning.dumps.bar import progress_of
    from cleaning.dumps.items import Settings

    path = None if out in (None, "-") else Path(str(out))
    if form is None and out is None and sys.stdout.isatty():
        form = "text"
    output = Output(path, _write, form)
    settings = Settings(text_field, html_field, site_lines=site_lines, script=script, masks=masks)
    with progress_of(path, _say) as report:
        result = run(inputs, output, settings, stdin=sys.stdin.buffer, report=report, **how)
    for line in result.lines(out if path else None):
        _say(line)
    raise SystemExit(1 if result.is_failed else 0)


@cli.command()
@click.argument("seeds", nargs=-1, metavar="SEED...")
@click.option("--archive", required=True, type=ARCHIVE, help="Keeps pages, documents, frontier.")
@click.option("--due", is_flag=True, help="Visit known pages again whose time has come.")
@click.option("--limit", type=click.IntRange(1), help="Pages to fetch this time.")
@click.option("--max-minutes", type=click.FloatRange(0, min_open=True), help="Time to stop after.")
@click.option("--delay", type=click.FloatRange(0), help="Seconds between requests to a host.")
@click.option("--allow-private", multiple=True, metavar="HOST", help="A private host to admit.")
def crawl(seeds: tuple[str, ...], archive: Path, **options: Any) -> None:
    """Crawl from the seeds into an archive; stopped anywhere, the same command goes on.

    With --due seeds may be left out: then it is about all sites of the archive's earlier seeds.

    \b
    shiyi crawl --due --archive news.db
    shiyi crawl https://example.org/news/ --archive news.db --limit 500
    shiyi crawl http://127.0.0.1:8000/ --archive test.db --allow-private 127.0.0.1 --delay 0
    """
    from crawler.job import SeedError
    from crawler.run import crawl as run

    if not seeds and not options["due"]:
        raise click.UsageError("name a SEED, or say --due")
    try:
        result = run(seeds, archive, progress=lambda progress: _say(str(progress)), **options)
    except SeedError as error:
        raise click.UsageError(str(error)) from None
    for problem in result.problems:
        _say(f"shiyi: {problem}")
    if result.stopped != "locked":
        again = (
            f", {result.changed} changed, {result.unchanged} unchanged" if options["due"] else ""
        )
        click.echo(
            f"{result.pages} pages, {result.documents} documents{again}, {result.failed} failed in "
            f"{result.seconds:.0f} s; {result.pending} in the queue ({result.stopped}) → {archive}"
        )
    raise SystemExit(1 if result.stopped == "error" else 0)


@cli.command()
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

    with _opened(db) as archive:
        hits = run(archive, query, limit)
    if as_json:
        click.echo(json.dumps([asdict(hit) for hit in hits], ensure_ascii=False, indent=1))
        return
    for hit in hits:
        click.echo(f"{click.style(hit.id, fg='cyan')}  {_printable(hit.title or '(no title)')}")
        for line in filter(None, (hit.url, hit.snippet)):
            click.echo(f"    {re.sub('【.*?】', _coloured, _printable(line))}")
    if not hits:
        _say("nothing found")


@cli.command()
@click.argument("db", type=ARCHIVE)
@click.argument("id")
@click.option("--raw", "form", flag_value="raw", help="The bytes as they were read, unchanged.")
@click.option("--diff", "form", flag_value="diff", help="Changed lines before and after, edits.")
@click.option("--json", "form", flag_value="json", help="The JSON Lines record.")
@click.option("--copies", "form", flag_value="copies", help="Its copies, and where they differ.")
def show(db: Path, id: str, form: str | None) -> None:
    """Show one document: its title, fields and text, and how many edits it has.

    \b
    shiyi show news.db 7
    shiyi show news.db 7 --diff
    shiyi show news.db 7 --raw > page.html
    """
    from archive import showing

    with _opened(db) as archive:
        if form in ("raw", "json"):
            _write(getattr(showing, form)(archive, id))
            return
        if form == "copies":
            lines = showing.copies(archive, id)
        else:
            lines = showing.lines(archive, id, is_diff=form == "diff")
        for mark, line in lines:
            click.secho(_printable(mark + line), fg={"- ": "red", "+ ": "green"}.get(mark))


@cli.command()
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


@cli.command()
@click.argument("db", type=ARCHIVE)
@click.option("-o", "--output", "out", type=click.File("w", "utf-8", atomic=True), help="HTML.")
def report(db: Path, out: TextIO | None) -> None:
    """Say what an archive holds, and what was repaired in it.

    \b
    shiyi report news.db
    shiyi report news.db -o report.html
    """
    from archive import report as module

    with _opened(db) as archive:
        found = module.report(archive)
    if out:
        out.write(module.render_html(found))
    else:
        click.echo(_printable(module.render_text(found)))


@cli.command()
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

    with _opened(db, readonly=dry_run) as archive:
        done = module.reclean(archive, without=without, dry_run=dry_run)
    for line in module.summary(done, dry_run=dry_run):
        click.echo(_printable(line))
    raise SystemExit(1 if done.failed else 0)


@cli.command()
@click.argument("db", type=ARCHIVE)
def cluster(db: Path) -> None:
    """Find the copies among documents that were kept before this version could.

    \b
    shiyi cluster news.db
    """
    from archive.copies import cluster as run

    with _opened(db, readonly=False) as archive:
        done = run(archive)
    click.echo(f"{done.documents} documents looked at, {done.clusters} clusters → {db}")


@cli.command()
@click.argument("db", type=ARCHIVE)
def verify(db: Path) -> None:
    """Check that pages and documents are what was read; the status is 1 where one is not.

    \b
    shiyi verify news.db
    """
    from archive.verify import verify as run

    with _opened(db) as archive:
        problems = [_printable(str(problem)) for problem in run(archive)]
    click.echo("\n".join(problems) or f"{db}: all is as it was read")
    raise SystemExit(1 if problems else 0)


@cli.command()
@click.argument("db", type=ARCHIVE)
@click.option("--every", default="6h", show_default=True, help="A part of an hour or day, or 1w.")
@click.option("--max-minutes", type=click.IntRange(1), help="Time of a run to stop after.")
@click.option("--delay", type=click.FloatRange(0), help="Seconds between requests to a host.")
@click.option("--allow-private", multiple=True, metavar="HOST", help="A private host to admit.")
@click.option("--contact", help="A URL or address for the user agent.")
@click.option("--print", "how", flag_value="print", default=True, help="Show the units only.")
@click.option("--install", "how", flag_value="install", help="Set up the user's systemd timer.")
@click.option("--remove", "how", flag_value="remove", help="Take it away.")
def schedule(db: Path, every: str, contact: str | None, how: str, **options: Any) -> None:
    """Recrawl an archive every few hours, by a systemd timer or a line for cron.

    \b
    shiyi schedule news.db --every 6h
    shiyi schedule news.db --every 1d --max-minutes 50 --install
    """
    from crawler import schedule as module

    arguments = [f"--allow-private={host}" for host in options["allow_private"]]
    for name in ("max_minutes", "delay"):
        if options[name] is not None:
            arguments.append(f"--{name.replace('_', '-')}={options[name]}")
    try:
        if how == "remove":
            lines = module.remove(db)
        elif how == "install":
            lines = module.install(db, every, arguments, contact=contact)
        else:
            files = module.unit_files(db, every, arguments, contact=contact)
            lines = [f"# {name}\n{text}" for name, text in files.items()]
            lines.append("# for cron\n" + module.cron_line(db, every, arguments, contact=contact))
    except module.ScheduleError as error:
        raise click.UsageError(str(error)) from None
    for line in lines:
        click.echo(line)


@cli.command()
@click.option("--archive", type=ARCHIVE, default="shiyi-demo.db", show_default=True)
def demo(archive: Path) -> None:
    """Crawl a small damaged site, clean a dump, show and search the result; no network needed.

    \b
    shiyi demo
    shiyi demo --archive try.db
    """
    from crawler.demo.run import demo as run

    run(archive, click.echo)


def _coloured(found: re.Match[str]) -> str:
    return click.style(found[0], fg="yellow")


def _say(message: str) -> None:
    click.echo(_printable(message), err=True)


def _write(data: bytes) -> None:
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # the reader has enough, and Python would complain at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None


def _printable(text: str) -> str:
    from cleaning.dumps.text_output import printable

    return printable(text)


@contextmanager
def _opened(path: Path, readonly: bool = True) -> Iterator[Database]:
    from archive.store import open_archive

    db = open_archive(path, create=False, readonly=readonly)
    try:
        yield db
    finally:
        db.close()


def main() -> NoReturn:
    """Run the command line and end with its exit status: 130 after Ctrl-C, 143 after SIGTERM."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        _stop(signal.SIGINT)
    except Exception as error:
        from archive.clean import exit_status

        if (status := exit_status(error)) is None:
            raise
        _say(f"shiyi: {error}")
        sys.exit(status)
    sys.exit(0)


def _stop(number: int, _: object = None) -> NoReturn:
    _say("shiyi: stopped; the same command goes on where it stopped")
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
