"""The command line for tests: ``main`` in a forked child, which spares the start of a new Python."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path

import archive.clean
import archive.search
import archive.showing  # noqa: F401
import shiyi as front


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it wrote."""

    returncode: int
    stdout: bytes
    stderr: bytes

    @property
    def said(self) -> str:
        return self.stderr.decode()


def shiyi(*arguments: object, stdin: bytes = b"", cwd: Path | None = None) -> Done:
    """Run the command as a shell would: its own working directory, streams and exit status."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:  # fmt: skip
        given.write(stdin)
        given.seek(0)
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _become([str(argument) for argument in arguments], given.fileno(), out.fileno(), err.fileno(), cwd)  # fmt: skip
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        out.seek(0)
        err.seek(0)
        return Done(status, out.read(), err.read())


def _become(arguments: list[str], given: int, out: int, err: int, cwd: Path | None) -> None:
    status = 70
    try:
        for number, descriptor in enumerate((given, out, err)):
            os.dup2(descriptor, number)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.argv = ["shiyi", *arguments]
        # A fork server that a test started in the parent is no child of this process.
        forkserver._forkserver.__init__()  # type: ignore[misc]
        if cwd is not None:
            os.chdir(cwd)
        front.main()
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        import traceback

        traceback.print_exc()
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
