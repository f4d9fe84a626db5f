import json
import time
import tomllib
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.reports import find_reports, pattern, voices
from transforms.schema import table
from transforms.vocabulary import VocabularyError

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
TEXTS = tomllib.loads((Path(__file__).parent / "data" / "report_texts.toml").read_text("utf-8"))
REPORTS = {name: entry["text"].strip() for name, entry in TEXTS["report"].items()}
OTHERS = {name: entry["text"].strip() for name, entry in TEXTS["other"].items()}
NUMERALS = "一二三四五六七八九十"
TOLERANCE = 10

HEADINGS = {
    "title, 篇一": lambda n: f"创建文明城市工作汇报(通用12篇)篇{NUMERALS[n]}",
    "title, space, 篇1": lambda n: f"  创城工作开展情况汇报 篇{n + 1}",
    "第一篇": lambda n: f"第{NUMERALS[n]}篇",
    "title【第一篇】": lambda n: f"文明社区创建汇报材料【第{NUMERALS[n]}篇】",
    "【篇一】title": lambda n: f"【篇{NUMERALS[n]}】文明城市创建工作总结",
    "第1篇:title": lambda n: f"第{n + 1}篇:文明城市创建工作总结",
    "篇一:title": lambda n: f"篇{NUMERALS[n]}:文明创建工作汇报",
    "title, 范文一": lambda n: f"文明创建工作总结范文{NUMERALS[n]}",
    "title, 1": lambda n: f"创建文明城市工作总结{n + 1}",
    "title, 一": lambda n: f"社区创城工作汇报材料{NUMERALS[n]}",
    "title(一)": lambda n: f"文明城市创建工作情况汇报（{NUMERALS[n]}）",
    "title, 共1": lambda n: f"创建省级卫生县城自查报告共{n + 1}",
    "markdown": lambda n: f"## 文明创建工作汇报 篇{n + 1}",
}
PAGE = ["2023年创建文明城市工作汇报(通用6篇)", "时间:2023-10-26 作者:某某"]
INTRODUCTION = (
    "在日常工作中,报告的用途越来越大,写报告时要注意内容的完整。你见过的报告是什么样的呢?"
    "下面是小编整理的文明城市创建工作汇报,仅供参考,欢迎大家阅读。"
)
RECOMMENDED = (
    "相关推荐\n  工作汇报(汇总18篇)\n  总结是对过去的回顾,下面是小编整理的范文,希望能帮到大家。\n"
    "  2022年个人工作总结(精选20篇)\n  时间过得真快,不知不觉一年过去了,写一份总结吧。"
)


def read(text, title=None):
    frame = pl.DataFrame(
        {"document_id": ["a" * 64], "text": [text], "title": [title], "created_on": [None]},
        schema_overrides={"title": pl.String, "created_on": pl.String},
    )
    return find_reports(frame).to_dicts()


def page(parts, gap="\n\n"):
    """The text of a page and the spans it must be cut into: a part is a string, or (`is_report`, string)."""
    text, spans = "", []
    for part in parts:
        is_report, words = (None, part) if isinstance(part, str) else part
        if is_report is not None:
            spans.append((len(text), len(text) + len(words), is_report))
        text += words + gap
    return text, spans


def assert_cut(text, spans):
    found = [(row["span_start"], row["span_end"], row["is_report"]) for row in read(text)]
    assert len(found) == len(spans), [text[start : start + 30] for start, *_ in found]
    for (start, end, is_report), (wanted_start, wanted_end, wanted) in zip(found, spans, strict=True):
        assert abs(start - wanted_start) <= TOLERANCE, (
            text[start : start + 30],
            text[wanted_start : wanted_start + 30],
        )
        assert abs(end - wanted_end) <= TOLERANCE, (text[end - 30 : end], text[wanted_end - 30 : wanted_end])
        assert is_report == wanted, text[start : start + 30]


def part(name):
    return (name in REPORTS, REPORTS.get(name) or OTHERS[name])


def test_the_compilation_is_cut_as_annotated():
    text_file, gold_file = SHARED / "reports" / "compilation-13.txt", SHARED / "gold" / "reports.jsonl"
    if not gold_file.exists():
        pytest.skip("the annotated compilation is not here")
    gold = [json.loads(line) for line in gold_file.read_text("utf-8").splitlines()]
    with text_file.open(encoding="utf-8", newline="") as file:
        text = file.read()
    assert_cut(text, [(report["start"], report["end"], report["is_report"]) for report in gold])
    assert [row["year"] for row in read(text)] == [report["year"] for report in gold]


@pytest.mark.parametrize("heading", HEADINGS)
@given(names=st.permutations([*REPORTS, *OTHERS]).map(lambda names: names[:6]), padded=st.sets(st.sampled_from("pief")))
@settings(deadline=None, max_examples=12)
def test_a_compilation_is_cut_at_its_headings_and_its_padding_left_out(heading, names, padded):
    parts = [*PAGE, INTRODUCTION] if "p" in padded else []
    for number, name in enumerate(names):
        parts.append(HEADINGS[heading](number))
        parts += [INTRODUCTION] * ("i" in padded)
        parts.append(part(name))
        parts += ["文档为doc格式。"] * ("e" in padded)
    parts += [(False, RECOMMENDED)] * ("f" in padded)
    assert_cut(*page(parts))


@pytest.mark.parametrize(
    ("first", "second"),
    [(a, b) for a, b in permutations(REPORTS, 2) if TEXTS["report"][b]["glued"]],
)
def test_reports_glued_on_without_a_heading_are_told_apart(first, second):
    assert_cut(*page([part(first), part(second)]))


def test_three_reports_may_be_glued_together():
    assert_cut(*page([part("school"), part("district"), part("bureau")]))


def test_a_heading_may_stand_on_the_same_line_as_the_text():
    lines = [f"志愿服务工作总结{n}{REPORTS[name]}" for n, name in enumerate(("school", "bureau", "city"), start=1)]
    text = "\n".join(lines)
    starts = [row["span_start"] for row in read(text)]
    assert starts == [text.index(REPORTS[name]) for name in ("school", "bureau", "city")]


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize(
    "around",
    [
        ("", ""),
        ("创建文明城市工作情况汇报\n", ""),
        ("关于创建文明城市工作情况的报告\n(2020年5月)\n\n", "\n某某单位\n2020年5月6日"),
        ("创建工作汇报\n\n市文明委:\n", "\n附件:任务清单\n一、任务1\n二、任务2"),
    ],
)
def test_a_file_with_one_report_is_one_from_title_to_signature(name, around):
    text = around[0] + REPORTS[name] + around[1]
    assert_cut(text, [(0, len(text), True)])


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [24, 30, 40])
def test_wrapped_lines_do_not_cut_a_report(name, width):
    lines = REPORTS[name].split("\n")
    text = "\n".join(line[at : at + width] for line in lines for at in range(0, max(1, len(line)), width))
    assert_cut(text, [(0, len(text), True)])


BACKGROUND = "我市是中部重要的交通枢纽,近年来经济社会快速发展。我市于2018年启动全国文明城市创建,提出三年创成的目标。\n"


@pytest.mark.parametrize(
    "text",
    [
        # a bureau that speaks of its city before it speaks of itself
        BACKGROUND + REPORTS["bureau"],
        # a second announcement, of a part
        REPORTS["school"]
        + "\n现将存在的问题和下一步打算汇报如下:\n一是机制不够健全。\n二是力量不足。\n"
        + "我校将逐项整改。" * 30,
        # an address repeated between the parts
        "各位代表:\n" + REPORTS["city"] + "\n各位代表!\n" + "新的一年,我市将再接再厉。" * 20,
        # a chronicle of dates
        REPORTS["county"].replace("谢谢大家!", "")
        + "\n".join(f"2020年{n}月\n开展整治行动,清理垃圾{n}00吨。" for n in range(1, 9)),
        # thanks in the middle of a sentence
        REPORTS["city"] + "\n在此,感谢大家长期以来对我市工作的支持。\n" + "我市将继续努力。" * 30,
    ],
)
def test_one_report_is_not_cut(text):
    assert len(read(text)) == 1


def test_reports_to_the_national_congress_are_one_each():
    source = SHARED / "bench" / "government_work_reports.jsonl"
    if not source.exists():
        pytest.skip("the government work reports are not here")
    for line in source.read_text("utf-8").splitlines()[:40]:
        assert len(read(json.loads(line)["content"])) == 1


@pytest.mark.parametrize("name", OTHERS)
def test_slogans_essays_and_appeals_are_no_reports(name):
    assert [row["is_report"] for row in read(OTHERS[name])] == [False]


@pytest.mark.parametrize(
    "text",
    ["全市清运垃圾5.6万吨。", "指标\t数值\n清运垃圾\t5.6万吨\n志愿者\t1200人", "我局开展宣传活动12次。"],
)
def test_a_few_words_with_a_figure_are_a_report(text):
    assert [row["is_report"] for row in read(text)] == [True]


@pytest.mark.parametrize("text", ["", " \n\t\n", "\u3000\u3000"])
def test_a_blank_document_holds_no_report(text):
    assert read(text) == []


def test_documents_are_read_apart():
    frame = pl.DataFrame(
        {
            "document_id": ["a" * 64, "b" * 64, "c" * 64],
            "text": [
                REPORTS["school"],
                "第一篇\n" + REPORTS["city"] + "\n第二篇\n" + REPORTS["town"],
                REPORTS["bureau"],
            ],
            "title": ["学校汇报", None, None],
            "created_on": [None] * 3,
        },
        schema_overrides={"created_on": pl.String},
    )
    found = find_reports(frame)
    assert found["document_id"].str.head(1).to_list() == ["a", "b", "b", "c"]
    assert found["report_id"].is_unique().all()
    for document, text in frame.select("document_id", "text").rows():
        alone = find_reports(frame.filter(pl.col("document_id") == document))
        assert alone.equals(found.filter(pl.col("document_id") == document)), text[:20]
    declared = table("core.dim_report").frame_schema
    assert dict(found.schema) == {name: declared[name] for name in found.columns}


@given(
    st.lists(
        st.sampled_from(
            [*REPORTS.values(), *OTHERS.values(), "第二篇", INTRODUCTION, "谢谢大家!", "🙂", "\t1\t2", "\r\n"]
        )
    )
)
@settings(deadline=None, max_examples=40)
def test_spans_are_in_order_apart_and_inside_the_text(parts):
    text = "\n".join(parts)
    ends = 0
    for row in read(text):
        assert ends <= row["span_start"] < row["span_end"] <= len(text)
        assert text[row["span_start"] : row["span_end"]].strip() == text[row["span_start"] : row["span_end"]]
        ends = row["span_end"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("第一篇\n\n" + REPORTS["school"], "第一篇"),
        ("第一篇\n\n某校创建工作总结\n" + REPORTS["school"], "某校创建工作总结"),
        ("某市创建工作情况的报告\n来源:某某网\n\n" + REPORTS["city"], "某市创建工作情况的报告"),
        (REPORTS["city"], "文件自己的标题"),
    ],
)
def test_the_title_is_the_report_s_own_else_the_heading_else_the_file_s(text, title):
    assert read(text, "文件自己的标题")[0]["title"] == title


BODY = "我局认真开展工作,成立领导小组,清运垃圾3600吨。"


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2019年,我局清运垃圾3600吨。2020年以来继续推进。", 2019),
        ("2018年清运3000吨,2019年清运3600吨。到2025年建成示范区。", 2019),
        ("按照《全国文明城市测评体系(2017年版)》,我局清运垃圾3600吨。", None),
        ("根据办发〔2016〕4号文件,我局清运垃圾3600吨。", 2016),
        ("某县创建工作总结\n" + BODY + "\n某某局\n2021年8月6日", 2021),
        ("2020年度工作总结\n2020年," + BODY + "2021年工作计划:清运4000吨。\n2021年1月6日", 2020),
        ("某局2020年创建工作总结\n" + BODY + "2021年,我局将在巩固成果的基础上清运4000吨。", 2020),
        ("某局2020年创建工作总结\n" + BODY + "2021年的创建更加艰巨。", 2020),
        ("某局创建工作总结\n2020年," + BODY + "2021年,我局将继续清运4000吨。", 2020),
        ("制定《2019-2021年三年行动计划纲要》," + BODY, None),
        ("某市是1983年9月建立的省辖市," + BODY, None),
        ("二〇一九年," + BODY, 2019),
        ("20xx年,**年," + BODY, None),
        (BODY + "为2022年冬奥会贡献力量。", None),
        ("我校创办于1958年，2020年获评文明校园。", 2020),
        ("我校创办于1958年，一年来成效明显。", None),
    ],
)
def test_the_year_is_the_latest_reported_on(text, year):
    assert read(text)[0]["year"] == year


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("2017年8月30日", "2017-08-30"),
        ("2017年8月", "2017-08"),
        ("2017-08-30", "2017-08-30"),
        ("2017.8.3", "2017-08-03"),
        ("二〇一七年八月三十日", "2017-08-30"),
        ("二○一七年十二月二十一日", "2017-12-21"),
        ("某某市文明办 2017年8月30日。", "2017-08-30"),
        ("(2017年8月30日)", "2017-08-30"),
        ("20xx年x月x日", None),
    ],
)
def test_the_date_is_that_of_the_signature(line, date):
    assert read("工作总结\n" + BODY * 8 + "\n" + line)[0]["reported_on"] == date


def test_what_is_no_report_has_no_year_and_no_date():
    row = read("1、2019年文明城市靠大家。\n" + OTHERS["slogans"] + "\n2019年5月6日")[0]
    assert row["is_report"] is False
    assert row["year"] is None and row["reported_on"] is None


def test_a_megabyte_is_cut_in_a_second():

    text = "\n\n".join(f"第{n}篇\n\n{REPORTS[name]}" for n, name in enumerate([*REPORTS] * 350, start=1) if n < 1000)
    started = time.process_time()
    assert len(read(text)) == 999
    assert time.process_time() - started < 4


def test_words_that_only_look_like_a_voice_are_none():
    listed = voices()
    assert listed["word"].is_unique().all()
    assert listed.filter(pl.col("word") == "我市")["rank"].to_list() == [2]
    assert listed.filter(pl.col("word") == "本站")["rank"].to_list() == [None]


def test_an_entry_that_is_missing_is_named():
    with pytest.raises(VocabularyError, match=r"reports\.toml: heading\.middle is missing"):
        pattern("heading", "middle")


BODIES = [
    "我街道成立领导小组,清理垃圾200吨,发放宣传资料3000份,悬挂横幅120条。投入资金300万元,新建公厕3座,群众反映良好。" * 4,
    "学校评选美德少年30名,开展志愿服务活动26次,发放倡议书1200份,设置宣传栏12个。师生精神面貌焕然一新。" * 4,
]


@pytest.mark.parametrize(
    "between", ["\n", "\n\n", "\n----------\n", "特此汇报\n"], ids=["line", "gap", "rule", "no stop"]
)
@pytest.mark.parametrize("mark", ["{}", "**{}**", "《{}》", "——{}", "## {}", "　　{}"])
def test_a_title_that_names_the_campaign_begins_another_report(mark, between):
    first, second = mark.format("东关街道创建全国文明城市工作汇报"), mark.format("实验小学文明校园创建工作总结")
    text = f"{first}\n{BODIES[0]}{between}{second}\n{BODIES[1]}\n"
    found = [report for report in read(text) if report["is_report"]]
    assert [report["span_start"] for report in found] == [text.index(title.strip()) for title in (first, second)]
    assert found[1]["title"].strip("《》—　") == "实验小学文明校园创建工作总结"


def test_a_heading_inside_a_report_does_not_begin_another():
    parts = [
        "东关街道创建全国文明城市工作汇报",
        BODIES[0],
        "城市管理工作情况",
        BODIES[0],
        "三、创建文明城市工作总结",
        BODIES[0],
    ]
    assert len(read("\n".join(parts))) == 1


def test_a_report_behind_a_page_s_recommendations_is_read():
    recommended = ["上一篇:创建文明城市总结", "下一篇:创城汇报"]
    parts = ["东关街道创建全国文明城市工作汇报", BODIES[0], *recommended, "实验小学文明校园创建工作总结", BODIES[1]]
    text = "\n".join(parts)
    assert [report["is_report"] for report in read(text)] == [True, False, True]
