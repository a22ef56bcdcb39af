"""Site rules: what a file may say, which host a rule is for, and what it does to a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleaning.extract import extract
from cleaning.sites import SiteRule, SiteRuleError, load_sites, rule_for

PAGE = """<title>雨后的菜园_乡间网</title><div class=info>2020-01-02 来源：乡间网</div>
<h1>雨后的菜园</h1>
<div class=body><p>雨停了，菜园里全是水，菜叶发亮。</p>
<div class=box><p>买种子，到本店，价格好，品种多，欢迎选购。</p></div>
<p>蜗牛出来了，慢慢地爬，爬上了菜叶。</p></div>
<div class=extra><p>附：菜园的面积是两分地，种了十样菜。</p></div>
<div class=facts><b id=t>菜园，雨后</b><i id=d>2021年3月4日 05:06</i><u id=s>农家报</u><s id=a>田小禾</s></div>
"""


def sites_of(tmp_path: Path, text: str) -> dict[str, SiteRule]:
    path = tmp_path / "sites.toml"
    path.write_text(text, encoding="utf-8")
    return dict(load_sites(path))


def test_the_bundled_rules_hold_the_demo_site() -> None:
    rule = rule_for("http://127.0.0.1:8080/a", load_sites())
    assert rule == SiteRule(drop=("div.shiyi-demo-ad",))


def test_drop(tmp_path: Path) -> None:
    sites = sites_of(tmp_path, '["example.com"]\ndrop = "div.box"\n')
    text = "雨停了，菜园里全是水，菜叶发亮。\n{}蜗牛出来了，慢慢地爬，爬上了菜叶。"
    box = "买种子，到本店，价格好，品种多，欢迎选购。\n"
    assert extract(PAGE, "http://www.example.com/1", sites=sites).text == text.format("")
    assert extract(PAGE, "http://other.example/1", sites=sites).text == text.format(box)
    page = extract(PAGE, "http://example.com/1", sites=sites)
    assert (page.title, page.date, page.source) == ("雨后的菜园", "2020-01-02", "乡间网")


def test_text_and_fields(tmp_path: Path) -> None:
    sites = sites_of(
        tmp_path,
        '["example.com"]\ntitle="#t"\ndate="#d"\nsource="#s"\nauthor="#a"\n'
        'text=".body p, .extra"\ndrop=[".box p"]\n',
    )
    page = extract(PAGE, "http://example.com/1", sites=sites)
    assert (page.title, page.source, page.author) == ("菜园，雨后", "农家报", "田小禾")
    assert (page.date, page.published_at) == ("2021-03-04", "2021-03-04T05:06:00")
    assert "附：菜园的面积是两分地，种了十样菜。" in page.text.split("\n")


def test_a_selector_that_finds_nothing_changes_nothing(tmp_path: Path) -> None:
    sites = sites_of(
        tmp_path, '["example.com"]\ntitle="#no"\ntext="#no"\ndate="#no"\ndrop=["#no"]\n'
    )
    assert extract(PAGE, "http://example.com/1", sites=sites) == extract(
        PAGE, "http://example.com/1", sites={}
    )


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("http://a.example.com/x", "a"),
        ("http://b.a.example.com/x", "a"),
        ("http://c.example.com/x", "top"),
        ("http://EXAMPLE.com:80/x", "top"),
        ("http://c.example.com:8080/x", "port"),
        ("http://notexample.com/x", None),
        ("http://example.com:port/x", None),
        (None, None),
    ],
)
def test_which_rule(url: str | None, source: str | None) -> None:
    sites = {
        "example.com": SiteRule(source="top"),
        "a.example.com": SiteRule(source="a"),
        "c.example.com:8080": SiteRule(source="port"),
    }
    rule = rule_for(url, sites)
    assert (rule.source if rule else None) == source


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[broken", "sites.toml"),
        ('title = "h1"', "must be a table"),
        ('["a.com"]\ntitel = "h1"', "no setting titel"),
        ('["a.com"]\ntitle = 3', "selectors, as strings"),
        ('["a.com"]\ndrop = ["div["]', "no CSS selector"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SiteRuleError, match=message):
        sites_of(tmp_path, text)
