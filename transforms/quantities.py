"""The quantities of a text: value, range, unit, qualifier, mask, interval, with exact spans.

What counts as a quantity is decided in `transforms.numerals`; here it is read.
"""

from functools import cache

import polars as pl

from transforms.intervals import interval
from transforms.numerals import FUZZ, tokens
from transforms.rules import Rule, first_that_holds, read_rules
from transforms.schema import table
from transforms.units import aliases, unit_pattern, units
from transforms.values import TENTHS
from transforms.vocabulary import load

MENTION = table("stage.mention")
COLUMNS = MENTION.column_names[: MENTION.column_names.index("header") + 1]
QUALIFIERS = next(column.values for column in MENTION.columns if column.name == "qualifier")


@cache
def cues() -> list[Rule]:
    """What sets a qualifier, in order of precedence: `vocabulary/qualifiers.toml`.

    Raises `VocabularyError` for an entry that decides on no qualifier of `stage.mention` or is no rule.
    """
    where = "transforms/vocabulary/qualifiers.toml"
    return read_rules(where, load("qualifiers.toml")["cues"], "qualifier", QUALIFIERS, ("before", "numeral", "behind"))


def quantity_rows(found: pl.DataFrame) -> pl.DataFrame:
    """The quantities among the numerals of `transforms.numerals.tokens`: `stage.mention` up to `header`."""
    fuzz = pl.col("after").str.extract(f"^([{FUZZ}])").fill_null("")
    bracket = pl.col("rest").str.extract(rf"^(\((?:{unit_pattern()}|[一-龥])\))").fill_null("")
    space = pl.when(pl.col("tail") != "").then("space").otherwise(pl.lit(""))
    length = (space + pl.col("tail")).str.len_chars().cast(pl.Int64)
    # The upper end of a range with a unit of its own is read with the lower end.
    upper = pl.col("joins").shift(-1).fill_null(False)
    rows = (
        found.with_columns(fuzz=fuzz)
        .with_columns(tail=pl.concat_str("fuzz", "unit"))
        .with_columns(rest=pl.col("after").str.strip_prefix(pl.col("tail")))
        .with_columns(tail=pl.when(pl.col("unit") != "").then(pl.col("tail") + bracket).otherwise("tail"))
        .with_columns(
            stop=pl.when(upper).then((pl.col("to") + length).shift(-1)).otherwise(pl.col("to") + length),
            value_high=pl.when(upper).then(pl.col("value").shift(-1)).otherwise("value_high"),
        )
        .filter((pl.col("class") == "quantity") & ~pl.col("joins") & pl.col("is_report"))
    )  # fmt: skip
    unit_start = pl.col("to") + pl.concat_str("space", "fuzz").str.len_chars()
    in_source = pl.col("source").str.slice(unit_start, pl.col("unit").str.len_chars())
    # What says what it is a share of: 百分之五, 八成五.
    fraction = pl.coalesce(
        pl.col("numeral").str.extract("^([百千])分之").replace_strict({"百": "%", "千": "‰"}, default=None),
        pl.col("numeral").str.extract(f"^{TENTHS}$", 0).str.slice(1, 1),
    )
    rows = rows.with_columns(in_source=in_source, fraction=fraction).with_columns(
        behind=pl.col("text").str.slice("stop", 6),
        # 6个多百分点 has its fuzz in the unit.
        numeral=pl.concat_str("numeral", "fuzz", pl.col("unit").str.extract("^个(多)").fill_null("")),
        folded_unit=pl.coalesce(
            "fraction", pl.when(pl.col("unit") != "").then(pl.col("unit").replace(aliases())), "header_unit", pl.lit("")
        ),
        raw_unit=pl.coalesce(
            "fraction",
            pl.when(pl.col("in_source") != "").then(pl.col("in_source").replace(aliases())),
            "header_unit",
            pl.lit(""),
        ),
        quantity_id=pl.col("document_id").str.head(16) + "-" + (pl.col("start") + pl.col("offset")).cast(pl.String),
        span_start=pl.col("start") + pl.col("offset"),
        span_end=pl.col("start") + pl.col("stop"),
        raw_text=pl.col("source").str.slice(pl.col("offset"), pl.col("stop") - pl.col("offset")),
    )
    qualifiers = dict(enumerate(cue.decided for cue in cues()))
    qualifier = first_that_holds(rows, cues()).replace_strict(qualifiers, default="exact", return_dtype=pl.String)
    # 3、5和8个: the unit is written once, for the last of them.
    elided = pl.col("rule").is_in(["elided_unit", "masked_elided"]) & (pl.col("folded_unit") == "")
    rows = (
        rows.with_columns(
            qualifier=qualifier,
            folded_unit=pl.when(~elided).then("folded_unit").fill_null(strategy="backward"),
        )
        .join(
            units().rename({"raw_unit": "folded_unit"}),
            on="folded_unit",
            how="left",
            maintain_order="left",
            suffix="_known",
        )
        .with_columns(
            unit=pl.coalesce("unit_known", "folded_unit"),
            factor=pl.col("factor").fill_null(1.0),
            dimension=pl.coalesce("dimension", pl.when(pl.col("folded_unit") == "").then(pl.lit("count"))),
        )
    )
    bounded = pl.col("numeral").str.contains(f"[{FUZZ}]")
    ends = interval(pl.col("value"), pl.col("value_high"), pl.col("qualifier"), bounded)
    rows = rows.with_columns(**ends).with_columns(pl.col("low", "high") * pl.col("factor"))
    return rows.select(pl.col(name).cast(kind) for name, kind in MENTION.frame_schema.items() if name in COLUMNS)


def read_quantities(sentences: pl.DataFrame) -> pl.DataFrame:
    """The quantities in the reports among the sentences (`stage.sentence`), in text order.

    Out: the columns of `stage.mention` up to `header`. `value` is in the unit as written, `low` and
    `high` in the canonical `unit`. Where nothing is counted the frame is empty.
    """
    return quantity_rows(tokens(sentences))
