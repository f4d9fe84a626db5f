"""Workbooks: every visible sheet as a table, with numbers as the sheet shows them.

`.xls` is read by xlrd. `.xlsx` is read from its own markup, because the libraries at hand either
lose the number format, which tells 0.43 from 43%, or refuse files that WPS Office wrote.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any
from xml.etree import ElementTree

import xlrd
from xlrd.formatting import std_format_code_types, std_format_strings
from xlrd.xldate import XLDateError, xldate_as_datetime

from transforms.readers import Text, UnreadableError
from transforms.readers.archives import main_part, package_properties, read_part
from transforms.readers.media import XLS, XLSX
from transforms.readers.ole import Ole, ole_properties
from transforms.readers.tables import Cell, render

GENERAL = "General"
FORMATS = {
    **{number: "yyyy-mm-dd" for number, kind in std_format_code_types.items() if kind == xlrd.biffh.FDT},
    **std_format_strings,
}

_UNNAMED = re.compile(r"(?:Sheet|工作表|表)\s*[0-9]*", re.I)
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[[^\]]*\]|_.|\*.'
    r"|(?P<digits>[0#?,.]*[0#?][0#?,.]*)|(?P<date>[ymdhsYMDHS]+|AM/PM|上午/下午)|(?P<plain>.)",
    re.S,
)
_REFERENCE = re.compile(r"([A-Z]+)([0-9]+)")


def read_xlsx(content: bytes) -> Text:
    """The text of a workbook: its visible sheets, each under its name where a person named it."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        try:
            sheets = [
                (name, render(_xlsx_cells(package, path, styles))) for name, path, styles in _xlsx_sheets(package)
            ]
            about = package_properties(package)
        except (KeyError, IndexError, ElementTree.ParseError) as error:
            raise UnreadableError(
                "damaged", f"is a workbook with broken markup ({error}); open it in Excel or WPS and save it again"
            ) from error
    return Text(_joined(sheets), XLSX, **about)


def read_xls(content: bytes) -> Text:
    """The text of a workbook in the binary format."""
    try:
        # What is really cut short was refused before; the rest is how some exporters write.
        book = xlrd.open_workbook(
            file_contents=content, formatting_info=True, logfile=io.StringIO(), ignore_workbook_corruption=True
        )
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            raise UnreadableError(
                "encrypted", "is protected by a password; remove the password and deliver it again"
            ) from error
        raise
    sheets = [(sheet.name, render(_xls_cells(book, sheet))) for sheet in book.sheets() if not sheet.visibility]
    with Ole(io.BytesIO(content)) as ole:
        return Text(_joined(sheets), XLS, **ole_properties(ole))


def _joined(sheets: list[tuple[str, str]]) -> str:
    return "\n\n".join(
        text if len(sheets) == 1 or _UNNAMED.fullmatch(name) else f"{name}\n\n{text}" for name, text in sheets if text
    )


def _xls_cells(book: xlrd.Book, sheet: xlrd.sheet.Sheet) -> Iterator[Cell]:
    spans = {(top, left): (bottom - top, right - left) for top, bottom, left, right in sheet.merged_cells}
    for row in range(sheet.nrows):
        for column, cell in enumerate(sheet.row(row)):
            match cell.ctype:
                case xlrd.XL_CELL_TEXT:
                    text = cell.value
                case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
                    code = book.format_map[book.xf_list[cell.xf_index].format_key].format_str
                    text = shown(cell.value, code, book.datemode)
                case xlrd.XL_CELL_BOOLEAN:
                    text = "TRUE" if cell.value else "FALSE"
                case _:
                    continue
            yield Cell(row, column, text, *spans.get((row, column), (1, 1)))


def _xlsx_sheets(package: zipfile.ZipFile) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name, path and what the cells refer to, for every visible sheet."""
    folder, _, name = main_part(package).rpartition("/")
    workbook = ElementTree.fromstring(read_part(package, f"{folder}/{name}"))
    targets = {
        relation.get("Id"): posixpath.normpath(posixpath.join(f"/{folder}", relation.get("Target", ""))).lstrip("/")
        for relation in ElementTree.fromstring(read_part(package, f"{folder}/_rels/{name}.rels"))
    }
    names = set(package.namelist())
    options = workbook.find("{*}workbookPr")
    refers = {
        "strings": _shared_strings(package) if "xl/sharedStrings.xml" in names else [],
        "formats": _formats(package) if "xl/styles.xml" in names else [],
        "date_mode": int(options is not None and options.get("date1904") in {"1", "true"}),
    }
    for sheet in workbook.iterfind("{*}sheets/{*}sheet"):
        path = targets[next(value for key, value in sheet.items() if key.endswith("}id"))]
        if sheet.get("state", "visible") == "visible" and "/chartsheets/" not in path:
            yield sheet.get("name", ""), path, refers


def _shared_strings(package: zipfile.ZipFile) -> list[str]:
    strings = ElementTree.fromstring(read_part(package, "xl/sharedStrings.xml"))
    return [_rich_text(element) for element in strings.iterfind("{*}si")]


def _rich_text(element: ElementTree.Element) -> str:
    """The text of a string, without the pronunciation that East Asian strings may carry."""
    return "".join(part.text or "" for part in [*element.iterfind("{*}t"), *element.iterfind("{*}r/{*}t")])


def _formats(package: zipfile.ZipFile) -> list[str]:
    """The number format of every style that a cell may have."""
    styles = ElementTree.fromstring(read_part(package, "xl/styles.xml"))
    own = {int(item.get("numFmtId", 0)): item.get("formatCode", "") for item in styles.iterfind("{*}numFmts/{*}numFmt")}
    numbers = [int(item.get("numFmtId", 0)) for item in styles.iterfind("{*}cellXfs/{*}xf")]
    return [own.get(number, FORMATS.get(number, GENERAL)) for number in numbers]


def _xlsx_cells(package: zipfile.ZipFile, path: str, refers: dict[str, Any]) -> Iterator[Cell]:
    cells: dict[tuple[int, int], str] = {}
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    row = column = -1
    part = io.BytesIO(read_part(package, path))
    for event, element in ElementTree.iterparse(part, events=("start", "end")):
        match event, element.tag.rpartition("}")[2]:
            case "start", "row":
                row, column = int(element.get("r", row + 2)) - 1, -1
            case "end", "row":
                element.clear()
            case "end", "c":
                row, column = _place(element.get("r")) or (row, column + 1)
                text = _xlsx_value(element, refers)
                if text:
                    cells[row, column] = text
            case "end", "mergeCell":
                first, _, last = element.get("ref", "").partition(":")
                corner, opposite = _place(first), _place(last)
                if corner and opposite:
                    spans[corner] = opposite[0] - corner[0] + 1, opposite[1] - corner[1] + 1
    for (row, column), text in cells.items():
        yield Cell(row, column, text, *spans.get((row, column), (1, 1)))


def _place(reference: str | None) -> tuple[int, int] | None:
    """Row and column, counted from 0, of a reference such as B4."""
    found = _REFERENCE.fullmatch(reference or "")
    if not found:
        return None
    column = 0
    for letter in found[1]:
        column = 26 * column + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1


def _xlsx_value(cell: ElementTree.Element, refers: dict[str, Any]) -> str:
    kind, value = cell.get("t", "n"), cell.findtext("{*}v", "")
    match kind:
        case "inlineStr":
            inline = cell.find("{*}is")
            return "" if inline is None else _rich_text(inline)
        case "s" if value:
            return str(refers["strings"][int(value)])
        case "n" if value:
            style = int(cell.get("s", 0))
            code = refers["formats"][style] if style < len(refers["formats"]) else GENERAL
            return shown(float(value), code, refers["date_mode"])
        case "b" if value:
            return "TRUE" if value == "1" else "FALSE"
        case "e":
            return ""
    return value


def shown(value: float, code: str, date_mode: int = 0) -> str:
    """A number as a sheet shows it under a number format (ECMA-376 part 1, 18.8.31).

    Dates come as ISO, or in Chinese where the format is. A format that is not understood shows the
    number in full. `date_mode` is 1 where the workbook counts its days from 1904.
    """
    before: list[str] = []
    after: list[str] = []
    digits = ""
    percent = False
    dates: set[str] = set()
    for token in _TOKEN.finditer(code.partition(";")[0]):
        kind, part = token.lastgroup, token[token.lastgroup] if token.lastgroup else ""
        if kind == "digits" and not digits:
            digits = part
        elif kind == "digits" or (kind == "plain" and part in ("@E/" if digits else "@")):
            return _plain(value)
        elif kind == "date":
            dates |= set(part.lower())
        elif kind == "plain" and part == "%":
            percent = True
        if kind in {"quoted", "escaped", "currency", "plain"}:
            (after if digits else before).append(part)
    if dates & set("ymdhs") and not digits.strip("."):
        return _date(value, dates, "年" in code or "月" in code, date_mode)
    if not digits or "".join(before).strip() == GENERAL:
        return _plain(value)
    whole, _, decimals = digits.partition(".")
    thousands = len(digits) - len(digits.rstrip(","))
    decimals = decimals.rstrip(",")
    with localcontext(prec=400, rounding=ROUND_HALF_UP):
        number = Decimal(repr(value)) * (100 if percent else 1) / 1000**thousands
        rounded = number.quantize(Decimal(1).scaleb(-len(decimals)))
    text = f"{rounded:,f}" if "," in whole.rstrip(",") else f"{rounded:f}"
    for _ in range(len(decimals) - len(decimals.rstrip("#?"))):
        text = text.removesuffix("0")
    return "".join([*before, text.rstrip(".") if "." in text else text, *after]).strip()


def _plain(value: float) -> str:
    return f"{Decimal(f'{value:.15g}'):f}"


def _date(value: float, parts: set[str], chinese: bool, date_mode: int) -> str:
    try:
        moment = xldate_as_datetime(value, date_mode) if value >= 0 else None
    except (XLDateError, ValueError, OverflowError):
        moment = None
    if moment is None:
        return _plain(value)
    if not parts & set("yd"):
        return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"
    day = [("y", f"{moment.year}", "年"), ("m", f"{moment.month}", "月"), ("d", f"{moment.day}", "日")]
    if chinese:
        text = "".join(number + unit for part, number, unit in day if part in parts)
    else:
        text = "-".join(number.zfill(2) for part, number, _ in day if part in parts)
    return f"{text} {moment:%H:%M}" if "h" in parts and value % 1 else text
