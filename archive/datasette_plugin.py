"""The plugin that makes Datasette search an archive as ``shiyi search`` does, and show it readably.

It touches the databases that are archives of Shiyi and no other one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.resources import files
from typing import Any

from datasette.utils import to_css_class
from jinja2 import BaseLoader, ChoiceLoader, Environment, TemplateNotFound
from markupsafe import Markup
from pluggy import HookimplMarker
from sqlite_utils import Database

from archive.comparing import COPIES, Copy, copies_of
from archive.errors import ArchiveError
from archive.index import match_expression
from archive.indexing import fold_of
from archive.marked import pieces
from archive.schema import OWN_TABLES
from archive.search_schema import find_sql
from archive.store import load_document

hookimpl = HookimplMarker("datasette")

CELL = 100
"""Characters of a text that a list of documents shows."""

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


ROOM = {"text": 24, "title": 11}
"""Least width of columns in lists, in rem: Chinese breaks anywhere, so a table squeezes it to one
character a line."""


@hookimpl
def get_metadata(datasette: Any) -> dict[str, Any]:
    """Descriptions, facets and the canned search for every archive that is served."""
    metadata = _metadata()
    return {"databases": dict.fromkeys(_served(datasette), metadata)}


@hookimpl
def render_cell(
    row: Any, value: object, column: str, table: str | None, database: str, datasette: Any
) -> Markup | None:
    """In lists, the beginning of a document's text; among what ``find`` found, a way to its page."""
    if database not in _served(datasette):
        return None
    if table == "documents" and (width := ROOM.get(column)) and value is not None:
        text = str(value)
        beginning = text[:CELL] + "…" if len(text) > CELL else text
        return Markup('<div style="min-width: {}rem">{}</div>').format(width, beginning)
    columns = row.keys()
    if table is None and column == "id" and "snippet" in columns:
        url = datasette.urls.row(database, "documents", str(value))
        return Markup('<a href="{}">{}</a>').format(url, value)
    return None


@hookimpl
def prepare_jinja2_environment(env: Environment, datasette: Any) -> None:
    """Give the page of one document a template of its own."""

    if env.loader is not None:
        env.loader = ChoiceLoader([_DocumentPages(datasette), env.loader])


class _DocumentPages(BaseLoader):
    """The template of a document's page, under the name that Datasette seeks for each database."""

    def __init__(self, datasette: Any) -> None:
        self.datasette = datasette

    def list_templates(self) -> list[str]:
        return [f"row-{to_css_class(name)}-documents.html" for name in _served(self.datasette)]

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        if template not in self.list_templates():
            raise TemplateNotFound(template)
        return (files("archive") / "document.html").read_text("utf-8"), None, None


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
            "document": document,
            "pieces": list(pieces(document)),
            "copies": _copies(db, number),
            "most_copies": COPIES,
            "problem": None,
        }

    async def variables() -> dict[str, Any]:
        result: dict[str, Any] = await datasette.get_database(database).execute_fn(load)
        return result

    return variables


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
    metadata: dict[str, Any] = json.loads((files("archive") / "metadata.json").read_text("utf-8"))
    metadata["queries"]["find"]["sql"] = find_sql()
    return metadata
