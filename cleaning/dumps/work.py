"""All shards of an input, cleaned by workers, as parts in the input's order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

from cleaning.dumps.items import Counts, InputFile, Rejected, Settings
from cleaning.dumps.parts import Part, atomic, error_line, part_path, read_part, write_part
from cleaning.dumps.progress import Progress, Report
from cleaning.dumps.shards import Shard, pieces_of, shard_bytes, shards_of
from cleaning.dumps.workers import WorkerDiedError, run_shards


def shards(files: Iterable[InputFile], total: int) -> Iterator[Shard]:
    """The shards of an input of ``total`` bytes, in order."""
    size = shard_bytes(total)
    return shards_of(pieces_of(files, size), size)


def parts_in_order(
    work: Iterable[Shard],
    settings: Settings,
    format: str,
    folder: Path,
    workers: int,
    progress: Progress,
    report: Report,
) -> Iterator[int]:
    """The numbers of all shards in order, each as soon as its part is in the folder.

    Shards whose part is there from an earlier run are not cleaned again.
    """
    earlier: dict[int, tuple[int, Part]] = {}

    def still_to_do() -> Iterator[Shard]:
        for shard in work:
            if (part := read_part(folder, shard.number)) is None:
                yield shard
            else:
                earlier[shard.number] = shard.weight, part

    def tell(part: Part, weight: int) -> None:
        progress.counts.add(part.counts)
        progress.done += weight
        for message in part.errors:
            report.on_error(message)
        if hidden := part.counts.rejected - len(part.errors):
            report.on_error(f"… and {hidden} more records here")
        report.on_progress(progress)

    task = partial(write_part, settings=settings, folder=folder, format=format)
    number = 0
    for shard, result in run_shards(still_to_do(), task, workers):
        while number < shard.number:
            weight, part = earlier.pop(number)
            tell(part, weight)
            yield number
            number += 1
        if isinstance(result, WorkerDiedError):
            result = set_aside(shard, folder, str(result))
        tell(result, shard.weight)
        yield number
        number += 1
    while number in earlier:
        weight, part = earlier.pop(number)
        tell(part, weight)
        yield number
        number += 1


def set_aside(shard: Shard, folder: Path, reason: str) -> Part:
    """The part of a shard that no worker survived: no document, and its place named."""
    first = shard.pieces[0]
    rejected = Rejected(first.file.name, first.first_record, f"{reason}; set aside: {shard.name}")
    part = Part(Counts(read=1, rejected=1), (rejected.message,))
    done = {**asdict(part.counts), "shard": shard.name, "errors": part.errors}
    contents = {"part": b"", "errors": error_line(rejected), "done": json.dumps(done).encode()}
    for suffix, content in contents.items():
        with atomic(part_path(folder, shard.number, suffix)) as file:
            file.write(content)
    return part
