"""The commands that are about hidden words; each parses, calls one function, prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.terminal import ARCHIVE, opened, printable, say

if TYPE_CHECKING:
    from sqlite_utils import Database

    from archive.review import Case

KEYS = "[a]ccept, [1-9] that one, [w]ord of your own, [r]eject, [s]kip, [u]ndo the last, [q]uit"


@click.command()
@click.argument("db", type=ARCHIVE)
@click.option("--json", "as_json", is_flag=True, help="List the cases as JSON and decide nothing.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option("--accept", multiple=True, metavar="ID", help="Accept a case's first candidate.")
@click.option("--word", help="With --accept: this word instead of the first candidate.")
@click.option("--reject", multiple=True, metavar="ID", help="Reject a case's candidates.")
@click.option("--undo", multiple=True, metavar="ID", help="Take a decision back.")
@click.option("--document", type=click.IntRange(1), metavar="ID", help="Only this document.")
@click.option("--decided", is_flag=True, help="List what was decided, and decide nothing.")
@click.option("--stats", is_flag=True, help="How often each rule was right, and decide nothing.")
def review(
    db: Path,
    as_json: bool,
    limit: int,
    accept: tuple[str, ...],
    word: str | None,
    reject: tuple[str, ...],
    undo: tuple[str, ...],
    document: int | None,
    decided: bool,
    stats: bool,
) -> None:
    """Accept or reject what may stand in place of hidden words, one hole after another.

    Decisions are edits with the rule `review`; they stay when documents are cleaned again.  To reject a word
    that is restored already takes it back.  What is decided about a rule's words moves its confidence in this
    archive: one that is rejected again and again puts nothing in any more.

    \b
    shiyi review news.db
    shiyi review news.db --json --limit 20
    shiyi review news.db --accept 12:345 --reject 12:701
    shiyi review news.db --decided
    shiyi review news.db --stats
    """
    from dataclasses import asdict

    from archive import review as module

    is_read = as_json or stats or decided
    if is_read and (accept or reject or undo):
        raise click.UsageError("--json, --decided and --stats decide nothing")
    if word is not None and len(accept) != 1:
        raise click.UsageError("--word goes with one --accept")
    with opened(db, readonly=is_read) as archive:
        if decided:
            for one in module.settled(archive, document):
                said = f"{one.id}  {one.decision} {one.word} ({one.rule})  …{one.left}[{one.text}]{one.right}…"
                click.echo(printable(said.replace("\n", "⏎")))
        elif as_json:
            found = [asdict(case) for case in module.cases(archive, limit, document)]
            click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        elif stats:
            from archive.decided import standings

            for rule in standings(archive):
                click.echo(
                    f"{rule.rule}: {rule.accepted} of {rule.decisions} accepted"
                    f" ({rule.accepted / rule.decisions:.0%}), confidence {rule.prior:.3f} before,"
                    f" {rule.posterior:.3f} now ({rule.shift:+.2f} nats for all its words)"
                )
        elif accept or reject or undo:
            for number in accept:
                click.echo(printable(module.decide(archive, number, accept=True, word=word)))
            for number in reject:
                click.echo(module.decide(archive, number, accept=False))
            for number in undo:
                click.echo(module.withdraw(archive, number))
        else:
            _ask_all(archive, limit, document)


def _ask_all(archive: Database, limit: int, document: int | None) -> None:
    """Show one case after another, until there is none or the person has enough."""
    from archive.review import cases, decide, waiting, withdraw

    found = list(cases(archive, limit, document))
    last: list[int] = []  # the places in the list of what was decided
    at = 0
    while at < len(found):
        case = found[at]
        _show(case, f"{at + 1} of {max(len(found), waiting(archive, document) + len(last))}")
        said = _answer(case)
        if said == "q":
            return
        if said == "u":
            if last:
                at = last.pop()
                say(withdraw(archive, found[at].id))
            else:
                say("nothing has been decided yet")
            continue
        if said != "s":
            decide(archive, case.id, accept=said != "r", word=None if said == "r" else said[1:])
            last.append(at)
        at += 1
    left = waiting(archive, document)
    say("nothing more to decide" if not left else f"{left} still wait")


def _show(case: Case, where: str) -> None:
    click.echo()
    click.secho(printable(f"{where}  {case.id}  {case.title or case.url or ''}"), fg="cyan")
    hole = click.style(f"[{case.shown}]", fg="red", bold=True)
    click.echo(f"  …{printable(case.left)}{hole}{printable(case.right)}…".replace("\n", "⏎"))
    for number, candidate in enumerate(case.candidates[:9], 1):
        click.echo(f"  {number}  {printable(candidate.text)}  {candidate.confidence:.2f}")
    click.secho(printable(f"  {case.rule}: {case.evidence}"), dim=True)


def _answer(case: Case) -> str:
    """What the person says: q, s, r, u, or = and a word."""
    while True:
        said = click.prompt(KEYS, default="s", show_default=False).strip().lower()
        said = {"a": "1", "accept": "1"}.get(said, said)
        if said in ("q", "quit", "s", "skip", "r", "reject", "u", "undo"):
            return said[0]
        if said in ("w", "word"):
            return "=" + click.prompt("the word").strip()
        if said.isdecimal() and 1 <= int(said) <= min(9, len(case.candidates)):
            return "=" + case.candidates[int(said) - 1].text


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
