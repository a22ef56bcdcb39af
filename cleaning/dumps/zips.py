"""Zip files of texts, pages and JSON Lines; a member is named as if the zip were a folder."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import IO, BinaryIO, cast

from cleaning.dumps import jsonl
from cleaning.dumps.compression import BOMB_FLOOR, STEP, StreamError, chunks
from cleaning.dumps.files import document_item
from cleaning.dumps.items import MAX_RECORD, InputFile, Item, Piece, Rejected, Settings
from cleaning.dumps.kinds import COMPRESSED, SNIFFED, SUFFIXES, sniff

MAX_RATIO = 200
"""Unpacked over packed bytes of a whole zip from which it is not opened, above BOMB_FLOOR.
Chinese text packs 3 to 12 times; members that share their bytes, as bombs have them, 10,000."""

FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""What zipfile raises for a broken, an encrypted, or a strangely packed member."""


def pieces(file: InputFile, size: int) -> Iterator[Piece]:
    """Ranges of members; a zip that cannot be opened is one piece, whose reading says why."""
    try:
        with file.path.open("rb") as raw, zipfile.ZipFile(raw) as opened:
            members = opened.infolist()
    except FAULTS:
        yield Piece(file, 0, 0, file.size)
        return
    if _is_bomb(members, file.size):
        yield Piece(file, 0, 0, file.size)
        return
    start = unpacked = packed = 0
    for number, member in enumerate(members):
        unpacked, packed = unpacked + member.file_size, packed + member.compress_size
        if unpacked >= size:
            yield Piece(file, start, number + 1, packed)
            start, unpacked, packed = number + 1, 0, 0
    if start < len(members) or not members:
        yield Piece(file, start, len(members), packed)


def items(piece: Piece, settings: Settings) -> Iterator[Item | Rejected]:
    file = piece.file
    if not file.size:
        yield Rejected(file.name, None, "the file is empty")
        return
    try:
        with file.path.open("rb") as raw, zipfile.ZipFile(raw) as opened:
            members = opened.infolist()
            if _is_bomb(members, file.size):
                reason = f"grows more than {MAX_RATIO} times: a decompression bomb"
                yield Rejected(file.name, None, reason)
                return
            if not members:
                yield Rejected(file.name, None, "nothing in the zip file")
            for member in members[piece.start : piece.stop]:
                path = PurePosixPath(_name(member))
                if member.is_dir() or any(
                    part.startswith((".", "__MACOSX")) for part in path.parts
                ):
                    continue
                yield from _member(opened, member, file, settings)
    except FAULTS as error:
        yield Rejected(file.name, None, f"not a readable zip file ({error})")


def _is_bomb(members: Iterable[zipfile.ZipInfo], size: int) -> bool:
    unpacked = sum(member.file_size for member in members)
    return unpacked > BOMB_FLOOR and unpacked > MAX_RATIO * size


def _member(
    opened: zipfile.ZipFile, member: zipfile.ZipInfo, file: InputFile, settings: Settings
) -> Iterator[Item | Rejected]:
    name = _name(member)
    inner = replace(
        file, name=f"{file.name}/{name}", place=f"{file.place}/{name}", size=member.file_size
    )
    try:
        with opened.open(member) as raw:
            kind, compression = _kind(name, raw)
            raw.seek(0)
            inner = replace(inner, kind=kind, compression=compression)
            stream = chunks(cast(BinaryIO, raw), compression)
            if kind == "jsonl":
                for part in jsonl.stream_pieces(inner, stream, STEP):
                    yield from jsonl.items(part, settings)
            elif kind in ("text", "html"):
                body = bytearray()
                for chunk in stream:
                    body += chunk
                    if len(body) > MAX_RECORD:
                        raise StreamError(f"set aside: larger than {MAX_RECORD // 2**20} MiB")
                yield document_item(inner, bytes(body))
            else:
                yield Rejected(inner.name, None, f"a {kind} file inside a zip is not opened")
    except StreamError as error:
        yield Rejected(inner.name, None, str(error))
    except FAULTS as error:
        yield Rejected(inner.name, None, f"cannot be unpacked ({error})")


def _kind(name: str, raw: IO[bytes]) -> tuple[str, str | None]:
    path = PurePosixPath(name)
    compression = COMPRESSED.get(path.suffix.lower())
    suffix = (PurePosixPath(path.stem) if compression else path).suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix], compression
    start = b""
    for chunk in chunks(cast(BinaryIO, raw), compression):
        start += chunk
        if len(start) >= SNIFFED:
            break
    return sniff(start[:SNIFFED]), compression


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name; zip programs on Chinese systems write GBK and do not say so."""
    if member.flag_bits & 0x800 or member.filename.isascii():
        return member.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return member.filename.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return member.filename
