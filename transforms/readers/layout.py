"""Lines and rules of a page put together into paragraphs and tables.

Lengths are in points, the 72nd part of an inch, upwards from the lower left corner.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import neg
from typing import NamedTuple

from transforms.readers.tables import Cell, render

TOUCH = 3.0  # rules that come so near meet, and those so near to each other are one
WIDE_GAP = 1.2  # of a full character: a gap between columns
MAX_PLACES = 5_000  # a grid of more is graph paper
FULL_LINE = 0.7  # of the page's width: a line that ends before is not wrapped

_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef“”‘’…—×·"
_AFTER_WIDE = re.compile(f"[{_WIDE}]$")
_BEFORE_WIDE = re.compile(f"[{_WIDE}]")
_END = re.compile(r"[。！？；：!?;:][”’」』）)\"]?$")
_ITEM = re.compile(
    r"[（(]?(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3})[）)、.．](?![0-9])|第[一二三四五六七八九十]+[章节条]|[一二三四五六七八九十]是|[●○■□◆◇▲△★☆•]"
)
_PAGE_NUMBER = re.compile(r"[-—–－ ]*(?:第 ?)?[0-9]{1,3}(?: ?页)?(?: ?[/共，,] ?(?:共 ?)?[0-9]{1,3} ?页?)?[-—–－ ]*")
_FIRST_WORD = re.compile(r"[!-~]+")

Rule = tuple[float, float, float]  # where it stands, where it begins and ends
Place = tuple[int, int]


class Character(NamedTuple):
    """A character with its box."""

    text: str
    left: float
    right: float
    bottom: float
    top: float


class Part(NamedTuple):
    """A stretch of a line that wide gaps part from the others."""

    text: str
    left: float
    right: float


class Line(NamedTuple):
    """A line of text from left to right; `size` is the width of a full character."""

    parts: tuple[Part, ...]
    size: float

    @property
    def text(self) -> str:
        """Its text, a space for every wide gap."""
        return " ".join(part.text for part in self.parts)

    @property
    def left(self) -> float:
        """Its left edge."""
        return self.parts[0].left

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.parts[-1].right


class Page(NamedTuple):
    """The lines of a page from top to bottom, tables among them as text, and its width."""

    lines: list[Line | str]
    width: float


class RuledTable(NamedTuple):
    """A ruled table: the edges of its columns from the left and of its rows from the top, and the rules."""

    columns: list[float]
    rows: list[float]
    vertical: list[Rule]
    horizontal: list[Rule]

    def holds(self, character: Character) -> bool:
        """Whether the character stands in the table."""
        x, y = (character.left + character.right) / 2, (character.bottom + character.top) / 2
        return self.columns[0] <= x <= self.columns[-1] and self.rows[-1] <= y <= self.rows[0]

    def cells(self, lines: list[list[Character]]) -> Iterator[Cell]:
        """The cells with what of these lines stands in each."""
        holders = {
            (row, column): cell
            for cell in self._empty_cells()
            for row in range(cell.row, cell.row + cell.row_span)
            for column in range(cell.column, cell.column + cell.column_span)
        }
        texts: dict[Cell, str] = {}
        for line in lines:
            for cell, characters in groupby(line, key=lambda character: holders[self._place(character)]):
                part = line_of(list(characters))
                texts[cell] = joined(texts.get(cell, ""), part.text if part else "")
        for cell, text in texts.items():
            yield cell._replace(text=text)

    def _place(self, character: Character) -> Place:
        x, y = (character.left + character.right) / 2, (character.bottom + character.top) / 2
        column = min(max(bisect(self.columns, x) - 1, 0), len(self.columns) - 2)
        row = min(max(bisect(self.rows, -y, key=neg) - 1, 0), len(self.rows) - 2)
        return row, column

    def _empty_cells(self) -> Iterator[Cell]:
        """The cells without their text: places that no rule parts are one cell."""
        width, height = len(self.columns) - 1, len(self.rows) - 1
        taken: set[Place] = set()
        for row in range(height):
            for column in range(width):
                if (row, column) in taken:
                    continue
                right, below = column + 1, row + 1
                while right < width and not _parted(
                    self.vertical, self.columns[right], self.rows[row + 1], self.rows[row]
                ):
                    right += 1
                while below < height and not any(
                    _parted(self.horizontal, self.rows[below], *self.columns[across : across + 2])
                    for across in range(column, right)
                ):
                    below += 1
                taken |= {(down, across) for down in range(row, below) for across in range(column, right)}
                yield Cell(row, column, "", below - row, right - column)


def line_of(characters: list[Character]) -> Line | None:
    """The line of these characters, in parts where a gap is wider than a character; nothing if all are blank.

    The gap that a typesetter leaves between a Chinese character and another is no space.
    """
    size = max(character.right - character.left for character in characters)
    parts: list[Part] = []
    spaced = False
    for character in characters:
        if character.text.isspace():
            spaced = True
            continue
        gap = character.left - parts[-1].right if parts else 0
        if not parts or gap > WIDE_GAP * size:
            parts.append(Part(character.text, character.left, character.right))
        else:
            text, left, _ = parts[-1]
            is_gap = gap < size / 2 and (_AFTER_WIDE.search(text) or _BEFORE_WIDE.match(character.text))
            between = " " if spaced and not is_gap else ""
            parts[-1] = Part(text + between + character.text, left, character.right)
        spaced = False
    return Line(tuple(parts), size) if parts else None


def rows(lines: Iterable[list[Character]]) -> Iterator[list[Character]]:
    """The lines, those that follow each other at one height put together, from left to right.

    Cells of a row come apart so, and quotation marks that the typesetter took from another font.
    """
    row: list[Character] = []
    for line in lines:
        if row and not _level(row[0], line[0]):
            yield sorted(row, key=lambda character: character.left)
            row = []
        row += line
    if row:
        yield sorted(row, key=lambda character: character.left)


def _level(one: Character, other: Character) -> bool:
    height = min(one.top - one.bottom, other.top - other.bottom)
    return abs(one.bottom + one.top - other.bottom - other.top) < 0.6 * height


def with_aligned_tables(lines: list[Line]) -> Iterator[Line | str]:
    """The lines, with the tables among them that have no rules but whose columns stand under each other."""
    run: list[Line] = []
    for line in [*lines, None]:
        if line and len(line.parts) > 1:
            run.append(line)
            continue
        if len(run) > 1 and (columns := _columns(run)):
            yield render(
                Cell(row, next(number for number, right in enumerate(columns) if part.left < right), part.text)
                for row, member in enumerate(run)
                for part in member.parts
            )
        else:
            yield from run
        run = []
        if line:
            yield line


def _columns(run: list[Line]) -> list[float]:
    """The right edges of the columns that the parts of these lines stand in; nothing if two share one."""
    parts = sorted((part for line in run for part in line.parts), key=lambda part: part.left)
    edges = [parts[0].right]
    for part in parts[1:]:
        if part.left > edges[-1]:
            edges.append(part.right)
        else:
            edges[-1] = max(edges[-1], part.right)
    return edges if len(edges) >= max(len(line.parts) for line in run) else []


def without_furniture(pages: list[Page]) -> list[Page]:
    """The pages without their numbers and without the headers and footers that repeat."""
    edges = Counter(_masked(line) for lines, _ in pages for line in {*lines[:1], *lines[-1:]} if isinstance(line, Line))
    repeated = {text for text, count in edges.items() if count > max(2, len(pages) // 2)}

    def is_furniture(line: Line | str) -> bool:
        return isinstance(line, Line) and (_masked(line) in repeated or bool(_PAGE_NUMBER.fullmatch(line.text)))

    cleaned = []
    for lines, width in pages:
        first, last = 0, len(lines)
        while first < last and is_furniture(lines[first]):
            first += 1
        while last > first and is_furniture(lines[last - 1]):
            last -= 1
        cleaned.append(Page(lines[first:last], width))
    return cleaned


def _masked(line: Line) -> str:
    return re.sub("[0-9]+", "0", line.text)


def paragraphs(pages: list[Page]) -> Iterator[str]:
    """The paragraphs and tables of the pages, wrapped lines joined, also over the end of a page."""
    paragraph = ""
    before: Line | None = None
    for lines, width in pages:
        text = [line for line in lines if isinstance(line, Line)]
        left = min((line.left for line in text), default=0)
        right = max((line.right for line in text), default=0)
        for line in lines:
            if isinstance(line, str):
                yield from filter(None, (paragraph, f"\n{line}\n"))
                paragraph, before = "", None
            elif before and _continues(before, line, left, max(right, FULL_LINE * width)):
                paragraph, before = joined(paragraph, line.text), line
            else:
                yield from filter(None, (paragraph,))
                paragraph, before = line.text, line
    yield from filter(None, (paragraph,))


def _continues(before: Line, line: Line, left: float, right: float) -> bool:
    """Whether the line goes on with the paragraph of the line before, which then reaches the right edge.

    What did not fit there is a character with the punctuation that may not begin a line, or a word.
    """
    if len(before.parts) > 1 or len(line.parts) > 1 or abs(before.size - line.size) > 0.2 * before.size:
        return False
    word = _FIRST_WORD.match(line.text)
    if before.right + line.size * max(2.2, 0.6 * len(word[0]) if word else 0) < right:
        return False
    indented = line.left > left + 0.8 * line.size
    if _END.search(before.text):
        return not indented and not _ITEM.match(line.text)
    return not (indented and _ITEM.match(line.text))


def joined(before: str, after: str) -> str:
    """Two stretches of text in one; a space only between words of letters."""
    letters = [character for character in (before[-1:], after[:1]) if character.isascii() and character.isalpha()]
    return f"{before} {after}" if len(letters) == 2 else before + after


def ruled_tables(vertical: list[Rule], horizontal: list[Rule]) -> list[RuledTable]:
    """The tables that these rules draw, of at least two columns and two rows."""
    tables = []
    for down, across in _groups(vertical, horizontal):
        columns = _clustered([x for x, _, _ in down] + [x for _, *ends in across for x in ends])
        rows = _clustered([y for y, _, _ in across] + [y for _, *ends in down for y in ends])[::-1]
        if len(columns) > 2 and len(rows) > 2 and len(columns) * len(rows) <= MAX_PLACES:
            tables.append(RuledTable(columns, rows, down, across))
    return tables


def _groups(vertical: list[Rule], horizontal: list[Rule]) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """The rules that hang together, each group those of one table."""
    down, across = set(vertical), set(horizontal)
    while down:
        found_down = {down.pop()}
        group_down, group_across = set(found_down), set[Rule]()
        while found_down:
            found_across = {rule for rule in across if any(_meet(other, rule) for other in found_down)}
            across -= found_across
            group_across |= found_across
            found_down = {rule for rule in down if any(_meet(rule, other) for other in found_across)}
            down -= found_down
            group_down |= found_down
        yield sorted(group_down), sorted(group_across)


def _meet(down: Rule, across: Rule) -> bool:
    (x, low, high), (y, left, right) = down, across
    return left - TOUCH <= x <= right + TOUCH and low - TOUCH <= y <= high + TOUCH


def _clustered(places: list[float]) -> list[float]:
    found: list[float] = []
    for place in sorted(places):
        if not found or place - found[-1] > TOUCH:
            found.append(place)
    return found


def _parted(rules: list[Rule], place: float, low: float, high: float) -> bool:
    middle = (low + high) / 2
    return any(abs(at - place) <= TOUCH and start <= middle <= end for at, start, end in rules)
