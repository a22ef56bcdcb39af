"""One hash of all that decides what cleaning makes of a page."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

DECIDES = (".py", ".tsv", ".toml", ".txt", ".bin")


@cache
def fingerprint() -> str:
    """The first 16 hex digits of the SHA-256 over the package's code and rule tables.

    Two runs with the same fingerprint make the same document of the same page; a document whose
    run has another one is what ``shiyi reclean`` looks at.  The dumps only move documents, so
    they do not count.
    """
    digest = hashlib.sha256()
    for name, content in sorted(_contents(files("cleaning"), "")):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _contents(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        name = prefix + entry.name
        if entry.is_dir() and name not in ("dumps", "__pycache__"):
            found += _contents(entry, name + "/")
        elif entry.name.endswith(DECIDES):
            found.append((name, entry.read_bytes()))
    return found
