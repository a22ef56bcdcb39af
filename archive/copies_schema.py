"""The tables of copies: signatures of texts, their bands, and what keeps clusters right in plain SQL.

Any program may delete documents; the triggers then take them out of their clusters.
This text is part of a migration that has landed: change it by a new migration only.
"""

from __future__ import annotations

VERSION = "1"
"""Of the signatures: another one, where the same text would have another signature."""

BANDS = 32
"""Bands of a signature.  Texts are compared that agree in all three slots of one: at a Jaccard similarity of
0.42 (each tenth character differs) 92 of 100 pairs, at 0.6 all but one in 2,000, at 0.02 one in 2,500."""

ROWS = 3
"""Slots of a band."""

BUCKET = 8
"""Documents of a band that are looked at, the first ones: what is copied a thousand times shares its bands with
all its copies, and each of them would do."""

NUMBERS = f"(SELECT value AS n FROM json_each('[{','.join(map(str, range(BANDS)))}]'))"


def _bands(document: str, slots: str) -> str:
    """Rows ``(band, slots, document_id)`` of a signature, from SQL expressions."""
    return f"SELECT n, substr({slots}, {ROWS} * n + 1, {ROWS}), {document} FROM {NUMBERS}"


ADD_BANDS = f"INSERT INTO bands {_bands(':id', ':slots')}"

WRITE_BAND = f"""INSERT OR IGNORE INTO bands
    SELECT :band, substr(slots, {ROWS} * :band + 1, {ROWS}), s.document_id
    FROM bands_waiting w JOIN signatures s ON s.document_id = w.document_id
    WHERE w.document_id <= :last ORDER BY 2, 3"""

CANDIDATES = f"""SELECT (SELECT group_concat(document_id) FROM (
    SELECT document_id FROM bands b
    WHERE b.band = n.n AND b.slots = substr(:slots, {ROWS} * n.n + 1, {ROWS})
    ORDER BY document_id LIMIT {BUCKET})) FROM {NUMBERS} n"""


def canonical(cluster: str) -> str:
    """An SQL expression for the canonical copy of a cluster: of those that are nearly as long as the
    longest one (nine tenths), the one of which fewest things were found wrong, then with the
    fewest repairs, then the earliest."""
    return f"""(SELECT id FROM documents WHERE cluster_id = {cluster} AND 10 * chars >= 9 *
        (SELECT max(chars) FROM documents WHERE cluster_id = {cluster})
        ORDER BY label_count, edit_count, coalesce(date, '9999'), id LIMIT 1)"""


def settle(cluster: str) -> tuple[str, str, str]:
    """Statements that put a cluster right after its members have changed; one of one is none."""
    count = f"(SELECT count(*) FROM documents WHERE cluster_id = {cluster})"
    return (
        f"UPDATE documents SET cluster_id = NULL WHERE cluster_id = {cluster} AND {count} < 2",
        f"UPDATE clusters SET size = {count}, canonical_id = {canonical(cluster)} WHERE id = {cluster}",
        f"DELETE FROM clusters WHERE id = {cluster} AND size = 0",
    )


TABLES = f"""
CREATE TABLE signatures (
    document_id INTEGER PRIMARY KEY REFERENCES documents (id),
    exact INTEGER,              -- hash of the folded text; null where there is no text
    slots BLOB                  -- MinHash of the 5-grams, a byte a slot; null for a short text
) STRICT;
CREATE INDEX signatures_exact ON signatures (exact);
CREATE TABLE bands (            -- of equal texts, those of one
    band INTEGER NOT NULL, slots BLOB NOT NULL, document_id INTEGER NOT NULL,
    PRIMARY KEY (band, slots, document_id)
) STRICT, WITHOUT ROWID;
-- all that the choice of the canonical copy reads
CREATE INDEX documents_cluster ON documents (cluster_id, chars, label_count, edit_count, date)
    WHERE cluster_id IS NOT NULL;
CREATE TRIGGER signatures_delete BEFORE DELETE ON signatures WHEN old.slots IS NOT NULL BEGIN
    DELETE FROM bands WHERE (band, slots, document_id) IN ({_bands("old.document_id", "old.slots")});
    INSERT OR IGNORE INTO bands
        SELECT n, substr(old.slots, {ROWS} * n + 1, {ROWS}), same.id FROM {NUMBERS},
            (SELECT min(document_id) AS id FROM signatures
            WHERE exact = old.exact AND document_id <> old.document_id) same
        WHERE same.id IS NOT NULL;
END;
CREATE TRIGGER copies_before_delete BEFORE DELETE ON documents BEGIN
    DELETE FROM signatures WHERE document_id = old.id;
END;
CREATE TRIGGER copies_after_delete AFTER DELETE ON documents WHEN old.cluster_id IS NOT NULL BEGIN
    {"; ".join(settle("old.cluster_id"))};
END;
CREATE VIEW copies AS
    SELECT d.cluster_id, d.id AS document_id, d.title, d.site, d.date, d.url, d.chars, c.size,
        d.id = c.canonical_id AS is_canonical,
        d.id = first_value(d.id) OVER (
            PARTITION BY d.cluster_id ORDER BY coalesce(d.date, '9999'), d.id) AS is_earliest,
        d.id = first_value(d.id) OVER (
            PARTITION BY d.cluster_id ORDER BY d.chars DESC, d.id) AS is_longest
    FROM documents d JOIN clusters c ON c.id = d.cluster_id;
"""

WAITING = """
-- documents whose bands are still to be written, together with those of many others (bands.py); no foreign key,
-- since any program may delete a document
CREATE TABLE bands_waiting (document_id INTEGER PRIMARY KEY) STRICT;
CREATE TRIGGER bands_waiting_delete AFTER DELETE ON signatures BEGIN
    DELETE FROM bands_waiting WHERE document_id = old.document_id;
END;
"""

CHECKS = (
    (
        "SELECT c.id FROM clusters c WHERE size <> (SELECT count(*) FROM documents WHERE cluster_id = c.id)",
        "clusters", "its size is not the number of its documents",
    ),
    ("SELECT id FROM clusters WHERE size < 2", "clusters", "has fewer than two documents"),
    (
        f"SELECT c.id FROM clusters c WHERE canonical_id IS NOT {canonical('c.id')}",
        "clusters", "its canonical document is another one",
    ),
    (
        "SELECT document_id FROM bands EXCEPT SELECT document_id FROM signatures",
        "bands", "belong to a document without a signature",
    ),
    (
        "SELECT b.document_id FROM bands b JOIN signatures s ON s.document_id = b.document_id WHERE"
        f" b.slots <> substr(s.slots, {ROWS} * b.band + 1, {ROWS}) GROUP BY b.document_id",
        "bands", "are not those of the signature",
    ),
    (
        "WITH banded AS MATERIALIZED"
        " (SELECT document_id, count(*) AS count FROM bands GROUP BY document_id)"
        " SELECT min(s.document_id) FROM signatures s LEFT JOIN banded b ON b.document_id = s.document_id"
        " WHERE slots IS NOT NULL GROUP BY exact HAVING NOT"
        f" max(coalesce(count, 0) = {BANDS} OR s.document_id IN (SELECT document_id FROM bands_waiting))",
        "signatures", "has not all its bands",
    ),
    (
        "SELECT min(document_id) FROM signatures s JOIN documents ON id = document_id"
        " WHERE s.exact IS NOT NULL GROUP BY s.exact HAVING count(*) > 1 AND"
        " (count(cluster_id) < count(*) OR min(cluster_id) <> max(cluster_id))",
        "documents", "is not in one cluster with an equal text",
    ),
)  # fmt: skip
"""For ``verify``: a query for the ids of what is wrong, the table that they are of, and what it is."""
