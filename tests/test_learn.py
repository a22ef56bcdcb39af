"""The archive's own model, and what a site's other pages tell of a hidden word."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from archive.evidence_model import Lexicon, from_model
from archive.evidence_site import from_site, hidden_words
from archive.fold import fold
from archive.language_model import LanguageModel
from archive.learn import learn, learnable, load_model
from archive.restore import restore_all
from archive.store import load_document, open_archive
from archive.verify import verify
from benchmarks.damage import articles
from cleaning.document import Candidate, Document, Label
from tests.command import shiyi
from tests.test_restore import MASKED, WHOLE, archived, write

TEXTS = [fold(article.text) for article in articles()]


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel.of(TEXTS)


def test_what_was_read_is_likelier_than_what_was_not(model: LanguageModel) -> None:
    for text in TEXTS:
        at = len(text) // 2
        left, word, right = text[at - 10 : at], text[at : at + 2], text[at + 2 : at + 12]
        scores = model.scores(left, [word, word[::-1], "龘靐"], right)
        assert scores[0] >= max(scores[1:])


def test_shares_add_up_to_one(model: LanguageModel) -> None:
    ends = [*model.vocabulary, "\U0001f600"]
    logs = [model.logs(model.ids("合同到" + end))[-1] for end in ends]
    assert 0.8 < float(np.exp(logs).sum()) <= 1.01


def test_a_model_is_kept_as_it_is(model: LanguageModel) -> None:
    again = LanguageModel.decode(model.encode())
    words = ["合同", "押金", "平台"]
    assert (
        again.scores("翻开", words, "，第九条").tolist()
        == model.scores("翻开", words, "，第九条").tolist()
    )


def test_an_empty_archive_has_a_model(tmp_path: Path) -> None:
    db = open_archive(tmp_path / "a.db")
    assert learn(db).documents == 0
    found = load_model(db)
    assert found is not None
    assert np.isfinite(found.scores("左边", ["词"], "右边")).all()


def test_nothing_is_learned_from_holes() -> None:
    document = Document.from_text(
        "打**给我，再打电话", labels=[Label("mask", 1, 3, "**", "mask:stars")]
    )
    assert "*" not in learnable(document, fold)
    evidence = Label("evidence", 8, 10, "document 1: x", "restore:copy", 1.0)
    assert "电话" not in learnable(document.apply([evidence]), fold)


def masked(*words: tuple[str, float]) -> Document:
    candidates = tuple(Candidate(*word) for word in words)
    label = Label("mask", 6, 8, "**", "mask:stars", 0.97, candidates)
    return Document.from_text("研究人员都在**这台机器。", labels=[label])


def test_the_list_of_a_site_decides_between_copies() -> None:
    document = masked(("使用", 0.5), ("采用", 0.5))
    [found] = from_site(document, "a.cn", {"stars": {"使用": 2}}, [], fold)
    assert (found.rule, found.candidates[0].text) == ("restore:site", "使用")
    assert found.confidence >= 0.99
    assert found.candidates[1] == Candidate("采用", pytest.approx(0.005))


@pytest.mark.parametrize(
    "hidden",
    [
        {},
        {"stars": {"使用": 2, "采用": 2}},
        {"stars": {"使用": 1}},
        {"blank": {"使用": 9}},
        {"stars": {"电话": 9}},
    ],
)
def test_a_list_that_does_not_decide(hidden: dict[str, dict[str, int]]) -> None:
    assert from_site(masked(("使用", 0.5), ("采用", 0.5)), "a.cn", hidden, [], fold) == []


def test_a_copy_that_is_hardly_believed_is_not_confirmed() -> None:
    assert from_site(masked(("使用", 0.3)), "a.cn", {"stars": {"使用": 2}}, [], fold) == []


def holes(word: str) -> Document:
    """An article with each of a word's places as stars."""
    at = [n for n in range(len(WHOLE)) if WHOLE.startswith(word, n)]
    labels = [Label("mask", n, n + len(word), "**", "mask:stars") for n in at]
    return Document.from_text(WHOLE.replace(word, "**"), labels=labels)


def offered(
    model: LanguageModel, counts: dict[str, dict[str, int]], seen: set[str]
) -> list[tuple[str, float]]:
    lexicon = Lexicon(model, fold)
    document = holes("合同")
    seen = seen | (lexicon.within([document.text]) - {"合同"})
    [found] = from_model([document], "a.cn", counts, seen, lexicon)
    return [(one.candidates[0].text, one.confidence) for one in found]


def test_the_holes_of_a_site_are_explained_together(model: LanguageModel) -> None:
    found = offered(model, {}, set())
    assert found
    assert {word for word, _ in found} == {"合同"}
    assert all(confidence < 0.99 for _, confidence in found)
    [one] = [from_site(holes("合同"), "a.cn", {}, [], fold)]
    assert one == []


def test_a_word_that_the_site_shows_is_not_hidden_there(model: LanguageModel) -> None:
    assert "合同" not in {word for word, _ in offered(model, {}, {"合同"})}


def test_a_word_that_the_site_hides_in_another_way_is_not_behind_stars(
    model: LanguageModel,
) -> None:
    assert "合同" not in {word for word, _ in offered(model, {"blank": {"合同": 5}}, set())}


def test_the_model_and_a_copy_that_say_the_same(model: LanguageModel) -> None:
    lexicon = Lexicon(model, fold)
    document = holes("合同")
    seen = lexicon.within([document.text])
    [modelled] = from_model([document], "a.cn", {}, seen, lexicon)
    first = modelled[0]

    def beside(word: str) -> float:
        labels = [
            replace(label, candidates=(Candidate(word, 0.6),)) if label.kind == "mask" else label
            for label in document.labels
        ]
        [one, *_] = from_site(replace(document, labels=tuple(labels)), "a.cn", {}, modelled, fold)
        return next(c.confidence for c in one.candidates if c.text == "合同")

    assert first.confidence < beside("合同") < 0.99
    assert beside("契约") < first.confidence


def test_learn_on_an_archive(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "in", masked=MASKED, whole=WHOLE, other=TEXTS[3].replace("平台", "**")
    )
    archived(tmp_path / "a.db", folder).close()
    done = shiyi("learn", tmp_path / "a.db")
    assert done.returncode == 0, done.said
    db = open_archive(tmp_path / "a.db")
    assert db.execute("SELECT documents, chars > 1000 FROM models").fetchall() == [(2, 1)]
    before = [load_document(db, number) for number in (1, 2, 3)]
    assert restore_all(db).changed == 0
    assert [load_document(db, number) for number in (1, 2, 3)] == before
    assert list(verify(db)) == []


def test_the_list_of_a_site(tmp_path: Path) -> None:
    def take(name: str, title: str, whole: str) -> Database:
        pages = [("http://a.cn/", whole.replace("合同", "**")), ("http://b.cn/", whole)]
        records = [{"url": url + name, "text": text, "title": title} for url, text in pages]
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
        return archived(tmp_path / "a.db", path)

    db = take("one", "租房", WHOLE)
    assert hidden_words(db, "a.cn") == {"stars": {"合同": 1}}
    contract = next(article for article in articles() if article.name == "labour-contract")
    db = take("two", contract.title, contract.text)
    assert hidden_words(db, "a.cn") == {"stars": {"合同": 2}}
    assert hidden_words(db, "b.cn") == {}
