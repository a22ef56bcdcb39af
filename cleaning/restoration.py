"""Masks and what is known of the words under them: the values that every kind of evidence speaks in.

A mask that is not restored is a label of kind ``mask`` with candidates.  A restored one is an edit
of kind ``mask`` with a rule ``restore:…``; :meth:`Document.apply` drops its label.  Beside either
stands a label of kind ``evidence`` on the same span that says what decided.

>>> from cleaning.document import Candidate, Document
>>> document = Document.from_text("依照《劳动合**》", labels=[Label("mask", 6, 8, "**", "mask:stars")])
>>> [mask] = masks_of(document)
>>> found = Restoration(mask, "restore:law-title", (Candidate("同法", 0.999),), "statutes", "劳动合同法")
>>> document = resolve(document, [found])
>>> document.text, [(label.kind, label.value) for label in document.labels]
('依照《劳动合同法》', [('evidence', 'statutes: 劳动合同法')])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cleaning.document import Candidate, Document, Edit, Finding, Label

LEVELS = {"off": 2.0, "safe": 0.99, "all": 0.9}
"""Confidence from which a restoration enters the text, by what a user asks for (``--restore``)."""

STARS = frozenset("*＊×□○_xX")
"""Fillers that are put in one for each character of the word."""


@dataclass(frozen=True, slots=True)
class Mask:
    """A place where a word is hidden; ``confidence`` is that there is one.

    ``shown`` is what stands there: fillers, a blank, or nothing for a word that was taken out.
    """

    start: int
    end: int
    shown: str
    rule: str
    confidence: float

    @property
    def length(self) -> int | None:
        """Characters of the hidden word where the filler tells: stars are put in one for one."""
        return len(self.shown) if self.shown and set(self.shown) <= STARS else None

    @property
    def label(self) -> Label:
        return Label("mask", self.start, self.end, self.shown, self.rule, self.confidence)


@dataclass(frozen=True, slots=True)
class Restoration:
    """What one kind of evidence says about a mask.

    ``candidates``, best first, are what may stand in place of what is shown, each with the
    probability that it is right.  ``source`` says where the evidence is (``statutes``, ``this
    document``, ``document 12``, ``site www.example.org``, ``model``), ``text`` what it is.
    """

    mask: Mask
    rule: str
    candidates: tuple[Candidate, ...]
    source: str
    text: str
    said: float | None = None
    """What the rule itself says of the first candidate, where a person's decisions have moved it."""

    @property
    def confidence(self) -> float:
        return self.candidates[0].confidence

    @property
    def evidence(self) -> Label:
        return Label(
            "evidence",
            self.mask.start,
            self.mask.end,
            f"{self.source}: {self.text}",
            self.rule,
            self.confidence if self.said is None else self.said,
            self.candidates,
        )


def source_of(evidence: Label) -> tuple[str, str]:
    """The source and the text of a label of kind ``evidence``."""
    source, _, text = evidence.value.partition(": ")
    return source, text


def masks_of(document: Document) -> list[Mask]:
    """The masks of a cleaned document that are not restored, in order of place."""
    found = [
        Mask(label.start, label.end, label.value, label.rule, label.confidence)
        for label in document.labels
        if label.kind == "mask" and label.start is not None and label.end is not None
    ]
    return sorted(found, key=lambda mask: (mask.start, mask.end))


def context(text: str, mask: Mask, size: int) -> tuple[str, str]:
    """What stands before and after a mask, up to ``size`` characters of the same line."""
    left = text[max(0, mask.start - size) : mask.start].rpartition("\n")[2]
    return left, text[mask.end : mask.end + size].partition("\n")[0]


def findings(restoration: Restoration, at: float) -> Iterator[Finding]:
    """The edit, where the best candidate is as sure as ``at``, and its evidence in any case."""
    mask, best = restoration.mask, restoration.candidates[0]
    if best.confidence >= at:
        yield Edit(
            "mask", mask.start, mask.end, mask.shown, best.text, restoration.rule, best.confidence
        )
    yield restoration.evidence


def resolve(
    document: Document, restorations: Iterable[Restoration], at: float = LEVELS["safe"]
) -> Document:
    """The document with what is sure enough restored, and the rest as candidates of its labels.

    Of two restorations of one mask the surer one counts; their candidates are kept together.
    """
    best: dict[tuple[int, int], Restoration] = {}
    offered: dict[tuple[int, int], tuple[Candidate, ...]] = {}
    for found in restorations:
        place = found.mask.start, found.mask.end
        offered[place] = merged(offered.get(place, ()), found.candidates)
        if place not in best or found.confidence > best[place].confidence:
            best[place] = found
    labels = tuple(
        replace(
            label,
            candidates=merged(
                label.candidates, offered.get((label.start or 0, label.end or 0), ())
            ),
        )
        if label.kind == "mask" and label.start is not None
        else label
        for label in document.labels
    )
    made = [finding for found in best.values() for finding in findings(found, at)]
    new = [finding for finding in made if finding not in document.labels]
    return replace(document, labels=labels).apply(new)


def merged(known: Iterable[Candidate], new: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Candidates of two sources, each text once with its better score, best first."""
    scores: dict[str, float] = {}
    for candidate in (*known, *new):
        scores[candidate.text] = max(candidate.confidence, scores.get(candidate.text, 0.0))
    ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Candidate(text, confidence) for text, confidence in ordered)
