"""The plugin that makes Datasette search an archive as ``shiyi search`` does, and show it readably.

It touches the databases that are archives of Shiyi and no other one.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from datasette import Response
from datasette.utils import tilde_decode, to_css_class
from jinja2 import BaseLoader, ChoiceLoader, Environment, TemplateNotFound
from markupsafe import Markup
from pluggy import HookimplMarker
from sqlite_utils import Database

from archive.comparing import COPIES, Copy, copies_of
from archive.dashboard import Plot, drawn, text_of, totals
from archive.errors import ArchiveError
from archive.index import match_expression
from archive.indexing import fold_of
from archive.marked import rules_of, shown
from archive.plots import STYLE
from archive.review_pages import templates_of
from archive.schema import OWN_TABLES
from archive.search_schema import find_sql
from archive.store import load_document
from archive.versions import versions_of
from cleaning.document import Document

hookimpl = HookimplMarker("datasette")

CELL = 100
"""Characters of a text that a table of results shows."""

OURS = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"  # fmt: skip
THEIRS = f"{OURS}; script-src 'self' 'unsafe-inline'; connect-src 'self'"
"""Content Security Policies: the pages that show what a crawled page said run no script at all; Datasette's own
have scripts within the page.  Neither takes anything from elsewhere."""

_archives: dict[str, bool] = {}


def is_archive(connection: sqlite3.Connection) -> bool:
    """Whether a connection's database is an archive of Shiyi."""
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name for (name,) in map(tuple, names)} >= OWN_TABLES


@hookimpl(trylast=True)  # Datasette's own plugin defines the function too; the last one stays
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Let the search box take what a person types for a query of ours."""
    if is_archive(conn):
        conn.create_function("escape_fts", 1, partial(match_expression, fold=fold_of(conn)))


@hookimpl
def get_metadata(datasette: Any) -> dict[str, Any]:
    """Descriptions, facets and the canned search for every archive that is served."""
    metadata = _metadata()
    return {"databases": dict.fromkeys(_served(datasette), metadata)}


@hookimpl
def render_cell(
    row: Any, value: object, column: str, table: str | None, database: str, datasette: Any
) -> Markup | None:
    """The beginning of a long text; among what a query found, a way to the page of a document."""
    if database not in _served(datasette):
        return None
    if table == "documents" and column == "text" and value is not None:
        text = str(value)
        return Markup("{}").format(text[:CELL] + "…" if len(text) > CELL else text)
    columns = row.keys()
    if (table is None and column == "document_id") or (column == "id" and "snippet" in columns):
        url = datasette.urls.row(database, "documents", str(value))
        return Markup('<a href="{}">{}</a>').format(url, value)
    return None


@hookimpl
def prepare_jinja2_environment(env: Environment, datasette: Any) -> None:
    """Give the page of one document a template of its own."""

    if env.loader is not None:
        env.loader = ChoiceLoader([_DocumentPages(datasette), env.loader])


class _DocumentPages(BaseLoader):
    """The templates of a document and of lists of them, under the names that Datasette seeks for each
    database."""

    def __init__(self, datasette: Any) -> None:
        self.datasette = datasette

    def _names(self) -> dict[str, str]:
        names = [to_css_class(name) for name in _served(self.datasette)]
        return {f"row-{name}-documents.html": "document.html" for name in names} | {
            f"_table-table-{name}-documents.html": "rows.html" for name in names
        }

    def list_templates(self) -> list[str]:
        return list(self._names())

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        if (file := self._names().get(template)) is None:
            raise TemplateNotFound(template)
        return text_of(file), None, None


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    return [(r"/(?P<database>[^/]+)/-/dashboard$", dashboard_page), (r"/-/shiyi\.css$", style)]


async def style() -> Any:
    """The style of an archive's pages, light and dark."""
    return Response(text_of("style.css"), content_type="text/css; charset=utf-8")


@hookimpl
def extra_css_urls(database: str | None, datasette: Any) -> list[str]:
    """The style on every page of an archive."""
    return [datasette.urls.path("/-/shiyi.css")] if database in _served(datasette) else []


async def dashboard_page(request: Any, datasette: Any) -> Any:
    """What is in an archive, in numbers and plots."""
    name = tilde_decode(request.url_vars["database"])
    if name not in _served(datasette):
        return Response.text("there is no such archive", status=404)

    def load(connection: sqlite3.Connection) -> tuple[dict[str, int], list[Plot]]:
        db = Database(connection)
        return totals(db), drawn(db)

    numbers, found = await datasette.get_database(name).execute_fn(load)
    template = templates_of(datasette).from_string(text_of("dashboard.html"))
    values = {"database": name, "totals": numbers, "plots": found, "plot_style": STYLE}
    html = await datasette.render_template(template, values, request=request)
    return Response.html(html)


@hookimpl
def database_actions(datasette: Any, database: str) -> list[dict[str, str]]:
    """The way to the dashboard, in the menu of each archive."""
    if database not in _served(datasette):
        return []
    return [{"href": f"{datasette.urls.database(database)}/-/dashboard", "label": "Dashboard"}]


@hookimpl
def menu_links(datasette: Any) -> list[dict[str, str]]:
    """The dashboards, in the menu of every page."""
    return [
        {"href": f"{datasette.urls.database(name)}/-/dashboard", "label": f"Dashboard: {name}"}
        for name in _served(datasette)
    ]


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    """Give every page a policy by which nothing that a crawled page said can run or load anything."""

    def wrap(app: Any) -> Any:
        async def with_policy(scope: Any, receive: Any, send: Any) -> None:
            async def sending(event: Any) -> None:
                if event["type"] == "http.response.start":
                    path = scope.get("path", "")
                    policy = OURS if _IS_OURS.search(path) else THEIRS
                    headers = [
                        (b"content-security-policy", policy.encode()),
                        (b"x-content-type-options", b"nosniff"),
                        (b"referrer-policy", b"no-referrer"),
                    ]
                    event = {**event, "headers": [*event.get("headers", []), *headers]}
                await send(event)

            await app(scope, receive, sending if scope["type"] == "http" else send)

        return with_policy

    return wrap


_IS_OURS = re.compile(r"/documents/[^/.]+$|/-/dashboard$")


@hookimpl
def extra_template_vars(
    database: str, table: str, view_name: str, request: Any, datasette: Any
) -> Callable[[], Awaitable[dict[str, Any]]] | None:
    """What the page of one document shows: the text in pieces, with each change at its place."""
    if view_name != "row" or table != "documents" or database not in _served(datasette):
        return None

    def load(connection: sqlite3.Connection) -> dict[str, Any]:
        db = Database(connection)
        try:
            number = int(request.url_vars["pks"])
            document = load_document(db, number)
        except (ArchiveError, ValueError) as error:
            return {"document": None, "problem": str(error)}
        return {
            "number": number,
            "most_copies": COPIES,
            "document": document,
            "pieces": shown(document),
            "rules": rules_of(document),
            "evidence": [label for label in document.labels if label.kind == "evidence"],
            "labels": [label for label in document.labels if label.kind != "evidence"],
            "known": _known(db, document),
            "versions": versions_of(db, number),
            "copies": _copies(db, number),
            "problem": None,
        }

    async def variables() -> dict[str, Any]:
        result: dict[str, Any] = await datasette.get_database(database).execute_fn(load)
        return result

    return variables


def _known(db: Database, document: Document) -> dict[str, int]:
    """The documents that the links of a document lead to."""
    found = {}
    for link in document.links:
        row = db.execute("SELECT max(id) FROM documents WHERE url = ?", [link.url]).fetchone()
        if link.url and row[0] is not None:
            found[link.url] = row[0]
    return found


def _copies(db: Database, document_id: int) -> list[Copy]:
    """The copies of a document; none in an archive that an older version has made, and which
    nothing has brought up to date."""
    if not db.table("signatures").exists():
        return []
    return copies_of(db, document_id)


def _served(datasette: Any) -> list[str]:
    """The names of the archives among a Datasette's databases."""
    return [
        name
        for name, database in datasette.databases.items()
        if database.path is not None and _is_archive_file(str(database.path))
    ]


def _is_archive_file(path: str) -> bool:
    if path not in _archives:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            _archives[path] = is_archive(connection)
        except sqlite3.Error:
            return False
        finally:
            connection.close()
    return _archives[path]


def _metadata() -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(text_of("metadata.json"))
    metadata["queries"]["find"]["sql"] = find_sql()
    return metadata
