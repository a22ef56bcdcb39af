"""The steps of the cleaner, in order, and the one function that runs them.

To add a step, write its file and name it here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache

from cleaning.document import Candidate, Document, Edit, FieldEdit, Finding, Label, Link
from cleaning.restoration import LEVELS
from cleaning.site_lines import SiteLines
from cleaning.steps.chrome import remove_chrome
from cleaning.steps.fields import fill_fields
from cleaning.steps.header import remove_header
from cleaning.steps.invisible import remove_invisible
from cleaning.steps.layout import join_blank_lines
from cleaning.steps.masks import find_all_masks, find_masks, label_masks
from cleaning.steps.mojibake import repair_mojibake
from cleaning.steps.notes import remove_notes
from cleaning.steps.punctuation import restore_punctuation
from cleaning.steps.script import convert_script
from cleaning.steps.shift import undo_shift
from cleaning.steps.simplify import simplify
from cleaning.steps.site_chrome import remove_site_lines
from cleaning.steps.unmask import mark_masks, strip_masks

Step = Callable[[Document], Iterable[Finding]]
"""A step looks at a document and says what it finds.  It cannot change the text itself."""

STEPS: tuple[Step, ...] = (
    repair_mojibake,
    undo_shift,
    join_blank_lines,
    remove_notes,
    convert_script,
    remove_invisible,
    remove_header,
    restore_punctuation,
    fill_fields,
    remove_chrome,
    find_masks,
)
"""What was done to a page last is undone first; fields and chrome are read in sound text."""


@cache
def chosen_steps(
    script: str = "keep", masks: str = "keep", restore: str = "safe"
) -> tuple[Step, ...]:
    """The steps with what a user asks for beyond repair: a pipeline's configuration is its list.

    ``script``: keep, or simplified for genuine Traditional too.  ``masks``: keep, strip or mark.
    ``restore``: a level of :data:`cleaning.restoration.LEVELS`.
    """
    place = STEPS.index(convert_script) + 1
    at_level = {"safe": find_masks, "off": label_masks, "all": find_all_masks}[restore]
    steps = tuple(at_level if step is find_masks else step for step in STEPS)
    wanted: tuple[Step, ...] = (simplify,) if script == "simplified" else ()
    last: tuple[Step, ...] = {"strip": (strip_masks,), "mark": (mark_masks,)}.get(masks, ())
    return (*steps[:place], *wanted, *steps[place:], *last)


def steps_of_site(lines: SiteLines | None, steps: Sequence[Step] = STEPS) -> Sequence[Step]:
    """The steps for a page of a site whose repeated lines are known; None: those of any page.

    The site's lines go before the fields are read, as a page without its menus shows its title
    first, and after the spam header, which a hack puts above the menus.
    """
    if lines is None:
        return steps
    place = steps.index(fill_fields) if fill_fields in steps else len(steps)
    return (*steps[:place], remove_site_lines(lines), *steps[place:])


EDIT_AT = 0.95
"""An edit enters the text from this confidence on; below it, it becomes a label."""

EDIT_MASK_AT = LEVELS["safe"]
"""A restored word is invented text if it is wrong, so it must be surer."""

MAX_ROUNDS = 6
"""Times that every step may run.  Damaged pages need two rounds, nested damage three; the limit only
guards against two steps that undo each other, and a test asserts that it is not met."""


def clean(
    document: Document,
    steps: Sequence[Step] = STEPS,
    without: Collection[str] = (),
    *,
    restore_at: float = EDIT_MASK_AT,
) -> Document:
    """The document with every sure edit of every step made, and the unsure ones as labels.

    Steps take turns until each has looked at the document as it is and found nothing more, so
    cleaning a clean document changes nothing.  ``without`` switches off rules by their id
    (``note:page-set``) or their family (``note``).  ``restore_at``: confidence from which a
    restored word enters the text.
    """
    quiet = 0
    for step in [*steps] * MAX_ROUNDS:
        before = document
        if found := [*step(document)]:  # on sound text nearly every step finds nothing
            document = document.apply(_sure(found, document, without, restore_at))
        # The labels of the last step are read by none before it, and it has just looked.
        is_said = step is steps[-1] and _only_labelled(before, document)
        quiet = quiet + 1 if document is before or is_said else 0
        if quiet == len(steps):
            break
    return document


def _only_labelled(before: Document, after: Document) -> bool:
    return (
        len(before.edits) == len(after.edits)
        and len(before.field_edits) == len(after.field_edits)
        and len(before.links) == len(after.links)
    )


def _sure(
    findings: Iterable[Finding], document: Document, without: Collection[str], restore_at: float
) -> Iterator[Finding]:
    """What of a step's findings may happen: unsure edits become labels, known labels are dropped."""
    for finding in findings:
        if isinstance(finding, Link):
            yield finding
        elif without and (finding.rule in without or finding.rule.partition(":")[0] in without):
            continue
        elif isinstance(finding, Label):
            if finding not in document.labels:
                yield finding
        elif finding.confidence >= (restore_at if finding.kind == "mask" else EDIT_AT):
            yield finding
        elif (label := _as_label(finding)) not in document.labels:
            yield label


def _as_label(edit: Edit | FieldEdit) -> Label:
    """The label that stands for an edit which is not sure enough to be made."""
    in_text = isinstance(edit, Edit)
    return Label(
        edit.kind,
        edit.start if in_text else None,
        edit.end if in_text else None,
        edit.before,
        edit.rule,
        edit.confidence,
        (Candidate(edit.after, edit.confidence),),
    )
