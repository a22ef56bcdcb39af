"""Every kind of input is read, every form of output is written, and no kill loses a record."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import zstandard

from cleaning.document import Document, Edit, FieldEdit
from cleaning.dumps import jsonl, parquet, shards
from cleaning.dumps.compression import StreamError, chunks
from cleaning.dumps.engines import Local
from cleaning.dumps.formats import FORMATS
from cleaning.dumps.items import InputError, RefusedError, Rejected, Settings, Skipped
from cleaning.dumps.progress import Report, Result, Source
from cleaning.dumps.run import clean_to_file
from cleaning.dumps.shards import Cleaned, Shard, outcomes, shards_of
from cleaning.dumps.sources import input_files
from cleaning.dumps.text_output import difference, printable, readable
from cleaning.dumps.workers import WorkerDiedError, run_shards

PLAIN = "市政府昨日召开会议，研究部署今年的防汛工作。会议要求各部门落实责任，确保安全。"
HTML = f"<html><head><title>会议</title></head><body><article><p>{PLAIN}</p><p>{PLAIN}</p></article></body></html>"


def json_lines(count: int, start: int = 0) -> bytes:
    return b"".join(
        json.dumps({"id": n, "text": f"{n}。{PLAIN}"}, ensure_ascii=False).encode() + b"\n"
        for n in range(start, start + count)
    )


def warc_record(number: int, body: bytes, kind: str = "response", media: str = "text/html; charset=utf-8", status: str = "200 OK") -> bytes:  # fmt: skip
    if kind == "response":
        body = f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\n\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
        f"WARC-Target-URI: http://a.example/{number}\r\nWARC-Date: 2025-08-18T00:00:00Z\r\n"
        f"Content-Type: {'application/http' if kind == 'response' else 'text/plain'}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def no_input() -> Any:
    raise AssertionError("standard input was not asked for")


def source(*paths: Path) -> Source:
    return Source(*input_files([str(path) for path in paths], no_input))


def read_all(path: Path, size: int = 1 << 20, settings: Settings | None = None) -> list[Any]:
    """What becomes of all records of a file, cut in pieces of a size."""
    files = source(path).files
    work = shards_of(shards.pieces_of(files, size), size)
    return [found for shard in work for found in outcomes(shard, settings or Settings())]


def texts(found: Sequence[Any]) -> list[str]:
    assert all(isinstance(one, Cleaned) for one in found), found
    return [one.document.text for one in found]


def records_in(path: Path) -> list[dict[str, Any]]:
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        # One frame is all that many readers read.
        data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
    return [json.loads(line) for line in data.splitlines()]


def run(out: Path, *inputs: Path, mode: str = "new", workers: int = 1, settings: Settings | None = None, errors: list[str] | None = None) -> Result:  # fmt: skip
    report = Report(on_error=[].append if errors is None else errors.append)
    form = next(
        name for name in ("jsonl.gz", "jsonl.zst", "parquet", "jsonl") if out.name.endswith(name)
    )
    return clean_to_file(
        source(*inputs), out, settings or Settings(), form, engine=Local(workers), mode=mode, report=report
    )  # fmt: skip


# Reading


def test_a_folder_is_read_in_order_without_hidden_files_and_loops(tmp_path: Path) -> None:
    top = tmp_path / "pages"
    for name in ("b.txt", "a/c.html", "a/b.md", ".hidden.txt", ".git/x.txt", "z"):
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HTML if name.endswith("html") else PLAIN)
    (top / "a" / "loop").symlink_to(top)
    (top / "twice.txt").symlink_to(top / "b.txt")
    files = source(top).files
    assert [file.place for file in files] == [
        "pages/a/b.md",
        "pages/a/c.html",
        "pages/b.txt",
        "pages/z",
    ]
    assert [file.kind for file in files] == ["text", "html", "text", "text"]


def test_kinds_are_told_by_content_where_the_suffix_says_nothing(tmp_path: Path) -> None:
    contents = {
        "html": HTML.encode(),
        "jsonl": json_lines(2),
        "warc": warc_record(1, b"x"),
        "archive": b"SQLite format 3\0" + bytes(84),
        "zip": b"PK\x03\x04" + bytes(30),
        "parquet": b"PAR1" + bytes(30),
        "text": PLAIN.encode(),
    }
    for kind, content in contents.items():
        (tmp_path / kind).write_bytes(content)
        (tmp_path / f"{kind}-packed").write_bytes(gzip.compress(content))
    for file in source(tmp_path).files:
        assert file.kind == file.path.name.removesuffix("-packed")
        assert file.compression == ("gzip" if "packed" in file.path.name else None)


def test_a_missing_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such file"):
        source(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, zstandard.compress], ids=["", ".gz", ".zst"]
)
@pytest.mark.parametrize("size", [1, 200, 1 << 20])
def test_json_lines_in_any_pieces(
    tmp_path: Path, pack: Callable[[bytes], bytes], size: int
) -> None:
    content = b"\xef\xbb\xbf" + json_lines(20) + b"\n  \n" + json_lines(2, 20).rstrip()
    suffix = {bytes: "", gzip.compress: ".gz", zstandard.compress: ".zst"}[pack]
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(pack(content))
    found = read_all(path, size)
    assert [one.id for one in found] == list(range(22))
    assert [one.item.record for one in found] == [*range(1, 21), 23, 24], "lines are counted"


def test_json_lines_across_compressed_members(tmp_path: Path) -> None:
    parts = [json_lines(1, n) for n in range(5)]
    for name, pack in (("a.jsonl.gz", gzip.compress), ("a.jsonl.zst", zstandard.compress)):
        (tmp_path / name).write_bytes(b"".join(map(pack, parts)))
        assert [one.id for one in read_all(tmp_path / name)] == list(range(5))


def test_a_line_that_is_too_long_is_set_aside_and_the_rest_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        *json_lines(2).splitlines(True),
        b'{"text":"' + b"x" * 5000 + b'"}\n',
        json_lines(1, 3),
    ]
    monkeypatch.setattr(jsonl.Lines.__init__, "__defaults__", (1000,))
    for name, pack in (("a.jsonl", bytes), ("a.jsonl.gz", gzip.compress)):
        (tmp_path / name).write_bytes(pack(b"".join(lines)))
        found = read_all(tmp_path / name)
        assert [type(one) for one in found] == [Cleaned, Cleaned, Rejected, Cleaned]
        assert (found[2].record, "set aside" in found[2].reason) == (3, True)


@pytest.mark.parametrize("form", ["plain", "gzip", "zstd", "gzip as a whole"])
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_warc_in_any_form_and_pieces(tmp_path: Path, form: str, size: int) -> None:
    records = [
        warc_record(0, b"software: x\r\n", kind="warcinfo"),
        *(warc_record(n, f"<p>{n}。{PLAIN}</p><p>{PLAIN}</p>".encode()) for n in range(1, 7)),
        warc_record(7, b"\x89PNG", media="image/png"),
        warc_record(8, b"gone", status="404 Not Found"),
        warc_record(9, f"9。{PLAIN}".encode(), kind="conversion"),
    ]
    pack = {"gzip": gzip.compress, "zstd": zstandard.compress}.get(form, bytes)
    content = b"".join(map(pack, records))
    suffix = {"gzip": ".gz", "zstd": ".zst"}.get(form, "")
    if form == "gzip as a whole":
        content, suffix = gzip.compress(content), ".gz"
    path = tmp_path / f"a.warc{suffix}"
    path.write_bytes(content)
    found = read_all(path, size)
    pages = [one for one in found if isinstance(one, Cleaned)]
    assert [one.item.record for one in pages] == [2, 3, 4, 5, 6, 7, 10]
    assert [one.document.url for one in pages] == [
        f"http://a.example/{n}" for n in (*range(1, 7), 9)
    ]
    assert all(PLAIN in one.document.text for one in pages)
    assert [one.reason for one in found if isinstance(one, Skipped)] == [
        "record type warcinfo", "content type image/png", "HTTP status 404",
    ]  # fmt: skip


def test_a_page_of_a_warc_says_how_it_was_captured(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(warc_record(1, HTML.encode()) * 2)
    first, second = read_all(path)
    assert first.item.body == HTML.encode()
    capture = second.item.capture
    assert (capture.status, capture.fetched_at) == (200, "2025-08-18T00:00:00+00:00")
    assert capture.offset == path.stat().st_size // 2
    assert ("Content-Type", "text/html; charset=utf-8") in capture.headers


def test_zip_members_are_named_like_files(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("甲.txt", PLAIN)
        packed.writestr("b/c.html", HTML)
        packed.writestr("d.jsonl.gz", gzip.compress(json_lines(3)))
        packed.writestr("__MACOSX/._甲.txt", b"\0")
        packed.writestr("e", PLAIN)
    for size in (1, 1 << 20):
        found = read_all(path, size)
        assert [(one.item.place, one.item.record) for one in found] == [
            ("a.zip/甲.txt", 1),
            ("a.zip/b/c.html", 1),
            *(("a.zip/d.jsonl.gz", n) for n in (1, 2, 3)),
            ("a.zip/e", 1),
        ]


def test_member_names_in_gbk(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("ab.txt", PLAIN)
    path.write_bytes(path.read_bytes().replace(b"ab.txt", "网.txt".encode("gb18030")))
    assert read_all(path)[0].item.place == "a.zip/网.txt"


def test_parquet_is_read_and_written(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    table = pytest.importorskip("pyarrow").table(
        {
            "id": [5, 6, 7],
            "content": ["甲", None, "丙"],
            "title": ["a", "b", "c"],
            "other": [1, 2, 3],
        }
    )
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, row_group_size=1)
    for size in (1, 1 << 20):
        found = read_all(path, size)
        assert [type(one) for one in found] == [Cleaned, Rejected, Cleaned]
        assert [found[0].id, found[1].record, found[2].id] == [5, 2, 7]
        assert [found[0].item.record, found[2].item.record] == [1, 3]
    out = tmp_path / "out.parquet"
    (tmp_path / "b.jsonl").write_bytes(json_lines(3) + b'{"text":"a\\ud800b"}\n')
    run(out, tmp_path / "b.jsonl")
    rows = pq.read_table(out).to_pylist()
    assert [row["id"] for row in rows[:3]] == ["0", "1", "2"]
    assert rows[0]["text"] == f"0。{PLAIN}"
    assert rows[0]["input"] == {"file": str(tmp_path / "b.jsonl"), "record": 1}
    assert rows[3]["text"] == "a\\ud800b"
    more = tmp_path / "c.jsonl"
    more.write_bytes(json_lines(1, 9))
    run(out, more, mode="append")
    assert [row["text"] for row in pq.read_table(out).to_pylist()] == [
        *(row["text"] for row in rows), f"9。{PLAIN}",
    ]  # fmt: skip


def test_a_missing_extra_names_the_command_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    (tmp_path / "b.jsonl").write_bytes(json_lines(1))
    errors: list[str] = []
    result = run(tmp_path / "o.jsonl", tmp_path / "a.parquet", tmp_path / "b.jsonl", errors=errors)
    assert (result.counts.written, result.counts.rejected) == (1, 1)
    assert "pip install 'shiyi[parquet]'" in errors[0]
    with pytest.raises(InputError, match="pip install"):
        parquet.require()


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_damaged_stream_gives_what_is_sound_and_says_so(compression: str) -> None:
    pack = gzip.compress if compression == "gzip" else zstandard.compress
    content = random.Random(1).randbytes(3_000_000)
    packed = pack(content)
    for damaged in (packed[: len(packed) // 2], packed[:-1], packed + b"garbage"):
        got = bytearray()
        stream = chunks(io.BytesIO(damaged), compression)
        with pytest.raises(StreamError):
            deque(map(got.extend, stream), maxlen=0)
        assert content.startswith(got)
        assert len(got) >= len(content) // 2 - 2**18
    assert b"".join(chunks(io.BytesIO(packed * 2), compression)) == content * 2
    assert b"".join(chunks(io.BytesIO(b""), compression)) == b""


def test_zeros_after_gzip_are_padding() -> None:
    assert b"".join(chunks(io.BytesIO(gzip.compress(b"a") + bytes(3_000_000)), "gzip")) == b"a"


# Writing


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_every_form_of_json_lines_holds_the_same_records(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(json_lines(50))
    out = tmp_path / f"o.{suffix}"
    result = run(out, tmp_path / "a.jsonl")
    assert result.counts.written == 50
    assert [record["id"] for record in records_in(out)] == list(range(50))
    (tmp_path / "b.jsonl").write_bytes(json_lines(5, 50))
    run(out, tmp_path / "a.jsonl", tmp_path / "b.jsonl", mode="append")
    assert [record["id"] for record in records_in(out)] == list(range(55))


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of a few records, so that a small input has many."""
    monkeypatch.setattr(shards, "SMALLEST", 600)


def test_a_complete_output_is_left_and_another_is_refused(tmp_path: Path) -> None:
    a, b, out = tmp_path / "a.jsonl", tmp_path / "b.jsonl", tmp_path / "o.jsonl"
    a.write_bytes(json_lines(5))
    b.write_bytes(json_lines(5, 5))
    run(out, a)
    before = out.stat()
    os.utime(a, (0, 0))
    result = run(out, a)
    assert result.was_complete
    assert result.counts.written == 5
    assert out.stat() == before, "a copied or touched input is the same input"
    with pytest.raises(RefusedError, match="--append or --overwrite"):
        run(out, b)
    with pytest.raises(RefusedError):
        run(out, a, settings=Settings(text_field="text"))
    a.write_bytes(json_lines(5, 90))
    with pytest.raises(RefusedError):
        run(out, a)
    assert out.stat() == before
    run(out, b, mode="overwrite")
    assert [record["id"] for record in records_in(out)] == list(range(5, 10))
    run(out, a, mode="append")
    assert run(out, a, mode="append").was_complete
    assert [record["id"] for record in records_in(out)] == [*range(5, 10), *range(90, 95)]


def test_a_file_of_someone_else_is_not_touched(tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl"
    out.write_bytes(b'{"mine":1}')
    (tmp_path / "a.jsonl").write_bytes(json_lines(1))
    with pytest.raises(RefusedError, match="was not made by such a run"):
        run(out, tmp_path / "a.jsonl")
    assert out.read_bytes() == b'{"mine":1}'
    run(out, tmp_path / "a.jsonl", mode="append")
    assert records_in(out)[0] == {"mine": 1}
    assert records_in(out)[1]["id"] == 0


def test_rejected_records_are_kept_in_a_file_of_their_own(tmp_path: Path) -> None:
    a, out = tmp_path / "a.jsonl", tmp_path / "o.jsonl"
    bad = b'{"text":"\xff\xe9"}'
    a.write_bytes(json_lines(1) + bad + b"\n" + json_lines(1, 1))
    run(out, a)
    (kept,) = records_in(tmp_path / "o.jsonl.errors.jsonl")
    assert (kept["file"], kept["record"]) == (str(a), 2)
    assert "not valid UTF-8" in kept["reason"]
    assert kept["raw"].encode("utf-8", "surrogateescape") == bad
    a.write_bytes(json_lines(1))
    run(out, a, mode="overwrite")
    assert not (tmp_path / "o.jsonl.errors.jsonl").exists()


def test_output_does_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(json_lines(4000))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(json_lines(16_000, 4000)))
    inputs = (tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz")
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    run(one, *inputs)
    assert len(list(shards_of(shards.pieces_of(source(*inputs).files, 1 << 18), 1 << 18))) > 3
    run(two, *inputs, workers=2)
    assert one.read_bytes() == two.read_bytes()
    assert [record["id"] for record in records_in(one)] == list(range(20_000))


# Kills


def crash_before(operation: int, folder: Path, action: Callable[[], object]) -> bool:
    """Run the action in a child that dies, as by kill -9, before one of its changes to files.

    Returns whether it died; it does not when it makes fewer changes.
    """
    pid = os.fork()
    if pid == 0:
        made = 0

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal made
            changes = event in ("os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir")
            if event == "open":
                writes = isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
                changes = bool(writes) and str(arguments[0]).startswith(str(folder))
            if changes:
                made += 1
                if made == operation:
                    os._exit(9)

        sys.addaudithook(hook)
        try:
            action()
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status in (0, 9), "the run failed by itself"
    return status == 9


@pytest.mark.parametrize(("mode", "suffix"), [("new", "jsonl"), ("append", "jsonl.zst")])
@pytest.mark.usefixtures("small_shards")
def test_death_before_any_change_to_a_file_loses_and_doubles_nothing(
    tmp_path: Path, mode: str, suffix: str
) -> None:
    first, inputs = tmp_path / "a.jsonl", [tmp_path / "b.jsonl", tmp_path / "c.txt"]
    first.write_bytes(json_lines(2))
    inputs[0].write_bytes(json_lines(12, 2) + b"{broken\n" + json_lines(3, 14))
    inputs[1].write_text(PLAIN)
    operation = 0
    died = True
    while died:
        operation += 1
        folder = tmp_path / f"run{operation}"
        folder.mkdir()
        out = folder / f"o.{suffix}"
        if mode == "append":
            run(out, first)
        died = crash_before(operation, folder, lambda out=out: run(out, *inputs, mode=mode))  # type: ignore[misc]
        run(out, *inputs, mode=mode)
        ids = [record["id"] for record in records_in(out)]
        assert ids[:-1] == list(range(0 if mode == "append" else 2, 17)), operation
        errors = records_in(folder / f"o.{suffix}.errors.jsonl")
        assert [error["record"] for error in errors] == [13], operation
        counts = json.loads((folder / f"o.{suffix}.run.json").read_bytes())["counts"]
        assert (counts["written"], counts["rejected"]) == (len(ids), 1), operation
        assert run(out, *inputs, mode=mode).was_complete
        assert {path.name for path in folder.iterdir() if not path.name.endswith(".tmp")} == {
            out.name, f"{out.name}.run.json", f"{out.name}.errors.jsonl",
        }, operation  # fmt: skip
    assert operation > 20, "the run was not killed in all its stages"


def damaged_lines(count: int) -> bytes:
    """Records that take some time to clean."""
    noted = (
        "網(wǎng)絡(luò)貸(dài)款平臺(tái)的發(fā)展(zhǎn)，對(duì)經(jīng)濟(jì)產(chǎn)生了影響(xiǎng)。"
        * 10
    )
    return b"".join(
        json.dumps({"id": n, "text": f"{n}。{PLAIN * 100}{noted}"}, ensure_ascii=False).encode()
        + b"\n"
        for n in range(count)
    )


@pytest.fixture(scope="module")
def slow_input(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """An input of many shards, and what comes of it."""
    folder = tmp_path_factory.mktemp("slow")
    path = folder / "a.jsonl"
    path.write_bytes(damaged_lines(200))
    run(folder / "whole.jsonl", path)
    return path, (folder / "whole.jsonl").read_bytes()


def start(path: Path, out: Path, workers: int) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "shiyi",
        "clean",
        str(path),
        "-o",
        str(out),
        "--workers",
        str(workers),
    ]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)


def wait_for_parts(process: subprocess.Popen[bytes], out: Path, count: int) -> None:
    parts = out.with_name(out.name + ".parts")
    while process.poll() is None and len(list(parts.glob("*.done"))) < count:
        time.sleep(0.005)


@pytest.mark.parametrize("workers", [1, 2])
def test_kill_9_at_random_points(
    tmp_path: Path, slow_input: tuple[Path, bytes], workers: int
) -> None:
    path, expected = slow_input
    out = tmp_path / "o.jsonl"
    chance = random.Random(workers)
    done = kills = 0
    for _ in range(2):
        process = start(path, out, workers)
        wait_for_parts(process, out, done + chance.randint(1, 2))
        kills += process.poll() is None
        process.kill()
        process.communicate()
        assert kills == 0 or not out.exists() or out.read_bytes() == expected
        done = len(list(out.with_name("o.jsonl.parts").glob("*.done")))
    assert kills, "the run was over before it could be killed"
    process = start(path, out, workers)
    _, said = process.communicate()
    assert (process.returncode, out.read_bytes() == expected) == (0, True), said


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has just ended
            found += [int(child) for child in (task / "children").read_text().split()]
    return found + [grandchild for child in found for grandchild in children(child)]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
def test_a_killed_worker_costs_no_record(tmp_path: Path, slow_input: tuple[Path, bytes]) -> None:
    path, expected = slow_input
    out = tmp_path / "o.jsonl"
    process = start(path, out, 2)
    wait_for_parts(process, out, 1)
    workers = [child for child in children(process.pid) if not children(child)]
    os.kill(workers[-1], signal.SIGKILL)
    _, said = process.communicate()
    assert (process.returncode, out.read_bytes() == expected) == (0, True), said


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_cleanly_and_the_same_command_goes_on(
    tmp_path: Path, slow_input: tuple[Path, bytes], number: signal.Signals, status: int
) -> None:
    path, expected = slow_input
    out = tmp_path / "o.jsonl"
    process = start(path, out, 2)
    wait_for_parts(process, out, 1)
    process.send_signal(number)
    _, said = process.communicate()
    assert process.returncode == status
    assert b"stopped" in said
    assert b"Traceback" not in said
    assert not out.exists()
    done = {path.name for path in out.with_name("o.jsonl.parts").glob("*.done")}
    assert done
    process = start(path, out, 1)
    process.communicate()
    assert out.read_bytes() == expected


def _die_over_one(shard: Shard) -> int:
    if shard.number == 3:
        os._exit(1)
    return shard.number * 10


def test_a_shard_that_kills_its_workers_is_told_and_the_rest_done() -> None:
    work = [Shard(number, ()) for number in range(8)]
    results = {shard.number: result for shard, result in run_shards(work, _die_over_one, 2)}
    assert list(results) == list(range(8))
    assert isinstance(results.pop(3), WorkerDiedError)
    assert results == {number: number * 10 for number in (0, 1, 2, 4, 5, 6, 7)}


def test_two_runs_do_not_write_one_output(tmp_path: Path, slow_input: tuple[Path, bytes]) -> None:
    path, _ = slow_input
    out = tmp_path / "o.jsonl"
    process = start(path, out, 1)
    wait_for_parts(process, out, 1)
    process.send_signal(signal.SIGSTOP)  # or it might be over before the other begins
    try:
        with pytest.raises(RefusedError, match="another run is writing"):
            run(out, path)
    finally:
        process.kill()
        process.communicate()


# What a person reads


def test_the_difference_shows_each_changed_line_with_its_edits() -> None:
    raw = f"頭(tóu)\n網(wǎng)絡(luò)、貸款\n{PLAIN}\n尾網\n末"
    document = Document.from_text(raw, title="題")

    def edit(before: str, after: str, kind: str, rule: str) -> Edit:
        start = document.text.index(before)
        return Edit(kind, start, start + len(before), before, after, rule)

    document = document.apply(
        [
            edit("(tóu)", "", "note", "note:a"),
            edit("(wǎng)", "", "note", "note:a"),
            edit("(luò)", "", "note", "note:a"),
        ]
    )
    document = document.apply(
        [edit("網絡", "网络", "script", "script:a"), edit("尾網\n", "", "chrome", "chrome:a")]
    )
    document = document.apply([FieldEdit("title", "script", 0, 1, "題", "题", "script:a")])
    assert list(difference(document)) == [
        ("-", "頭(tóu)"),
        ("+", "頭"),
        (" ", "note [note:a 1.00] “(tóu)” → “”"),
        ("-", "網(wǎng)絡(luò)、貸款"),
        ("+", "网络、貸款"),
        (" ", "script [script:a 1.00] “網絡” → “网络”"),
        (" ", "note [note:a 1.00] “(wǎng)” → “”; “(luò)” → “”"),
        ("-", "尾網"),
        (" ", "chrome [chrome:a 1.00] “尾網⏎” → “”"),
        (" ", "title: script [script:a 1.00] “題” → “题”"),
    ]


def test_nothing_steers_the_terminal() -> None:
    assert printable("a\x1b[31mb\u202ec\ud800") == "a\ufffd[31mb\ufffdc\ufffd"
    assert "0 edits" in readable(Document.from_text("好"), "x")


def test_formats_are_named_once() -> None:
    assert set(FORMATS) >= {"jsonl", "jsonl.gz", "jsonl.zst", "parquet", "text"}
