"""What the checks ask, each rule defined once, as a Polars expression that is true where a row is right.

The same expression finds the failing rows of a frame and is what Great Expectations evaluates, counts
and samples (`checks.expectations`). A rule is written in a suite as SQL over the columns of its subject,
or by the name of one in `RULES`; the structural checks use expectations that Great Expectations brings
along, for which `NATIVE` says which rows they mean.

A rule that comes out null does not apply to the row, and the row passes.
"""

from collections.abc import Callable
from typing import Any

import polars as pl

# A numeral that is masked, or masked in part: x吨, 20xx0人, **名. Between two whole numbers × is a sign of size.
MASK = r"[xXｘＸ*＊]|(^|[^0-9])×|×($|[^0-9])"

# Words right after a number without a unit that make it a date, a time or the like.
_NO_QUANTITY_AFTER = r"^\s*[年月日号时点届周][^均个内来]|^\s*[年月日号时点届]$"

_ISO = r"^[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"


def _same_day(date: str, day: str) -> pl.Expr:
    """`date` is not after `day`, compared as coarsely as `date` is written."""
    return pl.col(date) <= pl.col(day).str.head(pl.col(date).str.len_chars())


def _close(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """Equal but for rounding in the last digits of a double."""
    return (left - right).abs() <= 1e-6 * right.abs() + 1e-9


_value, _low, _high = pl.col("value"), pl.col("low"), pl.col("high")
_written = ~pl.col("redacted")
_bounded = pl.when(_written)

RULES: dict[str, pl.Expr] = {
    "every_digit_classified": pl.col("digits") == pl.col("digits_classified"),
    "classified_once": (pl.col("next_start").is_null() | (pl.col("span_end") <= pl.col("next_start")))
    & pl.when(pl.col("report_id").is_null())
    .then(pl.col("quantity_id").is_null())
    .otherwise((pl.col("class") == "quantity") == pl.col("quantity_id").is_not_null()),
    "evidence_at_span": pl.col("evidence_stands")
    & (pl.col("raw_text") == pl.col("at_span"))
    & (pl.col("span_end") - pl.col("span_start") == pl.col("raw_text").str.len_chars().cast(pl.Int64)),
    "is_a_quantity": ~(
        pl.col("before").str.contains("第$")
        | ((pl.col("raw_unit") == "") & pl.col("after").str.contains(_NO_QUANTITY_AFTER))
        | pl.col("raw_unit").is_in(["年", "月", "日", "号", "时", "点", "届"])
        | pl.col("raw_text").str.contains(r"^(1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}|[48]00-?[0-9]{3}-?[0-9]{4})$")
    ),
    "value_as_written": _bounded.then(_close(pl.col("written_value"), pl.col("read_value"))),
    "mask_as_written": pl.when("redacted")
    .then(pl.col("raw_text").str.contains(MASK) & _value.is_null() & _low.is_null() & _high.is_null())
    .otherwise(~pl.col("raw_text").str.contains(MASK)),
    "number_complete": _bounded.then(
        (_value.is_finite() & (_value >= 0)).fill_null(False)
        & (_low.is_finite() & (_low >= 0)).fill_null(False)
        & (_high.is_not_nan() & (_high >= 0)).fill_null(False)
    ),
    "interval_contains_value": _bounded.then((_low <= _value) & (_value <= _high)),
    "interval_fits_qualifier": _bounded.then(
        pl.when(pl.col("read_high").is_not_null())
        .then(_low < _high)
        .when(pl.col("qualifier") == "exact")
        .then((_low == _high) | pl.col("written_high").is_not_null())
        .when(pl.col("qualifier") == "approx")
        .then((_low < _value) & (_value < _high))
        .when(pl.col("qualifier").is_in(["over", "at_least"]))
        .then((_low == _value) & (_high > _value))
        .otherwise((_low < _value) | (_value == 0))
    ),
    "dimension_fits": pl.when(pl.col("raw_unit") != "", pl.col("dimension").is_not_null()).then(
        pl.col("dimension_accepted").fill_null(False) | pl.col("word_accepted").fill_null(False)
    ),
    "value_plausible": _bounded.then(
        (_low <= pl.col("plausible_high").fill_null(float("inf"))) & (_high >= pl.col("plausible_low").fill_null(0))
    ),
    "per_capita_plausible": pl.when(_written & (pl.col("population") > 0)).then(
        _low <= pl.col("per_capita_high") * pl.col("population")
    ),
    "period_well_formed": (pl.col("period_start").str.contains(_ISO).fill_null(True))
    & (pl.col("period_end").str.contains(_ISO).fill_null(True))
    & (pl.col("period_start").str.head(pl.col("period_end").str.len_chars()) <= pl.col("period_end")).fill_null(True)
    & (pl.col("period_basis").is_null() == (pl.col("period_start").is_null() & pl.col("period_end").is_null())),
    "rebuild_equals_increment": pl.col("rebuilt").eq_missing(pl.col("grown")),
    "period_not_after_arrival": pl.when(pl.col("status") == "actual").then(
        _same_day("period_start", "arrived_on").fill_null(True) & _same_day("period_end", "arrived_on").fill_null(True)
    ),
}

# Expectations of Great Expectations itself: the rows that satisfy them, from the same arguments.
NATIVE: dict[str, Callable[..., pl.Expr]] = {
    "expect_column_values_to_not_be_null": lambda column: pl.col(column).is_not_null(),
    "expect_column_values_to_be_in_set": lambda column, value_set: pl.col(column).is_in(value_set),
    "expect_column_values_to_be_between": lambda column, min_value=None, max_value=None: pl.col(column).is_between(
        float("-inf") if min_value is None else min_value, float("inf") if max_value is None else max_value
    ),
    "expect_column_values_to_be_unique": lambda column: pl.col(column).is_null() | pl.col(column).is_unique(),
    "expect_compound_columns_to_be_unique": lambda column_list: pl.struct(column_list).is_unique(),
}


def expression(holds: str, where: str | None = None) -> pl.Expr:
    """The rule: one of `RULES` by its name, or SQL; it applies where `where` (SQL) is true.

    Raises `polars.exceptions.PolarsError` for SQL that cannot be read.
    """
    rule = RULES[holds] if holds in RULES else pl.sql_expr(holds)
    return rule if where is None else pl.when(pl.sql_expr(where)).then(rule)


def columns(rule: pl.Expr) -> list[str]:
    """The columns that a rule reads, in order of appearance."""
    return list(dict.fromkeys(rule.meta.root_names()))


def right_rows(kind: str, arguments: dict[str, Any]) -> pl.Expr | None:
    """Which rows satisfy the expectation (of Boolean, without nulls), or null where it is not about rows."""
    if "holds" in arguments:
        return expression(arguments["holds"], arguments.get("where")).fill_null(True)
    return NATIVE[kind](**arguments).fill_null(True) if kind in NATIVE else None
