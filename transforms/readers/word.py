"""Word documents of today: `.docx` from its own markup (ECMA-376), RTF through xberg.

xberg has the words of a `.docx` right but not which cells are merged, writes marks such as `[^2]`
into the text where notes are, and takes broken markup for the end of the text.
"""

import asyncio
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree

from transforms.readers import Text, UnreadableError
from transforms.readers.archives import main_part, package_properties, read_part
from transforms.readers.media import DOCX, RTF
from transforms.readers.tables import Cell, render

SAVE_AGAIN = "open it in Word or WPS and save it again as .docx"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
# Elements whose text is not of the document as it stands: deleted, moved away, said again for older
# programs, or the pronunciation of a character.
_LEFT_OUT = {f"{W}{name}" for name in ("del", "moveFrom", "rt")} | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}
_TEXTS = {f"{W}t", "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"}
_SIGNS = {f"{W}tab": " ", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_BOX = f"{W}txbxContent"
_SEPARATORS = {"separator", "continuationSeparator", "continuationNotice"}

_ESCAPE = re.compile(r"\\u(-?[0-9]+)(?: ?\\'[0-9a-f]{2}|\?)?")
_NOTE_MARK = re.compile(r"\[\^[0-9]+\]")
_BLANKS = re.compile(r"[ \t]*\t[ \t]*")


def read_docx(content: bytes) -> Text:
    """The text of a `.docx`: paragraphs as lines, tables as lines of cells, notes at the end.

    Headers and footers are left out.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        document = main_part(package)
        folder = document.rpartition("/")[0]
        notes = [f"{folder}/{kind}.xml" for kind in ("footnotes", "endnotes")]
        names = set(package.namelist())
        parts = [_markup(package, name) for name in [document, *notes] if name == document or name in names]
        about = package_properties(package)
    texts = [note for part in parts for note in part if note.get(f"{W}type") not in _SEPARATORS]
    return Text("\n".join(block for text in texts for block in _blocks(text)).strip("\n"), DOCX, **about)


def _markup(package: zipfile.ZipFile, name: str) -> etree._Element:
    markup = read_part(package, name).replace(STRICT, W.strip("{}").encode())
    try:
        return etree.fromstring(markup, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise UnreadableError("damaged", f"is a Word document with broken markup ({error}); {SAVE_AGAIN}") from error


def _blocks(parent: etree._Element) -> Iterator[str]:
    """The paragraphs and tables in an element, and in the frames around them such as content controls."""
    for element in parent.iterchildren("*"):
        if element.tag == f"{W}p":
            yield from _paragraph(element)
        elif element.tag == f"{W}tbl":
            yield f"\n{render(_cells(element))}\n"
        elif element.tag not in _LEFT_OUT:
            yield from _blocks(element)


def _paragraph(paragraph: etree._Element) -> Iterator[str]:
    """The text of a paragraph, and after it that of the text boxes in it."""
    text: list[str] = []
    boxes: list[str] = []
    skipped: etree._Element | None = None
    for event, element in etree.iterwalk(paragraph, events=("start", "end")):
        if skipped is None and event == "start":
            if element.tag == _BOX:
                boxes += _blocks(element)
            if element.tag == _BOX or element.tag in _LEFT_OUT:
                skipped = element
            elif element.tag in _TEXTS:
                text.append(element.text or "")
            elif element.tag in _SIGNS:
                text.append(_SIGNS[element.tag])
        elif element is skipped and event == "end":
            skipped = None
    yield from filter(str.strip, ["".join(text).strip(" "), *boxes])


def _cells(table: etree._Element) -> Iterator[Cell]:
    """The cells of a `w:tbl`; one that continues a vertical merge lengthens the one above."""
    open_cells: dict[int, Cell] = {}
    for number, row in enumerate(_own(table, "tr")):
        before = row.find(f"{W}trPr/{W}gridBefore")
        column = 0 if before is None else int(before.get(f"{W}val", 0))
        for cell in _own(row, "tc"):
            span = cell.find(f"{W}tcPr/{W}gridSpan")
            width = 1 if span is None else int(span.get(f"{W}val", 1))
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            above = open_cells.get(column)
            if merge is not None and merge.get(f"{W}val") != "restart" and above:
                open_cells[column] = above._replace(row_span=number - above.row + 1)
            else:
                yield from filter(None, [above])
                open_cells[column] = Cell(number, column, "\n".join(_blocks(cell)), column_span=width)
            column += width
    yield from open_cells.values()


def _own(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    """The rows of a table or the cells of a row, without those of tables inside, in whatever frames they are."""
    for element in parent.iterchildren("*"):
        if element.tag == f"{W}{name}":
            yield element
        elif element.tag not in _LEFT_OUT and element.tag != f"{W}tbl":
            yield from _own(element, name)


def read_rtf(content: bytes) -> Text:
    """The text of an RTF file.

    Raises `UnreadableError` where it has what xberg leaves out: footnotes, merged cells.
    """
    import xberg

    config = xberg.ExtractionConfig(
        use_cache=False,
        disable_ocr=True,
        enable_quality_processing=False,
        include_document_structure=True,
        concurrency=xberg.ConcurrencyConfig(max_threads=1),
    )
    given = xberg.ExtractInput(kind="bytes", bytes=content, mime_type=RTF)
    document = asyncio.run(xberg.extract(given, config)).results[0]
    nodes = document.document.nodes if document.document else []
    found = [json.loads(str(node.content)) for node in nodes if str(node.content_layer).lower() == "body"]
    about = document.metadata
    # xberg leaves the escapes of characters beyond ASCII in the properties.
    author = _ESCAPE.sub(lambda escape: chr(int(escape[1]) % 0x10000), "、".join(about.authors or []))
    return Text(
        "\n".join(filter(str.strip, map(_node, found))).strip("\n"),
        RTF,
        title=about.title,
        author=author,
        created_on=(about.created_at or "")[:10],
    )


def _node(node: dict[str, Any]) -> str:
    """The text of a node; a group only repeats the heading in it, a comment is not of the report."""
    match node["node_type"]:
        case "table":
            grid = node["grid"]
            if len(grid["cells"]) < grid["rows"] * grid["cols"]:
                raise UnreadableError("table", f"holds a table with merged cells, which can't be told; {SAVE_AGAIN}")
            return f"\n{render(Cell(cell['row'], cell['col'], cell['content']) for cell in grid['cells'])}\n"
        case "group" | "comment":
            return ""
    text = "\n".join(node[key] for key in ("term", "text", "definition", "content") if node.get(key))
    if _NOTE_MARK.search(text):
        raise UnreadableError("notes", f"has footnotes, which would be lost; {SAVE_AGAIN}")
    return _BLANKS.sub(" ", text).strip(" ")
