"""Web pages: the main text without menus and advertisements, and without losing a number of it.

trafilatura says where the main text is, but leaves out headings and parts of it and keeps some
advertisements. So the page is cut into its blocks here, and what lies between the first and the last
that trafilatura finds is kept, together with whole sentences and tables elsewhere.
"""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import trafilatura
from lxml import etree

from transforms import vocabulary
from transforms.readers import Text, UnreadableError
from transforms.readers.media import HTML, MHT
from transforms.readers.plain import decode
from transforms.readers.tables import Cell, render

LINK_SHARE = 0.6  # of a block's characters: a menu or a list of other pages
LONGEST_CELL = 300  # characters: longer ones of several lines make a table a frame around text

_SKIPPED = {
    *("head", "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "canvas", "audio"),
    *("video", "select", "button", "textarea"),
}
_INLINE = {
    *("a", "abbr", "b", "bdo", "big", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd", "label", "mark"),
    *("q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr"),
}
_PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6"}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.I)
_NAME = re.compile(r"[a-z]+")
_WORDS = vocabulary.load("webpages.toml")
_ADVERTISEMENTS, _FURNITURE, _FURNITURE_TAGS = (
    frozenset(_WORDS[name]) for name in ("advertisements", "furniture", "furniture_tags")
)
_ABOUT_PAGE = re.compile(
    rf"(?:{'|'.join(_WORDS['about_the_page'])})[^。]{{0,6}}[：:（(]|{'|'.join(_WORDS['about_the_site'])}", re.I
)
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef“”‘’…—×·"
_WRAP = re.compile(rf"(?<=[{_WIDE}])\s*\n\s*|\s*\n\s*(?=[{_WIDE}])")
_SPACES = re.compile(r"[ \t\r\n\f]+")


@dataclass(frozen=True)
class Block:
    """A stretch of a page that stands by itself.

    `links` counts its characters inside of links; `place` is where it stands: in an advertisement,
    in the furniture of the page, or nowhere special; `siblings` is the number of the element that
    holds it among other paragraphs, 0 where it is no paragraph.
    """

    text: str
    links: int = 0
    tag: str = ""
    place: str = ""
    siblings: int = 0

    @property
    def is_linked(self) -> bool:
        """Whether it is mostly links to other pages."""
        return self.links >= LINK_SHARE * len(self.text)

    @property
    def has_substance(self) -> bool:
        """Whether it is a table of figures or sentences of some length."""
        return "\t" in self.text or (len(self.text) >= 40 and "。" in self.text)


def read_html(markup: str, encoding: str) -> Text:
    """The main text of a web page: blocks as lines, tables as lines of cells."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    root = etree.fromstring(markup.encode(), parser)
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise UnreadableError("depth", "nests its elements so deep that text would be lost; save the page as text")
    if root is None:
        return Text("", HTML, encoding=encoding)
    blocks = list(_blocks(root))
    about = trafilatura.extract_metadata(markup, extensive=False)
    main_text = trafilatura.extract(markup, favor_recall=True, include_comments=False) or ""
    author = root.find(".//meta[@name='author']")
    return Text(
        "\n".join(block.text for block in _main(blocks, main_text, about.title or "")).strip("\n"),
        HTML,
        title=about.title,
        author=(author is not None and author.get("content", "").strip()) or None,
        created_on=about.date,
        encoding=encoding,
    )


def read_mht(content: bytes) -> Text:
    """The main text of a web page that was saved with its pictures into one file."""
    message = email.message_from_bytes(content, policy=email.policy.compat32)
    for part in message.walk():
        if any(isinstance(defect, email.errors.CloseBoundaryNotFoundDefect) for defect in part.defects):
            raise UnreadableError("damaged", "is cut short: its last part does not end; save the page again")
    for part in message.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            markup, encoding = decode(payload, part.get_content_charset()) if isinstance(payload, bytes) else ("", "")
            return replace(read_html(markup, encoding), media_type=MHT)
    raise UnreadableError("damaged", "is a saved web page without the page itself; save the page again")


def _main(blocks: list[Block], main_text: str, title: str) -> list[Block]:
    """The blocks of the report, in order."""
    furniture = sum(len(block.text) - block.links for block in blocks if block.place == "furniture")
    mistaken = 2 * furniture > sum(len(block.text) - block.links for block in blocks)
    eligible = [
        block
        for block in blocks
        if not block.is_linked
        and block.place != "advertisement"
        and (mistaken or block.place != "furniture")
        and not (len(block.text) < 100 and _ABOUT_PAGE.search(block.text))
    ]
    main_text = _squeezed(main_text)
    places = [
        number for number, block in enumerate(eligible) if len(block.text) > 5 and _squeezed(block.text) in main_text
    ]
    if not places:
        return eligible
    first, last = places[0], places[-1]
    beside = {block.siblings for block in (eligible[first], eligible[last])} - {0}
    headings = (
        number
        for number in range(first, -1, -1)
        if eligible[number].tag == "h1" or (title and eligible[number].text.startswith(title))
    )
    first = next(headings, first)
    return [
        block
        for number, block in enumerate(eligible)
        if first <= number <= last or block.siblings in beside or block.has_substance
    ]


def _squeezed(text: str) -> str:
    return re.sub(r"[\s|]+", "", text)


def _blocks(root: etree._Element) -> Iterator[Block]:
    """The blocks of a page in order; what is not shown is left out."""
    text: list[str] = []
    links = 0
    tag = ""
    skipped: etree._Element | None = None
    inside: list[tuple[etree._Element, str]] = []  # advertisements and furniture
    path = [0]  # the numbers of the elements around
    count = anchors = preformatted = 0

    def add(piece: str | None) -> None:
        nonlocal links
        if piece:
            text.append(piece.replace("\t", " ") if preformatted else _SPACES.sub(" ", _WRAP.sub("", piece)))
            links += len(piece.strip()) if anchors else 0

    def cut() -> Iterator[Block]:
        nonlocal links
        lines = [line.strip() for line in "".join(text).split("\n")]
        place = inside[-1][1] if inside else ""
        if any(lines):
            siblings = path[-2] if tag in _PARAGRAPHS and len(path) > 1 else 0
            yield Block("\n".join(filter(None, lines)), links, tag, place, siblings)
        text.clear()
        links = 0

    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start" and skipped is None:
            name = element.tag
            if name in _SKIPPED or "hidden" in element.attrib or _HIDDEN.search(element.get("style", "")):
                skipped = element
                continue
            if name not in _INLINE and name != "br":
                yield from cut()
                tag = name
                count += 1
                path.append(count)
            if place := _place(element):
                inside.append((element, place))
            if name == "table" and (cells := _table_cells(element)):
                yield Block(f"\n{render(cells)}\n", 0, name, inside[-1][1] if inside else "")
                path.pop()
                skipped = element
                continue
            anchors += name == "a"
            preformatted += name == "pre"
            if name == "br":
                text.append("\n")
            add(element.text)
        elif event == "end":
            if element is skipped:
                skipped = None
            elif skipped is None:
                if element.tag not in _INLINE and element.tag != "br":
                    yield from cut()
                    tag = ""
                    path.pop()
                anchors -= element.tag == "a"
                preformatted -= element.tag == "pre"
            if skipped is None:
                if inside and inside[-1][0] is element:
                    inside.pop()
                add(element.tail if element is not root else None)
    yield from cut()


def _place(element: etree._Element) -> str:
    names = set(_NAME.findall(f"{element.get('class', '')} {element.get('id', '')}".lower()))
    if names & _ADVERTISEMENTS:
        return "advertisement"
    return "furniture" if names & _FURNITURE or element.tag in _FURNITURE_TAGS else ""


def _table_cells(table: etree._Element) -> list[Cell]:
    """The cells of a table of figures; none of one that only lays out the page."""
    cells = []
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    filled: dict[int, int] = {}  # columns that a cell from above still covers, with the row after its last
    for number, row in enumerate(rows):
        column = 0
        for cell in row.iterchildren("td", "th"):
            while filled.get(column, 0) > number:
                column += 1
            text = "\n".join(block.text for block in _blocks(cell))
            if cell.find(".//table") is not None or (len(text) > LONGEST_CELL and text.count("\n") > 2):
                return []
            down, across = (_span(cell.get(name)) for name in ("rowspan", "colspan"))
            cells.append(Cell(number, column, text, min(down, len(rows) - number), across))
            filled |= dict.fromkeys(range(column, column + across), number + down)
            column += across
    linked = sum(len("".join(link.itertext())) for link in table.iter("a"))
    if len(rows) < 2 or max((cell.column for cell in cells), default=0) == 0:
        return []
    return [] if linked >= LINK_SHARE * sum(len(cell.text) for cell in cells) else cells


def _span(value: str | None) -> int:
    """The number of rows or columns of a cell; the standard allows a thousand columns."""
    return min(max(int(value), 1), 1000) if value and value.isdecimal() else 1
