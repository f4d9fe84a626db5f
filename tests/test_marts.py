"""What the marts say of a few reports written out here."""

import math
from pathlib import Path

import pytest
from told import Figure, Report, load, new_home, place_id, year

from warehouse.compare import compare
from warehouse.explain import explain
from warehouse.home import Home, WarehouseError
from warehouse.query import query

GARBAGE, PARKING, FUNDS = "garbage_cleared", "parking_spaces", "funds_invested"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path)


def garbage(value: float | None, period: str = "2018", **more: object) -> Figure:
    return Figure(GARBAGE, value, **{**year(period), **more})


def figures(home: Home, where: str = "true") -> list[dict]:
    return query(home, f"from mart.city_comparison where {where} order by rank nulls last, place_name").to_dicts()


def test_places_with_the_same_indicator_status_period_and_level_are_ranked(home: Home) -> None:
    load(
        home,
        Report("苏州市", [garbage(900)]),
        Report("无锡市", [garbage(700)]),
        Report("南通市", [garbage(800)]),
    )
    found = figures(home)
    assert [(row["place_name"], row["rank"], row["rank_best"], row["rank_worst"]) for row in found] == [
        ("苏州市", 1, 1, 1),
        ("南通市", 2, 2, 2),
        ("无锡市", 3, 3, 3),
    ]
    assert all(row["comparable"] and row["why_not"] is None and row["peers"] == 2 for row in found)


def test_a_rank_says_how_good_and_how_bad_it_may_be(home: Home) -> None:
    over = {"qualifier": "over", "high_open": True}
    load(
        home,
        Report("苏州市", [garbage(900)]),
        Report("无锡市", [garbage(800, high=1000, **over)]),
        Report("南通市", [garbage(700)]),
        Report("扬州市", [garbage(1000)]),
        Report("泰州市", [garbage(100, high=math.inf, **over)]),
    )
    ranks = {row["place_name"]: (row["rank_best"], row["rank_worst"]) for row in figures(home)}
    # 无锡市 has less than 1000 and so certainly less than 扬州市; 泰州市 may have any number from 100.
    assert ranks == {"扬州市": (1, 2), "苏州市": (2, 4), "无锡市": (2, 4), "南通市": (4, 5), "泰州市": (1, 5)}
    assert {row["place_name"] for row in figures(home, "not comparable")} == {"泰州市"}
    assert "区间过宽" in figures(home, "place_name = '泰州市'")[0]["why_not"]


def test_a_cumulative_figure_is_never_ranked_against_an_annual_one(home: Home) -> None:
    load(
        home,
        Report("苏州市", [garbage(900)]),
        Report("无锡市", [garbage(700)]),
        Report("南通市", [Figure(GARBAGE, 8000, start="2015")]),
        Report("扬州市", [Figure(GARBAGE, 8000, start="2018-01", end="2018-09")]),
        Report("泰州市", [Figure(GARBAGE, 8, per="day")]),
    )
    assert [(row["place_name"], row["peers"]) for row in figures(home, "comparable")] == [("苏州市", 1), ("无锡市", 1)]
    assert {row["period_kind"] for row in figures(home, "not comparable")} == {"since", "span", "rate"}


def test_figures_of_other_years_compare_where_no_other_place_has_the_same_and_say_so(home: Home) -> None:
    load(
        home,
        Report("苏州市", [garbage(900, "2018"), garbage(100, "2015"), garbage(150, "2014")]),
        Report("无锡市", [garbage(700, "2018")]),
        Report("南通市", [garbage(800, "2017"), garbage(950, "2016")]),
        Report("扬州市", [garbage(400, "2015")]),
        Report("泰州市", [Figure(GARBAGE, 5000, end="2017")]),
        Report("镇江市", [Figure(GARBAGE, 4000, end="2019-06")]),
    )
    found = {(row["place_name"], row["period"]): row for row in figures(home)}
    ranks = {key: (row["compared_with"], row["rank"], row["peers"]) for key, row in found.items()}
    assert ranks == {
        # Two years have peers of their own.
        ("苏州市", "2018"): ("same_period", 1, 1),
        ("无锡市", "2018"): ("same_period", 2, 1),
        ("扬州市", "2015"): ("same_period", 1, 1),
        ("苏州市", "2015"): ("same_period", 2, 1),
        # The latest of 南通市 stands among the latest of the others: 900, 800, 700, 400.
        ("南通市", "2017"): ("other_periods", 2, 3),
        ("南通市", "2016"): (None, None, 0),
        ("苏州市", "2014"): (None, None, 0),
        ("泰州市", "../2017"): ("other_periods", 1, 1),
        ("镇江市", "../2019-06"): ("other_periods", 2, 1),
    }
    assert all(row["comparable"] == (row["rank"] is not None) for row in found.values())
    assert "本地区另有更近的数字" in found["南通市", "2016"]["why_not"]


def test_what_began_in_different_years_or_is_another_stretch_is_never_ranked(home: Home) -> None:
    load(
        home,
        Report("苏州市", [Figure(GARBAGE, 900, start="2015")]),
        Report("无锡市", [Figure(GARBAGE, 700, start="2015")]),
        Report("南通市", [Figure(GARBAGE, 800, start="2016")]),
        Report("扬州市", [Figure(GARBAGE, 800, start="2018-01", end="2018-09")]),
        Report("泰州市", [Figure(GARBAGE, 800, start="2018-01", end="2018-10")]),
    )
    assert {row["place_name"]: row["rank"] for row in figures(home, "comparable")} == {"苏州市": 1, "无锡市": 2}
    assert {row["rank"] for row in figures(home, "not comparable")} == {None}
    assert {row["why_not"][:11] for row in figures(home, "not comparable")} == {"没有同级、同期的其他地"}


def test_what_does_not_compare_says_why(home: Home) -> None:
    why_not = {
        Report("南通市", [garbage(None)]): "数值已遮盖 / the number is masked",
        Report("扬州市", [Figure(GARBAGE, 800)]): "期间不明 / no period is stated",
        Report("泰州市", [garbage(800)], level="unit", organisation="泰州市城管局"): "只是报告单位自身的数字 / ",
        Report("镇江市", [garbage(800, unit="m3")]): "单位不能换算 / ",
        Report(None, [garbage(800)], level="city"): "地区不明 / the place is not known",
        Report("昆山市", [garbage(800)]): "没有同级、同类期间的其他地区 / ",
        Report("盐城市", [garbage(800, status="target")]): "没有同级、同类期间的其他地区 / ",
    }
    load(home, Report("苏州市", [garbage(900)]), Report("无锡市", [garbage(700)]), *why_not)
    assert [row["place_name"] for row in figures(home, "comparable")] == ["苏州市", "无锡市"]
    reasons = {row["place_name"]: row["why_not"] for row in figures(home, "not comparable")}
    assert len(reasons) == len(why_not)
    for report, reason in why_not.items():
        assert reasons[report.place].startswith(reason)


def test_a_figure_of_a_county_is_not_added_into_its_city(home: Home) -> None:
    load(home, Report("苏州市", [garbage(900)]), Report("昆山市", [garbage(300)]), Report("常熟市", [garbage(200)]))
    assert {(row["place_name"], row["level"], row["value"]) for row in figures(home)} == {
        ("苏州市", "city", 900),
        ("昆山市", "county", 300),
        ("常熟市", "county", 200),
    }
    assert {row["place_name"] for row in figures(home, "comparable")} == {"昆山市", "常熟市"}


def test_figures_per_10_000_people_are_ranked_by_their_own_intervals(home: Home) -> None:
    load(home, Report("苏州市", [garbage(1274)]), Report("拉萨市", [garbage(900, high=1000, qualifier="approx")]))
    lhasa, suzhou = sorted(figures(home), key=lambda row: row["per_10k_rank"])
    assert (lhasa["place_name"], lhasa["rank"], lhasa["per_10k_rank"]) == ("拉萨市", 2, 1)
    assert lhasa["per_10k_low"] == pytest.approx(900 * 10000 / lhasa["population"])
    assert lhasa["per_10k_high"] == pytest.approx(1000 * 10000 / lhasa["population"])
    assert (suzhou["per_10k_rank_best"], suzhou["per_10k_rank_worst"]) == (2, 2)


def test_several_reports_of_one_figure_become_the_best_one(home: Home) -> None:
    suzhou, wuxi, nantong, yangzhou, taizhou = places = ["苏州市", "无锡市", "南通市", "扬州市", "泰州市"]
    load(
        home,
        # The place's own report stands above a mention by another.
        Report(suzhou, [garbage(500)]),
        Report("盐城市", [garbage(600, place_id=place_id(suzhou))], year=2019),
        # A later report stands above an earlier one.
        Report(wuxi, [garbage(500)], reported_on="2019-02"),
        Report(wuxi, [garbage(600)], reported_on="2018-12"),
        # Exact stands above fuzzy.
        Report(nantong, [garbage(500)]),
        Report(nantong, [garbage(500, high=600, qualifier="over", high_open=True)]),
        # A number stands above a mask.
        Report(yangzhou, [garbage(500)]),
        Report(yangzhou, [garbage(None)], year=2020),
        # A period stated to the month stands above one stated to the year.
        Report(taizhou, [Figure(GARBAGE, 500, start="2018-01", end="2018-12")]),
        Report(taizhou, [garbage(600)], year=2019),
    )
    assert {row["place_name"]: (row["value"], row["reports"]) for row in figures(home)} == dict.fromkeys(
        places, (500, 2)
    )
    roles = query(home, "from mart.reconciliation select role, n: count(*) group by role order by role").rows()
    assert roles == [("agrees", 1), ("best", 5), ("contradicts", 3), ("masked", 1)]


def test_reports_that_contradict_each_other_are_a_conflict_with_the_evidence_of_both(home: Home) -> None:
    load(home, Report("苏州市", [garbage(500)]), Report("苏州市", [garbage(700)], year=2019))
    (found,) = figures(home)
    assert (found["value"], found["conflicts"]) == (700, 1)
    (conflict,) = query(home, "from mart.conflict").to_dicts()
    assert (conflict["kind"], conflict["low"], conflict["other_low"]) == ("report", 700, 500)
    assert conflict["raw_text"] in conflict["evidence"]
    assert conflict["other_raw_text"] in conflict["other_evidence"]


def test_a_part_that_another_report_states_is_no_conflict(home: Home) -> None:
    load(home, Report("苏州市", [garbage(500), garbage(20)]), Report("苏州市", [garbage(500), garbage(30)], year=2019))
    (found,) = figures(home)
    assert (found["conflicts"], found["figures"]) == (0, 4)
    assert query(home, "from mart.conflict").is_empty()
    roles = query(home, "from mart.reconciliation select role, value order by value").rows()
    assert [(role, value) for role, value in roles if value < 500] == [("same_report", 20), ("same_report", 30)]


def test_a_fuzzy_figure_that_an_exact_one_lies_in_is_no_conflict(home: Home) -> None:
    fuzzy = garbage(500, high=600, qualifier="over", high_open=True)
    load(home, Report("苏州市", [garbage(580)]), Report("苏州市", [fuzzy], year=2019))
    assert [row["conflicts"] for row in figures(home)] == [0]
    assert query(home, "from mart.conflict").is_empty()


def test_what_has_grown_since_is_no_conflict(home: Home) -> None:
    load(
        home,
        Report("苏州市", [Figure(PARKING, 500, start="2015")], year=2017),
        Report("苏州市", [Figure(PARKING, 900, start="2015")], year=2019),
    )
    (found,) = figures(home)
    assert (found["value"], found["conflicts"], found["period"]) == (900, 0, "2015/..")
    assert set(query(home, "from mart.reconciliation")["role"]) == {"best", "other_time"}


def test_of_several_figures_of_one_report_the_largest_counts_as_the_others_may_be_parts(home: Home) -> None:
    load(home, Report("苏州市", [garbage(300), garbage(500), garbage(200)]))
    (found,) = figures(home)
    assert (found["value"], found["reports"], found["figures"], found["conflicts"]) == (500, 1, 3, 0)


def test_two_units_of_one_city_keep_their_own_figures(home: Home) -> None:
    load(
        home,
        Report("苏州市", [garbage(10)], level="unit", organisation="城管局"),
        Report("苏州市", [garbage(20)], level="unit", organisation="教育局"),
    )
    assert {(row["reporter"], row["value"]) for row in figures(home)} == {("城管局", 10), ("教育局", 20)}


def test_coverage_tells_reported_from_masked_from_missing(home: Home) -> None:
    load(
        home, Report("苏州市", [garbage(900), Figure(PARKING, None, **year("2018"))]), Report("无锡市", [garbage(None)])
    )
    states = query(
        home,
        "from mart.indicator_coverage select place_name, indicator_id, state "
        "where indicator_id in ('garbage_cleared', 'parking_spaces') order by all",
    ).rows()
    assert states == [
        ("无锡市", GARBAGE, "masked"),
        ("无锡市", PARKING, "missing"),
        ("苏州市", GARBAGE, "reported"),
        ("苏州市", PARKING, "masked"),
    ]


def test_a_target_is_matched_with_later_results_and_the_share_reached_is_an_interval(home: Home) -> None:
    load(
        home,
        Report("苏州市", [Figure(PARKING, 1000, status="target", **year("2019"))], year=2018),
        Report("苏州市", [Figure(PARKING, 900, high=1100, qualifier="approx", **year("2019"))], year=2019),
        Report("苏州市", [Figure(PARKING, 5, **year("2017"))], year=2017),
    )
    (found,) = query(home, "from mart.target_vs_actual").to_dicts()
    assert found["comparable"]
    assert (found["share_low"], found["share_high"], found["verdict"]) == (0.9, 1.1, "can't tell")


def test_a_verdict_on_a_target_holds_for_every_value_in_the_intervals(home: Home) -> None:
    at_least = {"value": 1000, "high": math.inf, "qualifier": "at_least"}
    verdicts = {
        "苏州市": ({"value": 1000}, {"value": 1000}, "reached"),
        "无锡市": ({"value": 1000}, {"value": 999}, "short"),
        "南通市": (at_least, {"value": 1200}, "reached"),
        "扬州市": (at_least, {"value": 800, "high": 900}, "short"),
        "泰州市": ({"value": 1000}, {"value": 900, "high": 1000, "high_open": True}, "short"),
        "镇江市": ({"value": 1000}, {"value": 900, "high": 1001}, "can't tell"),
    }
    reports = []
    for place, (target, actual, _) in verdicts.items():
        reports.append(Report(place, [Figure(PARKING, status="target", **year("2019"), **target)], year=2018))
        reports.append(Report(place, [Figure(PARKING, **year("2019"), **actual)], year=2019))
    load(home, *reports)
    found = dict(query(home, "from mart.target_vs_actual select place_name, verdict").rows())
    assert found == {place: verdict for place, (_, _, verdict) in verdicts.items()}


def test_money_set_aside_is_a_plan_that_money_spent_answers(home: Home) -> None:
    load(
        home,
        Report("苏州市", [Figure("funds_budgeted", 1200, per="year")], year=2018),
        Report("苏州市", [Figure(FUNDS, 600, **year("2018"))], year=2018),
        Report("苏州市", [Figure(FUNDS, 600, start="2015")], year=2019),
    )
    found = {row["actual_period"]: row for row in query(home, "from mart.target_vs_actual").to_dicts()}
    assert (found["2018"]["comparable"], found["2018"]["share_low"]) == (True, 0.5)
    assert found["2015/.."]["why_not"] == "期间不同 / the periods differ"


def test_a_plan_is_answered_by_its_own_period_alone(home: Home) -> None:
    load(
        home,
        Report(
            "苏州市",
            [
                Figure(PARKING, 100, status="target", **year("2018")),
                Figure(PARKING, 400, status="target", start="2018"),
                Figure(PARKING, 900, status="target", end="2020"),
            ],
            year=2018,
        ),
        Report(
            "苏州市",
            [Figure(PARKING, value, **year(value_year)) for value, value_year in ((110, "2018"), (120, "2019"))]
            + [Figure(PARKING, 1000, end="2021")],
            year=2021,
        ),
    )
    rows = query(home, "from mart.target_vs_actual").to_dicts()
    answered = {(row["target_period"], row["actual_period"]) for row in rows if row["comparable"]}
    assert answered == {("2018", "2018"), ("../2020", "../2021")}
    assert {row["why_not"] for row in rows if not row["comparable"]} == {"期间不同 / the periods differ"}
    assert all((row["verdict"] is None) == (not row["comparable"]) for row in rows)


def test_a_report_is_seen_at_a_glance(home: Home) -> None:
    load(home, Report("苏州市", [garbage(900), Figure("other", 3), Figure(PARKING, None, start="2015")]))
    (found,) = query(home, "from mart.report_profile").to_dicts()
    assert (found["quantities"], found["catalogued"], found["masked"], found["dated"]) == (3, 2, 1, 2)
    assert found["families"] == "facilities, sanitation"


def test_compare_ranks_what_compares_and_lists_the_rest_with_the_reason(home: Home) -> None:
    load(
        home,
        Report("苏州市", [garbage(900)]),
        Report("无锡市", [garbage(700)]),
        Report("南通市", [garbage(None)]),
        Report("扬州市", [garbage(5, "2017")]),
    )
    found = compare(home, "清理垃圾量", year=2018)
    assert found["place_name"].to_list() == ["苏州市", "无锡市", "南通市"]
    assert found["rank"].to_list() == [1, 2, None]
    assert len(compare(home, GARBAGE)) == 4
    assert compare(home, GARBAGE, level="county").is_empty()
    with pytest.raises(WarehouseError, match="did you mean garbage_cleared"):
        compare(home, "garbage")
    with pytest.raises(WarehouseError, match="there is no level"):
        compare(home, GARBAGE, level="planet")


def test_an_explanation_shows_the_span_the_rules_and_the_other_reports(home: Home) -> None:
    load(home, Report("苏州市", [garbage(500), Figure("other", 3)]), Report("苏州市", [garbage(700)], year=2019))
    rows = query(home, "from mart.reconciliation order by role")
    best, against = (explain(home, observation_id) for observation_id in rows["observation_id"])
    assert "【700个】" in str(best)
    assert "indicator=head:测试" in str(best)
    assert (against.role, against.best_observation_id) == ("contradicts", best.quantity_id)
    assert [other["observation_id"] for other in best.others] == [against.quantity_id]
    uncatalogued = query(home, "from core.fact_quantity where indicator_id = 'other'")["quantity_id"].item()
    assert "no indicator of the catalogue fits" in str(explain(home, uncatalogued))
    with pytest.raises(WarehouseError, match="no observation or quantity"):
        explain(home, "nothing-0")


def test_periods_written_in_different_ways_are_one_period(home: Home) -> None:
    same = [
        {"start": "2018", "end": "2018"},
        {"start": "2018-01", "end": "2018-12"},
        {"start": "2018", "end": "2018-12-31"},
    ]
    places = ["苏州市", "无锡市", "南通市"]
    load(home, *(Report(place, [Figure(GARBAGE, 5, **period)]) for place, period in zip(places, same, strict=True)))
    assert query(home, "from mart.city_comparison select distinct period_kind, period, peers").rows() == [
        ("year", "2018", 2)
    ]
