"""Serve the bundled site on 127.0.0.1.

>>> with serve() as base:
...     print(base.startswith("http://127.0.0.1:"))
True
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from crawler.demo import CONTENT_TYPES, SITE

TYPES = {".html": "text/html", ".txt": "text/plain"}
"""Content types by suffix; no charset, which the pages declare themselves."""


@dataclass(frozen=True, slots=True)
class Resource:
    body: bytes
    content_type: str

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


def load(site: Path = SITE, content_types: Path = CONTENT_TYPES) -> dict[str, Resource]:
    """URL path → what is served there; ``/news/`` is ``/news/index.html``."""
    given: Mapping[str, str] = json.loads(content_types.read_text(encoding="utf-8"))
    resources: dict[str, Resource] = {}
    for file in sorted(site.rglob("*")):
        if not file.is_file():
            continue
        path = "/" + file.relative_to(site).as_posix()
        resource = Resource(file.read_bytes(), given.get(path) or TYPES[file.suffix])
        resources[path] = resource
        if file.name == "index.html":
            resources[path.removesuffix("index.html")] = resource
    return resources


@contextmanager
def serve(port: int = 0) -> Iterator[str]:
    """Serve the site until the block ends; gives its address, as ``http://127.0.0.1:40001``.

    Port 0 takes a free one.  Raises OSError where the port is taken.
    """
    resources = load()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections stay open, as on real servers
        server_version, sys_version = "ShiyiDemo", ""

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def _answer(self, *, with_body: bool) -> None:
            resource = resources.get(unquote(urlsplit(self.path).path))
            if resource is None:
                self._send(HTTPStatus.NOT_FOUND, Resource(b"not here\n", "text/plain"), with_body)
            elif self.headers.get("If-None-Match") == resource.etag:
                self.send_response(HTTPStatus.NOT_MODIFIED)
                self.send_header("ETag", resource.etag)
                self.end_headers()
            else:
                self._send(HTTPStatus.OK, resource, with_body)

        def _send(self, status: HTTPStatus, resource: Resource, with_body: bool) -> None:
            self.send_response(status)
            self.send_header("Content-Type", resource.content_type)
            self.send_header("Content-Length", str(len(resource.body)))
            self.send_header("ETag", resource.etag)
            self.end_headers()
            if with_body:
                self.wfile.write(resource.body)

        def log_message(self, format: str, *args: object) -> None:
            """The demo's terminal is for the reader."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    # Closing must not wait for a client that keeps its connection open.
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, name="shiyi-demo", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
