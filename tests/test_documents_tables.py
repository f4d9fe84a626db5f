"""Tables as lines of cells, Markdown without its marks, the lines of a page as paragraphs."""

import io

import formats
import pytest
from hostile import pdf_of
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from transforms.readers import Limits, UnreadableError
from transforms.readers.layout import Line, Page, Part, paragraphs, without_furniture
from transforms.readers.pdf import read_pdf
from transforms.readers.plain import read_csv, read_markdown
from transforms.readers.tables import MAX_CELLS, Cell, render


def grid(*rows):
    return [Cell(row, column, text) for row, cells in enumerate(rows) for column, text in enumerate(cells)]


WORDS = st.text("甲乙丙12", min_size=1, max_size=4)


@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(st.lists(WORDS, min_size=width, max_size=width), min_size=2, max_size=6)
    )
)
def test_a_table_without_merged_cells_is_its_cells(rows):
    assert render(grid(*rows)) == "\n".join("\t".join(row) for row in rows)


@given(st.lists(st.lists(st.one_of(st.just(""), WORDS), min_size=1, max_size=5), max_size=8))
def test_no_cell_is_lost(rows):
    text = render(grid(*rows))
    assert all(cell in text for row in rows for cell in row)


def test_a_line_break_or_tab_in_a_cell_does_not_break_its_row():
    assert render(grid(["项目", "数量"], ["公\n厕", "2\t5"])) == "项目\t数量\n公 厕\t2 5"


def test_a_header_of_two_rows_is_one_line():
    cells = [
        Cell(0, 0, "区县", 2),
        Cell(0, 1, "垃圾", 1, 2),
        Cell(1, 1, "上半年"),
        Cell(1, 2, "下半年"),
        *grid([], [], ["东", "1", "2"]),
    ]
    assert render(cells) == "区县\t垃圾 上半年\t垃圾 下半年\n东\t1\t2"


def test_a_caption_over_the_whole_width_stands_above_the_table():
    cells = [Cell(0, 0, "汇总表", 1, 2), Cell(1, 1, "单位：吨"), *grid([], [], ["区县", "数量"], ["东", "1"])]
    assert render(cells) == "汇总表\n单位：吨\n区县\t数量\n东\t1"


def test_a_row_over_the_whole_width_inside_the_table_keeps_it_together():
    cells = [*grid(["区县", "数量"]), Cell(1, 0, "一、市区", 1, 2), *grid([], [], ["东", "1"])]
    assert render(cells) == "区县\t数量\n一、市区\t一、市区\n东\t1"


def test_empty_columns_are_left_out_and_an_empty_row_parts_two_tables():
    assert render(grid(["a", "", "b"], ["1", "", "2"], ["", "", ""], ["c", "", "d"])) == "a\tb\n1\t2\n\nc\td"


def test_a_table_of_one_column_is_text():
    assert render(grid(["第一段。\n第二段。"], ["第三段。"])) == "第一段。\n第二段。\n第三段。"


def test_a_cell_that_covers_too_many_places_is_refused():
    with pytest.raises(UnreadableError, match="split it"):
        render([Cell(0, 0, "x", MAX_CELLS, 2)])


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_separated_values_are_a_table_whatever_parts_them(delimiter):
    text = "\r\n".join(delimiter.join(row) for row in (["项目", "数量"], ["公厕", '"1,200"']))
    assert read_csv(text) == "项目\t数量\n公厕\t1,200"


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("## 一、工作情况 ##", "一、工作情况"),
        ("- 新建公厕25座\n* 清运3吨", "新建公厕25座\n清运3吨"),
        ("1. 新建公厕25座", "1. 新建公厕25座"),
        ("> 引文3条", "引文3条"),
        ("共**25**座，*3*处", "共25座，3处"),
        ("**加强领导**。抓落实", "加强领导。抓落实"),
        ("招募**名志愿者，清理**吨", "招募**名志愿者，清理**吨"),
        ("**县成立领导小组，**市投入**万元", "**县成立领导小组，**市投入**万元"),
        ("出动*人次，*车次", "出动*人次，*车次"),
        ("见[附件2](http://a.cn/3)和![图4](5.png)。", "见附件2和。"),
        (r"共5\*3米，\#号", "共5*3米，#号"),
        ("前\n\n---\n\n后", "前\n\n\n\n后"),
        ("| 项目 | 数量 |\n|:--|--:|\n| 公厕 | 25 |", "项目\t数量\n公厕\t25"),
    ],
)
def test_markdown_loses_its_marks_and_keeps_masks(marked, text):
    assert read_markdown(marked) == text


def line(text, left=90.0, right=None, size=12.0):
    return Line((Part(text, left, right if right is not None else left + size * len(text)),), size)


def joined(*lines, width=595.0):
    return list(paragraphs([Page(list(lines), width)]))


FULL = 505.0


def test_a_line_that_reaches_the_edge_goes_on_in_the_next():
    assert joined(line("全市共清理垃圾1200", 114, FULL), line("吨。"), line("其他。", 114)) == [
        "全市共清理垃圾1200吨。",
        "其他。",
    ]


def test_a_number_or_word_that_did_not_fit_leaves_the_line_before_short():
    assert joined(line("全市共清理垃圾", 114, FULL - 50), line("12,345,678吨。")) == ["全市共清理垃圾12,345,678吨。"]


def test_a_full_last_line_of_a_paragraph_is_not_joined_with_the_indented_next_one():
    assert joined(line("全市共清理垃圾3吨。", 90, FULL), line("二、新建公厕。", 114)) == [
        "全市共清理垃圾3吨。",
        "二、新建公厕。",
    ]


def test_short_lines_stay_lines():
    lines = ["某某市人民政府", "2020年12月30日", "主送：各县区"]
    assert joined(*map(line, lines)) == lines


def test_english_words_are_joined_with_a_space():
    assert joined(line("the city cleared", 90, FULL), line("waste")) == ["the city cleared waste"]


def test_a_paragraph_goes_on_over_the_end_of_a_page():
    pages = [Page([line("全市共清理垃圾1200", 90, FULL)], 595), Page([line("吨。"), line("完", 90, FULL)], 595)]
    assert list(paragraphs(pages)) == ["全市共清理垃圾1200吨。", "完"]


def test_page_numbers_and_lines_that_repeat_on_every_page_are_left_out():
    pages = [
        Page([line("内部资料 第3期"), line(f"第{number}段的文字。"), line(f"— {number} —")], 595)
        for number in range(1, 6)
    ]
    assert list(paragraphs(without_furniture(pages))) == [f"第{number}段的文字。" for number in range(1, 6)]


def test_a_number_that_is_a_line_of_its_own_inside_a_page_is_kept():
    pages = [Page([line("共清运"), line("1200"), line("吨")], 595)]
    assert list(paragraphs(without_furniture(pages))) == ["共清运", "1200", "吨"]


def test_a_pdf_of_many_pages_reads_like_the_text_that_it_was_made_from():
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4)
    sentences = [f"第{number}项工作共清理垃圾{number * 37}吨、新建公厕{number}座，" for number in range(1, 120)]
    rest = "　　" + "".join(sentences)
    page = 0
    while rest:
        page += 1
        canvas.setFont("STSong-Light", 16)
        for number in range(25):
            text = canvas.beginText(80, 760 - 28 * number)
            stretch = rest[:60]
            while pdfmetrics.stringWidth(stretch, "STSong-Light", 16) > 435:
                stretch = stretch[:-1]
            text.textOut(stretch)
            canvas.drawText(text)
            rest = rest[len(stretch) :]
        canvas.drawCentredString(297, 40, f"- {page} -")
        canvas.showPage()
    canvas.save()
    assert page > 2
    assert read_pdf(target.getvalue(), Limits()).text == "".join(sentences)


def test_a_table_over_two_pages_loses_no_row():
    rows = [["街道", "清理垃圾（吨）"], *([f"街道{number}", str(number)] for number in range(1, 90))]
    text = read_pdf(formats.as_pdf(table=rows), Limits()).text
    assert [line.split("\t") for line in text.splitlines() if "\t" in line] == rows


def test_a_pdf_whose_fonts_do_not_say_their_characters_is_refused():
    font = (
        "<</Type/Font /Subtype/Type3 /FontBBox[0 0 9 9] /FontMatrix[1 0 0 1 0 0] /CharProcs<<>> "
        "/Encoding<</Differences[0]>> /FirstChar 0 /LastChar 9 /Widths[1 1 1 1 1 1 1 1 1 1]>>"
    )
    stream = "<</Length 60>>stream\nBT /F 12 Tf 50 50 Td <010203040506070801020304> Tj ET\nendstream"
    page = "<</Type/Page /Parent 2 0 R /MediaBox[0 0 99 99] /Contents 4 0 R /Resources<</Font<</F 5 0 R>>>>>>"
    content = pdf_of("<</Type/Catalog /Pages 2 0 R>>", "<</Type/Pages /Kids[3 0 R] /Count 1>>", page, stream, font)
    with pytest.raises(UnreadableError, match="fonts"):
        read_pdf(content, Limits())
