"""The measures of the quality table, one function per damage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from benchmarks import forward_bytes, forward_masks, forward_page, score
from benchmarks.bench import Bench, Row, Sum, percent
from benchmarks.damage import articles
from benchmarks.decoding import decoding
from benchmarks.measures_kept import glosses, mixed
from cleaning.document import Document, Edit, FieldEdit, Label
from cleaning.pipeline import clean

NEAR = 2  # characters by which a mask's label may miss its place

NOT_EDITS = frozenset({"field", "layout"})
"""Kinds that lose nothing and are not counted on sound text (DESIGN.md, section 5)."""


def notes(bench: Bench) -> Iterator[Row]:
    """Both families of notes, each with what they come with on real pages."""
    families = {
        "notes": ("notes",),
        "notes, page": ("notes", "half", "header", "chrome"),
        "notes, toneless": ("toneless",),
        "notes, toneless on converted": ("toneless", "script", "half"),
    }
    for name, kinds in families.items():
        total, put, left = Sum(), 0, 0
        for result in bench.pages(*kinds):
            truth, document = result.made.truth, result.document
            alignment = result.alignment()
            total.add(alignment)
            bench.lines(name, result, alignment)
            put += truth.notes
            words = "\n".join(value for _, value in document.prose())
            left += score.left_notes(words, truth.text, list(truth.note_set.values()))
        yield Row(name, "notes removed %", percent(put - left, put), put, ">= 99.9")
        yield Row(
            name, "pages exact %", percent(total.pages_exact, total.pages), total.pages, ">= 98"
        )
        yield Row(name, "wrong chars per million", total.wrong_per_million, total.chars, "<= 10")


def script(bench: Bench) -> Iterator[Row]:
    """Character-wise Traditional without notes."""
    total = Sum()
    for result in bench.pages("script"):
        alignment = result.alignment()
        total.add(alignment)
        bench.lines("script", result, alignment)
    yield Row("script", "wrong chars per million", total.wrong_per_million, total.chars, "<= 10")
    yield Row("script", "pages exact %", percent(total.pages_exact, total.pages), total.pages)


def shift(bench: Bench) -> Iterator[Row]:
    """Notes at byte level under each decoder, and lost lead bytes: over the damaged paragraphs."""
    cases: list[tuple[str, tuple[str, ...], forward_bytes.Hole, bool]] = [
        *((f"shift, hole {hole!r}", ("shift",), hole, False) for hole in forward_bytes.HOLES),
        ("shift, half", ("shift", "half"), "?", False),
        ("shift over line breaks", ("shift",), "?", True),
        ("lost lead", ("script", "lead"), "?", False),
        ("lost lead, Simplified", ("lead",), "?", False),
    ]
    for name, kinds, hole, joined in cases:
        hurt = exact = chars = wrong = labelled = 0
        for result in bench.pages(*kinds, hole=hole, joined=joined):
            pairs = result.alignment().pairs
            marked = _marked_lines(result.document, {"shift"})
            for number in result.made.truth.hurt:
                truth, got = pairs[number]
                hurt += 1
                exact += truth == got
                chars += len(truth)
                wrong += len(truth) if got is None else score.distance(truth, got)
                if truth != got:
                    labelled += got in marked
                    bench.fail(name, result.where, truth, got)
        is_main = name == "shift, hole '?'"
        yield Row(
            name, "paragraphs exact %", percent(exact, hurt), hurt, ">= 95" if is_main else ""
        )
        yield Row(name, "CER %", percent(wrong, chars), chars, "<= 0.1" if is_main else "")
        yield Row(name, "of the rest labelled %", percent(labelled, hurt - exact), hurt - exact)


def _marked_lines(document: Document, kinds: set[str]) -> set[str | None]:
    """The lines of a document that hold a label of some kinds."""
    lines: set[str | None] = set()
    for label in document.labels:
        if label.kind in kinds and label.start is not None and label.end is not None:
            start = document.text.rfind("\n", 0, label.start) + 1
            end = document.text.find("\n", label.end)
            lines.update(document.text[start : end if end >= 0 else None].split("\n"))
    return lines


def punctuation(bench: Bench) -> Iterator[Row]:
    """Marks that a page lost, beside other damage and as the only damage (then the page may also
    be its author's style, and to leave it is no fault)."""
    for name, kinds in {
        "punctuation, notes": ("half", "notes"),
        "punctuation, script": ("half", "script"),
        "punctuation alone": ("half",),
    }.items():
        right = wrong = missing = 0
        for result in bench.pages(*kinds):
            for truth, got in result.alignment().pairs:
                counts = score.punctuation(truth, got or "")
                right, wrong, missing = right + counts[0], wrong + counts[1], missing + counts[2]
                if truth != got:
                    bench.fail(name, result.where, truth, got)
        whole = 2 * right + wrong + missing
        target = "" if name.endswith("alone") else ">= 0.97"
        yield Row(name, "F1", 2 * right / whole if whole else None, right + missing, target)
        yield Row(name, "wrongly made", wrong, right + missing)


def header(bench: Bench) -> Iterator[Row]:
    """Keyword lines over damaged and sound pages; sound ones carry titles with marks of their own."""
    found = missed = 0
    titles = [0, 0]
    for kinds in (("header", "chrome"), ("header", "chrome", "notes", "half"), ("header",)):
        for result in bench.pages(*kinds):
            truth, document = result.made.truth, result.document
            spam = truth.header or ""
            left = f"{document.title}\n{document.text}"
            is_gone = not any(phrase in left for phrase in re.split(r"[_\-,|]", spam))
            found, missed = found + is_gone, missed + (not is_gone)
            titles[document.title == truth.title] += 1
            if not is_gone:
                bench.fail("header", result.where, "(removed)", spam)
            if document.title != truth.title:
                bench.fail("title", result.where, truth.title, document.title)
    alarms = 0
    for article in (*bench.articles, *articles("negative"), *articles("traditional")):
        joined = [f"{article.title}{mark}生活频道{mark}青禾网" for mark in "_-|"]
        dated = f"{article.title}\n发布时间：2024-05-06 来源：青禾网"
        for line in (*joined, *(f"{top}\n{dated}" for top in forward_page.SOUND_TOPS)):
            document = clean(Document.from_text(f"{line}\n{article.text}\n"))
            if any(edit.kind == "header" for edit in _log(document)):
                alarms += 1
                bench.fail("header", article.name, "(kept)", line)
    yield Row("header", "recall %", percent(found, found + missed), found + missed, ">= 97")
    yield Row("header", "precision %", percent(found, found + alarms), found + alarms, ">= 99")
    yield Row("header", "title right %", percent(titles[1], sum(titles)), sum(titles), ">= 95")


def chrome(bench: Bench) -> Iterator[Row]:
    """What stands around the text, on sound and on damaged pages, as text and as HTML."""
    cases = {
        "chrome, text": (("chrome",), False),
        "chrome, text, damaged": (("chrome", "header", "notes", "half"), False),
        "chrome, HTML": (("chrome",), True),
        "chrome, HTML, damaged": (("chrome", "header", "notes", "half"), True),
    }
    for name, (kinds, as_html) in cases.items():
        total = Sum()
        wanted = dict.fromkeys(("title", "date", "site", "source", "author"), 0)
        right = dict(wanted)
        links = links_found = 0
        for result in bench.pages(*kinds, as_html=as_html):
            truth, document = result.made.truth, result.document
            alignment = result.alignment()
            total.add(alignment)
            bench.lines(name, result, alignment)
            for field_name in wanted:
                expected = getattr(truth, field_name)
                if expected is not None:
                    wanted[field_name] += 1
                    got = document.field(field_name)
                    right[field_name] += got == expected
                    if got != expected:
                        bench.fail(f"{name}, {field_name}", result.where, expected, got)
            known = {(link.kind, link.text) for link in document.links}
            links += len(truth.links)
            links_found += sum((link.kind, link.text) in known for link in truth.links)
        yield Row(name, "chrome lines left per page", total.lines_extra / total.pages if total.pages else None, total.pages, "<= 0.2")  # fmt: skip
        yield Row(name, "body lines lost %", percent(total.lines_lost, total.lines), total.lines, "<= 0.1")  # fmt: skip
        yield Row(name, "body lines exact %", percent(total.lines_exact, total.lines), total.lines)
        for field_name, count in wanted.items():
            yield Row(name, f"{field_name} right %", percent(right[field_name], count), count)
        yield Row(name, "links found %", percent(links_found, links), links)


def masks(bench: Bench) -> Iterator[Row]:
    """Masked words found (a label at their place), and labels where no mask is.

    A blank at the edge of a line is trimmed and so deleted without a trace: it counts there.  How many
    words are put back, and how many of these are right, is in ``benchmarks/masks.py``.
    """
    for kind in forward_masks.KINDS:
        count = found = marks = marks_right = 0
        for result in bench.pages(kind, restore="off"):
            truth, document = result.made.truth, result.document
            if document.text != truth.text:
                bench.fail(f"masks, {kind}", result.where, truth.text[:40], document.text[:40])
                continue
            labels = [label for label in document.labels if label.kind == "mask"]
            near = {mask: _near(mask, labels) for mask in truth.masks}
            wanted = [mask for mask in truth.masks if mask.kind == kind]
            count += len(wanted)
            found += sum(bool(near[mask]) for mask in wanted)
            right = {id(label) for labels_ in near.values() for label in labels_}
            marks += len(labels)
            marks_right += len(right)
            for mask in wanted:
                if not near[mask]:
                    place = truth.text[max(0, mask.start - 10) : mask.end + 10]
                    bench.fail(f"masks, {kind}", result.where, mask.word, place)
            for label in labels:
                if id(label) not in right and label.start is not None:
                    place = truth.text[max(0, label.start - 10) :][:20]
                    bench.fail(f"masks, {kind}", result.where, f"(no {label.rule})", place)
        recall, precision = percent(found, count), percent(marks_right, marks)
        target = {"stars": ">= 0.97", "blank": ">= 0.90", "deletion": ""}[kind]
        both = 0.02 * recall * precision / (recall + precision) if recall and precision else None
        yield Row(f"masks, {kind}", "found %", recall, count)
        yield Row(f"masks, {kind}", "labels right %", precision, marks)
        yield Row(f"masks, {kind}", "F1", both, count, target)


def _near(mask: forward_masks.Mask, labels: Sequence[Label]) -> list[Label]:
    return [
        label
        for label in labels
        if label.start is not None
        and label.end is not None
        and label.start <= mask.end + NEAR
        and label.end >= mask.start - NEAR
    ]


def mojibake(bench: Bench) -> Iterator[Row]:
    """Each chain over paragraphs; exact is asked of those that lost no byte."""
    for chain in forward_bytes.CHAINS:
        if chain == "big5 as gbk":
            continue  # needs Traditional text; below
        yield from _chain(bench, chain)
    traditional = Bench(articles("traditional"), bench.seeds, bench.failures)
    yield from _chain(traditional, "big5 as gbk")


def _chain(bench: Bench, chain: str) -> Iterator[Row]:
    name = f"mojibake, {chain}"
    lossless = exact = lossy = chars = wrong = harmed = 0
    for result in bench.pages("mojibake", chain=chain):
        truth = result.made.truth
        for number, (expected, got) in enumerate(result.alignment().pairs):
            if number not in truth.hurt:
                harmed += got != expected
            elif number in truth.lossless:
                lossless += 1
                exact += got == expected
            else:
                lossy += 1
                # A line that is still mojibake is like no line of the truth, and so "lost".
                chars += len(expected)
                wrong += len(expected) if got is None else score.distance(expected, got)
            if got != expected:
                bench.fail(name, result.where, expected, got)
    if lossless:
        yield Row(name, "lossless lines exact %", percent(exact, lossless), lossless, ">= 98")
    if lossy:
        yield Row(name, "lossy lines, chars right %", percent(max(0, chars - wrong), chars), chars)
    yield Row(name, "sound lines harmed", harmed, lossless + lossy)


def sound(bench: Bench) -> Iterator[Row]:
    """Edits on text that is as its author wrote it."""
    groups = {
        "sound, Simplified": bench.articles,
        "sound, Traditional": articles("traditional"),
        "sound, looks damaged": articles("negative"),
    }
    for name, group in groups.items():
        edits = chars = labels = 0
        for article in group:
            text = f"{article.title}\n{article.text}\n"
            document = clean(Document.from_text(text))
            chars += len(text)
            for label in document.labels:
                if label.kind in ("mask", "shift", "mojibake"):
                    labels += 1
                    place = text if label.start is None else document.text[label.start - 10 :][:30]
                    bench.fail(
                        f"{name}, label", article.name, "(no label)", f"{place!r} by {label.rule}"
                    )
            for edit in _log(document):
                if edit.kind not in NOT_EDITS:
                    edits += 1
                    bench.fail(name, article.name, edit.before, f"{edit.after!r} by {edit.rule}")
        yield Row(name, "edits per million", 1e6 * edits / chars, chars, "<= 1")
        yield Row(name, "false labels", labels, chars)


def _log(document: Document) -> list[Edit | FieldEdit]:
    return [*document.edits, *document.field_edits]


MEASURES: Mapping[str, Callable[[Bench], Iterator[Row]]] = {
    "notes": notes,
    "script": script,
    "glosses": glosses,
    "mixed": mixed,
    "shift": shift,
    "punctuation": punctuation,
    "header": header,
    "chrome": chrome,
    "masks": masks,
    "mojibake": mojibake,
    "decode": decoding,
    "sound": sound,
}
