"""What runs at night and at the weekend, at the times and in the time zone of the settings.

A time missed while the daemon was down is made up for once, at its next start (`max_catchup_runs` of the instance):
each schedule acts on all that is there, so one evaluation stands for any number missed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.ingest import discover, ingest
from orchestration.partitions import BATCH
from orchestration.resources import DataDirectory
from orchestration.runs import batches_at_rest, request
from orchestration.settings import Settings


def build_schedules(
    settings: Settings, load: UnresolvedAssetJobDefinition, recheck: UnresolvedAssetJobDefinition
) -> list[dg.ScheduleDefinition]:
    """The nightly ingestion and the weekly full check."""

    @dg.schedule(
        cron_schedule=settings.nightly_ingestion,
        execution_timezone=settings.timezone,
        job=load,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Takes in what lies in the inboxes, and runs again whatever has not reached the warehouse.",
    )
    def nightly_ingestion(
        context: dg.ScheduleEvaluationContext, data: DataDirectory
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        settled = datetime.now(UTC) - timedelta(seconds=settings.settle_seconds)
        for inbox in settings.inboxes:
            try:
                arrivals, _ = discover(inbox.address)
            except OSError as error:
                # What is out of reach tonight keeps nothing else from loading.
                context.log.warning(str(error))
                continue
            still = [arrival for arrival in arrivals if arrival.changed is None or arrival.changed < settled]
            for result in ingest(data.lake, still, settings):
                for arrival, reason in result.failed:
                    context.log.warning(f"{arrival.name}: {reason}")
        batches = batches_at_rest(context.instance, data.lake)
        context.instance.add_dynamic_partitions(BATCH, batches)
        yield from (request(batch, again=f" {context.scheduled_execution_time:%Y-%m-%d}") for batch in batches)
        if not batches:
            yield dg.SkipReason("everything that arrived is in the warehouse")

    @dg.schedule(
        cron_schedule=settings.weekly_check,
        execution_timezone=settings.timezone,
        job=recheck,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Holds every batch against the checks as they are now, and publishes what that changes.",
    )
    def weekly_check(
        context: dg.ScheduleEvaluationContext, data: DataDirectory
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        batches = context.instance.get_dynamic_partitions(BATCH)
        yield from (request(batch, again=f" {context.scheduled_execution_time:%Y-%m-%d}") for batch in batches)
        if not batches:
            yield dg.SkipReason("there is no batch yet")

    return [nightly_ingestion, weekly_check]
