"""Checks in Dagster: what stops a load, what does not, and where both are told."""

import shutil
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from orchestration.checks import GATE, check_specs
from orchestration.definitions import LOAD, RECHECK, build_definitions
from orchestration.embedded import QUIET
from orchestration.ingest import discover, ingest
from orchestration.partitions import BATCH
from orchestration.settings import read_settings
from warehouse.drafts import Drafts
from warehouse.home import Home
from warehouse.lake import Lake
from warehouse.query import query

REPORT = (
    "渭南市2018年创建文明城市工作总结\n2018年，渭南市共清理生活垃圾1200吨，新增停车泊位3万余个，投入资金500万元。\n"
)
OTHER = "宁波市2018年创建文明城市工作总结\n2018年，宁波市共清理生活垃圾900吨，新增停车泊位800个。\n"


class Runs:
    """Runs of the real jobs on a data directory, in this process."""

    def __init__(self, root: Path) -> None:
        self.home, self.instance = Home(root), dg.DagsterInstance.ephemeral()
        self.instance.add_dynamic_partitions(BATCH, Lake(self.home).batch_ids())
        self.definitions = build_definitions(self.home)

    def ingest(self, name: str, text: str) -> str:
        file = self.home.root / "files" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        (delivery,) = ingest(Lake(self.home), discover(str(file))[0], read_settings(self.home.root))
        assert delivery.batch_id
        self.instance.add_dynamic_partitions(BATCH, [delivery.batch_id])
        return delivery.batch_id

    def run(self, job: str, batch: str) -> dg.ExecuteInProcessResult:
        return self.definitions.resolve_job_def(job).execute_in_process(
            run_config=QUIET, instance=self.instance, partition_key=batch, raise_on_error=False
        )

    def extract(self, batch: str) -> None:
        """Run what comes before the checks."""
        names = ("documents", "reports", "sketches", "numerals", "mentions", "observations")
        self.definitions.resolve_job_def(LOAD).get_subset(
            asset_selection={dg.AssetKey(["lake", name]) for name in names}, asset_check_selection=set()
        ).execute_in_process(run_config=QUIET, instance=self.instance, partition_key=batch)

    def tamper(self, batch: str, stage: str, change: pl.Expr | None = None) -> None:
        """Change what extraction left, as an error in it would: a row doubled, or columns changed."""
        drafts = Drafts(self.home)
        frame = drafts.read_stage(batch, stage)
        drafts.write_stage(
            batch, stage, frame.with_columns(change) if change is not None else pl.concat([frame, frame[:1]])
        )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory into which one report has been loaded."""
    runs = Runs(tmp_path_factory.mktemp("template") / "data")
    assert runs.run(LOAD, runs.ingest("渭南市.txt", REPORT)).success
    return runs.home.root


@pytest.fixture
def runs(template: Path, tmp_path: Path) -> Runs:
    shutil.copytree(template, tmp_path / "data")
    return Runs(tmp_path / "data")


@pytest.fixture
def batch(runs: Runs) -> str:
    """The batch that has been loaded."""
    (found,) = Lake(runs.home).batch_ids()
    return found


def evaluations(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    return {found.check_name: found for found in result.get_asset_check_evaluations()}


def steps_run(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.step_key or "" for event in result.all_events if event.is_step_success}


def facts(home: Home) -> list[tuple[object, ...]]:
    return query(home, "select observation_id, low, high from core.fact_observation order by 1").rows()


def test_every_declared_check_has_a_result_on_the_asset_that_it_guards(runs: Runs, batch: str) -> None:
    result = runs.run(RECHECK, batch)
    assert result.success
    declared = check_specs(["documents", "reports", "numerals", "mentions", "observations", "accepted"])
    assert {(spec.name, spec.asset_key) for spec in declared} | {(GATE.name, GATE.asset_key)} == {
        (found.check_name, found.asset_key) for found in result.get_asset_check_evaluations()
    }
    recorded = query(runs.home, "select check_name from ops.check_result")["check_name"]
    assert set(recorded) == {spec.name for spec in declared}


def test_an_error_that_dropping_rows_cannot_mend_stops_the_publish_and_is_told_in_the_warehouse(
    runs: Runs, batch: str
) -> None:
    before = facts(runs.home)
    runs.tamper(batch, "numerals")
    result = runs.run(RECHECK, batch)
    assert not result.success
    assert steps_run(result) == set(), "nothing downstream of the checks has run"
    found = evaluations(result)
    assert not found["numerals__key"].passed
    assert found["numerals__key"].severity is dg.AssetCheckSeverity.ERROR
    assert not found[GATE.name].passed and "numerals__key" in found[GATE.name].metadata["stopped_by"].value
    told = query(runs.home, "select severity, passed, failed from ops.check_result where check_name = 'numerals__key'")
    assert told.rows() == [("error", False, 1)]
    assert facts(runs.home) == before, "what was published before stays"


@pytest.mark.parametrize("stage", ["documents", "reports"])
def test_an_error_in_what_other_steps_read_stops_the_publish_too(stage: str, runs: Runs, batch: str) -> None:
    runs.tamper(batch, stage)
    assert not runs.run(RECHECK, batch).success


def test_a_batch_stopped_at_its_first_run_loads_no_fact_and_leaves_the_others_alone(runs: Runs, batch: str) -> None:
    bad = runs.ingest("宁波市.txt", OTHER)
    before = facts(runs.home)
    runs.extract(bad)
    runs.tamper(bad, "numerals")
    assert not runs.run(RECHECK, bad).success
    assert facts(runs.home) == before
    told = query(
        runs.home, "select batch_id, passed from ops.check_result where check_name = 'numerals__key' order by passed"
    )
    assert told.rows() == [(bad, False), (batch, True)]
    assert query(runs.home, "select batch_id from ops.load")["batch_id"].to_list() == [batch]


def test_a_failing_warning_stops_nothing_and_is_told(runs: Runs, batch: str) -> None:
    runs.tamper(batch, "observations", pl.lit(0.3).alias("confidence"))
    result = runs.run(RECHECK, batch)
    assert result.success and "publish_warehouse" in steps_run(result)
    found = evaluations(result)["observations__confident"]
    assert not found.passed and found.severity is dg.AssetCheckSeverity.WARN
    assert found.metadata["failing_rows"].value
    told = query(
        runs.home, "select severity, passed from ops.check_result where check_name = 'observations__confident'"
    )
    assert told.rows() == [("warning", False)]


def test_a_row_that_fails_an_error_goes_to_quarantine_and_the_rest_loads(runs: Runs, batch: str) -> None:
    before = len(facts(runs.home))
    wrong = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("not the characters at the span")).otherwise("raw_text")
    runs.tamper(batch, "observations", wrong.alias("raw_text"))
    assert runs.run(RECHECK, batch).success
    assert len(facts(runs.home)) == before - 1
    held = query(runs.home, "select kind, state from ops.quarantine where state = 'open'").unique()
    assert held.rows() == [("row", "open")]


def test_a_check_without_an_answer_has_failed(runs: Runs, batch: str) -> None:
    """Fail closed: a result that a suite does not give is no result that lets a load pass."""
    from orchestration.checks import STAGED, check_results, stops
    from orchestration.resources import DataDirectory

    drafts = Drafts(runs.home)
    drafts.write_stage(
        batch, "check_result", drafts.read_stage(batch, "check_result").filter(pl.col("check_name") != "numerals__key")
    )
    results = check_results(DataDirectory(path=str(runs.home.root)), batch, STAGED)
    assert [result.check_name for result in results if stops(result)] == ["numerals__key"]


def test_a_failed_batch_leaves_the_others_alone(runs: Runs, batch: str) -> None:
    bad, good = runs.ingest("宁波市.txt", OTHER), runs.ingest("太原市.txt", REPORT.replace("渭南", "太原"))
    for original in (runs.home.root / "lake" / "originals").rglob("*"):
        if original.is_file() and original.read_bytes() == OTHER.encode():
            original.unlink()
    failed = runs.run(LOAD, bad)
    assert not failed.success
    assert not [event for event in failed.all_events if event.is_step_up_for_retry], (
        "what can't pass is not tried again"
    )
    assert runs.run(LOAD, good).success
    assert set(query(runs.home, "select batch_id from ops.load")["batch_id"]) == {batch, good}
