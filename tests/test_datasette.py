"""A served archive: the search box gives what shiyi search gives, in Datasette and in a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive import store
from archive.search import search
from archive.serve import serve
from archive.store import ArchiveError, open_archive, transaction
from cleaning.document import Document, Edit, Label

CHROMIUM = "/usr/bin/chromium"
ROOT = Path(__file__).resolve().parent.parent
QUERIES = ["催", "收", "催收", "网贷", "網貸", "催收员", "利率高", "強制執行", "AI催收2.0", "催收 利率", "平台 -催收",
           '"强制 执行"', "***", '"', "-", "site:例网 催收", "date:2025-08 利率", "damage:note", "<script>", "没有这个词", "第3"]  # fmt: skip


SERVE = "import sys; from archive.serve import serve; serve(sys.argv[1], 0)"


@contextmanager
def served(script: str, *arguments: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server process and the address that it prints; it is told to stop at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if address := re.search(r"http://[^ ]+", line):
                break
        else:
            raise AssertionError("".join(lines))
        try:
            yield process, address.group().rstrip()
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served") / "my archive.db"
    db = open_archive(path)
    texts = [
        ("小贷平台催收的方法", "小额贷款公司的催收，要合法。\n其他文章：利率高怎么办"),
        ("網貸平臺", "網貸催收員打電話，申請強制執行"),
        ("AI 工具", "AI催收2.0 发布于11月"),
        ("<script>alert(1)</script>", "通过***平台借款 <script>alert(2)</script> & <b>"),
        ("长文", "强制\n执行，" + "没有别的内容。" * 300),
        *((f"网贷观察{n}", f"第{n}篇：网贷与催收" + "，利率" * (n % 7)) for n in range(60)),
    ]
    with transaction(db):
        run = store.start_run(db, "clean", {}, "rules")
        for title, text in texts:
            document = Document.from_text(text, title=title, site="例网", date="2025-08-18")
            store.save_document(db, document, run)
        edited = Document.from_text("網(wǎng)上<i>").apply(
            [
                Edit("note", 1, 7, "(wǎng)", "", "note:<rule>"),
                Label("mask", None, None, "<b>label", "mask:x", 0.5),
            ]
        )
        store.save_document(db, edited, run)
        store.finish_run(db, run, documents=len(texts) + 1)
    db.close()
    return path


@pytest.fixture(scope="module")
def address(archive: Path) -> Iterator[str]:
    with served(SERVE, archive) as (_, url):
        yield url


def fetch(url: str, **parameters: str) -> str:
    url += ("&" if "?" in url else "?") + urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(url) as response:
        content: bytes = response.read()
    return content.decode()


def expected(archive: Path, query: str) -> list[int]:
    db = open_archive(archive, readonly=True)
    found = [hit.id for hit in search(db, query, limit=10_000)]
    db.close()
    return found


def test_the_address_is_that_of_the_documents(address: str) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/my\+archive/documents", address)


@pytest.mark.parametrize("query", QUERIES)
def test_the_box_gives_the_rows_of_search(address: str, archive: Path, query: str) -> None:
    rows = json.loads(fetch(address + ".json", _search=query, _shape="array", _size="max"))
    assert sorted(row["id"] for row in rows) == sorted(expected(archive, query))


@pytest.mark.parametrize("query", QUERIES)
def test_the_canned_query_gives_the_best(address: str, archive: Path, query: str) -> None:
    found = json.loads(fetch(address.replace("documents", "find.json"), q=query, _shape="array"))
    assert [row["id"] for row in found] == expected(archive, query)[:20]
    assert all(row["snippet"] for row in found)


def test_queries_find_something(archive: Path) -> None:
    """So that equal does not mean equally empty."""
    assert sum(bool(expected(archive, query)) for query in QUERIES) >= 14


def test_the_view_is_a_search_page_of_plain_sql(address: str, archive: Path) -> None:
    url = address.replace("documents", "search.json")
    rows = json.loads(fetch(url, q='"網貸"', _shape="array", _size="max"))
    assert sorted(row["id"] for row in rows) == sorted(expected(archive, "網貸"))


def test_lists_show_the_beginning_of_a_text(address: str) -> None:
    page = fetch(address, _search="没有别的内容")
    assert 50 < page.count("没有别的内容") * 6 < 200
    assert "例网" in page
    assert "script" in page


def test_what_was_found_leads_to_its_page(address: str) -> None:
    page = fetch(address.replace("documents", "find"), q="催收员")
    assert f'<a href="{urllib.parse.urlsplit(address).path}/2">2</a>' in page
    assert "【催收員】" in page


def test_nothing_of_a_page_becomes_html(address: str) -> None:
    found = address.replace("documents", "find?q=script")
    for url in (address, address + "/4", found):
        page = fetch(url)
        assert "<script>alert(" not in page
        assert "&lt;script&gt;alert(" in page


def test_the_page_of_a_document_shows_each_edit(address: str) -> None:
    page = fetch(address + "/66")
    assert '<del title="note:&lt;rule&gt; 1">(wǎng)</del>上&lt;i&gt;' in page
    assert '<ins title="note:&lt;rule&gt; 1"></ins>上&lt;i&gt;' in page
    assert "&lt;b&gt;label" in page


def headers(url: str) -> dict[str, str]:
    with urllib.request.urlopen(url) as response:
        return {name.lower(): value for name, value in response.headers.items()}


def test_no_script_of_a_page_can_run(address: str) -> None:
    dashboard = address.replace("documents", "-/dashboard")
    for url in (address + "/4", dashboard):
        policy = headers(url)["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        assert "script" not in policy
    policy = headers(address)["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self' 'unsafe-inline'" in policy  # Datasette's own


def test_the_dashboard_counts(address: str) -> None:
    page = fetch(address.replace("documents", "-/dashboard"))
    assert "<dd>66</dd><dt>documents</dt>" in page
    assert "<dd>1</dd><dt>repairs</dt>" in page
    assert page.count("<svg") >= 5
    assert "note repaired: 1" in page


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("damage_by_site", {"site": "(none)", "kind": "note", "documents": 1, "repaired": 1, "left": 0}),
        ("masked_words", {"value": "<b>label", "places": 1, "documents": 1, "document_id": 66}),
        ("crawl_health", {"command": "clean", "visits": 0, "documents": 66}),
        ("spam_headers", None),
    ],
)  # fmt: skip
def test_canned_queries(address: str, name: str, row: dict[str, object] | None) -> None:
    rows = json.loads(fetch(address.replace("documents", name + ".json"), _shape="array"))
    assert (row is None and rows == []) or any(row.items() <= found.items() for found in rows)


def test_facets_and_fields(address: str) -> None:
    page = fetch(address)
    for facet in ("site", "date", "damage", "script"):
        assert f'data-column="{facet}"' in page
    rows = json.loads(fetch(address + ".json", _search="damage:note", _shape="array"))
    assert [row["id"] for row in rows] == [66]


def test_versions_and_style(address: str) -> None:
    assert "prefers-color-scheme: dark" in fetch(urllib.parse.urljoin(address, "/-/shiyi.css"))
    assert "/-/shiyi.css" in fetch(address)


def test_plain_datasette_with_the_plugin(archive: Path, tmp_path: Path) -> None:
    """``datasette file.db``, where Shiyi is installed; another database keeps Datasette's own search."""
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT);"
        "CREATE VIRTUAL TABLE t_fts USING fts5(body, content=\"t\", content_rowid='id');"
        "INSERT INTO t VALUES (1, 'one two'), (2, 'onetwo');"
        "INSERT INTO t_fts (rowid, body) SELECT id, body FROM t;"
    )
    connection.close()
    script = (
        "import sys\n"
        "from datasette.plugins import pm\n"
        "from archive import datasette_plugin\n"
        "if not pm.is_registered(datasette_plugin): pm.register(datasette_plugin)\n"
        "from datasette.cli import cli\n"
        "cli(['serve', '-p', '0', *sys.argv[1:]])"
    )
    with served(script, archive, other) as (_, address):
        base = address.rstrip("/")
        for query in ("網貸", "利率高", "催"):
            url = f"{base}/my+archive/documents.json"
            rows = json.loads(fetch(url, _search=query, _shape="array", _size="max"))
            assert sorted(row["id"] for row in rows) == sorted(expected(archive, query))
        rows = json.loads(fetch(f"{base}/other/t.json", _search="one", _shape="array"))
        assert [row["id"] for row in rows] == [1]
        assert "Find 搜索" not in fetch(f"{base}/other")
        assert "Find 搜索" in fetch(f"{base}/my+archive")


def test_a_server_stops_when_it_is_told(archive: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with served(SERVE, archive) as (process, address):
            fetch(address)
            process.send_signal(number)
            output, _ = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "Traceback" not in output


def test_a_port_in_use(archive: Path, address: str) -> None:
    port = urllib.parse.urlsplit(address).port
    assert port is not None
    with pytest.raises(
        ArchiveError, match=f"cannot serve at 127.0.0.1, port {port}: Address already"
    ):
        serve(archive, port)


def test_what_cannot_be_served(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no such archive"):
        serve(tmp_path / "none.db")
    (tmp_path / "text.db").write_text("text")
    with pytest.raises(ArchiveError, match="is not a SQLite file"):
        serve(tmp_path / "text.db")


# in a browser


def in_browser(url: str, folder: Path) -> str:
    """The page that Debian's chromium makes of a URL, as HTML."""
    result = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         f"--user-data-dir={folder}", "--virtual-time-budget=5000", "--dump-dom", url],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return result.stdout


@pytest.mark.browser
@pytest.mark.skipif(
    not shutil.which(CHROMIUM) and not os.environ.get("REQUIRE_BROWSER"),
    reason="Debian's chromium is not installed",
)
def test_searching_in_a_browser(address: str, archive: Path, tmp_path: Path) -> None:
    page = in_browser(f"{address}?_search={urllib.parse.quote('網貸 -观察')}", tmp_path)
    assert re.search(r'<input[^>]*name="_search"[^>]*value="網貸 -观察"', page)
    rows = re.findall(r'class="title" href="/my\+archive/documents/(\d+)">', page)
    assert sorted(map(int, rows)) == sorted(expected(archive, "網貸 -观察")) == [2]
    assert "網貸催收員打電話" in page
    page = in_browser(f"{address}/66", tmp_path)
    assert ">(wǎng)</del>" in page
