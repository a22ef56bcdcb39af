"""The values that go through a run: what is read, what cannot be, and where it stood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MAX_RECORD = 64 * 1024 * 1024
"""Bytes of one record.  A larger one is set aside: it would not fit a worker's memory (600 MB),
as a text of this size with its edits and its JSON is held several times over."""


class InputError(Exception):
    """An input or an output that cannot be used at all; the message is for who asked for it."""


class RefusedError(Exception):
    """An output that holds something else than what a run would make."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file of the input.

    ``name`` is the file as given, for records and messages; ``place`` does not depend on where
    the command was started, for stable ids; ``kind`` is one of ``kinds.KINDS``; ``sha256`` is
    known of what was put into a file only for this run.
    """

    path: Path
    name: str
    place: str
    kind: str
    size: int
    compression: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of one file that is read at once: bytes, members or row groups start to stop.

    ``weight`` is its share of the file's size, in bytes.  ``data`` holds the content where it
    cannot be read again at its place (a compressed stream, standard input); ``too_long`` are the
    numbers of records that were left out of it, and ``fault`` is what ended the stream.
    """

    file: InputFile
    start: int
    stop: int
    weight: int
    first_record: int = 1
    data: bytes | None = None
    too_long: tuple[int, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One record of the input, before it is cleaned.

    ``body`` is bytes for a file or a response, text for a field of a record; ``is_html`` says
    how to read it.  ``fields`` are the record's own fields, ``id`` as it was typed there.
    """

    file: str
    place: str
    record: int
    body: bytes | str
    is_html: bool
    url: str | None = None
    id: str | int | None = None
    content_type: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    links: tuple[tuple[str | None, str, str], ...] = ()
    capture: Capture | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """How and where a page of a web archive was captured."""

    fetched_at: str | None
    status: int | None
    headers: tuple[tuple[str, str], ...]
    path: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read or cleaned, and why.

    ``record`` is None where the whole file is meant.  ``raw`` keeps the record itself where it
    is small; bytes that are no UTF-8 stand in it as lone surrogates (PEP 383).
    """

    file: str
    record: int | None
    reason: str
    raw: str | None = None

    @property
    def message(self) -> str:
        place = self.file if self.record is None else f"{self.file}, record {self.record}"
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that is sound and not text, such as a picture in a web archive."""

    file: str
    record: int
    reason: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose that decides what is written; workers get it, and a run is held to it.

    ``text_field`` and ``html_field`` name the fields of a record; None tries the usual names.
    ``without`` switches off rules or families of rules.  ``site_lines``: whether the pages of one
    site are looked at together, for the lines that repeat on them.  ``script``, ``masks`` and
    ``restore``: see ``cleaning.pipeline.chosen_steps``.
    """

    text_field: str | None = None
    html_field: str | None = None
    without: tuple[str, ...] = ()
    site_lines: bool = True
    script: str = "keep"
    masks: str = "keep"
    restore: str = "safe"


@dataclass(slots=True)
class Counts:
    """What became of the records: read = written + rejected + skipped."""

    read: int = 0
    written: int = 0
    rejected: int = 0
    skipped: int = 0

    def line(self) -> str:
        """``1,000 records: 990 written, 4 rejected, 6 skipped``."""
        said = f"{self.read:,} record{'' if self.read == 1 else 's'}: {self.written:,} written"
        said += f", {self.rejected:,} rejected" if self.rejected else ""
        return said + (f", {self.skipped:,} skipped" if self.skipped else "")

    def add(self, other: Counts) -> None:
        self.read += other.read
        self.written += other.written
        self.rejected += other.rejected
        self.skipped += other.skipped
