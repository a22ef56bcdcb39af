"""Runs: one row for each invocation that made pages or documents."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from sqlite_utils import Database


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


def finish_run(
    db: Database, run_id: int, *, pages: int = 0, documents: int = 0, errors: int = 0
) -> None:
    """Note that a run has come to its end, and how many pages, documents and errors it had."""
    db.execute(
        "UPDATE runs SET finished_at = ?, pages = ?, documents = ?, errors = ? WHERE id = ?",
        [now(), pages, documents, errors, run_id],
    )
