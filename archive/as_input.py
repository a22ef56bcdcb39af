"""An archive as input: its documents as they were read, to be cleaned again."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from archive.store import ArchiveError, documents, open_archive
from cleaning.document import Document, undo
from cleaning.dumps.items import InputFile, Rejected
from cleaning.dumps.progress import Source
from cleaning.records import encode


def without_archives(source: Source, folder: Path) -> Source:
    """The input with each archive in it turned into JSON Lines in the folder."""
    files, rejected = [], list(source.rejected)
    for file in source.files:
        if file.kind != "archive":
            files.append(file)
            continue
        try:
            files.append(as_json_lines(file, folder))
        except ArchiveError as error:
            reason = str(error).removeprefix(str(file.path)).lstrip(": ")
            rejected.append(Rejected(file.name, None, reason))
    return Source(files, rejected)


def as_json_lines(archive: InputFile, folder: Path) -> InputFile:
    """The documents of an archive as they were read, as a JSON Lines file that can be cleaned.

    Repaired fields are taken back as the text is.  Raises ArchiveError.
    """
    path = folder / f"{archive.path.name}.jsonl"
    digest = hashlib.sha256()
    db = open_archive(archive.path, readonly=True)
    try:
        with path.open("wb") as file:
            for number, document in documents(db):
                line = encode(_as_read(document, number)) + b"\n"
                digest.update(line)
                file.write(line)
    finally:
        db.close()
    size = path.stat().st_size
    return replace(archive, path=path, kind="jsonl", size=size, sha256=digest.hexdigest())


def _as_read(document: Document, number: int) -> dict[str, object]:
    fields = ("url", "title", "date", "published_at", "site", "source", "author")
    record: dict[str, object] = {"id": document.id or number}
    for name in fields:
        edits = [edit for edit in document.field_edits if edit.field == name]
        record[name] = undo(document.field(name) or "", edits) or None
    record["text"] = document.raw
    links = []
    for position, link in enumerate(document.links):
        edits = [edit for edit in document.field_edits if edit.field == f"links.{position}.text"]
        links.append({"url": link.url, "text": undo(link.text, edits), "kind": link.kind})
    return {**record, "links": links}
