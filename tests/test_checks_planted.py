"""Errors of many kinds, planted in the example reports: each is caught by a check of the right kind."""

import dataclasses
from functools import cache

import polars as pl
import pytest
from planting import ARRIVED, HERE, Frames, example_frames, frames_of, kinds, plant, replica, together

from checks.suites import declared_checks
from checks.validation import Validation, validate
from transforms.schema import table

COMPILATION = HERE.parents[1] / "shared" / "reports" / "compilation-13.txt"
NAMES = list(kinds())


@cache
def clean() -> Frames:
    return example_frames()


@cache
def planted() -> Validation:
    """One validation of the example batch, untouched, and once again for each kind with that slip in it."""
    slips = [plant(replica(clean(), number), kinds()[name]) for number, name in enumerate(NAMES, 1)]
    return validate(together([replica(clean(), 0), *slips]), "b0", ARRIVED)


def found(number: int) -> set[tuple[str, str]]:
    """The checks that fail in a replica and the rows they name, without the prefix that tells it apart."""
    rows = planted().findings.filter(pl.col("key").str.starts_with(f"{number:02x}"))
    return set(rows.select("check_name", pl.col("key").str.slice(2)).iter_rows())


def test_at_least_forty_kinds_are_planted_and_all_but_two_of_any_forty_are_caught():
    uncaught = [name for name, kind in kinds().items() if not kind["caught_by"]]
    assert len(kinds()) >= 40
    assert len(uncaught) <= 2
    assert all(kinds()[name]["why"] for name in uncaught)


def test_the_checks_expected_to_catch_are_declared():
    named = {check for kind in kinds().values() for check in kind["caught_by"]}
    assert named <= {check.name for check in declared_checks()}


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_error_is_caught_by_a_check_of_the_right_kind(name: str):
    caught = {check for check, _ in found(NAMES.index(name) + 1) - found(0)}
    expected = set(kinds()[name]["caught_by"])
    assert caught & expected if expected else not caught, f"{kinds()[name]['slip']}: {sorted(caught)}"


def test_an_untouched_replica_among_the_planted_ones_has_no_error():
    errors = {check.name for check in declared_checks() if check.severity == "error"}
    assert not {check for check, _ in found(0)} & errors


def failing_errors(frames: Frames) -> list[str]:
    results = validate(frames, "b0", ARRIVED).results
    return results.filter(~pl.col("passed"), severity="error")["detail"].to_list()


def test_the_example_reports_raise_no_error():
    assert failing_errors(clean()) == []


@pytest.mark.skipif(not COMPILATION.exists(), reason="the shared documents are not on this machine")
def test_the_compilation_raises_no_error(tmp_path):
    (tmp_path / COMPILATION.name).write_bytes(COMPILATION.read_bytes())
    assert failing_errors(frames_of(tmp_path)) == []


# ── against the history ──────────────────────────────────────────────────────────────────────────


def history(batches: int = 8) -> pl.DataFrame:
    """Loads that were much like the example batch, a little more or less of everything."""
    frames, rows = clean(), []
    observations = frames["observations"]
    for n in range(batches):
        share = 1 + 0.02 * (n % 3 - 1)
        rows.append(
            {
                "batch_id": f"h{n}",
                "arrived_at": ARRIVED,
                "extractor_version": "1",
                "documents": frames["documents"].height,
                "reports": int(frames["reports"]["is_report"].sum()),
                "numerals": frames["numerals"].height,
                "unclassified": frames["numerals"].filter(pl.col("class") == "unclassified").height,
                "quantities": frames["mentions"].height,
                "observations": round(observations.height * share),
                "redacted": round(observations["redacted"].sum() * share),
                "quarantined": n % 2,
            }
        )
    return table("ops.load").conform(pl.DataFrame(rows))


def warnings_of(frames: Frames, loads: pl.DataFrame) -> set[str]:
    results = validate({**frames, "history": loads}, "b0", ARRIVED).results
    return set(results.filter(~pl.col("passed"), table_name="ops.load")["check_name"])


def half_lost(frames: Frames) -> Frames:
    keep = frames["observations"].filter(pl.int_range(pl.len()) % 4 == 0)["observation_id"].implode()
    return frames | {
        "observations": frames["observations"].filter(pl.col("observation_id").is_in(keep)),
        "mentions": frames["mentions"].with_columns(
            indicator_id=pl.when(pl.col("quantity_id").is_in(keep)).then("indicator_id").otherwise(pl.lit("other"))
        ),
    }


def masked(frames: Frames) -> Frames:
    def mask(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(
            redacted=pl.lit(True),
            raw_text=pl.lit("x") + pl.col("raw_unit"),
            **dict.fromkeys(["value", "low", "high"], pl.lit(None, pl.Float64)),
        )

    return frames | {name: mask(frames[name]) for name in ("mentions", "observations")}


def unclassified(frames: Frames) -> Frames:
    other = pl.col("class") != "quantity"
    return frames | {
        "numerals": frames["numerals"].with_columns(
            pl.when(other).then(pl.lit("unclassified")).otherwise("class").alias("class")
        )
    }


def implausible(frames: Frames) -> Frames:
    first = pl.int_range(pl.len()) < 30
    return frames | {
        "observations": frames["observations"].with_columns(
            period_start=pl.when(first).then(pl.lit("2091")).otherwise("period_start"),
            period_end=pl.when(first).then(pl.lit("2091")).otherwise("period_end"),
            period_basis=pl.when(first).then(pl.lit("stated")).otherwise("period_basis"),
        )
    }


@pytest.mark.parametrize(
    ("slip", "check"),
    [
        (half_lost, "load__coverage_usual"),
        (masked, "load__mask_share_usual"),
        (unclassified, "load__unclassified_share_usual"),
        (implausible, "load__rejection_share_usual"),
    ],
)
def test_a_batch_unlike_those_before_it_is_noticed(slip, check: str):
    assert check in warnings_of(slip(clean()), history())


def test_a_batch_like_those_before_it_is_not():
    assert warnings_of(clean(), history()) == set()


def test_a_short_history_says_nothing_of_what_is_usual():
    assert warnings_of(half_lost(clean()), history(3)) == set()


def test_a_batch_of_which_more_than_a_quarter_is_rejected_must_not_be_published():
    frames = clean()
    late = frames["observations"].with_columns(
        period_start=pl.lit("2091"), period_end=pl.lit("2091"), period_basis=pl.lit("stated"), status=pl.lit("actual")
    )
    validation = validate({**frames, "observations": late}, "b0", ARRIVED)
    assert validation.accepted.is_empty()
    assert validation.blocked
    blocking = validation.results.filter(~pl.col("passed"), severity="error", scope="table")["check_name"].to_list()
    assert blocking == ["load__rejections_few"]


def test_a_new_indicator_gets_its_expectations_without_code():
    from checks.subjects import Vocabulary

    own = Vocabulary.read()
    tightened = own.indicators.with_columns(
        plausible_high=pl.when(pl.col("indicator_id") == "toilets_built").then(10.0).otherwise("plausible_high")
    )
    frames = clean()
    toilets = frames["observations"].filter(pl.col("indicator_id") == "toilets_built", pl.col("low") > 10)
    vocabulary = dataclasses.replace(own, indicators=tightened)
    quarantine = validate(frames, "b0", ARRIVED, vocabulary=vocabulary).quarantine
    assert set(quarantine["expectation"]) == {"observations__value_plausible"}
    assert quarantine.height == toilets.height > 0
