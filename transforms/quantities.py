"""The quantities of a text: value, range, unit, qualifier, mask, interval, with exact spans.

What counts as a quantity is decided in `transforms.numerals`; here it is read.
"""

from functools import cache
from typing import Any

import polars as pl

from transforms.intervals import interval
from transforms.numerals import FUZZ, tokens
from transforms.schema import table
from transforms.units import aliases, unit_pattern, units
from transforms.vocabulary import VocabularyError, load

MENTION = table("stage.mention")
COLUMNS = MENTION.column_names[: MENTION.column_names.index("header") + 1]
QUALIFIERS = next(column.values for column in MENTION.columns if column.name == "qualifier")


@cache
def cues() -> list[tuple[str, str, str]]:
    """What sets a qualifier: column (`before` or `behind`), pattern, qualifier; in order of precedence.

    Raises `VocabularyError` for a cue of `vocabulary/qualifiers.toml` that is no qualifier of
    `stage.mention`, or whose pattern does not compile.
    """
    found = []
    for entry in load("qualifiers.toml")["cues"]:
        qualifier = entry.get("qualifier")
        patterns = {key: pattern for key, pattern in entry.items() if key != "qualifier"}
        if qualifier not in QUALIFIERS or len(patterns) != 1 or patterns.keys() - {"before", "behind"}:
            raise VocabularyError(
                f"transforms/vocabulary/qualifiers.toml: {entry}: needs a qualifier ({', '.join(QUALIFIERS)}) "
                "and one of before, behind"
            )
        [(column, pattern)] = patterns.items()
        try:
            pl.select(pl.lit("").str.contains(pattern))
        except pl.exceptions.ComputeError as error:
            raise VocabularyError(f"transforms/vocabulary/qualifiers.toml: {entry}: {error}") from error
        found.append((column, pattern, qualifier))
    return found


def quantity_rows(found: pl.DataFrame, sentences: pl.DataFrame) -> pl.DataFrame:
    """The quantities among the numerals of `transforms.numerals.tokens`: `stage.mention` up to `header`."""
    unit_text = pl.col("after").str.extract(rf"^([{FUZZ}]?\s?{unit_pattern()}?(?:\({unit_pattern()}\))?)").fill_null("")
    # The upper end of a range with a unit of its own is read with the lower end.
    upper = pl.col("joins").shift(-1).fill_null(False)
    rows = (
        found.with_columns(
            unit_text=pl.when(pl.col("unit") != "").then(unit_text)
            .otherwise(pl.col("after").str.extract(f"^([{FUZZ}])").fill_null("")),
        )
        .with_columns(stop=pl.col("to") + pl.col("unit_text").str.len_chars().cast(pl.Int64))
        .with_columns(
            stop=pl.when(upper).then(pl.col("stop").shift(-1)).otherwise("stop"),
            value_high=pl.when(upper).then(pl.col("value").shift(-1)).otherwise("value_high"),
        )
        .filter((pl.col("class") == "quantity") & ~pl.col("joins") & pl.col("is_report"))
        .with_columns(behind=pl.col("text").str.slice("stop", 6))
    )  # fmt: skip
    fraction = pl.col("numeral").str.extract("^([百千])分之").replace_strict({"百": "%", "千": "‰"}, default=None)
    rows = _with_headers(rows, sentences).with_columns(
        raw_unit=pl.coalesce(
            fraction, pl.when(pl.col("unit") != "").then(pl.col("unit").replace(aliases())), "header_unit", pl.lit("")
        ),
        quantity_id=pl.col("document_id").str.head(16) + "-" + (pl.col("start") + pl.col("offset")).cast(pl.String),
        span_start=pl.col("start") + pl.col("offset"),
        span_end=pl.col("start") + pl.col("stop"),
        raw_text=pl.col("source").str.slice(pl.col("offset"), pl.col("stop") - pl.col("offset")),
        qualifier=_qualifier(),
    )
    # 3、5和8个: the unit is written once, for the last of them.
    shared = pl.when(pl.col("rule").is_in(["elided_unit", "masked_elided"]) & (pl.col("raw_unit") == "")).then(None)
    rows = (
        rows.with_columns(known_unit=shared.otherwise("raw_unit").fill_null(strategy="backward"))
        .join(
            units().drop("digits_only").rename({"raw_unit": "known_unit"}),
            on="known_unit",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            unit=pl.coalesce("unit_right", "known_unit"),
            factor=pl.col("factor").fill_null(1.0),
            dimension=pl.coalesce("dimension", pl.when(pl.col("known_unit") == "").then(pl.lit("count"))),
        )
    )
    ends = interval(pl.col("value"), pl.col("value_high"), pl.col("qualifier"), pl.col("fuzzy"))
    return pl.DataFrame(
        rows.with_columns(**ends)
        .with_columns(low=pl.col("low") * pl.col("factor"), high=pl.col("high") * pl.col("factor"))
        .select(pl.col(name).cast(kind) for name, kind in MENTION.frame_schema.items() if name in COLUMNS)
    )


def _qualifier() -> pl.Expr:
    """The first cue that applies; 余 or 多 in the number is one of them."""
    decided: Any = pl.when("fuzzy").then(pl.lit("over"))
    for column, pattern, qualifier in cues():
        decided = decided.when(pl.col(column).str.contains(pattern)).then(pl.lit(qualifier))
    return decided.otherwise(pl.lit("exact"))


def _with_headers(rows: pl.DataFrame, sentences: pl.DataFrame) -> pl.DataFrame:
    """Adds `header` (column header and row label) and `header_unit` for quantities in a table, else null."""
    return rows.with_columns(header=pl.lit(None, pl.String), header_unit=pl.lit(None, pl.String))


def read_quantities(sentences: pl.DataFrame) -> pl.DataFrame:
    """The quantities in the reports among the sentences (`stage.sentence`), in text order.

    Out: the columns of `stage.mention` up to `header`. `value` is in the unit as written, `low` and
    `high` in the canonical `unit`. Where nothing is counted the frame is empty.
    """
    return quantity_rows(tokens(sentences), sentences)
