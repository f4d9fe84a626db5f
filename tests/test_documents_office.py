"""Word documents and workbooks: merged cells, tracked changes, text boxes, fields, numbers as they are shown."""

import datetime as dt
import io
import zipfile

import docx
import formats
import hostile
import openpyxl
import pytest
from docx.oxml import parse_xml
from hypothesis import given
from hypothesis import strategies as st

from transforms.readers import Limits, UnreadableError
from transforms.readers.read import read_bytes
from transforms.readers.sheets import shown

NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"'
)
MERGED = [
    ["区县", "清理垃圾（吨）", "", "停车位（个）"],
    ["", "上半年", "下半年", "全年"],
    ["东区", "1200", "1350.5", "300"],
    ["", "980", "xx", "210"],
    ["合计", "", "", "510"],
]
READ = [
    "区县\t清理垃圾（吨） 上半年\t清理垃圾（吨） 下半年\t停车位（个） 全年",
    "东区\t1200\t1350.5\t300",
    "东区\t980\txx\t210",
    "合计\t合计\t合计\t510",
]


def text_of(content, ending="docx"):
    return read_bytes(content, ending, Limits()).text


def lines_of(content, ending="docx"):
    return [line for line in text_of(content, ending).splitlines() if line]


def word(*paragraphs):
    """A document whose body is this markup."""
    document = docx.Document()
    for paragraph in paragraphs:
        markup = paragraph if paragraph.startswith("<") else f"<w:p><w:r><w:t>{paragraph}</w:t></w:r></w:p>"
        head, tail = markup.split(">", 1) if not markup.split(">", 1)[0].endswith("/") else (markup[:-2], "/>")
        document.element.body.insert(len(document.element.body) - 1, parse_xml(f"{head} {NAMES}>{tail}"))
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def with_merged_table():
    document = docx.Document()
    document.add_paragraph("情况如下：")
    grid = document.add_table(len(MERGED), 4, style="Table Grid")
    for number, row in enumerate(MERGED):
        for place, cell in enumerate(row):
            grid.cell(number, place).text = cell
    for one, other in (((0, 0), (1, 0)), ((0, 1), (0, 2)), ((2, 0), (3, 0)), ((4, 0), (4, 2))):
        grid.cell(*one).merge(grid.cell(*other))
    document.add_paragraph("以上。")
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def test_merged_cells_are_repeated_and_header_rows_joined():
    assert lines_of(with_merged_table()) == ["情况如下：", *READ, "以上。"]


@pytest.mark.parametrize("ending", ["doc", "pdf", "html"])
def test_merged_cells_are_repeated_in_the_other_formats_of_word(tmp_path, ending):
    [content] = formats.converted(tmp_path, [("merged.docx", with_merged_table(), ending)]).values()
    assert lines_of(content, ending) == ["情况如下：", *READ, "以上。"]


def test_inserted_text_is_read_and_deleted_text_is_not(tmp_path):
    content = word(
        '<w:p><w:r><w:t>共清理</w:t></w:r><w:del w:id="1" w:author="a"><w:r><w:delText>99</w:delText></w:r></w:del>'
        '<w:ins w:id="2" w:author="a"><w:r><w:t>120</w:t></w:r></w:ins><w:r><w:t>吨。</w:t></w:r></w:p>'
    )
    assert text_of(content) == "共清理120吨。"
    [old] = formats.converted(tmp_path, [("changes.docx", content, "doc")]).values()
    assert text_of(old, "doc") == "共清理120吨。"


def test_the_result_of_a_field_is_read_and_its_instruction_is_not(tmp_path):
    content = word(
        '<w:p><w:r><w:t>共</w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        '<w:r><w:instrText>HYPERLINK "http://a.cn/77"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        '<w:r><w:t>25</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t>座。</w:t></w:r></w:p>'
    )
    assert text_of(content) == "共25座。"
    [old] = formats.converted(tmp_path, [("field.docx", content, "doc")]).values()
    assert text_of(old, "doc") == "共25座。"


NOTED = """<?xml version="1.0" encoding="UTF-8"?><office:document office:version="1.2"
office:mimetype="application/vnd.oasis.opendocument.text" xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><text:p>清运3吨<text:note
text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>含渣土1200吨。</text:p>
</text:note-body></text:note>，公厕25座<text:note text:note-class="endnote"><text:note-citation>i</text:note-citation>
<text:note-body><text:p>不含移动公厕7座。</text:p></text:note-body></text:note>。<office:annotation><text:p>批注99</text:p>
</office:annotation></text:p><text:p>完。</text:p></office:text></office:body></office:document>"""


@pytest.mark.parametrize("ending", ["docx", "doc"])
def test_notes_stand_at_the_end_without_their_marks_and_comments_are_left_out(tmp_path, ending):
    [content] = formats.converted(tmp_path, [("noted.fodt", NOTED.encode(), ending)]).values()
    assert lines_of(content, ending) == ["清运3吨，公厕25座。", "完。", "含渣土1200吨。", "不含移动公厕7座。"]


def test_a_rich_text_whose_notes_would_be_lost_is_refused(tmp_path):
    [content] = formats.converted(tmp_path, [("noted.fodt", NOTED.encode(), "rtf")]).values()
    with pytest.raises(UnreadableError, match="footnotes"):
        text_of(content, "rtf")


def test_a_rich_text_whose_merged_cells_would_be_lost_is_refused(tmp_path):
    [content] = formats.converted(tmp_path, [("merged.docx", with_merged_table(), "rtf")]).values()
    with pytest.raises(UnreadableError, match="merged cells"):
        text_of(content, "rtf")


def test_a_document_whose_main_part_has_another_name_is_read():
    content = word("共清运3吨。")
    for part in ("_rels/.rels", "[Content_Types].xml"):
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            markup = package.read(part).replace(b"word/document.xml", b"word/document2.xml")
        content = hostile.repacked(content, {part: markup})
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        body = package.read("word/document.xml")
    assert text_of(hostile.repacked(content, {"word/document.xml": None, "word/document2.xml": body})) == "共清运3吨。"


def test_the_date_of_a_template_is_no_date_of_the_file():
    assert read_bytes(word("共清运3吨。"), "docx", Limits()).created_on is None


def test_a_text_box_is_read_once():
    box = "<w:txbxContent><w:p><w:r><w:t>清运3吨</w:t></w:r></w:p></w:txbxContent>"
    content = word(
        f'<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:inline><a:graphic><a:graphicData uri="x">'
        f"<wps:wsp><wps:txbx>{box}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>",
        "框外。",
    )
    assert lines_of(content) == ["清运3吨", "框外。"]


def test_a_number_split_over_runs_is_one_number():
    assert (
        text_of(
            word(
                "<w:p><w:r><w:t>共1</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>2</w:t></w:r><w:r><w:t>00吨。</w:t></w:r></w:p>"
            )
        )
        == "共1200吨。"
    )


def test_a_tab_in_a_paragraph_makes_no_table():
    assert (
        text_of(word("<w:p><w:r><w:t>联系人</w:t><w:tab/><w:t>张某</w:t></w:r></w:p>", "完。")) == "联系人 张某\n完。"
    )


def test_headers_and_footers_are_not_of_the_report():
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "内部资料第99期"
    document.sections[0].footer.paragraphs[0].text = "第1页"
    document.add_paragraph("共清运3吨。")
    target = io.BytesIO()
    document.save(target)
    assert text_of(target.getvalue()) == "共清运3吨。"


def test_a_frame_around_paragraphs_and_a_table_is_no_table_itself():
    document = docx.Document()
    frame = document.add_table(1, 1).cell(0, 0)
    frame.text = "第一段3吨。"
    inner = frame.add_table(2, 2)
    for number, cell in enumerate(("项目", "数量", "公厕", "25")):
        inner.cell(number // 2, number % 2).text = cell
    target = io.BytesIO()
    document.save(target)
    assert lines_of(target.getvalue()) == ["第一段3吨。", "项目\t数量", "公厕\t25"]


def test_two_tables_that_follow_each_other_stay_apart():
    document = docx.Document()
    for rows in ([["项目", "数量"], ["公厕", "25"]], [["街道", "户数"], ["东街", "300"]]):
        grid = document.add_table(2, 2)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                grid.cell(number, place).text = cell
        document.add_paragraph("")
    target = io.BytesIO()
    document.save(target)
    assert text_of(target.getvalue()) == "项目\t数量\n公厕\t25\n\n\n街道\t户数\n东街\t300"


def workbook(rows, merges=(), number_formats=()):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for merge in merges:
        sheet.merge_cells(merge)
    for cell, code in number_formats:
        sheet[cell].number_format = code
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


SHEET = [
    ["2020年垃圾清运情况表", None, None, None],
    ["填报单位：某市城管局", None, None, "单位：吨"],
    ["区县", "数量", None, "占比"],
    [None, "上半年", "下半年", None],
    ["东区", 1200, 1350.5, 0.4296],
    ["西区", 12345678, 0.1 + 0.2, 1],
]
MERGES = ["A1:D1", "A3:A4", "B3:C3", "D3:D4"]
FORMATS = [("D5", "0.00%"), ("D6", "0%"), ("B6", "#,##0"), ("C6", "0.0")]
SHOWN = [
    "2020年垃圾清运情况表",
    "填报单位：某市城管局 单位：吨",
    "区县\t数量 上半年\t数量 下半年\t占比",
    "东区\t1200\t1350.5\t42.96%",
    "西区\t12,345,678\t0.3\t100%",
]


def test_captions_stand_above_the_header_and_numbers_are_as_shown():
    assert lines_of(workbook(SHEET, MERGES, FORMATS), "xlsx") == SHOWN


def test_the_binary_workbook_reads_the_same(tmp_path):
    [old] = formats.converted(tmp_path, [("sheet.xlsx", workbook(SHEET, MERGES, FORMATS), "xls")]).values()
    assert lines_of(old, "xls") == SHOWN


def test_dates_are_dates_and_truths_are_truths():
    rows = [["日期", "时间", "办结"], [dt.date(2019, 3, 5), dt.datetime(2019, 3, 5, 10, 30), True]]
    assert lines_of(workbook(rows), "xlsx")[1] == "2019-03-05\t2019-03-05 10:30\tTRUE"


def test_sheets_that_a_person_named_keep_their_names_and_hidden_sheets_are_left_out():
    book = openpyxl.Workbook()
    book.active.append(["清运3吨。"])
    for name in ("汇总", "底稿"):
        book.create_sheet(name).append([f"{name}4吨。"])
    book["底稿"].sheet_state = "hidden"
    target = io.BytesIO()
    book.save(target)
    assert lines_of(target.getvalue(), "xlsx") == ["清运3吨。", "汇总", "汇总4吨。"]


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (1200.0, "General", "1200"),
        (0.1 + 0.2, "General", "0.3"),
        (1.5e-7, "General", "0.00000015"),
        (1e15, "General", "1000000000000000"),
        (5.0, "G/通用格式", "5"),
        (1350.5, "0", "1351"),
        (2.5, "0", "3"),
        (12345678.0, "#,##0", "12,345,678"),
        (1350.5, "#,##0.00_ ", "1,350.50"),
        (-1234.5, "#,##0.0_);(#,##0.0)", "-1,234.5"),
        (12.5, "0.0#", "12.5"),
        (12.0, "0.0#", "12.0"),
        (0.4296, "0.00%", "42.96%"),
        (1.0, "0%", "100%"),
        (3.0, '0"个"', "3个"),
        (12.0, "0.0万元", "12.0万元"),
        (1234.5, "[$¥-804]#,##0.00", "¥1,234.50"),
        (12345678.0, '0!.0,"万"', "12345678"),
        (1234567.0, "0.00E+00", "1234567"),
        (0.5, "# ?/?", "0.5"),
        (3.0, "@", "3"),
        (43529.0, "yyyy/m/d", "2019-03-05"),
        (43529.0, "m/d/yy", "2019-03-05"),
        (43529.0, "mmm-yy", "2019-03"),
        (43529.0, 'yyyy"年"m"月"d"日"', "2019年3月5日"),
        (43529.0, "[DBNum1]yyyy年m月", "2019年3月"),
        (43529.4375, "yyyy-mm-dd hh:mm", "2019-03-05 10:30"),
        (0.4375, "h:mm", "10:30"),
        (-5.0, "yyyy-mm-dd", "-5"),
    ],
)
def test_a_number_is_shown_as_its_format_says(value, code, text):
    assert shown(value, code) == text


@given(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12), st.integers(0, 6), st.booleans()
)
def test_a_number_shown_with_decimals_is_the_number_rounded(value, decimals, grouped):
    code = ("#,##0" if grouped else "0") + ("." + "0" * decimals if decimals else "")
    assert float(shown(value, code).replace(",", "")) == pytest.approx(value, abs=0.5 * 10**-decimals + 1e-4)


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=12))
def test_any_number_under_any_format_is_shown(value, code):
    assert isinstance(shown(value, code), str)
