"""Make archive/zh_map.tsv: which characters a search takes for the same.

    python benchmarks/make_zh_map.py > archive/zh_map.tsv

Source of the Chinese classes: the character and variant dictionaries of OpenCC (Apache-2.0), as
the installed ``opencc`` package ships them.  All forms that any of them relates get one class
(着 著; 里 裡 裏; 干 乾 幹; 后 後; 台 臺), because a search may find too much, never too little.
The Japanese tables relate words that are different in Chinese as well (欠 缺, 沪 濾, 連 聯), so a
pair of theirs joins two classes only where one of them has no character of GB 2312, that is, no
character in current Simplified use; the aligned phrases of the Hong Kong tables (礦 鑛) likewise.

Unicode gives the rest: compatibility forms (full width), case, Latin letters without their tone
marks, every kind of white space and control as the blank.  ASCII punctuation goes to its full-width
form, which SQLite's ``ascii`` tokenizer takes for part of a word, so that it can be searched.
Written to a file rather than computed at run time: an archive must not depend on the Unicode
version of the Python that opens it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import opencc

CHARACTERS = (
    "STCharacters", "TSCharacters", "TSCharactersExt", "TWVariants", "TWVariantsRev",
    "HKVariants", "HKVariantsRev", "CJK_Compatibility_Ideographs",
)  # fmt: skip
CAREFUL = (
    "JPShinjitaiCharacters", "JPShinjitaiCharactersRev", "HKVariantsPhrases",
    "HKVariantsRevPhrases", "TWVariantsPhrases", "TWVariantsRevPhrases",
)  # fmt: skip
QUOTES = {"＂": "“”„‟「」『』﹁﹂﹃﹄〝〞", "＇": "‘’‚‛"}


def dictionary(name: str) -> Iterator[tuple[str, list[str]]]:
    """The entries of one OpenCC dictionary: a key and its values."""
    package = Path(opencc.__file__).parent / "clib"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / name
        subprocess.run(
            [
                *(package / "bin/opencc_dict", "-f", "ocd2", "-t", "text"),
                *("-i", package / f"share/opencc/{name}.ocd2", "-o", out),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        for line in out.read_text("utf-8").splitlines():
            key, tab, values = line.partition("\t")
            if tab:
                yield key, values.split(" ")


def pairs(name: str) -> Iterator[tuple[str, str]]:
    """The pairs of different characters that stand for each other in a dictionary."""
    for key, values in dictionary(name):
        for value in values:
            if len(key) == len(value):
                yield from ((a, b) for a, b in zip(key, value, strict=True) if a != b)


def is_current(character: str) -> bool:
    """Whether GB 2312, the set of current Simplified use, has it."""
    try:
        return len(character.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False


def chinese() -> dict[str, str]:
    """Every Chinese character that has another form, with the form that stands for its class."""
    classes: dict[str, set[str]] = {}

    def join(a: str, b: str, *, careful: bool) -> None:
        one, other = classes.setdefault(a, {a}), classes.setdefault(b, {b})
        if one is other:
            return
        if careful and any(map(is_current, one)) and any(map(is_current, other)):
            return
        one |= other
        for character in other:
            classes[character] = one

    targets: dict[str, int] = {}
    for name in CHARACTERS:
        for a, b in pairs(name):
            join(a, b, careful=False)
            if name == "TSCharacters":
                targets[b] = targets.get(b, 0) + 1
    for name in CAREFUL:
        for a, b in pairs(name):
            join(a, b, careful=True)

    def rank(character: str) -> tuple[bool, int, str]:
        # the form that Simplified writing uses: then a plain box finds it without our plugin too
        return not is_current(character), -targets.get(character, 0), character

    return {character: min(members, key=rank) for character, members in classes.items()}


def folded(character: str, han: dict[str, str]) -> str:
    """The character that stands for this one in a search; always exactly one, and its own fold."""
    while (fold := folded_once(character, han)) != character:
        character = fold
    return fold


def folded_once(character: str, han: dict[str, str]) -> str:
    if character.isspace() or unicodedata.category(character) == "Cc":
        return " "
    for quote, forms in QUOTES.items():
        if character in forms:
            return quote
    for form in (
        unicodedata.normalize("NFKC", character),
        unicodedata.normalize("NFKC", character).lower(),
    ):
        if len(form) == 1:
            character = form
    base, *marks = unicodedata.normalize("NFD", character)
    if unicodedata.name(base, "").startswith("LATIN") and all(map(unicodedata.combining, marks)):
        character = base
    character = han.get(character, character)
    if "!" <= character <= "~" and not character.isalnum():
        return chr(ord(character) + 0xFEE0)
    return character


def main() -> None:
    han = chinese()
    members: dict[str, list[str]] = {}
    for code in range(sys.maxunicode + 1):
        if not 0xD800 <= code <= 0xDFFF:
            character = chr(code)
            if (fold := folded(character, han)) != character:
                members.setdefault(fold, []).append(character)

    def shown(text: str) -> str:
        return "".join(
            c if c.isprintable() and c not in "\\ #" else f"\\U{ord(c):08x}" for c in text
        )

    print(
        "# The characters that a search takes for the same: the one that stands for all, the others."
    )
    print(
        "# Made by benchmarks/make_zh_map.py.  Chinese classes: OpenCC's dictionaries, Apache-2.0,"
    )
    print(
        "# https://github.com/BYVoid/OpenCC; the rest: Unicode " + unicodedata.unidata_version + "."
    )
    for fold in sorted(members):
        print(shown(fold), shown("".join(members[fold])), sep="\t")


if __name__ == "__main__":
    main()
