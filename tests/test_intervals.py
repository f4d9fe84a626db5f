"""The interval that a number stands for."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.intervals import interval, last_digit_unit

INF = math.inf


def ends(value, qualifier, bounded=False, high=None):
    frame = pl.DataFrame(
        {"value": [value], "high": [high], "qualifier": [qualifier], "bounded": [bounded]},
        schema_overrides={"value": pl.Float64, "high": pl.Float64},
    )
    return frame.select(**interval(pl.col("value"), pl.col("high"), pl.col("qualifier"), pl.col("bounded"))).row(0)


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (16000, 1000),
        (10240, 10),
        (105, 1),
        (30000, 10000),
        (61.7, 0.1),
        (42.96, 0.01),
        (1461000, 1000),
        (5e9, 1e9),
        (0, 1),
        (0.05, 0.01),
    ],
)
def test_the_last_significant_digit_is_the_last_that_is_not_zero(value, unit):
    found = pl.select(last_digit_unit(pl.lit(float(value)))).item()
    assert found == pytest.approx(unit)


@pytest.mark.parametrize(
    ("value", "high"),
    [(30000, 40000), (6000000, 7000000), (16000, 17000), (1200, 1300), (105, 106), (5e9, 6e9), (146.5, 146.6)],
)
def test_yu_and_duo_reach_up_to_the_next_unit_and_leave_it_out(value, high):
    assert ends(value, "over", bounded=True) == (value, pytest.approx(high), False, True)


def test_over_without_yu_or_duo_is_open_above():
    assert ends(3000, "over") == (3000, INF, False, True)


def test_nearly_reaches_one_unit_down():
    assert ends(200, "nearly") == (100, 200, False, False)
    assert ends(1850, "nearly") == (1840, 1850, False, False)


def test_about_reaches_half_a_unit_either_way_but_at_least_five_per_cent():
    assert ends(300, "approx") == (250, 350, False, False)
    assert ends(1999, "approx") == pytest.approx((1999 * 0.95, 1999 * 1.05, False, False))


def test_at_least_is_open_above_and_at_most_begins_at_zero():
    assert ends(3, "at_least") == (3, INF, False, True)
    assert ends(5, "at_most") == (0, 5, False, False)


def test_a_range_is_itself_whatever_qualifies_it():
    assert ends(3, "approx", high=5) == (3, 5, False, False)


def test_a_masked_number_has_no_interval():
    assert ends(None, "over", bounded=True) == (None, None, False, False)


@given(
    st.floats(min_value=0.01, max_value=1e9).map(lambda value: round(value, 2)),
    st.sampled_from(["exact", "approx", "over", "nearly", "at_least", "at_most"]),
    st.booleans(),
)
def test_the_number_as_written_lies_in_its_interval(value, qualifier, bounded):
    low, high, _, _ = ends(value, qualifier, bounded)
    assert low <= value <= high
    assert (low == high) == (qualifier == "exact")
