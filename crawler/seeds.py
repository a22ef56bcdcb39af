"""What a crawl starts from: addresses, and for similar articles also documents, texts and queries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.frontier import Frontier, Target
from archive.likeness import documents_with, links_of, text_at, text_of
from cleaning import clean
from cleaning.read import read_page, read_text
from crawler.ranking import Ranking
from crawler.scope import Scope
from crawler.topic import RELEVANT
from crawler.urls import canonical, host_of

SEED_SCORE = 4.0
"""Above every score of a link."""

MENTIONS = 30
"""Documents of the archive, those likest to the seeds, whose links are looked at first."""

TERMS = 12
"""Pairs of the profile that such a document is looked for by."""

_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:/\S*)?", re.ASCII)


class SeedError(ValueError):
    """A seed is no http or https URL, or there is none."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """Seeds by their sort."""

    urls: tuple[str, ...]
    likes: tuple[str, ...] = ()  # ids of documents, paths of files, queries


def sorted_seeds(seeds: Iterable[str], *, similar: bool) -> Seeds:
    """Seeds as typed, by their sort: with ``similar``, a number is a document of the archive, what
    names a file is one, and what is no address is a query.  Raises SeedError."""
    urls: list[str] = []
    likes: list[str] = []
    for seed in seeds:
        if not similar or "://" in seed or _is_address(seed):
            urls.append(_url(seed))
        elif seed.strip():
            likes.append(seed)
    return Seeds(tuple(urls), tuple(likes))


def _is_address(seed: str) -> bool:
    return not seed.isdigit() and not Path(seed).is_file() and bool(_HOST.fullmatch(seed))


def _url(seed: str) -> str:
    url = canonical(seed if "://" in seed else f"http://{seed}")
    if url is None:
        raise SeedError(f"not an http or https URL: {seed}")
    return url


def texts_of(frontier: Frontier, seeds: Seeds) -> Iterator[str]:
    """The texts that the seeds stand for, clean; those of addresses only where they were fetched."""
    for url in seeds.urls:
        if (text := text_at(frontier.db, url)) is not None:
            yield text
    for like in seeds.likes:
        if like.isdigit():
            if (found := text_of(frontier.db, int(like))) is None:
                raise SeedError(f"the archive has no document {like}")
            yield found
        elif Path(like).is_file():
            path = Path(like)
            is_html = path.suffix.lower() in (".html", ".htm")
            document = clean((read_page if is_html else read_text)(path.read_bytes()))
            yield f"{document.title or ''}\n{document.text}"
        else:
            yield like


def starts(frontier: Frontier, seeds: Seeds, ranking: Ranking, scope: Scope) -> Sequence[Target]:
    """Where a crawl without addresses begins: at what the archive has on the subject, and at the links
    of that."""
    found: dict[str, Target] = {}
    ids = [int(like) for like in seeds.likes if like.isdigit()]
    ids += documents_with(frontier.db, ranking.topic.terms(TERMS), MENTIONS)
    for number in dict.fromkeys(ids):
        text = text_of(frontier.db, number)
        likeness = ranking.topic.similarity(text or "")
        if likeness < RELEVANT and number not in ids[: len(seeds.likes)]:
            continue
        for position, (href, words, kind) in enumerate(links_of(frontier.db, number)):
            url = canonical(href)
            if url is None or scope.refusal(url, 1) is not None:
                continue
            is_itself = position == 0
            parts = ranking.link(url, words, "", kind, likeness)
            if not is_itself and not scope.knows(url) and not ranking.is_evident(parts):
                continue
            if scope.admit(url) and url not in found:
                why: dict[str, float | str] = {**parts, "document": number, "anchor": words[:60]}
                found[url] = Target(url, host_of(url), sum(parts.values()), 1, why=why)
    return list(found.values())
