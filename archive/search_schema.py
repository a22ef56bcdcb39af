"""The SQL of the search: its index, the triggers that keep it, and the door that needs no plugin.

Everything here is plain SQL (SQLite 3.40), so that any tool can search an archive and even change
its documents without Shiyi.  It says in SQL what index.py says in Python; tests compare them.
This text is part of a migration that has landed: change it by a new migration only.
"""

from __future__ import annotations

from sqlite_utils import Database

from archive import fold
from archive.index import EVERY, NOTHING

BLOCK = 256
"""Characters per block when SQL walks over a text.  ``substr`` counts from the text's start, so a
walk character by character over the whole text would take quadratic time."""


def _characters(text: str) -> str:
    """CTEs ending in ``folded(i, c)``: the folded characters of an SQL text expression."""
    return f"""block(at, part) AS (
        SELECT 1, substr({text}, 1, {BLOCK}) WHERE {text} <> ''
        UNION ALL SELECT at + {BLOCK}, substr({text}, at + {BLOCK}, {BLOCK}) FROM block
        WHERE length(part) = {BLOCK}
    ), digit(d) AS (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13),
        (14), (15)
    ), folded(i, c) AS (
        SELECT at + k, coalesce(
            (SELECT folded FROM zh_map WHERE character = substr(part, k + 1, 1)), substr(part, k + 1, 1))
        FROM block, (SELECT a.d * 16 + b.d AS k FROM digit a, digit b) WHERE k < length(part)
    )"""


def _bigrams(text: str) -> str:
    """An SQL expression for the tokens of an SQL text expression (index.bigrams)."""
    return f"""(WITH RECURSIVE {_characters(text)},
    pair(i, c, next) AS (SELECT i, c, lead(c, 1, ' ') OVER (ORDER BY i) FROM folded)
    SELECT group_concat(token, ' ') FROM (
        SELECT c || CASE next WHEN ' ' THEN '' ELSE next END AS token FROM pair
        WHERE c <> ' ' ORDER BY i))"""


def _terms(query: str) -> str:
    """CTEs ending in ``part(number, word, phrase, excluded)``: the terms of an SQL text expression,
    each as its folded text and as the FTS5 phrase for it (index.parse, index.match_expression)."""
    return f"""typed(q) AS (SELECT {query}),
    given(i, c) AS (
        SELECT 1, substr(q, 1, 1) FROM typed WHERE q <> ''
        UNION ALL SELECT i + 1, substr(q, i + 1, 1) FROM given, typed WHERE i < length(q)
    ), quote(odd, final) AS (SELECT count(*) % 2, max(i) FROM given WHERE c = '"'),
    sign(i, c, is_quote) AS (
        SELECT i, CASE WHEN c = '"' AND odd AND i = final THEN ' ' ELSE
                coalesce((SELECT folded FROM zh_map WHERE character = c), c) END,
            c = '"' AND NOT (odd AND i = final) FROM given, quote
    ), state(i, c, is_quote, quoted) AS (
        SELECT i, c, is_quote, sum(is_quote) OVER (ORDER BY i) % 2 FROM sign
    ), piece(i, c, quoted, number) AS (
        SELECT i, CASE WHEN is_quote THEN ' ' ELSE c END, quoted,
            sum(is_quote OR (c = ' ' AND NOT quoted)) OVER (ORDER BY i) FROM state
    ), letter(i, c, quoted, number, rank, count) AS (
        SELECT i, c, quoted, number, row_number() OVER (PARTITION BY number ORDER BY i),
            count(*) OVER (PARTITION BY number)
        FROM piece p WHERE c <> ' '
    ), minus(i, after) AS ( -- the sign that excludes: before a word, or alone before a quote
        SELECT l.i, CASE WHEN l.count = 1 THEN l.number + 1 ELSE l.number END FROM letter l
        WHERE l.rank = 1 AND NOT l.quoted AND (SELECT c FROM given WHERE i = l.i) = '-' AND (l.count > 1
            OR EXISTS (SELECT 1 FROM state s WHERE s.i = l.i + 1 AND s.is_quote AND s.quoted))
    ), body(i, c, number, next, before) AS (
        SELECT i, c, number, lead(c, 1, '') OVER w, lag(c, 1, ' ') OVER w FROM piece p
        WHERE NOT EXISTS (SELECT 1 FROM minus m WHERE m.i = p.i)
        WINDOW w AS (PARTITION BY number ORDER BY i)
    ), token(number, i, c, token) AS (
        SELECT number, i, c, CASE
            WHEN i < (SELECT max(i) FROM body m WHERE m.number = b.number AND m.c <> ' ')
                THEN ' ' || c || trim(next)
            WHEN before = ' ' THEN ' ' || c || '*' ELSE '' END
        FROM body b WHERE c <> ' '
    ), term(number, word, tokens) AS (
        SELECT number, group_concat(c, ''), ltrim(group_concat(token, ''))
        FROM (SELECT * FROM token ORDER BY number, i) GROUP BY number
    ), part(number, word, phrase, excluded) AS (
        SELECT number, word, '"' || rtrim(tokens, '*') || '"' || substr('*', 1, tokens LIKE '%*'),
            EXISTS (SELECT 1 FROM minus m WHERE m.after = term.number)
        FROM term ORDER BY number
    )"""


def match_sql(query: str) -> str:
    """An SQL expression for the MATCH expression of an SQL text expression (index.match_expression)."""
    return f"""(WITH RECURSIVE {_terms(query)}, whole(wanted, unwanted) AS (SELECT
        (SELECT group_concat(phrase, ' AND ') FROM part WHERE NOT excluded),
        (SELECT group_concat(phrase, ' OR ') FROM part WHERE excluded))
    SELECT CASE WHEN unwanted IS NULL THEN coalesce(wanted, '{NOTHING}')
        ELSE '(' || coalesce(wanted, '"{EVERY}"') || ') NOT (' || unwanted || ')' END FROM whole)"""


def find_sql() -> str:
    """A search by the parameter ``:q`` for any SQLite tool, with snippets: the best 20 documents.

    The snippet surrounds the first word; a phrase with blanks inside has the text's beginning.
    """
    folded = f"""(WITH RECURSIVE {_characters("d.text")}
        SELECT group_concat(c, '') FROM (SELECT c FROM folded ORDER BY i))"""
    return f"""WITH RECURSIVE {_terms(":q")},
    hit AS MATERIALIZED (
        SELECT id, score FROM search WHERE q = json_quote(:q) ORDER BY score DESC, id LIMIT 20
    ), first(word) AS (
        SELECT coalesce((SELECT word FROM part WHERE NOT excluded ORDER BY number LIMIT 1), '')
    ), place(id, score, size, at) AS MATERIALIZED (
        SELECT d.id, score, length(word), CASE word WHEN '' THEN 0 ELSE instr({folded}, word) END
        FROM hit JOIN documents d ON d.id = hit.id, first
    )
SELECT d.id, d.title,
    CASE at WHEN 0 THEN substr(d.text, 1, 80) ELSE
        CASE WHEN at > 25 THEN '…' ELSE '' END
        || substr(d.text, max(1, at - 24), min(24, at - 1))
        || '【' || substr(d.text, at, size) || '】' || substr(d.text, at + size, 56) END
    || CASE WHEN max(at + size + 55, 80) < length(d.text) THEN '…' ELSE '' END AS snippet,
    round(score, 6) AS score, d.url, d.site, d.date
FROM place JOIN documents d ON d.id = place.id ORDER BY place.score DESC, d.id"""


_UNLESS_INDEXING = "WHEN NOT EXISTS (SELECT 1 FROM meta WHERE name = 'indexing')"
"""Shiyi indexes in Python, which is fifteen times faster, and says so with this row while it does;
the row never outlives the transaction, so every other program meets working triggers."""

TABLES = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE zh_map (               -- what a search takes for the same (source: OpenCC, Unicode)
    character TEXT PRIMARY KEY,
    folded TEXT NOT NULL            -- the character that stands for its class
) STRICT, WITHOUT ROWID;
CREATE VIEW documents_bigrams AS
    SELECT d.id, '{EVERY}' || coalesce(' ' || {_bigrams("d.title")}, '') AS title,
        coalesce({_bigrams("d.text")}, '') AS text
    FROM documents d;
CREATE VIRTUAL TABLE documents_fts USING fts5(
    title, text, content="documents_bigrams", content_rowid="id", tokenize="ascii");
-- a word in the title tells more than one in the text: of title hits, 99 % reach the first ten with
-- this weight, 53 % without (20 queries over 51,711 documents)
INSERT INTO documents_fts (documents_fts, rank) VALUES ('rank', 'bm25(10.0, 1.0)');
-- This trigger has the table's name, and the text in its comment is what Datasette and sqlite-utils
-- look for, so that both take documents_fts for the index of documents.
CREATE TRIGGER documents_fts AFTER UPDATE OF title, text ON documents
{_UNLESS_INDEXING} BEGIN
    /* VIRTUAL TABLE USING FTS5 content="documents" */
    INSERT INTO documents_fts (rowid, title, text)
        SELECT id, title, text FROM documents_bigrams WHERE id = new.id;
END;
CREATE TRIGGER documents_fts_before_update BEFORE UPDATE OF title, text ON documents
{_UNLESS_INDEXING} BEGIN
    INSERT INTO documents_fts (documents_fts, rowid, title, text)
        SELECT 'delete', id, title, text FROM documents_bigrams WHERE id = old.id;
END;
CREATE TRIGGER documents_fts_before_delete BEFORE DELETE ON documents
{_UNLESS_INDEXING} BEGIN
    INSERT INTO documents_fts (documents_fts, rowid, title, text)
        SELECT 'delete', id, title, text FROM documents_bigrams WHERE id = old.id;
END;
-- The search as a view with a parameter: SELECT id, title FROM search WHERE q = json_quote('網貸')
CREATE VIEW search AS
    SELECT j.json AS q, d.id, d.title, -f.rank AS score, d.url, d.site, d.date
    FROM json_each j
    JOIN documents_fts f ON f.documents_fts MATCH {match_sql("json_extract(j.json, '$')")}
    JOIN documents d ON d.id = f.rowid;
"""


def write_zh_map(db: Database) -> None:
    """Put this program's fold into the archive, which is then to be indexed with it."""
    # NUL is no character of any column (records.py)
    rows = [(character, to) for character, to in fold.zh_map().items() if character != "\0"]
    db.execute("DELETE FROM zh_map")
    db.conn.executemany("INSERT INTO zh_map (character, folded) VALUES (?, ?)", rows)
    db.execute("INSERT OR REPLACE INTO meta VALUES ('zh_map', ?)", [fold.version()])
