"""What must stay beside what is undone: genuine glosses, and genuine Traditional on a mixed page."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from benchmarks import forward_script
from benchmarks.bench import Bench, Row, percent
from benchmarks.damage import articles
from cleaning.document import Document
from cleaning.pipeline import clean

RARE = "朱㼆 饕 餮 耄 耋 龃 龉 亳 浚 邠 鄜 黟 歙 盱 眙 婺 郫 邛 崃 郯 鄄 莘 莒 犍 兖 甪 厍 滘 峄 嵊".split()
"""Characters of names and places that authors gloss."""
POLYPHONES = "会 朝 好 解 仇 单 查 乐 重 长 行 调 藏 传 省 降 尽 处 曾 差 当 得 弹 都 恶 发 分 干 还 号".split()
LEARNED = "網 學 習 聽 說 讀 寫 語 話 書 車 門 開 關 時 間 東 西 買 賣 錢 飯 館 機 場 國 會 見 請 謝".split()
"""Traditional characters of a learner's first lessons."""


def _gloss(word: str, rng: Random, *, tone: bool = True) -> str:
    reading = forward_script.first_reading(word[-1])
    reading = reading if tone else forward_script.toneless(reading)
    opening, closing = rng.choice((("(", ")"), ("（", "）")))
    return f"{word}{opening}{reading}{closing}"


def _glossed(text: str, style: str, rng: Random) -> tuple[str, list[str]]:
    """A sound text with glosses as authors put them, and the glosses.

    ``rare``: a few hard characters, each at its first place.  ``polyphones``: a note on how the
    text's ambiguous characters are read here.  ``dictionary``: one entry a line.  ``primer``: every
    character of some sentences.  ``learner``: a list of Traditional words under a Simplified
    lesson.  ``classic``: some places of common characters in a Traditional text.
    """
    lines = text.split("\n")
    glosses: list[str] = []

    def take(word: str, **how: bool) -> str:
        glosses.append(_gloss(word, rng, **how))
        return glosses[-1]

    if style == "rare":
        for word in rng.sample(RARE, 4):
            n = rng.randrange(len(lines))
            lines[n] += f"地名中的{take(word)}字要读对。"
    elif style == "polyphones":
        lines += [f"“{c}”字在这里读{take(c)}。" for c in rng.sample(POLYPHONES, 8)]
    elif style == "dictionary":
        lines += [
            f"{take(c)}：见于旧时的字书，今日少用。" for c in rng.sample(RARE + POLYPHONES, 20)
        ]
    elif style == "primer":
        for n in rng.sample(range(len(lines)), min(2, len(lines))):
            lines[n] = "".join(
                take(char) if "\u4e00" <= char <= "\u9fff" else char for char in lines[n][:60]
            )
    elif style == "learner":
        lines += ["生字表：" + "、".join(take(c) for c in rng.sample(LEARNED, 10)) + "。"]
    else:
        for n in rng.sample(range(len(lines)), min(3, len(lines))):
            places = [p for p, c in enumerate(lines[n]) if "\u4e00" <= c <= "\u9fff"]
            place = rng.choice(places) if places else 0
            lines[n] = lines[n][:place] + take(lines[n][place : place + 1]) + lines[n][place + 1 :]
    return "\n".join(lines), glosses


def glosses(bench: Bench) -> Iterator[Row]:
    """Genuine glosses that the cleaner takes out or changes (issue 3: at most 1 in 10,000)."""
    for style in ("rare", "polyphones", "dictionary", "primer", "learner", "classic"):
        put = harmed = 0
        group = articles("traditional") if style == "classic" else bench.articles
        for article in group:
            for seed in bench.seeds:
                rng = Random(f"{article.name}:{seed}:{style}")
                text, found = _glossed(article.text, style, rng)
                document = clean(Document.from_text(f"{article.title}\n{text}\n"))
                put += len(found)
                for gloss in set(found):
                    lost = found.count(gloss) - document.text.count(gloss)
                    if lost > 0:
                        harmed += lost
                        bench.fail(f"glosses, {style}", f"{article.name}:{seed}", gloss, None)
        yield Row(f"glosses, {style}", "harmed per 10,000", 1e4 * harmed / put, put, "<= 1")


def mixed(bench: Bench) -> Iterator[Row]:
    """A converted article above, below or inside a genuine one: lines of both kinds."""
    made = left = genuine = harmed = 0
    for number, article in enumerate(bench.articles):
        for other in articles("traditional"):
            half = (0, len(other.body) // 2, len(other.body))[number % 3]
            above, below = other.body[:half], other.body[half:]
            raw = [*above, *map(forward_script.convert, article.body), *below]
            truth = [*above, *article.body, *below]
            got = clean(Document.from_text("\n".join(raw))).text.split("\n")
            if len(got) != len(truth):
                bench.fail("mixed page", article.name, str(len(truth)), str(len(got)))
                continue
            for old, line, right in zip(raw, got, truth, strict=True):
                genuine, made = genuine + (old == right), made + (old != right)
                harmed += old == right != line
                left += old != right != line
                if line != right:
                    bench.fail("mixed page", article.name, right, line)
    yield Row("mixed page", "converted lines undone %", percent(made - left, made), made)
    yield Row("mixed page", "genuine lines harmed", harmed, genuine)
