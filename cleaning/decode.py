"""Bytes to text: which encoding, and why.

A page's own word about its encoding is often wrong, and one bad byte proves nothing, so the
bytes decide and the declaration only breaks ties.  The order of the tests is that of the
measurements in research/mojibake.md, section 4 (1,259 pages without or with a wrong declaration,
540 damaged ones).

>>> decode("网贷".encode("gb18030"))
Decoded(text='网贷', encoding='gb18030', reason='strict', bad_spans=())
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from cleaning.charset import common_share, declared_encoding, neighbour_encoding
from cleaning.decode_mixed import OTHER, decode_mixed
from cleaning.in_step import decode_in_step
from cleaning.iso2022 import decode_iso2022cn

BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),  # before UTF-16, whose mark begins the same
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
"""Byte order marks and the codec that keeps the mark as U+FEFF, so that encoding restores it."""

MAGIC = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....(?:WEBP|WAVE|AVI )|....ftyp"
    rb"|PK(?:\x03\x04|\x05\x06)|%PDF-|\x1f\x8b\x08|\x28\xb5\x2f\xfd|BZh[1-9]1AY&SY|\xfd7zXZ\x00"
    rb"|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x7fELF|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|PAR1"
    rb"|SQLite format 3\x00|\x00asm|\xca\xfe\xba\xbe|wOF[F2]|ID3[\x02-\x04]|OggS\x00",
    re.DOTALL,
)
"""How files begin that are no text: images, archives, documents of offices, databases, media."""

BINARY_CONTROLS = 0.02
"""Share of control bytes from which data are no text, unless they read as Chinese.  27 of the 256
bytes are such controls, so compressed and random data hold 10 %.  Of the 52 pages of data/ only
one has any: a mirror that strews U+0005 to U+0008 over its text, 6 % of it."""
BINARY_SAMPLE = 1 << 16

SHORT, SHORT_SHARE = 120, 0.1
"""Below so many high bytes this share is enough: detectors need more text to be right (10
characters: 76 % of 300; research/mojibake.md, section 4)."""

UTF8_SHARE = 0.8
"""Share of the high bytes standing in valid UTF-8 from which a text is damaged UTF-8.  In the 52
texts of data/ written as GBK or Big5 chance gives 15 to 41 %."""

CHINESE_SHARE = 0.3
"""Share of common characters (charset.COMMON) from which a decoding reads as Chinese.  The 52
texts of data/ have 0.54 to 0.79 in either script, read in the wrong one of GBK and Big5 at most
0.09; Japanese EUC read as Big5 has 0.25, Korean and Cyrillic below 0.1."""
CLEAR_SHARE = 0.5
"""From here on the other Chinese encoding need not be tried."""

UTF16_SHARE = 0.5
"""Share of ASCII and common Chinese characters from which data with zero bytes are UTF-16: the
texts and pages of data/ have 0.55 and more, in the wrong byte order at most 0.04."""
_UNLIKELY_IN_UTF16 = re.compile("[\x00-\x04\x0e-\x1a\x1c-\x1f\ud800-\udfff\ufdd0-\ufdef\uffff]")
"""What a program or a picture has and no text, once read as UTF-16."""

_COMMON_GB2312 = re.compile(rb"(?:[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]){1,12}")
"""Up to a dozen characters of the first level of GB 2312, the 3,755 in use, and its marks."""

STRAY = re.compile(rb"[\xe0-\xef]\xff[\x80-\xbf]{2}|[\xe0-\xef][\x80-\xbf]\xff[\x80-\xbf]")
"""A byte that UTF-8 never has inside a character: read before it, so that the character is whole."""

_CONTROLS = bytes(sorted({*range(0x20)} - {*b"\t\n\v\f\r\x1b"}))
_NOT_CONTROLS = bytes(sorted({*range(0x100)} - {*_CONTROLS}))
_ASCII = bytes(range(0x80))
_PAGE = re.compile(rb"\s*<(?:!doctype\s|html|head|meta\s)", re.IGNORECASE)
_THREE_BYTES = re.compile("[\u0800-\U0010ffff]")


class NotTextError(ValueError):
    """The data are no text in any encoding: an image, an archive, a program."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the Python codec that read it, and the test that chose the codec.

    ``bad_spans`` are the places of ``text``, in code points, whose bytes cannot be had back: what
    the codec could not read (U+FFFD) or reads but does not write.  Without any,
    ``text.encode(encoding)`` is the data, byte order mark and line ends included.
    """

    text: str
    encoding: str
    reason: str
    bad_spans: tuple[tuple[int, int], ...] = ()

    @property
    def bad_count(self) -> int:
        """How many characters of the text stand for bytes that cannot be had back."""
        return sum(end - start for start, end in self.bad_spans)


def decode(data: bytes, content_type: str | None = None) -> Decoded:
    """The text of a page or file.

    ``content_type`` is the HTTP header's value; like the document's own declaration it only
    breaks ties.  Raises NotTextError where the data are no text.
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return _decoded(data, encoding, "bom")
    if MAGIC.match(data):
        raise NotTextError("binary data, by its first bytes")
    if utf16 := _utf16(data):
        return utf16
    if data.isascii():
        decoded = _escaped(data) or Decoded(data.decode("ascii"), "utf-8", "ascii")
    else:
        text = _strict(data, "utf-8")
        if text is not None:
            rival = _two_byte_rival(data, text, content_type)
            decoded = rival or Decoded(text, "utf-8", "utf-8")
        elif _utf8_share(data) >= UTF8_SHARE:
            decoded = _decoded(data, "utf-8", "damaged-utf-8")
        else:
            decoded = _legacy(data, declared_encoding(data, content_type))
    _refuse_binary(data, decoded.text)
    return decoded


def _refuse_binary(data: bytes, text: str) -> None:
    """Raise NotTextError where control bytes are many and it is no page and no Chinese text."""
    sample = data[:BINARY_SAMPLE]
    controls = len(sample.translate(None, _NOT_CONTROLS))
    limit = BINARY_CONTROLS * len(sample)
    if controls <= limit:
        return
    if sample.count(0) <= limit and (_PAGE.match(data) or common_share(text) >= CHINESE_SHARE):
        return
    raise NotTextError(f"binary data: {controls} control bytes in the first {len(sample)}")


def _utf16(data: bytes) -> Decoded | None:
    """UTF-16 without a mark, known by the zeros of its ASCII characters and of 一 (U+4E00)."""
    if len(data) % 2 or 0 not in data[:BINARY_SAMPLE]:
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        text = _strict(data, encoding)
        if text is None:
            continue
        sample = text[:BINARY_SAMPLE]
        if _UNLIKELY_IN_UTF16.search(sample):
            continue
        ascii_count = len(sample.encode("ascii", "ignore"))
        common = common_share(sample) * (len(sample) - ascii_count)
        if ascii_count + common >= UTF16_SHARE * len(sample):
            return Decoded(text, encoding, "zero-bytes")
    return None


def _utf8_share(data: bytes) -> float:
    """The share of the high bytes that stand in valid UTF-8 sequences."""
    high = len(data.translate(None, _ASCII))
    valid = data.decode("utf-8", "ignore").encode("utf-8")
    return len(valid.translate(None, _ASCII)) / high


def _two_byte_rival(data: bytes, text: str, content_type: str | None) -> Decoded | None:
    """A short Chinese text whose bytes happen to be UTF-8 too, if it is declared as Chinese.

    Chance can make two-byte sequences only, so a text with any longer one is UTF-8.
    """
    if _THREE_BYTES.search(text):  # stops at the first; max() of a page takes 2 ms
        return None
    declared = declared_encoding(data, content_type)
    if declared not in ("gb18030", "big5hkscs"):
        return None
    rival = _strict(data, declared)
    if rival is None or common_share(rival) < CHINESE_SHARE:
        return None
    return _decoded(data, declared, "declared")


def _legacy(data: bytes, declared: str | None) -> Decoded:
    """Text that is neither ASCII nor UTF-8: Chinese if it reads so, else as declared or detected."""
    chinese = ("big5hkscs", "gb18030") if declared == "big5hkscs" else ("gb18030", "big5hkscs")
    shares: dict[str, float] = {}
    texts: dict[str, str | None] = {}
    for encoding in chinese:
        texts[encoding] = text = _strict(data, encoding)
        shares[encoding] = common_share(data.decode(encoding, "replace") if text is None else text)
        if shares[encoding] >= CLEAR_SHARE:
            break
    best = max(shares, key=shares.__getitem__)  # the first of equals: the declared one
    if shares[best] >= CHINESE_SHARE:
        return _decoded(data, best, "declared" if best == declared else "chinese", texts[best])
    if neighbour := neighbour_encoding(data):
        return _decoded(data, neighbour, "letters")
    if (
        shares[best] > SHORT_SHARE
        and len(data.translate(None, _ASCII)) < SHORT
        and _strict(data, best)
    ):
        return _decoded(data, best, "chinese")
    if declared and declared != "utf-8" and _strict(data, declared) is not None:
        return _decoded(data, declared, "declared")
    detected = _detected(data)
    if detected == "utf-8":  # what the detector says when it does not know
        detected = None
    if _strict(data, "gb18030") is None and not re.search(rb"[\x80-\xff]{2}", data):
        return _decoded(data, "cp1252", "detected")  # accents: Chinese has high bytes in a row
    if detected in (None, *chinese) or _COMMON_GB2312.fullmatch(data.translate(None, _ASCII)):
        # Too little text to tell, such as a name: the larger of the two families goes first.
        for encoding in chinese:
            if _strict(data, encoding) is not None:
                return _decoded(data, encoding, "strict")
    return _decoded(data, detected or "gb18030", "detected" if detected else "last-resort")


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _detected(data: bytes) -> str | None:
    """The codec that resiliparse's detector names, if Python has it."""
    from resiliparse.parse.encoding import detect_encoding

    from cleaning.charset import codec_of

    return codec_of(detect_encoding(data) or "")


def _escaped(data: bytes) -> Decoded | None:
    """HZ or ISO-2022-CN, the two ways to write Chinese in seven bits, or None."""
    if b"~{" in data:
        text = _strict(data, "hz")
        if text is not None and common_share(text) >= CHINESE_SHARE:
            return _decoded(data, "hz", "escapes")
    if b"\x1b$)A" in data and b"\x0e" in data:
        text = decode_iso2022cn(data)
        # Python has no codec that would write it again, so all of it counts as lost.
        return Decoded(text, "iso-2022-cn", "escapes", ((0, len(text)),))
    return None


def _decoded(data: bytes, encoding: str, reason: str, text: str | None = None) -> Decoded:
    """Decode, strictly if it can be done, and find what cannot be encoded back.

    ``text`` is what strict decoding gave, where the caller has it.
    """
    text = _strict(data, encoding) if text is None else text
    if text is not None:
        if encoding == "utf-8" or text.encode(encoding, "replace") == data:
            return Decoded(text, encoding, reason)
        return Decoded(text, encoding, reason, _inexact_spans(data, text, encoding))
    if encoding in OTHER and (mixed := decode_mixed(data, encoding)):
        return Decoded(mixed[0], encoding, "mixed", mixed[1])
    if encoding == "utf-8":
        # A U+FFFD that the data themselves hold is no damage of this decoding.
        mark = "\ufffd".encode()
        data = STRAY.sub(lambda m: b"\xff" + m[0].replace(b"\xff", b""), data)
        pieces = [piece.decode("utf-8", "replace") for piece in data.split(mark)]
        spans: list[tuple[int, int]] = []
        at = 0
        for piece in pieces:
            spans += ((at + m.start(), at + m.end()) for m in re.finditer("\ufffd+", piece))
            at += len(piece) + 1
        return Decoded("\ufffd".join(pieces), encoding, reason, tuple(spans))
    if encoding in ("gb18030", "big5hkscs"):
        text = decode_in_step(data, encoding)
    else:
        text = data.decode(encoding, "replace")
    found = tuple(m.span() for m in re.finditer("\ufffd+", text))
    return Decoded(text, encoding, reason, found)


def _inexact_spans(data: bytes, text: str, encoding: str) -> tuple[tuple[int, int], ...]:
    """Where a codec reads two byte sequences as one character (Big5 has 卅 twice)."""
    decoder = codecs.getincrementaldecoder(encoding)()
    spans: list[tuple[int, int]] = []
    at = start = 0
    for number in range(len(data)):
        read = decoder.decode(data[number : number + 1])
        if read:
            if read.encode(encoding, "replace") != data[start : number + 1]:
                spans.append((at, at + len(read)))
            at, start = at + len(read), number + 1
    return tuple(spans) or ((0, len(text)),)
