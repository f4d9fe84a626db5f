"""PDF files, through PDFium: ruled tables as lines of cells, wrapped lines joined into paragraphs.

A PDF has no paragraphs, only lines. They are joined before anything else reads them, because a
wrapped line cuts a number from its unit.
"""

import ctypes
import re
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from transforms.readers import Limits, Text, UnreadableError
from transforms.readers.layout import (
    Character,
    Line,
    Page,
    Rule,
    RuledTable,
    line_of,
    paragraphs,
    rows,
    ruled_tables,
    with_aligned_tables,
    without_furniture,
)
from transforms.readers.media import PDF
from transforms.readers.tables import render

SHORTEST_RULE = 5.0
MAX_RULES = 2_000  # a page with more is a drawing
_UNMAPPED = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd-\uffff\ue000-\uf8ff]")


def read_pdf(content: bytes, limits: Limits) -> Text:
    """The text layer of a PDF.

    Raises `UnreadableError` where it is cut short, encrypted or too long, and where its fonts do
    not say which characters they show.
    """
    if b"%%EOF" not in content[-2048:]:
        raise UnreadableError("damaged", "is cut short: the end of the PDF is missing; get it again from its sender")
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        # PDFium may still name the error of another file.
        if "password" in str(error).lower() and b"/Encrypt" in content:
            raise UnreadableError(
                "encrypted", "is protected by a password; remove the password and deliver it again"
            ) from error
        raise
    if len(document) > limits.pages:
        raise UnreadableError("pages", f"has {len(document):,} pages, more than {limits.pages:,}; split it")
    text = "\n".join(paragraphs(without_furniture([_page(page) for page in document])))
    if len(_UNMAPPED.findall(text)) > 0.1 * len(text):
        raise UnreadableError(
            "fonts", "has fonts that do not say which characters they show; make it again from its source"
        )
    about = document.get_metadata_dict()
    created = re.match(r"D:(\d{4})(\d\d)?(\d\d)?", about["CreationDate"])
    return Text(
        _UNMAPPED.sub("", text).strip("\n"),
        PDF,
        title=about["Title"].strip() or None,
        author=about["Author"].strip() or None,
        created_on="-".join(filter(None, created.groups())) if created else None,
    )


def _page(page: pdfium.PdfPage) -> Page:
    """The lines of a page, with its tables where their first line stands."""
    textpage = page.get_textpage()
    tables = ruled_tables(*_rules(page))
    lines = list(rows(_lines(textpage)))
    holders = [next((table for table in tables if table.holds(line[0])), None) for line in lines]
    found: list[Line | str] = []
    written: list[RuledTable] = []
    for table, group in groupby(zip(holders, lines, strict=True), key=itemgetter(0)):
        if table is None:
            found += with_aligned_tables(list(filter(None, (line_of(line) for _, line in group))))
        elif table not in written:
            written.append(table)
            found.append(
                render(table.cells([line for holder, line in zip(holders, lines, strict=True) if holder is table]))
            )
    return Page(found, page.get_width())


def _lines(textpage: pdfium.PdfTextPage) -> Iterator[list[Character]]:
    """The characters of a page, line by line as PDFium finds them."""
    box = pdfium_c.FS_RECTF()
    line: list[Character] = []
    for place in range(textpage.count_chars()):
        character = chr(pdfium_c.FPDFText_GetUnicode(textpage, place))
        if character in "\r\n":
            if line:
                yield line
            line = []
        elif line or not character.isspace():
            pdfium_c.FPDFText_GetLooseCharBox(textpage, place, box)
            line.append(Character(character, box.left, box.right, box.bottom, box.top))
    if line:
        yield line


def _rules(page: pdfium.PdfPage) -> tuple[list[Rule], list[Rule]]:
    """The vertical and the horizontal rules drawn on a page; none where they are too many for tables."""
    vertical: list[Rule] = []
    horizontal: list[Rule] = []
    for path in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_PATH], max_depth=1):
        for (x1, y1), (x2, y2) in _edges(path):
            if abs(x1 - x2) < 1 and abs(y1 - y2) > SHORTEST_RULE:
                vertical.append((x1, min(y1, y2), max(y1, y2)))
            elif abs(y1 - y2) < 1 and abs(x1 - x2) > SHORTEST_RULE:
                horizontal.append((y1, min(x1, x2), max(x1, x2)))
        if len(vertical) + len(horizontal) > MAX_RULES:
            return [], []
    return vertical, horizontal


def _edges(path: pdfium.PdfObject) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The straight strokes of a path; a rectangle has four."""
    x, y = ctypes.c_float(), ctypes.c_float()
    matrix = path.get_matrix()
    first = last = None
    for place in range(min(pdfium_c.FPDFPath_CountSegments(path), MAX_RULES)):
        segment = pdfium_c.FPDFPath_GetPathSegment(path, place)
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        point = matrix.on_point(x.value, y.value)
        kind = pdfium_c.FPDFPathSegment_GetType(segment)
        if kind == pdfium_c.FPDF_SEGMENT_MOVETO:
            first = point
        elif kind == pdfium_c.FPDF_SEGMENT_LINETO and last:
            yield last, point
        if pdfium_c.FPDFPathSegment_GetClose(segment) and first:
            yield point, first
        last = point
