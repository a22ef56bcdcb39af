"""The front door: one command group.

Its commands stand beside what they call: here what cleans, in archive/commands.py what reads and
keeps an archive, in crawler/commands.py what crawls.
"""

from __future__ import annotations

import signal
import sys
from typing import Any, NoReturn

import click

from archive.commands import COMMANDS as ARCHIVE_COMMANDS
from archive.review_commands import COMMANDS as REVIEW_COMMANDS
from archive.terminal import say, write
from crawler.commands import COMMANDS as CRAWL_COMMANDS


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
@click.option("--engine", default="local", show_default=True, help="local, or dask: a cluster.")
@click.option("--scheduler", metavar="ADDRESS", help="Of the Dask cluster; else one is started.")
@click.option("--text-field", metavar="NAME", help="The field of a record that holds its text.")
@click.option("--html-field", metavar="NAME", help="The field of a record that holds HTML.")
@click.option("--script", type=click.Choice(["keep", "simplified"]), default="keep")
@click.option("--masks", type=click.Choice(["keep", "strip", "mark"]), default="keep")
@click.option("--restore", type=click.Choice(["off", "safe", "all"]), default="safe")
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
    restore: str,
    site_lines: bool,
    **how: Any,
) -> None:
    """Clean files, folders, dumps, or standard input (-).

    Without -o a terminal gets readable text and a pipe JSON Lines.  A run that was stopped goes on
    when the same command is given again.  Exit status: 0 all well, 1 some records could not be
    read (they are named, also in OUT.errors.jsonl), 2 wrong usage.

    --script simplified converts genuine Traditional too; --masks strip takes out hidden words' stars
    and blanks, mark puts 〔?〕 there; both stand in the edits, as repairs do.  --restore safe puts hidden
    words back where the evidence is right in 99 of 100 cases, all in 95, off none.

    \b
    shiyi clean page.html
    shiyi clean dump.jsonl.zst --text-field content -o clean.jsonl.gz --workers 4
    shiyi clean - < page.html
    shiyi clean CC-MAIN.warc.gz articles/ -o news.db
    shiyi clean 's3://crawl/*.warc.gz' -o s3://clean/all.jsonl.zst --engine dask --scheduler tcp://head:8786
    """
    from archive.clean import Output
    from archive.clean import clean as run
    from cleaning.dumps.bar import progress_of
    from cleaning.dumps.items import Settings
    from cleaning.dumps.places import place_of

    path = None if out in (None, "-") else place_of(str(out))
    if form is None and out is None and sys.stdout.isatty():
        form = "text"
    output = Output(path, write, form)
    settings = Settings(
        text_field, html_field, site_lines=site_lines, script=script, masks=masks, restore=restore
    )
    with progress_of(path, say) as report:
        result = run(inputs, output, settings, stdin=sys.stdin.buffer, report=report, **how)
    for line in result.lines(out if path else None):
        say(line)
    raise SystemExit(1 if result.is_failed else 0)


for command in (*ARCHIVE_COMMANDS, *REVIEW_COMMANDS, *CRAWL_COMMANDS):
    cli.add_command(command)


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
        say(f"shiyi: {error}")
        sys.exit(status)
    sys.exit(0)


def _stop(number: int, _: object = None) -> NoReturn:
    say("shiyi: stopped; the same command goes on where it stopped")
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
