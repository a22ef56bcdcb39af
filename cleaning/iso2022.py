"""ISO-2022-CN, Chinese in seven bits between shifts, for which Python has no codec."""

from __future__ import annotations

import re


def decode_iso2022cn(data: bytes) -> str:
    """GB 2312 between the shifts SO and SI, in seven bits (RFC 1922); other sets become U+FFFD."""
    parts: list[bytes] = []
    for number, part in enumerate(re.split(rb"[\x0e\x0f]", data)):
        part = re.sub(rb"\x1b\$[)*+][A-Z]", b"", part)
        if number % 2:  # the text begins unshifted and the two shifts alternate
            part = b"".join(
                line if i % 2 else bytes(byte | 0x80 for byte in line)
                for i, line in enumerate(re.split(rb"([\r\n]+)", part))
            )
        parts.append(part)
    return b"".join(parts).decode("gb2312", "replace")
