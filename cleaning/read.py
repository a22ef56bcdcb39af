"""Bytes in, documents out: the first sentence of every run.

A page is decoded and extracted; a text is only decoded.  Nothing is cleaned here, so that the
hash that a document takes of its text is that of the text as read.
"""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from cleaning.decode import Decoded, decode
from cleaning.document import Document, Label
from cleaning.extract import extract

MARKUP = re.compile(
    r"\s*(?:<!doctype html|<html|<head|<body|<meta\s|<\?xml[^>]*>\s*<html)", re.IGNORECASE
)
"""How an HTML page begins, for input that has no suffix and no content type to say so."""


def read_page(body: bytes, url: str | None = None, content_type: str | None = None) -> Document:
    """The document of one page as the server sent it.

    A ``text/plain`` body is read as text.  Raises ``cleaning.decode.NotTextError`` for a body
    that holds no text, such as a picture.
    """
    if content_type and content_type.partition(";")[0].strip().lower() == "text/plain":
        return read_text(body, url=url, content_type=content_type)
    decoded = decode(body, content_type)
    return document_of_html(decoded.text, url, _labels(decoded))


def document_of_html(html: str, url: str | None, labels: tuple[Label, ...] = ()) -> Document:
    """The document of markup that is decoded already, as a JSON Lines record holds it."""
    page = extract(html, url)
    found: dict[str, Any] = {field.name: getattr(page, field.name) for field in fields(page)}
    found["labels"] = (*labels, *page.labels)
    return Document.from_text(url=url, **found)


def read_text(data: bytes, url: str | None = None, content_type: str | None = None) -> Document:
    """The document of a text file: its text is the whole of the file, decoded.

    Bytes that the encoding has no character for are labelled where they stand.
    """
    decoded = decode(data, content_type)
    bad = (
        Label("bad-bytes", start, end, decoded.text[start:end], "decode:bad-bytes")
        for start, end in decoded.bad_spans
    )
    return Document.from_text(decoded.text, url=url, labels=(*_labels(decoded), *bad))


def _labels(decoded: Decoded) -> tuple[Label, ...]:
    """How the bytes were read, and whether all could be, kept beside the text."""
    label = Label("encoding", None, None, decoded.encoding, f"decode:{decoded.reason}")
    if not decoded.bad_count:
        return (label,)
    count = f"{decoded.bad_count} bytes"
    return (label, Label("bad-bytes", None, None, count, "decode:bad-bytes"))
