"""Kills what writes an archive at random moments, and looks whether anything is lost or doubled.

    python benchmarks/kills.py [N]

N times (50) in all, kill -9 during ingest, reclean and cluster, a third of each; after each kill the archive is
verified, and in the end it holds what an undisturbed run makes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from io import BytesIO

from archive import store
from archive.clean import Output, clean
from archive.copies import cluster
from archive.reclean import reclean
from archive.store import open_archive
from archive.verify import verify
from benchmarks.damage import articles, damage
from cleaning.dumps.items import Settings
from cleaning.records import encode


def make_input(folder: Path, seeds: int, files: int) -> None:
    """Damaged pages, several files of them, so that there are shards to be done and not done."""
    for number in range(files):
        with (folder / f"{number}.jsonl").open("wb") as file:
            for seed in range(seeds):
                for article in articles()[number % 3 :: 3]:
                    made = damage(article, seed * 8 + number, ["notes", "script", "chrome"])
                    record = {"id": f"{number}-{seed}-{article.name}", "text": made.text}
                    file.write(encode(record) + b"\n")


def ingest(folder: Path, path: Path) -> None:
    clean([str(folder)], Output(path, lambda data: None), Settings(), stdin=BytesIO(), workers=1)


def digest(path: Path) -> tuple[int, str]:
    """How many documents, and a hash of them all, whatever the order in which they came."""
    db = open_archive(path, readonly=True)
    found = sorted(repr((d.id, d.title, d.text, d.edits)) for _, d in store.documents(db))
    return len(found), hashlib.sha256("".join(found).encode("utf-8", "replace")).hexdigest()


def interrupted(
    action: Callable[[], object], path: Path, kills: int, rng: random.Random, longest: float = 1.0
) -> int:
    """Do it to the end, killed up to ``kills`` times on the way, at first within ``longest`` seconds; how
    often it was."""
    done = 0
    while True:
        began = time.monotonic()
        pid = os.fork()
        if pid == 0:
            try:
                action()
                os._exit(0)
            except BaseException as error:
                print(error, flush=True)
                os._exit(1)
        if done < kills:
            time.sleep(rng.uniform(0, longest))
            os.kill(pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status == 0:
            return done
        if status != -signal.SIGKILL:
            raise AssertionError(f"ended with {status}")
        done += 1
        longest = min(longest * 1.1, time.monotonic() - began + 1.0)
        if path.exists():
            problems = [str(problem) for problem in verify(open_archive(path))]
            assert not problems, problems


def main(kills: int, seeds: int = 3, files: int = 8) -> None:
    rng = random.Random(2026)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "input"
        folder.mkdir()
        make_input(folder, seeds, files)
        whole, broken = Path(name) / "whole.db", Path(name) / "broken.db"
        ingest(folder, whole)
        count = interrupted(lambda: ingest(folder, broken), broken, kills // 3, rng)
        assert digest(whole) == digest(broken), "ingest lost or doubled something"
        print(f"ingest: killed {count} times, {digest(whole)[0]} documents, the same as undisturbed", flush=True)  # fmt: skip
        without = ["punctuation", "note"]
        reclean(open_archive(whole), without=without)
        count = interrupted(lambda: reclean(open_archive(broken), without=without), broken, kills // 3, rng)  # fmt: skip
        assert digest(whole) == digest(broken), "reclean lost or doubled something"
        print(f"reclean: killed {count} times, the same as undisturbed", flush=True)
        db = open_archive(broken)
        before = db.execute("SELECT id, cluster_id IS NULL FROM documents").fetchall()
        db.execute("UPDATE documents SET cluster_id = NULL")
        for table in ("signatures", "bands", "clusters"):
            db.execute(f"DELETE FROM {table}")
        db.execute("DELETE FROM meta WHERE name = 'copies'")
        db.close()
        count = interrupted(lambda: cluster(open_archive(broken)), broken, kills - 2 * (kills // 3), rng, 0.02)  # fmt: skip
        after = open_archive(broken).execute("SELECT id, cluster_id IS NULL FROM documents").fetchall()  # fmt: skip
        assert before == after, "cluster came out differently"
        print(f"cluster: killed {count} times, the same as undisturbed", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kills", type=int, nargs="?", default=50)
    main(parser.parse_args().kills)
