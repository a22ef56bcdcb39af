"""Bad input: named with its file and record, the rest processed, and the exit status of the contract."""

from __future__ import annotations

import gzip
import json
import os
import random
import sqlite3
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import zstandard

from archive import ingest as ingest_module
from archive.clean import exit_status
from archive.errors import ArchiveError
from archive.store import open_archive
from cleaning.dumps.items import InputError, RefusedError, Settings
from cleaning.dumps.progress import Source
from tests.command import shiyi

ROOT = Path(__file__).parent.parent
GOOD = "今天天气很好，我们去公园散步，大家都很高兴。"


def line(text: str) -> bytes:
    return json.dumps({"text": text}, ensure_ascii=False).encode() + b"\n"


def response(number: int, length: str | None = None) -> bytes:
    body = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{number}{GOOD}".encode()
    return (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
        f"WARC-Target-URI: http://a.example/{number}\r\nContent-Type: application/http\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    ).encode() + body + b"\r\n\r\n"  # fmt: skip


NOISE = random.Random(3).randbytes(4000)
DAMAGED = bytearray(b"".join(gzip.compress(response(n)) for n in range(4)))
DAMAGED[len(gzip.compress(response(0))) + 40] ^= 0xFF

BOMB = zstandard.compress(bytes(2**20)) * 270

ZOO: dict[str, tuple[str, bytes, int, list[str]]] = {
    # what: (file name, content, good records, what is said)
    "an empty text": ("a.txt", b"", 0, ["a.txt: the file is empty"]),
    "an empty page": ("a.html", b"", 0, ["a.html: the file is empty"]),
    "an empty file of no kind": ("a", b"", 0, ["a: the file is empty"]),
    "noise as text": ("a.txt", NOISE, 0, ["a.txt: not text"]),
    "noise of no kind": ("a.bin", NOISE, 0, ["a.bin: not text"]),
    "a picture called a page": ("a.html", b"\x89PNG\r\n\x1a\n" + bytes(50), 0, ["a.html: not text"]),
    "an empty WARC": ("a.warc", b"", 0, ["a.warc: the file is empty"]),
    "an empty packed WARC": ("a.warc.gz", b"", 0, ["a.warc.gz: the file is empty"]),
    "an empty JSON Lines file": ("a.jsonl", b"", 0, ["a.jsonl: the file is empty"]),
    "an empty Parquet file": ("a.parquet", b"", 0, ["a.parquet: the file is empty"]),
    "an empty zip": ("a.zip", b"", 0, ["a.zip: the file is empty"]),
    "broken lines": (
        "a.jsonl",
        line(GOOD) + b'{"text":"cut\n' + line(GOOD) + b'{"title":"x"}\n[1]\n{"text":5}\n\n'
        b'{"text":"\xff\xfe"}\n' + b'{"a":' * 100_000 + b"\n" + line(GOOD).rstrip(),
        3,
        [
            "a.jsonl, record 2: not JSON",
            "a.jsonl, record 4: no text: tried the fields 'text'",
            "a.jsonl, record 5: not a JSON object but a list",
            "a.jsonl, record 6: field 'text' is a number, not a string",
            "a.jsonl, record 8: not valid UTF-8 (byte 9)",
            "a.jsonl, record 9: nested too deeply",
        ],
    ),
    "a line over 64 MiB": (
        "a.jsonl",
        line(GOOD) + b'{"text":"' + b"x" * (64 * 2**20) + b'"}\n' + line(GOOD),
        2,
        ["a.jsonl, record 2: set aside: larger than 64 MiB"],
    ),
    "a file over 64 MiB": ("a.txt", b"x" * (64 * 2**20 + 1), 0, ["a.txt: larger than 64 MiB"]),
    "gzip cut off": (
        "a.jsonl.gz",
        gzip.compress(line(GOOD)) + gzip.compress(line(GOOD))[:-12],
        1,
        ["a.jsonl.gz, record 2: the gzip stream ends early; the rest of the file is lost"],
    ),
    "zstd cut off": (
        "a.jsonl.zst",
        zstandard.compress(line(GOOD)) + zstandard.compress(line(GOOD))[:-4],
        1,
        ["a.jsonl.zst, record 2: the zstd stream ends early; the rest of the file is lost"],
    ),
    "no gzip at all": ("a.txt.gz", GOOD.encode(), 0, ["a.txt.gz: the gzip stream is damaged"]),
    "a bomb": (
        "a.jsonl.zst",
        BOMB,
        0,
        ["a.jsonl.zst, record 1: the zstd stream grows more than 1000 times: a decompression bomb"],
    ),
    "a bomb of one text": ("a.txt.zst", zstandard.compress(bytes(2**27)), 0, ["a.txt.zst: larger than 64 MiB"]),
    "noise as WARC": ("a.warc", NOISE, 0, ["a.warc, record 1: broken record"]),
    "a WARC cut off": (
        "a.warc",
        (response(0) + response(1))[:-50],
        1,
        ["a.warc, record 2: broken record (the file ends inside it)"],
    ),
    "a packed WARC cut off": (
        "a.warc.gz",
        gzip.compress(response(0)) + gzip.compress(response(1))[:-50],
        1,
        ["a.warc.gz, record 2: broken record (the file ends inside it)"],
    ),
    "a WARC cut off in a header": (
        "a.warc",
        response(0) + response(1)[:60],
        1,
        ["a.warc, record 2: broken record"],
    ),
    "no length": ("a.warc", response(0) + response(1, "x") + response(2), 2, ["a.warc, record 2: broken record (no valid Content-Length)"]),
    "a length beyond the file": ("a.warc", response(0) + response(1, "99999999") + response(2), 2, ["a.warc, record 2: broken record (the file ends inside it)"]),
    "rubbish between records": ("a.warc", response(0) + b"rubbish\r\n\r\n" + response(1), 2, ["a.warc, record 2: broken record"]),
    "a damaged member": ("a.warc.gz", bytes(DAMAGED), 3, ["a.warc.gz, record 2: broken record"]),
    "noise as zip": ("a.zip", b"PK\x03\x04" + NOISE, 0, ["a.zip: not a readable zip file"]),
    "noise as archive": ("a.db", NOISE, 0, ["a.db: is not a SQLite file"]),
}  # fmt: skip


@pytest.mark.parametrize("what", ZOO)
def test_it_is_named_and_the_rest_goes_on(what: str, tmp_path: Path) -> None:
    name, content, good, said = ZOO[what]
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / name).write_bytes(content)
    (folder / "good.txt").write_text(GOOD)
    out = tmp_path / "o.jsonl"
    done = shiyi("clean", folder, "-o", out)
    assert done.returncode == 1, done.said
    assert "Traceback" not in done.said
    told = [
        text.removeprefix(f"shiyi: {folder}/")
        for text in done.said.splitlines()
        if text.startswith("shiyi:")
    ]
    assert len(told) == len(said), told
    for text, beginning in zip(told, said, strict=True):
        assert text.startswith(beginning), told
    records = [json.loads(record) for record in out.read_text().splitlines()]
    assert len(records) == good + 1
    assert records[-1]["text"] == GOOD
    errors = [json.loads(error) for error in Path(f"{out}.errors.jsonl").read_text().splitlines()]
    assert len(errors) == len(said)
    assert all(error["file"] == str(folder / name) for error in errors)


def test_parts_of_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in {
            "a.txt": GOOD.encode(),
            "b.jsonl": line(GOOD) + b"{bad\n",
            "c.png": b"\x89PNG\r\n\x1a\n" + bytes(50),
            "d.zip": b"PK\x03\x04xxx",
            "e.txt": b"",
        }.items():
            packed.writestr(name, content)
    done = shiyi("clean", path)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 2
    told = [
        text.removeprefix(f"shiyi: {path}/").partition(":")[0] for text in done.said.splitlines()
    ]
    assert told[:4] == ["b.jsonl, record 2", "c.png", "d.zip", "e.txt"]
    assert "5 records" not in told


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for number in range(5):
            packed.writestr(f"{number}.txt", bytes(60_000_000))
    done = shiyi("clean", path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert "a decompression bomb" in done.said


def test_parquet_that_is_none(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + NOISE)
    done = shiyi("clean", tmp_path / "a.parquet")
    assert done.returncode == 1
    assert "a.parquet: not readable Parquet" in done.said


def test_a_page_that_is_not_chinese_is_no_error(tmp_path: Path) -> None:
    sentence = (
        "The committee met on Monday and agreed to publish its report before the end of the year. "
    )
    (tmp_path / "a.html").write_text(
        f"<html lang=en><body><article><p>{sentence * 5}</p></article></body></html>"
    )
    done = shiyi("clean", tmp_path / "a.html")
    assert (done.returncode, done.said) == (0, "")
    record = json.loads(done.stdout)
    assert sentence.strip() in record["text"]
    assert record["edits"] == []


def test_lone_surrogates_go_through(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"id":1,"text":"a\\ud800b"}\n')
    done = shiyi("clean", tmp_path / "a.jsonl")
    assert done.returncode == 0
    assert b"a\\ud800b" in done.stdout
    assert shiyi("clean", tmp_path / "a.jsonl", "-o", tmp_path / "a.db").returncode == 0
    assert b"a\\ud800b" in shiyi("show", tmp_path / "a.db", 1, "--json").stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.txt").write_text(GOOD)
    secret = tmp_path / "in" / "secret.txt"
    secret.write_text(GOOD)
    secret.chmod(0)
    done = shiyi("clean", tmp_path / "in")
    assert done.returncode == 1
    assert "secret.txt: cannot be read" in done.said
    assert len(done.stdout.splitlines()) == 1


# Output


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.txt"
    path.write_text(GOOD)
    return path


def test_a_foreign_database_is_refused_and_left(good: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE mine (a)")
    connection.commit()
    connection.close()
    before = foreign.read_bytes()
    done = shiyi("clean", good, "-o", foreign)
    assert done.returncode == 2
    assert "not an archive of Shiyi" in done.said
    assert foreign.read_bytes() == before
    (tmp_path / "text.db").write_text("hello")
    done = shiyi("clean", good, "-o", tmp_path / "text.db")
    assert (done.returncode, "is not a SQLite file" in done.said) == (2, True)
    assert (tmp_path / "text.db").read_text() == "hello"


def test_a_locked_archive_is_waited_for_and_then_named(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    open_archive(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(ingest_module, "open_archive", partial(open_archive, timeout=0.1))
    from cleaning.dumps.sources import input_files

    files, _ = input_files([str(good)], lambda: pytest.fail("not asked"))
    with pytest.raises(ArchiveError, match="locked by another program") as caught:
        ingest_module.ingest(Source(files), path, Settings())
    assert exit_status(caught.value) == 1
    other.execute("ROLLBACK")
    other.close()
    assert ingest_module.ingest(Source(files), path, Settings()).counts.written == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("x"), 2),
        (RefusedError("x"), 2),
        (ArchiveError("x"), 2),
        (OSError(28, "No space left on device"), 1),
        (ZeroDivisionError("x"), None),
    ],
)
def test_exit_statuses(error: Exception, status: int | None) -> None:
    assert exit_status(error) == status


@pytest.mark.parametrize("out", ["nowhere/o.jsonl", "o.txt", "o.doc"])
def test_an_output_that_cannot_be(good: Path, tmp_path: Path, out: str) -> None:
    done = shiyi("clean", good, "-o", tmp_path / out)
    assert done.returncode == 2
    assert done.said.startswith(f"shiyi: {tmp_path / out}: ")
    assert len(done.said.splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_said_in_one_line(good: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "shiyi", "clean", str(good)],
            stdout=full, stderr=subprocess.PIPE, encoding="utf-8", env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_errors_of_an_archive_run_are_kept_once(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(GOOD) + b"{bad\n")
    db = tmp_path / "a.db"
    assert shiyi("clean", tmp_path / "a.jsonl", "-o", db).returncode == 1
    (tmp_path / "b.txt").write_text(GOOD)
    shiyi("clean", tmp_path / "a.jsonl", tmp_path / "b.txt", "-o", db)
    errors: list[Any] = [json.loads(e) for e in Path(f"{db}.errors.jsonl").read_text().splitlines()]
    assert [(error["record"], error["raw"]) for error in errors] == [(2, "{bad")]
