"""Pages as bytes, with what servers and transfers do to them: is the encoding found, is the text right?

Every article in every encoding it can be written in, with declarations that are right, missing or
wrong, bytes put in or struck, cut ends, byte order marks in the middle, and very short texts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Final

from benchmarks.bench import Bench, Row, percent
from benchmarks.damage import articles
from cleaning.decode import decode

ENCODINGS: Final = {
    "simplified": ("gb18030", "gbk", "utf-8", "utf-16", "utf-16-le", "hz"),
    "traditional": ("big5", "big5hkscs", "gb18030", "utf-8", "utf-16-be"),
}
READ_AS: Final = {"gbk": "gb18030", "big5": "big5hkscs", "utf-16": "utf-16-le"}
"""The superset that a label means; Python writes UTF-16 with the mark of its machine."""
WRONG: Final = ("utf-8", "gb2312", "big5", "iso-8859-1", "shift_jis")
BYTES: Final = ("gb18030", "gbk", "big5", "big5hkscs", "utf-8")
"""Encodings whose bytes may be struck: in UTF-16 and HZ one byte more moves all that follow."""


def _put_in(data: bytes, rng: random.Random, share: float) -> bytes:
    out = bytearray(data)
    for place in sorted(_places(data, rng, share), reverse=True):
        out.insert(place, 0xFF)
    return bytes(out)


def _struck(data: bytes, rng: random.Random, share: float, values: range) -> tuple[bytes, int]:
    """Bytes of characters replaced, and how many."""
    out = bytearray(data)
    hit = [place for place in _places(data, rng, share) if data[place] >= 0x80]
    for place in hit:
        out[place] = rng.choice(values)
    return bytes(out), len(hit)


def _places(data: bytes, rng: random.Random, share: float) -> list[int]:
    return rng.sample(range(len(data)), max(1, int(share * len(data))))


def _page(text: str, charset: str | None) -> str:
    meta = f'<meta charset="{charset}">' if charset else ""
    body = "".join(f"<p>{line}</p>\n" for line in text.split("\n"))
    return f"<html><head>{meta}<title>{text[:12]}</title></head><body>\n{body}</body></html>"


def _right(expected: str, got: str) -> int:
    """Characters of the expected text that came out, line by line."""
    lines = expected.split("\n")
    found = got.split("\n")
    if len(lines) != len(found):
        return sum(
            m.size for m in SequenceMatcher(None, expected, got, False).get_matching_blocks()
        )
    right = len(lines) - 1
    for line, other in zip(lines, found, strict=True):
        blocks = SequenceMatcher(None, line, other, autojunk=False).get_matching_blocks()
        right += len(line) if line == other else sum(block.size for block in blocks)
    return right


def decoding(bench: Bench) -> Iterator[Row]:
    """Encodings found, and characters right among those whose bytes were left alone."""
    texts = [("simplified", a.text) for a in bench.articles]
    texts += [("traditional", a.text) for a in articles("traditional")]
    counts: dict[str, list[int]] = {}
    chars: dict[str, list[float]] = {}
    for group, text in texts:
        for encoding in ENCODINGS[group]:
            plain = text.encode(encoding, "ignore").decode(encoding)
            for seed in bench.seeds:
                rng = random.Random(f"{encoding}{seed}")
                for name, data, header, expected, hit in _cases(plain, encoding, rng):
                    got = decode(data, header)
                    found = counts.setdefault(name, [0, 0])
                    found[0] += got.encoding.removesuffix("-le").removesuffix("-be") == READ_AS.get(
                        encoding, encoding
                    ).removesuffix("-le").removesuffix("-be")
                    found[1] += 1
                    share = chars.setdefault(name, [0.0, 0.0])
                    body = got.text.removeprefix("\ufeff")
                    share[0] += min(len(expected), _right(expected, body) + hit)
                    share[1] += len(expected)
                    if not found[1] or (body != expected and not hit):
                        bench.fail(name, f"{encoding}:{seed}", expected, body)
    for name, (right, count) in counts.items():
        yield Row(name, "encoding right %", percent(right, count), count, ">= 99.5")
        yield Row(name, "characters right %", percent(*chars[name]), int(chars[name][1]), ">= 99.5")


def _cases(
    plain: str, encoding: str, rng: random.Random
) -> Iterator[tuple[str, bytes, str | None, str, int]]:
    """Name of the fault, bytes, header, text, and how many characters were hit at most."""

    def write(text: str) -> bytes:
        return text.encode(encoding)

    page = _page(plain, None)
    yield "decode, undeclared", write(page), None, page, 0
    for wrong in WRONG:
        yield "decode, wrong header", write(page), f"text/html; charset={wrong}", page, 0
        declared = _page(plain, wrong)
        yield "decode, wrong meta", write(declared), None, declared, 0
        yield "decode, meta against header", write(declared), "text/html; charset=big5", declared, 0
    if encoding not in BYTES:
        return
    start = rng.randrange(max(1, len(plain) - 40))
    for size in (10, 30):
        short = plain[start : start + size].strip()
        if sum("\u4e00" <= char <= "\u9fff" for char in short) >= 5:
            yield f"decode, {size} characters", write(short), None, short, 0
    data = write(page)
    cut = rng.randrange(len(data) // 2, len(data))
    yield "decode, cut", data[:cut], None, data[:cut].decode(encoding, "ignore"), 1
    middle = page.index("\n", len(page) // 2) + 1
    if encoding == "utf-8":
        joined = page[:middle] + "\ufeff" + page[middle:]
        yield "decode, mark in the middle", write(joined), None, joined, 0
    for share in (0.0, 0.001, 0.01):
        many = "one bad byte" if not share else f"{100 * share:g} % bad bytes"
        yield f"decode, {many} put in", _put_in(data, rng, share), None, page, 0
        for fault, values in (("struck", range(0xFF, 0x100)), ("changed", range(0x80, 0xFF))):
            bad, hit = _struck(data, rng, share, values)
            yield f"decode, {many} {fault}", bad, None, page, hit
