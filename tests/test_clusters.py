"""Inputs and outputs behind URLs, and the shards of a run on a Dask cluster."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cleaning.dumps import dask_engine
from cleaning.dumps.dask_engine import Dask
from cleaning.dumps.engines import Engine, Local
from cleaning.dumps.items import InputError, InputFile, RefusedError, Settings
from cleaning.dumps.places import place_of
from cleaning.dumps.progress import Report, Result, Source
from cleaning.dumps.run import clean_to_file
from cleaning.dumps.shards import Shard
from cleaning.dumps.sources import input_files
from cleaning.dumps.workers import WorkerDiedError
from tests.command import shiyi

FILES = 12
RECORDS = 40


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> None:
    for name in ("distributed", "werkzeug", "moto"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of JSON Lines with damaged texts, one file packed and one with a broken record."""
    folder = tmp_path_factory.mktemp("dump")
    for number in range(FILES):
        lines = [
            json.dumps({"id": f"{number}-{record}", "text": f"第{record}篇。\n\n山下的小店开了{number}年。"})
            for record in range(RECORDS)
        ]  # fmt: skip
        if number == 3:
            lines[7] = "{broken"
        data = "\n".join(lines).encode()
        if number == 5:
            import gzip

            (folder / f"{number:02}.jsonl.gz").write_bytes(gzip.compress(data))
        else:
            (folder / f"{number:02}.jsonl").write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """An S3 server with two buckets."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    import s3fs

    system = s3fs.S3FileSystem()
    system.mkdir("crawl")
    system.mkdir("clean")
    yield "s3://"
    server.stop()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler and two workers, each a process."""
    import distributed

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ) as it:
        yield it


def no_input() -> InputFile:
    raise AssertionError("standard input is not asked for")


def run(given: str, out: str, engine: Engine | None = None, report: Report | None = None) -> Result:
    path = place_of(out)
    files, rejected = input_files([given], no_input, path)
    form = "jsonl.zst" if out.endswith("zst") else "jsonl"
    return clean_to_file(
        Source(files, rejected), path, Settings(), form, engine=engine, report=report
    )


def ids(out: str) -> list[str]:
    return [json.loads(line)["id"] for line in place_of(out).read_bytes().splitlines()]


EXPECTED = [
    f"{file}-{record}"
    for file in range(FILES)
    for record in range(RECORDS)
    if (file, record) != (3, 7)
]


def beside(out: str) -> list[str]:
    return sorted(path.name for path in place_of(out).parent.iterdir())


@pytest.mark.parametrize("scheme", ["memory", "s3"])
def test_inputs_and_outputs_are_urls(dump: Path, store: str, scheme: str) -> None:
    source = f"{scheme}://crawl/in-{scheme}"
    for file in dump.iterdir():
        place_of(f"{source}/{file.name}").write_bytes(file.read_bytes())
    out = f"{scheme}://clean/{scheme}/all.jsonl"
    result = run(source, out)
    assert ids(out) == EXPECTED
    assert (result.counts.written, result.counts.rejected) == (len(EXPECTED), 1)
    assert beside(out) == ["all.jsonl", "all.jsonl.errors.jsonl", "all.jsonl.run.json"]
    rejected = json.loads(place_of(f"{out}.errors.jsonl").read_bytes())
    assert (rejected["file"], rejected["record"]) == (f"{source}/03.jsonl", 8)

    assert run(source, out).was_complete
    assert run(f"{source}/0[0-2].jsonl*", f"{scheme}://clean/{scheme}/some.jsonl.zst").counts.written == 3 * RECORDS  # fmt: skip
    with pytest.raises(RefusedError, match="other input"):
        run(f"{source}/00.jsonl", out)


def test_a_stopped_run_behind_a_url_goes_on(dump: Path) -> None:
    out = "memory://clean/stopped/all.jsonl"
    seen: list[int] = []

    def stop(progress: Any) -> None:
        seen.append(progress.done)
        if len(seen) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(str(dump), out, report=Report(on_progress=stop))
    assert not place_of(out).exists()
    assert place_of(f"{out}.parts").exists()
    with pytest.raises(RefusedError, match="another engine"):
        run(str(dump), out, engine=Dask())
    run(str(dump), out)
    assert ids(out) == EXPECTED
    assert not place_of(f"{out}.parts").exists()


def test_a_cluster_writes_what_one_process_writes(dump: Path, tmp_path: Path, cluster: Any) -> None:
    here, there = str(tmp_path / "here.jsonl"), str(tmp_path / "there.jsonl")
    run(str(dump), here, Local(1))
    result = run(str(dump), there, Dask(cluster.scheduler_address))
    assert Path(there).read_bytes() == Path(here).read_bytes()
    assert Path(f"{there}.errors.jsonl").read_bytes() == Path(f"{here}.errors.jsonl").read_bytes()
    assert result.counts.rejected == 1


def test_a_cluster_reads_and_writes_an_object_store(dump: Path, store: str) -> None:
    # A cluster of its own: its processes learn of the server from their environment.
    for file in dump.iterdir():
        place_of(f"s3://crawl/cluster/{file.name}").write_bytes(file.read_bytes())
    run("s3://crawl/cluster", "s3://clean/cluster/all.jsonl", Dask(workers=1))
    assert ids("s3://clean/cluster/all.jsonl") == EXPECTED


def test_a_killed_worker_loses_and_doubles_nothing(
    dump: Path, tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cleaning.dumps.shards.MOST_PIECES", 1)  # a shard for each file
    out = str(tmp_path / "all.jsonl")
    victims = [worker.pid for worker in cluster.workers.values()]
    killed = threading.Event()

    def kill(progress: Any) -> None:
        if not killed.is_set():
            killed.set()
            os.kill(victims[0], signal.SIGKILL)

    run(str(dump), out, Dask(cluster.scheduler_address), Report(on_progress=kill))
    assert killed.is_set()
    assert ids(out) == EXPECTED
    until = time.monotonic() + 30
    while len(cluster.scheduler_info["workers"]) < 2 and time.monotonic() < until:
        time.sleep(0.1)  # its nanny starts a new one, which the next test may need


def test_a_shard_that_kills_every_worker_is_named(cluster: Any) -> None:
    """As a page would that makes a library crash: the other shards come through."""
    shards = [Shard(number, ()) for number in range(4)]

    def task(shard: Shard) -> int:
        if shard.number == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return shard.number

    found = [made for _, made in Dask(cluster.scheduler_address).run(shards, task)]
    assert [found[0], found[1], found[3]] == [0, 1, 3]
    assert isinstance(found[2], WorkerDiedError)


def test_workers_of_another_version_are_refused(
    dump: Path, tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_engine, "fingerprint", lambda: "another")
    with pytest.raises(InputError, match="another version"):
        run(str(dump), str(tmp_path / "all.jsonl"), Dask(cluster.scheduler_address))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scheduler", "tcp://127.0.0.1:9"], "--scheduler is for --engine dask"),
        (["--engine", "spark"], "there is no engine 'spark' here; there is: local, dask"),
        (["--engine", "dask", "--scheduler", "nonsense"], "no Dask scheduler at nonsense"),
        (["-o", "s3://clean/archive.db"], "an archive is a file of this machine"),
        (["-o", "ftpx://clean/a.jsonl"], "no file system is known for ftpx://"),
    ],
)
def test_what_cannot_be_run_is_said(
    dump: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    out = [] if "-o" in arguments else ["-o", tmp_path / "a.jsonl"]
    done = shiyi("clean", dump, *out, *arguments)
    assert done.returncode == 2
    assert message in done.said


def test_a_url_without_the_library_for_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "upath", None)
    with pytest.raises(InputError, match=r"pip install 'shiyi\[dask\]'"):
        place_of("s3://crawl/a.jsonl")
