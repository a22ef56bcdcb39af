"""Writing to an archive and reading from it: the names that crawler and command line use.

>>> from cleaning.document import Document
>>> db = open_archive(":memory:")
>>> with transaction(db):
...     run = start_run(db, "clean", {}, "rules")
...     number = save_document(db, Document.from_text("网贷催收"), run)
>>> load_document(db, number).text
'网贷催收'
"""

from archive.documents import documents, load_document, replace_document, save_document
from archive.errors import ArchiveError
from archive.opening import open_archive, transaction
from archive.pages import Page, load_body, save_page
from archive.runs import finish_run, start_run

__all__ = [
    "ArchiveError",
    "Page",
    "documents",
    "finish_run",
    "load_body",
    "load_document",
    "open_archive",
    "replace_document",
    "save_document",
    "save_page",
    "start_run",
    "transaction",
]
