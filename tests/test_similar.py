"""A crawl for similar articles: what is like the seeds, where it begins, and what it leaves."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from archive.errors import ArchiveError
from archive.hosts import Host
from archive.leases import Lease, Outcome, Target
from archive.pages import Page
from archive.store import open_archive
from archive.why import why
from benchmarks.similar import breadth_first, relevant
from cleaning import Document
from crawler.expect import Expectation, ExpectationError
from crawler.job import CrawlResult
from crawler.ranking import Ranking
from crawler.scope import MIRROR, SAMPLE, WORTH, Scope
from crawler.seeds import SeedError, sorted_seeds
from crawler.topic import RELEVANT, SURE, Topic, pairs
from crawler.traps import BARREN, MOST, Traps
from crawler.yields import Yields
from tests.crawl_world import World, crawl
from tests.served import rows

ARTICLES = Path(__file__).parent.parent / "benchmarks" / "articles"
LOAN = (ARTICLES / "simplified" / "collection-calls.txt").read_text()
TEA = (ARTICLES / "simplified" / "wuyi-tea.txt").read_text()


@pytest.fixture(scope="module")
def world() -> World:
    return World(11, articles=400, topics=10)


def start_of(world: World, topic: int) -> str:
    return world.url(0, f"/a/{world.by_topic[topic][0]}.html")


# -- the profile ---------------------------------------------------------------------------


def test_a_text_is_like_itself_in_either_script_and_not_like_another() -> None:
    topic = Topic([LOAN])
    half = "".join(LOAN.splitlines(keepends=True)[::2])
    assert topic.similarity(LOAN) > 0.9
    assert topic.similarity(half) > SURE
    assert topic.similarity(TEA) < RELEVANT
    assert topic.similarity("") == topic.similarity("no Chinese") == 0.0
    assert pairs("網貸的催收") == pairs("网贷的催收") == ["网贷", "贷的", "的催", "催收"]


def test_the_words_of_a_link() -> None:
    topic = Topic([LOAN])
    on, off = topic.coverage("催收人员能不能打电话给家人"), topic.coverage("武夷岩茶的冲泡方法")
    assert on > 3 * off
    assert topic.coverage("详细") < 0.1
    assert topic.coverage(">>") == topic.coverage("") == 0.0


def test_what_pages_teach_is_judged_by_the_seeds_alone() -> None:
    """A subject that creeps in by pages which have both cannot take over."""
    topic = Topic([LOAN])
    before = topic.similarity(TEA)
    lines, tea = LOAN.splitlines(), TEA.splitlines()
    for n in range(16):
        topic.learn("\n".join([*lines[: 3 + n % 4], *tea]))
    assert topic.learned >= 8
    assert not topic.learn(TEA)
    assert topic.similarity(LOAN) > topic.similarity(TEA)
    assert topic.similarity(TEA) > before  # it has learned what comes with the subject
    assert topic.similarity(LOAN) > 0.7


def test_a_place_is_judged_by_what_it_yielded() -> None:
    yields = Yields()
    nothing_known = yields.of("h/a/N")
    for n in range(10):
        yields.note(f"http://h/a/{n}", True)
        yields.note(f"http://h/b/{n}", False)
    assert yields.of("h/b/N") < 0.1 < nothing_known < 0.7 < yields.of("h/a/N")
    assert 0.4 < yields.of("h") < 0.6


# -- crawling ------------------------------------------------------------------------------


def test_three_times_as_many_similar_pages_as_breadth_first(world: World, tmp_path: Path) -> None:
    seed = start_of(world, 3)
    urls, result = crawl(world, tmp_path / "a.db", seed, similar=True, limit=60)
    similar, _, noise = relevant(world, urls, 3)
    breadth, _, _ = relevant(world, breadth_first(world, seed, 60), 3)
    assert similar >= 3 * breadth
    assert noise <= 5
    assert result.relevant >= similar
    # Every decision keeps its parts, and they make the score.
    for url, score, parts in rows(tmp_path / "a.db", "SELECT url, score, why FROM urls"):
        said = json.loads(parts)
        numbers = [v for k, v in said.items() if isinstance(v, float) and k != "explored"]
        assert sum(numbers) == pytest.approx(score), url


def test_why_a_page_is_there(world: World, tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    seed = start_of(world, 2)
    crawl(world, archive, seed, similar=True, limit=15)
    ((url,),) = rows(
        archive,
        "SELECT url FROM urls WHERE depth > 1 AND relevance > 0.05 ORDER BY depth DESC LIMIT 1",
    )
    db = open_archive(archive, readonly=True)
    lines = list(why(db, url))
    assert lines[0] == url
    found = {line.split()[0] for line in lines[1:]}
    assert {"state", "score", "similarity", "depth", "from", "visit", "document"} <= found
    assert "words" in next(line for line in lines if line.startswith("score"))
    way = [line.split()[1] for line in lines if line.startswith("from")]
    assert way[-1] == seed
    assert any("seed 4" in line for line in why(db, seed))
    with pytest.raises(ArchiveError, match="not known"):
        list(why(db, "http://nowhere.example/"))
    db.close()


def test_stopped_and_again_it_goes_on_with_what_it_knew(world: World, tmp_path: Path) -> None:
    archive, seed = tmp_path / "a.db", start_of(world, 4)
    first, _ = crawl(world, archive, seed, similar=True, limit=20)
    second, _ = crawl(world, archive, seed, similar=True, limit=20)
    assert not set(first) & set(second)
    on, copies, _ = relevant(world, second, 4)
    assert on + copies >= 10
    assert rows(archive, "SELECT count(*) FROM topics") == [(1,)]


def test_a_document_a_file_and_a_query_are_seeds_too(world: World, tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    crawl(world, archive, world.url(0, "/list/0.html"), limit=60)  # something of all subjects
    number, url = rows(archive, "SELECT id, url FROM documents WHERE url LIKE '%/a/%'")[0]
    topic = world.truth[url].topic
    assert topic is not None
    text = tmp_path / "text.txt"
    text.write_text("\n".join(world.paragraphs(world.by_topic[topic][-1])))
    shares = []
    for seed in (str(number), str(text), " ".join(world.words[topic][:12])):
        copy = tmp_path / "copy.db"
        with sqlite3.connect(archive) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        urls, _ = crawl(world, copy, seed, similar=True, limit=10)
        on, copies, _ = relevant(world, urls, topic)
        shares.append(on + copies)
        for path in tmp_path.glob("copy.db*"):
            path.unlink()
    assert min(shares) >= 4  # one in ten by chance: 1
    with pytest.raises(SeedError, match="no document 9999"):
        crawl(world, archive, "9999", similar=True)
    with pytest.raises(SeedError, match="nothing on this yet"):
        crawl(world, archive, "魑魅魍魉", similar=True)
    with pytest.raises(SeedError, match="no Chinese words"):
        crawl(world, archive, "hello world", similar=True)
    with pytest.raises(ArchiveError, match="no such archive"):
        crawl(world, tmp_path / "none.db", "催收", similar=True)


def test_seeds_by_their_sort(tmp_path: Path) -> None:
    file = tmp_path / "a.example"
    file.write_text("催收")
    found = sorted_seeds(
        ["http://h.example/", "h.example/a", "7", str(file), "网贷 催收"], similar=True
    )
    assert found.urls == ("http://h.example/", "http://h.example/a")
    assert found.likes == ("7", str(file), "网贷 催收")
    assert sorted_seeds(["h.example"], similar=False).urls == ("http://h.example/",)
    with pytest.raises(SeedError, match="ftp"):
        sorted_seeds(["ftp://h/"], similar=True)


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ({"pages": SAMPLE, "documents": SAMPLE, "copies": int(MIRROR * SAMPLE), "relevant": SAMPLE}, "a mirror"),
        ({"pages": SAMPLE, "documents": SAMPLE, "copies": int(MIRROR * SAMPLE) - 1, "relevant": SAMPLE}, None),
        ({"pages": SAMPLE, "documents": SAMPLE, "copies": 0, "relevant": int(WORTH * SAMPLE) - 1}, "are similar"),
        ({"pages": SAMPLE - 1, "documents": SAMPLE - 1, "copies": SAMPLE - 1, "relevant": 0}, None),
    ],
)  # fmt: skip
def test_a_host_that_no_seed_named_is_left_after_a_sample(
    counts: dict[str, int], reason: str | None
) -> None:
    scope = Scope(["http://own.example/"])
    scope.open([])
    numbers = {
        "crawl_delay": None,
        "robots_status": 200,
        "robots_at": 0.0,
        "next_at": 0.0,
        "failures": 0,
        "bytes": 0,
    }
    found = scope.full(Host(1, "other.example", **numbers, **counts))  # type: ignore[arg-type]
    assert (found is None) if reason is None else (reason in str(found))
    assert scope.full(Host(1, "own.example", **numbers, **counts)) is None  # type: ignore[arg-type]


def test_a_mirror_is_sampled_and_kept_as_copies(tmp_path: Path) -> None:
    world = World(12, articles=90, topics=1, noise=0.0)
    archive = tmp_path / "a.db"
    crawl(world, archive, world.url(0, "/a/1.html"), similar=True)
    ((own, mirror),) = rows(
        archive,
        "SELECT sum(url LIKE '%site.example%'), sum(url LIKE '%mirror.example%') FROM pages",
    )
    assert own >= 90
    assert SAMPLE <= mirror <= SAMPLE + 5
    assert rows(archive, "SELECT count(*) FROM clusters WHERE size >= 2")[0][0] >= SAMPLE - 5


def test_another_host_needs_evidence_and_there_is_an_end_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ranking = Ranking(Topic([LOAN]))
    good = ranking.link("http://x.example/a/1.html", "催收人员频繁拨打电话违法吗", "", None, 0.2)
    bad = ranking.link("http://x.example/a/1.html", "精彩推荐", "", None, 0.2)
    assert ranking.is_evident(good)
    assert not ranking.is_evident(bad)
    scope = Scope(["http://own.example/"])
    assert not scope.admit("http://x.example/")
    scope.open([])
    assert scope.admit("http://x.example/")
    monkeypatch.setattr("crawler.scope.MAX_HOSTS", len(scope.hosts))
    assert not scope.admit("http://y.example/")
    assert scope.refusal("http://10.0.0.1/") == "private address"


# -- traps ---------------------------------------------------------------------------------


def visited(url: str, text: str, *targets: str) -> Outcome:
    lease = Lease(1, url, 1, "h", 1.0, 1, 0, 0, 0.0)
    page = Page(url, "2026-01-01T00:00:00+00:00", 200, [], "utf-8", b"")
    document = Document.from_text(text) if text else None
    links = [Target(target, "h", 1.0, 2) for target in targets]
    return Outcome(lease, "done", status=200, page=page, document=document, targets=links)


def test_pages_of_one_shape_that_bring_nothing_new_are_a_trap() -> None:
    traps = Traps()
    for n in range(BARREN + 1):
        assert traps.refusal(f"http://h/x/{n}.html") is None
        traps.note(visited(f"http://h/x/{n}.html", f"没有这一页，编号{n}。"))
        traps.note(visited(f"http://h/cal/{n}", "", f"http://h/cal/{n + 1}"))
        traps.note(visited(f"http://h/a/{n}.html", f"{chr(0x4E00 + n)}的故事"))
        traps.note(
            visited(
                f"http://h/list/{n}.html", "", f"http://h/a/{n}.html", f"http://h/list/{n + 1}.html"
            )
        )
    assert "nothing new" in str(traps.refusal("http://h/x/999.html"))
    assert "nothing new" in str(traps.refusal("http://h/cal/999"))
    assert traps.refusal("http://h/a/999.html") is None
    assert traps.refusal("http://h/list/999.html") is None
    assert traps.refusal("http://other/x/999.html") is None


def test_a_calendar_has_an_end_whatever_it_says() -> None:
    traps = Traps()
    for n in range(MOST):
        traps.note(visited(f"http://h/calendar/{n}", f"{chr(0x4E00 + n)}{chr(0x5E00 + n)}"))
        traps.note(visited(f"http://h/a/{n}.html", f"{chr(0x4E00 + n)}{chr(0x5E00 + n)}"))
    assert str(MOST) in str(traps.refusal("http://h/calendar/1"))
    assert traps.refusal("http://h/a/1.html") is None


# -- expectations --------------------------------------------------------------------------


def test_what_is_expected_of_a_crawl() -> None:
    result = CrawlResult(100, 90, 3, 0, 100, "finished", 1.5)
    assert Expectation.of("pages>=100").failure(result) is None
    assert Expectation.of(" failed < 5 ").failure(result) is None
    assert Expectation.of("pages == 100").failure(result) is None
    assert Expectation.of("pages>100").failure(result) == "expected pages > 100, got 100"
    for wrong in ("pages", "pages>", "page>1", "pages>x", "pages=>1"):
        with pytest.raises(ExpectationError):
            Expectation.of(wrong)
