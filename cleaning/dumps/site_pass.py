"""The pass before cleaning: which lines repeat on the pages of each site of the input.

Only texts are counted.  Of a page of HTML, extraction leaves little of the site's own: in the texts
of 18 real pages of three sites no line stood on half of a site's pages, while as plain text two
thirds of their lines did.  To extract all pages twice would double the time of a run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path

from cleaning.dumps.engines import Engine, Local
from cleaning.dumps.items import InputError, InputFile, Item, Settings
from cleaning.dumps.shards import READERS, Shard, pieces_of, shard_bytes, shards_of, site_of_item
from cleaning.read import read_text
from cleaning.site_counter import MIN_PAGES, SiteCounter
from cleaning.site_lines import Statistics

LITTLE = 64 * 1024 * 1024
"""Bytes of input up to which one process counts: it takes about a second for them, as long as the
start of a second one."""


def count_sites(
    files: Sequence[InputFile], settings: Settings, engine: Engine | None = None
) -> Statistics:
    """The repeated lines of every site with enough pages in the input.

    They are the same for any number of workers and any order of the files.  What cannot be read
    is not counted; the run itself will say so.
    """
    engine = engine or Local()
    counted = _worth_counting(files) if settings.site_lines else []
    total = SiteCounter()
    if counted:
        size = sum(file.size for file in counted)
        counting = engine if size > LITTLE else Local()
        piece = shard_bytes(size)
        work = shards_of(pieces_of(counted, max(piece, counting.uncut)), piece)
        task = partial(count_shard, settings=settings)
        for _, counter in counting.run(work, task):
            if isinstance(counter, SiteCounter):
                total.merge(counter)
    return total.statistics()


def count_shard(shard: Shard, settings: Settings) -> SiteCounter:
    """The pages of one shard."""
    counter = SiteCounter()
    for piece in shard.pieces:
        with suppress(InputError, OSError):
            for item in READERS[piece.file.kind].items(piece, settings):
                if isinstance(item, Item) and not item.is_html and (site := site_of_item(item)):
                    with suppress(Exception):  # cleaning meets it again, and says what it was
                        body = item.body
                        text = body if isinstance(body, str) else read_text(body, item.url).text
                        counter.add(site, text)
    return counter


def _worth_counting(files: Sequence[InputFile]) -> list[InputFile]:
    """The files that hold many documents, and the texts of a folder that has enough of them.

    What came through standard input is not read twice.
    """
    texts = Counter(_folder(file) for file in files if file.kind == "text")
    return [
        file
        for file in files
        if file.name != "-"
        and file.kind != "html"
        and (file.kind != "text" or texts[_folder(file)] >= MIN_PAGES)
    ]


def _folder(file: InputFile) -> str:
    return file.place.rpartition("/")[0]


def load_statistics(path: Path) -> Statistics:
    """The statistics that a run keeps in a file, read once by each process."""
    status = path.stat()
    return _load(path, status.st_mtime_ns, status.st_ino, status.st_size)


@lru_cache(1)
def _load(path: Path, mtime: int, inode: int, size: int) -> Statistics:
    del mtime, inode, size
    return Statistics.decode(path.read_bytes())
