"""Encodings are found without a guess: text is read right or refused, never read wrong."""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_quantities import cut

from transforms.readers import Limits, UnreadableError
from transforms.readers.plain import decode
from transforms.readers.read import read_bytes

WORDS = st.sampled_from(
    [
        "全市",
        "清运",
        "垃圾",
        "三万余吨",
        "，出动",
        "人员",
        "12,345人次",
        "。\n",
        "一、",
        "新建公厕25座",
        "投入资金",
        "5000多万元",
        "（其中",
        "濮阳市",
        "范县",
        "占42.96%",
        "）",
        "联通",
        "乱码",
        "**名志愿者",
        "xx处",
        "×",
        "·",
        "㎡",
        "“五小”",
        "行业",
        "整治",
        "2019年",
        "以来",
        "；Wi-Fi",
        "覆盖率",
        "\r\n",
        "\t",
        "涧西区",
        "鄢陵县",
    ]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=60).map("".join)
FOREIGN = st.sampled_from(
    ["Les déchets à côté de l'hôtel", "市内のごみを収集しました", "全市清運垃圾", "Чистый город", "청소를 했습니다"]
)


@settings(max_examples=2000)
@given(TEXTS, st.sampled_from(["utf-8", "gb18030"]))
def test_chinese_text_is_read_right_from_utf_8_and_gb18030_however_short(text, encoding):
    assert decode(text.encode(encoding))[0] == text


@given(
    TEXTS,
    st.sampled_from(
        [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")]
    ),
)
def test_a_byte_order_mark_decides_and_is_left_out(text, marked):
    mark, encoding = marked
    assert decode(mark + text.encode(encoding)) == (text, encoding)


@given(TEXTS, st.sampled_from(["utf-16-le", "utf-16-be"]))
def test_utf_16_without_a_mark_is_read_right_or_refused(text, encoding):
    try:
        assert decode(text.encode(encoding))[0] == text
    except UnreadableError as error:
        assert error.cause in {"encoding", "binary"}


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Les déchets ont été collectés à côté de l'hôtel.", "latin-1"),
        ("市内のごみを三トン収集し、公衆便所を新設しました。", "shift-jis"),
        ("市内のごみを三トン収集し、公衆便所を新設しました。", "euc-jp"),
        ("全市清運垃圾三噸，新建公廁二十五座。", "big5"),
        ("Город убрал три тонны мусора.", "cp1251"),
        ("Город убрал три тонны мусора.", "koi8-r"),
    ],
)
def test_text_in_another_encoding_is_refused(text, encoding):
    with pytest.raises(UnreadableError, match="save it again as UTF-8"):
        decode((text * 5).encode(encoding))


def test_latin_text_in_utf_8_is_not_taken_for_gb18030():
    assert decode("café à côté, naïve".encode())[1] == "utf-8"


def test_big5_is_read_where_the_page_declares_it():
    text = "全市清運垃圾三噸"
    assert decode(text.encode("big5"), declared="Big5") == (text, "big5hkscs")


def test_a_page_that_declares_gb2312_may_hold_any_character_of_gb18030():
    assert decode("鄢陵县㎡〇".encode("gb18030"), declared="gb2312") == ("鄢陵县㎡〇", "gb18030")


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_refused(content):
    try:
        text, encoding = decode(content)
    except UnreadableError:
        return
    assert text.encode(encoding) in {content, content[2:], content[3:], content[4:]}


def test_no_text_holds_the_characters_that_extraction_marks_places_with():
    content = "创建汇报\n清理垃圾3\ufdd400吨，新建\ufdd0公厕5座。\n".encode()
    text = read_bytes(content, "txt", Limits()).text
    assert text == "创建汇报\n清理垃圾3\ufffd00吨，新建\ufffd公厕5座。\n"
    assert "".join(cut(text)["source"]) == text
