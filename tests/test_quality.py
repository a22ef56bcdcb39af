"""The quality table's floors, on a small pinned set: no change may lower it unseen.

The set is four articles with two seeds, damaged in each way; its digest is checked, so that a floor is
always compared with the same pages.  A floor is raised when a step gets better, never lowered to pass.
"""

import hashlib
import json
from pathlib import Path

import pytest

from benchmarks.bench import Bench
from benchmarks.damage import articles, damage
from benchmarks.measures import MEASURES

PINNED = json.loads((Path(__file__).parent / "cases/floors.json").read_text("utf-8"))
FLOORS = [pytest.param(row, id=f"{row['damage']}: {row['metric']}") for row in PINNED["floors"]]
KINDS = ("notes", "toneless", "script", "shift", "half", "header", "chrome", "stars")


@pytest.fixture(scope="module")
def bench():
    chosen = [article for article in articles("simplified") if article.name in PINNED["articles"]]
    return Bench(chosen, PINNED["seeds"])


def test_the_set_is_the_one_the_floors_were_measured_on(bench):
    digest = hashlib.sha256()
    for article in bench.articles:
        for seed in bench.seeds:
            for kind in KINDS:
                digest.update(damage(article, seed, (kind,)).text.encode())
    assert [article.name for article in bench.articles] == PINNED["articles"]
    assert digest.hexdigest() == PINNED["sha256"]


@pytest.fixture(scope="module")
def rows(bench):
    names = {row["measure"] for row in PINNED["floors"]}
    return {
        (row.damage, row.metric): row for name in sorted(names) for row in MEASURES[name](bench)
    }


@pytest.mark.parametrize("floor", FLOORS)
def test_floor(floor, rows):
    value = rows[floor["damage"], floor["metric"]].value
    if "at_least" in floor:
        assert value >= floor["at_least"]
    else:
        assert value <= floor["at_most"]
