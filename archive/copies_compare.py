"""Which documents are copies of one another: signatures tell, and the texts where those do not.

numpy is only loaded when something is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlite_utils import Database

from archive.indexing import fold_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from archive.minhash import Hashes

COPY = 0.65
"""Least similarity of two copies.  Of 282 cleaned mirrors (benchmarks/copies.py) the one least like any other
copy has 0.65, the next 0.71; of 1,229 pairs of different articles with a template or a half in common
none has more than 0.55."""

SURE = 0.75
"""Estimated Jaccard similarity of the 5-grams from which on the texts need not be compared: it is then
above 0.62 (three standard deviations), so above 0.76 of all characters are shared."""

UNLIKELY = 0.1
"""Below this estimate texts are not compared."""

CHECKS = 40
"""Texts that a new one is compared with at most, the likeliest first; a comparison takes 0.5 ms."""

CLOSEST = 3
"""Members, those of the closest signatures, that one is compared with before it is taken for no copy."""

Member = tuple[int, int, bytes | None]
"""Id, hash of the text, slots."""


class Texts:
    """Comparing documents by their texts, each read once, and only where signatures do not decide."""

    def __init__(self, db: Database, checks: int = CHECKS) -> None:
        self._db = db
        self._grams: dict[int | str, Hashes] = {}
        self._left = checks

    def are_copies(self, estimate: float, one: int | str, other: int) -> bool:
        """Whether two texts are copies of each other; each a document's id or the text itself."""
        if estimate >= SURE:
            return True
        if estimate < UNLIKELY or not self._left:
            return False
        from archive.minhash import similarity

        self._left -= 1
        return similarity(self._of(one), self._of(other)) >= COPY

    def _of(self, given: int | str) -> Hashes:
        from archive.minhash import grams, han

        if given not in self._grams:
            text = given if isinstance(given, str) else _text(self._db, given)
            self._grams[given] = grams(han(text, fold_of(self._db.conn)))
        return self._grams[given]


def parts_of(db: Database, members: Sequence[Member], closest: int = CLOSEST) -> list[list[int]]:
    """The members of a cluster in sets that are connected by copies, the one of the first first.

    Each is compared with the ``closest`` of a set, as signatures tell it.
    """
    import numpy as np

    estimates = _estimates(members)
    texts = Texts(db, checks=len(members) * closest)
    apart: set[tuple[int, int]] = set()  # compared, and no copies

    def is_near(one: int, part: list[int]) -> bool:
        near = sorted(part, key=lambda other: -estimates[one, other])[:closest]
        for other in near:
            if (one, other) in apart:
                continue
            if texts.are_copies(float(estimates[one, other]), members[one][0], members[other][0]):
                return True
            apart.add((one, other))
        return False

    rest = np.arange(len(members))
    parts: list[list[int]] = []
    while len(rest):
        part, rest = [int(rest[0])], rest[1:]
        while len(rest):
            sure = estimates[np.ix_(rest, np.array(part))].max(axis=1) >= SURE
            if not sure.any():
                sure = np.array([is_near(int(one), part) for one in rest])
            if not sure.any():
                break
            part += rest[sure].tolist()
            rest = rest[~sure]
        parts.append([members[n][0] for n in part])
    return parts


def _estimates(members: Sequence[Member]) -> NDArray[np.float64]:
    """The estimated similarity of each two members; 1 for equal texts, 0 where only they are copies."""
    import numpy as np

    from archive.minhash import SLOTS, agreement

    all_slots = [slots or bytes(SLOTS) for _, _, slots in members]
    found = np.array([agreement(slots, all_slots) for slots in all_slots])
    is_short = np.array([slots is None for _, _, slots in members])
    found[is_short, :] = found[:, is_short] = 0.0
    exact = np.array([exact for _, exact, _ in members])
    found[exact[:, np.newaxis] == exact] = 1.0
    return found


def _text(db: Database, document_id: int) -> str:
    (text,) = db.execute("SELECT text FROM documents WHERE id = ?", [document_id]).fetchone()
    return str(text)
