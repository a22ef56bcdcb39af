"""What a person decides about hidden words: candidates accepted or rejected, restored words taken back.

A decision is an edit of kind ``mask`` with rule ``review``, or none for a candidate that is rejected, and a
label of kind ``evidence`` that says what was decided about which rule's proposal.  Both stay with the
document when it is cleaned again (``restore_carry``), and how often a rule was right is in the view ``calibration``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlite_utils import Database

from archive.documents import load_document, replace_document
from archive.errors import ArchiveError, path_of
from archive.opening import transaction
from archive.restore_carry import ACCEPTED, REJECTED, REVIEW
from cleaning.document import Candidate, Document, Edit, Label
from cleaning.origins import origins
from cleaning.restoration import Mask, context, masks_of

AROUND = 40
"""Characters of the text that are shown on either side of a hole."""


@dataclass(frozen=True, slots=True)
class Case:
    """A hole with what may stand in it.

    ``id`` names it as long as the archive lives: the document and the place in its text as read.
    ``rule`` and ``evidence``: what proposes the first candidate, and why.
    """

    id: str
    document_id: int
    title: str | None
    url: str | None
    start: int
    end: int
    shown: str
    left: str
    right: str
    candidates: tuple[Candidate, ...]
    rule: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Share:
    """How a rule's proposals were judged: ``share`` accepted of ``decisions``, and the mean
    confidence that they had."""

    rule: str
    decisions: int
    accepted: int
    share: float
    confidence: float


def cases(db: Database, limit: int | None = None, document_id: int | None = None) -> Iterator[Case]:
    """The holes that wait for a decision, the surest candidates first; of one document in its order."""
    left = limit
    rows = db.execute(
        "SELECT document_id, max(json_extract(candidates, '$[0].confidence')) AS best FROM labels"
        " WHERE kind = 'mask' AND candidates <> '[]' AND \"start\" IS NOT NULL AND ?1 IN (document_id, 0)"
        " GROUP BY document_id ORDER BY best DESC, document_id",
        [document_id or 0],
    ).fetchall()
    for number, _ in rows:
        for case in _cases_of(load_document(db, number), number):
            if left == 0:
                return
            if left is not None:
                left -= 1
            yield case


def _cases_of(document: Document, number: int) -> Iterator[Case]:
    places = origins(document).of
    labels = {(label.start, label.end): label for label in document.labels if label.kind == "mask"}
    for mask in masks_of(document):
        candidates = labels[mask.start, mask.end].candidates
        if not candidates:
            continue
        best = _evidence(document, mask, candidates[0].text)
        left, right = context(document.text, mask, AROUND)
        yield Case(
            f"{number}:{places[mask.start]}", number, document.title, document.url,
            mask.start, mask.end, document.text[mask.start : mask.end], left, right,
            candidates, best.rule, best.value,
        )  # fmt: skip


def _evidence(document: Document, mask: Mask, word: str) -> Label:
    """The surest evidence for a word in a hole; the mask's own label where a step offered it alone."""
    found = [
        label
        for label in document.labels
        if label.kind == "evidence"
        and label.rule != REVIEW
        and (label.start, label.end) == (mask.start, mask.end)
        and any(candidate.text == word for candidate in label.candidates)
    ]
    return max(found, key=lambda label: label.confidence, default=mask.label)


def decide(db: Database, case_id: str, *, accept: bool, word: str | None = None) -> str:
    """Accept a candidate of a case, the first or the one that is ``word``, or reject all of them.

    A word that stands restored there already can be rejected too: then the hole comes back.
    Returns what was done, for a person to read.  Raises ArchiveError where there is no such case or candidate.
    """
    number, place = _parsed(db, case_id)
    document = load_document(db, number)
    case = next((case for case in _cases_of(document, number) if case.id == case_id), None)
    if case is None:
        if accept or (new := _taken_back(document, place)) is None:
            raise ArchiveError(f"{path_of(db)}: there is nothing to decide at {case_id}")
        said = "taken back"
    elif accept:
        if word is None:
            chosen = case.candidates[0]
        else:  # a person may know better than all candidates
            chosen = next((c for c in case.candidates if c.text == word), Candidate(word, 0.0))
        new, said = _accepted(document, case, chosen), f"accepted {chosen.text}"
    else:
        new, said = _rejected(document, case), "rejected"
    with transaction(db):
        if load_document(db, number) != document:
            raise ArchiveError(f"{path_of(db)}: document {number} has just been changed; try again")
        (run_id,) = db.execute("SELECT run_id FROM documents WHERE id = ?", [number]).fetchone()
        replace_document(db, number, new, run_id)
    return f"{case_id} {said}"


def _parsed(db: Database, case_id: str) -> tuple[int, int]:
    number, _, place = case_id.partition(":")
    if not (number.isdecimal() and place.isdecimal()):
        raise ArchiveError(
            f"{path_of(db)}: {case_id} is not the id of a case, which is like 12:345"
        )
    return int(number), int(place)


def _accepted(document: Document, case: Case, chosen: Candidate) -> Document:
    mask = next(m for m in masks_of(document) if (m.start, m.end) == (case.start, case.end))
    rule = _evidence(document, mask, chosen.text).rule
    edit = Edit("mask", case.start, case.end, case.shown, chosen.text, REVIEW, 1.0)
    return document.apply([edit, _decision(case.start, case.end, ACCEPTED + rule, (chosen,))])


def _rejected(document: Document, case: Case) -> Document:
    labels = tuple(
        replace(label, candidates=())
        if label.kind == "mask" and (label.start, label.end) == (case.start, case.end)
        else label
        for label in document.labels
    )
    decision = _decision(case.start, case.end, REJECTED + case.rule, case.candidates)
    return replace(document, labels=labels).apply([decision])


def _taken_back(document: Document, place: int) -> Document | None:
    """The document without the word that was restored at a place of the text as read."""
    known = origins(document)
    made = [
        edit
        for start, _, edit in known.changes
        if start == place and edit.kind == "mask" and not edit.rule.startswith("mask:")
    ]
    if not made:
        return None
    word, shown = made[-1], made[0].before
    start = known.of.index(place)
    end = start + len(word.after)
    if document.text[start:end] != word.after or word.after == shown:
        return None
    back = document.apply([Edit("mask", start, end, word.after, shown, REVIEW, 1.0)])
    end = start + len(shown)
    value = REJECTED + word.rule
    decision = _decision(start, end, value, (Candidate(word.after, word.confidence),))
    return back.apply([Label("mask", start, end, shown, "mask:review"), decision])


def _decision(start: int, end: int, value: str, candidates: tuple[Candidate, ...]) -> Label:
    return Label("evidence", start, end, value, REVIEW, candidates[0].confidence, candidates)


def shares(db: Database) -> list[Share]:
    """How the proposals of each rule were judged."""
    return [
        Share(*row)
        for row in db.execute(
            "SELECT rule, decisions, accepted, share, confidence FROM calibration ORDER BY rule"
        )
    ]
