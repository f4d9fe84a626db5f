"""Word documents: `.docx` and RTF, through xberg."""

import asyncio
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import xberg
from lxml import etree

from transforms.readers import Text, UnreadableError
from transforms.readers.archives import read_part
from transforms.readers.media import DOCX, RTF
from transforms.readers.tables import Cell, render

CONFIG = xberg.ExtractionConfig(
    use_cache=False,
    disable_ocr=True,
    enable_quality_processing=False,
    include_document_structure=True,
    concurrency=xberg.ConcurrencyConfig(max_threads=1),
)
SAVE_AGAIN = "open it in Word or WPS and save it again as .docx"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_ESCAPE = re.compile(r"\\u(-?[0-9]+)(?: ?\\'[0-9a-f]{2}|\?)?")
_BLANKS = re.compile(r"[ \t]*\t[ \t]*")


def read_docx(content: bytes) -> Text:
    """The text of a `.docx`: paragraphs as lines, tables as lines of cells, without headers and footers.

    xberg loses which cells are merged and takes broken markup for the end of the text, so the
    markup is read here as well.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        markup = read_part(package, "word/document.xml")
    try:
        root = etree.fromstring(markup, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise UnreadableError("damaged", f"is a Word document with broken markup ({error}); {SAVE_AGAIN}") from error
    tables = [
        table for table in root.iter(f"{W}tbl") if not any(True for _ in table.iterancestors(f"{W}tbl", _FALLBACK))
    ]
    return _read(content, DOCX, lambda grids: list(map(_cells, tables)) if len(tables) == len(grids) else _grids(grids))


def read_rtf(content: bytes) -> Text:
    """The text of an RTF file. Raises `UnreadableError` where a table's columns can't be told."""
    found = _read(content, RTF, _grids)
    # xberg leaves the escapes of characters beyond ASCII in the properties.
    author = found.author and _ESCAPE.sub(lambda escape: chr(int(escape[1]) % 0x10000), found.author)
    return replace(found, author=author)


def _read(content: bytes, media_type: str, tables: Callable[[list[Any]], Iterable[Iterable[Cell]]]) -> Text:
    given = xberg.ExtractInput(kind="bytes", bytes=content, mime_type=media_type)
    document = asyncio.run(xberg.extract(given, CONFIG)).results[0]
    found_nodes = document.document.nodes if document.document else []
    nodes = [json.loads(str(node.content)) for node in found_nodes if str(node.content_layer).lower() == "body"]
    found = iter(tables([node["grid"] for node in nodes if node["node_type"] == "table"]))
    blocks = [f"\n{render(next(found))}\n" if node["node_type"] == "table" else _paragraph(node) for node in nodes]
    about = document.metadata
    return Text(
        "\n".join(block for block in blocks if block.strip()).strip("\n"),
        media_type,
        title=about.title,
        author="、".join(about.authors or []) or None,
        created_on=(about.created_at or "")[:10] or None,
    )


def _paragraph(node: dict[str, Any]) -> str:
    """The text of a node; a group only repeats the heading in it, a comment is not of the report."""
    if node["node_type"] in {"group", "comment"}:
        return ""
    return _BLANKS.sub(" ", "\n".join(node[key] for key in ("term", "text", "definition", "content") if node.get(key)))


def _grids(grids: list[dict[str, Any]]) -> Iterator[Iterator[Cell]]:
    """The tables as xberg has them. A table that lacks cells can't be trusted to have the others in their columns."""
    for grid in grids:
        if len(grid["cells"]) < grid["rows"] * grid["cols"]:
            raise UnreadableError("table", f"holds a table with merged cells that can't be told; {SAVE_AGAIN}")
        yield (Cell(cell["row"], cell["col"], cell["content"]) for cell in grid["cells"])


def _cells(table: etree._Element) -> Iterator[Cell]:
    """The cells of a `w:tbl`; one that continues a vertical merge lengthens the one above."""
    open_merges: dict[int, Cell] = {}
    for number, row in enumerate(table.iter(f"{W}tr")):
        if next(row.iterancestors(f"{W}tbl")) is not table:
            continue
        before = row.find(f"{W}trPr/{W}gridBefore")
        column = int(before.get(f"{W}val", 0)) if before is not None else 0
        for cell in row.iter(f"{W}tc"):
            if next(cell.iterancestors(f"{W}tbl")) is not table:
                continue
            span = cell.find(f"{W}tcPr/{W}gridSpan")
            width = int(span.get(f"{W}val", 1)) if span is not None else 1
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            if merge is not None and merge.get(f"{W}val") != "restart" and column in open_merges:
                above = open_merges[column]
                open_merges[column] = above._replace(row_span=number - above.row + 1)
            else:
                if column in open_merges:
                    yield open_merges[column]
                open_merges[column] = Cell(number, column, _cell_text(cell), column_span=width)
            column += width
    yield from open_merges.values()


def _cell_text(cell: etree._Element) -> str:
    lines = []
    for block in cell:
        if block.tag == f"{W}tbl":
            lines.append(render(_cells(block)))
        elif not block.tag.endswith("}tcPr"):
            lines.append("".join(_pieces(block)))
    return "\n".join(lines)


def _pieces(block: etree._Element) -> Iterator[str]:
    skipped: etree._Element | None = None
    for event, element in etree.iterwalk(block, events=("start", "end")):
        if event == "start" and skipped is None and element.tag in {f"{W}del", _FALLBACK}:
            skipped = element
        elif event == "end" and element is skipped:
            skipped = None
        elif event == "end" and skipped is None:
            if element.tag == f"{W}t":
                yield element.text or ""
            elif element.tag in {f"{W}br", f"{W}p"}:
                yield "\n"
            elif element.tag == f"{W}tab":
                yield " "
