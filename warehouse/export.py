"""The marts as files for other programs: Parquet, CSV for Excel, and an Excel workbook."""

import math
from pathlib import Path
from typing import Any

import polars as pl

from transforms.schema import Table
from warehouse.dictionary import datapackage
from warehouse.home import Home
from warehouse.query import connect
from warehouse.tables import is_view, warehouse_tables

# Rows of an Excel sheet, its header included.
SHEET_ROWS = 1_048_576
WIDTHS = {"evidence": 60, "other_evidence": 60, "why_not": 40, "title": 40, "families": 30}


def export(home: Home, directory: str | Path) -> list[Path]:
    """Write the marts of the published version to a directory and return the files written.

    A `.parquet` and a `.csv` a mart (with a byte-order mark, and an empty cell for a missing bound and
    for infinity), `campaign.xlsx` with a sheet a mart under Chinese headers and a data dictionary,
    and `datapackage.json`, which describes the Parquet files.
    """
    target = Path(directory)
    target.mkdir(parents=True, exist_ok=True)
    marts = [table for table in warehouse_tables() if is_view(table)]
    with connect(home.warehouse) as connection:
        frames = {
            table: table.conform(connection.execute(f"from {table.full_name}").pl()).sort(table.key) for table in marts
        }
    written = []
    for table, frame in frames.items():
        written += [target / f"{table.full_name}.parquet", target / f"{table.full_name}.csv"]
        frame.write_parquet(written[-2])
        _without_infinity(frame).write_csv(written[-1], include_bom=True)
    written.append(target / "campaign.xlsx")
    _workbook(written[-1], frames)
    written.append(target / "datapackage.json")
    written[-1].write_text(datapackage({table.full_name: f"{table.full_name}.parquet" for table in marts}), "utf-8")
    return written


def _without_infinity(frame: pl.DataFrame) -> pl.DataFrame:
    doubles = pl.col(pl.Float64)
    return frame.with_columns(pl.when(doubles.is_finite()).then(doubles))


def _workbook(path: Path, frames: dict[Table, pl.DataFrame]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}) as workbook:
        header = workbook.add_format({"bold": True, "bg_color": "#1F4E78", "font_color": "white", "text_wrap": True})
        year, whole, fraction = (workbook.add_format({"num_format": style}) for style in ("0", "#,##0", "#,##0.00"))
        for table, frame in frames.items():
            sheet = workbook.add_worksheet(table.zh)
            _header(sheet, [(column.zh, _width(column.name, column.type)) for column in table.columns], header)
            styles = [(year, year) if column.name.endswith("year") else (whole, fraction) for column in table.columns]
            sheet.autofilter(0, 0, min(len(frame), SHEET_ROWS - 1), len(table.columns) - 1)
            for number, row in enumerate(frame.head(SHEET_ROWS - 1).iter_rows(), 1):
                for position, (value, style) in enumerate(zip(row, styles, strict=True)):
                    _cell(sheet, number, position, value, *style)
        _dictionary_sheet(workbook, frames, header)


def _dictionary_sheet(workbook: Any, frames: dict[Table, pl.DataFrame], header: Any) -> None:
    sheet = workbook.add_worksheet("数据字典")
    _header(sheet, [("表", 18), ("列", 18), ("name", 24), ("type", 10), ("holds", 100)], header)
    number = 0
    for table, frame in frames.items():
        cut = len(frame) - (SHEET_ROWS - 1)
        note = f" (the last {cut} rows do not fit on the sheet; {table.full_name}.csv has them all)" if cut > 0 else ""
        lines = [("", table.full_name, "", table.grain + note)]
        lines += [(column.zh, column.name, column.type, column.en) for column in table.columns]
        for line in lines:
            number += 1
            for position, text in enumerate((table.zh, *line)):
                sheet.write_string(number, position, text)


def _header(sheet: Any, columns: list[tuple[str, int]], style: Any) -> None:
    sheet.freeze_panes(1, 0)
    for position, (title, width) in enumerate(columns):
        sheet.set_column(position, position, width)
        sheet.write_string(0, position, title, style)


def _width(name: str, kind: str) -> int:
    return WIDTHS.get(name, 14 if kind == "text" else 11)


def _cell(sheet: Any, number: int, position: int, value: Any, whole: Any, fraction: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_string(number, position, "是" if value else "否")
    elif isinstance(value, str):
        sheet.write_string(number, position, value)
    elif math.isinf(value):
        sheet.write_string(number, position, "∞")
    else:
        sheet.write_number(number, position, value, whole if value == round(value) else fraction)
