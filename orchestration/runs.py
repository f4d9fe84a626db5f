"""Which batches want a run, and the requests for them."""

import socket

import dagster as dg
import psutil
from dagster._core.events import JobFailureData, RunFailureReason

from orchestration.ingest import unpublished
from warehouse.lake import Lake

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
PARTITION_TAG = "dagster/partition"
# The machine of a run that no daemon has launched.
HOST_TAG = "campaign/host"


def batches_without_run(instance: dg.DagsterInstance, lake: Lake) -> list[str]:
    """The unpublished batches that no run was ever made for."""
    return [batch for batch in unpublished(lake) if not _runs(instance, batch)]


def batches_at_rest(instance: dg.DagsterInstance, lake: Lake) -> list[str]:
    """The unpublished batches that no run is at work on: never tried, stopped or failed."""
    return [batch for batch in unpublished(lake) if not _runs(instance, batch, UNFINISHED)]


def _runs(instance: dg.DagsterInstance, batch: str, statuses: list[dg.DagsterRunStatus] | None = None) -> int:
    return instance.get_runs_count(dg.RunsFilter(tags={PARTITION_TAG: batch}, statuses=statuses or []))


def request(batch: str, again: str = "", **tags: str) -> dg.RunRequest:
    """The request for a run on the batch; the same batch is run once for each value of `again`."""
    return dg.RunRequest(
        run_key=f"{batch}{again}", partition_key=batch, tags={f"campaign/{k}": v for k, v in tags.items()}
    )


def fail_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark as failed the runs at work whose process on this machine is gone, so that they are tried again; their ids.

    Dagster's own monitoring can't tell where runs are processes of the code server.
    """
    dead = []
    for record in instance.get_run_records(
        dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING])
    ):
        run = record.dagster_run
        if run.tags.get(HOST_TAG, socket.gethostname()) == socket.gethostname() and not _alive(
            _process(instance, run.run_id)
        ):
            reason = JobFailureData(error=None, failure_reason=RunFailureReason.UNEXPECTED_TERMINATION)
            instance.report_run_failed(run, "The process of this run is gone.", reason)
            dead.append(run.run_id)
    return dead


def _process(instance: dg.DagsterInstance, run_id: str) -> tuple[int, float] | None:
    """The process that a run has said to be, and when it said so, seconds since 1970."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        metadata = entry.dagster_event.engine_event_data.metadata if entry.dagster_event else {}
        if "pid" in metadata:
            return int(str(metadata["pid"].value)), entry.timestamp
    return None


def _alive(process: tuple[int, float] | None) -> bool:
    """Whether the process is there still, and not another one that has been given its number since."""
    if process is None:
        return True
    number, said_at = process
    try:
        return psutil.Process(number).create_time() <= said_at
    except psutil.NoSuchProcess:
        return False
