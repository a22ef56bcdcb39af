"""What was damaged, counted as documents come and go: facets and plots of a million documents cannot count
them each time.

Plain SQL keeps the counts right whatever program writes.
This text is part of a migration that has landed: change it by a new migration only.
"""

from __future__ import annotations


def _facets(row: str) -> str:
    """The facets of a row of documents, each with its value there."""
    values = {
        "all": "''",
        "site": f"coalesce({row}.site, '')",
        "month": f"coalesce(substr({row}.date, 1, 7), '')",
        "script": f"coalesce({row}.script, '')",
        "damage": f"coalesce({row}.damage, '')",
    }
    return "VALUES " + ", ".join(f"('{name}', {value})" for name, value in values.items())


def _count(row: str) -> str:
    return f"""INSERT INTO counts SELECT column1, column2, 1, {row}.edit_count FROM ({_facets(row)}) WHERE true
        ON CONFLICT DO UPDATE SET documents = documents + 1, edits = edits + excluded.edits;"""


def _discount(row: str) -> str:
    return f"""UPDATE counts SET documents = documents - 1, edits = edits - {row}.edit_count
        WHERE (facet, value) IN ({_facets(row)});
    DELETE FROM counts WHERE documents = 0 AND (facet, value) IN ({_facets(row)});"""


def _count_damage(document: str, damages: str) -> str:
    """Add rows of damages to what their site has; ``damages``: rows (kind, repaired, left)."""
    return f"""INSERT INTO site_damage
        SELECT coalesce((SELECT site FROM documents WHERE id = {document}), ''), kind, 1, repaired, "left"
        FROM ({damages}) WHERE true
        ON CONFLICT DO UPDATE SET documents = documents + 1, repaired = repaired + excluded.repaired,
            "left" = "left" + excluded."left";"""


def _discount_damage(document: str, damages: str) -> str:
    site = f"coalesce((SELECT site FROM documents WHERE id = {document}), '')"
    return f"""UPDATE site_damage SET documents = documents - 1, repaired = site_damage.repaired - d.repaired,
            "left" = site_damage."left" - d."left"
        FROM ({damages}) d WHERE site = {site} AND site_damage.kind = d.kind;
    DELETE FROM site_damage WHERE documents = 0 AND site = {site};"""


_OWN = 'SELECT kind, repaired, "left" FROM damages WHERE document_id = {}'
_NEW = 'SELECT new.kind AS kind, new.repaired AS repaired, new."left" AS "left"'
_OLD = 'SELECT old.kind AS kind, old.repaired AS repaired, old."left" AS "left"'
_COUNTED = "site, date, script, damage, edit_count"

TABLES = f"""
CREATE TABLE damages (          -- of each document: how often a kind of damage was found in it
    document_id INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    repaired INTEGER NOT NULL,  -- edits
    "left" INTEGER NOT NULL,    -- labels: found, and not restored
    PRIMARY KEY (document_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX damages_kind ON damages (kind);
CREATE TABLE counts (           -- documents and repairs by site, month, script and kinds of damage
    facet TEXT NOT NULL,        -- all, site, month, script, damage
    value TEXT NOT NULL,        -- as in documents; empty: null there
    documents INTEGER NOT NULL,
    edits INTEGER NOT NULL,
    PRIMARY KEY (facet, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE site_damage (      -- what was damaged on which site
    site TEXT NOT NULL,         -- as in documents; empty: null there
    kind TEXT NOT NULL,
    documents INTEGER NOT NULL,
    repaired INTEGER NOT NULL,  -- edits
    "left" INTEGER NOT NULL,    -- labels
    PRIMARY KEY (site, kind)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER counts_insert AFTER INSERT ON documents BEGIN
    {_count("new")}
END;
CREATE TRIGGER counts_delete AFTER DELETE ON documents BEGIN
    {_discount("old")}
END;
CREATE TRIGGER counts_update AFTER UPDATE OF {_COUNTED} ON documents BEGIN
    {_discount("old")}
    {_count("new")}
END;
CREATE TRIGGER damages_insert AFTER INSERT ON damages BEGIN
    {_count_damage("new.document_id", _NEW)}
END;
CREATE TRIGGER damages_delete BEFORE DELETE ON damages BEGIN
    {_discount_damage("old.document_id", _OLD)}
END;
CREATE TRIGGER damages_before_delete BEFORE DELETE ON documents BEGIN
    DELETE FROM damages WHERE document_id = old.id;
END;
CREATE TRIGGER damages_before_site BEFORE UPDATE OF site ON documents WHEN old.site IS NOT new.site BEGIN
    {_discount_damage("old.id", _OWN.format("old.id"))}
END;
CREATE TRIGGER damages_after_site AFTER UPDATE OF site ON documents WHEN old.site IS NOT new.site BEGIN
    {_count_damage("new.id", _OWN.format("new.id"))}
END;
"""

EXPECTED = " UNION ALL ".join(
    f"SELECT '{name}' AS facet, {value} AS value, count(*) AS documents, sum(edit_count) AS edits"
    " FROM documents GROUP BY 2"
    for name, value in {
        "all": "''",
        "site": "coalesce(site, '')",
        "month": "coalesce(substr(date, 1, 7), '')",
        "script": "coalesce(script, '')",
        "damage": "coalesce(damage, '')",
    }.items()
)
_EXPECTED_DAMAGE = (
    "SELECT coalesce(site, '') AS site, kind, count(*) AS documents, sum(repaired) AS repaired,"
    ' sum("left") AS "left" FROM damages JOIN documents ON id = document_id GROUP BY 1, 2'
)


def _difference(expected: str, table: str, name: str) -> str:
    """Names of rows that a table of counts has and should not, or should have and has not."""
    return (
        f"SELECT DISTINCT {name} FROM (SELECT * FROM (SELECT * FROM ({expected}) EXCEPT"
        f" SELECT * FROM {table}) UNION ALL SELECT * FROM (SELECT * FROM {table}"
        f" EXCEPT SELECT * FROM ({expected})))"
    )


CHECKS = (
    ("counts", _difference(EXPECTED, "counts", "facet || ' ' || value")),
    ("site_damage", _difference(_EXPECTED_DAMAGE, "site_damage", "site || ' ' || kind")),
)
"""For ``verify``: a table of counts, and a query for the names of what is counted wrongly in it."""
