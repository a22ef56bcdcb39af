"""Shards on several processes, in order, whatever happens to a process."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait
from typing import Generic, TypeVar

from cleaning.dumps.shards import Shard

Result = TypeVar("Result")

YOUNG = 20_000
"""Objects between two looks for garbage in a worker: a page makes thousands, nearly none of them in
a cycle; Python's own 700 take 5 % of the time of a page (the 52 pages of data/)."""

AHEAD = 2
"""Shards in flight per worker: one in work and one waiting, so that none is idle and few are in
memory."""


class WorkerDiedError(Exception):
    """A shard killed the process that cleaned it, twice, the second time alone."""


def run_shards(
    shards: Iterable[Shard], task: Callable[[Shard], Result], workers: int
) -> Iterator[tuple[Shard, Result | WorkerDiedError]]:
    """Each shard with what the task made of it, in the shards' order.

    With one worker all is done in this process.  With more, a process that dies takes no shard
    along: its shards are given out again.  One that dies over a shard that it has alone gets a
    WorkerDiedError for it.  multiprocessing.Pool would wait for ever here.
    """
    if workers == 1:
        for shard in shards:
            yield shard, task(shard)
        return
    pool = _Pool(workers, task)
    waiting: deque[tuple[Shard, Future[Result]]] = deque()
    source = iter(shards)
    try:
        while True:
            for late in islice(source, AHEAD * workers - len(waiting)):
                waiting.append((late, pool.submit(late)))
            if not waiting:
                return
            shard, future = waiting[0]
            try:
                result: Result | WorkerDiedError = future.result()
            except BrokenProcessPool:
                # Any of those in flight may be the cause: the first one is tried alone, and all
                # others anew.
                pool.restart()
                result = _alone(shard, task)
                waiting = deque((late, pool.submit(late)) for late, _ in waiting)
            waiting.popleft()
            yield shard, result
    finally:
        pool.stop()


def _alone(shard: Shard, task: Callable[[Shard], Result]) -> Result | WorkerDiedError:
    pool = _Pool(1, task)
    try:
        return pool.submit(shard).result()
    except BrokenProcessPool:
        return WorkerDiedError("the worker process died, perhaps for want of memory")
    finally:
        pool.stop()


class _Pool(Generic[Result]):
    def __init__(self, workers: int, task: Callable[[Shard], Result]) -> None:
        self._workers = workers
        self._task = task
        self._executor = self._start()

    def _start(self) -> ProcessPoolExecutor:
        # A fork would copy the threads of a progress bar in an unknown state.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["cleaning.dumps.warm"])
        return ProcessPoolExecutor(self._workers, context, initializer=_begin)

    def submit(self, shard: Shard) -> Future[Result]:
        try:
            return self._executor.submit(self._task, shard)
        except BrokenProcessPool as error:
            failed: Future[Result] = Future()
            failed.set_exception(error)
            return failed

    def restart(self) -> None:
        self.stop()
        self._executor = self._start()

    def stop(self) -> None:
        """End the processes at once: what they have not committed is done again."""
        for process in list((self._executor._processes or {}).values()):
            process.terminate()
        self._executor.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """In a worker: Ctrl-C is the parent's to handle, and without a parent there is no work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.set_threshold(YOUNG)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()
