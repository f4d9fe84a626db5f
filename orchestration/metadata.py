"""What a person sees of a frame in the Dagster UI: its columns, a preview, a chart. All text in it is inert."""

import string
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

import dagster as dg
import polars as pl

from transforms.schema import Column

PREVIEW_ROWS = 8
PREVIEW_COLUMNS = 8
PREVIEW_ROWS_ON_SIDE = 3
PREVIEW_CELL = 40
BAR_CELLS = 30

# Character references are text to Markdown and to HTML, so a cell that spells every mark as one can hold no markup.
_INERT = {ord(mark): f"&#{ord(mark)};" for mark in string.punctuation}
# A word joiner keeps the UI from making links of addresses that a report or a file name spells out.
_INERT |= {ord("."): "&#8288;&#46;", ord("@"): "&#8288;&#64;", ord(":"): "&#58;&#8288;"}


def inert(value: object, cell: int = PREVIEW_CELL) -> str:
    """The value as Markdown that shows its characters and nothing else, on one line, cut to `cell` of them."""
    text = "" if value is None else str(value)
    text = "".join(" " if c.isspace() else "�" if unicodedata.category(c)[0] == "C" else c for c in text[: cell + 1])
    return (text if len(text) <= cell else text[: cell - 1] + "…").translate(_INERT)


def _table(header: Iterable[object], rows: Iterable[Iterable[object]], cell: int = PREVIEW_CELL) -> str:
    head = [inert(name) for name in header]
    lines = [head, ["---"] * len(head), *([inert(value, cell) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def preview(frame: pl.DataFrame, cell: int = PREVIEW_CELL) -> dg.MarkdownMetadataValue:
    """The first rows of the frame as a Markdown table, at most `cell` characters of each value."""
    if frame.width <= PREVIEW_COLUMNS:
        return dg.MetadataValue.md(_table(frame.columns, frame.head(PREVIEW_ROWS).iter_rows(), cell))
    # The page would squeeze Chinese text into columns one character wide: a wide table is laid on its side.
    rows = frame.head(PREVIEW_ROWS_ON_SIDE).rows()
    return dg.MetadataValue.md(
        _table(("column", *range(1, len(rows) + 1)), zip(frame.columns, *rows, strict=True), cell)
    )


def bars(label: str, counts: Sequence[tuple[object, float]]) -> dg.MarkdownMetadataValue:
    """The counts as a bar chart of `BAR_CELLS` cells at most, in the order given."""
    top = max((count for _, count in counts), default=0) or 1
    rows = ((name, f"{count:,g}", "█" * round(BAR_CELLS * count / top)) for name, count in counts)
    return dg.MetadataValue.md(_table((label, "", ""), rows))


def column_schema(
    columns: Iterable[Column], key: Sequence[str], lineage: Mapping[str, Sequence[str]]
) -> dg.TableSchema:
    """The columns as the UI shows them, each with the `asset:column` that it is made of.

    The open-source UI stores column lineage and shows it nowhere, so it stands in the descriptions as well.
    """
    return dg.TableSchema(columns=[_column(column, key, lineage.get(column.name, ())) for column in columns])


def _column(column: Column, key: Sequence[str], origins: Sequence[str]) -> dg.TableColumn:
    other = [f"one of {', '.join(column.values)}"] if column.values else []
    other += [f"references {column.references}"] if column.references else []
    other += [f"at least {column.minimum:g}"] if column.minimum is not None else []
    other += [f"at most {column.maximum:g}"] if column.maximum is not None else []
    links = (f"[{origin.replace(':', '.')}](/assets/{origin.partition(':')[0]})" for origin in origins)
    return dg.TableColumn(
        name=column.name,
        type=column.type,
        description=f"{column.zh}: {column.en}" + (f"\n\n← {' · '.join(links)}" if origins else ""),
        constraints=dg.TableColumnConstraints(
            nullable=not column.required, unique=[column.name] == list(key), other=other
        ),
    )
