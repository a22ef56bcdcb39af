"""The commands that are about hidden words; each parses, calls one function, prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.terminal import ARCHIVE, opened, printable, say

if TYPE_CHECKING:
    from archive.review import Case

KEYS = "[a]ccept, [1-9] that candidate, [r]eject, [s]kip, [q]uit"


@click.command()
@click.argument("db", type=ARCHIVE)
@click.option("--json", "as_json", is_flag=True, help="List the cases as JSON and decide nothing.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option("--accept", multiple=True, metavar="ID", help="Accept a case's first candidate.")
@click.option("--word", help="With --accept: this word instead of the first candidate.")
@click.option("--reject", multiple=True, metavar="ID", help="Reject a case's candidates.")
@click.option("--stats", is_flag=True, help="How often each rule was right, and decide nothing.")
def review(
    db: Path,
    as_json: bool,
    limit: int,
    accept: tuple[str, ...],
    word: str | None,
    reject: tuple[str, ...],
    stats: bool,
) -> None:
    """Accept or reject what may stand in place of hidden words, one hole after another.

    Decisions are edits with the rule `review`; they stay when documents are cleaned again.  To reject a word
    that is restored already takes it back.

    \b
    shiyi review news.db
    shiyi review news.db --json --limit 20
    shiyi review news.db --accept 12:345 --reject 12:701
    """
    from dataclasses import asdict

    from archive import review as module

    is_read = as_json or stats
    if is_read and (accept or reject):
        raise click.UsageError("--json and --stats decide nothing")
    if word is not None and len(accept) != 1:
        raise click.UsageError("--word goes with one --accept")
    with opened(db, readonly=is_read) as archive:
        if as_json:
            found = [asdict(case) for case in module.cases(archive, limit)]
            click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        elif stats:
            for share in module.shares(archive):
                click.echo(
                    f"{share.rule}: {share.accepted} of {share.decisions} accepted ({share.share:.0%}),"
                    f" mean confidence {share.confidence:.2f}"
                )
        elif accept or reject:
            for number in accept:
                click.echo(printable(module.decide(archive, number, accept=True, word=word)))
            for number in reject:
                click.echo(module.decide(archive, number, accept=False))
        else:
            for case in list(module.cases(archive, limit)):
                if not _ask(case, lambda **how: module.decide(archive, case.id, **how)):  # noqa: B023
                    return
            say("nothing more to decide")


def _ask(case: Case, decide: object) -> bool:
    """Show a case and do what the person says; whether to go on."""
    assert callable(decide)
    click.echo()
    click.secho(printable(f"{case.id}  {case.title or case.url or ''}"), fg="cyan")
    hole = click.style(f"[{case.shown}]", fg="red")
    click.echo(f"  …{printable(case.left)}{hole}{printable(case.right)}…".replace("\n", "⏎"))
    for number, candidate in enumerate(case.candidates[:9], 1):
        click.echo(f"  {number}  {printable(candidate.text)}  {candidate.confidence:.2f}")
    click.echo(printable(f"  {case.rule}: {case.evidence}"))
    while True:
        said = click.prompt(KEYS, default="s", show_default=False).strip().lower()
        if said in ("q", "quit"):
            return False
        if said in ("s", "skip"):
            return True
        if said in ("r", "reject"):
            decide(accept=False)
            return True
        if said in ("a", "accept"):
            said = "1"
        if said.isdecimal() and 1 <= int(said) <= min(9, len(case.candidates)):
            decide(accept=True, word=case.candidates[int(said) - 1].text)
            return True


@click.command()
@click.argument("db", type=ARCHIVE)
def restore(db: Path) -> None:
    """Look again for what hidden words were, in the copies and sites of all documents that have some.

    clean and crawl do it for what they add; this is for after `learn` and for older archives.

    \b
    shiyi restore news.db
    """
    from archive.restore import restore_all as run

    with opened(db, readonly=False) as archive:
        done = run(archive)
    click.echo(
        f"{done.documents} documents looked at: {done.words} words restored in {done.changed},"
        f" {done.offered} with candidates → {db}"
    )


@click.command()
@click.argument("db", type=ARCHIVE)
def learn(db: Path) -> None:
    """Build the archive's own language model from its clean text, and ask it about hidden words.

    It chooses among the words that a site hides, against all others, and knows the archive's own way of
    writing; a model of other texts does not.  What it says is offered for review.

    
    shiyi learn news.db
    """
    from archive.learn import learn as run
    from archive.restore import restore_all

    with opened(db, readonly=False) as archive:
        done = run(archive)
        found = restore_all(archive)
    click.echo(
        f"learned from {done.chars:,} characters of {done.documents} documents ({done.size / 1e6:.1f} MB):"
        f" {found.words} words restored, {found.offered} holes with candidates → {db}"
    )


COMMANDS = (review, restore, learn)
