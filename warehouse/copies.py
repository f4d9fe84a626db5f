"""Copies found across the whole warehouse, however many batches they arrived in.

Which report is a copy of which follows from the set of reports alone, not from the order in which they
arrived. A load compares the reports that come in, and those whose group of copies loses a member, with
all that are known; then the groups that this touches are compared once more among themselves, which
gives what comparing everything with everything would give.
"""

import duckdb
import numpy as np
import polars as pl

from transforms.duplicates import ALGORITHM, COPIES, FEWEST, find_copies
from transforms.schema import table
from warehouse.frames import show
from warehouse.tables import sql

SKETCH = table("stage.sketch")


def find_copies_again(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables `verdict` (`report_id`, `duplicate_of`, `copy_kind`), `incoming_sketch` and `incoming_slot`.

    A step of the build. `verdict` has every report that comes in; where the verdict on a known
    report changes, its document comes in too.
    """
    connection.execute(sql("steps/sketches.sql"))
    arriving = SKETCH.conform(connection.execute("from incoming_sketch order by report_id").pl())
    show(connection, "incoming_slot", _slots(arriving))
    disturbed = _known(connection, "from disturbed")
    show(connection, "verdict", _verdicts(connection, pl.concat([arriving.filter(algorithm=ALGORITHM), disturbed])))
    connection.execute(sql("steps/reports.sql"))


def _verdicts(connection: duckdb.DuckDBPyConnection, compared: pl.DataFrame) -> pl.DataFrame:
    """Which of the reports `compared`, and of the known ones that this touches, are copies; nulls for originals."""
    show(connection, "compared_slot", _slots(compared).select("slot").unique())
    show(connection, "compared_fingerprint", compared.select("fingerprint").unique())
    copies = find_copies(compared, _known(connection, sql("steps/likely.sql"), algorithm=ALGORITHM, fewest=FEWEST))
    show(connection, "linked", pl.concat([copies["report_id"], copies["duplicate_of"]]).unique().to_frame("report_id"))
    groups = _known(connection, sql("steps/groups.sql"), algorithm=ALGORITHM)
    touched = pl.concat([compared, groups]).unique("report_id")
    if len(touched) > len(compared):
        copies = find_copies(touched, touched.clear())
    return touched.select("report_id").join(copies, on="report_id", how="left").select(COPIES.names())


def _known(connection: duckdb.DuckDBPyConnection, reports: str, **parameters: str | int) -> pl.DataFrame:
    """The sketches (`stage.sketch`) of the known reports that a query names."""
    show(connection, "wanted", connection.execute(reports, parameters).pl())
    known = connection.execute(sql("steps/sketches_of.sql")).pl()
    signatures = [b"" if slots is None else slots.to_numpy().astype("<i8").tobytes() for slots in known["slots"]]
    return SKETCH.conform(known.with_columns(signature=pl.Series(signatures, dtype=pl.Binary)))


def _slots(sketches: pl.DataFrame) -> pl.DataFrame:
    """The hashes of the signatures as rows of `ops.sketch_slot`."""
    hashes = np.frombuffer(b"".join(sketches["signature"]), dtype="<i8")
    rows = np.repeat(np.arange(len(sketches)), (sketches["signature"].bin.size() // 8).to_numpy())
    return pl.DataFrame({"report_id": sketches["report_id"][rows], "slot": hashes})
