"""Every numeral of any text is found once, with a class and, where it counts, a value."""

import re
from itertools import pairwise

import polars as pl
import pytest
from grammar.numbers import chinese
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_quantities import cut

from transforms import numerals, units
from transforms.numerals import CLASSES, find_numerals
from transforms.quantities import read_quantities
from transforms.values import numbers, read_values
from transforms.vocabulary import VocabularyError

# Runs of one kind: Arabic digits, Chinese numerals, masks. An x inside a Latin word is no mask.
RUNS = re.compile(r"[0-9０-９]+|[零〇一二三四五六七八九十百千万亿两]+|(?<![A-Za-z])[xX×*＊]+(?![A-Za-z])")
PIECES = [
    "2015", "年", "３", "月", "x", "**", "×", "余", "多", "万", "亿", "千", "百", "十", "一", "二", "两", "三", "零", "点", "分之",
    "个", "名", "吨", "平方米", "%", "元", "人次", "小时", "至", "-", "—", "、", "，", "。", "\n", "\t", "（", "）", "“", "”", "《", "》",
    "第", "统", "进", "步", "约", "近", "每", "周", "次", "大", "号", "路", "新建公厕", "志愿者", "box", "xml", "PM", ".", ",", " ", "萬", "個",
    "千克", "千瓦", "百分", "几", "半", "岁", "12", "005", "9", "〇", "拾", "佰", "叁", "届", "级", "+", "/", ":", "_", "__", "N", "大会",
]  # fmt: skip
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.text(alphabet=st.sampled_from("".join(PIECES)), max_size=40),
    st.text(max_size=40),
)


# A frame costs the same with one text as with many: each is a document of its own.
MANY = st.lists(TEXTS, min_size=1, max_size=40)


def documents(texts: list[str]) -> pl.DataFrame:
    """The sentences of documents `0`, `1` …, each one report."""
    return pl.concat([cut(text).with_columns(document_id=pl.lit(str(number))) for number, text in enumerate(texts)])


def uncovered(text: str, spans: list[tuple[int, int]]) -> list[str]:
    """Runs of which a part is in no numeral."""
    covered = {place for span in spans for place in range(*span)}
    return [run.group() for run in RUNS.finditer(text) if not covered.issuperset(range(*run.span()))]


@settings(max_examples=40, deadline=None)
@given(MANY)
def test_every_character_of_every_numeral_is_in_exactly_one_row_with_a_class(texts):
    found = find_numerals(documents(texts))
    assert found["class"].is_in(CLASSES).all()
    for number, text in enumerate(texts):
        rows = found.filter(pl.col("document_id") == str(number))
        spans = rows.select("span_start", "span_end").rows()
        assert all(end <= start for (_, end), (start, _) in pairwise(sorted(spans)))
        assert uncovered(text, spans) == []
        assert [text[start:end] for start, end in spans] == rows["raw_text"].to_list()


@settings(max_examples=40, deadline=None)
@given(MANY)
@example(["整治3个-5个"])  # both ends of a range are of one quantity
def test_numerals_of_the_class_quantity_and_quantities_belong_together(texts):
    sentences = documents(texts)
    found, quantities = find_numerals(sentences), read_quantities(sentences)
    counted = found.filter(pl.col("class") == "quantity")
    assert counted["quantity_id"].is_not_null().all()
    assert counted["quantity_id"].unique().sort().equals(quantities["quantity_id"].sort())
    assert found.filter(pl.col("class") != "quantity")["quantity_id"].is_null().all()
    for row in quantities.iter_rows(named=True):
        assert texts[int(row["document_id"])][row["span_start"] : row["span_end"]] == row["raw_text"]
        assert row["redacted"] == (row["value"] is None)
        assert row["redacted"] or row["low"] <= row["value"] * row["factor"] <= row["high"]


def test_outside_of_reports_numerals_are_found_and_nothing_is_counted():
    sentences = cut("新建公厕12座，第3批共5人。", is_report=False)
    assert find_numerals(sentences)["raw_text"].to_list() == ["12", "3", "5"]
    assert find_numerals(sentences)["quantity_id"].is_null().all()
    assert read_quantities(sentences).is_empty()


def test_latin_words_with_an_x_are_no_masks():
    assert find_numerals(cut("把box里的xml和Excel发到max邮箱，型号4x4。"))["raw_text"].to_list() == ["4x4"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("146.1万", 1461000), ("443.52亿", 44352000000), ("3亿5000万", 350000000), ("1万2千", 12000), ("13万2", 132000),
        ("3万4000", 34000), ("一万五千亿", 1.5e12), ("十二点五万", 125000), ("九十五点五", 95.5), ("1,234.5", 1234.5),
        ("1,100万", 11000000), ("50多亿", 5000000000), ("600多万", 6000000), ("万", 10000), ("一九六四", 1964), ("一百零五", 105),
        ("三百五", 350), ("两千三", 2300), ("六万万", 600000000), ("1.6万亿", 1.6e12), ("三十四点六万", 346000), ("叁佰贰拾", 320),
        ("十几", 10), ("一万零五", 10005), ("廿六", 26), ("19·5", 19.5), ("4 9 2 5 0 万", 492500000), ("八百五十四万四千零八十二", 8544082),
        ("1个亿", 100000000), ("零", 0), ("0.5", 0.5),
    ],
)  # fmt: skip
def test_a_number_is_worth_exactly_what_is_written(written, value):
    assert numbers(pl.Series([written])).item() == value


@pytest.mark.parametrize("written", ["1.2.3", "十百", "百千", "", "三分之一"])
def test_what_is_no_number_has_no_value(written):
    assert numbers(pl.Series([written])).item() is None


@given(st.integers(min_value=1, max_value=10**12 - 1))
@settings(deadline=None)
def test_a_whole_number_spelt_out_is_read_back(number):
    assert numbers(pl.Series([chinese(number)])).item() == number


@given(st.decimals(min_value=0, max_value=99999, places=2), st.sampled_from([("", 0), ("千", 3), ("万", 4), ("亿", 8)]))
@settings(deadline=None)
def test_a_decimal_and_its_multiplier_are_one_exact_number(number, multiplier):
    name, exponent = multiplier
    assert numbers(pl.Series([f"{number}{name}"])).item() == float(f"{number}e{exponent}")


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("3至5", 3, 5), ("3-5万", 30000, 50000), ("两三", 2, 3), ("三五百", 300, 500), ("十七八", 17, 18), ("二十五六", 25, 26),
        ("三四十万", 300000, 400000), ("8000-1万", 8000, 10000), ("百分之四至百分之五", 4, 5), ("一两万", 10000, 20000), ("三八", 38, None),
        ("百分之六十一", 61, None), ("千分之五", 5, None), ("四分之一", 0.25, None), ("1/4", 0.25, None), ("5-3", 5, None),
    ],
)  # fmt: skip
def test_ranges_and_shares_have_two_ends_or_one(written, low, high):
    assert read_values(pl.Series([written])).row(0) == (written, low, high)


def test_a_line_of_a_million_characters_without_a_full_stop_is_read():
    text = "清理垃圾１２吨，" * 125_000
    found = read_quantities(cut(text))
    assert len(found) == 125_000
    assert found["raw_text"].unique().to_list() == ["１２吨"]


@pytest.mark.parametrize(
    ("file", "entry", "change"),
    [
        ("numerals.toml", "[words] 统一", {"words": {"set_phrase": "统一"}}),
        ("numerals.toml", "no_class", {"words": {"no_class": "一直"}}),
        ("numerals.toml", "both ordinal and set_phrase", {"words": {"ordinal": "一直", "set_phrase": "一直"}}),
        ("numerals.toml", "rule 1 (bad)", {"rules": [{"name": "bad", "class": "quantity", "before": "(["}]}),
        ("numerals.toml", "rule 1 (bad)", {"rules": [{"name": "bad", "class": "quantity", "nearby": "x"}]}),
        ("numerals.toml", "rule 1 (bad)", {"rules": [{"name": "bad", "class": "count", "before": "x"}]}),
        ("units.toml", "[area] 亩", {"area": {"canonical": "m2", "units": {"亩": "2000/0"}}}),
        (
            "units.toml",
            "[b] 个",
            {"a": {"canonical": "count", "classifiers": "个"}, "b": {"canonical": "b", "units": {"个": 1}}},
        ),
        ("units.toml", "[a]", {"a": {"units": {"个": 1}}}),
    ],
)
def test_a_bad_vocabulary_entry_is_named_with_its_file(monkeypatch, file, entry, change):
    declared = {"words": {}, "rules": [], "guards": {"words": ""}, "aliases": {}} if file == "numerals.toml" else {}
    module, read = (numerals, numerals.vocabulary) if file == "numerals.toml" else (units, units.units)
    monkeypatch.setattr(module, "load", lambda name: declared | change)
    with pytest.raises(VocabularyError) as error:
        read.__wrapped__()
    assert file in str(error.value) and entry in str(error.value)
