"""The SQL of the search: its index, the triggers that keep it, and the door that needs no plugin.

Everything here is plain SQL (SQLite 3.40), so that any tool can search an archive and even change
its documents without Shiyi.  It says in SQL what index.py says in Python; tests compare them.
This text is part of a migration that has landed: after a change, a new migration calls ``make_index``.
"""

from __future__ import annotations

from sqlite_utils import Database

from archive import fold
from archive.index import EVERY, FIELDS, MANY, NOTHING

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


def _field(name: str, value: str) -> str:
    """An SQL expression for a blank and the token of a field (index.index_fields)."""
    return f"""(WITH RECURSIVE {_characters(value)}
    SELECT ' {FIELDS[name]}' || group_concat(c, '')
    FROM (SELECT c FROM folded WHERE c <> ' ' ORDER BY i))"""


def _damage(value: str) -> str:
    """An SQL expression for the tokens of kinds with blanks between them."""
    return f"""(WITH RECURSIVE {_characters(value)}
    SELECT ' {FIELDS["damage"]}' || replace(group_concat(c, ''), ' ', ' {FIELDS["damage"]}')
    FROM (SELECT c FROM folded ORDER BY i))"""


_COLON = fold.fold(":")
_NAMES = ", ".join(f"('{name}{_COLON}', '{mark}')" for name, mark in FIELDS.items())


def _terms(query: str) -> str:
    """CTEs ending in ``part(number, word, phrase, excluded, is_field)``: the terms of an SQL text expression,
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
    ), letter(i, c, quoted, number, rank, count, previous) AS (
        SELECT i, c, quoted, number, row_number() OVER w, count(*) OVER (PARTITION BY number),
            lag(c) OVER w
        FROM piece p WHERE c <> ' ' WINDOW w AS (PARTITION BY number ORDER BY i)
    ), minus(i, after) AS ( -- the sign that excludes: before a word, or alone before a quote
        SELECT l.i, CASE WHEN l.count = 1 THEN l.number + 1 ELSE l.number END FROM letter l
        WHERE l.rank = 1 AND NOT l.quoted AND (SELECT c FROM given WHERE i = l.i) = '-' AND (l.count > 1
            OR EXISTS (SELECT 1 FROM state s WHERE s.i = l.i + 1 AND s.is_quote AND s.quoted))
    ), star(i) AS ( -- at the end of a Latin word, which is found at the beginning of another anyway
        SELECT i FROM letter
        WHERE c = '{fold.fold("*")}' AND rank = count AND NOT quoted AND previous GLOB '[a-z0-9]'
    ), body(i, c, number, quoted, next, before) AS (
        SELECT i, c, number, quoted, lead(c, 1, '') OVER w, lag(c, 1, ' ') OVER w FROM piece p
        WHERE i NOT IN (SELECT i FROM minus UNION ALL SELECT i FROM star)
        WINDOW w AS (PARTITION BY number ORDER BY i)
    ), token(number, i, c, quoted, token) AS (
        SELECT number, i, c, quoted, CASE
            WHEN i < (SELECT max(i) FROM body m WHERE m.number = b.number AND m.c <> ' ')
                THEN ' ' || c || trim(next)
            WHEN before = ' ' THEN ' ' || c || '*' ELSE '' END
        FROM body b WHERE c <> ' '
    ), term(number, word, quoted, tokens) AS (
        SELECT number, group_concat(c, ''), max(quoted), ltrim(group_concat(token, ''))
        FROM (SELECT * FROM token ORDER BY number, i) GROUP BY number
    ), field(name, mark) AS (VALUES {_NAMES}
    ), part(number, word, phrase, excluded, is_field) AS (
        SELECT number, word, CASE WHEN mark IS NULL
                THEN '"' || rtrim(tokens, '*') || '"' || substr('*', 1, tokens LIKE '%*')
                ELSE '"' || mark || substr(word, length(name) + 1) || '"'
                    || substr('*', 1, name = 'date{_COLON}') END,
            EXISTS (SELECT 1 FROM minus m WHERE m.after = term.number), mark IS NOT NULL
        FROM term LEFT JOIN field ON NOT quoted AND substr(word, 1, length(name)) = name
            AND length(word) > length(name)
        ORDER BY number
    )"""


def match_sql(query: str, *, in_title: bool = False) -> str:
    """An SQL expression for the MATCH expression of an SQL text expression (index.match_expression)."""
    title = "iif(is_field, '', 'title : ') || " if in_title else ""
    return f"""(WITH RECURSIVE {_terms(query)}, whole(wanted, unwanted) AS (SELECT
        (SELECT group_concat({title}phrase, ' AND ') FROM part WHERE NOT excluded),
        (SELECT group_concat(phrase, ' OR ') FROM part WHERE excluded))
    SELECT CASE WHEN unwanted IS NULL THEN coalesce(wanted, '{NOTHING}')
        ELSE '(' || coalesce(wanted, '"{EVERY}"') || ') NOT (' || unwanted || ')' END FROM whole)"""


def find_sql() -> str:
    """A search by the parameter ``:q`` for any SQLite tool, with snippets: the best 20 documents,
    in the order of search.search.  The snippet surrounds the first word; a phrase with blanks inside has the text's beginning.
    """
    folded = f"""(WITH RECURSIVE {_characters("d.text")}
        SELECT group_concat(c, '') FROM (SELECT c FROM folded ORDER BY i))"""
    return f"""WITH RECURSIVE {_terms(":q")},
    newest(id) AS MATERIALIZED (
        SELECT rowid FROM documents_fts WHERE documents_fts MATCH {match_sql(":q")}
        ORDER BY rowid DESC LIMIT {MANY + 1}
    ), many(hits) AS MATERIALIZED (SELECT count(*) > {MANY} FROM newest
    ), titled(id) AS MATERIALIZED (
        SELECT rowid FROM documents_fts WHERE documents_fts MATCH {match_sql(":q", in_title=True)}
        AND (SELECT hits FROM many) ORDER BY rowid DESC LIMIT 20
    ), hit(id, score, number) AS MATERIALIZED (
        SELECT id, score, row_number() OVER (ORDER BY score DESC, id) FROM (
            SELECT id, score FROM search WHERE q = json_quote(:q) AND NOT (SELECT hits FROM many)
            ORDER BY score DESC, id LIMIT 20)
        UNION ALL
        SELECT id, score, row_number() OVER (ORDER BY score DESC, id DESC) FROM (
            SELECT id, 1.0 AS score FROM titled
            UNION ALL SELECT id, 0.0 FROM newest WHERE id NOT IN titled AND (SELECT hits FROM many)
            ORDER BY score DESC, id DESC LIMIT 20)
    ), first(word) AS (
        SELECT coalesce((SELECT word FROM part WHERE NOT excluded AND NOT is_field ORDER BY number LIMIT 1), '')
    ), place(id, score, number, size, at) AS MATERIALIZED (
        SELECT d.id, score, hit.number, length(word), CASE word WHEN '' THEN 0 ELSE instr({folded}, word) END
        FROM hit JOIN documents d ON d.id = hit.id, first
    )
SELECT d.id, d.title,
    CASE at WHEN 0 THEN substr(d.text, 1, 80) ELSE
        CASE WHEN at > 25 THEN '…' ELSE '' END
        || substr(d.text, max(1, at - 24), min(24, at - 1))
        || '【' || substr(d.text, at, size) || '】' || substr(d.text, at + size, 56) END
    || CASE WHEN max(at + size + 55, 80) < length(d.text) THEN '…' ELSE '' END AS snippet,
    round(score, 6) AS score, d.url, d.site, d.date
FROM place JOIN documents d ON d.id = place.id ORDER BY place.number"""


_UNLESS_INDEXING = "WHEN NOT EXISTS (SELECT 1 FROM meta WHERE name = 'indexing')"
"""Shiyi indexes in Python, which is fifteen times faster, and says so with this row while it does;
the row never outlives the transaction, so every other program meets working triggers."""

_BARE = "iif(d.host GLOB 'www.*', substr(d.host, 5), NULL)"

_INDEXED = "title, text, site, host, date, damage"

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE zh_map (               -- what a search takes for the same (source: OpenCC, Unicode)
    character TEXT PRIMARY KEY,
    folded TEXT NOT NULL            -- the character that stands for its class
) STRICT, WITHOUT ROWID;
"""

INDEX = f"""
CREATE VIEW documents_bigrams AS
    SELECT d.id, coalesce({_bigrams("d.text")}, '') AS text,
        coalesce({_bigrams("d.title")}, '') AS title,
        '{EVERY}' || coalesce({_field("site", "d.site")}, '')
            || coalesce({_field("site", "d.host")}, '')
            || coalesce({_field("site", _BARE)}, '') || coalesce({_field("date", "d.date")}, '')
            || coalesce({_damage("d.damage")}, '') AS fields
    FROM documents d;
-- the text first: of the first column FTS5 does not say for each document and token which column it is, and
-- the index weighs 1.2 times the text, not 1.7
CREATE VIRTUAL TABLE documents_fts USING fts5(
    text, title, fields, content="documents_bigrams", content_rowid="id", tokenize="ascii");
-- a word in the title tells more than one in the text: of title hits, 99 % reach the first ten with
-- this weight, 53 % without (20 queries over 51,711 documents)
INSERT INTO documents_fts (documents_fts, rank) VALUES ('rank', 'bm25(1.0, 10.0, 0.0)');
-- merges of four segments (the default) write each word five times over at a million documents; of eight, three
INSERT INTO documents_fts (documents_fts, rank) VALUES ('automerge', 8);
-- room for the words of 200 documents, so that what a transaction brings is one segment (the default has it for 120)
INSERT INTO documents_fts (documents_fts, rank) VALUES ('hashsize', 8388608);
-- This trigger has the table's name, and the text in its comment is what Datasette and sqlite-utils
-- look for, so that both take documents_fts for the index of documents.
CREATE TRIGGER documents_fts AFTER UPDATE OF {_INDEXED} ON documents
{_UNLESS_INDEXING} BEGIN
    /* VIRTUAL TABLE USING FTS5 content="documents" */
    INSERT INTO documents_fts (rowid, text, title, fields)
        SELECT id, text, title, fields FROM documents_bigrams WHERE id = new.id;
END;
CREATE TRIGGER documents_fts_before_update BEFORE UPDATE OF {_INDEXED} ON documents
{_UNLESS_INDEXING} BEGIN
    INSERT INTO documents_fts (documents_fts, rowid, text, title, fields)
        SELECT 'delete', id, text, title, fields FROM documents_bigrams WHERE id = old.id;
END;
CREATE TRIGGER documents_fts_before_delete BEFORE DELETE ON documents
{_UNLESS_INDEXING} BEGIN
    INSERT INTO documents_fts (documents_fts, rowid, text, title, fields)
        SELECT 'delete', id, text, title, fields FROM documents_bigrams WHERE id = old.id;
END;
-- The search as a view with a parameter: SELECT id, title FROM search WHERE q = json_quote('網貸')
CREATE VIEW search AS
    SELECT j.json AS q, d.id, d.title, -f.rank AS score, d.url, d.site, d.date
    FROM json_each j
    JOIN documents_fts f ON f.documents_fts MATCH {match_sql("json_extract(j.json, '$')")}
    JOIN documents d ON d.id = f.rowid;
"""


def make_index(db: Database) -> None:
    """Make the index, its triggers and its view, in the place of those that are there, and empty."""
    for name in ("documents_fts_before_update", "documents_fts_before_delete", "documents_fts"):
        db.execute(f"DROP TRIGGER IF EXISTS {name}")
    db.execute("DROP VIEW IF EXISTS search")
    db.execute("DROP TABLE IF EXISTS documents_fts")
    db.execute("DROP VIEW IF EXISTS documents_bigrams")
    db.executescript(INDEX)


def write_zh_map(db: Database) -> None:
    """Put this program's fold into the archive, which is then to be indexed with it."""
    # NUL is no character of any column (records.py)
    rows = [(character, to) for character, to in fold.zh_map().items() if character != "\0"]
    db.execute("DELETE FROM zh_map")
    db.conn.executemany("INSERT INTO zh_map (character, folded) VALUES (?, ?)", rows)
    db.execute("INSERT OR REPLACE INTO meta VALUES ('zh_map', ?)", [fold.version()])
