"""What a person's decisions change: the confidence of a rule, in the archive in which they were made.

A rule's confidence was measured elsewhere.  Here its log-odds are moved by one number for each rule, the most
probable one (MAP) if that number is taken as normal around 0 with variance ``VARIANCE`` before anything is decided,
and each decision as right or wrong with the confidence that the rule had given.  So what was expected changes
nothing: 4 of 10 candidates at 0.6 may be rejected.  The rule's own confidence stays in its evidence, and what is
decided otherwise, or no more, moves it back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log

from sqlite_utils import Database

from archive.restore_carry import REVIEW
from cleaning.document import Candidate
from cleaning.restoration import LEVELS, Restoration

VARIANCE = 0.5
"""Of the prior, in squared nats: how far a rule may be off in an archive that is not like those it was measured on.
One rejection then leaves a rule of 0.995 at 0.992, two at 0.987; one of 0.998 takes four."""

SILENT = 0.1
"""Of a right decision, what a word counts that was put in and that nobody took back: most have not been looked at."""

_STANDS_UNDECIDED = (
    "NOT EXISTS (SELECT 1 FROM labels m WHERE m.document_id = e.document_id AND (m.kind = 'mask' OR m.rule = ?)"
    ' AND m."start" = e."start" AND m."end" = e."end")'
)
"""That the word of an evidence label ``e`` stands in the text, and nobody decided on it; takes the rule of reviews."""

_MOST = 12.0  # nats, so that a confidence of 1 is no infinity


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule's proposals were judged.

    ``prior``: the mean confidence that it had given the words decided on; ``accepted`` of ``decisions`` were right;
    ``posterior``: that confidence after them; ``shift``: in nats, what is added to the log-odds of all its words.
    """

    rule: str
    prior: float
    decisions: int
    accepted: int
    posterior: float
    shift: float


def standings(db: Database) -> list[Standing]:
    """How each rule that was decided on stands in this archive, by name."""
    judged: dict[str, list[tuple[float, float, bool]]] = defaultdict(list)
    counts = (
        "SELECT rule, confidence, decision = 'accepted', count(*) FROM decisions GROUP BY 1, 2, 3"
    )
    for rule, confidence, is_right, count in db.execute(counts):
        judged[rule].append((confidence, count, bool(is_right)))
    found = []
    for rule in sorted(judged):
        of_rule = judged[rule]
        decisions = sum(count for _, count, _ in of_rule)
        accepted = sum(count for _, count, is_right in of_rule if is_right)
        prior = sum(confidence * count for confidence, count, _ in of_rule) / decisions
        shift = shift_of([*of_rule, *_unopposed(db, rule)])
        found.append(
            Standing(rule, prior, int(decisions), int(accepted), moved(prior, shift), shift)
        )
    return found


def _unopposed(db: Database, rule: str) -> list[tuple[float, float, bool]]:
    """The words of a rule that stand in texts, each as a part of a decision that it is right."""
    rows = db.execute(
        "SELECT e.confidence, count(*) FROM labels e WHERE e.kind = 'evidence' AND e.rule = ?"
        f" AND {_STANDS_UNDECIDED} GROUP BY 1",
        [rule, REVIEW],
    )
    return [(confidence, SILENT * count, True) for confidence, count in rows]


def shift_of(judged: Sequence[tuple[float, float, bool]]) -> float:
    """The most probable shift, by bisection: its slope falls throughout."""
    low, high = -_MOST, _MOST
    for _ in range(60):
        middle = (low + high) / 2
        slope = -middle / VARIANCE + sum(
            count * (is_right - _confidence(_odds(confidence) + middle))
            for confidence, count, is_right in judged
        )
        low, high = (middle, high) if slope > 0 else (low, middle)
    return (low + high) / 2


def _odds(confidence: float) -> float:
    least = exp(-_MOST)
    return log(max(confidence, least) / max(1 - confidence, least))


def _confidence(odds: float) -> float:
    return 1 / (1 + exp(-odds))


def moved(confidence: float, shift: float) -> float:
    """A confidence after a shift of its log-odds; it does not rise into the default level, for which a rule's
    precision must have been measured."""
    after = _confidence(_odds(confidence) + shift)
    return after if confidence >= LEVELS["safe"] else min(after, LEVELS["safe"] - 0.001)


def doubted_documents(db: Database, shifts: Mapping[str, float]) -> set[int]:
    """The documents in which words stand that are less sure by now than the level of their run asks."""
    found: set[int] = set()
    for rule, shift in shifts.items():
        if shift >= 0:
            continue
        for level, at in LEVELS.items():
            least = _confidence(_odds(min(at, 1.0)) - shift)
            rows = db.execute(
                "SELECT DISTINCT e.document_id FROM labels e JOIN documents d ON d.id = e.document_id"
                " JOIN runs r ON r.id = d.run_id WHERE e.kind = 'evidence' AND e.rule = ? AND e.confidence < ?"
                " AND coalesce(json_extract(r.settings, '$.restore'), 'safe') = ?"
                f" AND {_STANDS_UNDECIDED}",
                [rule, least, level, REVIEW],
            )
            found.update(number for (number,) in rows)
    return found


def as_decided(found: Restoration, shifts: Mapping[str, float]) -> Restoration:
    """A restoration with the confidence that its rule has in this archive."""
    shift = shifts.get(found.rule, 0.0)
    if not shift:
        return found
    candidates = tuple(
        Candidate(c.text, round(moved(c.confidence, shift), 4)) for c in found.candidates
    )
    return replace(found, candidates=candidates, said=found.confidence)
