"""What every command shares: how it opens an archive and how it speaks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # a command imports what it needs, so that each starts fast
    from sqlite_utils import Database

ARCHIVE = click.Path(dir_okay=False, path_type=Path)


def say(message: str) -> None:
    """Tell the person, not the pipe: on standard error."""
    click.echo(printable(message), err=True)


def write(data: bytes) -> None:
    """Write bytes to standard output as they are; a reader that has enough ends the program well."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # the reader has enough, and Python would complain at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None


def printable(text: str) -> str:
    """Text of pages with what could steer a terminal made visible."""
    from cleaning.dumps.text_output import printable as run

    return run(text)


@contextmanager
def opened(path: Path, readonly: bool = True) -> Iterator[Database]:
    """An archive that is there, open for one command."""
    from archive.store import open_archive

    db = open_archive(path, create=False, readonly=readonly)
    try:
        yield db
    finally:
        db.close()
