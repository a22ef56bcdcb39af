"""Shards on a Dask cluster, which gives those of a lost worker to another one by itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from cleaning.dumps.items import InputError
from cleaning.dumps.shards import Shard
from cleaning.dumps.workers import WorkerDiedError
from cleaning.fingerprint import fingerprint

Made = TypeVar("Made")

UNCUT = 8 * 1024**3
"""Bytes up to which a file is not cut (packed JSON Lines: 2 GiB): to cut one is to read all of it on
the machine that gives out the work.  What a lost worker has to do again is a file."""

AHEAD = 3
"""Shards given out per thread of the cluster: one in work and two waiting, so that a slow one at
the head of the line leaves the others enough to do."""

CONNECT = 30
"""Seconds to wait for the scheduler's answer."""


class OtherVersionError(Exception):
    """A worker has another version of the rules than the one that gives out the work."""


@dataclass(frozen=True, slots=True)
class Dask:
    """The cluster of a scheduler's ADDRESS; without one, a cluster of processes on this machine."""

    scheduler: str | None = None
    workers: int = 2
    uncut: int = UNCUT
    is_in_process: bool = False

    def run(
        self, shards: Iterable[Shard], task: Callable[[Shard], Made]
    ) -> Iterator[tuple[Shard, Made | WorkerDiedError]]:
        """Each shard with what the task made of it, in order.

        Dask tries a shard on another worker when one is lost, four times in all; after that it is
        a WorkerDiedError.  Raises InputError where there is no scheduler, where it is lost, and
        where a worker has another version.
        """
        try:
            from distributed import KilledWorker
            from distributed.client import FutureCancelledError, FuturesCancelledError
            from distributed.comm.core import CommClosedError
        except ImportError:
            raise InputError("--engine dask needs Dask: pip install 'shiyi[dask]'") from None
        version = fingerprint()
        source = iter(shards)
        waiting: deque[tuple[Shard, Any]] = deque()
        with self._client() as client:
            try:
                while True:
                    threads = max(1, sum(client.nthreads().values()))
                    for shard in islice(source, max(0, AHEAD * threads - len(waiting))):
                        # pure=False: a key of its own, as the work is what it writes.
                        future = client.submit(_checked, shard, task, version, pure=False)
                        waiting.append((shard, future))
                    if not waiting:
                        return
                    shard, future = waiting.popleft()
                    try:
                        yield shard, future.result()
                    except KilledWorker:
                        yield shard, WorkerDiedError("each worker that was given it died")
            except OtherVersionError as error:
                raise InputError(str(error)) from None
            except (CommClosedError, FutureCancelledError, FuturesCancelledError) as error:
                raise InputError(
                    f"the cluster is lost ({error}); the same command goes on from here"
                ) from None

    @contextmanager
    def _client(self) -> Iterator[Any]:
        import distributed

        dask: Any = distributed  # it has no types for these
        with ExitStack() as opened:
            address: Any = self.scheduler
            if address is None:
                address = opened.enter_context(
                    dask.LocalCluster(
                        n_workers=self.workers,
                        threads_per_worker=1,
                        dashboard_address="127.0.0.1:0",
                    )
                )
            try:
                client = opened.enter_context(dask.Client(address, timeout=CONNECT))
            except (OSError, ValueError) as error:
                raise InputError(f"no Dask scheduler at {self.scheduler}: {error}") from None
            yield client


def _checked(shard: Shard, task: Callable[[Shard], Made], version: str) -> Made:
    """The task, on a worker; the same command must write the same wherever it runs."""
    if fingerprint() != version:
        raise OtherVersionError(
            "a worker of the cluster has another version of Shiyi's rules than this machine; "
            "install the same one on all"
        )
    return task(shard)
