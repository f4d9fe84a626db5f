"""Tables inside documents: lines of cells separated by tabs, the first of which is the header."""

import polars as pl

from transforms.units import unit_pattern


def with_headers(found: pl.DataFrame, sentences: pl.DataFrame) -> pl.DataFrame:
    """Adds to numerals what a table or a label says about them.

    In: `document_id`, `sentence_id`, `text`, `offset` and `before` of the numerals
    (`transforms.numerals`), and their sentences (`stage.sentence`). Adds `header`, the label of the row
    and the header of the column, joined by a space (what is counted comes last, as in a phrase), null
    outside of tables and in header lines; and `header_multiplier` and `header_unit`, such as 万 and 元:
    from the header (投入(万元)), from a cell under 单位, from the label, or from a line 单位:万元 above
    the table; outside of tables from a label before the number (投入(万元):2300). Both are null where
    none of them tells.
    """
    unit = f"[十百千万亿]*{unit_pattern()}"
    is_row = pl.col("text").str.contains("\t", literal=True)
    if sentences.select(is_row.any()).item():
        found = _in_tables(found, sentences, is_row, unit)
    else:
        found = found.with_columns(pl.lit(None, pl.String).alias(name) for name in ("header", "said"))
    labelled = pl.col("before").str.extract(rf"\(({unit})\) ?[:为达]?$")
    return (
        found.with_columns(said=pl.coalesce("said", labelled))
        .with_columns(
            header_unit=pl.coalesce(
                pl.col("said").str.extract(f"^({unit_pattern()})$"),
                pl.col("said").str.extract(f"^[十百千万亿]+({unit_pattern()})$"),
            )
        )
        .with_columns(header_multiplier=pl.col("said").str.strip_suffix(pl.col("header_unit")))
        .drop("said")
    )


def _in_tables(found: pl.DataFrame, sentences: pl.DataFrame, is_row: pl.Expr, unit: str) -> pl.DataFrame:
    """Adds `header`, as `with_headers` does, and `said`, the unit with its multiplier (万元) that the table names; null outside of tables."""
    above, previous = pl.col("text").shift(1).over("document_id"), is_row.shift(1).over("document_id")
    rows = (
        sentences.select("document_id", "sentence_id", "text", above=above, is_row=is_row, first=is_row & ~previous.fill_null(False))
        .filter("is_row")
        .with_columns(
            head=pl.when("first").then("text").forward_fill(),
            caption=pl.when("first").then(pl.col("above").fill_null("").str.extract("单位[:为]?(.*)").fill_null("")).forward_fill(),
        )
        .filter(~pl.col("first"))
        .select(
            "document_id", "sentence_id", "head", "caption",
            unit_column=pl.col("head").str.extract(r"^((?:[^\t]*\t)*)(?:计量)?单位\s*(?:\t|$)").str.count_matches("\t"),
            label=pl.col("text").str.extract(r"(?:^|\t)\s*([^\t\n]*[^0-9.,%\s][^\t\n]*)").fill_null("").str.strip_chars(),
        )
    )  # fmt: skip
    column = pl.col("text").str.head(pl.col("offset")).str.count_matches("\t", literal=True)
    in_brackets = rf"[(/:,]\s*(?:单位[:为]?)?({unit})\s*\)?$"
    return (
        found.join(rows, on=["document_id", "sentence_id"], how="left", maintain_order="left")
        .with_columns(top=_cell("head", column), measured_in=_cell("text", pl.col("unit_column")))
        .with_columns(
            header=pl.concat_str("label", "top", separator=" ").str.strip_chars(),
            said=pl.coalesce(
                pl.col("top").str.extract(in_brackets),
                pl.col("top").str.extract("([人户家场车台辆件]次)$"),
                pl.col("measured_in").str.extract(f"^({unit})$"),
                pl.col("label").str.extract(in_brackets),
                pl.col("caption").str.extract(f"^\\s*({unit})"),
            ),
        )
        .drop("head", "caption", "unit_column", "label", "top", "measured_in")
    )


def _cell(row: str, column: pl.Expr) -> pl.Expr:
    cells = pl.col(row).str.strip_chars("\r\n").str.split("\t")
    return cells.list.get(column, null_on_oob=True).str.strip_chars()
