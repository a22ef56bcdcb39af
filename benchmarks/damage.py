"""A generator of damage with known truth, after damage.md.

    damage(article, seed, kinds) -> Damaged(text, page, truth)

Everything is decided by the seed and the article's name, so the same call gives the same page
on any machine.  The order is that of real life: words are masked at the farm, the text is
converted, annotated and shifted on the mirror, wrapped, and lastly read with a wrong encoding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random

from benchmarks import forward_bytes, forward_masks, forward_page, forward_script

ARTICLES = Path(__file__).parent / "articles"

HELD_OUT = frozenset({"fire-tower", "second-hand-phone", "street-trees", "herb-garden"})
"""Articles that are only scored on, never looked at while a step is being tuned."""

TUNING_SEEDS = range(10)
HELD_OUT_SEEDS = range(100, 110)

KINDS = (
    *("stars", "blank", "deletion"),  # masks
    *("script", "notes", "toneless", "shift", "lead"),  # characters; all but script imply it or not
    *("half",),  # full-width punctuation lost
    *("header", "chrome"),  # what stands around the text
    *("mojibake",),  # whole paragraphs read with a wrong encoding
)
"""The kinds of damage.  ``notes`` and ``shift`` convert the script by themselves."""

_CLOSING = re.compile("[)）]")

HALF = str.maketrans("，：；？！（）", ",:;?!()")
"""The marks that such pages lose; 。、《》“” are kept (damage.md, section 2)."""


@dataclass(frozen=True, slots=True)
class Article:
    """A sound text: its file's name without suffix, its group (folder), title and paragraphs."""

    name: str
    group: str
    title: str
    body: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.body)


@dataclass(frozen=True, slots=True)
class Truth:
    """What a perfect cleaner gives back.

    ``text`` has the masks in it (what a cleaner that restores none must give); ``whole`` has the
    words.  ``hurt`` numbers the paragraphs that shift or mojibake changed; of these ``lossless``
    can be repaired exactly.  ``notes`` counts the notes put in, title and links included.
    """

    title: str
    text: str
    whole: str
    date: str | None
    site: str | None
    source: str | None
    author: str | None
    header: str | None
    links: tuple[forward_page.PageLink, ...]
    masks: tuple[forward_masks.Mask, ...]
    notes: int
    note_set: Mapping[str, str]
    hurt: tuple[int, ...]
    lossless: frozenset[int]
    chain: str | None
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Damaged:
    """A damaged text, the page it stands on (for rendering as HTML), and the truth."""

    text: str
    page: forward_page.Page
    truth: Truth


@cache
def articles(group: str = "simplified") -> tuple[Article, ...]:
    """The articles of a group (simplified, traditional, negative), by name."""
    found = []
    for path in sorted((ARTICLES / group).glob("*.txt")):
        title, *body = path.read_text(encoding="utf-8").splitlines()
        found.append(Article(path.stem, group, title, tuple(body)))
    return tuple(found)


def damage(
    article: Article,
    seed: int,
    kinds: Collection[str],
    *,
    chain: str | None = None,
    hole: forward_bytes.Hole = "?",
    layout: str | None = None,
    links: tuple[forward_page.PageLink, ...] | None = None,
    site: str | None = None,
    joined: bool = False,
) -> Damaged:
    """The article damaged in the given kinds; ``chain`` names the mojibake, else the seed does.

    ``links`` and ``site`` are the page's, else they are invented.  With ``joined`` the bytes of the
    body are shifted as one text, in which a line break can be swallowed.  The held-out seeds draw
    the keyword line from phrases, and the layout from a set, that the others never show.

    Raises ValueError for a kind that does not exist.
    """
    if unknown := set(kinds) - set(KINDS):
        raise ValueError(f"no such kind of damage: {', '.join(sorted(unknown))}")
    rng = Random(f"{article.name}:{seed}")
    is_held_out = seed in HELD_OUT_SEEDS
    mask_kinds = set(kinds) & set(forward_masks.KINDS)
    text = article.text
    masks: tuple[forward_masks.Mask, ...] = ()
    if mask_kinds:
        text, masks = forward_masks.mask(text, rng, mask_kinds, is_held_out=is_held_out)
    body = tuple(text.split("\n"))
    if "chrome" in kinds:
        page = forward_page.wrap(
            article.title, body, rng, layout, links, site, is_held_out=is_held_out
        )
    else:
        page = forward_page.bare(article.title, body)
    sound = page

    conversions: list[Callable[[str], str]] = []
    if "half" in kinds:
        conversions.append(lambda s: s.translate(HALF))
    if {"script", "notes", "shift"} & set(kinds):
        conversions.append(forward_script.convert)
    converted = page = _changed(page, conversions)
    note_set = _note_set(kinds, rng, converted)
    notes = 0
    if "shift" in kinds:
        page = _changed(page, [lambda s: forward_bytes.shift_notes(s, note_set, hole)])
        if joined:
            whole = forward_bytes.shift_notes("\n".join(converted.body), note_set, hole)
            page = replace(page, body=tuple(whole.split("\n")))
    elif note_set:
        plain = "\n".join(page.lines())
        notes = sum(
            plain.count(char) * len(_CLOSING.findall(note)) for char, note in note_set.items()
        )
        page = converted = _changed(page, [lambda s: forward_script.annotate(s, note_set)])
    if "lead" in kinds:
        shifted = forward_bytes.shift_lead("\n".join(page.body), rng)
        page = replace(page, body=tuple(shifted.split("\n")))

    lossless: frozenset[int] = frozenset()
    if "mojibake" in kinds:
        chain = chain or rng.choice(sorted(set(forward_bytes.CHAINS) - {"big5 as gbk"}))
        page, lossless = _mojibake(page, rng, chain)
    else:
        chain = None
    found = set(page.body)
    hurt = tuple(n for n, paragraph in enumerate(converted.body) if paragraph not in found)
    header = forward_page.keyword_line(rng, is_held_out=is_held_out) if "header" in kinds else None
    page = replace(page, header=header)
    joint = rng.choice(("\n", "\n\n"))
    truth = Truth(
        title=article.title,
        text=text,
        whole=article.text,
        date=sound.date,
        site=sound.site,
        source=sound.source,
        author=sound.author,
        header=header,
        links=sound.links,
        masks=masks,
        notes=notes,
        note_set=note_set,
        hurt=hurt,
        lossless=lossless,
        chain=chain,
        kinds=frozenset(kinds),
    )
    return Damaged(joint.join(page.lines()) + "\n", page, truth)


def _note_set(kinds: Collection[str], rng: Random, page: forward_page.Page) -> Mapping[str, str]:
    """The notes of the page, of the family that the kinds ask for, or none."""
    if {"notes", "shift"} & set(kinds):
        return forward_script.toned_notes(rng)
    if "toneless" in kinds:
        return forward_script.toneless_notes(rng, "\n".join(page.lines()))
    return {}


def _changed(
    page: forward_page.Page, changes: Collection[Callable[[str], str]]
) -> forward_page.Page:
    """The page with its characters damaged everywhere; the keyword line comes in later."""

    def change(text: str) -> str:
        for make in changes:
            text = make(text)
        return text

    return replace(
        page,
        title=change(page.title),
        body=tuple(map(change, page.body)),
        head=tuple(map(change, page.head)),
        tail=tuple(map(change, page.tail)),
        site=page.site and change(page.site),
        source=page.source and change(page.source),
        author=page.author and change(page.author),
        links=tuple(replace(link, text=change(link.text)) for link in page.links),
    )


def _mojibake(
    page: forward_page.Page, rng: Random, chain: str
) -> tuple[forward_page.Page, frozenset[int]]:
    """One to four long paragraphs through the chain, as a quotation pasted in from elsewhere."""
    long = [n for n, paragraph in enumerate(page.body) if len(paragraph) >= 20]
    chosen = rng.sample(long, k=min(len(long), rng.randint(1, 4)))
    body = list(page.body)
    lossless = set()
    for number in chosen:
        if forward_bytes.is_lossless(chain, body[number]):
            lossless.add(number)
        body[number] = forward_bytes.CHAINS[chain](body[number])
    return replace(page, body=tuple(body)), frozenset(lossless)
