"""Every format that offices send is read to the same text."""

import codecs
import hashlib

import formats
import pytest
from formats import PARAGRAPHS, ROWS, TITLE, files

from transforms.documents import DOCUMENT, read
from transforms.extraction import extract
from transforms.places import locate
from transforms.reports import find_reports
from transforms.schema import table

FACTS = ["raw_text", "indicator_id", "value", "low", "high", "unit", "qualifier", "redacted", "status", "period_start"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The report in every format, by file name."""
    text = formats.as_text()
    word, workbook = formats.as_docx(), formats.as_xlsx()
    conversions = [
        ("word97.docx", word, "doc"),
        ("writer.docx", word, "pdf"),
        ("rich.docx", word, "rtf"),
        ("exported.docx", word, "html"),
        ("excel97.xlsx", workbook, "xls"),
    ]
    return {
        "utf-8.txt": text.encode(),
        "with-mark.txt": codecs.BOM_UTF8 + text.encode(),
        "gb18030.txt": text.encode("gb18030"),
        "utf-16.txt": codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
        "utf-16-be.txt": codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        "utf-16-without-mark.txt": text.encode("utf-16-le"),
        "page.html": formats.as_html(),
        "gbk.htm": formats.as_html("gb18030").replace(b'charset="gb18030"', b'charset="gb2312"'),
        "utf-16.html": formats.as_html("utf-16"),
        "page.mht": formats.as_mht(),
        "marks.md": formats.as_markdown(),
        "utf-8.csv": codecs.BOM_UTF8 + formats.as_csv("utf-8"),
        "gbk.csv": formats.as_csv("gb18030"),
        "word.docx": word,
        "excel.xlsx": workbook,
        "ruled.pdf": formats.as_pdf(),
        "unruled.pdf": formats.as_pdf(ruled=False),
        **formats.converted(tmp_path_factory.mktemp("office"), conversions),
    }


@pytest.fixture(scope="module")
def reading(written):
    return read(files(written))


@pytest.fixture(scope="module")
def texts(reading):
    return dict(reading.documents.select("file_name", "text").iter_rows())


def test_every_format_is_read(written, reading):
    assert reading.failures.is_empty()
    assert sorted(reading.documents["file_name"]) == sorted(written)


def test_every_format_holds_the_same_lines_in_the_same_order(texts):
    wanted = [*PARAGRAPHS[: len(formats.BEFORE) + 1], *ROWS, *formats.AFTER]
    found = {name: [line.strip("\u3000") for line in text.splitlines() if line] for name, text in texts.items()}
    assert found == dict.fromkeys(texts, wanted)


def test_every_format_yields_the_same_observations(reading):
    documents = reading.documents
    reports = locate(find_reports(documents), documents)
    observations = extract(documents, reports).observations.join(
        documents.select("document_id", "file_name"), on="document_id"
    )
    facts = {name: sorted(group.select(FACTS).rows(), key=str) for [name], group in observations.group_by("file_name")}
    assert len(facts["utf-8.txt"]) >= 8
    assert facts == dict.fromkeys(documents["file_name"], facts["utf-8.txt"])


def test_the_frame_has_the_columns_of_the_document_table_and_the_text(reading):
    assert reading.documents.schema == DOCUMENT
    assert set(DOCUMENT) == {*table("core.dim_document").column_names, "text"} - {"batch_id"}


def test_a_text_is_what_its_bytes_decode_to_with_nothing_stripped_or_translated():
    contents = {"dos.txt": "\r\n  全市清运垃圾3吨。\r\n\t\r\n".encode(), "mac.txt": "\ufeff一\r二 \n".encode()}
    read_back = dict(read(files(contents)).documents.select("file_name", "text").iter_rows())
    assert read_back == {"dos.txt": "\r\n  全市清运垃圾3吨。\r\n\t\r\n", "mac.txt": "一\r二 \n"}


def test_the_document_is_identified_by_its_bytes(written, reading):
    sizes = {hashlib.sha256(content).hexdigest(): len(content) for content in written.values()}
    assert dict(reading.documents.select("document_id", "byte_size").iter_rows()) == sizes
    assert (reading.documents["char_count"] == reading.documents["text"].str.len_chars()).all()


def test_the_same_bytes_under_two_names_are_one_document_with_the_name_that_came_first():
    content = "全市清运垃圾3吨。".encode()
    found = read(files({"先到.txt": content, "后到.txt": content}).reverse())
    assert found.documents["file_name"].to_list() == ["先到.txt"]


@pytest.mark.parametrize("name", ["word.docx", "word97.doc", "excel.xlsx", "excel97.xls", "ruled.pdf"])
def test_title_and_author_come_from_the_properties_of_the_file(reading, name):
    [row] = reading.documents.filter(file_name=name).select("title", "author").rows()
    assert row == (TITLE, "县整治办")


def test_the_author_of_an_rtf_file_is_read_through_its_escapes(reading):
    assert reading.documents.filter(file_name="rich.rtf")["author"].to_list() == ["县整治办"]


@pytest.mark.parametrize("name", ["word.docx", "word97.doc", "page.html", "page.mht", "exported.html"])
def test_the_date_comes_from_the_properties_of_the_file(reading, name):
    assert reading.documents.filter(file_name=name)["created_on"].to_list() == ["2021-12-31"]


def test_the_media_type_is_found_from_the_content_whatever_the_name(written):
    contents = {
        "报告.wps": written["word97.doc"],
        "报告.doc": written["word.docx"],
        "报告.pdf": written["rich.rtf"],
        "报告.xls": written["page.html"],
        "报告": written["ruled.pdf"],
        "报告.txt": written["excel97.xls"],
    }
    found = read(files(contents)).documents
    assert dict(found.select("file_name", "media_type").iter_rows()) == {
        "报告.wps": "application/msword",
        "报告.doc": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "报告.pdf": "application/rtf",
        "报告.xls": "text/html",
        "报告": "application/pdf",
        "报告.txt": "application/vnd.ms-excel",
    }
    assert found["text"].str.contains("清理垃圾3.2万吨", literal=True).all()


def test_files_that_programs_leave_behind_are_passed_over():
    noise = dict.fromkeys(
        ("~$报告.docx", ".DS_Store", "Thumbs.db", "__MACOSX/._报告.docx", "desktop.ini"), b"\x01" * 162
    )
    found = read(files({**noise, "报告.txt": "全市清运垃圾3吨。".encode()}))
    assert found.documents["file_name"].to_list() == ["报告.txt"]
    assert found.failures.is_empty()


def test_no_files_are_no_documents():
    found = read(table("stage.file").empty())
    assert found.documents.schema == DOCUMENT
    assert found.documents.is_empty() and found.failures.is_empty()
