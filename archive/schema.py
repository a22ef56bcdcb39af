"""The tables of the archive, as migrations.  A migration that has landed is never edited."""

from __future__ import annotations

from itertools import groupby

from sqlite_utils import Database, Migrations

from archive import (
    copies_schema,
    damage_schema,
    edit_log,
    indexing,
    restore_schema,
    search_schema,
)
from archive.damage import damages_of, host_of

migrations = Migrations("archive")

OWN_TABLES = frozenset({"documents", "pages", "runs", "meta", "zh_map"})
"""Tables by which an archive is known from somebody else's database."""


@migrations()
def m001_tables(db: Database) -> None:
    """Captures, documents with their edits, the frontier, and the runs that made them."""
    db.executescript(
        """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            command TEXT NOT NULL,          -- crawl, clean, reclean
            started_at TEXT NOT NULL,
            finished_at TEXT,               -- null while it runs, or when it was killed
            program TEXT NOT NULL,          -- version
            rules TEXT NOT NULL,            -- fingerprint of the rule tables and steps
            settings TEXT NOT NULL,         -- JSON
            pid INTEGER NOT NULL,
            pages INTEGER NOT NULL DEFAULT 0,
            documents INTEGER NOT NULL DEFAULT 0,
            errors INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE pages (
            id INTEGER PRIMARY KEY,
            url TEXT,                       -- null for input without one
            fetched_at TEXT NOT NULL,
            status INTEGER,
            headers TEXT,                   -- JSON list of [name, value]
            encoding TEXT,                  -- that the bytes were decoded with
            sha256 TEXT NOT NULL,           -- of the bytes
            size INTEGER NOT NULL,          -- of the bytes
            body BLOB,                      -- zstd; null when it stands in a dump
            file TEXT, "offset" INTEGER, length INTEGER,
            run_id INTEGER NOT NULL REFERENCES runs (id)
        ) STRICT;
        CREATE UNIQUE INDEX pages_url ON pages (url, sha256);
        CREATE INDEX pages_sha256 ON pages (sha256);
        CREATE TABLE clusters (id INTEGER PRIMARY KEY, canonical_id INTEGER, size INTEGER NOT NULL) STRICT;
        CREATE TABLE documents (
            id INTEGER PRIMARY KEY,
            title TEXT, date TEXT, site TEXT, url TEXT,
            text TEXT NOT NULL,
            script TEXT,                    -- simplified, traditional, mixed or null
            chars INTEGER NOT NULL,
            edit_count INTEGER NOT NULL,    -- without the layout and field moves
            label_count INTEGER NOT NULL,
            published_at TEXT, source TEXT, author TEXT,
            cluster_id INTEGER REFERENCES clusters (id),
            page_id INTEGER REFERENCES pages (id),
            source_id TEXT,                 -- the input record's own id
            input_file TEXT, input_record INTEGER,
            run_id INTEGER NOT NULL REFERENCES runs (id),
            raw_sha256 TEXT NOT NULL,
            exact BLOB                      -- all of it, where columns cannot hold a character of it
        ) STRICT;
        CREATE INDEX documents_page ON documents (page_id);
        CREATE INDEX documents_source ON documents (source_id);
        CREATE INDEX documents_raw ON documents (raw_sha256);
        CREATE INDEX documents_site ON documents (site);
        CREATE INDEX documents_date ON documents (date);
        CREATE INDEX documents_run ON documents (run_id);
        -- A damaged page has some 1,500 edits of about a hundred sorts, the same on every page of a
        -- site: each sort stands once in changes, and edits puts the two together again.
        CREATE TABLE changes (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, rule TEXT NOT NULL,
            confidence REAL NOT NULL
        ) STRICT;
        CREATE INDEX changes_sort ON changes (rule, substr(before, 1, 16), substr(after, 1, 16));
        CREATE TABLE edit_log (
            document_id INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,      -- in the log: undo from the last to the first
            field TEXT,                     -- null: the text
            "start" INTEGER NOT NULL,
            change_id INTEGER NOT NULL REFERENCES changes (id),
            PRIMARY KEY (document_id, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX edit_log_change ON edit_log (change_id);
        CREATE VIEW edits AS
            SELECT l.document_id, l.position, l.field, c.kind, l."start",
                l."start" + length(c.before) AS "end", c.before, c.after, c.rule, c.confidence
            FROM edit_log l JOIN changes c ON c.id = l.change_id;
        CREATE TABLE labels (
            document_id INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            kind TEXT NOT NULL, "start" INTEGER, "end" INTEGER,
            value TEXT NOT NULL, rule TEXT NOT NULL, confidence REAL NOT NULL,
            candidates TEXT NOT NULL,       -- JSON list of {text, confidence}
            PRIMARY KEY (document_id, position)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE links (
            document_id INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
            position INTEGER NOT NULL, url TEXT, text TEXT NOT NULL, kind TEXT NOT NULL,
            PRIMARY KEY (document_id, position)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE hosts (
            id INTEGER PRIMARY KEY,
            host TEXT NOT NULL UNIQUE,      -- with the port where it is not the scheme's own
            robots TEXT, robots_status INTEGER, robots_at REAL,
            crawl_delay REAL,               -- seconds
            next_at REAL NOT NULL DEFAULT 0, -- no request before this time (Unix seconds)
            failures INTEGER NOT NULL DEFAULT 0,
            pages INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE urls (
            id INTEGER PRIMARY KEY,
            url TEXT NOT NULL UNIQUE,
            host_id INTEGER NOT NULL REFERENCES hosts (id),
            state TEXT NOT NULL DEFAULT 'pending', -- pending, leased, done, failed, excluded
            score REAL NOT NULL DEFAULT 0,
            depth INTEGER NOT NULL DEFAULT 0,
            tries INTEGER NOT NULL DEFAULT 0,
            due_at REAL NOT NULL DEFAULT 0, -- Unix seconds
            run_id INTEGER REFERENCES runs (id), -- that holds the lease
            page_id INTEGER REFERENCES pages (id), -- newest capture
            etag TEXT, last_modified TEXT,
            reason TEXT                     -- of the last failure or exclusion
        ) STRICT;
        CREATE INDEX urls_queue ON urls (state, score DESC, id);
        CREATE TABLE fetches (
            id INTEGER PRIMARY KEY,
            url_id INTEGER NOT NULL REFERENCES urls (id),
            run_id INTEGER NOT NULL REFERENCES runs (id),
            fetched_at TEXT NOT NULL, status INTEGER,
            page_id INTEGER REFERENCES pages (id)
        ) STRICT;
        CREATE INDEX fetches_url ON fetches (url_id);
        CREATE TABLE shards (
            run_id INTEGER NOT NULL REFERENCES runs (id), file TEXT NOT NULL,
            "offset" INTEGER NOT NULL, length INTEGER NOT NULL, state TEXT NOT NULL,
            PRIMARY KEY (run_id, file, "offset")
        ) STRICT, WITHOUT ROWID;
        """
    )


@migrations()
def m002_search(db: Database) -> None:
    """The fold that a search compares by.  The index that was made here is made by m011_text_first now."""
    db.executescript(search_schema.TABLES)
    search_schema.write_zh_map(db)


@migrations()
def m003_copies(db: Database) -> None:
    """What finds the copies of a document.  An archive that has documents knows none of theirs until
    ``copies.cluster`` has run, which the row ``copies`` of meta tells."""
    db.executescript(copies_schema.TABLES)
    if not db.execute("SELECT 1 FROM documents LIMIT 1").fetchone():
        db.execute("INSERT INTO meta VALUES ('copies', ?)", [copies_schema.VERSION])


@migrations()
def m004_restore(db: Database) -> None:
    """What waits for evidence from other documents, what it was, and what a person decided."""
    db.executescript(restore_schema.TABLES)


@migrations()
def m005_edit_log(db: Database) -> None:
    """The log of edits in three characters each, in the place of a row each."""
    db.executescript(
        "DROP VIEW edits; DROP INDEX edit_log_change; ALTER TABLE edit_log RENAME TO old_log;"
    )
    db.executescript(edit_log.TABLES)
    db.execute("INSERT INTO field_log SELECT * FROM old_log WHERE field IS NOT NULL")
    rows = db.execute(
        'SELECT document_id, "start", change_id FROM old_log WHERE field IS NULL'
        " ORDER BY document_id, position"
    )
    for document_id, log in groupby(rows, key=lambda row: row[0]):
        parts = edit_log.encode([(start, change_id) for _, start, change_id in log])
        for part in parts:
            db.execute("INSERT INTO edit_log VALUES (?, ?, ?, ?, ?)", [document_id, *part])
    db.execute("DROP TABLE old_log")


@migrations()
def m006_damage(db: Database) -> None:
    """What was damaged in each document and on each site; the host of a URL; an index for every facet."""
    db.executescript(
        """
        ALTER TABLE documents ADD COLUMN host TEXT;     -- of url
        ALTER TABLE documents ADD COLUMN damage TEXT;   -- kinds, sorted, blanks between; null: none
        CREATE INDEX documents_host ON documents (host) WHERE host IS NOT NULL;
        CREATE INDEX documents_damage ON documents (damage);
        CREATE INDEX documents_script ON documents (script);
        CREATE INDEX documents_url ON documents (url) WHERE url IS NOT NULL;
        CREATE INDEX labels_kind ON labels (kind);
        CREATE INDEX fetches_run ON fetches (run_id);
        """
    )
    # Before the triggers that count: what is there is counted as if it came now.
    found = []
    for document_id, url in db.execute("SELECT id, url FROM documents").fetchall():
        edits = db.execute("SELECT kind FROM edits WHERE document_id = ?", [document_id])
        labels = db.execute("SELECT kind FROM labels WHERE document_id = ?", [document_id])
        damages = damages_of((row[0] for row in edits), (row[0] for row in labels))
        found += [(document_id, *damage) for damage in damages]
        db.execute(
            "UPDATE documents SET host = ?, damage = ? WHERE id = ?",
            [host_of(url), " ".join(kind for kind, _, _ in damages) or None, document_id],
        )
    db.executescript(damage_schema.TABLES)
    db.execute(f"INSERT INTO counts {damage_schema.EXPECTED}")
    db.conn.executemany("INSERT INTO damages VALUES (?, ?, ?, ?)", found)


@migrations()
def m007_fields(db: Database) -> None:
    """Fields to narrow a search to, in the index of the documents.  It is made by m011_text_first now."""


@migrations()
def m008_bodies(db: Database) -> None:
    """Dictionaries that bodies are compressed with; hashes of what is not to be collected again."""
    db.executescript(
        """
        CREATE TABLE dictionaries (     -- of zstd, for the bodies of pages
            id INTEGER PRIMARY KEY,
            made_at TEXT NOT NULL,
            pages INTEGER NOT NULL,     -- that it was trained on
            data BLOB NOT NULL
        ) STRICT;
        ALTER TABLE pages ADD COLUMN dictionary_id INTEGER REFERENCES dictionaries (id);
        CREATE TABLE forgotten (        -- what was taken out and is not to be collected again
            sha256 TEXT PRIMARY KEY,    -- of the URL, the bytes or the text as read
            kind TEXT NOT NULL,         -- url, page or document
            forgotten_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
    )


@migrations()
def m009_restore_stage(db: Database) -> None:
    """What the copies have left open waits for what the sites tell: stage 0 copies, 1 sites."""
    db.execute("ALTER TABLE restore_queue ADD COLUMN stage INTEGER NOT NULL DEFAULT 0")


@migrations()
def m010_without_dictionaries(db: Database) -> None:
    """The dictionaries that m008_bodies made room for do not pay (pages.LEVEL), and no body has one."""
    db.execute("ALTER TABLE pages DROP COLUMN dictionary_id")
    db.execute("DROP TABLE dictionaries")


@migrations()
def m011_text_first(db: Database) -> None:
    """The index of the documents in character pairs, with the text in its first column."""
    search_schema.make_index(db)
    indexing.reindex(db)


@migrations()
def m012_bands_waiting(db: Database) -> None:
    """What finds the copies of many new documents is written for many at a time."""
    db.executescript(copies_schema.WAITING)
