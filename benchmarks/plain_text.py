"""Real Chinese pages as plain text, as WET files hold them: what is left of their chrome.

Each page's HTML is written as text by resiliparse, with its menus, lists and notices, a block a line,
and cleaned as a text is.  A line is the article's if the hand-marked text of the page holds it, and
chrome if not.

    python benchmarks/plain_text.py [--pages ../shared/data/pages-zh-dev.jsonl.zst] [--each]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from resiliparse.extract.html2text import extract_plain_text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.extraction import PAGES, f1, pages  # noqa: E402
from cleaning.document import Document  # noqa: E402
from cleaning.normal_view import plain  # noqa: E402
from cleaning.pipeline import clean  # noqa: E402

MIN_LINE = (
    20  # characters of a line that can only be the article's; shorter ones stand in lists too
)


@dataclass(frozen=True, slots=True)
class Result:
    """Lines of one page: its chrome before and after, its article before and lost, and F1."""

    key: str
    chrome: int
    left: int
    body: int
    lost: int
    f1_before: float
    f1_after: float
    has_title: bool


def as_text(html: str) -> str:
    """A page as text with everything that is visible, one block a line."""
    text = extract_plain_text(
        html,
        preserve_formatting=True,
        main_content=False,
        list_bullets=False,
        alt_texts=False,
        links=False,
        form_fields=False,
        noscript=False,
    )
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def measure(path: Path) -> Iterator[Result]:
    """Every page of a page file."""
    for page in pages(path):
        text = as_text(page["html"])
        document = clean(Document.from_text(text))
        marked = plain(page["text"])
        before, after = _plain_lines(text), _plain_lines(document.text)
        body = [line for line in before if len(line) >= MIN_LINE and line in marked]
        kept = "\n".join((*after, plain(document.title or "")))
        yield Result(
            page["key"],
            sum(line not in marked for line in before),
            sum(line not in marked for line in after),
            len(body),
            sum(line not in kept for line in body),
            f1(text, page["text"]),
            f1(document.text, page["text"]),
            document.title is not None,
        )


def _plain_lines(text: str) -> list[str]:
    return [line for line in map(plain, text.split("\n")) if line]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Chrome left in real pages as plain text.")
    parser.add_argument("--pages", type=Path, default=PAGES)
    parser.add_argument("--each", action="store_true", help="a line for each page")
    options = parser.parse_args(arguments)
    results = list(measure(options.pages))
    if options.each:
        for r in results:
            print(f"{r.key:<60}{r.chrome:>5}{r.left:>5}{r.body:>5}{r.lost:>3}{r.f1_after:>6.2f}")
    count = len(results)
    chrome, left = sum(r.chrome for r in results), sum(r.left for r in results)
    body, lost = sum(r.body for r in results), sum(r.lost for r in results)
    clean_pages = sum(r.left <= 0.1 * r.chrome for r in results)
    print(f"pages {count}, with a title {sum(r.has_title for r in results)}")
    print(f"chrome lines {chrome}, left {left} ({100 * left / chrome:.0f} %)")
    print(f"pages with at most a tenth of their chrome left: {clean_pages}")
    print(f"body lines {body}, lost {lost} ({100 * lost / body:.2f} %)")
    print(f"F1 before {sum(r.f1_before for r in results) / count:.3f}", end=", ")
    print(f"after {sum(r.f1_after for r in results) / count:.3f}")


if __name__ == "__main__":
    main()
