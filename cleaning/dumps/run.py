"""A run to a file, which appears when it is complete; a stopped run goes on where it was."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from cleaning.dumps.engines import Engine, Local
from cleaning.dumps.formats import FORMATS
from cleaning.dumps.items import Counts, RefusedError, Settings
from cleaning.dumps.parts import atomic, error_line, part_path
from cleaning.dumps.progress import Report, Result, Source
from cleaning.dumps.site_pass import count_sites
from cleaning.dumps.state import Place, Plan
from cleaning.dumps.work import parts_in_order, shards


def clean_to_file(
    source: Source,
    out: Path,
    settings: Settings,
    format: str,
    *,
    engine: Engine | None = None,
    mode: str = "new",
    report: Report | None = None,
) -> Result:
    """Clean all of the input into OUT; ``mode`` says what may be done with an OUT that is there.

    Raises RefusedError where OUT holds something else, and InputError where it cannot be written.
    """
    report, engine = report or Report(), engine or Local()
    place = Place(out)
    whole = Plan.of(source.files, settings, format, mode, engine.uncut)
    stopped, finished = place.unfinished(), place.finished()
    if stopped is None and finished and mode != "overwrite" and whole.is_made_by(finished):
        place.tidy()
        return Result(Counts(**finished["counts"]), was_complete=True)
    plan = whole
    if mode == "append" and stopped is not None:
        plan = whole.beside(stopped.known, stopped.known_counts)
    elif mode == "append" and finished:
        plan = whole.beside(finished["inputs"], finished["counts"])
    goes_on = stopped is not None and plan.goes_on_from(stopped)
    if mode != "overwrite" and stopped is not None and not goes_on:
        raise RefusedError(
            f"{place.parts} holds an unfinished run with {plan.difference(stopped)}; "
            "finish that one, or discard it with --overwrite"
        )
    if mode == "new" and not goes_on and out.exists():
        made = "was not made by such a run"
        if finished:
            made = (
                f"was made with {whole.difference(Plan(finished['settings'], finished['inputs']))}"
            )
        raise RefusedError(f"{out} exists and {made}; use --append or --overwrite")
    place.lock()
    try:
        if goes_on:
            place.resume()
        else:
            place.begin(plan)
        fresh = [source.files[number] for number in whole.numbers_beside(plan.known)]
        counts = _make(place, Source(fresh, source.rejected), settings, format, engine, report)
        counts.add(Counts(**plan.known_counts))
        place.finish(plan, counts)
    finally:
        place.unlock()
    return Result(counts)


def _make(
    place: Place, source: Source, settings: Settings, format: str, engine: Engine, report: Report
) -> Counts:
    """Clean what is not cleaned yet, and join all parts into OUT and OUT.errors.jsonl."""
    progress = report.begin(source)
    work = shards(source.files, source.size, engine)
    folder = place.parts
    site_lines = place.parts / "site-lines"
    if not site_lines.exists():  # a run that goes on has counted already
        statistics = count_sites(source.files, settings, engine)
        with atomic(site_lines) as file:
            file.write(statistics.encode())
    numbers = list(
        parts_in_order(work, settings, format, folder, engine, progress, report, site_lines)
    )

    scratch = place.scratch("errors")
    with scratch.open("wb") as errors:
        errors.writelines(error_line(rejected) for rejected in source.rejected)
        for part in _present(place.base_errors, folder, numbers, "errors"):
            with part.open("rb") as lines:
                shutil.copyfileobj(lines, errors)
    if scratch.stat().st_size:
        place.publish(scratch, place.errors)
    else:
        scratch.unlink()
        place.errors.unlink(missing_ok=True)

    scratch = place.scratch("joined")
    FORMATS[format].join(_present(place.base, folder, numbers, "part"), scratch)
    place.publish(scratch, place.out)
    return progress.counts


def _present(base: Path, folder: Path, numbers: Iterable[int], suffix: str) -> Iterator[Path]:
    """What OUT held before, where this run appends, and then the files of its parts."""
    paths = (part_path(folder, number, suffix) for number in numbers)
    return (path for path in (base, *paths) if path.exists())
