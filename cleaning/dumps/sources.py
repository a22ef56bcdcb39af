"""The files that the INPUT arguments name, in one order that does not depend on the machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cleaning.dumps.items import InputError, InputFile, Rejected
from cleaning.dumps.kinds import kind_of
from cleaning.dumps.places import is_remote, place_of, remote_files


def input_files(
    inputs: Iterable[str],
    standard_input: Callable[[], InputFile],
    out: Path | None = None,
) -> tuple[list[InputFile], list[Rejected]]:
    """The files of all inputs, each once, and those that cannot be opened.

    ``-`` is what ``standard_input`` makes a file of.  An output ``out`` inside a folder, with
    the files beside it that a run keeps, is no input.

    Folders are walked in sorted order; what begins with a dot is skipped, and a folder that was
    seen already, as a loop of links makes it, is not walked again.  Raises InputError for an
    input that does not exist.
    """
    files: list[InputFile] = []
    rejected: list[Rejected] = []
    seen: set[tuple[int, int]] = set()
    places: set[str] = set()
    for given in dict.fromkeys(inputs):
        if given == "-":
            files.append(standard_input())
            continue
        top = place_of(given)
        if is_remote(top):
            _add_remote(top, given, out, files, rejected)
            continue
        if not top.exists():
            raise InputError(f"{given}: no such file or folder")
        if (
            out is not None
            and not is_remote(out)
            and out.exists()
            and not top.is_dir()
            and top.samefile(out)
        ):
            raise InputError(f"{given}: is input and output at once")
        own = _own_files(top, out)
        for path in [top] if not top.is_dir() else _walk(top, set()):
            if own and own(path):
                continue
            name = str(path)
            try:
                status = path.stat()
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
                kind, compression = kind_of(path)
            except OSError as error:
                rejected.append(Rejected(name, None, f"cannot be read ({error.strerror})"))
                continue
            place = _place(path, top)
            if place in places:
                place = str(path.resolve())
            places.add(place)
            files.append(InputFile(path, name, place, kind, status.st_size, compression))
    return files, rejected


def _add_remote(
    top: Path, given: str, out: Path | None, files: list[InputFile], rejected: list[Rejected]
) -> None:
    """The files behind a URL; OUT, its parts and what stands beside it are no input."""
    known = {file.name for file in files}
    own = str(out) if out is not None else None
    try:
        found = [path for path in remote_files(top) if str(path) not in known]
    except OSError as error:
        raise InputError(f"{given}: cannot be listed ({error})") from None
    if not found and not top.exists():
        raise InputError(f"{given}: no such file or folder")
    for path in found:
        name = str(path)
        if own and (name == own or name.startswith((f"{own}.", f"{own}-"))):
            if name == own == str(top):
                raise InputError(f"{given}: is input and output at once")
            continue
        try:
            kind, compression = kind_of(path)
            size = path.stat().st_size
        except OSError as error:
            rejected.append(Rejected(name, None, f"cannot be read ({error})"))
            continue
        files.append(InputFile(path, name, name, kind, size, compression))


def _own_files(top: Path, out: Path | None) -> Callable[[Path], bool] | None:
    """Tells the files that belong to an output inside a folder of the input."""
    if out is None or is_remote(out) or not top.is_dir():
        return None
    home = out.resolve().parent
    if not home.is_relative_to(top.resolve()):
        return None

    def is_own(path: Path) -> bool:
        path = path.resolve()
        if not path.is_relative_to(home):
            return False
        name = path.relative_to(home).parts[0]
        return name == out.name or name.startswith((f"{out.name}.", f"{out.name}-"))

    return is_own


def _place(path: Path, top: Path) -> str:
    """A file's path from its INPUT on: the same wherever the command was started."""
    name = top.resolve().name
    return name if path == top else f"{name}/{path.relative_to(top).as_posix()}"


def _walk(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path]:
    stack = [folder]
    while stack:
        path = stack.pop()
        if not path.is_dir():
            yield path
            continue
        status = path.stat()
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        try:
            names = sorted(entry.name for entry in os.scandir(path))
        except OSError:
            yield path
            continue
        stack += [path / name for name in reversed(names) if not name.startswith(".")]
