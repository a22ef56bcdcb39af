"""What a run was made from: kept beside its output, so that the same command can go on."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from cleaning.dumps.items import Counts, InputError, InputFile, RefusedError, Settings
from cleaning.dumps.parts import atomic, sync
from cleaning.dumps.places import is_remote, remove_tree
from cleaning.fingerprint import fingerprint

HASHED = 4 * 1024 * 1024
"""Bytes up to which an input is known by its hash as well as by its size and time: a copied or
checked-out file has another time.  Larger ones are not read a second time for that."""

Identity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides the content of an output: settings and inputs, and what was in it before.

    ``known`` are the inputs that OUT holds already, where this run appends to it, and
    ``known_counts`` what came of them.  ``uncut`` is the engine's: its shards are others, so a
    stopped run goes on only with the same.
    """

    settings: dict[str, Any]
    inputs: list[Identity]
    mode: str = "new"
    known: list[Identity] = field(default_factory=list)
    known_counts: dict[str, int] = field(default_factory=dict)
    uncut: int = 0

    @classmethod
    def of(
        cls, files: Sequence[InputFile], settings: Settings, format: str, mode: str, uncut: int = 0
    ) -> Plan:
        # As JSON gives it back: a tuple becomes a list.
        chosen = json.loads(json.dumps(asdict(settings)))
        chosen |= {"format": format, "rules": fingerprint()}
        return cls(chosen, [identity(file) for file in files], mode, uncut=uncut)

    def beside(self, known: list[Identity], counts: dict[str, int]) -> Plan:
        """The plan without the inputs that OUT holds already."""
        inputs = [self.inputs[number] for number in self.numbers_beside(known)]
        return replace(self, inputs=inputs, known=known, known_counts=counts)

    def numbers_beside(self, known: Sequence[Identity]) -> list[int]:
        """Which of the inputs are not among the known ones."""
        by_name: dict[str, list[Identity]] = {}
        for one in known:
            by_name.setdefault(one["name"], []).append(one)
        return [
            number
            for number, one in enumerate(self.inputs)
            if not any(same(one, other) for other in by_name.get(one["name"], ()))
        ]

    def is_made_by(self, finished: dict[str, Any]) -> bool:
        """Whether a finished run made all that this plan asks for, and nothing else."""
        if self.settings != finished["settings"]:
            return False
        if self.mode == "append":
            return not self.numbers_beside(finished["inputs"])
        return _all_same(self.inputs, finished["inputs"])

    def difference(self, other: Plan) -> str:
        """What of another plan is not as in this one, for a message."""
        names = [name for name in self.settings if self.settings[name] != other.settings.get(name)]
        if not names:
            return "other input" if self.uncut == other.uncut else "another engine"
        if names == ["rules"]:
            return "the rules of another version"
        return f"other settings ({', '.join(names)})"

    def goes_on_from(self, stopped: Plan) -> bool:
        """Whether this is the same command that was stopped."""
        return (
            self.settings == stopped.settings
            and self.uncut == stopped.uncut
            and _all_same(self.inputs, stopped.inputs)
            and (self.mode == "append") == (stopped.mode == "append")
        )


def _all_same(some: Sequence[Identity], others: Sequence[Identity]) -> bool:
    return len(some) == len(others) and all(map(same, some, others))


def identity(file: InputFile) -> Identity:
    status = file.path.stat()
    content = file.sha256
    if content is None and status.st_size <= HASHED:
        content = hashlib.sha256(file.path.read_bytes()).hexdigest()
    changed: int | str = status.st_mtime_ns
    if is_remote(file.path):  # an object store knows the content by its tag, and seldom a time
        info: dict[str, Any] = getattr(status, "info", {})
        changed = str(info.get("ETag") or info.get("mtime") or changed)
    return {
        "name": file.name,
        "size": status.st_size,
        "mtime": changed,
        "sha256": content,
    }


def same(one: Identity, other: Identity) -> bool:
    if (one["name"], one["size"]) != (other["name"], other["size"]):
        return False
    if one["sha256"] is not None:
        return bool(one["sha256"] == other["sha256"])
    return bool(one["mtime"] == other["mtime"])


class Place:
    """The files of one output: OUT, OUT.run.json, OUT.errors.jsonl, and OUT.parts while it runs."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.sidecar = out.with_name(out.name + ".run.json")
        self.errors = out.with_name(out.name + ".errors.jsonl")
        self.parts = out.with_name(out.name + ".parts")
        self.base = self.parts / "base"
        self.base_errors = self.parts / "base.errors"
        self._lock: int | None = None

    def finished(self) -> dict[str, Any] | None:
        """The record of the run that made OUT, if a run did and OUT is still what it made."""
        try:
            record: dict[str, Any] = json.loads(self.sidecar.read_bytes())
            size = self.out.stat().st_size
        except (FileNotFoundError, ValueError):
            return None
        return record if record.get("complete") and record.get("size") == size else None

    def unfinished(self) -> Plan | None:
        """The plan of a run that was stopped."""
        try:
            return Plan(**json.loads((self.parts / "run.json").read_bytes()))
        except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
            return None

    def lock(self) -> None:
        """Take OUT for this process; the system gives it free when the process ends, however."""
        if is_remote(self.out):  # no object store has locks; docs/clusters.md says so
            return
        try:
            self.parts.mkdir(parents=False, exist_ok=True)
            self._lock = os.open(self.parts / "lock", os.O_CREAT | os.O_RDWR, 0o644)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.unlock()
            raise RefusedError(f"another run is writing {self.out} now") from None
        except OSError as error:
            raise InputError(f"{self.out}: cannot be written ({error.strerror})") from None

    def unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def begin(self, plan: Plan) -> None:
        """A new run: no parts, and for --append a hold on the output as it is now."""
        self._forget()
        if plan.mode == "append" and self.out.exists():
            _hold(self.out, self.base)
            if self.errors.exists():
                _hold(self.errors, self.base_errors)
        with atomic(self.parts / "run.json") as file:
            file.write(json.dumps(asdict(plan)).encode())

    def resume(self) -> None:
        """Go on with a stopped run: what it had not finished writing is swept away."""
        if not is_remote(self.out):
            for entry in self.parts.glob("*.tmp"):
                entry.unlink()

    def scratch(self, name: str) -> Path:
        """A temporary file on OUT's file system."""
        return self.parts / f"{name}.tmp"

    def publish(self, scratch: Path, target: Path) -> None:
        """Put a finished file in its place, durably."""
        if is_remote(target):
            copy(scratch, target)  # it appears when it is whole
            scratch.unlink()
            return
        sync(scratch)
        scratch.replace(target)
        sync(target.parent)

    def finish(self, plan: Plan, counts: Counts) -> None:
        """The last word on a run: OUT is complete, and the parts can go."""
        record = {
            "complete": True,
            "size": self.out.stat().st_size,
            "settings": plan.settings,
            "counts": asdict(counts),
            "inputs": [*plan.known, *plan.inputs],
        }
        scratch = self.scratch("sidecar")
        scratch.write_bytes(json.dumps(record, indent=1).encode() + b"\n")
        self.publish(scratch, self.sidecar)
        self._sweep()

    def tidy(self) -> None:
        """Take away what a run left that was killed when all was done."""
        if self.parts.exists():
            try:
                self.lock()
            except (RefusedError, InputError):
                return
            self._sweep()
            self.unlock()

    def _sweep(self) -> None:
        self._forget()
        if not is_remote(self.out):
            shutil.rmtree(self.parts, ignore_errors=True)

    def _forget(self) -> None:
        """Take away all of a run but its lock; first of all its plan, so that none goes on from
        the half of it."""
        (self.parts / "run.json").unlink(missing_ok=True)
        if is_remote(self.out):
            remove_tree(self.parts)
            return
        for entry in self.parts.iterdir():
            if entry.name != "lock":
                entry.unlink()


def _hold(path: Path, link: Path) -> None:
    """A second name for a file that is going to be replaced; a copy where links are not known."""
    if is_remote(path):
        copy(path, link)
        return
    try:
        link.hardlink_to(path)
    except OSError:
        copy(path, link)


def copy(path: Path, target: Path) -> None:
    """The same bytes at another place, of this machine or of another one."""
    with path.open("rb") as source, target.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
