"""Which kind of input a file is: by its suffix, else by how it begins."""

from __future__ import annotations

from pathlib import Path

from cleaning.dumps.compression import MAGIC, head
from cleaning.read import MARKUP

SUFFIXES = {
    ".txt": "text",
    ".md": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".shtml": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".warc": "warc",
    ".wet": "warc",
    ".parquet": "parquet",
    ".zip": "zip",
    ".db": "archive",
}
COMPRESSED = {".gz": "gzip", ".zst": "zstd"}
KINDS = tuple(dict.fromkeys(SUFFIXES.values()))

SNIFFED = 65_536
"""Bytes that are looked at where the suffix says nothing: enough for the first line of nearly
every JSON Lines record (99.9 % of the pages of research/parse.md, mean 7.9 KB of text)."""


def kind_of(path: Path) -> tuple[str, str | None]:
    """The kind of a file and its compression (gzip, zstd or None).

    The content is asked only where the suffix is not known.  Raises OSError.
    """
    compression = COMPRESSED.get(path.suffix.lower())
    suffix = (Path(path.stem) if compression else path).suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix], compression
    with path.open("rb") as file:
        start = file.read(4)
    compression = next((name for name, magic in MAGIC.items() if start.startswith(magic)), None)
    return sniff(head(path, compression, SNIFFED)), compression


def sniff(start: bytes) -> str:
    """The kind of uncompressed content by its first bytes; text where nothing else is seen."""
    if start.startswith(b"PK\x03\x04"):
        return "zip"
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"SQLite format 3\0"):
        return "archive"
    if start.startswith(b"WARC/"):
        return "warc"
    if _is_json_lines(start):
        return "jsonl"
    shown = start.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").lstrip()
    return "html" if MARKUP.match(shown) else "text"


def _is_json_lines(start: bytes) -> bool:
    """Whether the first line is a JSON object, or begins like one and is longer than what is seen."""
    line, newline, _ = start.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    line = line.rstrip()
    if not line.startswith(b'{"'):
        return False
    return line.endswith(b"}") if newline or len(start) < SNIFFED else b'":' in line
