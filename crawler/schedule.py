"""A recrawl every few hours: a systemd timer of the user, or a line for cron.

What is due stands in the archive, so a run that was missed costs nothing: the next one does its work.

>>> files = unit_files(Path("/data/news.db"), "6h", command=["/usr/bin/shiyi"])
>>> [name.partition(".")[2] for name in files]
['service', 'timer']
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 604800

STOP_SECONDS = 120
"""From the stop signal to the kill: pages on their way take 30 s at most, and their commit a moment."""

SPREAD = 10
"""A tenth of the interval, ten minutes at most, is the random delay of a run, so that not all archives
ask their sites at the stroke of the hour."""

_UNITS = {"m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_SAFE = re.compile(r"[\w@+=:,./-]+", re.ASCII)


class ScheduleError(ValueError):
    """An interval that no clock can keep, a path that no unit can hold, or a systemd that is not there."""


def unit_files(
    db: Path,
    every: str,
    arguments: Sequence[str] = (),
    *,
    contact: str | None = None,
    command: Sequence[str] | None = None,
) -> dict[str, str]:
    """The service and the timer that recrawl an archive, as texts by their file names.

    ``every``: 30m, 6h, 1d, 1w.  ``arguments``: further ones for ``shiyi crawl --due``, such as
    ``["--max-minutes", "50"]``.  ``contact``: for its user agent.  ``command``: the program, by default
    this one.  Raises ScheduleError.
    """
    name, on_calendar = unit_name(db), _beat(every)[0]
    words = _words(db, arguments, command)
    setting = _quoted(_plain(f"SHIYI_CONTACT={contact}"))
    environment = f"Environment={setting}\n" if contact else ""
    spread = min(_seconds(every) // SPREAD, 10 * MINUTE)
    service = f"""\
[Unit]
Description=Shiyi: recrawl of {_plain(str(db.absolute()))}

[Service]
Type=oneshot
ExecStart={" ".join(_quoted(_plain(word).replace("$", "$$")) for word in words)}
{environment}SyslogIdentifier={name}
Nice=10
# The first signal lets pages on their way come in and commits them.
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec={STOP_SECONDS}
SuccessExitStatus=143
NoNewPrivileges=yes
"""
    timer = f"""\
[Unit]
Description=Shiyi: recrawl of {_plain(str(db.absolute()))} every {every}

[Timer]
OnCalendar={on_calendar}
RandomizedDelaySec={spread}
# A run that fell into a time when the machine was off is made up for.
Persistent=true

[Install]
WantedBy=timers.target
"""
    return {f"{name}.service": service, f"{name}.timer": timer}


def cron_line(
    db: Path,
    every: str,
    arguments: Sequence[str] = (),
    *,
    contact: str | None = None,
    command: Sequence[str] | None = None,
) -> str:
    """The same for ``crontab -e``, where there is no systemd; its log is ``DB.log``.  See :func:`unit_files`."""
    words = _words(db, arguments, command)
    if contact:
        words = ["env", f"SHIYI_CONTACT={contact}", *words]
    log = shlex.quote(f"{db.absolute()}.log")
    # In a crontab % is the end of the command, in quotes too.
    return f"{_beat(every)[1]} {shlex.join(words)} >> {log} 2>&1".replace("%", r"\%")


def install(
    db: Path,
    every: str,
    arguments: Sequence[str] = (),
    *,
    contact: str | None = None,
    folder: Path | None = None,
) -> list[str]:
    """Write the units into the user's systemd directory and start the timer; lines that say so.

    Raises ScheduleError where the user has no systemd; it holds the line for cron.
    """
    files = unit_files(db, every, arguments, contact=contact)
    try:
        _systemctl("show-environment")
    except ScheduleError as error:
        line = cron_line(db, every, arguments, contact=contact)
        raise ScheduleError(
            f"{error}\nwith cron, put this line into `crontab -e`:\n{line}"
        ) from None
    folder = folder or user_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    _systemctl("daemon-reload")
    timer = f"{unit_name(db)}.timer"
    _systemctl("enable", "--now", timer)
    return [
        *(f"wrote {folder / name}" for name in files),
        f"{timer} runs every {every}; log: journalctl --user -u {unit_name(db)}",
        "to let it run while you are logged out: loginctl enable-linger",
    ]


def remove(db: Path, *, folder: Path | None = None) -> list[str]:
    """Stop the timer of an archive and take its units away; lines that say so.  The archive stays."""
    folder, name = folder or user_folder(), unit_name(db)
    found = [folder / f"{name}.{kind}" for kind in ("timer", "service")]
    found = [path for path in found if path.exists()]
    if not found:
        return [f"there is no schedule for {db}"]
    _systemctl("disable", "--now", f"{name}.timer")
    for path in found:
        path.unlink()
    _systemctl("daemon-reload")
    return [f"removed {path}" for path in found]


def user_folder() -> Path:
    """Where systemd looks for the user's own units (systemd.unit(5))."""
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "systemd" / "user"


def unit_name(db: Path) -> str:
    """The name of an archive's units: its own, and what tells it from others of that name."""
    stem = re.sub(r"[^A-Za-z0-9_]+", "-", db.stem).strip("-")
    mark = hashlib.sha256(os.fsencode(db.absolute())).hexdigest()[:8]
    return "-".join(filter(None, ("shiyi", stem, mark)))


def _words(db: Path, arguments: Sequence[str], command: Sequence[str] | None) -> list[str]:
    program = command or _program()
    return [*program, "crawl", "--due", "--archive", str(db.absolute()), *arguments]


def _program() -> list[str]:
    """This installation's command: the script beside the interpreter, else the module itself."""
    script = Path(sys.executable).with_name("shiyi")
    if script.exists():
        return [str(script)]
    return [sys.executable, str(Path(__file__).absolute().parent.parent / "shiyi.py")]


def _seconds(every: str) -> int:
    match = re.fullmatch(r"\s*(\d{1,4})\s*(m|min|h|d|w)\s*", every)
    if match is None or not int(match[1]):
        raise ScheduleError(f"{every!r} is no interval; write 30m, 6h, 1d or 1w")
    return int(match[1]) * _UNITS[match[2]]


def _beat(every: str) -> tuple[str, str]:
    """An interval as systemd's calendar and as cron's five fields.  Both count within an hour, a day or
    a week, so it must divide one of them."""
    seconds = _seconds(every)
    if seconds == WEEK:
        return "Mon *-*-* 00:00:00", "0 0 * * 1"
    if seconds == DAY:
        return "*-*-* 00:00:00", "0 0 * * *"
    if seconds < HOUR and HOUR % seconds == 0:
        return f"*-*-* *:00/{seconds // MINUTE}:00", f"*/{seconds // MINUTE} * * * *"
    if seconds % HOUR == 0 and seconds < DAY and DAY % seconds == 0:
        return f"*-*-* 00/{seconds // HOUR}:00:00", f"0 */{seconds // HOUR} * * *"
    raise ScheduleError(
        f"{every!r} does not divide an hour or a day; take 5m, 10m, 15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h,"
        " 12h, 1d or 1w"
    )


def _plain(text: str) -> str:
    """A text in a unit: no second line, no specifiers (systemd.unit(5))."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ScheduleError(f"{text!r} holds control characters, which no unit can name")
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """A word in quotes where it needs them (systemd.syntax(7), "Quoting")."""
    if _SAFE.fullmatch(word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _systemctl(*arguments: str) -> None:
    program = shutil.which("systemctl")
    if program is None:
        raise ScheduleError("there is no systemctl here")
    done = subprocess.run([program, "--user", *arguments], capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr or done.stdout).strip() or f"status {done.returncode}"
        raise ScheduleError(f"systemctl --user {' '.join(arguments)}: {reason}")
