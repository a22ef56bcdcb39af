"""Pages in two encodings: a GBK template around UTF-8 text, or a GBK fragment in a UTF-8 page.

Only data that their own encoding cannot read come here.  Each piece between two marks of the markup
or line breaks is read by itself: neither encoding has ``>`` or a line break inside a character.
"""

from __future__ import annotations

import re

from cleaning.charset import common_share

OTHER = {"utf-8": "gb18030", "gb18030": "utf-8"}
PIECE = re.compile(rb"[^>\n]*[>\n]?")
OTHER_CHARS = 6
"""A piece in the other encoding has so many characters.  Of 20,000 random places in the texts of data/
two characters of GBK are UTF-8 as well at 2.7 %, four at 0.07 %, six at 0.01 %."""
OTHER_SHARE = 0.3
"""Share of common characters (charset.COMMON) from which GBK bytes in a UTF-8 page are Chinese: the
same as for a whole page (decode.CHINESE_SHARE)."""

_NOT_ASCII = re.compile("[^\x00-\x7f](?:.*[^\x00-\x7f])?", re.DOTALL)


def decode_mixed(data: bytes, encoding: str) -> tuple[str, tuple[tuple[int, int], ...]] | None:
    """The text, and the spans of it that this encoding cannot write back; None where no piece is in
    the other encoding."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    at = others = 0
    for found in PIECE.finditer(data):
        piece = found[0]
        text = _read(piece, encoding)
        if not piece.isascii() and (other := _in_other(piece, text, encoding)):
            others += 1
            text = other
            spans += ((at + m.start(), at + m.end()) for m in _NOT_ASCII.finditer(text))
        elif text is None:
            text = piece.decode(encoding, "replace")
            spans += ((at + m.start(), at + m.end()) for m in re.finditer("\ufffd+", text))
        parts.append(text)
        at += len(text)
    return ("".join(parts), tuple(spans)) if others else None


def _in_other(piece: bytes, text: str | None, encoding: str) -> str | None:
    """A piece as the other encoding reads it, if that is what it is in."""
    if encoding == "utf-8" and text is not None:
        return None  # what is UTF-8 is nothing else
    other = _read(piece, OTHER[encoding])
    if other is None or len(re.sub("[\x00-\x7f]+", "", other)) < OTHER_CHARS:
        return None
    if encoding == "utf-8" and common_share(other) < OTHER_SHARE:
        return None
    return other


def _read(piece: bytes, encoding: str) -> str | None:
    try:
        return piece.decode(encoding)
    except UnicodeDecodeError:
        return None
