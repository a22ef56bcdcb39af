"""The rule tables.  A table is data: sorted, sourced, each row with its reason or examples."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@cache
def load_pairs(name: str) -> dict[str, str]:
    """A two-column table, ``rules/<name>.tsv``: the first column is the key, sorted."""
    lines = (files(__name__) / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {key: value for key, value, *_ in rows}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One rule: a pattern with its id, what it finds, and examples on both sides.

    ``action`` says what the step does with a line that the pattern matches whole; the named
    groups of the pattern are the values that go into fields.
    """

    rule: str
    action: str
    regex: re.Pattern[str]
    match: tuple[str, ...]
    no_match: tuple[str, ...]
    confidence: float


@cache
def load_patterns(name: str) -> tuple[Pattern, ...]:
    """A table of patterns, ``rules/<name>.toml``, one ``[id]`` a rule, in order of the ids."""
    table = tomllib.loads((files(__name__) / f"{name}.toml").read_text(encoding="utf-8"))
    return tuple(
        Pattern(
            rule=f"{name}:{key}",
            action=row["action"],
            regex=re.compile(row["regex"]),
            match=tuple(row["match"]),
            no_match=tuple(row["no_match"]),
            confidence=row.get("confidence", 1.0),
        )
        for key, row in table.items()
    )


@cache
def patterns_of(name: str, action: str) -> tuple[Pattern, ...]:
    """The rules of a table with one action, in order of the ids."""
    return tuple(pattern for pattern in load_patterns(name) if pattern.action == action)


@cache
def any_of(name: str, action: str) -> re.Pattern[str]:
    """One pattern for all rules of a table with one action: nearly every line matches none."""
    return re.compile("|".join(f"(?:{p.regex.pattern})" for p in patterns_of(name, action)))
