"""What must hold for any text and any edits at all."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from cleaning import Document, Edit, EditError, FieldEdit, Label, Link
from cleaning.document import sha256, undo

TEXTS = st.text(st.characters(codec=None), max_size=60)  # lone surrogates included


@st.composite
def edits_of(draw, text):
    """Edits that do not overlap, insertions and touching ones among them."""
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    edits = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        after = draw(TEXTS.map(lambda t: t[:4]))
        same_place = edits and (edits[-1].start, edits[-1].end) == (start, end)
        if after != text[start:end] and not same_place:
            edits.append(Edit("x", start, end, text[start:end], after, draw(st.sampled_from("pq"))))
    return edits


@given(TEXTS, st.data())
def test_any_edits_of_any_steps_are_undone(text, data):
    document = Document.from_text(text)
    for _ in range(3):
        document = document.apply(data.draw(edits_of(document.text)))
    assert document.raw == text
    assert document.is_intact
    assert document.raw_sha256 == sha256(text)


@given(TEXTS, st.data())
def test_the_log_replays_one_edit_after_the_other(text, data):
    document = Document.from_text(text)
    for _ in range(2):
        document = document.apply(data.draw(edits_of(document.text)))
    replayed = text
    for edit in document.edits:
        assert replayed[edit.start : edit.end] == edit.before
        replayed = replayed[: edit.start] + edit.after + replayed[edit.end :]
    assert replayed == document.text
    for edit in reversed(document.edits):
        end = edit.start + len(edit.after)
        assert replayed[edit.start : end] == edit.after
        replayed = replayed[: edit.start] + edit.before + replayed[end:]
    assert replayed == text


@given(TEXTS, st.data())
def test_labels_stay_on_the_characters_they_were_put_on(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    edits = data.draw(edits_of(text))
    document = Document.from_text(text, labels=[Label("l", start, end, text[start:end], "r")])
    label = document.apply(edits).labels[0]
    cleaned = document.apply(edits).text
    touched = any(edit.start < end and edit.end > start for edit in edits)
    inside = any(start <= edit.start == edit.end <= end for edit in edits)
    if label.start is None:
        assert touched
    else:
        assert 0 <= label.start <= label.end <= len(cleaned)
        if not touched and not inside:
            assert cleaned[label.start : label.end] == text[start:end]


def test_a_label_on_text_that_was_cut_out_has_no_span_any_more():
    document = Document.from_text("甲乙丙", labels=[Label("l", 1, 2, "乙", "r")])
    (label,) = document.apply([Edit("x", 1, 2, "乙", "", "r")]).labels
    assert (label.start, label.end, label.value) == (None, None, "乙")


def test_neighbours_of_one_rule_are_joined_and_others_are_not():
    document = Document.from_text("abcd").apply(
        [
            Edit("x", 0, 1, "a", "A", "r"),
            Edit("x", 1, 2, "b", "B", "r"),
            Edit("x", 2, 3, "c", "C", "s"),
        ]
    )
    assert [(e.start, e.end, e.after) for e in document.edits] == [(2, 3, "C"), (0, 2, "AB")]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (Edit("x", 0, 1, "b", "", "r"), "does not match"),
        (Edit("x", 0, 9, "abc", "", "r"), "does not match"),
        (Edit("x", 0, 1, "a", "a", "r"), "changes nothing"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(edit, message):
    with pytest.raises(EditError, match=message):
        Document.from_text("abc").apply([edit])


def test_overlapping_edits_are_refused():
    with pytest.raises(EditError, match="overlaps"):
        Document.from_text("abcd").apply(
            [Edit("x", 0, 2, "ab", "", "r"), Edit("x", 1, 3, "bc", "", "s")]
        )


def test_a_log_that_does_not_fit_the_text_is_refused():
    with pytest.raises(EditError, match="does not fit"):
        undo("xyz", [Edit("x", 0, 1, "a", "b", "r")])


def test_fields_and_links_are_edited_and_logged():
    document = Document.from_text("", title="網(wǎng)站", links=[Link("u", "關(guān)於", "next")])
    document = document.apply(
        [
            FieldEdit("title", "note", 1, 7, "(wǎng)", "", "r"),
            FieldEdit("links.0.text", "note", 1, 7, "(guān)", "", "r"),
            FieldEdit("date", "field", 0, 0, "", "2025-08-18", "r"),
        ]
    )
    assert (document.title, document.date, document.links[0].text) == ("網站", "2025-08-18", "關於")
    title_log = [edit for edit in document.field_edits if edit.field == "title"]
    assert undo("網站", title_log) == "網(wǎng)站"


def test_an_unknown_field_is_refused():
    with pytest.raises(EditError, match="no field 'text'"):
        Document.from_text("a").apply([FieldEdit("text", "x", 0, 1, "a", "", "r")])
