"""Cleaned input into an archive: workers clean, one writer commits."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from archive import bands, indexing
from archive.forgotten import is_forgotten
from archive.liveness import is_running
from archive.restore import restore
from archive.runs import keep_site_lines, load_site_lines, now
from archive.store import (
    Page,
    finish_run,
    open_archive,
    save_document,
    save_page,
    start_run,
    transaction,
)
from cleaning.document import Document
from cleaning.dumps.engines import Engine, Local
from cleaning.dumps.items import Counts, InputFile, Item, Rejected, Settings, Skipped
from cleaning.dumps.parts import error_line, part_path, rejected_in, set_aside, write_part
from cleaning.dumps.progress import Progress, Report, Result, Source
from cleaning.dumps.shards import Cleaned, Outcome, Shard, outcomes
from cleaning.dumps.site_pass import count_sites
from cleaning.dumps.state import Identity, identity, same
from cleaning.dumps.work import shards
from cleaning.dumps.workers import WorkerDiedError
from cleaning.fingerprint import fingerprint
from cleaning.site_lines import Statistics

BATCH = 200
BATCH_EDITS = 20_000
BATCH_CHARACTERS = 300_000
"""Documents, edits and characters of one transaction: other writers are promised that none lasts longer than half a
second.  A sound document of 1,000 characters takes 1.3 ms, one of 750 edits 14 ms."""


def ingest(
    source: Source,
    path: Path,
    settings: Settings,
    *,
    engine: Engine | None = None,
    report: Report | None = None,
) -> Result:
    """Clean the input into an archive.  What is there already is not taken in again.

    Each shard is committed with its row in ``shards``; a stopped run, called again, goes on with
    the shards that have none.  Rejected records also stand in ``PATH.errors.jsonl``.  Raises
    ArchiveError.
    """
    report, engine = report or Report(), engine or Local()
    db = open_archive(path)
    try:
        inputs = [identity(file) for file in source.files]
        known = list(_inputs_of_finished_runs(db, settings))
        fresh = [
            file
            for file, one in zip(source.files, inputs, strict=True)
            if not any(same(one, other) for other in known)
        ]
        if source.files and not fresh:
            return Result(Counts(), was_complete=True)
        chosen = {**_as_json(settings), "inputs": inputs}
        run_id = _stopped_run(db, chosen)
        if run_id is None:
            with transaction(db):
                run_id = start_run(db, "clean", chosen, fingerprint())
        progress = report.begin(replace(source, files=fresh))
        with _Errors(path) as errors:
            for rejected in source.rejected:
                errors.write(rejected)
            writer = _Writer(db, run_id, progress, report, errors)
            work = shards(fresh, progress.total, engine)
            statistics = _site_lines(db, run_id, fresh, settings, engine)
            todo = writer.still_to_do(work)
            with bands.in_bulk(db) as gathered:
                for shard, found in _outcomes(todo, settings, engine, statistics, path):
                    writer.commit(shard, found)
                    gathered.settle()
        restore(db)
        counts = progress.counts
        with transaction(db):
            finish_run(
                db, run_id, pages=writer.pages, documents=counts.written, errors=counts.rejected
            )
        return Result(counts)
    finally:
        db.close()


def _site_lines(
    db: Database, run_id: int, files: Sequence[InputFile], settings: Settings, engine: Engine
) -> Statistics:
    """The repeated lines of the input's sites, as the run counted them before it was stopped."""
    if (kept := load_site_lines(db, run_id)) is not None:
        return kept
    statistics = count_sites(files, settings, engine)
    with transaction(db):
        keep_site_lines(db, run_id, statistics)
    return statistics


def _outcomes(
    work: Iterator[Shard], settings: Settings, engine: Engine, statistics: Statistics, path: Path
) -> Iterator[tuple[Shard, Iterator[Outcome]]]:
    """Each shard with what became of its records; several workers hand them over in files, those
    of a cluster beside the archive."""
    if engine.is_in_process:
        for shard in work:
            yield shard, outcomes(shard, settings, statistics)
        return
    beside = None if isinstance(engine, Local) else path.resolve().parent
    with TemporaryDirectory(prefix=".shiyi-", dir=beside) as name:
        folder = Path(name)
        site_lines = folder / "site-lines"
        site_lines.write_bytes(statistics.encode())
        task = partial(
            write_part, settings=settings, folder=folder, format="pickle", site_lines=site_lines
        )
        for shard, result in engine.run(work, task):
            if isinstance(result, WorkerDiedError):
                result = set_aside(shard, folder, str(result))
            skipped = Skipped(shard.name, 0, "counted by the worker")
            found = chain(_unpickled(folder, shard.number), repeat(skipped, result.skipped))
            yield shard, found


def _unpickled(folder: Path, number: int) -> Iterator[Outcome]:
    """The documents and the rejected records of a part, which is taken away after that."""
    with part_path(folder, number, "part").open("rb") as file:
        while file.peek(1):
            yield pickle.load(file)
    yield from rejected_in(folder, number)
    for path in folder.glob(f"{number:08d}.*"):
        path.unlink()


class _Writer:
    """The one writer of a run."""

    def __init__(
        self, db: Database, run_id: int, progress: Progress, report: Report, errors: _Errors
    ) -> None:
        self._db = db
        self._run_id = run_id
        self._progress = progress
        self._report = report
        self._errors = errors
        self.pages = 0

    def still_to_do(self, work: Iterator[Shard]) -> Iterator[Shard]:
        for shard in work:
            if all(
                self._db.execute(
                    'SELECT 1 FROM shards WHERE run_id = ? AND file = ? AND "offset" = ?',
                    [self._run_id, piece.file.name, piece.start],
                ).fetchone()
                for piece in shard.pieces
            ):
                self._progress.done += shard.weight
            else:
                yield shard

    def commit(self, shard: Shard, found: Iterator[Outcome]) -> None:
        """Keep the documents of a shard in batches, the last of them with the shard's rows."""
        counts = self._progress.counts
        batch: list[Cleaned] = []
        edits = characters = 0
        for outcome in found:
            counts.read += 1
            match outcome:
                case Cleaned():
                    batch.append(outcome)
                    edits += len(outcome.document.edits)
                    characters += len(outcome.document.text)
                    if len(batch) == BATCH or edits > BATCH_EDITS or characters > BATCH_CHARACTERS:
                        self._write(batch)
                        batch, edits, characters = [], 0, 0
                case Rejected():
                    counts.rejected += 1
                    self._errors.write(outcome)
                    self._report.on_error(outcome.message)
                case Skipped():
                    counts.skipped += 1
        self._write(batch, shard)
        self._progress.done += shard.weight
        self._report.on_progress(self._progress)

    def _write(self, batch: list[Cleaned], shard: Shard | None = None) -> None:
        forgotten = 0
        with transaction(self._db), indexing.at_the_end(self._db):
            for cleaned in batch:
                item = cleaned.item
                page_id, page = None, _page(item, cleaned.document)
                if is_forgotten(self._db, page, cleaned.document):
                    forgotten += 1
                    continue
                if page:
                    page_id = save_page(self._db, page, self._run_id)
                    self.pages += 1
                document = replace(cleaned.document, id=str(cleaned.id))
                save_document(self._db, document, self._run_id, page_id, item.file, item.record)
            for piece in shard.pieces if shard else ():
                self._db.execute(
                    "INSERT OR REPLACE INTO shards VALUES (?, ?, ?, ?, 'done')",
                    [self._run_id, piece.file.name, piece.start, piece.stop - piece.start],
                )
        self._progress.counts.written += len(batch) - forgotten
        self._progress.counts.skipped += forgotten


def _page(item: Item, document: Document) -> Page | None:
    """The page of an item: the bytes of a file or a response, or the HTML of a record.

    A record of text has none: its text is rebuilt from the log.
    """
    encoding = next((label.value for label in document.labels if label.kind == "encoding"), None)
    # What is to be read as a text must not be taken for markup when it is cleaned again.
    said = [["Content-Type", item.content_type or ("text/html" if item.is_html else "text/plain")]]
    if (capture := item.capture) is not None and isinstance(item.body, bytes):
        return Page(
            item.url,
            capture.fetched_at or now(),
            capture.status,
            [list(pair) for pair in capture.headers] or said,
            encoding,
            item.body,
            capture.path,
            capture.offset,
            capture.length,
        )
    if isinstance(item.body, bytes):
        return Page(item.url, now(), None, said, encoding, item.body, item.file)
    if item.is_html:
        body = item.body.encode("utf-8", "surrogatepass")
        headers = [["Content-Type", "text/html; charset=utf-8"]]
        # The number of the record keeps two records without a URL apart.
        return Page(item.url, now(), None, headers, "utf-8", body, item.file, item.record)
    return None


class _Errors:
    """``PATH.errors.jsonl``: grows by what is not in it yet, and is not made for nothing."""

    def __init__(self, archive: Path) -> None:
        self._path = archive.with_name(archive.name + ".errors.jsonl")
        self._known = set(self._path.read_bytes().splitlines()) if self._path.exists() else set()

    def __enter__(self) -> _Errors:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def write(self, rejected: Rejected) -> None:
        line = error_line(rejected)
        if line.rstrip() in self._known:
            return
        self._known.add(line.rstrip())
        with self._path.open("ab") as file:
            file.write(line)


def _as_json(settings: Settings) -> dict[str, object]:
    """The settings as they come back from a column of JSON, a tuple as a list."""
    found: dict[str, object] = json.loads(json.dumps(asdict(settings)))
    return found


def _inputs_of_finished_runs(db: Database, settings: Settings) -> Iterator[Identity]:
    """What earlier runs took in with the same choices and rules."""
    for (text,) in db.execute(
        "SELECT settings FROM runs WHERE command = 'clean' AND finished_at IS NOT NULL AND rules = ?",
        [fingerprint()],
    ):
        found = json.loads(text)
        inputs = found.pop("inputs", [])
        if found == _as_json(settings):
            yield from inputs


def _stopped_run(db: Database, chosen: dict[str, object]) -> int | None:
    """The run of the same command that was stopped, if there is one."""
    for run_id, pid, started_at in db.execute(
        "SELECT id, pid, started_at FROM runs WHERE command = 'clean' AND finished_at IS NULL"
        " AND rules = ? AND settings = ?",
        [fingerprint(), json.dumps(chosen)],
    ):
        if not is_running(pid, started_at):
            return int(run_id)
    return None
