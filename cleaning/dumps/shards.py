"""Shards of the input, and the one way from a record to a cleaned document."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType

from cleaning.decode import NotTextError
from cleaning.document import Document, Link
from cleaning.dumps import files, jsonl, parquet, warc, zips
from cleaning.dumps.items import InputError, InputFile, Item, Piece, Rejected, Settings, Skipped
from cleaning.pipeline import chosen_steps, clean, steps_of_site
from cleaning.read import document_of_html, read_page, read_text
from cleaning.records import stable_id, with_fields
from cleaning.restoration import LEVELS
from cleaning.site_lines import Statistics, site_of

READERS: dict[str, ModuleType] = {
    "text": files,
    "html": files,
    "jsonl": jsonl,
    "warc": warc,
    "parquet": parquet,
    "zip": zips,
}
"""The reader of each kind: ``pieces(file, size)`` cuts a file, ``items(piece, settings)`` reads."""

LARGEST = 8 * 1024 * 1024
"""Bytes of a shard in a large input: a fifth of a second of sound text, so that little is done
again after a kill, while its commit (two or three fsyncs, 5 ms each) is below 10 percent of it."""

SMALLEST = 256 * 1024
"""Bytes of a shard in a small input, so that it still keeps several workers busy."""

MOST_PIECES = 500
"""Files in one shard, as each costs some work whatever its size."""


@dataclass(frozen=True, slots=True)
class Shard:
    """What a worker cleans and commits at once; its number is its place in the output."""

    number: int
    pieces: tuple[Piece, ...]

    @property
    def weight(self) -> int:
        return sum(piece.weight for piece in self.pieces)

    @property
    def name(self) -> str:
        first, last = self.pieces[0], self.pieces[-1]
        if first.file is last.file:
            return f"{first.file.name} from record {first.first_record}"
        return f"{first.file.name} to {last.file.name}"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A record of the input and the document that it became; ``id`` as the record typed it."""

    item: Item
    document: Document
    id: str | int


Outcome = Cleaned | Rejected | Skipped


def shard_bytes(total: int) -> int:
    """The size of a shard for an input of so many bytes: it depends on nothing else, so that a
    run with another number of workers finds the shards of the first one."""
    return min(LARGEST, max(SMALLEST, total // 64))


def pieces_of(inputs: Iterable[InputFile], size: int) -> Iterator[Piece]:
    for file in inputs:
        yield from READERS[file.kind].pieces(file, size)


def shards_of(pieces: Iterable[Piece], size: int) -> Iterator[Shard]:
    """Pieces put together until they weigh enough."""
    number = weight = 0
    taken: list[Piece] = []
    for piece in pieces:
        taken.append(piece)
        weight += max(piece.weight, len(piece.data or b""))
        if weight >= size or len(taken) >= MOST_PIECES:
            yield Shard(number, tuple(taken))
            number, weight, taken = number + 1, 0, []
    if taken:
        yield Shard(number, tuple(taken))


def outcomes(
    shard: Shard, settings: Settings, statistics: Statistics | None = None
) -> Iterator[Outcome]:
    """What becomes of every record of a shard, in its order; ``statistics``: of the whole input."""
    for piece in shard.pieces:
        try:
            for item in READERS[piece.file.kind].items(piece, settings):
                yield clean_item(item, settings, statistics) if isinstance(item, Item) else item
        except InputError as error:
            yield Rejected(piece.file.name, None, str(error))
        except OSError as error:
            yield Rejected(piece.file.name, None, f"cannot be read ({error.strerror or error})")


def clean_item(
    item: Item, settings: Settings, statistics: Statistics | None = None
) -> Cleaned | Rejected:
    """The cleaned document of one record; a record that breaks the cleaner is set aside too."""
    try:
        lines = None
        if statistics and statistics.packed:
            lines = statistics.lines(site_of_item(item))
        chosen = chosen_steps(settings.script, settings.masks, settings.restore)
        steps = steps_of_site(lines, chosen)
        restore_at = LEVELS[settings.restore]
        document = clean(read(item), steps, settings.without, restore_at=restore_at)
    except NotTextError as error:
        return _rejected(item, f"not text: {error}")
    except Exception as error:  # one bad page must not stop a run over a million
        return _rejected(item, f"the cleaner failed ({type(error).__name__}: {error})")
    own = item.id
    if own is None:
        content = document.raw_sha256
        if isinstance(item.body, bytes):
            content = hashlib.sha256(item.body).hexdigest()
        own = stable_id(item.place, item.record, content)
    return Cleaned(item, document, own)


def site_of_item(item: Item) -> str | None:
    """The site of a record: its URL's host, or of a file that is one document its folder."""
    is_file = isinstance(item.body, bytes) and item.capture is None
    return site_of(item.url, item.place.rpartition("/")[0] if is_file else None)


def _rejected(item: Item, reason: str) -> Rejected:
    return Rejected(
        item.file,
        None if isinstance(item.body, bytes) and item.capture is None else item.record,
        reason,
    )


def read(item: Item) -> Document:
    """The document of a record before any step; the record's own fields win over the page's."""
    fields = {**item.fields, "url": item.url} if item.url else item.fields
    if isinstance(item.body, str) and not item.is_html:
        links = (Link(*link) for link in item.links)
        return Document.from_text(item.body, links=links, labels=(), **fields)
    if isinstance(item.body, str):
        document = document_of_html(item.body, item.url)
    elif item.is_html:
        document = read_page(item.body, item.url, item.content_type)
    else:
        document = read_text(item.body, item.url)
    if item.fields:
        document = with_fields(document, item.fields)
    if item.links:
        document = replace(document, links=tuple(Link(*link) for link in item.links))
    return document
