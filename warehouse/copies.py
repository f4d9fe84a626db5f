"""Copies found across the whole warehouse, however many batches they arrived in.

Which report is a copy of which follows from the set of reports alone, not from the order in which they
arrived. Reports are compared some at a time with those known by then that are likely to be related;
then the groups of copies that this touches are compared once more among themselves, which gives what
comparing everything with everything would give.
"""

import duckdb
import polars as pl

from transforms.duplicates import ALGORITHM, COPIES, LIKELY, MET, SLOTS, SPACING, find_copies, unpacked
from transforms.schema import table
from warehouse.frames import show
from warehouse.tables import sql

KNOWN = [*table("stage.sketch").column_names, "sketch_id"]
# Reports compared at a time, which bounds memory.
ROUND = 5_000
# A hash that more reports than this have is of a phrase that everyone uses.
POPULAR = 1_000


def find_copies_again(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables `verdict` (`report_id`, `duplicate_of`, `copy_kind`), `incoming_sketch` and `incoming_slot`.

    A step of the build. `verdict` has every report that comes in; where the verdict on a known
    report changes, its document comes in too.
    """
    connection.execute(sql("steps/sketches.sql"))
    arriving = connection.execute("from incoming_sketch order by report_id").pl().select(KNOWN)
    disturbed = _known(connection, "from disturbed")
    for compared in pl.concat([disturbed, arriving]).iter_slices(ROUND):
        _compare(connection, compared.filter(algorithm=ALGORITHM))
        new = compared.join(disturbed, on="report_id", how="anti")
        show(connection, "now", new.select("report_id"))
        connection.execute("insert into compared_before from now")
        show(connection, "now", _slots(new).filter("found_by").select("sketch_id", "slot").unique())
        connection.execute("insert into incoming_slot from now")
    connection.execute(sql("steps/reports.sql"))


def _compare(connection: duckdb.DuckDBPyConnection, compared: pl.DataFrame) -> None:
    """Set the verdict on the reports `compared`, and on the known ones of the groups that they belong to."""
    show(connection, "compared_slot", _slots(compared).select("sketch_id", "slot"))
    show(connection, "compared_sketch", compared.select("sketch_id", "fingerprint", "shingles"))
    rule = {"popular": POPULAR, "met": MET, "likely": LIKELY, "spacing": SPACING, "slots": SLOTS}
    likely = _known(connection, sql("steps/likely.sql"), algorithm=ALGORITHM, **rule)
    copies = find_copies(compared, likely.join(compared, on="report_id", how="anti"))
    show(connection, "linked", pl.concat([copies["report_id"], copies["duplicate_of"]]).unique().to_frame("report_id"))
    groups = _known(connection, sql("steps/groups.sql"), algorithm=ALGORITHM)
    touched = pl.concat([compared, groups]).unique("report_id")
    if len(touched) > len(compared):
        copies = find_copies(touched, touched.clear())
    verdict = touched.select("report_id").join(copies, on="report_id", how="left").select(COPIES.names())
    show(connection, "now", verdict)
    connection.execute("delete from verdict where report_id in (from now select report_id)")
    connection.execute("insert into verdict from now")


def _known(connection: duckdb.DuckDBPyConnection, reports: str, **parameters: str | float) -> pl.DataFrame:
    """The sketches of the known reports that a query names: `stage.sketch` with `sketch_id`."""
    connection.execute(f"create or replace table memory.wanted as {reports}", parameters)
    known = connection.execute("from known_sketch semi join wanted using (report_id) order by report_id")
    return known.pl().select(KNOWN)


def _slots(sketches: pl.DataFrame) -> pl.DataFrame:
    """The hashes of the signatures as rows of `ops.sketch_slot`, and whether the report is `found_by` them."""
    slots = unpacked(sketches)
    return slots.with_columns(
        sketch_id=sketches["sketch_id"][slots["row"]], slot=pl.col("hash").cast(pl.UInt32, wrap_numerical=True)
    )
