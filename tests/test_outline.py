import polars as pl
import pytest
from marked import marked

from transforms.outline import ITEM, PLAIN, SECTION, TITLE, any_of, check_words, lines, occurrences, scoped
from transforms.vocabulary import VocabularyError


def headings(text):
    _, sentences, _ = marked(text)
    return lines(sentences).select("heading", "mark").rows()


def test_headings_have_the_rank_of_their_mark():
    text = (
        "创建工作总结\n一、主要做法\n（一）强化领导\n1.成立专班。\n（1）抽调干部\n①落实责任\n一是定期调度。\n环境整治\n"
    )
    assert headings(text) == [
        (TITLE, None), (SECTION, SECTION), (3, 3), (4, 4), (5, 5), (6, 6), (None, ITEM), (PLAIN, None),
    ]  # fmt: skip


def test_a_paragraph_of_prose_is_no_heading():
    prose = "一、2018年以来，全区上下齐心协力、攻坚克难，持续加大资金投入力度，不断完善城市基础设施，着力提升城市管理水平和市民文明素质。\n"
    assert headings(prose) == [(None, SECTION)]
    assert headings("城市环境明显改善。\n建成公园，市民满意。\n") == [(None, None)] * 2


def test_what_a_heading_says_ends_at_the_next_of_its_rank():
    _, sentences, _ = marked("一、甲\n（一）乙\n丙。\n（二）丁\n戊。\n二、己\n庚。\n")
    outline = lines(sentences).with_columns(said=pl.Series([7, None, None, 8, None, None, None]))
    assert scoped(outline, pl.col("mark"), pl.col("said")).to_list() == [7, 7, 7, 8, 8, 0, 0]


def test_the_first_mark_of_a_list_ends_nothing_of_its_own_rank():
    _, sentences, _ = marked("1.甲\n2.乙\n1.丙\n2.丁\n")
    outline = lines(sentences).with_columns(said=pl.Series([None, 9, None, None]))
    assert scoped(outline, pl.col("mark"), pl.col("said")).to_list() == [0, 9, 9, 0]


def test_words_are_found_where_they_stand():
    _, sentences, _ = marked("甲乙丙乙。\n乙\n")
    found = occurrences(lines(sentences), {"two": "乙丙", "one": "乙"})
    assert found.select("line", "offset", "word", "kind").rows() == [
        (1, 1, "乙丙", "two"),
        (1, 3, "乙", "one"),
        (2, 0, "乙", "one"),
    ]


def test_the_longest_word_is_tried_first():
    assert any_of(["今年", "今年以来"]) == "(?:今年以来|今年)"


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"cues": {"target": ["计划", "计划"]}}, "cues: target: listed twice: 计划"),
        ({"target": ["计划("]}, "target: '计划('"),
        ({"target": ["(?:计划)?"]}, "matches nothing at all"),
        ({"parts": {"上半年(": [1, 6]}}, "parts: 上半年("),
    ],
)
def test_a_word_that_cannot_be_looked_for_is_refused_by_file_and_entry(declared, told):
    with pytest.raises(VocabularyError) as error:
        check_words("words.toml", declared)
    assert str(error.value).startswith("words.toml: ")
    assert told in str(error.value)
