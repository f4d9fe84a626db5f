"""The binary Word format of `.doc`, which WPS Office writes too, under that name or as `.wps`.

It is read from its own records, named as in Microsoft's specification [MS-DOC], because the
libraries that read it lose where the rows of a table end.
"""

import array
import bisect
import io
import re
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

from transforms.readers import Text, UnreadableError
from transforms.readers.media import DOC
from transforms.readers.ole import Ole, ole_properties
from transforms.readers.tables import Cell, render

PAGE = 512
CLX, CHARACTER_PAGES, PARAGRAPH_PAGES = 0x01A2, 0x00FA, 0x0102
CELL_MARK = "\x07"
DELETED = 0x0800
IN_TABLE, ROW_END, INNER_CELL, ROW_CELLS = 0x2416, 0x2417, 0x244B, 0xD608
IN_DATA_STREAM = 0x6646
# Bytes of operand by the top three bits of a property's code; 6 is a length that precedes the operand.
OPERAND_SIZES = (1, 1, 2, 4, 2, 2, 0, 3)
# Edges of cells that differ by less, in twentieths of a point, are one edge of the table.
TOLERANCE = 60

_MARKS = {"\x0b": "\n", "\t": " ", "\x1e": "-", "\xa0": " "}
_TRANSLATION = str.maketrans({**{chr(code): "" for code in range(32) if code != 10}, **_MARKS})
_PARAGRAPH = re.compile(r"[^\r\x07\x0c]*[\r\x07\x0c]?")

Properties = dict[int, bytes]


class Piece(NamedTuple):
    """A run of text: its place in characters of the document and in bytes of the stream, and the width of a character."""

    start: int
    end: int
    offset: int
    width: int


class Row(NamedTuple):
    """A row of a table: its cells, the positions of their edges, and which of them continue the one above or before."""

    cells: list[str]
    edges: list[int]
    below: list[bool]
    beside: list[bool]


class Runs:
    """Stretches of the stream, in bytes, and the properties of the text in each."""

    def __init__(self, runs: list[tuple[int, int, Properties]]) -> None:
        self.runs = sorted(runs, key=lambda run: run[0])
        self.starts = [start for start, _, _ in self.runs]

    def at(self, offset: int) -> Properties:
        """The properties of the text at `offset`."""
        place = bisect.bisect_right(self.starts, offset) - 1
        return self.runs[place][2] if place >= 0 and offset < self.runs[place][1] else {}


def read_doc(content: bytes) -> Text:
    """The text of a `.doc`: paragraphs as lines, tables as lines of cells, notes and text boxes at the end."""
    with Ole(io.BytesIO(content)) as ole:
        stream = ole.openstream("WordDocument").read()
        magic, version = struct.unpack_from("<HH", stream)
        [flags] = struct.unpack_from("<H", stream, 0x0A)
        if magic != 0xA5EC or version < 0xC1:
            raise UnreadableError("unsupported", "is a document of Word 95 or older; save it again as .docx")
        if flags & 0x0100:
            raise UnreadableError("encrypted", "is protected by a password; remove the password and deliver it again")
        table = ole.openstream("1Table" if flags & 0x0200 else "0Table").read()
        data = ole.openstream("Data").read() if ole.exists("Data") else b""
        about = ole_properties(ole)
    return Text(_text(stream, table, data), DOC, **about)


def _text(stream: bytes, table: bytes, data: bytes) -> str:
    pieces = _pieces(table, *struct.unpack_from("<II", stream, CLX))
    characters = [character for piece in pieces for character in _characters(stream, piece)]
    for start, end in [*_instructions("".join(characters)), *_deletions(stream, table, data, pieces)]:
        end = min(end, len(characters))
        characters[start:end] = "\0" * (end - start)
    text = "".join(characters)
    main, footnotes, headers, _, comments, endnotes, boxes = struct.unpack_from("<7I", stream, 0x4C)
    if len(text) < main:
        raise UnreadableError("damaged", "is cut short; get it again from its sender")
    notes = main + footnotes
    later = notes + headers + comments
    paragraphs = _runs(stream, table, data, PARAGRAPH_PAGES)
    blocks = [
        block
        for start, end in ((0, main), (main, notes), (later, later + endnotes + boxes))
        for block in _blocks(text, start, end, pieces, paragraphs)
    ]
    return "\n".join(blocks).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").strip("\n")


def _pieces(table: bytes, offset: int, size: int) -> list[Piece]:
    """The pieces that the text is made of, from the piece table."""
    clx = table[offset : offset + size]
    place = 0
    while clx[place] == 1:  # properties of pieces come first
        place += 3 + struct.unpack_from("<H", clx, place + 1)[0]
    count = (struct.unpack_from("<I", clx, place + 1)[0] - 4) // 12
    bounds = struct.unpack_from(f"<{count + 1}I", clx, place + 5)
    pieces = []
    for number in range(count):
        [offset] = struct.unpack_from("<I", clx, place + 5 + 4 * (count + 1) + 8 * number + 2)
        narrow = offset & 0x40000000
        offset &= 0x3FFFFFFF
        offset, width = (offset // 2, 1) if narrow else (offset, 2)
        pieces.append(Piece(bounds[number], bounds[number + 1], offset, width))
    return pieces


def _characters(stream: bytes, piece: Piece) -> str:
    """The text of a piece, one character to a code unit, so that places in it go on counting as the file does."""
    raw = stream[piece.offset : piece.offset + (piece.end - piece.start) * piece.width]
    if piece.width == 1:
        return raw.decode("cp1252", "replace")
    units = array.array("H", raw)
    if sys.byteorder == "big":
        units.byteswap()
    return "".join(map(chr, units))


def _instructions(text: str) -> Iterator[tuple[int, int]]:
    """The stretches that are instructions of fields, of which only the result is shown."""
    open_fields: list[int | None] = []
    for mark in re.finditer("[\x13-\x15]", text):
        if mark[0] == "\x13":
            open_fields.append(mark.start())
        elif open_fields:
            start = open_fields[-1]
            if start is not None:
                yield start, mark.start()
            open_fields[-1] = None
            if mark[0] == "\x15":
                open_fields.pop()


def _deletions(stream: bytes, table: bytes, data: bytes, pieces: list[Piece]) -> Iterator[tuple[int, int]]:
    """The stretches that a tracked change deleted."""
    for start, end, properties in _runs(stream, table, data, CHARACTER_PAGES).runs:
        if properties.get(DELETED, b"\0") == b"\1":
            for piece in pieces:
                first = max(piece.start, piece.start + (start - piece.offset) // piece.width)
                last = min(piece.end, piece.start + (end - piece.offset) // piece.width)
                if first < last:
                    yield first, last


def _runs(stream: bytes, table: bytes, data: bytes, pages: int) -> Runs:
    """The formatted runs of characters or of paragraphs that the pages of either kind list."""
    offset, size = struct.unpack_from("<II", stream, pages)
    count = (size - 4) // 8
    runs = []
    for [number] in struct.iter_unpack("<I", table[offset + 4 * (count + 1) : offset + size]):
        page = stream[(number & 0x3FFFFF) * PAGE :][:PAGE]
        length = page[PAGE - 1]
        bounds = struct.unpack_from(f"<{length + 1}I", page)
        for run in range(length):
            if pages == PARAGRAPH_PAGES:
                place = 2 * page[4 * (length + 1) + 13 * run]
                words = page[place] or page[place + 1]
                begin = place + 3 if page[place] else place + 4  # after the number of the style
                end = place + 2 * words if page[place] else place + 2 + 2 * words
            else:
                place = 2 * page[4 * (length + 1) + run]
                begin, end = place + 1, place + 1 + page[place]
            properties = _properties(page[begin:end], data) if place else {}
            runs.append((*bounds[run : run + 2], properties))
    return Runs(runs)


def _properties(raw: bytes, data: bytes) -> Properties:
    found: Properties = {}
    place = 0
    while place + 2 < len(raw):
        [code] = struct.unpack_from("<H", raw, place)
        place += 2
        size = OPERAND_SIZES[code >> 13]
        if code == ROW_CELLS:
            size = struct.unpack_from("<H", raw, place)[0] + 1
        elif not size:
            size = raw[place] + 1
        found[code] = raw[place : place + size]
        place += size
    if IN_DATA_STREAM in found:  # properties too long for the page
        [offset] = struct.unpack("<I", found.pop(IN_DATA_STREAM))
        [size] = struct.unpack_from("<H", data, offset)
        found |= _properties(data[offset + 2 : offset + 2 + size], b"")
    return found


def _blocks(text: str, start: int, end: int, pieces: list[Piece], paragraphs: Runs) -> Iterator[str]:
    """The paragraphs and tables of a part of the text."""
    starts = [piece.start for piece in pieces]
    rows: list[Row] = []
    cells: list[str] = []
    cell = ""
    for found in _PARAGRAPH.finditer(text, start, end):
        if not found[0]:
            continue
        last = found.end() - 1
        piece = pieces[bisect.bisect_right(starts, last) - 1]
        properties = paragraphs.at(piece.offset + (last - piece.start) * piece.width)
        line = found[0].translate(_TRANSLATION)
        if not _is_set(properties, IN_TABLE):
            if rows:
                yield f"\n{render(_cells(rows))}\n"
                rows = []
            if line.strip():
                yield line.strip(" ")
        elif _is_set(properties, ROW_END):
            rows.append(_row(cells, properties.get(ROW_CELLS, b"")))
            cells, cell = [], ""
        elif found[0].endswith(CELL_MARK):
            cells.append(cell + line)
            cell = ""
        else:
            cell += line + ("\t" if _is_set(properties, INNER_CELL) else "\n")
    if rows:
        yield f"\n{render(_cells(rows))}\n"


def _is_set(properties: Properties, code: int) -> bool:
    return properties.get(code, b"\0") != b"\0"


def _row(cells: list[str], definition: bytes) -> Row:
    count = definition[2] if len(definition) > 2 else 0
    if count != len(cells):
        return Row(cells, list(range(0, 2000 * len(cells) + 1, 2000)), [False] * len(cells), [False] * len(cells))
    edges = list(struct.unpack_from(f"<{count + 1}h", definition, 3))
    flags = [flag for [flag] in struct.iter_unpack("<H18x", definition[5 + 2 * count :][: 20 * count])]
    flags += [0] * (count - len(flags))
    return Row(cells, edges, [flag >> 5 & 3 == 1 for flag in flags], [flag & 3 == 1 for flag in flags])


def _cells(rows: list[Row]) -> Iterator[Cell]:
    edges: list[int] = []
    for edge in sorted(edge for row in rows for edge in row.edges):
        if not edges or edge - edges[-1] > TOLERANCE:
            edges.append(edge)
    above: dict[int, Cell] = {}
    for number, row in enumerate(rows):
        open_cell: Cell | None = None
        for place, text in enumerate(row.cells):
            column, after = (bisect.bisect_right(edges, edge) - 1 for edge in row.edges[place : place + 2])
            width = max(1, after - column)
            if row.beside[place] and open_cell:
                above[open_cell.column] = open_cell = open_cell._replace(column_span=column + width - open_cell.column)
            elif row.below[place] and column in above:
                open_cell = above[column] = above[column]._replace(row_span=number - above[column].row + 1)
            else:
                if column in above:
                    yield above[column]
                open_cell = above[column] = Cell(number, column, text, column_span=width)
    yield from above.values()
