"""Copies found across the whole warehouse, however many batches they arrived in.

Which report is a copy of which follows from the set of reports alone, not from the order in which they
arrived. Reports are compared some at a time with those known by then that are likely to be related;
then the groups of copies that this touches are compared once more among themselves, which gives what
comparing everything with everything would give.
"""

import duckdb
import numpy as np
import polars as pl

from transforms.duplicates import ALGORITHM, COPIES, FEWEST, find_copies
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
        show(connection, "now", _slots(new))
        connection.execute("insert into incoming_slot from now")
    connection.execute(sql("steps/reports.sql"))


def _compare(connection: duckdb.DuckDBPyConnection, compared: pl.DataFrame) -> None:
    """Set the verdict on the reports `compared`, and on the known ones of the groups that they belong to."""
    show(connection, "compared_slot", _slots(compared))
    show(connection, "compared_fingerprint", compared.select("fingerprint").unique())
    likely = _known(connection, sql("steps/likely.sql"), algorithm=ALGORITHM, popular=POPULAR, enough=FEWEST // 2)
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


def _known(connection: duckdb.DuckDBPyConnection, reports: str, **parameters: str | int) -> pl.DataFrame:
    """The sketches of the known reports that a query names: `stage.sketch` with `sketch_id`."""
    connection.execute(f"create or replace table memory.wanted as {reports}", parameters)
    sketches = connection.execute("from known_sketch join wanted using (report_id) select *, number: wanted.rowid").pl()
    # A table is filled on all cores, where a result would be on one.
    connection.execute(sql("steps/wanted.sql"))
    slots = connection.execute("from wanted_slot").pl()
    signed = slots.group_by("number").agg(pl.col("slot").reinterpret(signed=False).sort())
    signatures = [hashes.to_numpy().astype("<u8").tobytes() for hashes in signed["slot"]]
    signed = signed.select("number", signature=pl.Series(signatures, dtype=pl.Binary))
    known = sketches.join(signed, on="number", how="left").with_columns(pl.col("signature").fill_null(b""))
    return known.sort("report_id").select(KNOWN)


def _slots(sketches: pl.DataFrame) -> pl.DataFrame:
    """The hashes of the signatures as rows of `ops.sketch_slot`."""
    hashes = np.frombuffer(b"".join(sketches["signature"]), dtype="<i8")
    rows = np.repeat(np.arange(len(sketches)), (sketches["signature"].bin.size() // 8).to_numpy())
    return pl.DataFrame({"sketch_id": sketches["sketch_id"][rows], "slot": hashes})
