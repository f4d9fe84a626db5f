"""The checks of a batch: their declarations, their rules, and what a validation makes of them."""

import re
import subprocess
import sys
from functools import cache
from html import unescape
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planting import ARRIVED, Frames, example_frames, kinds, plant

from checks.data_docs import page
from checks.rules import RULES, expression, right_rows
from checks.subjects import Texts, _readings
from checks.suites import SUITES, SuiteError, declared_checks, read_suite, suites
from checks.validation import compare_rebuild, validate
from transforms.schema import table

CHECKS = {check.name: check for check in declared_checks()}


@cache
def clean() -> Frames:
    return example_frames()


# ── declarations ─────────────────────────────────────────────────────────────────────────────────


def test_the_declared_checks_are_known_without_loading_great_expectations():
    script = (
        "import sys, checks.suites as s, checks.quarantine, checks.data_docs, checks.validation;"
        "assert len(s.declared_checks()) > 50; assert 'great_expectations' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_every_check_has_a_name_of_its_own_fit_for_dagster_and_an_explanation_in_both_languages():
    assert len(CHECKS) == len(declared_checks())
    for check in CHECKS.values():
        assert re.fullmatch(r"[a-z0-9_]+__[a-z0-9_]+", check.name)
        assert re.search(r"[\u4e00-\u9fff]", check.zh)
        assert re.search(r"[A-Za-z]{3}", check.en)
        assert check.asset in {"documents", "reports", "numerals", "mentions", "observations", "accepted"}


def test_only_errors_that_dropping_rows_cannot_mend_block():
    assert CHECKS["observations__key"].blocking
    assert not CHECKS["observations__value_plausible"].blocking
    assert not CHECKS["load__mask_share_usual"].blocking


def test_every_column_that_a_table_requires_is_expected_not_to_be_null():
    required = {
        column.name for column in table("core.fact_observation").columns if column.required
    } - {"batch_id", "corrected", "figure_id"}  # fmt: skip
    expected = {e.arguments["column"] for e in CHECKS["observations__required"].expectations}
    assert expected == required


def test_every_value_that_a_table_allows_is_expected():
    status = next(e for e in CHECKS["observations__values"].expectations if e.arguments["column"] == "status")
    assert status.arguments["value_set"] == ["actual", "target"]


def test_every_named_rule_is_used_by_a_suite_or_has_its_own_function():
    used = {e.arguments.get("holds") for check in CHECKS.values() for e in check.expectations}
    assert set(RULES) - used == {"rebuild_equals_increment"}


HEAD = 'asset = "observations"\ntable = "core.fact_observation"\nscope = "row"\nkey = ["observation_id"]\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('asset = "observations"\n', "suites/mine.toml: needs asset, table, scope and key"),
        (HEAD + 'speed = "fast"\n', r"unknown: \['speed'\]"),
        (HEAD + '[checks.a]\nseverity = "fatal"\nholds = "value > 0"\nzh = "一"\nen = "one"\n', r"\[checks.a\]: needs severity"),
        (HEAD + '[checks.a]\nseverity = "error"\nholds = "value > 0"\nen = "one"\n', r"\[checks.a\]: needs severity"),
        (HEAD + '[checks.a]\nseverity = "error"\nzh = "一"\nen = "one"\n', r"\[checks.a\]: needs either holds"),
        (HEAD + '[checks.a]\nseverity = "error"\nholds = "value >"\nzh = "一"\nen = "one"\n', r"mine.toml: \[checks.a\]"),
        (HEAD + '[checks.a]\nseverity = "error"\nrule = "no_such"\nzh = "一"\nen = "one"\n', "no_such is not in"),
    ],
)  # fmt: skip
def test_a_suite_that_is_not_well_formed_is_refused_with_file_and_check(text: str, says: str):
    with pytest.raises(SuiteError, match=says):
        read_suite("mine", text)


# ── rules ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("raw_text", "raw_unit", "value", "high"),
    [
        ("3.2万吨", "吨", 32_000, None),
        ("12,600余处", "处", 12_600, None),
        ("50多亿元", "元", 5e9, None),
        ("１２３４个", "个", 1_234, None),
        ("42.96%", "%", 42.96, None),
        ("3千克", "千克", 3, None),
        ("600", "", 600, None),
        ("3至5万个", "个", 30_000, 50_000),
        ("30万—40万份", "份", 300_000, 400_000),
        ("1万2千人", "人", None, None),
        ("三百余名", "名", None, None),
        ("x万余起", "起", None, None),
    ],
)
def test_the_second_reader_reads_plain_digits_and_leaves_the_rest_alone(raw_text, raw_unit, value, high):
    frame = pl.DataFrame(
        {"raw_text": [raw_text], "raw_unit": [raw_unit], "header": [None]}, schema_overrides={"header": pl.String}
    )
    assert frame.select(**_readings()).row(0) == (pytest.approx(value) if value else None, high)


@pytest.mark.parametrize(
    ("rule", "row", "right"),
    [
        ("interval_contains_value", {"value": 5.0, "low": 5.0, "high": 6.0, "redacted": False}, True),
        ("interval_contains_value", {"value": 7.0, "low": 5.0, "high": 6.0, "redacted": False}, False),
        ("interval_contains_value", {"value": None, "low": None, "high": None, "redacted": True}, True),
        ("period_not_after_arrival", {"status": "actual", "period_start": "2024", "period_end": "2024-03", "arrived_on": "2024-03-09"}, True),
        ("period_not_after_arrival", {"status": "actual", "period_start": "2024-04", "period_end": None, "arrived_on": "2024-03-09"}, False),
        ("period_not_after_arrival", {"status": "target", "period_start": "2030", "period_end": "2030", "arrived_on": "2024-03-09"}, True),
        ("per_capita_plausible", {"low": 3e5, "per_capita_high": 1.0, "population": 200_000, "redacted": False}, False),
        ("per_capita_plausible", {"low": 3e5, "per_capita_high": 1.0, "population": None, "redacted": False}, True),
        ("mask_as_written", {"raw_text": "20xx人", "redacted": True, "value": None, "low": None, "high": None}, True),
        ("mask_as_written", {"raw_text": "×吨", "redacted": False, "value": 0.0, "low": 0.0, "high": 0.0}, False),
        ("mask_as_written", {"raw_text": "3×5米", "redacted": False, "value": 3.0, "low": 3.0, "high": 3.0}, True),
        ("number_complete", {"value": float("nan"), "low": 1.0, "high": 1.0, "redacted": False}, False),
        ("number_complete", {"value": 1.0, "low": 1.0, "high": float("inf"), "redacted": False}, True),
    ],
)  # fmt: skip
def test_a_rule_tells_right_rows_from_wrong_ones(rule: str, row: dict, right: bool):
    types = {"population": pl.Int64, **dict.fromkeys(["value", "low", "high"], pl.Float64)}
    frame = pl.DataFrame([row], schema_overrides={n: t for n, t in types.items() if n in row})
    text = [n for n, t in frame.schema.items() if t == pl.Null]
    verdict = frame.cast(dict.fromkeys(text, pl.String)).select(right_rows("rows", {"holds": rule}))
    assert verdict.item() is right


def test_a_rule_that_comes_out_null_does_not_apply():
    frame = pl.DataFrame({"a": [1, None, 3], "b": [2, 2, 2]})
    assert frame.select(right_rows("rows", {"holds": "a < b"})).to_series().to_list() == [True, True, False]


def test_a_row_condition_narrows_a_rule_to_where_it_applies():
    frame = pl.DataFrame({"a": [3, 3], "b": [2, 2], "c": [True, False]})
    assert frame.select(expression("a < b", "c")).to_series().to_list() == [False, None]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_text_at_a_span_is_what_slicing_by_characters_gives(data):
    texts = data.draw(st.lists(st.text("a1中é𝟙\n", min_size=1, max_size=200), min_size=1, max_size=4))
    documents = pl.DataFrame({"document_id": [str(n) for n in range(len(texts))], "text": texts})
    spans = data.draw(
        st.lists(st.tuples(st.integers(0, 4), st.integers(-2, 210), st.integers(-2, 210)), min_size=1, max_size=20)
    )
    frame = pl.DataFrame([(str(n), a, b) for n, a, b in spans], ["document_id", "a", "b"], orient="row")
    inside = [n < len(texts) and 0 <= a <= b <= len(texts[n]) for n, a, b in spans]
    expected = [texts[n][a:b] if ok else None for (n, a, b), ok in zip(spans, inside, strict=True)]
    assert Texts(documents).at(frame, "a", "b").to_list() == expected


# ── the project's own expectations, as Great Expectations runs them ──────────────────────────────


def evaluate(expectation, frame: pl.DataFrame):
    """The result of an expectation on a plain pandas frame, in a context as anyone would make it."""
    import great_expectations as gx

    source = gx.get_context(mode="ephemeral").data_sources.add_pandas("p")
    definition = source.add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
    return definition.get_batch({"dataframe": frame.to_pandas(use_pyarrow_extension_array=True)}).validate(expectation)


def test_a_named_expectation_counts_and_samples_the_rows_that_break_its_rule():
    from checks.expectations import ExpectIntervalToContainValue

    frame = pl.DataFrame(
        {"value": [1.0, 9.0, 9.5], "low": [1.0, 1.0, 1.0], "high": [2.0, 2.0, 2.0], "redacted": [False] * 3}
    )
    result = evaluate(ExpectIntervalToContainValue(), frame)
    assert not result.success
    assert result.result["unexpected_count"] == 2
    assert result.result["partial_unexpected_list"][0] == {"low": 1.0, "value": 9.0, "high": 2.0, "redacted": False}


def test_evidence_that_is_not_the_text_at_its_span_is_unexpected():
    from checks.expectations import ExpectEvidenceToEqualTextAtSpan

    frame = pl.DataFrame(
        {
            "evidence_stands": [True, False, True],
            "raw_text": ["3吨", "3吨", "3吨"],
            "at_span": ["3吨", "3吨", "清3"],
            "span_start": [5, 5, 4],
            "span_end": [7, 7, 6],
        }
    )
    assert evaluate(ExpectEvidenceToEqualTextAtSpan(), frame).result["unexpected_count"] == 2


def test_sql_is_an_expectation_too_with_the_rows_it_applies_to():
    from checks.expectations import ExpectRowsToSatisfy

    frame = pl.DataFrame({"a": [1, 5, 5], "b": [2, 2, 2], "c": [True, True, False]})
    assert evaluate(ExpectRowsToSatisfy(holds="a < b", where="c"), frame).result["unexpected_count"] == 1
    assert evaluate(ExpectRowsToSatisfy(holds="a < 9", column_list=["b"]), frame).success


def test_a_column_of_another_type_than_declared_is_unexpected():
    from checks.expectations import ExpectColumnsToHaveTypes

    frame = pl.DataFrame({"value": ["3.2"], "unit": ["t"]})
    result = evaluate(ExpectColumnsToHaveTypes(types={"value": "double", "unit": "text"}), frame)
    assert not result.success
    assert "value" in result.result["observed_value"]
    assert "unit" not in result.result["observed_value"]


def test_an_exception_inside_an_expectation_is_a_failure_with_its_message():
    from checks.expectations import ExpectRowsToSatisfy
    from checks.runner import exception_of

    result = evaluate(ExpectRowsToSatisfy(holds="a < missing"), pl.DataFrame({"a": [1]}))
    assert not result.success
    assert "missing" in (exception_of(result) or "")


# ── a validation ─────────────────────────────────────────────────────────────────────────────────


def test_every_declared_check_has_exactly_one_result():
    results = validate(clean(), "b0", ARRIVED).results
    assert results["check_name"].to_list() == [check.name for check in declared_checks()]
    assert results.schema == table("ops.check_result").frame_schema


def test_a_failing_row_is_quarantined_with_its_reason_and_the_rest_is_accepted():
    frames = plant(clean(), kinds()["wan_dropped"])
    validation = validate(frames, "b0", ARRIVED)
    entry = validation.quarantine.row(0, named=True)
    assert validation.quarantine.height == 1
    assert entry["expectation"] == "observations__value_as_written"
    assert "数值须与原文所写一致" in entry["reason"]
    assert "The value must be the number as written" in entry["reason"]
    assert "raw_text=“3.2万吨”" in entry["reason"]
    held = entry["item"].split()[-1]
    assert set(frames["observations"]["observation_id"]) - set(validation.accepted["observation_id"]) == {held}
    assert not validation.blocked


def test_a_warning_is_shown_with_the_evidence_of_both_sides_and_holds_nothing_back():
    frames = plant(clean(), kinds()["copy_disagrees"])
    finding = validate(frames, "b0", ARRIVED).findings.filter(check_name="copies__agree").row(0, named=True)
    assert finding["severity"] == "warning"
    assert "original_texts=“46处”" in finding["explanation"]
    assert finding["explanation"].count("拆除违法建设46处") == 2


def test_a_table_that_dropping_rows_cannot_mend_blocks():
    validation = validate(plant(clean(), kinds()["figure_loaded_twice"]), "b0", ARRIVED)
    assert validation.blocked
    assert not validation.results.row(by_predicate=pl.col("check_name") == "observations__key", named=True)["passed"]


def test_a_missing_column_fails_the_checks_that_read_it_as_errors_and_the_others_still_answer():
    frames = {**clean(), "observations": clean()["observations"].drop("confidence")}
    validation = validate(frames, "b0", ARRIVED)
    failed = validation.results.filter(~pl.col("passed"))
    assert {"observations__columns", "observations__required", "observations__confident"} <= set(failed["check_name"])
    assert failed.filter(check_name="observations__confident")["severity"].to_list() == ["error"]
    assert "confidence" in failed.filter(check_name="observations__confident")["detail"][0]
    assert validation.results.height == len(declared_checks())
    assert validation.results.filter(check_name="observations__value_plausible")["passed"].to_list() == [True]
    assert validation.blocked


def test_a_subject_that_cannot_be_built_fails_all_its_checks_and_no_others():
    frames = {**clean(), "numerals": clean()["numerals"].drop("span_start")}
    failed = validate(frames, "b0", ARRIVED).results.filter(~pl.col("passed"), severity="error")
    assert {name.split("__")[0] for name in failed["check_name"]} == {"numerals"}
    assert failed.height == sum(check.suite == "numerals" for check in declared_checks())


def test_a_value_of_another_type_than_declared_stops_the_publish():
    observations = clean()["observations"].with_columns(pl.col("span_start").cast(pl.Float64))
    validation = validate({**clean(), "observations": observations}, "b0", ARRIVED)
    failed = validation.results.filter(~pl.col("passed"), check_name="observations__columns")
    assert "span_start: float64, declared integer" in failed["detail"][0]
    assert validation.blocked


def test_a_batch_without_observations_passes():
    empty = {
        name: frame.clear() if name in ("mentions", "observations", "numerals") else frame
        for name, frame in clean().items()
    }
    failed = validate(empty, "b0", ARRIVED).results.filter(~pl.col("passed"))["check_name"].to_list()
    assert failed == ["documents__every_digit_classified"]


# ── rebuild and increment ────────────────────────────────────────────────────────────────────────


def test_a_rebuild_that_equals_the_increment_passes_in_any_order_of_rows_and_columns():
    grown = {"core.fact_observation": clean()["observations"], "core.dim_report": clean()["reports"]}
    shuffled = clean()["observations"].sample(fraction=1, shuffle=True, seed=1)
    rebuilt = {**grown, "core.fact_observation": shuffled.select(sorted(shuffled.columns))}
    assert compare_rebuild(grown, rebuilt, ARRIVED)["passed"].to_list() == [True, True]


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.head(-1),
        lambda frame: frame.with_columns(status=pl.lit("target")),
        lambda frame: frame.with_columns(high=pl.when(pl.int_range(pl.len()) == 3).then(None).otherwise("high")),
    ],
    ids=["a row is missing", "a column differs", "one value is lost"],
)
def test_a_rebuild_that_differs_fails_and_names_the_rows(change):
    grown = {"core.fact_observation": clean()["observations"]}
    result = compare_rebuild(grown, {"core.fact_observation": change(clean()["observations"])}, ARRIVED).row(
        0, named=True
    )
    assert not result["passed"]
    assert result["failed"] > 0
    assert result["severity"] == "error"


def test_an_infinite_bound_that_is_lost_in_a_rebuild_is_noticed():
    grown = clean()["observations"].with_columns(high=pl.lit(float("inf")))
    lost = grown.with_columns(high=pl.lit(None, pl.Float64))
    results = compare_rebuild({"core.fact_observation": grown}, {"core.fact_observation": lost}, ARRIVED)
    assert results["passed"].to_list() == [False]


# ── Data Docs ────────────────────────────────────────────────────────────────────────────────────


def test_the_data_docs_say_what_failed_and_need_no_network(tmp_path: Path):
    frames = plant(clean(), kinds()["yuan_as_parking"])
    validate(frames, "b0", ARRIVED, docs=tmp_path)
    validate(clean(), "b1", ARRIVED, docs=tmp_path)
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) == 2 * len(SUITES) + 1
    for path in pages:
        assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//|@import|url\(", path.read_text("utf-8"))
        for link in re.findall(r'href="([^"#]+)', path.read_text("utf-8")):
            assert (path.parent / link).exists()
    shown = page(tmp_path, "b0", "observations").read_text("utf-8")
    assert "parking_spaces" in shown
    assert "原文单位的量纲不得与指标矛盾" in shown
    index = (tmp_path / "index.html").read_text("utf-8")
    assert "observations__dimension_fits" in index
    assert "0 错误 errors" in index or "全部通过" in index


def test_texts_of_reports_are_shown_as_text_in_the_data_docs_whatever_they_spell(tmp_path: Path):
    hostile = "<img src=x onerror=run()><script>run()</script>&amp;$raw_text{{ 7 * 7 }}吨"
    first = pl.int_range(pl.len()) == 0
    observations = clean()["observations"].with_columns(
        pl.when(first).then(pl.lit(hostile)).otherwise(name).alias(name) for name in ("raw_text", "evidence")
    )
    validate({**clean(), "observations": observations}, "b0", ARRIVED, docs=tmp_path)
    for path in (page(tmp_path, "b0", "observations"), tmp_path / "index.html"):
        source = path.read_text("utf-8")
        assert "<img" not in source and "<script>run" not in source
        assert hostile in unescape(re.sub(r"<[^>]*>", "", source))


def test_every_suite_has_a_subject():
    from checks.subjects import SUBJECTS

    assert tuple(SUBJECTS) == SUITES == tuple(suite.name for suite in suites())


def test_the_docs_list_every_check_and_every_planted_kind():
    page = (Path(__file__).resolve().parents[1] / "docs" / "validation.md").read_text("utf-8")
    for name in [*CHECKS, *kinds()]:
        assert f"| `{name}` |" in page
