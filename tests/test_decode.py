"""Bytes to text: the right encoding, the bytes back, and no text where there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.charset import codec_of, declared_encoding
from cleaning.decode import NotTextError, decode

CASES = json.loads((Path(__file__).parent / "cases/decode.json").read_text("utf-8"))
SENTENCE = "雨停了，菜园里全是水，菜叶发亮，这是一个很好的下午。"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_case(case: dict[str, Any]) -> None:
    data = case["text"].encode(case["encode"])
    decoded = decode(data, case.get("content_type"))
    assert (decoded.text, decoded.encoding) == (case["text"], case["encoding"])
    assert not decoded.bad_spans
    assert decoded.text.encode(decoded.encoding) == data


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030", "gbk", "gb2312", "big5",
             "big5hkscs", "hz", "shift_jis", "euc-kr", "cp1251", "latin-1")  # fmt: skip


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co"), max_codepoint=0x2FFFF)),
    st.sampled_from(ENCODINGS),
)
def test_bytes_can_be_had_back(text: str, encoding: str) -> None:
    data = text.encode(encoding, "ignore")
    try:
        decoded = decode(data)
    except NotTextError:
        # Random characters can spell the beginning of a picture, or UTF-16's zeros.
        assert encoding not in ("utf-8", "utf-8-sig", "utf-16", "utf-32")
        return
    if not decoded.bad_spans:
        assert decoded.text.encode(decoded.encoding) == data
    assert all(0 <= start < end <= len(decoded.text) for start, end in decoded.bad_spans)


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    try:
        decoded = decode(data, "text/html; charset=gbk")
    except NotTextError:
        return
    if not decoded.bad_spans:
        assert decoded.text.encode(decoded.encoding) == data


@given(st.lists(st.just(SENTENCE), min_size=3, max_size=20), st.integers(0, 10_000))
def test_one_bad_byte_flips_nothing(lines: list[str], place: int) -> None:
    for encoding, read in (("utf-8", "utf-8"), ("gbk", "gb18030")):
        data = "\n".join(lines).encode(encoding)
        at = place % len(data)
        decoded = decode(data[:at] + b"\xff" + data[at:], "text/html; charset=big5")
        assert decoded.encoding == read
        start, end = decoded.bad_spans[0]
        assert decoded.text[start:end] == "\ufffd" * (end - start)
        # No character but the one that the byte fell into is lost, and none runs out of step.
        rest = [line for line in decoded.text.split("\n") if line != SENTENCE]
        assert len(rest) == 1
        assert len(SENTENCE) - 1 <= len(rest[0].replace("\ufffd", "")) <= len(SENTENCE)


def test_a_page_cut_inside_a_character() -> None:
    decoded = decode((SENTENCE * 4).encode()[:-1])
    assert decoded.encoding == "utf-8"
    assert decoded.bad_spans == ((len(decoded.text) - 1, len(decoded.text)),)


def test_a_replacement_character_of_the_page_is_no_bad_byte() -> None:
    text = SENTENCE + "\ufffd" + SENTENCE
    assert decode(text.encode()).bad_spans == ()
    damaged = decode(text.encode() + b"\xe4")
    assert damaged.bad_spans == ((len(text), len(text) + 1),)


def test_a_character_that_big5_has_twice_is_not_exact() -> None:
    data = SENTENCE.replace("园", "園").encode("big5hkscs", "ignore") + b"\xa2\xcc"
    decoded = decode(data)
    assert decoded.encoding == "big5hkscs"
    assert decoded.bad_spans == ((len(decoded.text) - 1, len(decoded.text)),)


def test_a_japanese_list_of_goods() -> None:
    """Hardly any hiragana, and every pair of its bytes is a Chinese character too."""
    goods = "ショルダーバッグ 黒 メーカー希望小売価格 リュック イエロー ポーチ カード決済 "
    data = goods.encode("euc_jp")
    assert data.decode("gb18030")
    assert decode(data).text == goods
    # The same list as a Chinese site writes it: what lengthens a vowel is another pair there.
    data = goods.encode("gb18030")
    assert decode(data).text == goods


def test_iso_2022_cn() -> None:
    pairs = bytes(byte & 0x7F for byte in SENTENCE.encode("gb2312"))
    data = b"mail \x1b$)A\x0e" + pairs + b"\x0f end"
    decoded = decode(data)
    assert decoded.encoding == "iso-2022-cn"
    assert decoded.text == f"mail {SENTENCE} end"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"PK\x03\x04\x14\0\0\0",
        b"%PDF-1.7\n%\xe2\xe3",
        b"\x1f\x8b\x08\0",
        b"\xff\xd8\xff\xe0",
        b"\x28\xb5\x2f\xfd\x04\x58",
        b"SQLite format 3\x00",
        bytes(range(256)) * 4,
        b"\0" * 100,
        b"abc\0\1\2\3\4def" * 20,
    ],
    ids=["png", "zip", "pdf", "gzip", "jpeg", "zstd", "sqlite", "all", "zeros", "controls"],
)
def test_binary_is_no_text(data: bytes) -> None:
    with pytest.raises(NotTextError):
        decode(data)


def test_a_declaration_is_found_wherever_it_stands() -> None:
    meta = b'<meta http-equiv="Content-Type" content="text/html; charset=GB2312">'
    assert declared_encoding(meta) == "gb18030"
    assert declared_encoding(b" " * 9000 + meta) == "gb18030"
    assert declared_encoding(b'<?xml version="1.0" encoding="Big5"?>') == "big5hkscs"
    assert declared_encoding(meta, 'text/html; charset="utf-8"') == "utf-8"
    assert declared_encoding(meta, "text/html; charset=nonsense") == "gb18030"


def test_only_encodings_of_the_web_can_be_declared() -> None:
    assert codec_of("unicode_escape") is None
    assert codec_of("rot13") is None
    assert codec_of(" GBK ") == "gb18030"


def test_a_fragment_in_the_other_encoding() -> None:
    page = "<p>" + SENTENCE * 6 + "</p>\n"
    for inner, outer in (("gbk", "utf-8"), ("utf-8", "gbk")):
        fragment = "<p>蜗牛出来了，慢慢地爬，爬上菜叶了。</p>"
        data = (page * 2).encode(outer) + fragment.encode(inner) + page.encode(outer)
        decoded = decode(data)
        assert decoded.text == page * 2 + fragment + page
        assert decoded.reason == "mixed"
        # What was read by the other codec cannot be written back by this one.
        assert [decoded.text[start:end] for start, end in decoded.bad_spans] == [fragment[3:-4]]


def test_bytes_that_are_in_neither_encoding_stay_marked() -> None:
    data = ("<p>" + SENTENCE * 6 + "</p>\n").encode() + b"<p>\xff\xfe\xc0\xaf</p>"
    decoded = decode(data)
    assert decoded.encoding == "utf-8"
    assert decoded.text.endswith("<p>\ufffd\ufffd\ufffd\ufffd</p>")


def test_a_page_with_control_characters_is_a_page() -> None:
    text = "<html><body><p>" + "a\x05b\x06c\x07d\x08" * 20 + "</p>"
    assert decode(text.encode()).text == text


@pytest.mark.parametrize("encoding", ["gb18030", "big5hkscs"])
def test_bytes_struck_or_put_in_move_nothing_out_of_step(encoding: str) -> None:
    line = "雨停了，菜園裡全是水，菜葉發亮，這是一個很好的下午，孩子們都出來了。"
    data = line.encode(encoding)
    page = (line + "\n").encode(encoding) * 8
    wrong = 0
    for at in range(len(data) - 1):
        for bad in (data[:at] + b"\xff" + data[at + 1 :], data[:at] + b"\xff" + data[at:]):
            decoded = decode(page + bad)
            assert decoded.encoding == encoding
            known = decoded.text.rsplit("\n", 1)[1].replace("\ufffd", "")
            wrong += known not in (line, *(line[:n] + line[n + 1 :] for n in range(len(line))))
    assert wrong <= 0.02 * 2 * len(data)


def test_a_damaged_line_of_four_byte_characters() -> None:
    line = "他笑了\U0001f600，又说：“好吧。”"
    data = (SENTENCE + "\n").encode("gb18030") * 6 + line.encode("gb18030") + b"\xff"
    assert decode(data).text.rsplit("\n", 1)[1] == line + "\ufffd"
