"""One spelling for each URL, what its shape says, and which URLs a crawl may fetch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scrapy import Request

from crawler.scope import MAX_DEPTH, Scope
from crawler.urls import (
    MAX_LENGTH,
    _made_canonical,
    canonical,
    host_of,
    is_trap,
    shape_score,
)

CASES = json.loads((Path(__file__).parent / "cases/crawl_urls.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES["canonical"], ids=lambda case: case["url"])
def test_canonical(case: dict[str, Any]) -> None:
    encoding = case.get("encoding", "utf-8")
    assert canonical(case["url"], case["base"], encoding) == case["expected"], case["why"]


hrefs = st.one_of(
    st.text(max_size=40),
    st.text("abAB中贷/.:?#&=%~20 \t[]@;", max_size=40),
    st.builds(
        "http://{}/{}".format, st.from_regex(r"[a-zA-Z0-9.-]{1,20}", fullmatch=True), st.text()
    ),
)


@given(hrefs, st.sampled_from(["utf-8", "gb18030", "big5hkscs"]))
def test_canonical_is_stable_and_scrapy_sends_it_as_it_is(href: str, encoding: str) -> None:
    url = canonical(href, "http://site.example/a/b.html", encoding)
    if url is not None:
        assert canonical(url) == url
        assert Request(url).url == url
        assert host_of(url)


plain = st.from_regex(
    r"https?://[a-z0-9.-]{1,70}/[a-zA-Z0-9._~/-]{0,20}(\?[a-z0-9._~=&/?-]{0,9})?", fullmatch=True
)


@given(plain)
@example("http://site.example/a/../b")
@example("http://site.example/a/.html")
@example("http://site.example//a")
@example("http://site.example/a?")
@example("http://a..b/")
def test_what_is_taken_as_it_stands_would_not_be_changed(url: str) -> None:
    assert canonical(url) == _made_canonical(url, None, "utf-8")


@pytest.mark.parametrize("case", CASES["traps"], ids=lambda case: case["url"])
def test_traps(case: dict[str, Any]) -> None:
    assert is_trap(case["url"]) is case["expected"], case["why"]


def test_an_endless_address_is_a_trap() -> None:
    start = "http://site.example/"
    assert not is_trap(start.ljust(MAX_LENGTH, "a"))
    assert is_trap(start.ljust(MAX_LENGTH + 1, "a"))


@pytest.mark.parametrize("case", CASES["order"], ids=lambda case: case["better"])
def test_articles_before_lists_before_calendars(case: dict[str, Any]) -> None:
    assert shape_score(case["better"]) > shape_score(case["worse"]), case["why"]


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("http://site.example/a", None),
        ("https://site.example/a", None),
        ("http://www.site.example/a", None),
        ("http://other.example/a", "other host"),
        ("http://site.example.other.example/a", "other host"),
        ("http://site.example:8080/a", "other host"),
        ("http://site.example/photo.JPG", "not a page"),
        ("http://site.example/a.tar.gz", "not a page"),
        ("http://site.example/a.shtml", None),
        ("http://site.example/a.php?file=b.zip", None),
        ("http://site.example/x/a/x/a/x/a", "trap"),
    ],
)
def test_scope(url: str, refusal: str | None) -> None:
    scope = Scope(["http://site.example/"])
    assert scope.refusal(url) == refusal
    if refusal is None:
        assert scope.refusal(url, MAX_DEPTH + 1) == "too deep"


@pytest.mark.parametrize(
    ("host", "allowed", "refusal"),
    [
        ("127.0.0.1", [], "private address"),
        ("127.0.0.1:8080", [], "private address"),
        ("127.0.0.1:8080", ["127.0.0.1"], None),
        ("127.0.0.1:8080", ["127.0.0.1:8080"], None),
        ("127.0.0.1:8080", ["127.0.0.1:9090"], "private address"),
        ("127.0.0.1", ["127.0.0.2"], "private address"),
        ("10.1.2.3", [], "private address"),
        ("169.254.169.254", [], "private address"),
        ("[::1]", [], "private address"),
        ("[::1]:8080", ["[::1]:8080"], None),
        ("[::ffff:10.0.0.1]", [], "private address"),
        ("8.8.8.8", [], None),
        ("name.example", [], None),
    ],
)
def test_private_hosts_need_a_word(host: str, allowed: list[str], refusal: str | None) -> None:
    url = f"http://{host}/"
    assert Scope([url], allowed).refusal(url) == refusal
