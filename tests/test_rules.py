"""Every rule table is sorted, and every rule passes its own examples."""

from importlib.resources import files

import pytest

from cleaning.lines import Line
from cleaning.page_head import matches_breadcrumb
from cleaning.rules import load_pairs, load_patterns, patterns_of

RULES = files("cleaning.rules")
TABLES = sorted(
    entry.name.removesuffix(".tsv") for entry in RULES.iterdir() if entry.name.endswith(".tsv")
)
PATTERNS = [pytest.param(pattern, id=pattern.rule) for pattern in load_patterns("furniture")]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_sorted_unique_and_sourced(name):
    lines = (RULES / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    keys = [line.split("\t")[0] for line in lines if not line.startswith("#")]
    assert keys == sorted(set(keys))
    assert any(line.startswith("#") and "Source" in line for line in lines)
    assert all(line.count("\t") >= 1 for line in lines if not line.startswith("#"))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_passes_its_examples(pattern):
    assert pattern.match, "a rule needs a line it must match"
    assert pattern.no_match, "a rule needs a line it must not match"
    for line in pattern.match:
        assert pattern.regex.fullmatch(line), line
    for line in pattern.no_match:
        assert not pattern.regex.fullmatch(line), line


def test_patterns_are_sorted_by_id():
    rules = [pattern.rule for pattern in load_patterns("furniture")]
    assert rules == sorted(rules)


def test_a_kept_word_holds_the_character_it_keeps():
    assert all(kept in word for word, kept in load_pairs("script_keep").items())


@pytest.mark.parametrize(
    "line", [line for p in patterns_of("furniture", "head") for line in p.match]
)
def test_the_gate_of_breadcrumbs_lets_every_example_pass(line):
    assert matches_breadcrumb(Line(0, len(line), line))
