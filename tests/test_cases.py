"""Texts with what cleaning makes of them, from tests/cases/*.json; each table has negatives."""

import json
from pathlib import Path

import pytest

from cleaning import Document, clean

TABLES = ("notes", "script", "punctuation", "header", "fields", "chrome", "masks", "layout")
CASES = [
    pytest.param(case, id=f"{table}: {case['label']}")
    for table in TABLES
    for case in json.loads((Path(__file__).parent / f"cases/{table}.json").read_text("utf-8"))
]


@pytest.mark.parametrize("case", CASES)
def test_case(case):
    document = clean(Document.from_text(case["raw"], title=case.get("title")))
    assert document.raw == case["raw"]
    if case.get("same"):
        assert document.text == case["raw"]
        assert not document.field_edits
    if "clean" in case:
        assert document.text == case["clean"]
    if "clean_contains" in case:
        assert case["clean_contains"] in document.text
    for field, value in case.get("fields", {}).items():
        assert getattr(document, field) == value, field
    if "links" in case:
        assert [[link.kind, link.text] for link in document.links] == case["links"]
    if "masks" in case:
        assert [label.value for label in document.labels if label.kind == "mask"] == case["masks"]
    kinds = {label.kind for label in document.labels}
    assert set(case.get("labels", ())) <= kinds
    assert not set(case.get("no_labels", ())) & kinds
