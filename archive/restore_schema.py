"""The tables of restoration: what waits for it, the evidence that it found, what a person decided.

This text is part of a migration that has landed: change it by a new migration only.
"""

from __future__ import annotations

TABLES = """
-- documents that were written since evidence was last gathered for them and for their copies; no
-- foreign key, since any program may delete a document
CREATE TABLE restore_queue (document_id INTEGER PRIMARY KEY) STRICT;
INSERT INTO restore_queue SELECT id FROM documents;
-- language models that `shiyi learn` built from the clean text
CREATE TABLE models (
    name TEXT PRIMARY KEY, made_at TEXT NOT NULL, documents INTEGER NOT NULL,
    chars INTEGER NOT NULL, body BLOB NOT NULL      -- zstd
) STRICT;
-- why a word was restored, or what may stand in a hole: one row for each label of kind evidence
CREATE VIEW evidence AS
    SELECT document_id, position, "start", "end", rule, confidence,
        substr(value, 1, instr(value, ': ') - 1) AS source,
        iif(value LIKE 'document %', CAST(substr(value, 10) AS INTEGER), NULL) AS source_document_id,
        substr(value, instr(value, ': ') + 2) AS text, candidates
    FROM labels WHERE kind = 'evidence' AND rule <> 'review';
-- what a person made of a candidate that a rule had proposed
CREATE VIEW decisions AS
    SELECT document_id, position, "start", "end",
        substr(value, 1, instr(value, ': ') - 1) AS decision,   -- accepted or rejected
        substr(value, instr(value, ': ') + 2) AS rule,          -- that had proposed it
        confidence, json_extract(candidates, '$[0].text') AS word
    FROM labels WHERE kind = 'evidence' AND rule = 'review';
CREATE VIEW calibration AS
    SELECT rule, count(*) AS decisions, sum(decision = 'accepted') AS accepted,
        round(avg(decision = 'accepted'), 4) AS share, round(avg(confidence), 4) AS confidence
    FROM decisions GROUP BY rule;
"""
