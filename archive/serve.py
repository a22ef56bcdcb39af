"""``shiyi serve``: an archive in Datasette, on this machine."""

from __future__ import annotations

import asyncio
import signal
import socket
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from archive.errors import ArchiveError
from archive.store import open_archive

SETTINGS = {
    "default_page_size": 50,
    # finding the snippets of 20 documents takes 0.3 s in plain SQL, more on a busy machine
    "sql_time_limit_ms": 5000,
    "facet_time_limit_ms": 2000,
    # a suggestion costs a query for every column on every page view
    "suggest_facets": False,
}


def serve(
    path: str | Path, port: int = 8001, host: str = "127.0.0.1", open_browser: bool = False
) -> None:
    """Serve an archive with Datasette until Ctrl-C or SIGTERM, and print its address.

    ``port`` 0 takes a free one.  Raises ArchiveError for what is no archive and for a taken port.
    """
    path = Path(path)
    try:
        open_archive(path, create=False).close()  # bring its tables up to date
    except ArchiveError:
        open_archive(path, readonly=True).close()
    listener = _listen(host, port)
    try:
        asyncio.run(_serve(path, listener, open_browser))
    finally:
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ArchiveError(f"cannot serve at {host}, port {port}: {error.strerror}") from error
    listener.listen()
    return listener


def datasette_of(path: Path) -> Any:
    """The Datasette of an archive, with our plugins."""
    from datasette.app import Datasette
    from datasette.plugins import pm

    from archive import datasette_plugin, review_pages

    for name, plugin in (("shiyi", datasette_plugin), ("shiyi_review", review_pages)):
        if not pm.is_registered(plugin):  # it is, where Shiyi is installed
            pm.register(plugin, name)
    metadata = {"title": f"Shiyi 拾遗: {path.stem}", "plugins": {"shiyi": {"review": True}}}
    return Datasette([str(path)], settings=SETTINGS, metadata=metadata)


async def _serve(path: Path, listener: socket.socket, open_browser: bool) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Stop on a signal without passing it on: to be stopped is the normal end here."""
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self.handle_exit, number, None)
            yield

    datasette = datasette_of(path)
    await datasette.invoke_startup()
    host, port = listener.getsockname()[:2]
    host = f"[{host}]" if ":" in host else host
    url = f"http://{host}:{port}{datasette.urls.table(path.stem, 'documents')}"
    print(f"Serving {path} at {url}", flush=True)
    print("Stop with Ctrl-C.", flush=True)
    if open_browser:
        webbrowser.open(url)
    config = uvicorn.Config(
        datasette.app(), lifespan="on", log_level="warning", timeout_graceful_shutdown=2
    )
    await Server(config).serve(sockets=[listener])
