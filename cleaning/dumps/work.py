"""All shards of an input, cleaned by workers, as parts in the input's order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from cleaning.dumps.engines import Engine
from cleaning.dumps.items import Counts, InputFile, Settings
from cleaning.dumps.parts import read_part, rejected_in, set_aside, write_part
from cleaning.dumps.progress import Progress, Report
from cleaning.dumps.shards import Shard, pieces_of, shard_bytes, shards_of
from cleaning.dumps.workers import WorkerDiedError


def shards(files: Iterable[InputFile], total: int, engine: Engine) -> Iterator[Shard]:
    """The shards of an input of ``total`` bytes, in order."""
    size = shard_bytes(total)
    return shards_of(pieces_of(files, max(size, engine.uncut)), size)


def parts_in_order(
    work: Iterable[Shard],
    settings: Settings,
    format: str,
    folder: Path,
    engine: Engine,
    progress: Progress,
    report: Report,
    site_lines: Path | None = None,
) -> Iterator[int]:
    """The numbers of all shards in order, each as soon as its part is in the folder.

    Shards whose part is there from an earlier run are not cleaned again.  ``site_lines``: the file
    of the statistics of the whole input.
    """
    earlier: dict[int, tuple[int, Counts]] = {}

    def still_to_do() -> Iterator[Shard]:
        for shard in work:
            if (counts := read_part(folder, shard.number)) is None:
                yield shard
            else:
                earlier[shard.number] = shard.weight, counts

    def tell(number: int, weight: int, counts: Counts) -> int:
        progress.counts.add(counts)
        progress.done += weight
        if counts.rejected:
            for rejected in rejected_in(folder, number):
                report.on_error(rejected.message)
        report.on_progress(progress)
        return number

    task = partial(
        write_part, settings=settings, folder=folder, format=format, site_lines=site_lines
    )
    number = 0
    for shard, result in engine.run(still_to_do(), task):
        while number < shard.number:
            yield tell(number, *earlier.pop(number))
            number += 1
        if isinstance(result, WorkerDiedError):
            result = set_aside(shard, folder, str(result))
        yield tell(number, shard.weight, result)
        number += 1
    while number in earlier:
        yield tell(number, *earlier.pop(number))
        number += 1
