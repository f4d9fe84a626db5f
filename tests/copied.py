"""Reports written after a few models, as offices write them, and copies of them."""

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl

PLACES = [
    f"{first}{second}{kind}" for first in "青临安平永" for second in "山河川阳水城" for kind in ("县", "市", "区")
]
# What many reports say word for word.
PHRASES = [
    "在上级的正确领导下，全体干部群众齐心协力，创建工作取得了阶段性成效。",
    "虽然取得了一些成绩，但与群众的期盼相比还有差距，长效机制有待健全。",
    "下一步，我们将以更高的标准、更实的作风，把创建工作引向深入。",
    "各部门各负其责、密切配合，形成了齐抓共管的工作格局。",
]
# What they say with figures of their own.
MODELS = [
    "{p}成立领导小组，下设{a}个专项组，召开推进会{b}次，印发通报{c}期。",
    "全年清理垃圾{a}吨，清除小广告{b}处，拆除违章建筑{c}平方米。",
    "查处交通违法行为{a}起，增设停车位{b}个，施划标线{c}公里。",
    "投入资金{a}万元，新建公厕{b}座，改造老旧小区{c}个。",
    "发放宣传资料{a}份，悬挂公益广告{b}处，受教育群众{c}人次。",
    "注册志愿者{a}人，开展志愿服务{b}场，服务时长{c}小时。",
    "出动执法人员{a}人次，取缔占道经营{b}处，规范店外经营{c}家。",
    "检查食品经营户{a}家，责令整改{b}家，立案查处{c}起。",
    "破获案件{a}起，化解矛盾纠纷{b}件，走访居民{c}户。",
    "创建文明校园{a}所，开展主题班会{b}次，参与学生{c}人。",
    "清运杂物{a}车，整治楼道{b}个，消除安全隐患{c}处。",
    "栽植树木{a}株，新增绿地{b}平方米，建成口袋公园{c}个。",
]
STRANGE = [
    "工作中涌现出一批先进典型，他们的事迹在群众中口口相传，带动了更多的人。",
    "我们还及时总结推广基层的做法，先后有兄弟单位前来交流学习，反响良好。",
    "对于群众反映的突出问题，坚持马上就办、办就办好，件件有回音、事事有着落。",
]


def report(chance: random.Random, sentences: int = 25) -> str:
    """A report of so many sentences, a fifth of them set phrases, the others with figures of its own."""
    place = chance.choice(PLACES)
    written = []
    for _ in range(sentences):
        if chance.random() < 0.2:
            written.append(chance.choice(PHRASES))
        else:
            figures = {name: chance.randint(2, 99_999) for name in "abc"}
            written.append(chance.choice(MODELS).format(p=place, **figures))
    return "".join(written)


def cut_short(text: str, chance: random.Random) -> str:
    """The report up to any place between a fifth and all but a twentieth of it."""
    return text[: int(len(text) * chance.uniform(0.2, 0.95))]


def reworded(text: str, chance: random.Random) -> str:
    """The report with a tenth of its sentences changed: replaced, or told with another figure."""
    sentences = re.findall("[^。]+。", text)
    for place in chance.sample(range(len(sentences)), max(1, len(sentences) // 10)):
        figure = re.sub("[0-9]+", str(chance.randint(2, 99_999)), sentences[place], count=1)
        sentences[place] = chance.choice([chance.choice(STRANGE), figure])
    return "".join(sentences)


def planted(chance: random.Random, originals: int, copies: int) -> tuple[list[str], dict[int, int]]:
    """Texts, and which of them is a copy of which: so many exact, so many cut short, so many reworded."""
    texts = [report(chance, chance.randint(15, 60)) for _ in range(originals)]
    truth = {}
    for kind in (lambda text, _: text, cut_short, reworded):
        for original in chance.sample([number for number in range(originals) if number not in truth.values()], copies):
            truth[len(texts)] = original
            texts.append(kind(texts[original], chance))
    return texts, truth


def frames(texts: list[str], first: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Reports and documents, one of either a text, arrived a second apart and named by their number."""
    numbers = range(first, first + len(texts))
    documents = pl.DataFrame(
        {
            "document_id": [f"{number:06d}" for number in numbers],
            "arrived_at": [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=number) for number in numbers],
            "text": texts,
        },
        schema={"document_id": pl.String, "arrived_at": pl.Datetime("us", "UTC"), "text": pl.String},
    )
    reports = documents.select(
        "document_id",
        report_id="document_id",
        span_start=pl.lit(0, pl.Int64),
        span_end=pl.col("text").str.len_chars().cast(pl.Int64),
        is_report=pl.lit(True),
    )
    return reports, documents


def found_pairs(copies: pl.DataFrame) -> Iterator[tuple[int, int]]:
    """The pairs that were found, by the numbers of the texts."""
    for copy, original in copies.select("report_id", "duplicate_of").iter_rows():
        yield int(copy), int(original)
