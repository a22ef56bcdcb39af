"""``shiyi clean`` and what it made, as a user calls it: the real command in its own process."""

from __future__ import annotations

import gzip
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from archive import ingest as ingest_module
from archive.ingest import ingest
from archive.store import documents, load_document, open_archive
from cleaning.document import Edit, sha256, undo
from cleaning.dumps.items import Settings
from cleaning.dumps.progress import Source
from cleaning.dumps.sources import input_files
from tests.command import shiyi

ROOT = Path(__file__).parent.parent
MIRROR = ROOT.parent / "shared" / "data" / "mirror-page.txt"
PLAIN = "市政府昨日召开会议，研究部署今年的防汛工作。会议要求各部门落实责任，确保安全。"
HTML = (
    "<html><head><meta charset=utf-8><title>防汛会议</title></head><body><article><h1>防汛会议</h1>"
    f"<p>{PLAIN}</p><p>{PLAIN}</p></article></body></html>"
)


def records(output: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def check(record: dict[str, Any]) -> None:
    """A record undoes itself to the text whose hash it gives, and its spans fit."""
    raw = undo(record["text"], [Edit(**edit) for edit in record["edits"]])
    assert sha256(raw) == record["raw_sha256"]
    for label in record["labels"]:
        if label["start"] is not None:
            assert 0 <= label["start"] <= label["end"] <= len(record["text"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "in"
    (top / "sub").mkdir(parents=True)
    (top / "a.html").write_text(HTML)
    (top / "sub" / "b.txt").write_bytes("\ufeff".encode() + PLAIN.encode() + b"\r\n")
    (top / "c.jsonl").write_text(
        "".join(
            json.dumps(record, ensure_ascii=False) + "\n"
            for record in (
                {
                    "id": 7,
                    "text": PLAIN,
                    "title": "题",
                    "url": "http://a.example/7",
                    "date": "2025-08-18",
                },
                {"id": "x", "html": HTML},
            )
        )
    )
    return top


def test_a_folder_to_json_lines(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl"
    done = shiyi("clean", folder, "-o", out)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    found = records(out.read_bytes())
    assert [(Path(one["input"]["file"]).name, one["input"]["record"]) for one in found] == [
        ("a.html", 1),
        ("c.jsonl", 1),
        ("c.jsonl", 2),
        ("b.txt", 1),
    ]
    for record in found:
        check(record)
        assert PLAIN in record["text"]
    assert (found[0]["title"], found[0]["text"]) == ("防汛会议", f"{PLAIN}\n{PLAIN}")
    assert [found[1][name] for name in ("id", "title", "url", "date")] == [
        7, "题", "http://a.example/7", "2025-08-18",
    ]  # fmt: skip
    assert found[2]["id"] == "x"
    assert found[3]["text"] == PLAIN
    again = shiyi("clean", folder, "-o", out)
    assert again.returncode == 0
    assert b"complete already" in again.stderr
    (folder / "d.txt").write_text(PLAIN)
    other = shiyi("clean", folder, "-o", out)
    assert other.returncode == 2
    assert b"other input" in other.stderr
    assert records(out.read_bytes()) == found
    assert shiyi("clean", folder, "-o", out, "--append").returncode == 0
    assert records(out.read_bytes())[:4] == found
    assert len(records(out.read_bytes())) == 5


@pytest.mark.parametrize("name", ["o.jsonl", "o.db"])
def test_an_output_inside_the_input_is_no_input(folder: Path, name: str) -> None:
    (folder / "bad.jsonl").write_text("{")
    assert shiyi("clean", folder, "-o", folder / name).returncode == 1
    again = shiyi("clean", folder, "-o", folder / name)
    assert (again.returncode, b"complete already" in again.stderr) == (0, True)
    same = shiyi("clean", folder / name, "-o", folder / name)
    assert (same.returncode, b"input and output at once" in same.stderr) == (2, True)


def test_ids_do_not_depend_on_where_the_command_is_started(folder: Path) -> None:
    here = records(shiyi("clean", folder).stdout)
    there = records(shiyi("clean", "in", cwd=folder.parent).stdout)
    assert [record["id"] for record in here] == [record["id"] for record in there]
    assert len({record["id"] for record in here}) == 4


def test_fields_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "别的", "mine": PLAIN, "page": HTML}, ensure_ascii=False))
    (text,) = records(shiyi("clean", path, "--text-field", "mine").stdout)
    assert text["text"] == PLAIN
    (page,) = records(shiyi("clean", path, "--html-field", "page").stdout)
    assert page["title"] == "防汛会议"
    missing = shiyi("clean", path, "--text-field", "none")
    assert missing.returncode == 1
    assert b"a.jsonl, record 1: no text" in missing.stderr


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        (PLAIN.encode(), 1),
        (PLAIN.encode("gb18030"), 1),
        (HTML.encode(), 1),
        (b'{"text":"a","id":1}\n{"text":"b","id":2}\n', 2),
        (gzip.compress(b'{"text":"a","id":1}\n'), 1),
    ],
    ids=["text", "gb18030", "html", "jsonl", "jsonl.gz"],
)
def test_standard_input_is_told_by_its_content(content: bytes, ids: int, tmp_path: Path) -> None:
    done = shiyi("clean", "-", stdin=content)
    assert done.returncode == 0, done.stderr
    found = records(done.stdout)
    assert [record["input"] for record in found] == [
        {"file": "-", "record": number} for number in range(1, ids + 1)
    ]
    kept = shiyi("clean", "-", "-o", tmp_path / "o.jsonl", stdin=content)
    assert kept.returncode == 0
    assert records((tmp_path / "o.jsonl").read_bytes()) == found
    again = shiyi("clean", "-", "-o", tmp_path / "o.jsonl", stdin=content)
    assert b"complete already" in again.stderr


def test_a_pipe_is_cleaned_as_it_comes() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "shiyi", "clean", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    for number in range(3):
        process.stdin.write(f'{{"id":{number},"text":"好"}}\n'.encode())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == number
    process.stdin.close()
    assert process.wait() == 0
    process.stdout.close()


def test_several_workers_write_the_same_to_a_pipe(folder: Path) -> None:
    one = shiyi("clean", folder, "--workers", 1)
    two = shiyi("clean", folder, "--workers", 2)
    assert (two.returncode, one.stdout) == (0, two.stdout)


def test_an_output_of_dash_is_json_lines_and_keeps_no_state(folder: Path, tmp_path: Path) -> None:
    done = shiyi("clean", folder, "-o", "-", cwd=tmp_path)
    assert len(records(done.stdout)) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_readable_text_where_it_is_asked_for(folder: Path) -> None:
    shown = shiyi("clean", folder / "a.html", "--format", "text").stdout.decode()
    assert shown.startswith(f"防汛会议\n\n{PLAIN}\n{PLAIN}\n\n[0 edits")


def on_a_terminal(*arguments: object) -> str:
    """What the command shows where its standard output and error are a terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "shiyi", *map(str, arguments)])
    shown = b""
    while True:
        try:
            data = os.read(terminal, 65_536)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, shown
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_readable_text(folder: Path) -> None:
    shown = on_a_terminal("clean", folder / "a.html")
    assert f"防汛会议\n\n{PLAIN}\n{PLAIN}\n" in shown
    assert "{" not in shown


def test_a_terminal_gets_a_progress_bar(folder: Path, tmp_path: Path) -> None:
    shown = on_a_terminal("clean", folder, "-o", tmp_path / "o.jsonl")
    assert "4 records" in shown
    assert "100%" in shown


def test_a_log_line_tells_progress_where_there_is_no_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    from click.testing import CliRunner

    import shiyi as front
    from cleaning.dumps import bar

    monkeypatch.setattr(bar, "LOG_SECONDS", 0.0)
    (tmp_path / "a.txt").write_text(PLAIN)
    done = CliRunner().invoke(
        front.cli, ["clean", str(tmp_path / "a.txt"), "-o", str(tmp_path / "o.jsonl")]
    )
    assert "1 record: 1 written; " in done.stderr
    assert "100 % done" in done.stderr


# Into an archive


def all_texts(path: Path) -> list[str]:
    db = open_archive(path, readonly=True)
    try:
        return [document.text for _, document in documents(db)]
    finally:
        db.close()


def test_an_archive_takes_input_once_and_further_input_in(folder: Path, tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    first = shiyi("clean", folder, "-o", db)
    assert first.returncode == 0, first.stderr
    texts = all_texts(db)
    assert len(texts) == 4
    again = shiyi("clean", folder, "-o", db)
    assert (again.returncode, all_texts(db)) == (0, texts)
    assert b"complete already" in again.stderr
    with (folder / "c.jsonl").open("a") as file:
        file.write(json.dumps({"id": 8, "text": f"又。{PLAIN}"}) + "\n")
    (folder / "d.txt").write_text(f"新。{PLAIN}")
    more = shiyi("clean", folder, "-o", db, "--workers", 2)
    assert more.returncode == 0, more.stderr
    assert all_texts(db)[:4] == texts
    assert sorted(all_texts(db)[4:]) == sorted([f"又。{PLAIN}", f"新。{PLAIN}"])


def test_show_gives_the_bytes_back(folder: Path, tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    shiyi("clean", folder, "-o", db)
    files = [folder / "a.html", None, None, folder / "sub" / "b.txt"]
    for number, file in enumerate(files, 1):
        raw = shiyi("show", db, number, "--raw").stdout
        if file:
            assert raw == file.read_bytes()
    assert shiyi("show", db, 2, "--raw").stdout == PLAIN.encode(), (
        "the text field, no newline added"
    )
    assert shiyi("show", db, 3, "--raw").stdout == HTML.encode()
    lines = shiyi("clean", folder).stdout.splitlines()
    for number, line in enumerate(lines, 1):
        shown, cleaned = json.loads(shiyi("show", db, number, "--json").stdout), json.loads(line)
        assert shown == {**cleaned, "id": str(cleaned["id"])}
    assert "防汛会议" in shiyi("show", db, 1).stdout.decode()
    assert shiyi("show", db, "x", "--json").stdout == shiyi("show", db, 3, "--json").stdout
    assert shiyi("show", db, 99).returncode != 0


def test_an_archive_is_input_too(folder: Path, tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    shiyi("clean", folder, "-o", db)
    direct = records(shiyi("clean", folder).stdout)
    through = records(shiyi("clean", db).stdout)
    assert [record["text"] for record in through] == [record["text"] for record in direct]
    assert [record["raw_sha256"] for record in through] == [
        record["raw_sha256"] for record in direct
    ]
    assert {record["input"]["file"] for record in through} == {str(db)}


@pytest.mark.parametrize("workers", [1, 2])
def test_kill_9_while_an_archive_is_written(tmp_path: Path, workers: int) -> None:
    path, db = tmp_path / "a.jsonl", tmp_path / "a.db"
    count = 1500
    path.write_text("".join(f'{{"id":{n},"text":"{n}。{PLAIN * 5}"}}\n' for n in range(count)))
    command = [
        sys.executable,
        "-m",
        "shiyi",
        "clean",
        str(path),
        "-o",
        str(db),
        "--workers",
        str(workers),
    ]
    seen = 0
    for _ in range(2):
        process = subprocess.Popen(
            command, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        while process.poll() is None:
            if db.exists() and (now := written(db)) > seen:
                seen = now
                break
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert 0 < seen < count, "the run was over before it could be killed"
    done = shiyi("clean", path, "-o", db, "--workers", workers)
    assert done.returncode == 0, done.stderr
    assert sorted(int(text.partition("。")[0]) for text in all_texts(db)) == list(range(count))
    archive = open_archive(db, readonly=True)
    assert load_document(archive, 1).is_intact
    archive.close()


def written(db: Path) -> int:
    import sqlite3

    connection = sqlite3.connect(f"file:{db}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def test_a_stopped_run_goes_on_with_its_own_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a stopped run committed is not cleaned again."""
    paths = [tmp_path / f"{n}.txt" for n in range(6)]
    for number, path in enumerate(paths):
        path.write_text(f"{number}。{PLAIN}")
    source = Source(input_files(map(str, paths), lambda: pytest.fail("not asked"))[0])
    monkeypatch.setattr("cleaning.dumps.shards.SMALLEST", 1)
    monkeypatch.setattr(ingest_module, "is_running", lambda *_: False)
    real = ingest_module.outcomes
    cleaned: list[int] = []
    stopped: list[bool] = []

    def failing(shard: Any, *context: Any) -> Any:
        if shard.number == 4 and not stopped:
            stopped.append(True)
            raise KeyboardInterrupt
        cleaned.append(shard.number)
        return real(shard, *context)

    monkeypatch.setattr(ingest_module, "outcomes", failing)
    with pytest.raises(KeyboardInterrupt):
        ingest(source, tmp_path / "a.db", Settings())
    assert cleaned == [0, 1, 2, 3]
    result = ingest(source, tmp_path / "a.db", Settings())
    assert cleaned == [0, 1, 2, 3, 4, 5]
    assert result.counts.written == 2
    assert len(all_texts(tmp_path / "a.db")) == 6
    assert ingest(source, tmp_path / "a.db", Settings()).was_complete


@pytest.mark.skipif(not MIRROR.exists(), reason="../shared/data/mirror-page.txt is not here")
def test_the_real_page_comes_back_byte_for_byte(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    assert shiyi("clean", MIRROR, "-o", db).returncode == 0
    assert shiyi("show", db, 1, "--raw").stdout == MIRROR.read_bytes()
    record = json.loads(shiyi("show", db, 1, "--json").stdout)
    check(record)
    assert record["title"] == "小贷平台催收的有效应对方法"
    assert record["date"] == "2025-08-18"
    shown = shiyi("show", db, 1, "--diff").stdout.decode()
    assert "note [" in shown
