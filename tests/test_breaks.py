"""Breaks inside sentences and drawn tables are read through, and every offset stays what it was."""

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


@given(st.text(alphabet="清理垃圾，。\n|1 余吨个%x三\t", max_size=60))
def test_sentences_still_tile_the_text(text):
    sentences = cut(text)
    assert "".join(sentences["source"]) == text
    assert sentences["text"].str.len_chars().to_list() == sentences["source"].str.len_chars().to_list()
