"""Runs: one row for each invocation that made pages or documents."""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import zstandard
from sqlite_utils import Database

from cleaning.site_lines import Statistics


def now() -> str:
    """This moment in UTC, as the archive writes times: ``2026-11-24T13:45:00+00:00``."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def program_version() -> str:
    """The installed version of Shiyi, or ``unknown`` in a bare source tree."""
    try:
        return version("shiyi")
    except PackageNotFoundError:
        return "unknown"


def start_run(db: Database, command: str, settings: Mapping[str, object], rules: str) -> int:
    """Note that a command begins, with its settings and the fingerprint of its rules; the run's id."""
    cursor = db.execute(
        "INSERT INTO runs (command, started_at, program, rules, settings, pid)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [command, now(), program_version(), rules, json.dumps(settings, default=str), os.getpid()],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def keep_site_lines(db: Database, run_id: int, statistics: Statistics) -> None:
    """Keep what a run counted before it cleaned, until it is finished.  Call it inside a transaction."""
    value = b64encode(zstandard.compress(statistics.encode())).decode()
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [f"site_lines {run_id}", value])


def load_site_lines(db: Database, run_id: int) -> Statistics | None:
    """What a stopped run counted; None where it did not come to an end with that."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", [f"site_lines {run_id}"]).fetchone()
    return Statistics.decode(zstandard.decompress(b64decode(row[0]))) if row else None


def finish_run(
    db: Database, run_id: int, *, pages: int = 0, documents: int = 0, errors: int = 0
) -> None:
    """Note that a run has come to its end, and how many pages, documents and errors it had."""
    db.execute(
        "UPDATE runs SET finished_at = ?, pages = ?, documents = ?, errors = ? WHERE id = ?",
        [now(), pages, documents, errors, run_id],
    )
    db.execute("DELETE FROM meta WHERE name = ?", [f"site_lines {run_id}"])
