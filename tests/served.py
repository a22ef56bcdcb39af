"""What tests of the crawler share: a server in a process of its own, and a look into an archive."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any


class Served:
    """A running server script of this folder; ``facts`` are what it says of itself at its start."""

    def __init__(self, script: str, log: Path, *arguments: str) -> None:
        self.log = log
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name(script)), str(log), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.facts: dict[str, Any] = json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End it: it ends by itself when its standard input does."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


def rows(archive: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a plain connection reads in an archive."""
    connection = sqlite3.connect(archive)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()
