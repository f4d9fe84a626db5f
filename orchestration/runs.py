"""Which batches want a run, and the requests for them."""

import dagster as dg

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
