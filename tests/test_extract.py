"""HTML to text, fields and links: pages written for it, and the floor on real ones."""

from __future__ import annotations

import json
import statistics
import tracemalloc
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaning.extract import Extracted, PageLink, extract, page_links
from cleaning.normal_view import normal_view

HERE = Path(__file__).parent
REAL_PAGES = HERE.parent / "../shared/data/pages-zh-dev.jsonl.zst"


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((HERE / "cases" / name).read_text("utf-8"))
    return found


def by_label(case: dict[str, Any]) -> str:
    return str(case["label"])


@pytest.mark.parametrize("case", cases("extract.json"), ids=lambda case: case["page"])
def test_page(case: dict[str, Any]) -> None:
    html = (HERE / "pages" / case["page"]).read_text("utf-8")
    page = extract(html, case["url"])
    assert {
        "title": page.title,
        "date": page.date,
        "published_at": page.published_at,
        "site": page.site,
        "source": page.source,
        "author": page.author,
        "text": page.text.split("\n"),
        "links": [[link.kind, link.url, link.text] for link in page.links],
        "labels": [[label.kind, label.value] for label in page.labels],
    } == case["expected"]


@pytest.mark.parametrize("case", cases("extract_fragments.json"), ids=by_label)
def test_text(case: dict[str, Any]) -> None:
    assert extract(case["html"]).text.split("\n") == case["text"]


@pytest.mark.parametrize("case", cases("extract_titles.json"), ids=by_label)
def test_title_and_site(case: dict[str, Any]) -> None:
    page = extract(case["html"])
    assert (page.title, page.site) == (case["title"], case["site"])
    if "text" in case:
        assert page.text.split("\n") == case["text"]


@pytest.mark.parametrize("case", cases("extract_fields.json"), ids=by_label)
def test_fields(case: dict[str, Any]) -> None:
    html = (
        "<title>雨后的菜园</title><h1>雨后的菜园</h1>"
        f"<div class=x>{case['line']}</div><div><p>雨停了，菜园里全是水，菜叶发亮。</p></div>"
    )
    page = extract(html)
    found = {name: getattr(page, name) for name in ("date", "published_at", "source", "author")}
    assert found == {name: case[name] for name in found}
    assert page.text == "雨停了，菜园里全是水，菜叶发亮。"


def test_a_program_is_no_author() -> None:
    page = "<meta name=author content='{}'><h1>雨后</h1><p>雨停了，菜园里全是水，菜叶发亮。</p>"
    assert extract(page.format("Discuz! Team and Comsenz UI Team")).author is None
    assert extract(page.format("林一山")).author == "林一山"


def test_deep_nesting_needs_no_recursion() -> None:
    deep = "<div>" * 100_000
    assert extract(f"<body>{deep}<p>很深，很深。</p>").text == "很深，很深。"
    assert extract("<b>" * 20_000 + "很深，很深。").text == "很深，很深。"


def test_a_flood_of_markup_is_cut_and_labelled() -> None:
    page = extract("<h1>很长的一页</h1>" + "<p>字" * 300_000)
    assert page.text.count("字") == 249_998  # the heading is two tags
    assert [label.value for label in page.labels if label.kind == "cut"] == [
        "the page is too large; its end was not read"
    ]
    assert not any(label.kind == "cut" for label in extract("<p>字" * 1000).labels)


@given(
    st.text(
        st.sampled_from("<>/&;=\"'! divpatbrescriptylhf上一篇：其他文章，。来源2020-1年月\n\0"),
        max_size=300,
    )
)
def test_no_markup_raises(html: str) -> None:
    page = extract(html, "http://example.com/a/")
    assert isinstance(page, Extracted)
    assert "\n\n" not in page.text
    page_links(html, "http://example.com/a/")


def test_page_links_are_absolute_and_each_once() -> None:
    html = (
        '<base href="/b/"><a href="x.html#top">甲</a><a href="x.html">乙</a><a href="#here">丙</a>'
        '<a href="javascript:void(0)">丁</a><a href="mailto:a@example.com">戊</a>'
        '<a href="http://[broken">己</a><a href="//other.example/y"><img alt="图"></a>'
        '<a href="//other.example/y">庚</a><map><area href="/z"></map>'
    )
    assert page_links(html, "http://example.com/a/1.html") == [
        PageLink("http://example.com/b/x.html", "甲"),
        PageLink("http://other.example/y", "庚"),
        PageLink("http://example.com/z", ""),
    ]


def test_neighbours_in_one_line_and_a_list_in_its_headings_line() -> None:
    html = (
        "<div><p>雨停了，菜园里全是水，菜叶发亮。</p><p>蜗牛出来了，慢慢地爬。</p>"
        '<p>上一篇：<a href="/1">播种</a> 下一篇：<a href="/3">收获</a></p>'
        '<p>相关文章：<a href="/7">除草</a> <a href="/8">搭架</a></p></div>'
    )
    page = extract(html, "http://example.com/2")
    assert [(link.kind, link.url, link.text) for link in page.links] == [
        ("previous", "http://example.com/1", "播种"),
        ("next", "http://example.com/3", "收获"),
        ("related", "http://example.com/7", "除草"),
        ("related", "http://example.com/8", "搭架"),
    ]
    assert page.text == "雨停了，菜园里全是水，菜叶发亮。\n蜗牛出来了，慢慢地爬。"


def test_japanese_is_labelled() -> None:
    sentence = "雨がやみました。畑には水がたまり、野菜の葉が光っています。"
    page = extract(f"<article><p>{sentence * 6}</p></article>")
    assert [label.value for label in page.labels if label.kind == "language"] == ["ja"]
    assert sentence in page.text


def test_the_view_leads_back_to_the_original() -> None:
    view = normal_view("來(lái)源：互聯網(wǎng) 作者(編)")
    assert view.text == "来源:互联网 作者(编)"
    start = view.text.index("互")
    assert view.cut(start, start + 3) == "互聯網(wǎng)"
    assert view.cut(0, len(view.text)) == view.original


@given(st.text(st.sampled_from("網来(wǎng)（ái ）：x"), max_size=40))
def test_the_view_cut_whole_is_the_original(text: str) -> None:
    view = normal_view(text)
    assert view.cut(0, len(view.text)) == text


def bigrams(text: str) -> Counter[str]:
    han = [char for char in text if "\u4e00" <= char <= "\u9fff"]
    return Counter(a + b for a, b in pairwise(han))


def f1(found: str, marked: str) -> float:
    ours, gold = bigrams(found), bigrams(marked)
    return 2 * sum((ours & gold).values()) / max(1, sum((ours + gold).values()))


@pytest.mark.skipif(
    not REAL_PAGES.exists(), reason="needs ../shared/data/pages-zh-dev.jsonl.zst (real pages)"
)
def test_floor_on_real_pages() -> None:
    data = zstandard.ZstdDecompressor().decompressobj().decompress(REAL_PAGES.read_bytes())
    records = [json.loads(line) for line in data.decode("utf-8").splitlines()]
    scores = {}
    pages = {}
    for record in records:
        pages[record["key"]] = page = extract(record["html"])
        scores[record["key"]] = f1(page.text, record["text"])
    assert statistics.mean(scores.values()) >= 0.98
    assert min(scores.values()) >= 0.8, sorted(scores.items(), key=lambda item: item[1])[:3]
    assert all(page.title and page.date for page in pages.values())


def test_frames_refreshes_and_capitals_are_links_too() -> None:
    html = (
        "<meta http-equiv=Refresh content=\"0; URL='/moved.html'\"><meta name=a content='0;url=/no'>"
        '<p><a href="HTTP://Other.example/甲">甲</a><iframe src="in.html"></iframe>'
        '<iframe src="about:blank"></iframe></p>'
    )
    assert page_links(html, "https://example.com/a/") == [
        PageLink("https://example.com/moved.html", ""),
        PageLink("http://Other.example/甲", "甲"),
        PageLink("https://example.com/a/in.html", ""),
    ]
    frames = '<frameset><frame src="/left"><frame src="/right"></frameset>'
    assert [link.url for link in page_links(frames, "http://example.com/")] == [
        "http://example.com/left",
        "http://example.com/right",
    ]
    assert extract(frames).text == ""


@pytest.mark.parametrize(
    ("other", "date"),
    [
        ("<p>更新于 2021-03-04</p>", "2021-03-04"),
        ("<p>更新于 2021-03-05</p>", None),
        ("<p>更新于 2021-03-04，2020-03-04</p>", None),
        ("", None),
    ],
)
def test_a_date_without_a_year(other: str, date: str | None) -> None:
    page = extract(
        "<h1>雨后的菜园</h1><div>发布时间：03-04 09:05</div><div><p>雨停了，菜园里全是水，菜叶发亮。</p></div>"
        + f"<footer>{other}</footer>"
    )
    assert page.date == date
    assert page.published_at == (f"{date}T09:05:00" if date else None)


@pytest.mark.parametrize(
    ("sheet", "names", "is_shown"),
    [
        (".x{display:none}", "class=x", False),
        ("#x { position:absolute; left:-9999px }", "id=x", False),
        (".a, div.x{font-size:0}", "class='b x'", False),
        (".x{display:none} .x{display:block}", "class=x", True),
        ("@media print{.x{display:none}}", "class=x", True),
        (".menu .x{display:none}", "class=x", True),
        ("/* .x{display:none} */", "class=x", True),
        (".x{display:none}", "class=x style='display:block'", True),
        ("", "style", True),
        (".x{left:-999px;color:red}", "class=x", True),
    ],
)
def test_a_sheet_hides(sheet: str, names: str, is_shown: bool) -> None:
    html = (
        f"<style>{sheet}</style><p>雨停了，菜园里全是水，菜叶发亮。</p><div {names}>好运来，好运来，天天都来，快来。</div>"
        "<p>蜗牛出来了，慢慢地爬，爬上了菜叶。</p>"
    )
    page = extract(html)
    assert ("好运来" in page.text) is is_shown
    assert "蜗牛" in page.text


def test_text_of_no_size_shows_where_a_size_is_set() -> None:
    html = "<style>.x{font-size:0}</style><div class=x>暗处，暗处。<p style='font-size:14px'>雨停了，菜园里全是水。</p></div>"
    assert extract(html).text == "雨停了，菜园里全是水。"


PARTS = (
    "<p>", "</p>", "<div class='article content'>", "</div>", "<table><tr><td>", "</table>", "<a href=/1>",
    "</a>", "<a href='HTTP://[x'>", "<style>.x{display:none", "}</style>", "<script>", "</script>", "<title>",
    "<h1>", "<template>", "<svg><title>", "<frameset>", "<body>", "<pre>\n", "<br>", "<p class=x style=font-size:0>",
    "<base href='//'>", "<meta property=og:site_name content='网'>", "<!--", "-->", "<![CDATA[", "&#0;", "&#xD800;",
    "雨停了，菜园里全是水。", "来源：", "作者：(编", "上一篇：", "相关文章", "发布时间：02-30", "2020-02-30", "位置：甲>",
    "© 甲网 版权所有", "_", "-", "網(wǎng)", "（", "\ud800", "\0", "\u3000", " ", "x" * 50,
)  # fmt: skip


@given(
    st.lists(st.sampled_from(PARTS), max_size=40),
    st.sampled_from((None, "http://a.cn/1", "http://[")),
)
def test_no_mixture_of_parts_raises(parts: list[str], url: str | None) -> None:
    html = "".join(parts)
    assert isinstance(extract(html, url), Extracted)
    page_links(html, url)


@given(
    st.sampled_from(sorted((HERE / "pages").glob("*.html"))),
    st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 40), st.sampled_from(PARTS)), max_size=8
    ),
)
@settings(max_examples=60)
def test_no_broken_page_raises(path: Path, cuts: list[tuple[int, int, str]]) -> None:
    html = path.read_text("utf-8")
    for start, size, part in cuts:
        at = start % max(1, len(html))
        html = html[:at] + part + html[at + size :]
    page = extract(html, "http://example.com/")
    assert "\n\n" not in page.text


def test_huge_names_and_deep_pages_stay_cheap_in_memory() -> None:
    tracemalloc.start()
    page = extract("<div>" * 200_000 + "很深，很深。")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert page.text == "很深，很深。"
    assert peak < 100_000_000
    assert extract(f"<p class='{'x ' * 200_000}'>很深，很深。</p>").text == "很深，很深。"
