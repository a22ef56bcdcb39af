"""Forward model of what a page wraps around an article (damage.md, section 5).

The keyword lines are made of harmless phrases in the shape of real ones.  Sites, persons and
other articles are invented.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

KEYWORDS = (
    *("在线观看免费高清", "彩票开奖结果查询", "澳门娱乐城官网", "最新网址入口", "棋牌游戏平台下载"),
    *("手机版app安装", "免费领取彩金", "体育投注官方网站", "真人百家乐网址", "高清完整版全集"),
    *("国产精品免费资源", "一区二区三区四区", "热门影视免费播放", "注册送体验金", "时时彩计划软件"),
    *("电子游艺官方入口", "福利资源在线播放", "免费下载安装最新版", "极速赛车开奖直播", "无需下载即点即看"),
    *("捕鱼达人送金币", "六合资料大全", "日韩影视在线", "线上娱乐平台注册", "全集免费高清播放"),
    *("北京赛车投注技巧", "足球比分即时直播", "老虎机免费试玩", "官方正版下载", "2024最新版"),
    *("管道疏通电话号码", "二手车评估价格", "驾校学费多少钱", "毕业论文代写", "种植牙一颗多少钱"),
    *("宠物医院附近", "钢结构厂房造价", "家教一对一辅导", "灵活就业社保代缴", "旧房翻新公司排名"),
)  # fmt: skip
HELD_OUT_KEYWORDS = (
    *("身份证贷款秒下款", "毕业证代办价格", "正规发票代开", "私家侦探收费标准", "老虎机破解软件"),
    *("手游外挂辅助", "刷单兼职日结", "黑科技透视挂", "足球竞猜外围", "百家樂必胜法"),
    *("电影天堂未删减", "成年人动漫网站", "久久热影院", "漫画全本无遮挡", "夜间直播大厅"),
    *("免翻墙加速器", "同城交友约会", "高仿手表批发", "棋牌室透视眼镜", "资源网盘合集"),
    *("跑步机维修上门", "叉车租赁公司", "公墓价格一览表", "月嫂培训学校", "增高鞋垫专卖"),
    *("雅思真题机经", "甲醛检测治理", "玉石鉴定中心", "集装箱房定制", "奥数培训班"),
)  # fmt: skip
"""Keywords of the seeds that are only scored on."""

SOUND_TOPS = (
    "某市第一实验小学-校园新闻-教师风采-学生园地-家校共育",
    "首页|新闻中心|关于我们|联系我们|网站地图",
    "凝心聚力抓落实,真抓实干促发展,奋力谱写新篇章",
    "床前明月光,疑是地上霜,举头望明月,低头思故乡",
    "天气一天比一天冷,街上的人也少了,大家都盼着早一点过年,好回家去",
    "陈可1,李思源2,王一舟1,林若水3",
    "青禾大学农学院,南山省农业科学院,西江市园林局,东原县林场",
    "红星牌电饭锅 3L/4L/5L 白色/黑色/银色 现货",
    "小学语文/初中数学/高中物理/大学英语",
    "主食 | 蔬菜 | 水果 | 肉蛋 | 奶类 | 豆类",
    "本期导读：粮价、油价、房价、工资，都和谁有关？",
    "第3版_要闻_青禾日报",
)
"""Lines as they stand above the title of sound articles: sections, menus, slogans, verse, authors."""

SITES = (
    *("青禾网", "南山资讯网", "万家生活网", "晨光财经", "知否百科网", "春晓教育网", "西江在线", "百事通网"),
    *("安居问答网", "石桥机械有限公司", "蓝湾环保科技", "东原新闻网"),
)  # fmt: skip
SOURCES = (
    "互联网转载和整理",
    "网络整理",
    "本站原创",
    "晨光财经",
    "西江晚报",
    "网友投稿",
    "东原日报",
)
AUTHORS = ("小编", "李思源", "王一舟", "编辑部", "陈可", "佚名", "林若水")
OTHERS = (
    *("烟台到威海坐什么车最方便", "高山杜鹃怎样过冬", "铝合金门窗多少钱一平方米", "什么叫做复利"),
    *("孩子发烧能不能洗澡", "青椒炒肉的家常做法", "公积金可以提取几次", "描写秋天的成语有哪些"),
    *("电动车充不进电是什么原因", "属虎的人今年运势", "电脑开机很慢怎么解决", "新手养什么鱼最好活"),
    *("普通话二级甲等需要多少分", "燃气热水器哪个牌子好", "毛衣缩水了怎么恢复", "退休金是怎么计算的"),
    *("红木家具如何保养", "驾驶证到期了去哪里换", "宝宝几个月添加辅食", "二手房过户要交哪些税"),
    *("梦见下雪是什么意思", "苏州园林一日游路线", "蜂蜜水什么时候喝", "混凝土标号怎么区分"),
    *("葡萄藤什么时候剪枝", "羽绒服怎么洗不结团", "火车票改签收不收手续费", "英语四级准考证号忘了怎么办"),
    *("阳台封窗需要注意什么", "小学生读后感怎么写", "花椒树的种植时间", "信用卡账单日和还款日的区别"),
    *("机械手表多久保养一次", "什么样的石榴最甜", "冬天洗车要注意哪些问题", "会计证还有必要考吗"),
)  # fmt: skip
LAYOUTS = ("mirror", "portal", "farm", "factory")
HELD_OUT_LAYOUTS = (*LAYOUTS, "bulletin", "journal")
RELATED = {"mirror": 20, "portal": 8, "farm": 10, "factory": 6, "bulletin": 5, "journal": 8}
MENUS = ("首页", "公司简介", "产品中心", "新闻动态", "成功案例", "技术支持", "在线留言", "联系我们")


@dataclass(frozen=True, slots=True)
class PageLink:
    kind: str
    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """An article with what its page says about it, and the lines around it as text shows them."""

    title: str
    body: tuple[str, ...]
    layout: str = "mirror"
    header: str | None = None
    site: str | None = None
    date: str | None = None
    time: str | None = None
    source: str | None = None
    author: str | None = None
    links: tuple[PageLink, ...] = ()
    head: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The page as text: header, head, title and body, tail."""
        header = [self.header] if self.header else []
        return [*header, *self.head, *self.body, *self.tail]


def keyword_line(rng: Random, *, is_held_out: bool = False) -> str:
    """Four to ten keyword phrases joined by one mark, sometimes with √ or kana."""
    phrases = rng.sample(HELD_OUT_KEYWORDS if is_held_out else KEYWORDS, k=rng.randint(4, 10))
    if rng.random() < 0.3:
        place = rng.randrange(len(phrases))
        phrases[place] += rng.choice(("√", "√天堂", "の", "ワンピース"))
    return rng.choice(("_", "_", "_", "-", ",", "|")).join(phrases)


def bare(title: str, body: tuple[str, ...]) -> Page:
    """A page that is only its title and its text."""
    return Page(title, body, head=(title,))


def wrap(
    title: str,
    body: tuple[str, ...],
    rng: Random,
    layout: str | None = None,
    links: tuple[PageLink, ...] | None = None,
    site: str | None = None,
    *,
    is_held_out: bool = False,
) -> Page:
    """The article in the chrome of one kind of site; what is not given is invented."""
    layout = layout or rng.choice(HELD_OUT_LAYOUTS if is_held_out else LAYOUTS)
    date = f"{rng.randint(2014, 2025)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    page = Page(
        title,
        body,
        layout,
        site=site or rng.choice(SITES),
        date=date,
        time=f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}",
        source=rng.choice(SOURCES),
        author=rng.choice(AUTHORS),
        links=_invented(rng, RELATED[layout]) if links is None else links,
    )
    return WRAPPERS[layout](page, rng)


def _invented(rng: Random, related: int) -> tuple[PageLink, ...]:
    kinds = ["previous", "next", *["related"] * related]
    texts = rng.sample(OTHERS, k=len(kinds))
    return tuple(
        PageLink(kind, text, f"/a/{rng.randint(1000, 9999)}.html")
        for kind, text in zip(kinds, texts, strict=True)
    )


def _of(page: Page, kind: str) -> list[str]:
    return [link.text for link in page.links if link.kind == kind]


def _neighbours(page: Page, colon: str) -> list[str]:
    names = {"previous": "上一篇", "next": "下一篇"}
    return [f"{names[k]}{colon}{text}" for k in names for text in _of(page, k)]


def _mirror(page: Page, rng: Random) -> Page:
    """A hacked company site, as the mirror page."""
    return replace(
        page,
        time=None,
        author=None,
        head=(page.site or "", page.title, f"发布时间:{page.date} | 来源:{page.source}"),
        tail=(*_neighbours(page, ":"), "其他文章", *(f"• {name}" for name in _of(page, "related"))),
    )


def _portal(page: Page, rng: Random) -> Page:
    """A news portal."""
    crumbs = f"首页 > {rng.choice(('资讯', '生活', '财经', '教育'))} > 正文"
    year, month, day = (int(part) for part in (page.date or "").split("-"))
    when = f"{year}年{month}月{day}日 {page.time}"
    return replace(
        page,
        head=(
            page.site or "",
            crumbs,
            page.title,
            f"{when}　来源：{page.source}　作者：{page.author}",
        ),
        tail=(
            f"（责任编辑：{page.author}）",
            "声明：本文转载自其他媒体，如有侵权请联系本站删除。",
            *_neighbours(page, "："),
            "相关阅读",
            *_of(page, "related"),
            f"Copyright © 2012-2025 {page.site} 版权所有",
            f"京ICP备{rng.randint(10000000, 99999999)}号-1",
        ),
    )


def _farm(page: Page, rng: Random) -> Page:
    """A content farm or blog."""
    views = rng.randint(3, 9999)
    return replace(
        page,
        site=None,
        source=None,
        head=(page.title, f"作者:{page.author} 时间:{page.date} {page.time} 阅读:{views}次"),
        tail=(
            "本文来自网络，不代表本站立场，转载请注明出处。",
            *_neighbours(page, ":"),
            "猜你喜欢",
            *(f"{number}、{name}" for number, name in enumerate(_of(page, "related"), 1)),
            "网站首页 | 关于我们 | 联系方式 | 网站地图",
        ),
    )


def _bulletin(page: Page, rng: Random) -> Page:
    """An office's notices; only the held-out seeds show it."""
    return replace(
        page,
        author=None,
        head=(
            "当前位置：首页 >> 信息公开",
            page.title,
            f"日期：{(page.date or '').replace('-', '/')} {page.time} 信息来源：{page.source}"
            f" 浏览次数：{rng.randint(10, 900)} 字号：[大 中 小]",
        ),
        site=None,
        tail=(
            "【打印本页】【关闭窗口】",
            *_neighbours(page, "："),
            "推荐文章",
            *(f"· {name}" for name in _of(page, "related")),
            f"主办单位：{page.site}　电话：010-8{rng.randint(1000000, 9999999)}　邮编：100000",
        ),
    )


def _factory(page: Page, rng: Random) -> Page:
    """A company's site: menus above everything, contacts below, other articles without a heading."""
    phone = f"0{rng.randint(10, 99)}-8{rng.randint(1000000, 9999999)}"
    return replace(
        page,
        site=None,
        source=None,
        author=None,
        head=(
            *rng.sample(MENUS, k=rng.randint(5, len(MENUS))),
            f"服务热线：{phone}",
            f"当前位置：首页 > 新闻动态 > {rng.choice(('公司新闻', '行业资讯', '常见问题'))}",
            page.title,
            f"更新时间：{page.date} {page.time}　点击次数：{rng.randint(10, 9999)}",
        ),
        tail=(
            *_neighbours(page, "："),
            *_of(page, "related"),
            f"电话：{phone}　联系人：{page.author}",
            f"版权所有：{page.site}",
            f"苏ICP备{rng.randint(10000000, 99999999)}号",
        ),
    )


def _journal(page: Page, rng: Random) -> Page:
    """A copy of a magazine's articles; only the held-out seeds show it."""
    year = (page.date or "")[:4]
    issue = f"{page.site} {year}年{rng.randint(1, 12)}期"
    return replace(
        page,
        source=issue,
        site=None,
        head=("APP下载", page.title, f"{page.date} {page.time}{page.author}", issue),
        tail=(
            *_neighbours(page, "："),
            "猜你喜欢",
            *_of(page, "related"),
            f"{issue}的其它文章",
            "帮助中心",
            "收藏 分享",
            f"© {year} {page.site}",
        ),
    )


WRAPPERS: Mapping[str, Callable[[Page, Random], Page]] = {
    "mirror": _mirror,
    "portal": _portal,
    "farm": _farm,
    "factory": _factory,
    "bulletin": _bulletin,
    "journal": _journal,
}
