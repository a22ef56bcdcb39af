"""Lines that repeat on the pages of one site go, the same ones however a run was cut up."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import ingest as ingest_module
from archive.ingest import ingest
from archive.reclean import reclean
from archive.store import open_archive
from cleaning.document import Document
from cleaning.dumps import run as run_module
from cleaning.dumps import shards, stream
from cleaning.dumps.engines import Local
from cleaning.dumps.items import Settings
from cleaning.dumps.progress import Report, Source
from cleaning.dumps.run import clean_to_file
from cleaning.dumps.site_pass import count_sites
from cleaning.dumps.sources import input_files
from cleaning.pipeline import STEPS, clean, steps_of_site
from cleaning.rules import load_patterns
from cleaning.site_counter import SiteCounter
from cleaning.site_lines import FOLD, Statistics, folded, line_key, line_keys
from cleaning.steps.site_chrome import RULE, remove_site_lines

TOPICS = (
    "红茶",
    "绿茶",
    "白茶",
    "花茶",
    "砖茶",
    "普洱",
    "乌龙",
    "岩茶",
    "龙井",
    "毛尖",
    "黄茶",
    "云雾",
)
CASES = json.loads((Path(__file__).parent / "cases/site_lines.json").read_text("utf-8"))


ONE_LINE = st.text(st.characters(exclude_characters="\n") | st.sampled_from("İ１２3(wǎng)網著"))


@given(st.lists(ONE_LINE, max_size=8))
def test_lines_are_folded_together_as_one_by_one(lines: list[str]) -> None:
    assert folded(lines) == [line.translate(FOLD) for line in lines]
    assert line_keys(lines) == [line_key(line) for line in lines]


def body(topic: str, number: int) -> list[str]:
    """An article of its own for each topic."""
    return [
        f"{topic}的来历",
        f"{topic}在第{number}年传到山外，那时的人用竹篓背着它走很远的路，到镇上换盐和布。",
        f"后来路修好了，{topic}一车一车地运出去，老人说起从前背篓的日子，还会笑。",
    ]


def filled(lines: list[str], number: int) -> list[str]:
    return [line.format(n=number, topic=TOPICS[number % len(TOPICS)]) for line in lines]


def pages_of(case: dict[str, Any]) -> list[tuple[str, str]]:
    """Each page of a case's site, and what should be left of it."""
    found = []
    for number in range(case.get("pages", 12)):
        even = number % 2 == 0
        head = case.get("head_of_even", case["head"]) if even else case["head"]
        tail = case.get("tail_of_even", case["tail"]) if even else case["tail"]
        own = body("沱茶", 1) if case.get("copies") else body(TOPICS[number], number)
        stays = case.get("stays")
        above = [line for line in head if stays or line in case.get("stays_above", ())]
        below = [line for line in tail if stays or line in case.get("stays_below", ())]
        found.append(
            (
                "\n".join([*filled(head, number), *own, *filled(tail, number)]),
                "\n".join([*filled(above, number), *own, *filled(below, number)]),
            )
        )
    return found


def statistics_of(pages: list[str], site: str = "a.example") -> Statistics:
    counter = SiteCounter()
    for page in pages:
        counter.add(site, page)
    return counter.statistics()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_case(case: dict[str, Any]) -> None:
    pages = pages_of(case)
    lines = statistics_of([raw for raw, _ in pages]).lines("a.example")
    steps = [remove_site_lines(lines)] if lines else []
    for raw, left in pages:
        document = clean(Document.from_text(raw, title=case.get("title")), steps)
        assert document.text.rstrip("\n") == left
        assert document.raw == raw
        assert {edit.rule for edit in document.edits} <= {RULE}
        assert clean(document, steps) == document


@pytest.mark.parametrize("pattern", load_patterns("site_lines"), ids=lambda found: found.rule)
def test_a_pattern_passes_its_examples(pattern: Any) -> None:
    assert pattern.match
    assert pattern.no_match
    assert pattern.action == "anchor"
    assert [line for line in pattern.match if not pattern.regex.fullmatch(line)] == []
    assert [line for line in pattern.no_match if pattern.regex.fullmatch(line)] == []


def test_patterns_are_sorted() -> None:
    rules = [pattern.rule for pattern in load_patterns("site_lines")]
    assert rules == sorted(rules)


def test_a_page_of_nothing_but_menus_stays() -> None:
    menu = "网站首页\n理财知识\n联系我们"
    pages = [f"{menu}\n" + "\n".join(body(topic, n)) for n, topic in enumerate(TOPICS)]
    lines = statistics_of(pages).lines("a.example")
    assert lines is not None
    document = Document.from_text(menu)
    assert clean(document, [remove_site_lines(lines)]).text == menu


def test_all_steps_find_the_title_that_the_menu_hid() -> None:
    pages = [raw for raw, _ in pages_of(CASES[0])]
    lines = statistics_of(pages).lines("a.example")
    document = clean(Document.from_text(pages[3]), steps_of_site(lines))
    assert document.title == f"{TOPICS[3]}的来历"
    assert document.text.startswith(TOPICS[3])
    assert document.is_intact
    assert steps_of_site(None) == STEPS


def test_the_rule_can_be_switched_off() -> None:
    pages = [raw for raw, _ in pages_of(CASES[0])]
    lines = statistics_of(pages).lines("a.example")
    document = clean(Document.from_text(pages[3]), steps_of_site(lines), without=[RULE])
    assert "网站首页" in document.text


# Counting


texts = st.lists(st.sampled_from(["网站首页", "联系我们", "今天\r\n", "茶" * 70 + "。", "", "第1页", "(wǎng)", "\ud800"]), max_size=8)  # fmt: skip
sites = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 40), texts), max_size=60)


@given(sites, st.integers(0, 60), st.randoms(use_true_random=False))
def test_statistics_do_not_depend_on_order_or_parts(
    pages: list[tuple[str, int, list[str]]], cut: int, random: Any
) -> None:
    """With a limit so low that samples shrink and sites are left out."""
    shuffled = random.sample(pages, len(pages))
    counters = [SiteCounter(most_pages=10) for _ in range(3)]
    for counter, some in zip(counters, (pages, shuffled[:cut], shuffled[cut:]), strict=True):
        for site, number, lines in some:
            counter.add(
                site,
                "\n".join(
                    [
                        *lines,
                        f"第{'一二三四五六七八九十'[number % 10]}{'甲乙丙丁'[number // 10 % 4]}篇"
                        * 12,
                    ]
                ),
            )
    whole, first, second = counters
    first.merge(second)
    assert first.statistics() == whole.statistics()


def test_a_large_site_is_sampled_and_a_large_input_stays_small() -> None:
    counter = SiteCounter(most_pages=200)
    for number in range(3000):
        own = f"{number:05d}".translate(str.maketrans("0123456789", "甲乙丙丁戊己庚辛壬癸"))
        counter.add(f"{number % 3}.example", f"网站首页\n{own * 9}")
    lines = [counter.statistics().lines(f"{n}.example") for n in range(3)]
    found = next(one for one in lines if one is not None)
    assert 32 <= found.pages <= 200
    assert found.share_at_head("网站首页") == 1.0


@given(st.text(max_size=300))
def test_any_text_comes_back(text: str) -> None:
    pages = [raw for raw, _ in pages_of(CASES[1])]
    lines = statistics_of([*pages, text]).lines("a.example")
    assert lines is not None
    step = remove_site_lines(lines)
    for raw in (text, f"{pages[0]}\n{text}", f"{text}\n{pages[0]}"):
        document = clean(Document.from_text(raw), [step])
        assert document.raw == raw
        assert clean(document, [step]) == document


# Runs


def write_site(folder: Path, count: int = 12) -> Source:
    """A folder of texts, and records of another site, some of which name none."""
    (folder / "texts").mkdir(parents=True)
    pages = [raw for raw, _ in pages_of(CASES[1])][:count]
    for number, page in enumerate(pages):
        (folder / "texts" / f"{number:02d}.txt").write_text(page)
    records = [
        {"id": n, "text": page, **({"url": f"http://www.b.example/{n}"} if n % 4 < 3 else {})}
        for n, page in enumerate(pages)
    ]
    (folder / "b.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return Source(*input_files([str(folder)], lambda: pytest.fail("no standard input")))


def texts_in(out: Path) -> list[str]:
    return [json.loads(line)["text"] for line in out.read_bytes().splitlines()]


def fork(action: Callable[[], object]) -> int:
    """Run an action in a child, and tell its exit status."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_after(count: int) -> Report:
    """A report in which the process dies, as by kill -9, behind so many shards."""
    left = iter(range(count))
    return Report(
        on_progress=lambda progress: None if next(left, None) is not None else os._exit(9)
    )


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SMALLEST", 600)


@pytest.mark.usefixtures("small_shards")
def test_a_run_counts_first_and_keeps_what_it_counted(tmp_path: Path) -> None:
    source = write_site(tmp_path / "in")
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    clean_to_file(source, one, Settings(), "jsonl")
    found = texts_in(one)
    without_site = found[3:12:4]
    assert all("400-800-1234" in text for text in without_site), "no URL, no site"
    assert not any("400-800-1234" in text for text in found if text not in without_site)
    clean_to_file(source, two, Settings(), "jsonl", engine=Local(2))
    assert one.read_bytes() == two.read_bytes()
    streamed = [bytearray(), bytearray()]
    for workers, taken in zip((1, 2), streamed, strict=True):
        stream.clean_to_stream(source, Settings(), "jsonl", taken.extend, Report(), Local(workers))
        assert bytes(taken) == one.read_bytes()
    for kill_at in range(7):
        out = tmp_path / f"killed{kill_at}.jsonl"
        report = killed_after(kill_at)
        status = fork(lambda out=out, report=report: clean_to_file(source, out, Settings(), "jsonl", report=report))  # type: ignore[misc]  # fmt: skip
        assert status == 9
        clean_to_file(source, out, Settings(), "jsonl", engine=Local(1 + kill_at % 2))
        assert out.read_bytes() == one.read_bytes()


@pytest.mark.usefixtures("small_shards")
def test_a_run_that_goes_on_does_not_count_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_site(tmp_path / "in")
    out = tmp_path / "o.jsonl"
    assert (
        fork(lambda: clean_to_file(source, out, Settings(), "jsonl", report=killed_after(1))) == 9
    )
    monkeypatch.setattr(run_module, "count_sites", lambda *_: pytest.fail("counted again"))
    clean_to_file(source, out, Settings(), "jsonl")
    assert sum("400-800-1234" not in text for text in texts_in(out)) == 21


def test_too_few_pages_and_the_switch(tmp_path: Path) -> None:
    seven = write_site(tmp_path / "seven", 7)
    clean_to_file(seven, tmp_path / "seven.jsonl", Settings(), "jsonl")
    assert all("400-800-1234" in text for text in texts_in(tmp_path / "seven.jsonl"))
    twelve = write_site(tmp_path / "twelve")
    off = Settings(site_lines=False)
    clean_to_file(twelve, tmp_path / "off.jsonl", off, "jsonl")
    assert all("400-800-1234" in text for text in texts_in(tmp_path / "off.jsonl"))
    assert not count_sites(twelve.files, off).packed
    assert set(count_sites(twelve.files, Settings()).packed) == {"b.example", "folder twelve/texts"}


def rows(path: Path) -> list[Any]:
    db = sqlite3.connect(path)
    found = db.execute(
        "SELECT source_id, title, text, raw_sha256 FROM documents ORDER BY input_file, input_record"
    ).fetchall()
    db.close()
    return found


@pytest.mark.usefixtures("small_shards")
def test_an_archive_keeps_what_a_run_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_site(tmp_path / "in")
    one, two, killed = tmp_path / "one.db", tmp_path / "two.db", tmp_path / "killed.db"
    ingest(source, one, Settings())
    assert sum("400-800-1234" not in row[2] for row in rows(one)) == 21
    ingest(source, two, Settings(), engine=Local(2))
    assert rows(two) == rows(one)
    assert fork(lambda: ingest(source, killed, Settings(), report=killed_after(2))) == 9
    monkeypatch.setattr(ingest_module, "count_sites", lambda *_: pytest.fail("counted again"))
    ingest(source, killed, Settings())
    assert rows(killed) == rows(one)


def test_recleaning_counts_the_documents_of_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    ingest(write_site(tmp_path / "in"), path, Settings())
    before = rows(path)
    db = open_archive(path)
    again = reclean(db, rules="those of another version")
    assert (again.documents, again.changed, again.failed) == (24, 0, ())
    assert rows(path) == before
    off = reclean(db, rules="those of a third", site_lines=False)
    assert off.changed == 21
    assert all("400-800-1234" in row[2] for row in rows(path))
    db.close()
