"""Remove pinyin notes that a script put behind characters: 網(wǎng) becomes 網.

Within one page the script annotates a character always or never, and which characters it
annotates differs from page to page, so the set is learnt from the page.  A page counts as
annotated only on evidence of the whole document; a genuine gloss fails it, because it stands
behind rare or unconverted characters, or behind every character (reading aids), or at one of
several places of its character.

Two families are known.  In one, notes with tone marks stand behind characters that a
Simplified-to-Traditional table made; in the other, notes without tone stand behind any
character, sometimes several times: 的(de)(de).

>>> from cleaning.document import Document
>>> text = "網(wǎng)絡(luò)與網(wǎng)站，無關(guān)的網(wǎng)站，關(guān)於聯(lián)絡(luò)。"
>>> document = Document.from_text(text)
>>> document.apply(remove_notes(document)).text
'網絡與網站，無關的網站，關於聯絡。'
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from cleaning.document import Document, Finding, Label, change
from cleaning.han import (
    HAN,
    TONED,
    is_converted,
    is_han,
    is_toned,
    normal_reading,
    readings,
    toneless_readings,
)
from cleaning.signs import sign
from cleaning.steps.script import charwise
from cleaning.strewn_notes import EMOJI, are_strewn

LETTERS = f"a-zA-Zü{TONED}ăĕĭŏŭɡɑ:\u0300-\u030c"
SYLLABLE = f"[ \u3000]?[{LETTERS}]{{1,8}}[1-4]?[ \u3000]?"
SIGN = sign("(（", then=f"{LETTERS} \u3000")
HAN_CHARACTER = re.compile(f"[{HAN}]")
# Brackets first and the character behind them looked up: half the characters of a page are Han.
NOTE = re.compile(f"([(（](?<=[{HAN}].)({SYLLABLE})[)）])\\1*")

# The plane of emoji makes the pattern slow, so it is only asked where notes are.
SPRINKLED = re.compile("[(（][\u2300-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]{1,3}[)）]")

# Measured on 10 annotated pages (488 notes) and 11 genuine samples, research/masked.md A2: annotated
# pages have a share of converted characters of 1.00, genuine ones at most 0.71.
MIN_CONVERTED = 0.9
MIN_REGULAR = 0.9  # share of the annotated characters' occurrences that carry a note
MIN_LOOSE_REGULAR = 0.6  # of a page put together of parts, where the evidence is otherwise plain,
# and of one with doubled notes, which skips a character now and then (a page about wheels: 0.81):
MIN_LOOSE_CONVERTED, MIN_LOOSE_NOTES, MIN_LOOSE_TYPES = 0.97, 12, 8
MIN_ONE_READING = 0.95  # share of annotated characters with one reading only
MIN_IN_CHINESE = 0.6  # share of notes with a Han character or a note right beside them
MIN_NOTES = 5
MIN_SHORT_NOTES, MIN_DENSITY = (
    2,
    0.03,
)  # a short text: fewer notes, but at least so many per character
MIN_FEW_NOTES = 2  # where the text itself was made by a table, as genuine text with glosses is not
MIN_SPRINKLED = (
    3  # emoji in brackets, which some scripts strew together with notes on any character
)
MOST_PLACES = 100  # labelled of those where a page differs from its own table
MAX_ANY_DENSITY = 0.4  # behind any character: above this it is a reading aid, which covers all
MIN_ANY_TYPES = 4


@dataclass(frozen=True, slots=True)
class Note:
    field: str
    start: int
    end: int
    character: str
    reading: str
    repeats: int
    before: str
    in_chinese: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the notes of one document look like together; shares are 0..1."""

    notes: int
    types: int
    converted: float
    regular: float
    one_reading: float
    in_chinese: float
    density: float
    toned: float
    repeated: int


def remove_notes(document: Document) -> Iterable[Finding]:
    return _notes(document) if document.signs & SIGN else ()


def _notes(document: Document) -> Iterator[Finding]:
    strings = [
        (field, value)
        for field, value in document.prose()
        if ("(" in value or "（" in value) and NOTE.search(value)
    ]
    if not strings:
        return
    notes = [note for field, value in strings for note in find_notes(field, value)]
    if not notes:
        return
    evidence = weigh(notes, "\n".join(value for _, value in document.prose()))
    rule = annotated(evidence)
    if rule is None and _few(evidence) and charwise(document):
        rule = "note:page-set"
    sprinkled = [
        (field, match) for field, value in document.prose() for match in SPRINKLED.finditer(value)
    ]
    if len(sprinkled) >= MIN_SPRINKLED and evidence.notes >= MIN_NOTES:
        rule = "note:sprinkled"
        for field, match in sprinkled:
            yield change(field, "note", *match.span(), match[0], "", rule)
    in_text = [note for note in notes if not note.field]
    if rule is None and are_strewn(
        [(note.character, note.reading) for note in in_text],
        [(note.start, note.end) for note in in_text],
    ):
        rule = "note:strewn"
        for match in EMOJI.finditer(document.text):
            yield change("", "note", *match.span(), match[0], "", rule)
    if rule is None:
        return
    if not document.has_label("annotated"):
        yield Label("annotated", None, None, f"{evidence.notes} notes", rule, evidence.regular)
        if rule == "note:page-set":
            yield from _without_note(document.text, in_text)
    for note in notes:
        if rule != "note:page-set" or is_converted(note.character):
            yield change(note.field, "note", note.start, note.end, note.before, "", rule)


def _without_note(text: str, notes: list[Note]) -> Iterator[Label]:
    """Places at which the page's own table, applied to the text without its notes, would put a note and the
    page has none: they came from elsewhere, or the page was cut there."""
    noted = {note.start - 1 for note in notes}
    table = {note.character for note in notes if is_converted(note.character)}
    if not table:
        return
    places = (
        match.start()
        for match in re.finditer(f"[{''.join(sorted(table))}]", text)
        if match.start() not in noted
    )
    for place in islice(places, MOST_PLACES):
        yield Label("unannotated", place, place + 1, text[place], "note:table")


def find_notes(field: str, text: str) -> Iterator[Note]:
    """Every character with a note behind it that is a reading of this character."""
    for match in NOTE.finditer(text):
        start, end = match.span()
        character = text[start - 1]
        reading = normal_reading(match[2])
        if not _is_reading(reading, character):
            continue
        left = text[start - 2] if start > 1 else "\n"
        right = text[end] if end < len(text) else "\n"
        in_chinese = is_han(left) or left in ")）" or is_han(right)
        yield Note(
            field,
            start,
            end,
            character,
            reading,
            len(match[0]) // len(match[1]),
            match[0],
            in_chinese,
        )


def _is_reading(reading: str, character: str) -> bool:
    return reading in readings(character) or (
        not is_toned(reading) and reading in toneless_readings(character)
    )


def weigh(notes: list[Note], whole: str) -> Evidence:
    """Put numbers to what separates a script's notes from an author's glosses."""
    types = Counter(note.character for note in notes)
    occurrences = sum(whole.count(character) for character in types)
    by_character: dict[str, set[str]] = defaultdict(set)
    for note in notes:
        by_character[note.character].add(note.reading)
    total = len(notes)
    return Evidence(
        notes=total,
        types=len(types),
        converted=sum(is_converted(note.character) for note in notes) / total,
        regular=total / occurrences,
        one_reading=sum(len(found) == 1 for found in by_character.values()) / len(types),
        in_chinese=sum(note.in_chinese for note in notes) / total,
        density=total / max(1, len(HAN_CHARACTER.findall(whole))),
        toned=sum(is_toned(note.reading) for note in notes) / total,
        repeated=sum(note.repeats > 1 for note in notes),
    )


def _few(evidence: Evidence) -> bool:
    """Whether a document has only few notes, but each of them as a script puts them."""
    return (
        evidence.notes >= MIN_FEW_NOTES
        and evidence.converted == evidence.one_reading == 1
        and evidence.toned == evidence.in_chinese == 1
        and evidence.regular >= MIN_REGULAR
    )


def annotated(evidence: Evidence) -> str | None:
    """The rule by which a document with this evidence is annotated, or None."""
    plain = (
        evidence.converted >= MIN_LOOSE_CONVERTED
        and evidence.notes >= MIN_LOOSE_NOTES
        and evidence.types >= MIN_LOOSE_TYPES
    )
    toneless = evidence.toned < 1 - MIN_CONVERTED
    # Nobody glosses a character twice at one place: 以(yi)(yi).
    doubled = toneless and evidence.repeated >= 2
    if (
        evidence.regular < (MIN_LOOSE_REGULAR if plain or doubled else MIN_REGULAR)
        or evidence.one_reading < MIN_ONE_READING
        or evidence.in_chinese < MIN_IN_CHINESE
    ):
        return None
    if evidence.converted >= MIN_CONVERTED and (
        evidence.notes >= MIN_NOTES
        or (evidence.notes >= MIN_SHORT_NOTES and evidence.density >= MIN_DENSITY)
    ):
        return "note:page-set"
    if (
        toneless
        and evidence.density <= MAX_ANY_DENSITY
        and evidence.types >= MIN_ANY_TYPES
        # Nor does an author gloss a common one at all of its places: half of the notes must be
        # second notes of their character.
        and (doubled or evidence.notes >= 2 * evidence.types)
    ):
        return "note:any-set"
    return None
