"""Restoring masked words from what other documents of the archive say, as they arrive.

Every document that is written waits in ``restore_queue``.  ``restore`` takes one after another, with all
its copies: each looks into the others for what stands at its holes.  What is sure enough for the
level of the document's run becomes an edit, the rest candidates.  One transaction writes what came
out, with index, counts and clusters, and takes the documents from the queue; so the pass may be
killed at any time and goes on where it was.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlite_utils import Database

from archive.decided import as_decided, doubted_documents, standings
from archive.documents import load_document, replace_document
from archive.errors import ArchiveError
from archive.evidence_copies import from_copies
from archive.evidence_missing import missing_words
from archive.evidence_model import Lexicon, from_model
from archive.evidence_site import from_site, hidden_words, seen_words
from archive.indexing import fold_of
from archive.learn import load_model
from archive.opening import transaction
from archive.put_in import doubted
from archive.restore_carry import MISSING, REVIEW, RULES, rejected
from cleaning.document import Document, Label
from cleaning.restoration import LEVELS, Restoration, masks_of, resolve
from cleaning.site_lines import site_of

WITNESSES = 20
"""Copies that a document is compared with, of other sites and with fewer masks first; 3 ms each."""

TOGETHER = 60
"""Documents of a cluster up to which all are looked at when one of them is new; of a larger one only the new."""

BATCH = 1000
"""Documents of the queue that are asked at once whether they, or a copy, have a hole."""

ROUNDS = 3
"""A word that is restored is context for its neighbour; more rounds brought nothing on planted masks."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a pass did: documents looked at, those changed, words restored, holes with candidates."""

    documents: int
    changed: int
    words: int
    offered: int


@dataclass(slots=True)
class _Member:
    """A document of a cluster as it is kept and as it becomes."""

    id: int
    run_id: int
    at: float
    site: str
    exact: int | None  # the same for equal texts
    stored: Document
    now: Document
    without: Collection[str] = ()


def restore(db: Database, progress: Callable[[int, int], None] | None = None) -> Restored:
    """Gather evidence for all that waits.  ``progress`` is told (done, all).

    In transactions of its own; it may be stopped at any time.
    """
    _skip_the_sound(db)
    shifts = {one.rule: one.shift for one in standings(db)}
    with transaction(db):
        db.conn.executemany(
            "INSERT OR REPLACE INTO restore_queue VALUES (?, 0)",
            ((number,) for number in sorted(doubted_documents(db, shifts))),
        )
    (total,) = db.execute("SELECT count(*) FROM restore_queue").fetchone()
    changed = words = 0
    while row := db.execute(
        "SELECT min(document_id) FROM restore_queue WHERE stage = 0"
    ).fetchone():
        if row[0] is None:
            break
        members = _together(db, row[0])
        _gather(db, members, shifts)
        if _write(db, row[0], members):
            changed += _changed(members)
            words += _words(members)
        done = (
            total - db.execute("SELECT count(*) FROM restore_queue WHERE stage = 0").fetchone()[0]
        )
        if progress:
            progress(done, total)
    more = _from_sites(db, shifts)
    (offered,) = db.execute(
        "SELECT count(*) FROM labels WHERE kind = 'mask' AND candidates <> '[]'"
    ).fetchone()
    return Restored(total, changed + _changed(more), words + _words(more), offered)


def _changed(members: Sequence[_Member]) -> int:
    return sum(member.now != member.stored for member in members)


def _words(members: Sequence[_Member]) -> int:
    """Words restored by this pass, less those that it took back."""
    return sum(len(member.now.edits) - len(member.stored.edits) for member in members)


def _from_sites(db: Database, shifts: Mapping[str, float]) -> list[_Member]:
    """Ask the sites and the model about the holes that copies have left; what was changed."""
    waiting = [row[0] for row in db.execute("SELECT document_id FROM restore_queue ORDER BY 1")]
    if not waiting:
        return []
    by_site: dict[str, list[_Member]] = defaultdict(list)
    for number in waiting:
        for member in _one(db, number):
            by_site[member.site].append(member)
    fold, model = fold_of(db.conn), load_model(db)
    lexicon = Lexicon(model, fold) if model else None
    changed = []
    for site, members in by_site.items():
        counts = hidden_words(db, site)
        modelled: Sequence[list[Restoration]] = [[] for _ in members]
        if lexicon:
            seen = seen_words(db, site, counts, lexicon)
            seen |= lexicon.within(m.now.text for m in members if m.now.url is None)
            modelled = from_model([m.now for m in members], site, counts, seen, lexicon)
        for member, by_model in zip(members, modelled, strict=True):
            if member.at <= 1:
                found = from_site(member.now, site, counts, by_model, fold)
                member.now = resolve(member.now, _allowed(member, found, shifts), member.at)
            if _write(db, member.id, [member], stage=1) and member.now != member.stored:
                changed.append(member)
    with transaction(db):  # what is there no more
        db.execute("DELETE FROM restore_queue WHERE document_id NOT IN (SELECT id FROM documents)")
    return changed


def restore_all(db: Database) -> Restored:
    """Gather evidence anew for every document that has a hole."""
    with transaction(db):
        db.execute(
            "INSERT OR REPLACE INTO restore_queue SELECT DISTINCT document_id, 0 FROM labels"
            " WHERE kind = 'mask'"
        )
    return restore(db)


def _skip_the_sound(db: Database) -> None:
    """Take from the queue what has no hole, and whose copies have none."""
    last = 0
    while batch := db.execute(_WAITING, [last, BATCH]).fetchall():
        last = batch[-1][0]
        with transaction(db):
            db.conn.executemany(
                "DELETE FROM restore_queue WHERE document_id = ?",
                ([number] for number, has_hole in batch if not has_hole),
            )


_WAITING = """
    SELECT q.document_id, EXISTS (SELECT 1 FROM labels WHERE document_id = q.document_id AND kind = 'mask')
        OR EXISTS (SELECT 1 FROM documents m JOIN labels l ON l.document_id = m.id
            WHERE m.cluster_id = d.cluster_id AND l.kind = 'mask')
    FROM restore_queue q JOIN documents d ON d.id = q.document_id
    WHERE q.stage = 0 AND q.document_id > ? ORDER BY q.document_id LIMIT ?"""


def _together(db: Database, document_id: int) -> list[_Member]:
    """The documents that are looked at together: one that waits, and its copies."""
    row = db.execute("SELECT cluster_id FROM documents WHERE id = ?", [document_id]).fetchone()
    if row is None:  # deleted meanwhile
        return []
    (cluster_id,) = row
    ids = [document_id]
    if cluster_id is not None:
        (size,) = db.execute("SELECT size FROM clusters WHERE id = ?", [cluster_id]).fetchone()
        ids = [
            number
            for (number,) in db.execute(
                "SELECT id FROM documents WHERE cluster_id = ? ORDER BY label_count, id LIMIT ?",
                [cluster_id, TOGETHER],
            )
        ]
        if size > TOGETHER and document_id not in ids:
            ids.append(document_id)
    return [member for number in ids for member in _one(db, number)]


def _one(db: Database, number: int) -> list[_Member]:
    """A document as a member; none where it cannot be read, of which verify tells."""
    try:
        return [_member(db, number, load_document(db, number))]
    except ArchiveError:
        return []


def _member(db: Database, number: int, document: Document) -> _Member:
    run_id, settings, exact = db.execute(
        "SELECT r.id, r.settings, s.exact FROM documents d JOIN runs r ON r.id = d.run_id"
        " LEFT JOIN signatures s ON s.document_id = d.id WHERE d.id = ?",
        [number],
    ).fetchone()
    site = site_of(document.url) or f"document {number}"
    chosen = json.loads(settings)
    at = LEVELS[chosen.get("restore", "safe")]
    without = chosen.get("without", ())
    return _Member(number, run_id, at, site, exact, document, document, without)


def _gather(db: Database, members: Sequence[_Member], shifts: Mapping[str, float]) -> None:
    """Let each member look into the others, until none learns more."""
    fold = fold_of(db.conn)
    sites: dict[int | None, str] = {}  # equal texts are one witness, wherever they stand
    for member in members:
        member.now = without_evidence(doubted(member.now, shifts, member.at))
        sites.setdefault(member.exact, member.site)
    for _ in range(ROUNDS):
        changes = 0
        for member in members:
            if member.at > 1:
                continue
            witnesses = [
                (other.id, sites[other.exact], other.now)
                for other in sorted(members, key=partial(_order, member))
                if other is not member
            ][:WITNESSES]
            known = from_copies(member.now, witnesses, fold)
            missing = missing_words(member.now, witnesses, fold)
            found = _allowed(member, [*known, *missing], shifts)
            holes = [one.mask.label for one in found if one.mask.rule == MISSING]
            resolved = resolve(member.now.apply(holes), found, member.at)
            changes += len(resolved.edits) - len(member.now.edits)
            member.now = resolved
        if not changes:
            break


def _order(own: _Member, other: _Member) -> tuple[bool, int, int]:
    return other.site == own.site, len(masks_of(other.now)), other.id


def without_evidence(document: Document) -> Document:
    """The document without what earlier passes offered for its open holes, which this one finds anew."""
    open_ = {(mask.start, mask.end) for mask in masks_of(document)}
    stale = {
        label
        for label in document.labels
        if label.kind == "evidence"
        and label.rule in RULES - {REVIEW}
        and (label.start, label.end) in open_
    } | {label for label in document.labels if label.rule == MISSING}
    if not stale:
        return document
    kept = [label for label in document.labels if label not in stale]

    def offered(labels: Collection[Label], mask: Label) -> set[str]:
        return {
            candidate.text
            for label in labels
            if label.kind == "evidence" and (label.start, label.end) == (mask.start, mask.end)
            for candidate in label.candidates
        }

    labels = []
    for label in kept:
        if label.kind == "mask" and label.candidates:
            gone = offered(stale, label) - offered(kept, label)
            candidates = tuple(c for c in label.candidates if c.text not in gone)
            label = replace(label, candidates=candidates)
        labels.append(label)
    return replace(document, labels=tuple(labels))


def _allowed(
    member: _Member, found: Sequence[Restoration], shifts: Mapping[str, float]
) -> list[Restoration]:
    """The restorations of rules that are not switched off, as sure as a person's decisions have left them,
    without the words that one has rejected at their place."""
    no = rejected(member.now.labels)
    allowed = []
    for one in found:
        if {one.rule, one.rule.partition(":")[0]} & set(member.without):
            continue
        candidates = tuple(
            c for c in one.candidates if (one.mask.start, one.mask.end, c.text) not in no
        )
        if candidates:
            allowed.append(as_decided(replace(one, candidates=candidates), shifts))
    return allowed


def _write(db: Database, waiting: int, members: Sequence[_Member], stage: int = 0) -> bool:
    """Keep what came out, unless another program has changed a document meanwhile."""
    with transaction(db):
        for member in members:
            if load_document(db, member.id) != member.stored:
                return False
        for member in members:
            if member.now != member.stored:
                replace_document(db, member.id, member.now, member.run_id)
        done = [waiting, *(member.id for member in members)]
        db.conn.executemany(
            "DELETE FROM restore_queue WHERE document_id = ?", ((number,) for number in done)
        )
        if stage == 0:  # what copies have left open is for the sites
            db.conn.executemany(
                "INSERT INTO restore_queue VALUES (?, 1)",
                ((member.id,) for member in members if masks_of(member.now)),
            )
    return True
