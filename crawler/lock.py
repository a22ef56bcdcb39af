"""One recrawl of an archive at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


class LockedError(Exception):
    """Another recrawl of the archive is at work."""


class Lock:
    """Held from its making until ``release``, or until the process ends in whatever way.

    It lies beside the archive, not on it: closing a file drops SQLite's own locks on it
    (fcntl(2)).  The file ``DB.lock`` stays, and its being there means nothing.  Raises LockedError.
    """

    def __init__(self, archive: Path) -> None:
        self._file: IO[str] = archive.with_name(archive.name + ".lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().strip() or "another one"
            self._file.close()
            raise LockedError(
                f"another recrawl is at work (process {holder}); nothing was done"
            ) from None
        except BaseException:
            self._file.close()
            raise
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let the next one begin."""
        self._file.close()
