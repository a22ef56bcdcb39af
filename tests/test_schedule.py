"""The timer of recrawls: units that systemd takes, a line that cron takes, one run at a time."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from archive.frontier import Frontier, Target
from archive.store import open_archive, start_run, transaction
from crawler.lock import Lock, LockedError
from crawler.schedule import (
    ScheduleError,
    cron_line,
    install,
    remove,
    unit_files,
    unit_name,
)
from crawler.urls import host_of

ROOT = Path(__file__).parent.parent
NAMES = ["news.db", "新闻 归档.db", 'a "b" \\c.db', "100% $HOME.db", "~.db"]


def exec_start(service: str) -> list[str]:
    """The words that systemd makes of ExecStart, for what our own quoting uses of its syntax."""
    (line,) = [one[10:] for one in service.splitlines() if one.startswith("ExecStart=")]
    return [word.replace("$$", "$").replace("%%", "%") for word in shlex.split(line)]


@pytest.mark.parametrize("name", NAMES)
def test_the_units_name_the_archive_as_it_is(tmp_path: Path, name: str) -> None:
    db = tmp_path / name
    files = unit_files(db, "6h", ["--max-minutes", "50"], command=["/usr/bin/shiyi"])
    service, timer = files[f"{unit_name(db)}.service"], files[f"{unit_name(db)}.timer"]
    assert exec_start(service) == [
        *("/usr/bin/shiyi", "crawl", "--due", "--archive", str(db)),
        *("--max-minutes", "50"),
    ]
    assert "OnCalendar=*-*-* 00/6:00:00\n" in timer
    assert "Persistent=true\n" in timer


def test_archives_of_one_name_have_units_of_their_own(tmp_path: Path) -> None:
    assert unit_name(tmp_path / "a" / "news.db") != unit_name(tmp_path / "b" / "news.db")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("every", ["30m", "1w"])
def test_systemd_takes_the_units(tmp_path: Path, name: str, every: str) -> None:
    files = unit_files(
        tmp_path / name, every, contact="mailto:a%b@site.example", command=[sys.executable]
    )
    paths = [tmp_path / file for file in files]
    for path in paths:
        path.write_text(files[path.name], encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, paths)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    # The check can fail: it finds a program that is not there.
    paths[0].write_text(files[paths[0].name].replace(sys.executable, "/nowhere/shiyi"))
    done = subprocess.run(["systemd-analyze", "verify", str(paths[0])], capture_output=True)
    assert done.returncode


@pytest.mark.parametrize(
    ("every", "fields"),
    [
        ("10m", "*/10 * * * *"),
        ("90 min", None),
        ("1h", "0 */1 * * *"),
        ("60m", "0 */1 * * *"),
        ("6h", "0 */6 * * *"),
        ("5h", None),
        ("24h", "0 0 * * *"),
        ("7d", "0 0 * * 1"),
        ("2d", None),
        ("0h", None),
        ("7m", None),
        ("soon", None),
        ("-6h", None),
        ("", None),
    ],
)
def test_intervals(tmp_path: Path, every: str, fields: str | None) -> None:
    if fields is None:
        with pytest.raises(ScheduleError):
            cron_line(tmp_path / "a.db", every)
        with pytest.raises(ScheduleError):
            unit_files(tmp_path / "a.db", every)
    else:
        assert cron_line(tmp_path / "a.db", every).startswith(f"{fields} ")


@pytest.mark.parametrize("name", NAMES)
def test_a_line_for_cron_runs_in_a_shell(tmp_path: Path, name: str) -> None:
    show = ["/usr/bin/env", "printf", "%s|"]
    line = cron_line(tmp_path / name, "1h", contact="me", command=show)
    command = line.partition(" * * * ")[2].replace(r"\%", "%")  # as cron reads it: crontab(5)
    subprocess.run(["/bin/sh", "-c", command], check=True)
    words = (tmp_path / f"{name}.log").read_text().split("|")
    assert words == ["crawl", "--due", "--archive", str(tmp_path / name), ""]


def test_a_path_that_no_unit_can_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScheduleError, match="control characters"):
        unit_files(tmp_path / "a\nExecStart=x.db", "1h")


def fake_systemctl(folder: Path, monkeypatch: pytest.MonkeyPatch, status: int = 0) -> Path:
    """A systemctl that notes how it was called."""
    log = folder / "calls"
    program = folder / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\necho no bus >&2\nexit {status}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    return log


def test_install_and_remove(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = fake_systemctl(tmp_path, monkeypatch)
    db = tmp_path / "news.db"
    folder, name = tmp_path / "config/systemd/user", unit_name(db)
    said = install(db, "6h", ["--delay", "2"])
    files = {path.name: path.read_text() for path in folder.iterdir()}
    assert files == unit_files(db, "6h", ["--delay", "2"])
    assert any("every 6h" in line for line in said)
    install(db, "1d")
    assert (folder / f"{name}.timer").read_text() == unit_files(db, "1d")[f"{name}.timer"]
    assert len(remove(db)) == 2
    assert list(folder.iterdir()) == []
    assert "no schedule" in remove(db)[0]
    calls = log.read_text().splitlines()
    assert calls.count(f"--user enable --now {name}.timer") == 2
    assert calls[-2:] == [f"--user disable --now {name}.timer", "--user daemon-reload"]


def test_without_systemd_the_line_for_cron_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_systemctl(tmp_path, monkeypatch, status=1)
    db = tmp_path / "news.db"
    with pytest.raises(ScheduleError) as error:
        install(db, "6h")
    assert "no bus" in str(error.value)
    assert str(error.value).endswith(cron_line(db, "6h"))
    assert not (tmp_path / "config").exists()


def test_one_recrawl_at_a_time(tmp_path: Path) -> None:
    db = tmp_path / "news.db"
    held = Lock(db)
    with pytest.raises(LockedError, match=f"process {os.getpid()}"):
        Lock(db)
    held.release()
    Lock(db).release()


def archive_with_a_seed(db: Path, seed: str) -> None:
    archive = open_archive(db)
    with transaction(archive):
        run = start_run(archive, "crawl", {"seeds": [seed]}, "")
    Frontier(archive, run).seed([Target(seed, host_of(seed), 1.0, 0)])
    archive.close()


def has_due() -> bool:
    from shiyi import cli

    return any("--due" in option.opts for option in cli.commands["crawl"].params)


@pytest.mark.skipif(not has_due(), reason="shiyi crawl has no --due yet")
def test_exec_start_twice_the_second_while_the_first_holds_the_lock(tmp_path: Path) -> None:
    db = tmp_path / "news 新闻.db"
    with socket.create_server(("127.0.0.1", 0)) as server:
        archive_with_a_seed(db, f"http://127.0.0.1:{server.getsockname()[1]}/")
        files = unit_files(db, "6h", ["--allow-private", "127.0.0.1", "--delay", "0"])
        words = exec_start(files[f"{unit_name(db)}.service"])
        first = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        server.settimeout(60)
        connection, _ = server.accept()  # it asks for robots.txt, and gets no answer for now
        second = subprocess.run(words, capture_output=True, text=True)
        assert second.returncode == 0, second.stderr
        assert f"at work (process {first.pid})" in second.stdout + second.stderr
        assert first.poll() is None
        connection.close()
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, err
    assert "at work" not in out + err
    # The lock has gone with its process.
    Lock(db).release()


def test_a_locked_archive_is_left_alone(tmp_path: Path) -> None:
    db = tmp_path / "news.db"
    archive_with_a_seed(db, "http://127.0.0.1:9/")
    crawl = (
        "import json, sys; from dataclasses import asdict; from pathlib import Path; from crawler.run import crawl;"
        "print(json.dumps(asdict(crawl([], Path(sys.argv[1]), due=True))))"
    )
    held = Lock(db)
    before = db.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", crawl, str(db)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    held.release()
    result = json.loads(done.stdout)
    assert result["stopped"] == "locked"
    assert [str(db) in problem and "at work" in problem for problem in result["problems"]] == [True]
    assert db.read_bytes() == before
