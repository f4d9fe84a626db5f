"""The declared checks as Dagster asset checks on the assets that they guard."""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import polars as pl

from checks.suites import Check, declared_checks
from orchestration.metadata import preview
from orchestration.resources import DataDirectory
from warehouse.lake import Lake

# The address under which the Data Docs are served, where they are; else the results name the folder.
DATA_DOCS_URL = "CAMPAIGN_DATA_DOCS_URL"
# The batch as a whole, whose checks are answered with the asset itself.
BATCH = "accepted"
STAGED = ("documents", "reports", "numerals", "mentions", "observations")
# Dagster runs a blocking check before anything downstream of its asset. What the checks themselves wait for can't wait
# for them, so those of documents and reports stop the load by way of the gate.
LEAVES = ("numerals", "mentions", "observations", BATCH)
GATE = dg.AssetCheckSpec(
    "batch__may_load",
    asset=["lake", "observations"],
    blocking=True,
    description="没有须停止装载的错误。 No check of the batch found an error that leaving out rows can't mend.",
)


def check_specs(assets: Iterable[str]) -> list[dg.AssetCheckSpec]:
    """What Dagster must know of the checks that guard the assets `lake/<name>`."""
    guarded = set(assets)
    return [
        dg.AssetCheckSpec(
            check.name,
            asset=["lake", check.asset],
            blocking=check.blocking and check.asset in LEAVES,
            description=f"{check.zh} {check.en}",
            metadata={"severity": check.severity, "scope": check.scope, "table": check.table},
        )
        for check in declared_checks()
        if check.asset in guarded
    ]


def build_checks() -> dg.AssetChecksDefinition:
    """The checks of the frames that extraction leaves, as one step: an error that must stop a load stops what follows."""

    @dg.multi_asset_check(specs=[*check_specs(STAGED), GATE])
    def validate_batch(context: dg.AssetCheckExecutionContext, data: DataDirectory) -> Iterator[dg.AssetCheckResult]:
        """Hold the batch against every declared check; what they found goes to the lake before any of it can load."""
        from checks.validation import validate

        lake, batch = data.lake, context.partition_key
        frames = {name: lake.read_stage(batch, name) for name in STAGED}
        frames |= _past(lake, batch)
        validation = validate(frames, batch, datetime.now(UTC), docs=data.home.data_docs)
        lake.write_stage(batch, "quarantine", pl.concat([_failures(lake, batch), validation.quarantine]))
        lake.write_stage(batch, "check_result", validation.results)
        yield from check_results(data, batch, STAGED)
        stopping = [result.check_name for result in check_results(data, batch, (*STAGED, BATCH)) if stops(result)]
        yield dg.AssetCheckResult(
            asset_key=GATE.asset_key, check_name=GATE.name, passed=not stopping, metadata={"stopped_by": stopping}
        )

    return validate_batch


def stops(result: dg.AssetCheckResult | dg.AssetCheckEvaluation) -> bool:
    """Whether the result of a check stops what lies downstream."""
    return not result.passed and result.severity is dg.AssetCheckSeverity.ERROR


def check_results(data: DataDirectory, batch: str, assets: Iterable[str]) -> Iterator[dg.AssetCheckResult]:
    """A result for every check declared for the assets; one without an answer has failed."""
    answers = {row["check_name"]: row for row in data.lake.read_stage(batch, "check_result").iter_rows(named=True)}
    quarantine = data.lake.read_stage(batch, "quarantine")
    guarded = set(assets)
    for check in declared_checks():
        if check.asset in guarded:
            yield _result(check, answers.get(check.name), quarantine, data)


def _result(
    check: Check, answer: dict[str, Any] | None, quarantine: pl.DataFrame, data: DataDirectory
) -> dg.AssetCheckResult:
    answer = answer or {"passed": False, "checked": 0, "failed": 0, "detail": "the check gave no answer"}
    rejected = quarantine.filter(expectation=check.name)
    page = os.environ.get(DATA_DOCS_URL)
    metadata: dict[str, Any] = {
        "checked": answer["checked"],
        "failed": answer["failed"],
        "detail": dg.MetadataValue.text(answer["detail"] or ""),
        "data_docs": dg.MetadataValue.url(page) if page else dg.MetadataValue.path(data.home.data_docs / "index.html"),
    }
    if len(rejected):
        metadata["failing_rows"] = preview(rejected.select("quarantine_id", "item", "row"))
    return dg.AssetCheckResult(
        asset_key=["lake", check.asset],
        check_name=check.name,
        passed=answer["passed"],
        # Rows in quarantine no longer endanger the load: only what dropping rows can't mend is an error here.
        severity=dg.AssetCheckSeverity.ERROR if check.blocking else dg.AssetCheckSeverity.WARN,
        description=f"{check.zh} {check.en}",
        metadata=metadata,
    )


def _past(lake: Lake, batch: str) -> dict[str, pl.DataFrame]:
    """What checks may compare the batch with: the loads, the observations of other batches, its own last quarantine."""
    from warehouse.query import query

    past = {"quarantine": lake.read_stage(batch, "quarantine")} if lake.has_stage(batch, "quarantine") else {}
    if lake.home.warehouse.exists():
        past["history"] = query(lake.home, "from ops.load")
        past["known"] = query(lake.home, f"from core.fact_observation where batch_id != '{batch}'")
    return past


def _failures(lake: Lake, batch: str) -> pl.DataFrame:
    return lake.read_stage(batch, "failures").with_columns(batch_id=pl.lit(batch))
