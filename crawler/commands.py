"""The commands that crawl; each parses, calls one function, prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from archive.terminal import ARCHIVE, say


@click.command()
@click.argument("seeds", nargs=-1, metavar="SEED...")
@click.option("--archive", required=True, type=ARCHIVE, help="Keeps pages, documents, frontier.")
@click.option("--similar", is_flag=True, help="Fetch what is like the seeds, on any host.")
@click.option("--due", is_flag=True, help="Visit known pages again whose time has come.")
@click.option("--limit", type=click.IntRange(1), help="Pages to fetch this time.")
@click.option("--max-minutes", type=click.FloatRange(0, min_open=True), help="Time to stop after.")
@click.option("--delay", type=click.FloatRange(0), help="Seconds between requests to a host.")
@click.option("--allow-private", multiple=True, metavar="HOST", help="A private host to admit.")
@click.option("--restore", type=click.Choice(["off", "safe", "all"]), default="safe")
@click.option("--contact", help="A URL or address for the user agent.")
@click.option("--probe", is_flag=True, help="Look twice at pages that may be hacked.")
@click.option("--expect", "expected", multiple=True, metavar="'pages>100'", help="Else status 1.")
def crawl(seeds: tuple[str, ...], archive: Path, expected: tuple[str, ...], **options: Any) -> None:
    """Crawl from the seeds into an archive; stopped anywhere, the same command goes on.

    With --due seeds may be left out: then it is about all sites of the archive's earlier seeds.
    --restore is what clean has: hidden words are put back, in the end from the copies of a page too.

    With --similar a seed is an article to find more of: an address, the number of a document of the
    archive, a text file, or a query.  The likest links come first, on any public host.

    \b
    shiyi crawl --due --archive news.db --expect 'failed<10'
    shiyi crawl https://example.org/news/ --archive news.db --limit 500
    shiyi crawl https://example.org/news/7.html 催收 --similar --archive news.db --limit 500
    shiyi crawl http://127.0.0.1:8000/ --archive test.db --allow-private 127.0.0.1 --delay 0
    """
    from crawler.bar import progress_of
    from crawler.expect import Expectation, ExpectationError
    from crawler.run import crawl as run
    from crawler.seeds import SeedError

    if not seeds and not options["due"]:
        raise click.UsageError("name a SEED, or say --due")
    try:
        expectations = [Expectation.of(text) for text in expected]
        with progress_of(say) as progress:
            result = run(seeds, archive, progress=progress, **options)
    except (SeedError, ExpectationError) as error:
        raise click.UsageError(str(error)) from None
    for problem in result.problems:
        say(f"shiyi: {problem}")
    if result.stopped != "locked":
        click.echo(f"{result.line(due=options['due'], similar=options['similar'])} → {archive}")
    failures = [said for one in expectations if (said := one.failure(result)) is not None]
    for failure in failures:
        say(f"shiyi: {failure}")
    raise SystemExit(1 if failures or result.stopped == "error" else 0)


@click.command()
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


@click.command()
@click.option("--archive", type=ARCHIVE, default="shiyi-demo.db", show_default=True)
def demo(archive: Path) -> None:
    """Crawl a small damaged site, clean a dump, show and search the result; no network needed.

    \b
    shiyi demo
    shiyi demo --archive try.db
    """
    from crawler.demo.run import demo as run

    run(archive, click.echo)


COMMANDS = (crawl, schedule, demo)
