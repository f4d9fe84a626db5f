"""The steps of a build: what concerns the documents that are new or have changed is worked out, then replaced.

Each step is a file of `steps/`, which says what it works on; here they follow one another.
"""

import duckdb
import polars as pl

from checks.quarantine import entries, read_decisions
from warehouse.copies import find_copies_again
from warehouse.corrections import apply_corrections, read_corrections
from warehouse.frames import show
from warehouse.home import Home
from warehouse.lake import HISTORY, STAGES, Lake
from warehouse.tables import literal, sql

BATCH = pl.Schema({"batch_id": pl.String(), "arrived_at": pl.Datetime("us", "UTC")})


def find_documents(connection: duckdb.DuckDBPyConnection, home: Home, changed: set[str], decided: set[str]) -> None:
    """Work out, in tables in memory, which documents differ between the version that is open and the lake.

    `changed` are the batches whose files are new, have changed or are gone; of those that are not
    complete only what the checks said is told. On `decided`, `changed` among them, people may have
    decided anew what becomes of the quarantine.
    """
    lake = Lake(home)
    present = set(lake.complete_batch_ids())
    arrivals = [(name, lake.arrived_at(name) if name in present else None) for name in sorted(changed)]
    show(connection, "changed_batch", pl.DataFrame(arrivals, schema=BATCH, orient="row"))
    show(connection, "correction", read_corrections(home))
    _show_quarantine(connection, lake, changed | decided)
    _show_stages(connection, lake, changed, present)
    connection.execute(sql("steps/touched.sql"))
    connection.execute(sql("steps/batches.sql"))
    _show_stages(connection, lake, _incoming_batches(connection), present)
    find_copies_again(connection)
    _show_stages(connection, lake, _incoming_batches(connection), present)
    connection.execute(sql("steps/incoming_reports.sql"))


def find_observations(connection: duckdb.DuckDBPyConnection) -> None:
    """Work out the observations of the documents that `find_documents` has found, and what bears on the same figures."""
    connection.execute(sql("steps/observations.sql"))
    apply_corrections(connection)
    connection.execute(sql("steps/bearing.sql"))
    connection.execute(sql("steps/candidates.sql"))


def find_figures(connection: duckdb.DuckDBPyConnection) -> None:
    """Work out what becomes of the figures that `find_observations` has gathered something for."""
    connection.execute(sql("steps/figures.sql"))


def apply_changes(connection: duckdb.DuckDBPyConnection, found: str) -> None:
    """Make the changes to the database attached as `next` that were `found`: of documents, observations or figures."""
    connection.execute(sql(f"steps/apply_{found}.sql"))


def _show_quarantine(connection: duckdb.DuckDBPyConnection, lake: Lake, batches: set[str]) -> None:
    _show_stage(connection, lake, "quarantine", batches)
    decided = entries(connection.execute("from stage_quarantine").pl(), read_decisions(lake.home.decisions))
    show(connection, "decided_batch", pl.DataFrame({"batch_id": sorted(batches)}, schema={"batch_id": pl.String}))
    show(connection, "decided", decided)


def _incoming_batches(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {batch_id for (batch_id,) in connection.execute("select distinct batch_id from incoming").fetchall()}


def _show_stages(connection: duckdb.DuckDBPyConnection, lake: Lake, batches: set[str], present: set[str]) -> None:
    for stage in STAGES:
        _show_stage(connection, lake, stage, batches if stage in HISTORY else batches & present)


def _show_stage(connection: duckdb.DuckDBPyConnection, lake: Lake, stage: str, batches: set[str]) -> None:
    """Have `stage_<name>` show the rows of these batches, with their `batch_id`."""
    files = [literal(str(lake.stage_path(name, stage))) for name in sorted(batches) if lake.has_stage(name, stage)]
    if files:
        rows = f"read_parquet([{', '.join(files)}], filename = true)"
    else:
        rows = f"no_{stage}"
        show(connection, rows, pl.DataFrame(schema={**STAGES[stage], "filename": pl.String()}))
    columns = ", ".join(
        "parse_path(filename)[-2] as batch_id" if name == "batch_id" else f'"{name}"'
        for name in dict.fromkeys([*STAGES[stage], "batch_id"])
    )
    connection.execute(f"create or replace view memory.stage_{stage} as select {columns} from {rows}")
