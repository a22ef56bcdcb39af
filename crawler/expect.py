"""What a crawl is expected to have done: ``pages>100`` sets the exit status of a scheduled run.

>>> Expectation.of("failed <= 5")
Expectation(name='failed', sign='<=', number=5.0)
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from crawler.job import CrawlResult

NAMES = (
    "pages",
    "documents",
    "failed",
    "changed",
    "unchanged",
    "pending",
    "done",
    "relevant",
    "seconds",
)

SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}

_FORM = re.compile(r"\s*([a-z]+)\s*(<=|>=|==?|<|>)\s*(\d+(?:\.\d+)?)\s*")


class ExpectationError(ValueError):
    """What is expected cannot be understood."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A count of a crawl, and what it should be."""

    name: str
    sign: str
    number: float

    @classmethod
    def of(cls, text: str) -> Self:
        """Read what a person wrote.  Raises ExpectationError."""
        found = _FORM.fullmatch(text)
        if found is None or found[1] not in NAMES:
            raise ExpectationError(f"not like pages>100, of {', '.join(NAMES)}: {text}")
        return cls(found[1], found[2].replace("==", "="), float(found[3]))

    def failure(self, result: CrawlResult) -> str | None:
        """What a result has instead, or None where it is as expected."""
        value = float(getattr(result, self.name))
        if SIGNS[self.sign](value, self.number):
            return None
        return f"expected {self.name} {self.sign} {self.number:g}, got {value:g}"
