"""Deciding about hidden words in the browser: one more page of Datasette.

It writes only where ``shiyi serve`` says so (``plugins: shiyi: review: true`` in the metadata) and for
this machine: the request must be addressed to a loopback host, so that no page elsewhere can reach it
under a name of its own, and carry the token of a form that was read before.  Datasette's own check lets
requests without cookies pass, as they prove nobody's identity; here any request could change the archive.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from importlib.resources import files
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from datasette import Response
from pluggy import HookimplMarker
from sqlite_utils import Database

from archive.decided import standings
from archive.errors import ArchiveError
from archive.review import cases, decide, settled, waiting, withdraw
from archive.store import open_archive

hookimpl = HookimplMarker("datasette")

LIMIT = 50
"""Cases on one page."""

LAST = 10
"""Decisions that are shown again, to be undone."""

_ID = re.compile("[0-9]+:[0-9]+")

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    return [(r"/(?P<database>[^/]+)/-/review$", review_page)]


@hookimpl
def database_actions(datasette: Any, database: str) -> list[dict[str, str]]:
    """The way to the page, in the menu of each archive."""
    if _path(datasette, database) is None:
        return []
    return [{"href": _url(datasette, database), "label": "Review hidden words"}]


def templates_of(datasette: Any) -> Any:
    """Datasette's Jinja environment, which 0.65 and 1.0 (tried: 1.0a41) have in different places."""
    if hasattr(datasette, "jinja_env"):
        return datasette.jinja_env
    return datasette.get_jinja_environment()


async def review_page(request: Any, datasette: Any) -> Any:
    """The cases that wait, and what became of the decision that was just sent."""
    name = request.url_vars["database"]
    path = _path(datasette, name)
    if path is None:
        return Response.text("there is no such archive", status=404)
    number = request.args.get("document") or ""
    only = int(number) if number.isascii() and number.isdecimal() else None
    here = _url(datasette, name) + (f"?document={only}" if only is not None else "")
    may_write = bool((datasette.plugin_config("shiyi") or {}).get("review"))
    if request.method == "POST":
        post = await request.post_vars()
        if not may_write or not _is_ours(request, post):
            return Response.text("not allowed: open the review page of `shiyi serve`", status=403)
        try:
            done = await asyncio.to_thread(_decide, path, post)
        except ArchiveError as error:
            done = str(error)
        datasette.add_message(request, done)
        following = post.get("next") or ""
        return Response.redirect(f"{here}#{following}" if _ID.fullmatch(following) else here)

    def load(connection: sqlite3.Connection) -> dict[str, Any]:
        db = Database(connection)
        return {
            "cases": list(cases(db, LIMIT, only)),
            "settled": list(islice(settled(db, only), LIMIT if only is not None else LAST)),
            "standings": standings(db),
            "open": waiting(db, only),
        }

    found = await datasette.get_database(name).execute_fn(load)
    template = templates_of(datasette).from_string(
        (files("archive") / "review.html").read_text("utf-8")
    )
    html = await datasette.render_template(
        template,
        {
            "database": name,
            **found,
            "document": only,
            "may_write": may_write and _is_local(request),
            "url": here,
            "all": _url(datasette, name),
        },
        request=request,
    )
    return Response.html(html)


def _decide(path: str, post: dict[str, str]) -> str:
    db = open_archive(path, create=False)
    try:
        if post.get("decision") == "undo":
            return withdraw(db, post.get("id", ""))
        accept = post.get("decision") == "accept"
        return decide(db, post.get("id", ""), accept=accept, word=post.get("word") or None)
    finally:
        db.close()


def _is_ours(request: Any, post: dict[str, str]) -> bool:
    token = request.cookies.get("ds_csrftoken")  # its signature has been checked by Datasette
    return bool(token) and post.get("csrftoken") == token and _is_local(request)


def _is_local(request: Any) -> bool:
    return urlsplit(f"//{request.host}").hostname in LOOPBACK


def _url(datasette: Any, database: str) -> str:
    return f"{datasette.urls.database(database)}/-/review"


def _path(datasette: Any, name: str) -> str | None:
    """The file of a served archive."""
    from archive.datasette_plugin import is_archive

    database = datasette.databases.get(name)
    if database is None or database.path is None:
        return None
    path = str(database.path)
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return path if is_archive(connection) else None
    finally:
        connection.close()
