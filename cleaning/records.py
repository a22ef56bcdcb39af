"""Documents as the JSON Lines records that people exchange, and such records as documents.

>>> document = Document.from_text("网络", title="题")
>>> encode(record_of(document, id=7, file="a.jsonl", record=1))[:40].decode()
'{"id":7,"url":null,"title":"题","date":'
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from cleaning.document import Document, Link

Record = dict[str, Any]
"""A parsed JSON object."""

TEXT_FIELDS = ("text", "content", "body", "article", "raw_content", "正文", "内容", "contents")
"""Where the text usually stands, tried in this order; the first three cover C4, OSCAR, mC4,
news2016zh and the datasets of the datatrove family."""

HTML_FIELDS = ("html",)

CARRIED = ("title", "published_at", "site", "source", "author")
"""String fields that an input record may bring along; date and url have rules of their own."""

LINK_KINDS = ("previous", "next", "related", "other")

_DAY = re.compile(r"\s*(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)日?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_encoder = msgspec.json.Encoder()


class RecordError(ValueError):
    """A record that cannot be read; the message says what is wrong with it."""


def record_of(
    document: Document, *, id: str | int | None, file: str | None, record: int | None
) -> Record:
    """The record of a document, its keys in the contract's order; what is unknown is None."""
    return {
        "id": document.id if id is None else id,
        "url": document.url,
        "title": document.title,
        "date": document.date,
        "published_at": document.published_at,
        "site": document.site,
        "source": document.source,
        "author": document.author,
        "text": document.text,
        "links": document.links,
        "labels": document.labels,
        "field_edits": document.field_edits,
        "edits": document.edits,
        "raw_sha256": document.raw_sha256,
        "input": {"file": file, "record": record},
    }


def encode(record: Mapping[str, Any]) -> bytes:
    r"""One line of JSON in UTF-8, without the newline.

    A lone surrogate, which UTF-8 cannot hold, is written as the escape ``\udxxx``, so that every
    line is valid and comes back as it was.
    """
    try:
        return _encoder.encode(record)
    except UnicodeEncodeError:
        line = json.dumps(
            record, ensure_ascii=False, separators=(",", ":"), default=dataclasses.asdict
        )
        return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", line).encode()


def decode(line: bytes) -> Record:
    """The object on one line.  Raises RecordError, which says what is wrong."""
    try:
        value = msgspec.json.decode(line)
    except UnicodeDecodeError as error:
        raise RecordError(f"not valid UTF-8 (byte {_bad_byte(line, error)})") from None
    except RecursionError:
        raise RecordError("nested too deeply") from None
    except msgspec.DecodeError:
        # The standard parser takes lone surrogates and NaN, which occur, and msgspec does not.
        try:
            value = json.loads(line)
        except UnicodeDecodeError as error:
            raise RecordError(f"not valid UTF-8 (byte {error.start})") from None
        except json.JSONDecodeError as error:
            raise RecordError(f"not JSON: {error.msg} (column {error.colno})") from None
        except RecursionError:
            raise RecordError("nested too deeply") from None
    if not isinstance(value, dict):
        raise RecordError(f"not a JSON object but {_json_type(value)}")
    return value


def text_of(
    record: Mapping[str, Any], text_field: str | None, html_field: str | None
) -> tuple[str, bool]:
    """The body of a record, and whether it is HTML.

    A field that was named by the user is taken before the usual ones, and the text before the
    HTML.  Raises RecordError where there is none.
    """
    named = [(text_field, False), (html_field, True)]
    usual = [(name, False) for name in TEXT_FIELDS] if text_field is None else []
    usual += [(name, True) for name in HTML_FIELDS] if html_field is None else []
    if text_field is None and html_field is not None:
        usual = []
    tried = [(name, is_html) for name, is_html in (*named, *usual) if name]
    present = [(name, is_html) for name, is_html in tried if record.get(name) is not None]
    for name, is_html in present:
        if isinstance(body := record[name], str):
            return body, is_html
    if present:
        name = present[0][0]
        raise RecordError(f"field {name!r} is {_json_type(record[name])}, not a string")
    names = ", ".join(repr(name) for name, _ in tried)
    own = ", ".join(repr(str(name)) for name in list(record)[:8]) or "none"
    raise RecordError(
        f"no text: tried the fields {names}; the record has {own}. Name it with --text-field or --html-field"
    )


def fields_of(record: Mapping[str, Any]) -> dict[str, str]:
    """The known fields that an input record brings along, where they are strings."""
    fields = {
        name: value for name in CARRIED if isinstance(value := record.get(name), str) and value
    }
    if isinstance(url := record.get("url"), str) and url:
        fields["url"] = url
    if isinstance(written := record.get("date"), str) and (found := _DAY.match(written)):
        try:
            day = date(*map(int, found.groups()))
        except ValueError:
            return fields
        fields["date"] = day.isoformat()
        if found.end() < len(written.rstrip()):
            fields.setdefault("published_at", written.strip())
    return fields


def links_of(record: Mapping[str, Any]) -> tuple[Link, ...]:
    """The links of a record that Shiyi or a like-minded program wrote."""
    links = record.get("links")
    if not isinstance(links, list):
        return ()
    return tuple(
        Link(link.get("url"), link["text"], link["kind"])
        for link in links
        if isinstance(link, dict)
        and isinstance(link.get("url"), str | None)
        and isinstance(link.get("text"), str)
        and link.get("kind") in LINK_KINDS
    )


def id_of(record: Mapping[str, Any]) -> str | int | None:
    """A record's own id, a string or a number, as it is typed there."""
    own = record.get("id")
    return own if isinstance(own, str | int) and not isinstance(own, bool) and own != "" else None


def from_record(
    record: Mapping[str, Any], text_field: str | None = None, html_field: str | None = None
) -> Document:
    """The document of an input record that holds text, not cleaned yet.

    Raises RecordError where there is no text, or where it is HTML, which has to be extracted
    (``cleaning.read.document_of_html``).
    """
    text, is_html = text_of(record, text_field, html_field)
    if is_html:
        raise RecordError("the record holds HTML")
    own = id_of(record)
    document = Document.from_text(text, links=links_of(record))
    return with_fields(document, {**fields_of(record), **({} if own is None else {"id": str(own)})})


def with_fields(document: Document, fields: Mapping[str, str]) -> Document:
    """The document with fields, named as in ``document.FIELDS``, that its record brings along."""
    return dataclasses.replace(document, **fields)  # type: ignore[arg-type]  # names of FIELDS only


def stable_id(place: str, record: int, content_sha256: str) -> str:
    """The id of a record that has none: 16 hex digits from its place and its content."""
    named = f"{place}\0{record}\0{content_sha256}"
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _bad_byte(line: bytes, error: UnicodeDecodeError) -> int:
    """Where in the line the first wrong byte stands; msgspec counts from the string's start."""
    try:
        line.decode()
    except UnicodeDecodeError as whole:
        return whole.start
    return error.start


def _json_type(value: object) -> str:
    names = {bool: "a truth value", int: "a number", float: "a number", str: "a string"}
    if value is None:
        return "null"
    return names.get(type(value), "a list" if isinstance(value, list) else "an object")
