"""The quality table: what the cleaner restores of each kind of damage, and what it harms.

    python benchmarks/quality.py [--held-out] [--json] [--only notes,shift] [--seeds N] [--failures N]

Without ``--held-out`` it runs on the articles and seeds that steps are tuned on; with it, on the
four articles and ten seeds (with keyword lines and a layout of their own) that are only scored on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from benchmarks.bench import Failure, Row, bench_of
from benchmarks.measures import MEASURES


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Score the cleaner on damage with known truth.")
    parser.add_argument("--held-out", action="store_true", help="score on what nobody tunes on")
    parser.add_argument("--json", action="store_true", help="rows and failures as one JSON object")
    parser.add_argument("--only", default=",".join(MEASURES), help="measures, by comma")
    parser.add_argument("--seeds", type=int, help="only the first N seeds")
    parser.add_argument("--failures", type=int, default=0, help="examples to show of each kind")
    options = parser.parse_args(arguments)
    names = options.only.split(",")
    if unknown := set(names) - set(MEASURES):
        parser.error(f"no measure {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    bench = bench_of(held_out=options.held_out, seeds=options.seeds)
    rows = []
    for name in names:
        for row in MEASURES[name](bench):
            rows.append(row)
            if not options.json:
                print(_line(row), flush=True)
    shown = _examples(bench.failures, options.failures)
    if options.json:
        found = {"rows": [asdict(r) for r in rows], "failures": [asdict(f) for f in shown]}
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for failure in shown:
        print(f"\n{failure.damage}  {failure.where}\n  - {failure.expected}\n  + {failure.got}")


def _line(row: Row) -> str:
    value = "-" if row.value is None else f"{row.value:.2f}"
    return f"{row.damage:<34}{row.metric:<30}{value:>12}{row.count:>10}  {row.target}"


def _examples(failures: Sequence[Failure], each: int) -> list[Failure]:
    """The first failures of each kind of damage, each only once."""
    seen: dict[str, set[tuple[str, str]]] = {}
    chosen = []
    for failure in failures:
        known = seen.setdefault(failure.damage, set())
        window = _window(failure)
        if len(known) < each and (window.expected, window.got) not in known:
            known.add((window.expected, window.got))
            chosen.append(window)
    return chosen


def _window(failure: Failure, width: int = 20) -> Failure:
    """The failure cut to where its two texts differ."""
    expected, got = failure.expected, failure.got
    if "(" in (expected[:1], got[:1]):
        return replace(failure, expected=expected[:80], got=got[:80])
    start = next((n for n, (a, b) in enumerate(zip(expected, got, strict=False)) if a != b), 0)
    start = max(0, start - width)
    return replace(failure, expected=expected[start:][: 3 * width], got=got[start:][: 3 * width])


if __name__ == "__main__":
    main()
