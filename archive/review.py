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
from archive.put_in import put_in, taken_back
from archive.restore_carry import ACCEPTED, REJECTED, REVIEW
from cleaning.document import Candidate, Document, Edit, Label
from cleaning.origins import origins
from cleaning.restoration import Mask, context, masks_of, merged

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
    confidence: float  # that the rule itself gives the first candidate


@dataclass(frozen=True, slots=True)
class Settled:
    """A hole that is settled; ``id`` as of a :class:`Case`.

    ``decision``: accepted or rejected by a person, or restored by a rule alone.  ``rule`` had proposed ``word``;
    ``text`` stands there now.
    """

    id: str
    title: str | None
    decision: str
    word: str
    rule: str
    left: str
    text: str
    right: str


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
            best.confidence if best.kind == "evidence" else candidates[0].confidence,
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
    if word is not None and not word.strip():
        raise ArchiveError(f"{path_of(db)}: a word to put in is no blank")
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
    _replace(db, number, document, new)
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
    best = _evidence(document, mask, chosen.text)
    first = best.candidates[0] if best.candidates else None
    confidence = best.confidence if first and first.text == chosen.text else chosen.confidence
    edit = Edit("mask", case.start, case.end, case.shown, chosen.text, REVIEW, 1.0)
    label = _decision(case.start, case.end, ACCEPTED + best.rule, (chosen,), confidence)
    return _undecided(document, case.start, case.end).apply([edit, label])


def _rejected(document: Document, case: Case) -> Document:
    labels = tuple(
        replace(label, candidates=())
        if label.kind == "mask" and (label.start, label.end) == (case.start, case.end)
        else label
        for label in document.labels
    )
    value = REJECTED + case.rule
    decision = _decision(case.start, case.end, value, case.candidates, case.confidence)
    return replace(document, labels=labels).apply([decision])


def _taken_back(document: Document, place: int) -> Document | None:
    """The document without the word that was restored at a place of the text as read."""
    word = next((word for word in put_in(document) if word.place == place), None)
    if word is None:
        return None
    said = [
        label.confidence
        for label in document.labels
        if label.kind == "evidence" and label.rule == word.edit.rule and label.end == word.end
    ]
    back = taken_back(document, word, REVIEW, "mask:review")
    end = word.start + len(word.shown)
    value = REJECTED + word.edit.rule
    confidence = max(said, default=word.edit.confidence)
    candidates = (Candidate(word.edit.after, word.edit.confidence),)
    decision = _decision(word.start, end, value, candidates, confidence)
    return back.apply([decision])


def _decision(
    start: int, end: int, value: str, candidates: tuple[Candidate, ...], confidence: float
) -> Label:
    return Label("evidence", start, end, value, REVIEW, confidence, candidates)


def _undecided(document: Document, start: int, end: int) -> Document:
    """The document without the decision on a span."""
    labels = tuple(
        label
        for label in document.labels
        if not (
            label.rule == REVIEW
            and label.kind == "evidence"
            and (label.start, label.end) == (start, end)
        )
    )
    return replace(document, labels=labels)


def settled(db: Database, document_id: int | None = None) -> Iterator[Settled]:
    """What has been decided, the newest documents first; of one document also what rules have restored."""
    rows = db.execute("SELECT DISTINCT document_id FROM decisions ORDER BY 1 DESC").fetchall()
    for number in [row[0] for row in rows] if document_id is None else [document_id]:
        try:
            document = load_document(db, number)
        except ArchiveError:  # there is none, or verify tells of it
            continue
        made = {word.end: word for word in put_in(document)}
        found = [
            (place, label.start or 0, label.end or 0, label.value, label.candidates[0].text)
            for place, label in _decided(document)
        ]
        if document_id is not None:
            found += [
                (word.place, word.start, word.end, f"restored: {word.edit.rule}", word.edit.after)
                for word in made.values()
                if word.edit.rule != REVIEW
            ]
        for place, start, end, value, text in sorted(found):
            decision, _, rule = value.partition(": ")
            start = made[end].start if end in made else start
            left, right = context(document.text, Mask(start, end, "", "", 1.0), AROUND)
            now = document.text[start:end]
            yield Settled(
                f"{number}:{place}", document.title, decision, text, rule, left, now, right
            )


def waiting(db: Database, document_id: int | None = None) -> int:
    """How many holes wait for a decision."""
    (count,) = db.execute(
        "SELECT count(*) FROM labels WHERE kind = 'mask' AND candidates <> '[]' AND \"start\" IS NOT NULL"
        " AND ?1 IN (document_id, 0)",
        [document_id or 0],
    ).fetchone()
    return int(count)


def _decided(document: Document) -> list[tuple[int, Label]]:
    """The decisions in a document, each with its place in the text as read."""
    words = {word.end: word.place for word in put_in(document)}
    places = origins(document).of
    found = [
        (words.get(label.end, places[label.start]), label)
        for label in document.labels
        if label.kind == "evidence" and label.rule == REVIEW
        and label.start is not None and label.end is not None
    ]  # fmt: skip
    return sorted(found, key=lambda one: one[0])


def withdraw(db: Database, case_id: str) -> str:
    """Take a decision back, as if it had not been made: the hole waits again.  Returns what was done; raises ArchiveError where nothing was decided."""
    number, place = _parsed(db, case_id)
    document = load_document(db, number)
    label = next((label for at, label in _decided(document) if at == place), None)
    if label is None or label.start is None or label.end is None:
        raise ArchiveError(f"{path_of(db)}: nothing was decided at {case_id}")
    new = _undecided(document, label.start, label.end)
    start, end = label.start, label.end
    word = next((word for word in put_in(document) if word.place == place), None)
    if word is not None and word.edit.rule == REVIEW:
        new = taken_back(new, word, REVIEW, "mask:review")
        start, end = word.start, word.start + len(word.shown)
    offered = label.candidates
    for other in new.labels:
        if other.kind == "evidence" and (other.start, other.end) == (start, end):
            offered = merged(offered, other.candidates)
    labels = tuple(
        replace(other, candidates=offered)
        if other.kind == "mask" and (other.start, other.end) == (start, end)
        else other
        for other in new.labels
    )
    new = replace(new, labels=labels)
    _replace(db, number, document, new)
    with transaction(db):
        db.execute("INSERT OR REPLACE INTO restore_queue VALUES (?, 0)", [number])
    return f"{case_id} is open again"


def _replace(db: Database, number: int, old: Document, new: Document) -> None:
    with transaction(db):
        if load_document(db, number) != old:
            raise ArchiveError(f"{path_of(db)}: document {number} has just been changed; try again")
        (run_id,) = db.execute("SELECT run_id FROM documents WHERE id = ?", [number]).fetchone()
        replace_document(db, number, new, run_id)
