"""The declared checks as Dagster asset checks on the assets that they guard."""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from checks.data_docs import page
from checks.suites import Check, declared_checks
from orchestration.metadata import preview
from orchestration.resources import DataDirectory
from warehouse.lake import Lake

# The address under which the folder of the Data Docs is served, where it is; else the results name files.
DATA_DOCS_URL = "CAMPAIGN_DATA_DOCS_URL"
# The batch as a whole, whose checks are answered with the asset itself.
BATCH = "accepted"
# Characters of what is told of a failing row.
EXPLANATION_CELL = 240
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

    @dg.multi_asset_check(specs=[*check_specs(STAGED), GATE], can_subset=True)
    def validate_batch(context: dg.AssetCheckExecutionContext, data: DataDirectory) -> Iterator[dg.AssetCheckResult]:
        """Hold the batch against every declared check; what they found goes to the lake before any of it can load."""
        from checks.validation import validate

        drafts, batch = data.drafts, context.partition_key
        frames = {name: drafts.read_stage(batch, name) for name in STAGED}
        validation = validate(
            frames | _past(data.lake, batch, frames["reports"]), batch, datetime.now(UTC), docs=data.home.data_docs
        )
        unreadable = drafts.read_stage(batch, "failures").with_columns(batch_id=pl.lit(batch))
        drafts.write_stage(batch, "quarantine", pl.concat([unreadable, validation.quarantine]))
        drafts.write_stage(batch, "check_result", validation.results)
        drafts.write_stage(batch, "findings", validation.findings)
        results = list(check_results(data, batch, (*STAGED, BATCH)))
        stopping = [result.check_name or "" for result in results if stops(result)]
        if stopping:
            _publish_history(data, batch)
        gate = dg.AssetCheckResult(
            asset_key=GATE.asset_key,
            check_name=GATE.name,
            passed=not stopping,
            metadata={"batch": batch, "stopped_by": ", ".join(stopping) or "nothing"},
        )
        # Someone who materialises one asset by itself is told of its own checks only.
        selected = {key.name for key in context.selected_asset_check_keys}
        yield from (found for found in (*results, gate) if found.check_name in selected)

    return validate_batch


def _publish_history(data: DataDirectory, batch: str) -> None:
    """Have the warehouse tell why a batch was stopped; what it holds of the batch's facts stays as it was."""
    from warehouse.build import build
    from warehouse.publish import publish

    data.drafts.adopt(batch, ["check_result", "quarantine", "findings"])
    publish(data.home, build(data.home))


def stops(result: dg.AssetCheckResult | dg.AssetCheckEvaluation) -> bool:
    """Whether the result of a check stops what lies downstream."""
    return not result.passed and result.severity is dg.AssetCheckSeverity.ERROR


def check_results(data: DataDirectory, batch: str, assets: Iterable[str]) -> Iterator[dg.AssetCheckResult]:
    """A result for every check declared for the assets; one without an answer has failed."""
    answers = {row["check_name"]: row for row in data.drafts.read_stage(batch, "check_result").iter_rows(named=True)}
    findings = data.drafts.read_stage(batch, "findings")
    guarded = set(assets)
    for check in declared_checks():
        if check.asset in guarded:
            yield _result(data, batch, check, answers.get(check.name), findings.filter(check_name=check.name))


def _result(
    data: DataDirectory, batch: str, check: Check, answer: dict[str, Any] | None, findings: pl.DataFrame
) -> dg.AssetCheckResult:
    answer = answer or {"passed": False, "checked": 0, "failed": 0, "detail": "the check gave no answer"}
    metadata: dict[str, Any] = {
        "batch": batch,
        "checked": answer["checked"],
        "failed": answer["failed"],
        "data_docs": _page(data.home.data_docs, batch, check),
    }
    if not answer["passed"]:
        metadata["detail"] = dg.MetadataValue.text(answer["detail"])
    if len(findings):
        explained = pl.col("explanation").str.strip_prefix(f"{check.zh} {check.en} ")
        metadata["failing_rows"] = preview(findings.select("key", explained), EXPLANATION_CELL)
        metadata["all_failing_rows"] = dg.MetadataValue.path(data.lake.stage_path(batch, "findings"))
    return dg.AssetCheckResult(
        asset_key=["lake", check.asset],
        check_name=check.name,
        passed=answer["passed"],
        # Rows in quarantine no longer endanger the load: only what dropping rows can't mend is an error here.
        severity=dg.AssetCheckSeverity.ERROR if check.blocking else dg.AssetCheckSeverity.WARN,
        description=f"{check.zh} {check.en}",
        metadata=metadata,
    )


def _page(docs: Path, batch: str, check: Check) -> dg.UrlMetadataValue | dg.PathMetadataValue:
    """Where the Data Docs tell of the check on the batch: an address where they are served, else a file."""
    file, served = page(docs, batch, check.suite), os.environ.get(DATA_DOCS_URL)
    if not served:
        return dg.MetadataValue.path(file)
    return dg.MetadataValue.url(f"{served.rstrip('/')}/{file.relative_to(docs).as_posix()}#{check.name}")


def _past(lake: Lake, batch: str, reports: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """What checks may compare the batch with: its own last quarantine, the loads, what is known of the same places."""
    from warehouse.query import query

    past = {"quarantine": lake.read_stage(batch, "quarantine")} if lake.has_stage(batch, "quarantine") else {}
    if lake.home.warehouse.exists():
        past["history"] = query(lake.home, "from ops.load")
        past["known"] = query(
            lake.home,
            resources.files(__package__).joinpath("known.sql").read_text("utf-8"),
            {
                "batch_id": batch,
                "place_ids": reports["place_id"].drop_nulls().unique().to_list(),
                "report_ids": reports["duplicate_of"].drop_nulls().unique().to_list(),
            },
        )
    return past
