"""Tables inside documents, written as lines of cells separated by tabs, header first.

A number in a cell is understood by its header, so a merged cell is repeated in every place that it
covers, and a header of several rows becomes one line. What stands above the header (a caption, the
unit, who filled it in) becomes ordinary lines before the table.
"""

import re
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from transforms.readers import UnreadableError

MAX_CELLS = 1_000_000
_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"[-+]?[0-9][0-9,.]*%?")


class Cell(NamedTuple):
    """A cell with its first row and column, counted from 0, and how many of each it covers."""

    row: int
    column: int
    text: str
    row_span: int = 1
    column_span: int = 1


def render(cells: Iterable[Cell]) -> str:
    """The lines of a table.

    Rows without text part a sheet into tables, which a blank line keeps apart. A table of one column is no
    table but a frame around paragraphs. Raises `UnreadableError` above `MAX_CELLS`.
    """
    rows = _expand(cells)
    occupied = sorted(number for number, row in rows.items() if any(cell.text for cell in row.values()))
    blocks = groupby(enumerate(occupied), key=lambda pair: pair[1] - pair[0])
    return "\n\n".join(_block([rows[number] for _, number in block]) for _, block in blocks)


def _expand(cells: Iterable[Cell]) -> dict[int, dict[int, Cell]]:
    """Every place of the table with the cell that covers it, by row and column."""
    rows: dict[int, dict[int, Cell]] = {}
    count = 0
    for cell in cells:
        if not cell.text.strip():
            continue
        count += cell.row_span * cell.column_span
        if count > MAX_CELLS:
            raise UnreadableError("table", f"holds a table of more than {MAX_CELLS:,} cells; split it")
        for row in range(cell.row, cell.row + cell.row_span):
            for column in range(cell.column, cell.column + cell.column_span):
                rows.setdefault(row, {}).setdefault(column, cell)
    return rows


def _block(rows: list[dict[int, Cell]]) -> str:
    columns = sorted(set().union(*rows))
    if len(columns) == 1:
        return "\n".join(line for row in rows for cell in row.values() for line in _lines(cell.text))
    top = next((number for number, row in enumerate(rows) if _is_header(row, len(columns))), 0)
    above = [" ".join(dict.fromkeys(_one_line(cell.text) for _, cell in sorted(row.items()))) for row in rows[:top]]
    depth = _header_depth(rows[top:])
    header = [
        " ".join(dict.fromkeys(_one_line(row[column].text) for row in rows[top : top + depth] if column in row))
        for column in columns
    ]
    body = [[_one_line(row[column].text) if column in row else "" for column in columns] for row in rows[top + depth :]]
    return "\n".join(above + ["\t".join(line) for line in [header, *body]])


def _is_header(row: dict[int, Cell], width: int) -> bool:
    """Whether the row names columns: more than one cell, over most of the width."""
    return len(set(row.values())) > 1 and 2 * len(row) > width


def _header_depth(rows: list[dict[int, Cell]]) -> int:
    """How many rows the header takes: as many as its cells reach down, and one below a cell that parts."""
    depth = min(max(cell.row_span for cell in rows[0].values()), len(rows) - 1) or 1
    parted = any(cell.column_span > 1 for cell in rows[0].values())
    if depth == 1 and parted and len(rows) > 2 and not any(_NUMBER.fullmatch(cell.text) for cell in rows[1].values()):
        return 2
    return depth


def _one_line(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _lines(text: str) -> list[str]:
    """The lines of a cell; tabs part the cells of a table in it."""
    return [line.strip(" ") for line in text.splitlines() if line.strip()]
