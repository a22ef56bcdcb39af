"""Masked words: what is found, and how often each kind of evidence is right.

    python benchmarks/masks.py [--held-out] [--statutes FOLDER]

Masks are planted (``forward_masks``), pages cleaned with ``--restore off``, and labels compared with
the truth.  For each rule it prints how many of its first candidates are right, with Wilson's interval
(95 %), and for each confidence what share is right.  With ``--statutes``, a folder of statutes as text
files, their titles and numbers are masked too: of the titles most are in no table, so that a wrong one
can be put in.  Masks of real pages (``tests/cases/real_masks.tsv``, checked by hand) are scored in every run.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from benchmarks import calibration, forward_masks
from benchmarks.damage import HELD_OUT, HELD_OUT_SEEDS, TUNING_SEEDS, articles
from cleaning.document import Document, Label
from cleaning.pipeline import clean
from cleaning.restoration import LEVELS
from cleaning.rules import load_pairs
from cleaning.steps.masks import find_all_masks, label_masks

REAL = Path(__file__).resolve().parent.parent / "tests" / "cases" / "real_masks.tsv"
NEAR = 2  # characters by which a label may miss its place


@dataclass(frozen=True, slots=True)
class Guess:
    """The first candidate for one mask."""

    rule: str
    confidence: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Planted:
    """A text with its masks, and of what kind they are."""

    kind: str
    text: str
    masks: tuple[forward_masks.Mask, ...]


def pages(*, held_out: bool) -> Iterator[Planted]:
    """Articles with masks of each kind; the ends of words are cut beside one word under stars."""
    words = forward_masks.HELD_OUT_WORDS if held_out else forward_masks.WORDS
    for article in articles("simplified"):
        if (article.name in HELD_OUT) != held_out:
            continue
        for seed in HELD_OUT_SEEDS if held_out else TUNING_SEEDS:
            rng = Random(f"{article.name}:{seed}:masks")
            for kind in forward_masks.KINDS:
                text, masks = forward_masks.mask(article.text, rng, {kind}, is_held_out=held_out)
                yield Planted(kind, text, tuple(mask for mask in masks if mask.kind == kind))
            text, masks = forward_masks.cut_ends(article.text, rng, words)
            yield Planted("end of a word", "有关***的说明。\n" + text, _moved(masks, 10))
            yield Planted("look-alike", *forward_masks.look_alikes(article.text, rng))


def _moved(masks: Iterable[forward_masks.Mask], by: int) -> tuple[forward_masks.Mask, ...]:
    return tuple(
        forward_masks.Mask(m.kind, m.start + by, m.end + by, m.word, m.shown) for m in masks
    )


TITLE_END = re.compile("(?:法|条例|规定|办法|细则)$")


def cited(titles: Sequence[str], rng: Random) -> Iterator[Planted]:
    """Titles cited in 《》 with a word of the list, the end, or two or three characters under stars."""
    listed = sorted(load_pairs("masked_words"), key=len, reverse=True)
    for title in titles:
        if len(title) < 4 or not TITLE_END.search(title):
            continue
        places = [(title.find(word), len(word)) for word in listed if word in title][:1]
        places.append((len(title) - 2, 2))
        size = rng.choice((2, 3))
        if len(title) > size + 1:
            places.append((rng.randrange(1, len(title) - size + 1), size))
        for at, length in places:
            word = title[at : at + length]
            before = f"为了这件事，请看《{title[:at]}"
            shown = "*" * length
            text = f"{before}{shown}{title[at + length :]}》的规定，并按规定办理。"
            place = len(before)
            mask = forward_masks.Mask("title", place, place + length, word, shown)
            yield Planted("title", text, (mask,))


def numbered(texts: Iterable[str]) -> Iterator[Planted]:
    """Statutes with 第一 under stars, as lists of forbidden absolutes do."""
    for text in texts:
        shown, masks = text, []
        for match in re.finditer(
            "^[ \u3000]*(第一)[百十]?[^\\s]{0,3}[条章节](?=[ \u3000])", text, re.M
        ):
            masks.append(forward_masks.Mask("number", match.start(1), match.end(1), "第一", "**"))
        shown = text.replace("第一", "**")
        if masks:
            yield Planted("number", shown, tuple(masks))


def read(planted: Planted, guesses: list[Guess], counts: dict[str, list[int]]) -> None:
    """Clean one page and count: masks, masks found, labels, labels at a mask."""
    is_silent = planted.kind in ("deletion", "end of a word")
    step = find_all_masks if is_silent else label_masks
    document = clean(Document.from_text(planted.text), [step], restore_at=LEVELS["off"])
    labels = [
        label for label in document.labels if label.kind == "mask" and label.start is not None
    ]
    evidence = {(e.start, e.end): e for e in document.labels if e.kind == "evidence"}
    found = {mask: _near(mask, labels) for mask in planted.masks}
    at_mask = {id(label) for near in found.values() for label in near}
    row = counts[planted.kind]
    extra = 1 if planted.kind == "end of a word" else 0  # the word under stars
    row[0] += len(found)
    row[1] += sum(map(bool, found.values()))
    row[2] += max(0, len(labels) - extra)
    row[3] += len(at_mask)
    for mask, near in found.items():
        for label in near:
            if is_silent and label.start != mask.start:
                continue  # it may be the label of a neighbour
            if label.candidates and (label.start, label.end) in evidence:
                best = label.candidates[0]
                rule = evidence[label.start, label.end].rule
                guesses.append(
                    Guess(rule, best.confidence, _is_right(planted.text, mask, label, best.text))
                )


def real_masks() -> Iterator[Planted]:
    """Masks of real pages, each in a sentence of its own page; what only looks so has no mask."""
    for line in REAL.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        left, shown, right, word, kind, _ = line.split("\t")
        shown = shown.translate({ord("␣"): " ", ord("∅"): None})
        before = f"这一段文字很长，前后都没有别的毛病。上面写着{left}"
        end = "" if right.endswith(tuple("，。！？：")) else "。"
        text = f"{before}{shown}{right}{end}下面还有几句。大家都看过了，没有人说什么。"
        at = len(before)
        mask = forward_masks.Mask(kind, at, at + len(shown), word, shown)
        yield Planted(f"real: {kind}", text, (mask,))


def found_in(planted: Planted) -> tuple[list[Label], bool | None]:
    """The labels at a real mask, and whether the best candidate is right, where the word is known."""
    [mask] = planted.masks
    step = find_all_masks if planted.kind.endswith("deletion") else label_masks
    document = clean(Document.from_text(planted.text), [step], restore_at=LEVELS["off"])
    near = _near(mask, [label for label in document.labels if label.kind == "mask"], near=0)
    best = [(label, label.candidates[0].text) for label in near if label.candidates]
    if not mask.word or not best:
        return near, None
    return near, all(_is_right(planted.text, mask, label, text) for label, text in best)


def _is_right(damaged: str, mask: forward_masks.Mask, label: Label, text: str) -> bool:
    """Whether a candidate makes of the damaged place what stood there."""
    start, end = label.start or 0, label.end or 0
    head, tail = min(start, mask.start), max(end, mask.end)
    made = damaged[head:start] + text + damaged[end:tail]
    return made == damaged[head : mask.start] + mask.word + damaged[mask.end : tail]


def _near(mask: forward_masks.Mask, labels: Sequence[Label], near: int = NEAR) -> list[Label]:
    return [
        label
        for label in labels
        if (label.start or 0) <= mask.end + near and (label.end or 0) >= mask.start - near
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Score masks and restorations.")
    parser.add_argument("--held-out", action="store_true", help="score on what nobody tunes on")
    parser.add_argument("--statutes", type=Path, help="a folder of statutes, one text file each")
    parser.add_argument("--plot", type=Path, help="write the calibration to this SVG file")
    options = parser.parse_args()
    guesses: list[Guess] = []
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for planted in pages(held_out=options.held_out):
        read(planted, guesses, counts)
    rng = Random("titles, held out" if options.held_out else "titles")
    for planted in cited(list(load_pairs("statute_titles")), rng):
        read(planted, guesses, counts)
    if options.statutes:
        files = [p for p in sorted(options.statutes.rglob("*")) if p.suffix in (".md", ".txt")]
        names = {re.sub(r"[（(].*|\s", "", path.stem) for path in files}
        others = sorted(names - set(load_pairs("statute_titles")))
        for planted in cited(others, rng):
            read(planted, guesses, {"title": [0] * 4})
        chosen = rng.sample(files, k=min(150, len(files)))
        for planted in numbered(path.read_text(encoding="utf-8")[:20_000] for path in chosen):
            read(planted, guesses, counts)
    print(f"{'masks':<24}{'count':>8}{'recall':>9}{'precision':>11}{'F1':>7}")
    for kind, (count, found, labels, at_mask) in counts.items():
        recall, precision = found / max(count, 1), at_mask / max(labels, 1)
        both = 2 * recall * precision / max(recall + precision, 1e-9)
        print(f"{kind:<24}{count:>8}{recall:>9.3f}{precision:>11.3f}{both:>7.3f}")
    print(f"\n{'real masks':<24}{'count':>8}{'found':>8}{'word known':>12}{'right':>7}{'wrong':>7}")
    real: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for planted in real_masks():
        labels_at, right = found_in(planted)
        row = (1, bool(labels_at), bool(planted.masks[0].word), right is True, right is False)
        real[planted.kind] = [a + b for a, b in zip(real[planted.kind], row, strict=True)]
    for kind, counted in real.items():
        print(
            f"{kind:<24}{counted[0]:>8}{counted[1]:>8}{counted[2]:>12}{counted[3]:>7}{counted[4]:>7}"
        )
    print(f"\n{'rule':<24}{'confidence':>11}{'count':>8}{'right':>8}  95 % interval")
    for key in sorted({(g.rule, g.confidence) for g in guesses}, key=lambda k: (k[0], -k[1])):
        chosen_guesses = [g for g in guesses if (g.rule, g.confidence) == key]
        _print(f"{key[0]:<24}{key[1]:>11.3f}", chosen_guesses)
    print("\ncalibration: confidence against share right")
    bins = []
    for low, high in ((0.0, 0.5), (0.5, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 0.99), (0.99, 1.01)):
        within = [g for g in guesses if low <= g.confidence < high]
        if within:
            mean = sum(g.confidence for g in within) / len(within)
            _print(f"{low:.2f} to {min(high, 1):.2f}{mean:>23.3f}", within)
            bins.append(calibration.Bin(mean, sum(g.is_right for g in within), len(within)))
    if options.plot:
        calibration.plot(bins, options.plot)


def _print(head: str, guesses: Sequence[Guess]) -> None:
    right = sum(guess.is_right for guess in guesses)
    low, high = calibration.interval(right, len(guesses))
    share = right / len(guesses)
    print(f"{head}{len(guesses):>8}{share:>8.3f}  {low:.3f} to {high:.3f}")


if __name__ == "__main__":
    main()
