"""Make the demo site and the demo dump in crawler/demo from the articles, with fixed seeds.

    python benchmarks/make_demo.py

Three sites on one host: /chenguang/ a news portal, /lanwan/ a company's site that was hacked and
filled with mirrored articles, /qinghe/ a content farm.  Many articles stand on two or all of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that the file runs from anywhere as a script

from benchmarks.damage import Article, Damaged, articles, damage  # noqa: E402
from benchmarks.forward_page import PageLink  # noqa: E402
from benchmarks.render_html import plain_page, render  # noqa: E402

TARGET = ROOT / "crawler" / "demo"

MASKS = ("stars", "blank", "deletion")
HACKED = ("header", "chrome", "half", "notes")


@dataclass(frozen=True, slots=True)
class Plan:
    """One page: what article it shows, how it is damaged, and how its bytes are sent."""

    site: str
    article: str
    kinds: tuple[str, ...] = ("chrome",)
    seed: int = 1
    group: str = "simplified"
    chain: str | None = None
    encoding: str = "utf-8"
    declared: str | None = None
    content_type: str = "text/html"


LAYOUT = {"chenguang": "portal", "lanwan": "mirror", "qinghe": "farm"}
NAMES = {"chenguang": "晨光财经", "lanwan": "蓝湾环保科技", "qinghe": "青禾网"}

PLANS = (
    Plan("chenguang", "collection-calls"),
    Plan("chenguang", "credit-report", encoding="gbk"),
    Plan("chenguang", "critical-illness"),
    Plan("chenguang", "prepaid-card", encoding="gb18030", declared="gb2312"),
    Plan("chenguang", "labour-contract"),
    Plan("chenguang", "wuyi-tea"),
    Plan("chenguang", "crackdown-news", group="negative"),
    Plan("chenguang", "pinyin-primer", group="negative"),
    Plan("chenguang", "night-market", group="traditional"),
    Plan("chenguang", "ev-battery", declared="gb2312"),  # the meta is wrong, the page is UTF-8
    Plan("chenguang", "sleep", ("chrome", "mojibake"), chain="utf8 as gbk"),
    # The showcase: this seed masks 电话 by blanks, 护法 in titles of laws by stars, 方法 and 维权 by nothing.
    Plan("lanwan", "collection-calls", (*HACKED, *MASKS), seed=1149),
    Plan("lanwan", "credit-report", HACKED, seed=2),
    Plan("lanwan", "critical-illness", (*HACKED, "stars"), seed=3),
    Plan("lanwan", "prepaid-card", ("header", "chrome", "shift"), seed=4),
    Plan("lanwan", "renting", ("header", "chrome", "script", "half"), seed=5),
    Plan("lanwan", "slow-train", ("header", "chrome", "toneless", "script"), seed=6),
    Plan("lanwan", "rice-fish", ("header", "chrome", "lead", "script"), seed=7),
    Plan("lanwan", "braised-pork", HACKED, seed=8, encoding="gbk"),
    Plan("lanwan", "qianlong-clock", HACKED, seed=9, encoding="gbk",
         content_type="text/html; charset=utf-8"),  # the server is wrong, the meta is right
    Plan("lanwan", "village-library", ("header", "chrome", "mojibake"), chain="utf8 as cp1252"),
    Plan("qinghe", "collection-calls", ("chrome", *MASKS), seed=5),
    Plan("qinghe", "credit-report", ("chrome", "stars", "deletion"), seed=6),
    Plan("qinghe", "labour-contract", ("chrome", "blank"), seed=7),
    Plan("qinghe", "wuyi-tea", ("chrome", "notes"), seed=8),
    Plan("qinghe", "renting", ("chrome", "half"), seed=9),
    Plan("qinghe", "slow-train"),
    Plan("qinghe", "bamboo-flute", ("chrome", "mojibake"), chain="entities twice"),
    Plan("qinghe", "old-railway", group="traditional"),
    Plan("qinghe", "genuine-masks", group="negative"),
)  # fmt: skip

DUMP_KINDS: tuple[tuple[str, ...], ...] = (
    ("header", "chrome", "half", "notes"),
    ("header", "chrome", "shift"),
    ("chrome", "stars", "blank", "deletion"),
    ("header", "chrome", "toneless"),
    ("chrome", "lead", "script"),
    ("header", "chrome", "half", "script", "stars"),
    ("mojibake",),
    (),
)
"""Damage of the dump's records, in turn."""

RELATED = 6  # links under "other articles"; real pages have twenty, of which the crawl needs none


def site_files() -> dict[str, bytes]:
    """Path under ``site/`` → content."""
    paths = _paths()
    files = {"robots.txt": b"User-agent: *\nDisallow: /private/\n"}
    by_site: dict[str, list[PageLink]] = {site: [] for site in NAMES}
    for plan, path in zip(PLANS, paths, strict=True):
        made = _make(plan, _links(plan))
        files[path] = render(made.page, plan.encoding, plan.declared)
        by_site[plan.site].append(PageLink("other", _article(plan).title, f"/{path}"))
    for site, links in by_site.items():
        half = (len(links) + 1) // 2
        more = [PageLink("next", "下一页", f"/{site}/list-2.html")]
        files[f"{site}/index.html"] = plain_page(NAMES[site], [*links[:half], *more])
        files[f"{site}/list-2.html"] = plain_page(f"{NAMES[site]} 第2页", links[half:])
    home = [PageLink("other", name, f"/{site}/") for site, name in NAMES.items()]
    secret = PageLink("other", "内部资料", "/private/accounts.html")
    files["index.html"] = plain_page(
        "拾遗演示站", [*home, secret], "随程序附带的小站，文字均为原创。"
    )
    files["private/accounts.html"] = plain_page("内部资料", [], "守规矩的爬虫不会读到这一页。")
    return files


def content_types() -> dict[str, str]:
    """Path → content type, for the pages whose server says more, or other, than ``text/html``."""
    return {
        f"/{path}": plan.content_type
        for plan, path in zip(PLANS, _paths(), strict=True)
        if plan.content_type != "text/html"
    }


def dump_records() -> list[dict[str, str]]:
    """Records ``{"id", "url", "text"}`` as a crawl dump has them: the text of pages, no markup."""
    records = []
    sources = [*articles(), *articles("traditional"), *articles("negative")]
    for number in range(30):
        article = sources[number % len(sources)]
        kinds = (
            DUMP_KINDS[number % len(DUMP_KINDS)] if article.group == "simplified" else ("chrome",)
        )
        text = damage(article, 20 + number, kinds).text
        url = f"http://mirror-{number % 4}.example/a/{1000 + number}.html"
        records.append({"id": f"demo-{number:03}", "url": url, "text": text})
    return records


def files() -> dict[str, bytes]:
    """Every file that the demo holds besides its Python modules, by path under crawler/demo."""
    made = {f"site/{path}": data for path, data in site_files().items()}
    made["content_types.json"] = _json(content_types(), indent=2)
    made["dump.jsonl"] = b"".join(_json(record) for record in dump_records())
    return made


def main() -> None:
    made = files()
    for old in sorted((TARGET / "site").rglob("*")):
        if old.is_file() and old.relative_to(TARGET).as_posix() not in made:
            old.unlink()
    for name, data in made.items():
        path = TARGET / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    print(f"{len(made)} files, {sum(map(len, made.values())):,} bytes in {TARGET}")


def _json(value: Mapping[str, str], indent: int | None = None) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=indent) + "\n").encode()


def _paths() -> list[str]:
    counts = dict.fromkeys(NAMES, 0)
    paths = []
    for plan in PLANS:
        counts[plan.site] += 1
        paths.append(f"{plan.site}/article-{counts[plan.site]}.html")
    return paths


def _article(plan: Plan) -> Article:
    return next(a for a in articles(plan.group) if a.name == plan.article)


def _make(plan: Plan, links: tuple[PageLink, ...]) -> Damaged:
    return damage(
        _article(plan),
        plan.seed,
        plan.kinds,
        chain=plan.chain,
        layout=LAYOUT[plan.site],
        links=links,
        site=NAMES[plan.site],
    )


def _links(plan: Plan) -> tuple[PageLink, ...]:
    """Neighbours in the list of the site, in a ring, and some others of it."""
    own = [(p, path) for p, path in zip(PLANS, _paths(), strict=True) if p.site == plan.site]
    at = next(number for number, (other, _) in enumerate(own) if other is plan)
    order = [-1, 1, *range(2, 2 + RELATED)]
    kinds = ["previous", "next", *["related"] * RELATED]
    chosen = (own[(at + step) % len(own)] for step in order)
    return tuple(
        PageLink(kind, _article(other).title, f"/{path}")
        for kind, (other, path) in zip(kinds, chosen, strict=True)
    )


if __name__ == "__main__":
    main()
