"""What runs by the clock: the nightly ingestion and the weekly check, and what the instances in `deploy/` and here say."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config

from orchestration.definitions import build_definitions
from orchestration.partitions import BATCH
from orchestration.resources import DataDirectory
from warehouse.home import Home
from warehouse.lake import Lake

ROOT = Path(__file__).resolve().parents[1]
NIGHT = datetime(2026, 3, 1, 18, tzinfo=UTC)
LONG_AGO = datetime(2026, 2, 1, tzinfo=UTC).timestamp()
# The second source is out of reach, as a network share may be.
SOURCES = '[inbox.inbox]\naddress = "inbox"\n[inbox.share]\naddress = "share"\nstale_after_hours = 2\noverdue_after_hours = 5\n'


@dg.job
def _empty_job() -> None:
    pass


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "data")
    found.inbox.mkdir(parents=True)
    (found.root / "settings.toml").write_text(SOURCES)
    return found


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as found:
        yield found


def evaluate(home: Home, instance: dg.DagsterInstance, name: str) -> tuple[list[dg.RunRequest], str | None]:
    """The runs that a schedule asks for, and why it asks for none."""
    repository = build_definitions(home).get_repository_def()
    resources = {"data": DataDirectory(path=str(home.root))}
    with dg.build_schedule_context(
        instance, scheduled_execution_time=NIGHT, resources=resources, repository_def=repository
    ) as context:
        data = repository.get_schedule_def(name).evaluate_tick(context)
    return list(data.run_requests or ()), data.skip_message


def put(home: Home, name: str, text: str, changed: float = LONG_AGO) -> None:
    (home.inbox / name).write_text(text, "utf-8")
    os.utime(home.inbox / name, (changed, changed))


def test_the_nightly_ingestion_takes_in_what_lies_in_the_inboxes_within_reach(
    home: Home, instance: dg.DagsterInstance
) -> None:
    put(home, "甲市.txt", "清理垃圾10吨。")
    put(home, "growing.txt", "清理", changed=datetime.now(UTC).timestamp())
    requests, _ = evaluate(home, instance, "nightly_ingestion")
    (batch,) = Lake(home).batch_ids()
    assert [(request.partition_key, request.run_key) for request in requests] == [(batch, f"{batch} 2026-03-01")]
    assert Lake(home).read_files(batch)["file_name"].to_list() == ["甲市.txt"]
    assert instance.get_dynamic_partitions(BATCH) == [batch]


@pytest.mark.parametrize(
    ("status", "again"),
    [(dg.DagsterRunStatus.STARTING, 0), (dg.DagsterRunStatus.STARTED, 0), (dg.DagsterRunStatus.FAILURE, 1)],
)
def test_the_nightly_ingestion_tries_a_failed_batch_again_and_leaves_one_at_work_alone(
    status: dg.DagsterRunStatus, again: int, home: Home, instance: dg.DagsterInstance
) -> None:
    put(home, "甲市.txt", "清理垃圾10吨。")
    evaluate(home, instance, "nightly_ingestion")
    (batch,) = Lake(home).batch_ids()
    instance.create_run_for_job(_empty_job, tags={"dagster/partition": batch}, status=status)
    requests, skipped = evaluate(home, instance, "nightly_ingestion")
    assert len(requests) == again
    assert bool(skipped) is not bool(again)


def test_the_weekly_check_asks_for_every_batch(home: Home, instance: dg.DagsterInstance) -> None:
    assert evaluate(home, instance, "weekly_check") == ([], "there is no batch yet")
    instance.add_dynamic_partitions(BATCH, ["b1", "b2"])
    requests, _ = evaluate(home, instance, "weekly_check")
    assert [request.partition_key for request in requests] == ["b1", "b2"]


def test_each_source_is_stale_after_the_hours_of_its_settings(home: Home) -> None:
    graph = build_definitions(home).resolve_asset_graph()
    policy: Any = graph.get(dg.AssetKey(["inbox", "share"])).freshness_policy
    assert (policy.warn_window.to_timedelta().total_seconds(), policy.fail_window.to_timedelta().total_seconds()) == (
        7200,
        18000,
    )
    assert graph.get(dg.AssetKey(["inbox", "inbox"])).freshness_policy != policy


@pytest.mark.parametrize("file", ["orchestration/dagster.yaml", "deploy/dagster.yaml"])
def test_the_configuration_of_an_instance_is_one_that_dagster_takes(file: str, tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text((ROOT / file).read_text("utf-8"), "utf-8")
    configuration, _ = dagster_instance_config(str(tmp_path))
    assert configuration["scheduler"]["config"] == {"max_catchup_runs": 1}
    assert configuration["concurrency"]["pools"]["default_limit"] == 1
    assert configuration["run_retries"]["retry_on_asset_or_op_failure"] is False
    passwords = yaml.safe_load((ROOT / file).read_text("utf-8")).get("storage", {}).get("postgres", {})
    assert all(value == {"env": value["env"]} for value in passwords.get("postgres_db", {}).values())
