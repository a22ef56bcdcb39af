"""Compressed streams, read in bounded steps, with their damage and their bombs named."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import zstandard

MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}

STEP = 1024 * 1024
"""Bytes read at once, and for gzip also the most that is given out at once."""

ZSTD_STEP = 2048
"""zstandard gives out all that a step makes: four bytes may stand for a block of 128 KiB, so a
step of 2 KiB makes at most 64 MiB."""

BOMB_RATIO = 1000
"""Output over input from which a stream is no longer believed.  deflate can reach 1,032 only on
one repeated byte, and Chinese JSON Lines reach 3 to 12."""

BOMB_FLOOR = 256 * 1024 * 1024
"""Bytes that a stream may make whatever its ratio: so much costs a second and no memory."""


class StreamError(Exception):
    """A compressed stream that ends early, is damaged, or is a bomb."""


def chunks(raw: BinaryIO, compression: str | None) -> Iterator[bytes]:
    """The content of a stream in chunks of a few MiB.

    Raises StreamError where the stream cannot be read on; all before it has been given out.
    """
    if compression is None:
        while data := raw.read(STEP):
            yield data
        return
    yield from _bounded(raw, compression)


def head(path: Path, compression: str | None, size: int) -> bytes:
    """The first bytes of a file's content; fewer where it is shorter or damaged."""
    found = b""
    with path.open("rb") as raw:
        try:
            for chunk in chunks(raw, compression):
                found += chunk
                if len(found) >= size:
                    break
        except StreamError:
            pass
    return found[:size]


def content(path: Path, compression: str | None, limit: int) -> bytes:
    """The whole content of a file.

    Raises StreamError for a damaged stream and ValueError for one of more than ``limit`` bytes.
    """
    parts: list[bytes] = []
    size = 0
    with path.open("rb") as raw:
        for chunk in chunks(raw, compression):
            parts.append(chunk)
            size += len(chunk)
            if size > limit:
                raise ValueError(f"larger than {limit // 2**20} MiB")
    return b"".join(parts)


def _bounded(raw: BinaryIO, compression: str) -> Iterator[bytes]:
    taken = made = 0
    steps = _gzip if compression == "gzip" else _zstd

    def read(size: int) -> bytes:
        nonlocal taken
        data = raw.read(size)
        taken += len(data)
        return data

    for chunk in steps(read):
        made += len(chunk)
        if made > BOMB_FLOOR and made > BOMB_RATIO * taken:
            raise StreamError(
                f"the {compression} stream grows more than {BOMB_RATIO} times: a decompression bomb"
            )
        yield chunk


def _gzip(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Members one after another; zeros after the last one are padding, as gzip(1) takes them."""
    data = read(STEP)
    while data:
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            if not data and not (data := read(STEP)):
                raise StreamError("the gzip stream ends early")
            try:
                made = member.decompress(data, STEP)
            except zlib.error as error:
                raise StreamError(f"the gzip stream is damaged ({error})") from None
            if made:
                yield made
            data = member.unconsumed_tail
            if not data and not made and not member.eof:
                data = read(STEP)
                if not data:
                    raise StreamError("the gzip stream ends early")
        data = (member.unused_data or read(STEP)).lstrip(b"\0")
        while not data and (data := read(STEP)):
            data = data.lstrip(b"\0")


def _zstd(read: Callable[[int], bytes]) -> Iterator[bytes]:
    decompressor = zstandard.ZstdDecompressor(max_window_size=2**27)
    data = read(ZSTD_STEP)
    while data:
        frame = decompressor.decompressobj()
        while not frame.eof:
            if not data:
                raise StreamError("the zstd stream ends early")
            try:
                made = frame.decompress(data)
            except zstandard.ZstdError as error:
                raise StreamError(f"the zstd stream is damaged ({error})") from None
            if made:
                yield made
            data = frame.unused_data if frame.eof else read(ZSTD_STEP)
        data = data or read(ZSTD_STEP)
