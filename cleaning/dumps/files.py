"""Files that hold one document each: texts and HTML pages."""

from __future__ import annotations

from collections.abc import Iterator

from cleaning.dumps.compression import StreamError, content
from cleaning.dumps.items import MAX_RECORD, InputFile, Item, Piece, Rejected, Settings


def pieces(file: InputFile, size: int) -> Iterator[Piece]:
    del size
    yield Piece(file, 0, file.size, file.size)


def items(piece: Piece, settings: Settings) -> Iterator[Item | Rejected]:
    """The one document of a file."""
    del settings
    file = piece.file
    try:
        body = piece.data
        if body is None:
            body = content(file.path, file.compression, MAX_RECORD)
    except OSError as error:
        yield Rejected(file.name, None, f"cannot be read ({error.strerror})")
    except (StreamError, ValueError) as error:
        yield Rejected(file.name, None, str(error))
    else:
        yield document_item(file, body)


def document_item(file: InputFile, body: bytes) -> Item | Rejected:
    if not body:
        return Rejected(file.name, None, "the file is empty")
    return Item(file.name, file.place, 1, body, file.kind == "html")
