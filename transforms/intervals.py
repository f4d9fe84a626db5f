"""The interval that a written number stands for, as the section on the domain in the docs defines it.

Exact: both ends equal. 余 and 多 reach up to the next unit of the last significant digit (3万余 is
[30000, 40000)); 超过, 突破 and 以上 without them are open above. 近 reaches one such unit down, 约 half
a unit either way but at least 5 %. A range is itself, at least v is [v, inf), at most v is [0, v].
"""

import polars as pl

# Powers of ten among which the last significant digit is looked for.
_WHOLE, _DECIMAL = range(15, -1, -1), range(1, 7)
APPROXIMATE = 0.05


def last_digit_unit(value: pl.Expr) -> pl.Expr:
    """The power of ten that the last non-zero digit of `value` counts: 1000 for 16000, 0.1 for 61.7; 1 for zero."""
    whole = [pl.when(value % 10**power == 0).then(pl.lit(float(10**power))) for power in _WHOLE]
    shifted = {power: value * 10**power for power in _DECIMAL}
    decimal = [pl.when((of - of.round()).abs() < 1e-3).then(pl.lit(10.0**-power)) for power, of in shifted.items()]
    return pl.when(value == 0).then(pl.lit(1.0)).otherwise(pl.coalesce(*whole, *decimal, pl.lit(1.0)))


def interval(value: pl.Expr, value_high: pl.Expr, qualifier: pl.Expr, bounded: pl.Expr) -> dict[str, pl.Expr]:
    """The expressions `low`, `high`, `low_open` and `high_open`, in the unit of `value`.

    `qualifier` is one of `stage.mention`; `bounded` says that 余 or 多 stands in the number, so that
    `over` ends at the next unit. A null `value` has null ends.
    """
    unit = last_digit_unit(value)
    margin = pl.max_horizontal(unit / 2, value.abs() * APPROXIMATE)
    infinite = pl.lit(float("inf"))
    is_range = value_high.is_not_null()
    low = (
        pl.when(is_range).then(value)
        .when(qualifier == "nearly").then(value - unit)
        .when(qualifier == "approx").then(value - margin)
        .when(qualifier == "at_most").then(pl.min_horizontal(value, pl.lit(0.0)))
        .otherwise(value)
    )  # fmt: skip
    high = (
        pl.when(is_range).then(value_high)
        .when((qualifier == "over") & bounded).then(value + unit)
        .when(qualifier.is_in(["over", "at_least"])).then(infinite)
        .when(qualifier == "approx").then(value + margin)
        .otherwise(value)
    )  # fmt: skip
    known = value.is_not_null()
    return {
        "low": pl.when(known).then(low),
        "high": pl.when(known).then(high),
        "low_open": pl.lit(False),
        "high_open": known & ~is_range & qualifier.is_in(["over", "at_least"]),
    }
