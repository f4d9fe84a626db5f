"""Breaks inside sentences and drawn tables are read through, and every offset stays what it was."""

import textwrap

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_quantities import cut

from transforms.breaks import mark
from transforms.quantities import read_quantities


def read(text):
    return read_quantities(cut(text)).select("raw_text", "value", "raw_unit").rows()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("共开展整治行动\n160余次，出动\n8000\n余人次，面积\n116753\n平方米，\n100%\n完成任务。",
         [("160余次", 160, "次"), ("8000\n余人次", 8000, "人次"), ("116753\n平方米", 116753, "平方米"), ("100%", 100, "%")]),
        ("市里分配给我区的任务已完成大半，由我区自行启动的 XX\n项工作中，已有六成结束。",
         [("XX\n项", None, "项"), ("六成", 6, "成")]),
        ("街道 | 停车位(个) | 垃圾(吨)\n东湖 | 420 | 1360.5\n", [("420", 420, "个"), ("1360.5", 1360.5, "吨")]),
        ("|街道|停车位(个)|\n|---|---|\n|东湖|420|\n", [("420", 420, "个")]),
        ("受理案件3 312件，面积116 753平方米，投入2 820万元。",
         [("3 312件", 3312, "件"), ("116 753平方米", 116753, "平方米"), ("2 820万元", 28200000, "元")]),
    ],
)  # fmt: skip
def test_numbers_are_read_across_breaks_and_strokes(text, found):
    assert read(text) == found


def test_a_year_and_its_sign_are_joined():
    assert "2020\ufdd0年" in mark(pl.DataFrame({"text": ["工作动态\n2020\n年工作总结\n"]}))["text"].item()


@pytest.mark.parametrize(
    "text",
    [
        "基本情况\n2019年，开展工作。",
        "主要做法\n1.加强领导。\n2.强化宣传。",
        "一、基本情况\n3、清理。",
        "来源：网站 | 作者：某某\n全市开展工作。",
    ],
)
def test_headings_dates_and_list_numbers_are_not_drawn_into_the_line_before(text):
    assert read(text) == []


PARAGRAPH = (
    "今年以来，全区共清理积存垃圾12000余吨，清除小广告3.2万处，拆除违章建筑15600平方米，新建公厕12座，改造老旧小区36个，新增停车位2600个，"
    "发放宣传资料150000份，组织志愿者3800人次，投入资金2300万元，安装路灯520盏，设置公益广告牌860块，签订责任书6300份，评选好人45名。"
)


@pytest.mark.parametrize("width", range(24, 60))
def test_a_text_filled_up_to_a_width_is_read_as_if_it_were_not(width):
    lines = textwrap.wrap(PARAGRAPH * 2, width)
    whole, filled = read(PARAGRAPH * 2), read("创建工作汇报\n\n" + "\n".join(lines) + "\n")
    # A unit of several characters may be broken as well, which is the one thing that is lost.
    broken = {line[-3:] for line in lines if line.endswith(("平", "平方", "人", "万"))}
    lost = [raw for (raw, *read_as), (_, *meant) in zip(filled, whole, strict=True) if read_as != meant]
    assert len(lost) <= len(broken)


def test_lines_of_a_list_are_not_filled_up_to_a_width():
    text = "".join(f"{number}、组织机关党员干部到社区开展环境卫生整治和文明劝导活动\n" for number in range(1, 9))
    assert mark(pl.DataFrame({"text": [text]}))["text"].item() == text


@given(st.text(alphabet="清理垃圾，。\n|1 余吨个%x三\t", max_size=60))
def test_sentences_still_tile_the_text(text):
    sentences = cut(text)
    assert "".join(sentences["source"]) == text
    assert sentences["text"].str.len_chars().to_list() == sentences["source"].str.len_chars().to_list()
