"""The form of the model files in ``rules``: a line of JSON with their facts, then packed bytes."""

from __future__ import annotations

import json
import zlib
from typing import Any


class Packed:
    """A model file whose bytes are taken in their order; ``facts`` say how many of what there are."""

    def __init__(self, data: bytes) -> None:
        header, _, body = data.partition(b"\n")
        self.facts: dict[str, Any] = json.loads(header)
        self._raw = zlib.decompress(body)
        self._at = 0

    def take(self, size: int) -> bytes:
        self._at += size
        return self._raw[self._at - size : self._at]

    def chars(self, count: int) -> str:
        return self.take(2 * count).decode("utf-16-le")

    def logs(self) -> list[float]:
        """What each byte stands for, in nats."""
        return [-number * float(self.facts["step"]) for number in range(256)]
