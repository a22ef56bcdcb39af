"""What runs the shards of a run: processes of this machine, or a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from cleaning.dumps.items import InputError
from cleaning.dumps.shards import Shard
from cleaning.dumps.workers import WorkerDiedError, run_shards

Made = TypeVar("Made")


class Engine(Protocol):
    """Runs a task over shards."""

    @property
    def uncut(self) -> int:
        """Bytes up to which a file is one piece: to cut one is to read it here."""

    @property
    def is_in_process(self) -> bool:
        """Whether all is done in this process, so that nothing needs to be handed over."""

    def run(
        self, shards: Iterable[Shard], task: Callable[[Shard], Made]
    ) -> Iterator[tuple[Shard, Made | WorkerDiedError]]:
        """Each shard with what the task made of it, in the shards' order."""


@dataclass(frozen=True, slots=True)
class Local:
    """Processes of this machine; one worker is this process itself."""

    workers: int = 1
    uncut: int = 0

    @property
    def is_in_process(self) -> bool:
        return self.workers == 1

    def run(
        self, shards: Iterable[Shard], task: Callable[[Shard], Made]
    ) -> Iterator[tuple[Shard, Made | WorkerDiedError]]:
        return run_shards(shards, task, self.workers)


ENGINES = ("local", "dask")


def engine_of(name: str, workers: int, scheduler: str | None = None) -> Engine:
    """The engine of that name.  Raises InputError where it does not exist or is not installed."""
    if name == "dask":
        from cleaning.dumps.dask_engine import Dask

        return Dask(scheduler, workers)
    if name != "local":
        raise InputError(f"there is no engine {name!r} here; there is: {', '.join(ENGINES)}")
    if scheduler:
        raise InputError("--scheduler is for --engine dask")
    return Local(workers)
