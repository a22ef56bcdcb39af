"""What is forgotten is nowhere in the file, and does not come again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database

from archive import store
from archive.forget import forget
from archive.frontier import Frontier
from archive.leases import Lease, Outcome, Target
from archive.search import search
from archive.store import ArchiveError, Page, open_archive, transaction
from archive.verify import verify
from cleaning.document import Document, Edit, FieldEdit, Label, Link
from tests.command import shiyi

SECRET = "柴窑秘方传给了第七代掌柜" * 30
OTHER = "茶园里的采茶人清早就上山，傍晚才背着竹篓回来。" * 20
URL = "http://a.example/1"


def page(body: bytes, url: str = URL) -> Page:
    return Page(url, "2026-01-01T00:00:00+00:00", 200, [["Content-Type", "text/html"]], "utf-8", body)  # fmt: skip


def secret(url: str = URL, more: str = "") -> Document:
    """A document whose text, title, edits, labels and links all hold something of the secret."""
    return Document.from_text("柴窑(yáo)秘方" + SECRET + more, title="柴窑秘方", url=url).apply(
        [
            Edit("note", 2, 7, "(yáo)", "", "note:page-set"),
            FieldEdit("title", "script", 0, 1, "柴", "禁", "script:character"),
            Label("mask", 0, 2, "秘方掌柜", "mask:stars", 0.5),
            Link("http://a.example/2", "第七代掌柜", "next"),
        ]
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "archive.db"
    db = open_archive(path)
    with transaction(db):
        run = store.start_run(db, "crawl", {}, "rules")
        for number in range(2):
            known = store.save_page(db, page(f"<p>{SECRET}{number}".encode()), run)
            store.save_document(db, secret(more=str(number)), run, known)
        store.save_document(db, secret("http://b.example/1", "1"), run)
        store.save_document(db, Document.from_text(OTHER, title="采茶", id="tea"), run)
    db.close()
    return path


def on_disk(path: Path) -> bytes:
    files = sorted(path.parent.glob(path.name + "*"))
    return b"".join(file.read_bytes() for file in files)


def test_a_url_goes_with_all_its_versions_and_its_copies(path: Path) -> None:
    assert "第七代".encode() in on_disk(path)
    done = shiyi("forget", path, URL, "--copies")
    assert done.returncode == 0
    assert done.stdout.decode().startswith("3 documents and 2 pages forgotten")
    content = on_disk(path)
    # the text, its beginnings in other tables, and the pairs that the index has of it
    for trace in (SECRET[:4], "秘方掌柜", "第七代掌柜", "禁窑", "窑秘", "(yáo)", URL):
        assert trace.encode() not in content, trace
    db = open_archive(path)
    assert list(verify(db)) == []
    assert [hit.title for hit in search(db, "采茶")] == ["采茶"]
    assert search(db, "掌柜") == []


def test_copies_stay_and_are_named(path: Path) -> None:
    db = open_archive(path)
    done = forget(db, "1")
    assert (done.documents, done.pages, done.copies, done.is_clean) == (2, 2, (3,), True)
    assert list(verify(db)) == []
    assert db.execute("SELECT kind, count(*) FROM forgotten GROUP BY kind").fetchall() == [
        ("document", 2), ("page", 2), ("url", 1)
    ]  # fmt: skip


def test_clean_does_not_take_it_in_again(path: Path, tmp_path: Path) -> None:
    (tmp_path / "again.txt").write_text(SECRET)
    (tmp_path / "tea.txt").write_text(OTHER)
    assert shiyi("clean", tmp_path / "again.txt", "-o", path).returncode == 0
    db = open_archive(path)
    (number,) = db.execute("SELECT id FROM documents WHERE input_file LIKE '%again.txt'").fetchone()
    forget(db, str(number))
    before = db.table("documents").count
    db.close()
    (tmp_path / "copy").mkdir()
    (tmp_path / "again.txt").rename(tmp_path / "copy" / "elsewhere.txt")
    done = shiyi("clean", tmp_path / "copy", tmp_path / "tea.txt", "-o", path)
    assert "1 written, 1 skipped" in done.said
    assert open_archive(path).table("documents").count == before + 1


def test_a_crawl_does_not_collect_it_again(path: Path) -> None:
    db = open_archive(path)
    with transaction(db):
        run = store.start_run(db, "crawl", {}, "rules")
    frontier = Frontier(db, run)
    other = "http://a.example/other"
    frontier.seed([Target(url, "a.example", 1.0, 0) for url in (URL, other)])
    forget(db, URL)
    frontier.seed([Target(URL, "a.example", 1.0, 0)])
    assert frontier.states([URL, other]) == {other: ("pending", None)}
    # the same bytes at another URL
    (host_id,) = db.execute("SELECT id FROM hosts").fetchone()
    db.execute("UPDATE urls SET state = 'leased', run_id = ?", [run])
    (url_id,) = db.execute("SELECT id FROM urls").fetchone()
    lease = Lease(url_id, other, host_id, "a.example", 1.0, 0, 0, 0, 0.0)
    again = page(f"<p>{SECRET}0".encode(), other)
    outcome = Outcome(lease, "done", None, "2026-01-02T00:00:00+00:00", 200, again, secret(other))
    before = db.table("documents").count
    assert frontier.commit([outcome]).pages == 0
    assert db.table("documents").count == before
    assert frontier.states([other]) == {other: ("done", None)}


def test_a_url_that_is_not_there_is_only_kept_away(path: Path) -> None:
    db = open_archive(path)
    done = forget(db, "http://c.example/")
    assert (done.documents, done.pages) == (0, 0)
    with pytest.raises(ArchiveError, match="no document 99"):
        forget(db, "99")


def test_a_reader_that_holds_the_log_is_told_of(path: Path) -> None:
    reader = open_archive(path, readonly=True)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM documents").fetchone()
    db: Database = open_archive(path)
    db.execute("PRAGMA busy_timeout = 100").fetchall()
    done = forget(db, URL)
    assert not done.is_clean
    assert "until that has finished" in " ".join(done.lines())
