"""What leaves the warehouse for other programs, and the dictionary that goes with it."""

import csv
import json
import math
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from told import Figure, Report, load, new_home, year

from warehouse.dictionary import generated, main
from warehouse.export import export
from warehouse.home import Home
from warehouse.query import query

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = new_home(tmp_path_factory.mktemp("home"))
    over = {"high": math.inf, "qualifier": "at_least", "high_open": True}
    load(
        home,
        Report(
            "苏州市",
            [Figure("garbage_cleared", 900, **year("2018")), Figure("parking_spaces", 50, start="2015", **over)],
        ),
        Report("无锡市", [Figure("garbage_cleared", None, **year("2018"))], organisation="=危险()"),
    )
    files = export(home, home.root / "out")
    assert all(file.exists() for file in files)
    return home.root


def test_the_parquet_files_hold_the_marts(exported: Path) -> None:
    stored = pl.read_parquet(exported / "out" / "mart.city_comparison.parquet")
    published = query(Home(exported), "from mart.city_comparison")
    assert stored.sort("observation_id").equals(published.sort("observation_id"))


def test_excel_reads_the_csv_as_chinese_and_open_intervals_have_no_number(exported: Path) -> None:
    path = exported / "out" / "mart.city_comparison.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {(row["place_name"], row["indicator_id"]): row for row in csv.DictReader(file)}
    assert rows["苏州市", "garbage_cleared"]["high"] == "900.0"
    assert rows["苏州市", "parking_spaces"]["low"] == "50.0"
    assert rows["苏州市", "parking_spaces"]["high"] == ""
    assert rows["苏州市", "parking_spaces"]["high_open"] == "true"
    assert rows["无锡市", "garbage_cleared"]["value"] == ""


def test_the_workbook_has_a_sheet_a_mart_under_chinese_headers_and_a_dictionary(exported: Path) -> None:
    book = openpyxl.load_workbook(exported / "out" / "campaign.xlsx")
    assert book.sheetnames == ["城市比较", "报告核对", "矛盾", "指标覆盖", "计划与实际", "报告概览", "数据字典"]
    sheet = book["城市比较"]
    assert sheet.freeze_panes == "A2"
    header = [cell.value for cell in sheet[1]]
    assert header[:2] == ["地区编号", "地区"]
    rows = [dict(zip(header, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=2)]
    found = {(row["地区"], row["指标编号"]): row for row in rows}
    assert found["苏州市", "garbage_cleared"]["数值"] == 900
    assert found["苏州市", "parking_spaces"]["上限"] == "∞"
    assert found["无锡市", "garbage_cleared"]["已遮盖"] == "是"
    assert found["无锡市", "garbage_cleared"]["数值"] is None
    (cells,) = (row for row in sheet.iter_rows(min_row=2) if row[header.index("数值")].value == 900)
    formats = {name: cell.number_format for name, cell in zip(header, cells, strict=True)}
    assert [formats[name] for name in ("年", "人口年份", "人口", "下限", "每万人")] == [
        "0",
        "0",
        "#,##0",
        "#,##0",
        "#,##0.00",
    ]
    # Text of a report never becomes a formula.
    organisations = [cell for row in book["报告概览"].iter_rows(min_row=2) for cell in row if cell.value == "=危险()"]
    assert [cell.data_type for cell in organisations] == ["s"]


def test_the_descriptor_names_every_file_and_its_columns(exported: Path) -> None:
    package = json.loads((exported / "out" / "datapackage.json").read_text("utf-8"))
    for resource in package["resources"]:
        stored = pl.read_parquet(exported / "out" / resource["path"])
        assert [field["name"] for field in resource["schema"]["fields"]] == stored.columns


def test_the_dictionary_in_the_docs_is_up_to_date() -> None:
    assert [path.name for path, text in generated(DOCS).items() if path.read_text("utf-8") != text] == []


def test_checking_the_dictionary_names_what_is_out_of_date(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["--check"], tmp_path) == 1
    assert "data-dictionary.md is out of date" in capsys.readouterr().err
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
