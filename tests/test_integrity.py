"""Killed, full, read-only, shared and copied: an archive stays whole, and says what is wrong."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive import store
from archive.store import ArchiveError, open_archive, transaction
from archive.verify import verify
from benchmarks import kills
from cleaning.document import Document

TEXT = "茶园里的采茶人清早就上山，傍晚才背着竹篓回来。"


def write(db: Database, count: int, name: str) -> None:
    with transaction(db):
        run = store.start_run(db, "clean", {}, name)
    for number in range(count):
        with transaction(db):
            document = Document.from_text(f"{TEXT}{name}{number}" * 20, id=f"{name}{number}")
            store.save_document(db, document, run)


def problems(path: Path) -> list[str]:
    return [str(problem) for problem in verify(open_archive(path))]


def test_killed_at_random_moments(capsys: pytest.CaptureFixture[str]) -> None:
    """A few; ``python benchmarks/kills.py`` does fifty."""
    kills.main(3, seeds=1, files=2)
    assert capsys.readouterr().out.count("the same as undisturbed") == 3


def test_a_full_disk_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    db = open_archive(path)
    write(db, 5, "a")
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages + 20}").fetchone()
    with pytest.raises(ArchiveError, match="the disk is full"):
        write(db, 100, "b")
    (kept,) = db.execute("SELECT count(*) FROM documents").fetchone()
    assert kept >= 5
    db.execute("PRAGMA max_page_count = 1000000").fetchone()
    write(db, 5, "c")
    db.close()
    assert problems(path) == []
    assert open_archive(path).table("documents").count == kept + 5


def test_two_writers_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    open_archive(path).close()
    errors: list[BaseException] = []

    def work(name: str) -> None:
        try:
            db = open_archive(path)
            write(db, 30, name)
            db.close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert problems(path) == []
    assert open_archive(path).table("documents").count == 60


def test_the_log_of_a_reader_that_holds_on_is_given_back(tmp_path: Path) -> None:
    """While one reader keeps its snapshot, the write-ahead log must grow; after that it is cut."""
    path = tmp_path / "archive.db"
    db = open_archive(path)
    write(db, 1, "a")
    reader = open_archive(path, readonly=True)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM documents").fetchone() == (1,)
    write(db, 40, "b")
    assert reader.execute("SELECT count(*) FROM documents").fetchone() == (1,)
    wal = path.with_name(path.name + "-wal")
    grown = wal.stat().st_size
    reader.execute("COMMIT")
    reader.close()
    db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    write(db, 40, "c")
    assert wal.stat().st_size <= grown  # written over from its beginning
    assert db.execute("PRAGMA journal_size_limit").fetchone()[0] == 64 * 1024 * 1024


def test_files_copied_in_mid_run_are_a_whole_archive(tmp_path: Path) -> None:
    """As after a loss of power: the file and its log as they lie there, between two commits."""
    path = tmp_path / "archive.db"
    db = open_archive(path)
    for number in range(3):
        write(db, 3, f"{number}-")
        copy = tmp_path / f"copy{number}"
        copy.mkdir()
        for file in tmp_path.glob("archive.db*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, copy / file.name)
        with transaction(db):  # and in the middle of one
            db.execute("UPDATE documents SET author = 'x'")
            half = tmp_path / f"half{number}"
            half.mkdir()
            for file in tmp_path.glob("archive.db*"):
                if not file.name.endswith("-shm"):
                    shutil.copy(file, half / file.name)
        for folder in (copy, half):
            assert problems(folder / "archive.db") == []
            assert open_archive(folder / "archive.db").table("documents").count == 3 * (number + 1)


def test_a_file_that_may_only_be_read(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    db = open_archive(path)
    write(db, 2, "a")
    db.close()
    reader = open_archive(path, readonly=True)
    assert list(verify(reader)) == []
    with pytest.raises((ArchiveError, sqlite3.OperationalError), match="readonly"):
        reader.execute("DELETE FROM documents")
