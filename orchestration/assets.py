"""The assets: one a stage and batch in the lake, one a table of the warehouse. Each calls the function that does the work.

What does the work is imported when an asset runs, so that loading the definitions stays cheap.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl

from orchestration.catalogue import catalogue, source_spec, spec
from orchestration.checks import BATCH, check_results, check_specs
from orchestration.metadata import PREVIEW_ROWS, bars, preview
from orchestration.partitions import BATCHES
from orchestration.resources import DataDirectory
from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb

# For steps that read or write what may be out of reach for a moment: a network share, a full disk.
PATIENCE = dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
# Only one run at a time may be in the step that replaces the published file.
PUBLISH_POOL = "publish"


def build_assets(settings: Settings) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """All assets, from the sources of documents to the tables for people."""
    specs = {name: spec(entry, settings.inboxes) for name, entry in catalogue().items()}
    published = [entry for entry in catalogue().values() if entry.published]

    @dg.multi_asset(specs=[specs["lake/documents"]], partitions_def=BATCHES, retry_policy=PATIENCE)
    def read_documents(context: dg.AssetExecutionContext, data: DataDirectory) -> Iterator[dg.MaterializeResult]:
        """Read the files of the batch."""
        from transforms.documents import read

        started = time.perf_counter()
        drafts, batch = data.drafts, context.partition_key
        with retrying_only_input_and_output():
            drafts.begin(batch)
            reading = read(drafts.read_files(batch))
            drafts.write_stage(batch, "documents", reading.documents)
            drafts.write_stage(batch, "failures", reading.failures)
        yield _materialized(
            "lake/documents",
            reading.documents.drop("text"),
            started,
            characters=int(reading.documents["char_count"].sum()),
            unreadable=len(reading.failures),
            unreadable_files=preview(reading.failures.select("item", "reason")),
            formats=bars("media type", reading.documents["media_type"].value_counts(sort=True).rows()),
        )

    @dg.multi_asset(specs=[specs["lake/reports"], specs["lake/sketches"]], partitions_def=BATCHES)
    def find_reports(context: dg.AssetExecutionContext, data: DataDirectory) -> Iterator[dg.MaterializeResult]:
        """Cut the documents into reports, find who reports on which place, and which report is a copy."""
        from transforms.duplicates import find_copies, sketch
        from transforms.places import locate
        from transforms.reports import find_reports

        started = time.perf_counter()
        drafts, batch = data.drafts, context.partition_key
        documents = drafts.read_stage(batch, "documents")
        found = locate(find_reports(documents), documents)
        sketches = sketch(found, documents)
        drafts.write_stage(batch, "sketches", sketches)
        found = found.join(find_copies(sketches, sketches.clear()), on="report_id", how="left")
        drafts.write_stage(batch, "reports", found)
        yield _materialized(
            "lake/reports", found, started, levels=bars("level", found["level"].value_counts(sort=True).rows())
        )
        yield _materialized("lake/sketches", sketches.drop("signature"), started)

    @dg.multi_asset(
        specs=[specs["lake/numerals"], specs["lake/mentions"], specs["lake/observations"]], partitions_def=BATCHES
    )
    def extract_figures(context: dg.AssetExecutionContext, data: DataDirectory) -> Iterator[dg.MaterializeResult]:
        """Find every numeral of the reports and read the quantities among them as observations."""
        from transforms.extraction import extract

        started = time.perf_counter()
        drafts, batch = data.drafts, context.partition_key
        documents = drafts.read_stage(batch, "documents")
        found = extract(documents, drafts.read_stage(batch, "reports"))
        drafts.write_stage(batch, "numerals", found.numerals)
        drafts.write_stage(batch, "mentions", found.mentions)
        # What a person has corrected is known to a build only.
        observations = found.observations.with_columns(corrected=pl.lit(False))
        drafts.write_stage(batch, "observations", observations)
        seconds = time.perf_counter() - started
        classes = found.numerals["class"].value_counts(sort=True).rows()
        yield _materialized(
            "lake/numerals",
            found.numerals,
            started,
            unclassified_share=_share(found.numerals["class"] == "unclassified"),
            classes=bars("class", classes),
        )
        yield _materialized(
            "lake/mentions",
            found.mentions,
            started,
            redacted_share=_share(found.mentions["redacted"]),
            characters_per_second=round(int(documents["char_count"].sum()) / seconds),
        )
        yield _materialized(
            "lake/observations",
            observations,
            started,
            redacted_share=_share(observations["redacted"]),
            indicators=bars("indicator", observations["indicator_id"].value_counts(sort=True).rows()[:20]),
        )

    @dg.multi_asset(
        specs=[specs["lake/quarantine"], specs["lake/accepted"]],
        check_specs=check_specs([BATCH]),
        partitions_def=BATCHES,
    )
    def accept_observations(
        context: dg.AssetExecutionContext, data: DataDirectory
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        """Let those observations load that nothing in the quarantine holds back."""
        from checks.quarantine import apply_decisions, read_decisions

        started = time.perf_counter()
        drafts, batch = data.drafts, context.partition_key
        accepted, quarantine = apply_decisions(
            drafts.read_stage(batch, "observations"),
            drafts.read_stage(batch, "quarantine"),
            read_decisions(data.home.decisions),
        )
        drafts.write_stage(batch, "accepted", accepted)
        drafts.adopt(batch)
        yield _materialized(
            "lake/quarantine",
            quarantine,
            started,
            reasons=bars("expectation", quarantine["expectation"].value_counts(sort=True).rows()),
        )
        yield _materialized("lake/accepted", accepted, started)
        yield from check_results(data, batch, [BATCH])

    @dg.multi_asset(
        specs=[specs[entry.name] for entry in published],
        partitions_def=BATCHES,
        retry_policy=PATIENCE,
        pool=PUBLISH_POOL,
    )
    def publish_warehouse(context: dg.AssetExecutionContext, data: DataDirectory) -> Iterator[dg.MaterializeResult]:
        """Build the next version of the warehouse beside the published one and put it in place."""
        from warehouse.build import build
        from warehouse.publish import publish
        from warehouse.query import connect

        started = time.perf_counter()
        with retrying_only_input_and_output():
            version = publish(data.home, build(data.home))
        seconds = round(time.perf_counter() - started, 3)
        with connect(data.home.warehouse) as connection:
            for entry in published:
                rows = connection.sql(f"from {entry.table.full_name}")
                yield dg.MaterializeResult(
                    asset_key=entry.key,
                    metadata={
                        "dagster/row_count": len(rows),
                        "seconds": seconds,
                        "version": version,
                        "preview": preview(rows.limit(PREVIEW_ROWS).pl()),
                        **_chart(entry.table.full_name, connection),
                    },
                )

    sources = [specs[name] for name, entry in catalogue().items() if not (entry.published or name.startswith("lake/"))]
    return [
        *(source_spec(inbox) for inbox in settings.inboxes),
        *sources,
        read_documents,
        find_reports,
        extract_figures,
        accept_observations,
        publish_warehouse,
    ]


@contextmanager
def retrying_only_input_and_output() -> Iterator[None]:
    """Let a step be tried again where a file or the database file failed it; any other error would come again."""
    import duckdb

    try:
        yield
    except (OSError, duckdb.IOException):
        raise
    except Exception as error:
        raise dg.Failure(f"{type(error).__name__}: {error}", allow_retries=False) from error


def _materialized(name: str, frame: pl.DataFrame, started: float, **more: Any) -> dg.MaterializeResult:
    seconds = round(time.perf_counter() - started, 3)
    return dg.MaterializeResult(
        asset_key=name.split("/"),
        metadata={"dagster/row_count": len(frame), "seconds": seconds, "preview": preview(frame), **more},
    )


def _share(marked: pl.Series) -> float:
    return round(int(marked.sum()) / len(marked), 4) if len(marked) else 0.0


def _chart(table: str, connection: "duckdb.DuckDBPyConnection") -> dict[str, dg.MarkdownMetadataValue]:
    """A bar chart of what `charts/<table>.sql` selects, a name and a number a row, where there is that file."""
    file = resources.files(__package__).joinpath("charts", f"{table}.sql")
    if not file.is_file():
        return {}
    result = connection.execute(file.read_text("utf-8"))
    return {"chart": bars(result.description[0][0], result.fetchall())}
