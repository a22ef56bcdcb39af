"""The bundled demo: in step with its generator, complete, served as promised."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest

from benchmarks import make_demo
from crawler.demo import CONTENT_TYPES, DUMP, SHOWCASE, SITE
from crawler.demo.server import load, serve

LIMIT = 1_000_000  # bytes; the demo travels in every wheel


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serve() as address:
        yield address


def get(url: str, **headers: str) -> tuple[int, str, bytes]:
    request = urllib.request.Request(
        url, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.headers["Content-Type"], response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read()


def test_files_are_those_that_make_demo_makes() -> None:
    made = make_demo.files()
    kept = {f"site/{p.relative_to(SITE).as_posix()}": p for p in SITE.rglob("*") if p.is_file()}
    kept |= {"dump.jsonl": DUMP, "content_types.json": CONTENT_TYPES}
    assert sorted(kept) == sorted(made)
    stale = [name for name, path in kept.items() if path.read_bytes() != made[name]]
    assert not stale, "run python benchmarks/make_demo.py"
    assert sum(map(len, made.values())) < LIMIT


def test_every_page_is_served_as_it_is(base: str) -> None:
    resources = load()
    assert sum(path.endswith(".html") for path in resources) >= 25
    for path, resource in resources.items():
        assert get(base + path) == (200, resource.content_type, resource.body)


def test_every_link_within_the_site_leads_to_a_page(base: str) -> None:
    resources = load()
    seen, todo = set(), {"/"}
    while todo:
        path = todo.pop()
        seen.add(path)
        html = resources[path].body.decode("latin-1")
        links = {urljoin(path, link) for link in re.findall(r'href="([^"]+)"', html)}
        todo |= {link for link in links if not link.startswith("http")} - seen
    pages = {path for path in resources if path.endswith(".html")}
    assert pages - {p + "index.html" for p in seen if p.endswith("/")} <= seen


def test_one_page_is_linked_and_disallowed(base: str) -> None:
    assert b"Disallow: /private/" in get(base + "/robots.txt")[2]
    assert b'href="/private/accounts.html"' in get(base + "/")[2]


def test_missing_and_unchanged_pages(base: str) -> None:
    assert get(base + "/missing.html")[0] == 404
    etag = load()[SHOWCASE].etag
    assert get(base + SHOWCASE, If_None_Match=etag)[0] == 304
    assert get(base + SHOWCASE, If_None_Match='"other"')[0] == 200


def test_head_sends_no_body(base: str) -> None:
    request = urllib.request.Request(base + SHOWCASE, method="HEAD")
    with urllib.request.urlopen(request, timeout=10) as response:
        assert int(response.headers["Content-Length"]) == len(load()[SHOWCASE].body)
        assert response.read() == b""


def test_a_taken_port_is_an_error(base: str) -> None:
    port = int(base.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"), serve(port):
        pass


def test_encodings_are_told_by_meta_but_on_the_pages_meant_to_lie() -> None:
    lies = []
    for path, resource in load().items():
        if not path.endswith(".html"):
            continue
        told = re.search(rb'<meta charset="([^"]+)"', resource.body)
        assert told, path
        charset = re.search(r"charset=(\S+)", resource.content_type)
        name = charset[1] if charset else told[1].decode()
        try:
            resource.body.decode("gb18030" if name == "gb2312" else name)  # as browsers do
        except UnicodeDecodeError:
            lies.append(path)
    assert lies == ["/chenguang/article-10.html", "/lanwan/article-9.html"]


def test_dump_records_have_the_contract_s_fields() -> None:
    records = [json.loads(line) for line in DUMP.read_text(encoding="utf-8").splitlines()]
    assert len(records) == len({record["id"] for record in records}) == 30
    assert all(set(record) == {"id", "url", "text"} for record in records)
    assert all(record["url"].startswith("http://") and record["text"] for record in records)


def test_showcase_has_all_that_the_demo_shows(base: str) -> None:
    html = get(base + SHOWCASE)[2].decode()
    assert re.search(r"[\u4e00-\u9fff]\([a-zāáǎàēéěèīíǐìōóǒòūúǔùüǘǚǜ]+\)", html)
    assert "網貸" in html
    assert "**" in html
    assert "其他文章" in html
    sound = get(base + "/chenguang/article-1.html")[2].decode()
    assert "网贷平台" in sound
    assert 'class="shiyi-demo-ad"' in sound
