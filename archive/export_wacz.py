"""Pages as a WACZ file (version 1.1.1): a WARC with an index and a list of pages, replayed in a browser.

https://specs.webrecorder.net/wacz/1.1.1/: a zip whose WARC is stored and not packed again, so that a reader
takes single records out of it by ranges.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from typing import IO, Any
from urllib.parse import urlsplit

from fastwarc.warc import ArchiveIterator
from sqlite_utils import Database

from archive.errors import path_of
from archive.export import Choice
from archive.export_warc import write_warc
from archive.runs import now, program_version

WARC = "archive/data.warc.gz"


def write_wacz(db: Database, file: IO[bytes], choice: Choice) -> int:
    """Write the pages of a choice of documents, or all pages; how many records."""
    resources: list[dict[str, object]] = []
    with tempfile.TemporaryFile() as warc, zipfile.ZipFile(file, "w") as target:
        count = write_warc(db, warc, choice, "data.warc.gz", is_packed=True)
        captures = list(_captures(warc))
        warc.seek(0)
        resources.append(_add_stream(target, WARC, warc))
        index = "".join(f"{line}\n" for line in sorted(_index_line(one) for one in captures))
        resources.append(
            _add(target, "indexes/index.cdx.gz", gzip.compress(index.encode(), mtime=0))
        )
        resources.append(_add(target, "pages/pages.jsonl", _pages(db, captures)))
        package = {
            "profile": "data-package",
            "wacz_version": "1.1.1",
            "software": f"Shiyi {program_version()}",
            "title": path_of(db).rpartition("/")[2],
            "created": now().replace("+00:00", "Z"),
            "resources": resources,
        }
        content = json.dumps(package, ensure_ascii=False, indent=1).encode()
        _add(target, "datapackage.json", content)
        digest = {"path": "datapackage.json", "hash": _hash(content)}
        _add(target, "datapackage-digest.json", json.dumps(digest, indent=1).encode())
    return count


def _captures(warc: IO[bytes]) -> Iterator[dict[str, Any]]:
    """What stands in a WARC file, each record with its place."""
    warc.seek(0)
    found: list[tuple[int, dict[str, Any] | None]] = []
    for record in ArchiveIterator(warc, parse_http=True):
        kind = record.headers.get("WARC-Type")
        found.append((record.stream_pos, None))
        if kind not in ("response", "resource", "revisit"):
            continue
        http = record.http_headers
        mime = (http.get("Content-Type") if http else None) or record.headers.get("Content-Type")
        found[-1] = (
            record.stream_pos,
            {
                "url": record.headers.get("WARC-Target-URI"),
                "date": record.headers.get("WARC-Date"),
                "mime": "warc/revisit" if kind == "revisit" else (mime or "").partition(";")[0],
                "status": str(http.status_code) if http else "200",
                "digest": record.headers.get("WARC-Payload-Digest")
                or record.headers.get("WARC-Block-Digest")
                or "-",
            },
        )
    end = warc.seek(0, 2)
    for (offset, facts), (following, _) in pairwise([*found, (end, None)]):
        if facts is not None:
            yield {**facts, "offset": str(offset), "length": str(following - offset)}


def _index_line(capture: dict[str, Any]) -> str:
    """A line of CDXJ: the key that sorts by host, the time, and the rest as JSON."""
    facts = {name: value for name, value in capture.items() if name != "date"}
    facts["filename"] = "data.warc.gz"
    stamp = "".join(filter(str.isdigit, capture["date"]))[:14]
    return f"{_key(capture['url'])} {stamp} {json.dumps(facts, ensure_ascii=False)}"


def _key(url: str) -> str:
    """The URL with its host reversed (SURT), as indexes of web archives are sorted."""
    parts = urlsplit(url)
    if not parts.hostname:
        return url
    host = ",".join(reversed(parts.hostname.removeprefix("www.").split(".")))
    port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    query = f"?{parts.query.lower()}" if parts.query else ""
    return f"{host}{port}){(parts.path or '/').lower()}{query}"


def _pages(db: Database, captures: list[dict[str, Any]]) -> bytes:
    """The list of pages, with titles and clean texts, which replay tools search in."""
    lines: list[dict[str, object]] = [
        {"format": "json-pages-1.0", "id": "pages", "title": "Pages", "hasText": True}
    ]
    for number, capture in enumerate(captures):
        if capture["mime"] == "warc/revisit":
            continue
        row = db.execute(
            "SELECT title, text FROM documents WHERE url = ? ORDER BY id DESC LIMIT 1",
            [capture["url"]],
        ).fetchone()
        page = {"id": str(number), "url": capture["url"], "ts": capture["date"]}
        lines.append({**page, "title": row[0] or "", "text": row[1]} if row else page)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return text.encode("utf-8", "replace")


def _add(target: zipfile.ZipFile, name: str, content: bytes) -> dict[str, object]:
    kind = zipfile.ZIP_STORED if name.endswith(".gz") else zipfile.ZIP_DEFLATED
    target.writestr(_entry(name), content, kind)
    return _resource(name, _hash(content), len(content))


def _add_stream(target: zipfile.ZipFile, name: str, source: IO[bytes]) -> dict[str, object]:
    digest, size = hashlib.sha256(), source.seek(0, 2)
    source.seek(0)
    while data := source.read(1 << 20):
        digest.update(data)
    source.seek(0)
    with target.open(_entry(name), "w", force_zip64=True) as entry:
        shutil.copyfileobj(source, entry, 1 << 20)
    return _resource(name, f"sha256:{digest.hexdigest()}", size)


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name)  # of 1980, so that the same pages make the same file


def _resource(name: str, digest: str, size: int) -> dict[str, object]:
    return {"name": name.rpartition("/")[2], "path": name, "hash": digest, "bytes": size}


def _hash(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
