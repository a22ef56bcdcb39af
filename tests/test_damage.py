"""The generator of damage: its truth follows from its damage, and its bytes from damage.md."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin.constants import PINYIN_DICT

from benchmarks import forward_bytes, forward_masks, forward_script, score
from benchmarks.bench import Bench, bench_of
from benchmarks.damage import HELD_OUT, KINDS, Article, articles, damage
from benchmarks.measures import MEASURES

ARTICLES = articles()
SOME = ARTICLES[::5]


def test_articles_are_enough_and_sound() -> None:
    assert len(ARTICLES) >= 16
    assert {article.name for article in ARTICLES} > HELD_OUT
    for article in (*ARTICLES, *articles("traditional"), *articles("negative")):
        assert article.title
        # Code and poetry have their own empty lines.
        assert all(article.body) or article.group == "negative", f"{article.name}: empty line"
        assert unicodedata.is_normalized("NFC", article.text)
        assert "\ufffd" not in article.text


@pytest.mark.parametrize("article", ARTICLES, ids=lambda a: a.name)
def test_simplified_articles_hold_no_converted_character(article: Article) -> None:
    """Else the truth of a conversion would not be the article."""
    converted = set(article.text) & (set(forward_script.reverse_table()) - {"著"})
    assert not converted
    assert 500 <= len(article.text) <= 1200


def test_table_maps_one_to_one() -> None:
    table = forward_script.table()
    assert len(set(table.values())) == len(table)
    assert not set(table) & set(table.values()) - {"著"}
    assert [table[c] for c in "着台准网"] == ["著", "臺", "準", "網"]
    assert not set("后于里干系余么只采征制面范") & set(table)


@pytest.mark.parametrize("article", SOME, ids=lambda a: a.name)
@pytest.mark.parametrize("seed", [0, 1, 100])
def test_notes_and_conversion_are_undone_by_the_truth(article: Article, seed: int) -> None:
    made = damage(article, seed, ("notes",))
    text = "\n".join(made.page.body)
    taken = 0
    for char, note in made.truth.note_set.items():
        taken += text.count(char + note)
        text = text.replace(char + note, char)
    back = "".join(forward_script.reverse_table().get(char, char) for char in text)
    # 著 stands for both 着 and 著 on such pages; all else comes back exactly.
    assert back == made.truth.text.replace("著", "着")
    assert 0 < taken <= made.truth.notes


@pytest.mark.parametrize("article", SOME, ids=lambda a: a.name)
def test_a_character_is_annotated_always_or_never_with_its_own_reading(article: Article) -> None:
    made = damage(article, 3, ("notes", "chrome"))
    for char, note in made.truth.note_set.items():
        assert made.text.count(char) == made.text.count(char + note)
        reading = note.strip("()（） ")
        assert reading in unicodedata.normalize("NFC", PINYIN_DICT[ord(char)]).split(",")


@pytest.mark.parametrize(
    ("text", "notes", "damaged"),
    [
        ("因為雞", {"驗": "(yàn)"}, "因?yàn)殡u"),
        ("下撥打擔保人", {"聯": "(lián)", "擔": "(dān)"}, "下?lián)艽驌?dān)保人"),
        ("晚會在“攜", {"頃": "(qǐng)"}, "晚?qǐng)?凇皵y"),
        ("網絡", {"網": "(wǎng)"}, "網(wǎng)絡"),
    ],
)
def test_shifted_notes_look_as_on_real_pages(
    text: str, notes: dict[str, str], damaged: str
) -> None:
    """The three examples of damage.md, section 3, and an aligned note."""
    assert forward_bytes.shift_notes(text, notes) == damaged


def test_decoders_differ_in_how_they_show_a_hole() -> None:
    notes = {"驗": "(yàn)"}
    shown = {hole: forward_bytes.shift_notes("因為雞", notes, hole) for hole in forward_bytes.HOLES}
    assert shown == {
        "?": "因?yàn)殡u",
        "\ufffd": "因\ufffdyàn)殡u",
        "": "因yàn)殡u",
        "keep": "因?(yàn)殡u",
    }


def test_lost_lead_bytes_shift_what_follows() -> None:
    assert forward_bytes.read_gbk(b"?" + "。或許".encode("gbk")[1:]) == "?；蛟S"
    made = [damage(a, seed, ("script", "lead")) for a in ARTICLES for seed in range(4)]
    assert sum(len(d.truth.hurt) for d in made) > 50
    for one in made:
        sound = one.truth.text.split("\n")
        for number, paragraph in enumerate(one.page.body):
            is_hurt = paragraph != forward_script.convert(sound[number])
            assert is_hurt == (number in one.truth.hurt)


@given(st.text(st.characters(codec="gbk", exclude_characters="\r"), max_size=60))
def test_reading_sound_gbk_changes_nothing(text: str) -> None:
    assert forward_bytes.read_gbk(text.encode("gbk")) == text


@pytest.mark.parametrize("kinds", [("stars",), ("blank",), ("deletion",), forward_masks.KINDS])
def test_masks_stand_where_the_truth_says(kinds: tuple[str, ...]) -> None:
    count = 0
    for article in ARTICLES:
        truth = damage(article, 5, kinds).truth
        for mask in reversed(truth.masks):
            assert truth.text[mask.start : mask.end] == mask.shown
            count += 1
        whole = truth.text
        for mask in reversed(truth.masks):
            whole = whole[: mask.start] + mask.word + whole[mask.end :]
        assert whole == truth.whole == article.text
    assert count > 20


def test_blanks_are_trimmed_at_the_edges_of_lines() -> None:
    for article in ARTICLES:
        for line in damage(article, 5, ("blank",)).page.body:
            assert line == line.strip(" ")


@pytest.mark.parametrize("chain", sorted(forward_bytes.CHAINS))
def test_lossless_mojibake_is_told_from_lossy(chain: str) -> None:
    text = "臺灣的鐵路" if chain == "big5 as gbk" else "随着网络的发展，问题也多了。"
    damaged = forward_bytes.CHAINS[chain](text)
    assert damaged != text
    is_lossless = forward_bytes.is_lossless(chain, text)
    undo = {
        "utf8 as cp1252": lambda s: s.encode("cp1252").decode(),
        "utf8 as latin1": lambda s: s.encode("latin-1").decode(),
        "gbk as latin1": lambda s: s.encode("latin-1").decode("gbk"),
        "big5 as gbk": lambda s: s.encode("gbk").decode("cp950"),
        "\\u escapes": lambda s: s.encode("ascii").decode("unicode_escape"),
    }
    if chain in undo and is_lossless and chain != "utf8 as cp1252":
        assert undo[chain](damaged) == text
    if chain in forward_bytes.LOST:
        assert not is_lossless


def test_the_same_seed_gives_the_same_page_and_another_seed_another() -> None:
    kinds = ("header", "chrome", "notes", "half", "stars")
    article = ARTICLES[0]
    assert damage(article, 7, kinds) == damage(article, 7, kinds)
    assert damage(article, 7, kinds).text != damage(article, 8, kinds).text


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_changes_some_article_and_no_kind_changes_none(kind: str) -> None:
    article = next(a for a in ARTICLES if a.name == "collection-calls")
    plain = damage(article, 1, ()).page
    assert "\n".join(plain.body) == article.text
    assert any(damage(a, 1, (kind,)).page.lines() != [a.title, *a.body] for a in ARTICLES)


def test_header_and_chrome_stand_around_the_body() -> None:
    for seed in (0, 1, 2, 100, 101, 102):
        made = damage(ARTICLES[0], seed, ("header", "chrome"))
        lines = [line for line in made.text.split("\n") if line]
        assert lines[0] == made.truth.header
        assert made.truth.title in lines
        start = lines.index(made.truth.text.split("\n")[0])
        assert "\n".join(lines[start:]).startswith(made.truth.text)
        assert all(any(line.endswith(link.text) for line in lines) for link in made.truth.links)
        assert any(made.truth.date[:4] in line for line in lines[:start])


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no such kind of damage: smell"):
        damage(ARTICLES[0], 0, ("smell",))


def slow_distance(first: str, second: str) -> int:
    """Levenshtein's distance by its definition, as a check on the fast one."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        above, row = row, [i]
        for j, b in enumerate(second, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (a != b)))
    return row[-1]


@given(st.text("着著里后x", max_size=12), st.text("着著里后x", max_size=12))
def test_distance_is_levenshtein_s(first: str, second: str) -> None:
    assert score.distance(first, second) == slow_distance(first, second)


def test_alignment_tells_lost_lines_from_damaged_and_added_ones() -> None:
    truth = ["第一段写茶山的早晨。", "第二段写采茶的人。", "第三段写焙火的夜。"]
    got = ["上一篇：别的文章", "第一段写茶山的早晨。", "第三段写焙火旳夜。", "版权所有"]
    alignment = score.align(truth, got)
    assert alignment.extra == ("上一篇：别的文章", "版权所有")
    assert (alignment.exact, alignment.lost, alignment.distance) == (1, 1, 1)


def test_punctuation_counts_right_wrong_and_missing_marks() -> None:
    assert score.punctuation("好，3:2！", "好，3：2!") == (1, 1, 1)
    assert score.punctuation("好，坏！", "另一句") == (0, 0, 2)


def test_notes_that_are_left_are_counted_without_those_of_the_truth() -> None:
    assert score.left_notes("網(wǎng)絡(luò)學(xué)", "学(xué)", ["(wǎng)", "(xué)"]) == 1
    assert score.left_notes("的(de)(de)", "", ["(de)(de)"]) == 2


def test_held_out_benches_share_nothing_with_tuning_benches() -> None:
    tuning, held_out = bench_of(held_out=False), bench_of(held_out=True)
    assert {a.name for a in held_out.articles} == HELD_OUT
    assert not set(tuning.articles) & set(held_out.articles)
    assert not set(tuning.seeds) & set(held_out.seeds)


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_every_measure_runs_and_counts_something(name: str) -> None:
    bench = Bench(ARTICLES[1:3], range(1))
    rows = list(MEASURES[name](bench))
    assert rows
    assert any(row.count for row in rows)
