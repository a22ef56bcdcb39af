"""Where inputs and outputs are: on this machine, or behind a URL that fsspec knows (s3://, …).

A URL becomes a ``UPath`` of universal_pathlib, which has the methods of ``pathlib.Path``; what
object stores have not (links, locks, renames that cost nothing) is asked for by ``is_remote``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from cleaning.dumps.items import InputError

EXTRA = "inputs and outputs by URL need fsspec: pip install 'shiyi[dask]'"


def place_of(given: str) -> Path:
    """The path that an argument names.  Raises InputError for a URL that cannot be used here."""
    if "://" not in given:
        return Path(given)
    try:
        from upath import UPath
    except ImportError:
        raise InputError(f"{given}: {EXTRA}") from None
    scheme = given.partition("://")[0]
    if scheme == "file":  # this machine after all, with its locks and renames
        return Path(given.removeprefix("file://"))
    try:
        path = UPath(given)
        path.fs  # noqa: B018  the library of the scheme is loaded here
    except ImportError as error:
        raise InputError(f"{given}: {error}") from None
    except ValueError:
        raise InputError(f"{given}: no file system is known for {scheme}://") from None
    return cast(Path, path)


def is_remote(path: Path) -> bool:
    """Whether a path is behind a URL: no object store has locks, links or a cheap rename."""
    return not isinstance(path, Path)


def remote_files(top: Path) -> Iterator[Path]:
    """The files that a URL names: one, all below a folder, or those that its ``*`` fit; sorted."""
    system: Any = top.fs  # type: ignore[attr-defined]
    inner: str = top.path  # type: ignore[attr-defined]
    if system.isfile(inner):
        yield top
        return
    found = system.glob(inner) if "*" in inner else system.find(inner)
    for name in sorted(found):
        if not any(part.startswith(".") for part in _below(name, inner)):
            yield type(top)(system.unstrip_protocol(name), **_options(top))


def _below(name: str, top: str) -> list[str]:
    return name.removeprefix(top).strip("/").split("/")


def _options(path: Path) -> dict[str, Any]:
    return dict(path.storage_options)  # type: ignore[attr-defined]


def remove_tree(path: Path) -> None:
    """Take away a remote folder and what is in it."""
    system: Any = path.fs  # type: ignore[attr-defined]
    inner: str = path.path  # type: ignore[attr-defined]
    if system.exists(inner):
        system.rm(inner, recursive=True)
