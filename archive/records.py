"""Strings that a column of SQLite cannot hold, and the exact form that holds them.

SQLite's text is UTF-8 and ends, for most of its functions, at a NUL; a lone surrogate is no UTF-8.
Damaged input has both.  A document that holds one anywhere is kept twice: readable in its columns,
with U+FFFD for each such character (so every span stays right), and whole in ``documents.exact``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import overload

import zstandard

from cleaning.document import FIELDS, Candidate, Document, Edit, FieldEdit, Label, Link

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


_KEPT = frozenset(part.name for part in fields(Document) if part.init)
"""What a document is made of; what it remembers of itself is not kept."""


@overload
def storable(text: str) -> str: ...
@overload
def storable(text: str | None) -> str | None: ...
def storable(text: str | None) -> str | None:
    """The text with U+FFFD for each character that a column cannot hold; as long as before."""
    return text and _UNSTORABLE.sub("\ufffd", text)


def exact_form(document: Document) -> bytes | None:
    """The whole document as bytes where a column could not hold one of its strings, else None."""
    if not any(_UNSTORABLE.search(text) for text in _strings(document)):
        return None
    # not ensure_ascii: JSON escapes of two lone surrogates in a row would come back as one character
    kept = {name: value for name, value in asdict(document).items() if name in _KEPT}
    form = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    return zstandard.compress(form.encode("utf-8", "surrogatepass"))


def _strings(document: Document) -> Iterator[str]:
    """Every string of a document that a page or a rule has filled, in few pieces."""
    yield document.text
    yield from (value for name in FIELDS if (value := getattr(document, name)))
    edits: list[Edit | FieldEdit] = [*document.edits, *document.field_edits]
    yield "".join([edit.before + edit.after + edit.rule + edit.kind for edit in edits])
    for label in document.labels:
        yield label.value + label.rule + label.kind + "".join(c.text for c in label.candidates)
    for link in document.links:
        yield (link.url or "") + link.text + link.kind


def from_exact_form(content: bytes) -> Document:
    """The document of :func:`exact_form`."""
    form = json.loads(zstandard.decompress(content).decode("utf-8", "surrogatepass"))
    return Document(
        **{
            **{name: value for name, value in form.items() if name in _KEPT},
            "links": tuple(Link(**link) for link in form["links"]),
            "labels": tuple(
                Label(**{**label, "candidates": tuple(Candidate(**c) for c in label["candidates"])})
                for label in form["labels"]
            ),
            "edits": tuple(Edit(**edit) for edit in form["edits"]),
            "field_edits": tuple(FieldEdit(**edit) for edit in form["field_edits"]),
        }
    )
