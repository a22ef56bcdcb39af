"""The commands: help with examples, usage errors, quiet ends, and no heavy import for a light one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import shiyi as front
from tests.command import shiyi

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
TEXT = "催收电话打来的时候，她正在看網貸平台的还款通知。"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    path = folder / "a.jsonl"
    records = [
        {"id": "one", "url": "http://a.example/1", "title": "催收", "text": TEXT},
        {"id": "two", "title": "无关", "text": "今天天气很好\x1b[31m。"},
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert shiyi("clean", path, "-o", folder / "a.db").returncode == 0
    return folder / "a.db"


@pytest.mark.parametrize("name", sorted(front.cli.commands))
def test_every_command_has_help_with_examples(name: str) -> None:
    shown = CliRunner().invoke(front.cli, [name, "-h"])
    assert shown.exit_code == 0
    assert f"\n  shiyi {name}" in shown.output, "an example on a line of its own"
    assert shown.output == CliRunner().invoke(front.cli, [name, "--help"]).output


def test_the_commands_of_the_contract_are_there() -> None:
    assert set(front.cli.commands) >= set(
        "clean crawl search show serve report reclean verify".split()
    )


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["clean"],
        ["clean", "x", "--workers", "0"],
        ["clean", "x", "--format", "xml"],
        ["clean", "nowhere.txt"],
        ["clean", __file__, "--engine", "spark"],
        ["clean", __file__, "-o", "x.jsonl", "--append", "--overwrite"],
        ["clean", __file__, "-o", "x.unknown"],
        ["crawl", "http://a.example/"],
        ["crawl", "ftp://a.example/", "--archive", "x.db"],
        ["search", "x.db"],
        ["search", "nowhere.db", "催收"],
        ["search", "x.db", "催收", "--limit", "10001"],
        ["show", "nowhere.db", "1"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2_without_a_traceback(arguments: list[str]) -> None:
    done = shiyi(*arguments)
    assert (done.returncode, done.stdout) == (2, b""), done.stderr
    assert done.stderr
    assert b"Traceback" not in done.stderr


def test_search_prints_what_it_finds(db: Path) -> None:
    found = shiyi("search", db, "催收")
    assert found.returncode == 0
    assert b"http://a.example/1" in found.stdout
    assert "【催收】" in found.stdout.decode()


def test_search_gives_json(db: Path) -> None:
    (hit,) = json.loads(shiyi("search", db, "网贷", "--json").stdout)
    assert list(hit) == ["id", "url", "title", "snippet", "score"]
    assert (hit["id"], hit["url"], hit["title"]) == (1, "http://a.example/1", "催收")


def test_no_hit_is_no_error(db: Path) -> None:
    found = shiyi("search", db, "不存在的词", "--json")
    assert (found.returncode, json.loads(found.stdout)) == (0, [])
    assert shiyi("search", db, "不存在的词").returncode == 0


def test_a_page_cannot_steer_the_terminal(db: Path) -> None:
    for arguments in (("show", db, 2), ("search", db, "天气")):
        assert b"\x1b" not in shiyi(*arguments).stdout


def test_a_light_command_does_not_load_what_is_heavy(db: Path) -> None:
    code = (
        "import sys, shiyi; sys.argv = ['shiyi', 'search', sys.argv[1], '催收']\n"
        "try: shiyi.main()\n"
        "finally: print(sorted({'scrapy', 'twisted', 'datasette', 'trafilatura'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(db)], capture_output=True, encoding="utf-8", env=ENVIRONMENT)  # fmt: skip
    assert (done.returncode, done.stderr.strip()) == (0, "[]")


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"id":{n},"text":"{TEXT}"}}\n' for n in range(2000)))
    command = [sys.executable, "-m", "shiyi", "clean", str(path)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["id"] == 0
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (0, b"")


def test_the_version_is_told() -> None:
    done = CliRunner().invoke(front.cli, ["--version"])
    assert "shiyi" in done.output.lower() or isinstance(done.exception, RuntimeError)
