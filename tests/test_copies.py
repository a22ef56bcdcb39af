"""Copies are found as they arrive, and clusters stay right whatever happens to their documents."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from archive import bands, copies, showing, store
from archive.comparing import Passage, copies_of, differences
from archive.copies_schema import settle
from archive.fold import fold, fold_by
from archive.minhash import grams, han, signature, similarity
from archive.opening import open_archive, transaction
from archive.schema import migrations
from archive.verify import verify
from benchmarks.copies import edited
from benchmarks.damage import articles
from benchmarks.forward_script import convert
from cleaning.document import Document, Label

ARTICLES = {article.name: article for article in articles()}
TEA = ARTICLES["wuyi-tea"].text
SLEEP = ARTICLES["sleep"].text
LIBRARY = ARTICLES["village-library"].text


@pytest.fixture
def db(tmp_path: Path) -> Database:
    db = open_archive(tmp_path / "archive.db")
    with transaction(db):
        store.start_run(db, "clean", {}, "rules")
    return db


def save(db: Database, *texts: str, **fields: str) -> list[int]:
    with transaction(db):
        first = db.table("documents").count
        return [
            store.save_document(db, Document.from_text(text, id=f"{first + n}", **fields), 1)
            for n, text in enumerate(texts)
        ]


def mirror(text: str, share: float, seed: int = 0, way: str = "words") -> str:
    return edited(text, share, way, Random(seed))


def clusters(db: Database) -> list[list[int]]:
    found: dict[int, list[int]] = {}
    for number, cluster_id in db.execute("SELECT id, cluster_id FROM documents ORDER BY id"):
        if cluster_id is not None:
            found.setdefault(cluster_id, []).append(number)
    assert [str(problem) for problem in verify(db)] == []
    return sorted(found.values())


# what is a copy


@pytest.mark.parametrize("name", sorted(ARTICLES)[::3])
@pytest.mark.parametrize("way", ["characters", "words", "sentences"])
def test_an_edited_mirror_is_a_copy(name: str, way: str) -> None:
    db = open_archive(":memory:")
    with transaction(db):
        store.start_run(db, "clean", {}, "rules")
    text = ARTICLES[name].text
    save(db, SLEEP if name != "sleep" else TEA, text, mirror(text, 0.06, way=way))
    assert clusters(db) == [[2, 3]]


def test_script_punctuation_and_layout_make_no_difference(db: Database) -> None:
    save(db, TEA, convert(TEA), TEA.replace("，", ",").replace("\n", ""))
    assert clusters(db) == [[1, 2, 3]]
    assert db.execute("SELECT count(DISTINCT document_id) FROM bands").fetchone() == (1,)


def test_different_articles_are_none(db: Database) -> None:
    save(db, *(article.text for article in ARTICLES.values()))
    assert clusters(db) == []


def test_half_an_article_in_another_one_is_none(db: Database) -> None:
    save(db, TEA, SLEEP, TEA[: len(TEA) // 2] + SLEEP[len(SLEEP) // 2 :])
    assert clusters(db) == []


def test_short_texts_are_copies_only_where_they_are_equal(db: Database) -> None:
    save(
        db,
        "此页不存在，请返回首页。",
        "此頁不存在, 請返回首頁。",
        "此页不存在，请返回首页吧。",
        "",
        "\n",
        "AI 2.0",
    )
    assert clusters(db) == [[1, 2]]


def test_a_document_can_link_two_clusters(db: Database) -> None:
    """Two mirrors that share no more than half have each the article's other words."""
    halves = TEA[: len(TEA) // 2], TEA[len(TEA) // 2 :]
    one = halves[0] + mirror(halves[1], 0.3, 1)
    two = mirror(halves[0], 0.3, 2) + halves[1]
    save(db, one, one + "完", two, two + "完")
    before = clusters(db)
    save(db, TEA)
    assert (before, clusters(db)) == ([[1, 2], [3, 4]], [[1, 2, 3, 4, 5]])
    with transaction(db):
        db.execute("DELETE FROM documents WHERE id = 2")
        copies.remove(db, 5)
        db.execute("DELETE FROM documents WHERE id = 5")
    assert clusters(db) == [[3, 4]]


# what changes


def test_a_replaced_document_changes_its_cluster(db: Database) -> None:
    save(db, TEA, mirror(TEA, 0.03), SLEEP)
    with transaction(db):
        store.replace_document(db, 2, Document.from_text(mirror(SLEEP, 0.03), id="1"), 1)
    assert clusters(db) == [[2, 3]]
    with transaction(db):
        store.replace_document(db, 2, Document.from_text("别的", id="1"), 1)
    assert clusters(db) == []
    assert db.table("clusters").count == 0


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_a_document_deleted_by_any_program(db: Database, gone: int) -> None:
    save(db, TEA, TEA + "\n", mirror(TEA, 0.03))
    db.execute("PRAGMA foreign_keys = OFF")
    with transaction(db):
        db.execute("DELETE FROM documents WHERE id = ?", [gone])
    left = [number for number in (1, 2, 3) if number != gone]
    assert clusters(db) == [left]
    save(db, mirror(TEA, 0.03, 5))
    assert clusters(db) == [[*left, 4 if gone < 3 else 3]]


def test_the_canonical_copy_is_the_most_complete(db: Database) -> None:
    save(db, TEA[: int(len(TEA) * 0.8)], TEA + "转载自某站，请勿传播。")
    [(canonical,)] = db.execute("SELECT canonical_id FROM clusters")
    assert canonical == 2
    save(db, TEA, date="2020-01-01")
    save(db, mirror(TEA, 0.02), date="2019-01-01")
    with transaction(db):
        for number in (2, 3):
            document = store.load_document(db, number)
            labelled = document.apply([Label("mask", 0, 1, "x", "mask:stars", 0.5)])
            store.replace_document(db, number, labelled, 1)
    marks = db.execute(
        "SELECT document_id, is_canonical, is_earliest, is_longest FROM copies ORDER BY document_id"
    ).fetchall()
    assert marks == [(1, 0, 0, 0), (2, 0, 0, 1), (3, 0, 0, 0), (4, 1, 1, 0)]
    assert clusters(db) == [[1, 2, 3, 4]]


def test_a_cluster_stays_whole_when_one_of_many_leaves(db: Database) -> None:
    """Of so many mirrors most are only found by their texts to be copies of one another."""
    save(db, TEA, *(mirror(TEA, 0.08, seed, "characters") for seed in range(60)))
    assert clusters(db) == [list(range(1, 62))]
    with transaction(db):
        copies.remove(db, 40)
        db.execute("DELETE FROM documents WHERE id = 40")
    assert clusters(db) == [[n for n in range(1, 62) if n != 40]]


def test_an_archive_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    old = Database(tmp_path / "old.db")
    migrations.apply(old, stop_before="m003_copies")
    old.execute("INSERT INTO runs VALUES (1, 'clean', 't', NULL, '0', 'rules', '{}', 1, 0, 0, 0)")
    columns = "text, chars, edit_count, label_count, run_id, raw_sha256"
    row = [TEA, len(TEA), 0, 0, 1, Document.from_text(TEA).raw_sha256]
    for _ in range(2):
        old.execute(f"INSERT INTO documents ({columns}) VALUES (?, ?, ?, ?, ?, ?)", row)
    old.conn.commit()
    old.close()
    db = open_archive(tmp_path / "old.db")
    assert clusters(db) == []
    assert copies.cluster(db).clusters == 1
    assert clusters(db) == [[1, 2]]


TEXTS = [
    TEA,
    mirror(TEA, 0.05, 1),
    mirror(TEA, 0.05, 2),
    SLEEP,
    mirror(SLEEP, 0.04),
    "短",
    "短",
    LIBRARY,
]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, len(TEXTS) - 1)), max_size=12))
def test_whatever_happens_clusters_are_right(steps: list[tuple[int, int]]) -> None:
    db = open_archive(":memory:")
    with transaction(db):
        store.start_run(db, "clean", {}, "rules")
        texts: dict[int, str] = {}
        for number, (at, which) in enumerate(steps):
            document = Document.from_text(TEXTS[which], id=f"{number}")
            ids = sorted(texts)
            if at < len(ids) and number % 3 == 0:
                db.execute("DELETE FROM documents WHERE id = ?", [ids[at]])
                del texts[ids[at]]
            elif at < len(ids):
                store.replace_document(db, ids[at], document, 1)
                texts[ids[at]] = TEXTS[which]
            else:
                texts[store.save_document(db, document, 1)] = TEXTS[which]
    kinds = [TEXTS[:3], TEXTS[3:5], ["短"], [LIBRARY]]
    expected = [[n for n in sorted(texts) if texts[n] in kind] for kind in kinds]
    assert clusters(db) == sorted(members for members in expected if len(members) > 1)


def test_an_archive_made_before(db: Database) -> None:
    save(db, TEA, mirror(TEA, 0.05), SLEEP, TEA)
    expected = clusters(db)
    with transaction(db):
        db.execute("DELETE FROM meta WHERE name = 'copies'")
        db.execute("UPDATE documents SET cluster_id = NULL")
        for table in ("clusters", "signatures"):
            db.execute(f"DELETE FROM {table}")
    assert db.table("bands").count == 0
    assert clusters(db) == []
    told: list[tuple[int, int]] = []
    done = copies.cluster(db, lambda *now: told.append(now))
    assert (done, told) == (copies.Clustered(4, 4, 1), [(4, 4)])
    assert clusters(db) == expected == [[1, 2, 4]]
    assert copies.cluster(db).changed == 0


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("UPDATE clusters SET size = 9", "clusters 1: its size is not the number of its documents"),
        ("UPDATE clusters SET canonical_id = 3", "clusters 1: its canonical document is another one"),
        ("UPDATE documents SET cluster_id = NULL WHERE id = 4",
         "documents 1: is not in one cluster with an equal text"),
        ("INSERT INTO clusters VALUES (7, 1, 0)", "clusters 7: has fewer than two documents"),
        ("UPDATE signatures SET exact = 3 WHERE document_id = 3",
         "signatures 3: is not that of the document's text"),
        ("DELETE FROM bands WHERE band = 3 AND document_id = 2", "signatures 2: has not all its bands"),
        ("INSERT INTO bands VALUES (1, x'000000', 99)",
         "bands 99: belong to a document without a signature"),
        ("UPDATE bands SET slots = x'000000' WHERE band = 1 AND document_id = 1",
         "bands 1: are not those of the signature"),
        ("DELETE FROM signatures WHERE document_id = 3",
         "documents 3: has no signature, so its copies are not known"),
    ],
)  # fmt: skip
def test_verify_names_what_is_wrong(db: Database, damage: str, expected: str) -> None:
    save(db, TEA, mirror(TEA, 0.05), SLEEP, TEA)
    assert clusters(db) == [[1, 2, 4]]
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute(damage)
    assert expected in [str(problem) for problem in verify(db)]


# what is shown


def test_what_differs_is_shown(db: Database) -> None:
    first = TEA.index("。") + 1
    last = TEA.rindex("茶")
    other = convert(TEA[:first]) + "这一句是后加的。" + TEA[first:last] + "酒" + TEA[last + 1 :]
    save(db, TEA, other, SLEEP)
    [copy] = copies_of(db, 1)
    assert (copy.document_id, copy.is_longest) == (2, True)
    assert 0.9 < copy.similarity < 1
    assert [(passage.one, passage.other) for passage in copy.passages] == [
        ("", "这一句是后加的。"), ("茶", "酒"),
    ]  # fmt: skip
    lines = list(showing.copies(db, "1"))
    assert lines[0] == ("", "1 copies; the most complete is this one")
    assert ("+ ", f"…{TEA[first - 12 : first]}[这一句是后加的。]".replace("\n", "⏎")) in lines
    assert copies_of(db, 3) == []
    assert list(showing.copies(db, "3")) == [("", "it has no copies here")]


def test_the_page_of_a_document_lists_its_copies(tmp_path: Path) -> None:
    from datasette.app import Datasette
    from datasette.plugins import pm

    from archive import datasette_plugin

    if not pm.is_registered(datasette_plugin):
        pm.register(datasette_plugin)
    db = open_archive(tmp_path / "news.db")
    with transaction(db):
        store.start_run(db, "clean", {}, "rules")
    save(db, TEA)
    save(db, TEA.replace("茶", "<b>", 1), title="<i>题")
    save(db, SLEEP)
    db.close()

    async def pages() -> list[str]:
        served = Datasette([str(tmp_path / "news.db")])
        await served.invoke_startup()
        found = [await served.client.get(f"/news/documents/{n}") for n in (1, 3)]
        return [response.text for response in found]

    first, third = asyncio.run(pages())
    assert '<a href="/news/documents/2">&lt;i&gt;题</a>' in first
    assert "<del>茶</del><ins>&lt;b&gt;</ins>" in first
    assert 'id="copies"' not in third


def test_only_the_first_copies_and_passages_are_compared(db: Database) -> None:
    save(db, TEA, *(TEA.replace("。", f"{n}。") for n in "一二三四"))
    found = copies_of(db, 1, limit=3, passages=2)
    assert len(found) == 3
    assert all(len(copy.passages) == 2 for copy in found)
    assert all(copy.more == TEA.count("。") - 2 for copy in found)


def test_equal_texts_have_no_passage() -> None:
    assert list(differences(TEA, convert(TEA).replace("\n", "\n\n"), fold)) == []
    assert list(differences("甲乙", "甲丙", fold)) == [Passage("甲", "乙", "丙")]


# the signature


@given(st.text(), st.text())
def test_any_text_has_a_signature(one: str, other: str) -> None:
    assert signature(one, fold) == signature(fold(one), fold)
    first, second = grams(han(one, fold)), grams(han(other, fold))
    assert 0 <= similarity(first, second) <= 1
    assert similarity(first, second) == similarity(second, first)


def test_a_signature_never_changes() -> None:
    """Archives keep them: another value needs another version, and ``cluster`` for every archive."""
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 300)))
    exact, slots = signature(text, fold_by({}))
    assert slots is not None
    assert (exact, slots[:8].hex()) == (21902545971731195, "fc0df3c5c85a49ff")


def test_repeated_characters_fill_every_slot() -> None:
    slots = signature("啊" * 100, fold).slots
    assert slots is not None
    assert len(slots) == 128


def test_minhash_is_not_loaded_to_search() -> None:
    script = (
        "import sys, archive.search, archive.store; assert 'archive.minhash' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parent.parent)


def test_verify_tells_of_a_document_that_is_no_copy(db: Database) -> None:
    """A stranger in a cluster, with all counts and signatures right."""
    with transaction(db):
        for number, text in enumerate((TEA, TEA + "又一句。", SLEEP)):
            store.save_document(db, Document.from_text(text, id=str(number)), 1)
    assert list(verify(db)) == []
    db.execute("UPDATE documents SET cluster_id = 1 WHERE id = 3")
    for statement in settle(":cluster"):
        db.execute(statement, {"cluster": 1})
    problems = [str(problem) for problem in verify(db)]
    assert problems == ["clusters 1: holds documents that are no copies of the others"]


def test_copies_are_found_among_what_waits(db: Database, tmp_path: Path) -> None:
    """In a bulk bands are written late; copies are found all the same, by the same and by another writer."""
    texts = [TEA, SLEEP, mirror(TEA, 0.05, 1), TEA, mirror(TEA, 0.05, 2), mirror(SLEEP, 0.04)]
    other = open_archive(tmp_path / "archive.db")
    with bands.in_bulk(db) as gathered:
        save(db, *texts[:3])
        assert db.table("bands").count == 0
        gathered.settle()
        assert db.table("bands_waiting").count == 3
        save(other, texts[3], texts[4])
        assert clusters(db) == [[1, 3, 4, 5]]
        assert [*verify(db)] == []
        gathered.settle(0)
        assert db.table("bands").count == 32 * 4  # one of the two equal texts has none
        db.execute("DELETE FROM documents WHERE id = 2")
        save(db, SLEEP, texts[5])
    assert clusters(db) == [[1, 3, 4, 5], [6, 7]]
    assert db.table("bands_waiting").count == 0
    assert [*verify(db)] == []


def test_what_waits_after_a_kill_is_found(db: Database) -> None:
    with suppress(KeyboardInterrupt), bands.in_bulk(db):
        save(db, TEA, SLEEP)
        raise KeyboardInterrupt
    assert db.table("bands_waiting").count == 2
    save(db, mirror(TEA, 0.05))
    assert clusters(db) == [[1, 3]]
    db.execute("DELETE FROM documents WHERE id = 2")
    assert db.table("bands_waiting").count == 1
    with bands.in_bulk(db):
        save(db, mirror(TEA, 0.05, 2))
    assert clusters(db) == [[1, 3, 4]]
    assert [*verify(db)] == []
