"""The SQL macros: whatever the true values inside the intervals are, the answer holds for them."""

import math
from collections.abc import Iterator
from datetime import date

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.schema import table
from warehouse.frames import insert
from warehouse.tables import ddl

INFINITY = math.inf
PEOPLE = [500_000, 1_000_000, 2_000_000, 2_000_000, 5_000_000, None]


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        connection.execute(ddl())
        indicator = {"indicator_id": "i", "family": "f", "name_zh": "指标", "name_en": "i", "unit": "t"}
        indicator |= {"dimension": "mass", "definition": "d", "kind": "flow"}
        insert(connection, "core.dim_indicator", rows("core.dim_indicator", [indicator]))
        place = {"adcode": "1", "level": "city", "province": "省", "valid_from": 1983}
        places = [
            {**place, "place_id": f"p{number}", "name": f"市{number}", "population": people}
            for number, people in enumerate(PEOPLE)
        ]
        insert(connection, "core.dim_place", rows("core.dim_place", places))
        yield connection


def rows(name: str, values: list[dict]) -> pl.DataFrame:
    schema = table(name).frame_schema
    return pl.DataFrame([{column: value.get(column) for column in schema} for value in values], schema=schema)


# An interval with a true value in it. Small whole numbers meet often, which is where bounds matter.
numbers = st.one_of(st.integers(0, 6).map(float), st.floats(0, 1e12))


@st.composite
def known(draw: st.DrawFn) -> tuple[dict, float]:
    low, high = sorted([draw(numbers), draw(numbers)])
    high = draw(st.sampled_from([low, high, high, INFINITY]))
    low_open, high_open = (draw(st.booleans()) if low < high else False for _ in range(2))
    ceiling = high if math.isfinite(high) else low + 1e12
    truth = min(max(low + draw(st.floats(0, 1)) * (ceiling - low), low), ceiling)
    inside = (truth > low or not low_open) and (truth < high or not high_open)
    middle = low + (ceiling - low) / 2
    if not inside:
        truth = middle
    if not low < truth < high:
        low_open, high_open = low_open and truth > low, high_open and truth < high
    return {"low": low, "high": high, "low_open": low_open, "high_open": high_open}, truth


def ask(database: duckdb.DuckDBPyConnection, expression: str, *values: object) -> object:
    return database.execute(f"select {expression}", list(values)).fetchone()[0]


def holds(interval: dict, truth: float) -> bool:
    return interval["low"] <= truth <= interval["high"]


@pytest.mark.parametrize(
    ("macro", "arithmetic"),
    [
        ("interval_add", lambda a, b: a + b),
        ("interval_sub", lambda a, b: a - b),
        ("interval_div", lambda a, b: a / b if b else None),
        ("rate_per_km2", lambda a, b: a / (b * 0.000001) if b * 0.000001 else None),
    ],
)
@given(one=known(), other=known())
@settings(max_examples=150, deadline=None)
def test_arithmetic_on_intervals_contains_the_result_of_the_true_values(
    database: duckdb.DuckDBPyConnection, macro: str, arithmetic: object, one: tuple, other: tuple
) -> None:
    result = ask(database, f"{macro}($1, $2)", one[0], other[0])
    truth = arithmetic(one[1], other[1])
    if truth is not None:
        assert holds(result, truth)


@given(one=known(), people=st.integers(1, 10**9), factor=st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_rates_and_multiples_contain_those_of_the_true_value(
    database: duckdb.DuckDBPyConnection, one: tuple, people: int, factor: int
) -> None:
    assert holds(ask(database, "rate_per_10k($1, $2)", one[0], people), one[1] * 10000 / people)
    assert holds(ask(database, "interval_scale($1, $2)", one[0], factor), one[1] * factor)


@given(figures=st.lists(known(), max_size=6))
@settings(max_examples=100, deadline=None)
def test_a_sum_of_a_column_contains_the_sum_of_the_true_values(
    database: duckdb.DuckDBPyConnection, figures: list
) -> None:
    masked = {"low": None, "high": None, "low_open": False, "high_open": False}
    kind = "struct(low double, high double, low_open boolean, high_open boolean)"
    statement = f"interval_sum(each) from (select unnest($1::{kind}[]) as each)"
    total = ask(database, statement, [interval for interval, _ in figures])
    truth = sum(truth for _, truth in figures)
    # Sums of doubles depend on the order in which they are added up.
    assert total["low"] <= truth * (1 + 1e-12) and truth * (1 - 1e-12) <= total["high"]
    assert ask(database, statement, [masked, *(interval for interval, _ in figures)])["low"] is None


@given(one=known(), other=known())
@settings(max_examples=300, deadline=None)
def test_a_comparison_says_more_or_less_only_where_that_is_certain(
    database: duckdb.DuckDBPyConnection, one: tuple, other: tuple
) -> None:
    answer = ask(database, "interval_compare($1, $2)", one[0], other[0])
    back = ask(database, "interval_compare($1, $2)", other[0], one[0])
    assert back == {"more": "less", "less": "more"}.get(answer, answer)
    if answer == "more":
        assert one[1] > other[1]
    elif answer == "less":
        assert one[1] < other[1]
    elif answer == "same":
        assert one[1] == other[1]


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("interval_compare(bounds(30000, 40000, high_open := true), bounds(40000, 40000))", "less"),
        ("interval_compare(bounds(30000, 40000), bounds(40000, 40000))", "can't tell"),
        ("interval_compare(bounds(5, 5), bounds(5, 5))", "same"),
        ("interval_compare(bounds(null, null), bounds(5, 5))", "can't tell"),
        ("interval_text(bounds(30000, 40000, high_open := true))", "[30000, 40000)"),
        ("interval_text(bounds(10240, 10240))", "10240"),
        ("interval_text(bounds(2.5, 'infinity', low_open := true))", "> 2.5"),
        ("interval_text(bounds(null, null))", "masked"),
        ("interval_text(interval_div(bounds(900, 1100), bounds(1000, 1000)))", "[0.9, 1.1]"),
        ("interval_text(interval_div(bounds(1, 'infinity'), bounds(0, 4)))", "≥ 0.25"),
        ("interval_text(interval_add(bounds(1, 2), bounds(null, null)))", "masked"),
        ("interval_text(rate_per_10k(bounds(100, 200, high_open := true), 50000))", "[20, 40)"),
        ("interval_text(rate_per_10k(bounds(100, 200), 0))", "masked"),
        ("period_label('2018-01', '2018-12')", "2018"),
        ("period_label('2018', '2018-09')", "2018-01/2018-09"),
        ("period_label('2015', null)", "2015/.."),
        ("period_label(null, '2019-06')", "../2019-06"),
        ("period_label('2016-02-29', '2016-02-29')", "2016-02-29"),
        ("period_label(null, null)", None),
        ("period_kind('2015/..', null)", "since"),
        ("period_kind('../2019', null)", "until"),
        ("period_kind('2018-01/2018-09', null)", "span"),
        ("period_kind('2018', 'day')", "rate"),
        ("period_kind('2018-03', null)", "month"),
        ("period_kind(null, null)", "undated"),
        ("period_year('2018-01/2019-09')", 2019),
        ("period_final('2018-01/2018-09')", date(2018, 9, 30)),
        ("period_final('../2019')", date(2019, 12, 31)),
        ("period_final('2015/..')", None),
        ("period_year('2015/..')", None),
        ("sentence_at('甲。乙有3个。丙', 4, 6)", "乙有3个。"),
    ],
)
def test_the_macros_say_what_the_docs_say(database: duckdb.DuckDBPyConnection, expression: str, answer: object) -> None:
    assert ask(database, expression) == answer


def test_no_rewriting_of_a_query_makes_an_open_end_fail(database: duckdb.DuckDBPyConnection) -> None:
    """What a query uses twice is worked out ahead of the case that guards it."""
    texts = database.execute(
        "from (values (bounds(500, 'infinity', low_open := true)), (bounds(1, 2))) as t(i) "
        "select interval_text(i), interval_text(i), i.high order by 3"
    ).fetchall()
    assert [text for text, *_ in texts] == ["[1, 2]", "> 500"]


@given(
    start=st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    end=st.dates(date(1990, 1, 1), date(2100, 1, 1)),
)
@settings(max_examples=100, deadline=None)
def test_every_way_to_write_a_period_gives_the_same_label(
    database: duckdb.DuckDBPyConnection, start: object, end: object
) -> None:
    labels = database.execute(
        """
        select count(distinct period_label(s, e)), count(*)
        from (select unnest(ways_to_write_start($1)) as s), (select unnest(ways_to_write_end($2)) as e)
        """,
        [start, end],
    ).fetchone()
    assert labels[0] == 1
    assert 1 <= labels[1] <= 9


@given(figures=st.lists(known(), min_size=1, max_size=len(PEOPLE)))
@settings(max_examples=100, deadline=None)
def test_a_true_rank_lies_between_the_best_and_the_worst_possible_rank(
    database: duckdb.DuckDBPyConnection, figures: list
) -> None:
    database.execute("delete from mart.figure")
    common = {
        "indicator_id": "i",
        "status": "actual",
        "period_kind": "year",
        "period": "2018",
        "year": 2018,
        "unit": "t",
    }
    common |= {"scope": "place", "level": "city", "qualifier": "exact", "redacted": False, "confidence": 1.0}
    common |= {"corrected": False, "report_id": "r", "reports": 1, "figures": 1, "masked": 0, "conflicts": 0}
    stored = [
        {
            **common,
            **interval,
            "figure_id": number,
            "value": truth,
            "place_id": f"p{number}",
            "observation_id": f"o{number}",
        }
        for number, (interval, truth) in enumerate(figures)
    ]
    insert(database, "mart.figure", rows("mart.figure", stored))
    ranks = database.execute("from mart.city_comparison order by place_id").pl().to_dicts()
    truths = [truth for _, truth in figures]
    assert len(ranks) == len(truths)
    if len(truths) == 1:
        assert (ranks[0]["rank"], ranks[0]["comparable"]) == (None, False)
        return
    for number, row in enumerate(ranks):
        assert row["rank_best"] <= 1 + sum(other > truths[number] for other in truths) <= row["rank_worst"]
        assert row["rank"] == 1 + sum(other > truths[number] for other in truths)
        # Exactly as many as are certainly, and possibly, more.
        intervals = [interval for position, (interval, _) in enumerate(figures) if position != number]
        mine = figures[number][0]
        certain = sum(certainly_more(other, mine) for other in intervals)
        possible = sum(other["high"] > mine["low"] for other in intervals)
        assert (row["rank_best"], row["rank_worst"]) == (1 + certain, 1 + possible)
        people = PEOPLE[number]
        if people is None:
            assert row["per_10k_rank_best"] is None
        else:
            rates = [truth * 10000 / each for truth, each in zip(truths, PEOPLE, strict=False) if each]
            place = 1 + sum(rate > truths[number] * 10000 / people for rate in rates)
            assert row["per_10k_rank_best"] <= place <= row["per_10k_rank_worst"]


def certainly_more(this: dict, that: dict) -> bool:
    return this["low"] > that["high"] or (this["low"] == that["high"] and (this["low_open"] or that["high_open"]))
