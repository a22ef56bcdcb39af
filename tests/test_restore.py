"""Masked words are restored from the copies that an archive has of a document, and only then."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive import store
from archive.evidence_copies import from_copies
from archive.fold import fold
from archive.reclean import reclean
from archive.restore import restore
from archive.search import search
from archive.store import load_document, open_archive
from archive.verify import verify
from benchmarks.damage import articles
from cleaning.document import Document, Label
from cleaning.pipeline import clean
from tests.command import shiyi

ARTICLE = next(article for article in articles() if article.name == "renting")
OTHER = next(article for article in articles() if article.name == "sleep")
WHOLE = ARTICLE.text
MASKED = WHOLE.replace("合同", "**").replace("身份证", " ")
HOLES = WHOLE.count("合同") + WHOLE.count("身份证")


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(f"{ARTICLE.title}\n{text}", "utf-8")
    return folder


def archived(path: Path, *inputs: object) -> Database:
    done = shiyi("clean", *inputs, "-o", path)
    assert done.returncode == 0, done.said
    return open_archive(path)


def texts(db: Database) -> dict[str, str]:
    rows = db.execute("SELECT input_file, text FROM documents")
    return {Path(file).stem: text for file, text in rows}


def test_a_folder_of_copies(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", masked=MASKED, whole=WHOLE, other=OTHER.text)
    db = archived(tmp_path / "a.db", folder)
    assert texts(db) == {"masked": WHOLE, "whole": WHOLE, "other": OTHER.text}
    document = load_document(db, 1)
    assert document.raw == f"{ARTICLE.title}\n{MASKED}"
    assert not any(label.kind == "mask" for label in document.labels)
    rows = db.execute(
        "SELECT rule, source_document_id, text, confidence FROM evidence WHERE document_id = 1"
    ).fetchall()
    assert len(rows) == HOLES
    for rule, source, text, confidence in rows:
        assert (rule, source) == ("restore:copy", 3)
        assert "[合同]" in text or "[身份证]" in text
        assert confidence >= 0.99
    assert list(verify(db)) == []
    assert {hit.id for hit in search(db, "原合同")} == {1, 3}
    assert db.execute("SELECT count(*) FROM restore_queue").fetchone() == (0,)
    shown = shiyi("show", tmp_path / "a.db", "1", "--diff").stdout.decode()
    assert "restore:copy" in shown
    assert "document 3" in shown


def test_a_copy_that_comes_later(tmp_path: Path) -> None:
    first = write(tmp_path / "first", masked=MASKED)
    db = archived(tmp_path / "a.db", first)
    assert texts(db) == {"masked": MASKED}
    archived(tmp_path / "a.db", write(tmp_path / "second", whole=WHOLE))
    assert texts(db)["masked"] == WHOLE
    assert list(verify(db)) == []


@pytest.mark.parametrize("level", ["off", "safe"])
def test_the_level_of_the_run_counts(tmp_path: Path, level: str) -> None:
    folder = write(tmp_path / "in", masked=MASKED, whole=WHOLE)
    db = archived(tmp_path / "a.db", folder, "--restore", level)
    assert texts(db)["masked"] == (WHOLE if level == "safe" else MASKED)


def test_a_text_that_is_taken_in_again_keeps_its_words(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", masked=MASKED, whole=WHOLE)
    archived(tmp_path / "a.db", folder)
    db = archived(tmp_path / "a.db", folder / "masked.txt", "--no-site-lines")
    assert texts(db) == {"masked": WHOLE, "whole": WHOLE}
    assert db.execute("SELECT count(*) FROM documents").fetchone() == (2,)


def test_recleaning_keeps_what_was_restored(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", masked=MASKED, whole=WHOLE)
    db = archived(tmp_path / "a.db", folder)
    before = load_document(db, 1)
    db.execute("UPDATE runs SET rules = 'old'")
    db.execute("DELETE FROM documents WHERE id = 2")  # the evidence is gone, not the word
    db.conn.commit()
    assert reclean(db).changed == 0
    assert load_document(db, 1) == before
    assert reclean(db, without=["restore"]).changed == 1
    assert texts(db)["masked"] == MASKED
    assert load_document(db, 1).raw == before.raw


def test_recleaning_follows_the_choices_of_the_run(tmp_path: Path) -> None:
    text = OTHER.text.replace("睡眠", "**")
    traditional = "網路上的資訊應該由發布者負責，這樣讀者纔能夠放心。" * 3
    folder = write(tmp_path / "in", masked=text, traditional=traditional)
    db = archived(tmp_path / "a.db", folder, "--script", "simplified", "--masks", "mark")
    before = texts(db)
    assert "〔?〕" in before["masked"]
    assert before["traditional"].startswith("网路上的资讯")
    db.execute("UPDATE runs SET rules = 'old'")
    db.conn.commit()
    assert reclean(db).changed == 0
    assert texts(db) == before


def test_a_marked_hole_is_filled_too(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", masked=MASKED, whole=WHOLE)
    db = archived(tmp_path / "a.db", folder, "--masks", "mark")
    assert texts(db)["masked"] == WHOLE
    assert list(verify(db)) == []


KILLED = """
import os, signal, sys
import archive.restore as module
real = module.replace_document
def replace_document(*arguments):
    real(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
module.replace_document = replace_document
import shiyi
sys.argv = ["shiyi", *sys.argv[1:]]
shiyi.main()
"""


def test_killed_while_it_restores(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", masked=MASKED, whole=WHOLE)
    path = tmp_path / "a.db"
    arguments = ["clean", str(folder), "-o", str(path)]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    db = open_archive(path)
    assert texts(db)["masked"] == MASKED
    assert list(verify(db)) == []
    db = archived(path, folder)
    assert texts(db)["masked"] == WHOLE
    assert db.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    assert list(verify(db)) == []


def cleaned(text: str) -> Document:
    return clean(Document.from_text(text))


def found(masked: str, *witnesses: str) -> dict[str, float]:
    """The words that witnesses of different sites offer, each with its highest confidence."""
    others = [(n, f"site {n}", cleaned(text)) for n, text in enumerate(witnesses, 2)]
    words: dict[str, float] = {}
    for one in from_copies(cleaned(masked), others, fold):
        best = one.candidates[0]
        words[best.text] = max(best.confidence, words.get(best.text, 0.0))
    return words


def test_a_word_that_stands_in_the_document_is_not_the_hidden_one() -> None:
    masked = WHOLE.replace("合同", "**").replace("毕业季", "房东季")
    assert "房东" in masked
    assert not found(masked, WHOLE.replace("合同", "房东"))


def test_a_copy_that_hides_the_word_too_says_nothing() -> None:
    assert found(WHOLE.replace("合同", "**"), WHOLE.replace("合同", "××")) == {}
    restored = cleaned(WHOLE)
    at = restored.text.index("合同")
    evidence = Label("evidence", at, at + 2, "document 9: x", "restore:copy", 1.0)
    witness = restored.apply([evidence])
    masked = cleaned(WHOLE.replace("合同", "**", 1))
    assert from_copies(masked, [(2, "a", witness)], fold) == []


def test_copies_that_contradict_one_another_restore_nothing() -> None:
    masked = WHOLE.replace("合同", "**")
    words = found(masked, WHOLE, WHOLE.replace("合同", "契约"))
    assert set(words) <= {"合同", "契约"}
    assert max(words.values()) < 0.9


def test_a_copy_with_other_words_is_not_enough_alone() -> None:
    """Every eighth character is another one, so a word of it is right in about three of four cases."""
    changed = "".join("某" if n % 8 == 7 and c != "\n" else c for n, c in enumerate(WHOLE))
    assert all(p < 0.99 for p in found(WHOLE.replace("房东", "**"), changed).values())


def test_another_article_is_no_witness() -> None:
    assert found(MASKED, OTHER.text) == {}


def test_the_stars_tell_the_length() -> None:
    assert found(WHOLE.replace("合同", "***"), WHOLE) == {}


def test_traditional_and_spaced_copies_are_witnesses() -> None:
    wide = WHOLE.replace("，", ",\n").replace("。", "。 ")
    assert found(WHOLE.replace("合同", "**"), wide)["合同"] >= 0.99


def test_what_waits_may_be_deleted(tmp_path: Path) -> None:
    db = open_archive(tmp_path / "a.db")
    with store.transaction(db):
        run = store.start_run(db, "clean", {}, "rules")
        store.save_document(db, cleaned(MASKED), run)
    with sqlite3.connect(tmp_path / "a.db") as other:
        other.execute("DELETE FROM documents")
    other.close()
    assert restore(db).changed == 0
    assert db.execute("SELECT count(*) FROM restore_queue").fetchone() == (0,)
