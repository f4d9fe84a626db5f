"""Quarantine: what is held back, what people decide, and that nothing is ever lost."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.quarantine import (
    QuarantineError,
    apply_decisions,
    carry_on,
    decide,
    entries,
    entries_of,
    read_decisions,
    record,
)
from transforms.schema import table

OBSERVATION = table("core.fact_observation")
NOW = datetime(2024, 5, 1, 8, 0, tzinfo=UTC)
RULES = ["value_plausible", "period_well_formed"]


def observations(*values: float) -> pl.DataFrame:
    """One observation a value, otherwise alike."""
    row = {
        "document_id": "d" * 64,
        "report_id": "d-0",
        "indicator_id": "garbage_cleared",
        "place_id": None,
        "low_open": False,
        "high_open": False,
        "unit": "t",
        "raw_text": "3吨",
        "raw_unit": "吨",
        "qualifier": "exact",
        "redacted": False,
        "status": "actual",
        "per": None,
        "span_start": 0,
        "span_end": 2,
        "evidence": "3吨",
        "evidence_start": 0,
        "confidence": 0.9,
        "rules": "",
        "corrected": False,
        "batch_id": "b1",
        "extractor_version": "1",
    }
    rows = [{**row, "observation_id": f"d-{n}", "value": v, "low": v, "high": v} for n, v in enumerate(values)]
    return pl.DataFrame(rows, schema=OBSERVATION.frame_schema)


def findings(*failing: tuple[int, str]) -> pl.DataFrame:
    rows = [
        {
            "check_name": f"observations__{rule}",
            "key": f"d-{n}",
            "table_name": "core.fact_observation",
            "explanation": f"{rule} failed",
        }
        for n, rule in failing
    ]
    names = ["check_name", "key", "table_name", "explanation"]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))


def quarantined(frame: pl.DataFrame, *failing: tuple[int, str]) -> pl.DataFrame:
    return entries_of(findings(*failing), frame, "b1", NOW)


def released(quarantine: pl.DataFrame, *ids: str, action: str = "release") -> pl.DataFrame:
    return decide(quarantine, ids, action, "李明", "核对过原文", NOW)


def loaded(frame: pl.DataFrame, quarantine: pl.DataFrame, decisions: pl.DataFrame) -> list[str]:
    return apply_decisions(frame, quarantine, decisions)[0]["observation_id"].to_list()


def test_an_entry_holds_the_full_row_the_check_and_the_explanation():
    frame = observations(1.0, float("inf"))
    entry = quarantined(frame, (0, RULES[0])).row(0, named=True)
    assert entry["quarantine_id"] == "d-0:value_plausible"
    assert (entry["kind"], entry["item"], entry["state"]) == ("row", "core.fact_observation d-0", "open")
    assert entry["reason"] == "value_plausible failed"
    assert json.loads(entry["row"]).keys() == set(OBSERVATION.column_names)
    assert json.loads(entry["row"])["evidence"] == "3吨"


def test_an_interval_open_above_is_not_lost_in_the_row():
    frame = observations(1.0).with_columns(high=pl.lit(float("inf")))
    assert json.loads(quarantined(frame, (0, RULES[0]))["row"][0])["high"] == "inf"


def test_a_row_loads_once_all_its_entries_are_released():
    frame = observations(1.0, 2.0)
    quarantine = quarantined(frame, (0, RULES[0]), (0, RULES[1]))
    assert loaded(frame, quarantine, released(quarantine, "d-0:value_plausible")) == ["d-1"]
    assert loaded(frame, quarantine, released(quarantine, "d-0")) == ["d-0", "d-1"]


def test_the_last_decision_counts_and_all_of_them_are_kept():
    frame = observations(1.0)
    quarantine = quarantined(frame, (0, RULES[0]))
    decisions = pl.concat([released(quarantine, "d-0"), released(quarantine, "d-0", action="reject")])
    assert loaded(frame, quarantine, decisions) == []
    entry = entries(quarantine, decisions).row(0, named=True)
    assert entry["state"] == "rejected"
    history = json.loads(entry["history"])
    assert [(d["action"], d["author"], d["reason"]) for d in history] == [
        ("release", "李明", "核对过原文"),
        ("reject", "李明", "核对过原文"),
    ]
    assert datetime.fromisoformat(history[0]["made_at"]) == NOW


def test_a_decision_does_not_outlive_the_figure_that_it_was_made_about():
    before, after = observations(1.0), observations(100.0)
    decisions = released(quarantined(before, (0, RULES[0])), "d-0")
    again = quarantined(after, (0, RULES[0]))
    assert loaded(after, again, decisions) == []
    assert entries(again, decisions)["state"].to_list() == ["open"]


def test_a_decision_outlives_a_new_version_of_the_extractor_that_reads_the_same():
    before = observations(1.0)
    after = before.with_columns(extractor_version=pl.lit("2"), confidence=pl.lit(0.7), rules=pl.lit("head=垃圾"))
    decisions = released(quarantined(before, (0, RULES[0])), "d-0")
    assert loaded(after, quarantined(after, (0, RULES[0])), decisions) == ["d-0"]


def test_what_a_later_run_no_longer_rejects_is_kept_as_resolved_and_loads():
    frame = observations(1.0)
    first = quarantined(frame, (0, RULES[0]))
    second = carry_on(first, quarantined(frame))
    assert second["state"].to_list() == ["resolved"]
    assert loaded(frame, second, released(first, "d-0", action="reject")) == ["d-0"]


def test_an_entry_made_again_keeps_the_time_of_the_first():
    frame = observations(1.0)
    later = entries_of(findings((0, RULES[0])), frame, "b1", NOW + timedelta(days=3))
    assert carry_on(quarantined(frame, (0, RULES[0])), later)["rejected_at"].to_list() == [NOW]


@pytest.mark.parametrize(
    ("ids", "action", "author", "reason", "says"),
    [
        (["d-9"], "release", "李明", "看过", "not in quarantine: d-9"),
        (["d-0"], "free", "李明", "看过", "free: a row is released or rejected"),
        (["d-0"], "release", " ", "看过", "author and a reason"),
        (["d-0"], "reject", "李明", "", "author and a reason"),
        (["坏.docx"], "release", "李明", "看过", "nothing to release"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused_with_a_sentence(ids, action, author, reason, says):
    frame = observations(1.0)
    file = {
        "quarantine_id": "f1",
        "kind": "file",
        "item": "坏.docx",
        "expectation": "documents.corrupt",
        "reason": "cannot be read",
        "rejected_at": NOW,
        "state": "open",
    }
    schema = table("ops.quarantine").frame_schema
    quarantine = pl.concat([quarantined(frame, (0, RULES[0])), pl.DataFrame([file], schema=schema)])
    with pytest.raises(QuarantineError, match=says):
        decide(quarantine, ids, action, author, reason, NOW)


def test_decisions_are_appended_and_read_back_as_they_were(tmp_path: Path):
    path = tmp_path / "home" / "decisions.jsonl"
    assert read_decisions(path).is_empty()
    quarantine = quarantined(observations(1.0, 2.0), (0, RULES[0]), (1, RULES[0]))
    first, second = released(quarantine, "d-0"), released(quarantine, "d-1", action="reject")
    record(path, first)
    before = path.read_bytes()
    record(path, second)
    assert path.read_bytes().startswith(before)
    assert read_decisions(path).equals(pl.concat([first, second]))


def test_a_line_that_is_no_decision_is_named(tmp_path: Path):
    path = tmp_path / "decisions.jsonl"
    record(path, released(quarantined(observations(1.0), (0, RULES[0])), "d-0"))
    path.write_text(path.read_text("utf-8") + '{"action": "release"}\n', "utf-8")
    with pytest.raises(QuarantineError, match=r"decisions\.jsonl, line 2"):
        read_decisions(path)


STEPS = st.one_of(
    st.tuples(st.sampled_from(["release", "reject"]), st.integers(0, 3)),
    # A run over the batch: the value read of each observation, and which rules it fails.
    st.tuples(
        st.just("run"),
        st.tuples(
            st.lists(st.integers(1, 2), min_size=4, max_size=4),
            st.sets(st.tuples(st.integers(0, 3), st.sampled_from(RULES)), max_size=6),
        ),
    ),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(STEPS, min_size=1, max_size=12))
def test_no_sequence_of_decisions_and_runs_loses_a_row_an_entry_or_a_decision(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("home") / "decisions.jsonl"
    frame = observations(1, 1, 1, 1)
    failing = {(0, RULES[0]), (1, RULES[1])}
    quarantine = quarantined(frame, *failing)
    seen: set[str] = set()
    # What the last decision on an entry was, and the value that it was made about.
    verdicts: dict[tuple[int, str], tuple[str, float]] = {}
    made = 0
    for step, argument in steps:
        if step == "run":
            values, failing = argument
            frame = observations(*map(float, values))
            quarantine = carry_on(quarantine, quarantined(frame, *sorted(failing)))
        elif any(n == argument for n, _ in failing):
            decisions = released(quarantine.filter(pl.col("state") != "resolved"), f"d-{argument}", action=step)
            record(path, decisions)
            made += decisions.height
            value = frame["value"][argument]
            verdicts |= {(n, rule): (step, value) for n, rule in failing if n == argument}

        seen |= set(quarantine["quarantine_id"])
        accepted, now = apply_decisions(frame, quarantine, read_decisions(path))
        held = {
            n for n, rule in failing if verdicts.get((n, rule)) != ("release", frame["value"][n])
        }  # open, rejected, or released when it read otherwise
        assert accepted["observation_id"].to_list() == [f"d-{n}" for n in range(4) if n not in held]
        assert set(now["quarantine_id"]) == seen
        assert now.height == len(seen)
        assert read_decisions(path).height == made
        assert sum(len(json.loads(h)) for h in now["history"].drop_nulls()) == made
