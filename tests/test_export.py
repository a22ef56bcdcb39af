"""What is exported is read by others, and comes back as it was."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive import store
from archive.export import Choice, export
from archive.export_feed import ATOM
from archive.export_warc import SAME_TEXT
from archive.frontier import Frontier
from archive.leases import Lease, Outcome, Target
from archive.store import Page, open_archive, transaction
from cleaning.document import Document
from cleaning.dumps.items import InputError
from cleaning.pipeline import clean
from cleaning.read import read_page
from tests.command import shiyi

HTML = """<html><head><title>{title}</title><meta charset="utf-8"></head><body><h1>{title}</h1>
<p>{text}</p><p>发布时间：2025-08-1{n}</p></body></html>"""
BODY = "网(wǎng)络(luò)上的人们常常谈起采茶的事情，清早上山，傍晚回来，一年又一年。" * 4
HEADERS = [
    ["Content-Type", "text/html; charset=utf-8"], ["Content-Encoding", "gzip"],
    ["Content-Length", "12"], ["X-Kept", "as it was"],
]  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    path = folder / "archive.db"
    db = open_archive(path)
    with transaction(db):
        run = store.start_run(db, "crawl", {}, "rules")
    frontier = Frontier(db, run)
    urls = [f"http://www.a.example/{n}.html" for n in range(3)]
    frontier.seed([Target(url, "www.a.example", 1.0, 0) for url in urls])
    db.execute("UPDATE urls SET state = 'leased', run_id = ?", [run])
    for number, url in enumerate(urls):
        body = HTML.format(title=f"采茶的故事{number}", text=BODY + str(number), n=number).encode()
        page = Page(url, f"2026-01-0{number + 1}T08:00:00.250+00:00", 200, HEADERS, "utf-8", body)
        document = clean(read_page(body, url, HEADERS[0][1]))
        lease = Lease(number + 1, url, 1, "www.a.example", 1.0, 0, 0, 0, 0.0)
        frontier.commit([Outcome(lease, "done", None, page.fetched_at, 200, page, document)])
    with transaction(db):  # two visits that found nothing new
        for status in (304, 200):
            db.execute(
                "INSERT INTO fetches (url_id, run_id, fetched_at, status, page_id) VALUES (1, ?, ?, ?, 1)",
                [run, f"2026-02-01T00:00:0{status % 7}+00:00", status],
            )
    db.close()
    (folder / "text.txt").write_text("田埂上的老人\n" + "蓑衣斗笠，水车慢慢地转。" * 9)
    assert shiyi("clean", folder / "text.txt", "-o", path).returncode == 0
    records = [{"id": "r1", "url": "http://b.example/1", "text": "磨坊里的石磨转了一夜。" * 9}]
    (folder / "r.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    assert shiyi("clean", folder / "r.jsonl", "-o", path).returncode == 0
    return path


def documents(path: Path) -> list[tuple[object, ...]]:
    db = open_archive(path, readonly=True)
    return sorted(
        (d.raw_sha256, d.url, d.title, d.date, d.text, d.edits) for _, d in store.documents(db)
    )


def lines(name: str, folder: Path) -> Iterator[bytes]:
    from cleaning.dumps.compression import chunks

    kind = {"gz": "gzip", "st": "zstd"}.get(name[-2:])
    with (folder / name).open("rb") as file:
        yield from b"".join(chunks(file, kind)).splitlines()


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz", "x.jsonl.zst"])
def test_records_are_those_that_show_gives(path: Path, tmp_path: Path, name: str) -> None:
    done = shiyi("export", path, tmp_path / name)
    assert done.returncode == 0
    assert done.said.startswith("5 records")
    found = list(lines(name, tmp_path))
    assert found == [shiyi("show", path, n, "--json").stdout.strip() for n in range(1, 6)]
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_parquet(path: Path, tmp_path: Path) -> None:
    import pyarrow.parquet

    db = open_archive(path, readonly=True)
    assert export(db, tmp_path / "x.parquet", Choice()) == 5
    rows = pyarrow.parquet.read_table(tmp_path / "x.parquet").to_pylist()
    assert [row["text"] for row in rows] == [d.text for _, d in store.documents(db)]


@pytest.mark.parametrize("name", ["x.warc", "x.warc.gz"])
def test_a_web_archive_cleaned_again_gives_the_same_documents(
    path: Path, tmp_path: Path, name: str
) -> None:
    assert shiyi("export", path, tmp_path / name).returncode == 0
    assert shiyi("clean", tmp_path / name, "-o", tmp_path / "new.db").returncode == 0
    assert documents(tmp_path / "new.db") == documents(path)


def test_the_records_of_a_web_archive(path: Path, tmp_path: Path) -> None:
    db = open_archive(path, readonly=True)
    assert export(db, tmp_path / "x.warc.gz", Choice()) == 7
    command = [sys.executable, "-m", "warcio.cli", "check", str(tmp_path / "x.warc.gz")]
    assert subprocess.run(command, check=False).returncode == 0
    with (tmp_path / "x.warc.gz").open("rb") as file:
        found = []
        for record in ArchiveIterator(file):
            http = record.http_headers
            found.append(
                (record.rec_type, record.rec_headers, http, record.content_stream().read())
            )
    kinds = [kind for kind, *_ in found]
    assert kinds == ["warcinfo", "response", "revisit", "revisit", "response", "response", "resource", "resource"]  # fmt: skip
    _, facts, http, body = found[1]
    assert facts.get_header("WARC-Date") == "2026-01-01T08:00:00.250Z"
    assert body == store.load_body(db, 1)
    assert http.get_header("Content-Length") == str(len(body))
    assert http.get_header("Content-Encoding") is None
    assert http.get_header("X-Archive-Orig-Content-Encoding") == "gzip"
    assert http.get_header("X-Kept") == "as it was"
    profiles = [facts.get_header("WARC-Profile") for kind, facts, *_ in found if kind == "revisit"]
    assert profiles[0].endswith("server-not-modified")
    assert profiles[1] == SAME_TEXT
    assert found[2][1].get_header("WARC-Refers-To-Date") == "2026-01-01T08:00:00.250Z"
    again = tmp_path / "again.warc.gz"
    export(db, again, Choice())  # the same records have the same ids
    with again.open("rb") as file:
        ids = [record.rec_headers.get_header("WARC-Record-ID") for record in ArchiveIterator(file)]
    assert ids[1:] == [facts.get_header("WARC-Record-ID") for _, facts, *_ in found[1:]]


def test_a_wacz_is_valid_and_its_index_leads_to_the_pages(path: Path, tmp_path: Path) -> None:
    pytest.importorskip("wacz", reason="the extra `test` installs wacz")
    db = open_archive(path, readonly=True)
    out = tmp_path / "x.wacz"
    export(db, out, Choice())
    command = [sys.executable, "-c", "import sys; from wacz.main import main; sys.exit(main(['validate', '-f', sys.argv[1]]))", str(out)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Validation succeeded" in done.stdout, done.stdout + done.stderr
    with zipfile.ZipFile(out) as archive:
        import gzip

        warc = archive.read("archive/data.warc.gz")
        assert archive.getinfo("archive/data.warc.gz").compress_type == zipfile.ZIP_STORED
        index = gzip.decompress(archive.read("indexes/index.cdx.gz")).decode().splitlines()
        pages = [json.loads(line) for line in archive.read("pages/pages.jsonl").splitlines()]
    assert index == sorted(index)
    assert any(line.startswith("example,a)/0.html 20260101080000 {") for line in index)
    for line in index:
        facts = json.loads(line.split(" ", 2)[2])
        start = int(facts["offset"])
        record = gzip.decompress(warc[start : start + int(facts["length"])])
        assert f"WARC-Target-URI: {facts['url']}\r\n".encode() in record
    assert pages[1]["title"] == "采茶的故事0"
    assert len(pages) == 6


def test_a_feed_of_the_newest(path: Path, tmp_path: Path) -> None:
    assert shiyi("export", path, tmp_path / "x.atom").returncode == 0
    feed = ElementTree.parse(tmp_path / "x.atom").getroot()
    entries = feed.findall(f"{{{ATOM}}}entry")
    dates = [entry.findtext(f"{{{ATOM}}}updated") or "" for entry in entries[:3]]
    assert dates == sorted(dates, reverse=True)
    assert len(entries) == 5
    assert feed.findtext(f"{{{ATOM}}}updated") == max(
        entry.findtext(f"{{{ATOM}}}updated") or "" for entry in entries
    )


def test_characters_that_xml_cannot_write(tmp_path: Path) -> None:
    db = open_archive(":memory:")
    with transaction(db):
        run = store.start_run(db, "clean", {}, "rules")
        store.save_document(db, Document.from_text("一\x01二\ud800<b>", title="\x02", id="1"), run)
    assert export(db, tmp_path / "x.xml", Choice()) == 1
    text = ElementTree.parse(tmp_path / "x.xml").getroot().findtext(f".//{{{ATOM}}}content")
    assert text == "一\ufffd二\ufffd<b>"


@pytest.mark.parametrize(
    ("choice", "count"),
    [
        (Choice(site="a.example"), 3),
        (Choice(site="www.a.example"), 3),
        (Choice(site="b.example"), 1),
        (Choice(since="2025-08-11"), 2),
        (Choice(query="采茶 -故事1"), 2),
        (Choice(query="采茶", since="2025-08-12"), 1),
        (Choice(query="没有"), 0),
    ],
)
def test_a_choice_of_documents(path: Path, tmp_path: Path, choice: Choice, count: int) -> None:
    db = open_archive(path, readonly=True)
    assert export(db, tmp_path / "x.jsonl", choice) == count
    warc = export(db, tmp_path / "x.warc", choice)
    assert warc >= count


def test_another_suffix_and_a_failed_write_leave_nothing(path: Path, tmp_path: Path) -> None:
    db = open_archive(path, readonly=True)
    with pytest.raises(InputError, match="no form for this suffix"):
        export(db, tmp_path / "x.docx", Choice())
    broken = open_archive(":memory:")
    with transaction(broken):
        run = store.start_run(broken, "clean", {}, "rules")
        store.save_document(broken, Document.from_text("一", id="1"), run)
    broken.execute("UPDATE documents SET raw_sha256 = 'x'")
    with pytest.raises(store.ArchiveError):
        export(broken, tmp_path / "x.jsonl", Choice())
    assert list(tmp_path.iterdir()) == []


def test_versions_are_shown_with_their_visits(path: Path) -> None:
    said = shiyi("show", path, "1", "--versions").stdout.decode()
    assert "seen again 2 times" in said
    assert said.startswith("* 2026-01-01T08:00:00.250+00:00 until 2026-02-01")
    assert "no URL and no page" in shiyi("show", path, "5", "--versions").stdout.decode()


def test_an_unchanged_visit_is_small(path: Path, tmp_path: Path) -> None:
    """At most 200 bytes, with its place in the indexes."""
    import shutil

    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    db = open_archive(copy)
    before = copy.stat().st_size
    with transaction(db):
        db.conn.executemany(
            "INSERT INTO fetches (url_id, run_id, fetched_at, status, page_id) VALUES (?, 1, ?, 304, 1)",
            ((n % 3 + 1, "2026-02-01T00:00:00.000+00:00") for n in range(5000)),
        )
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert (copy.stat().st_size - before) / 5000 <= 200
