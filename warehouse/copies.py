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
from warehouse.frames import insert, show
from warehouse.tables import sql

SKETCH = table("stage.sketch")


def find_copies_again(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `verdict` (`report_id`, `duplicate_of`, `copy_kind`) of all reports that come in.

    A step of the build: where the verdict on a known report changes, its document comes in too.
    """
    connection.execute(sql("steps/sketches.sql"))
    arriving = connection.execute("from incoming_sketch where algorithm = $1 order by report_id", [ALGORITHM]).pl()
    disturbed = _sketches(
        connection, "from ops.sketch semi join disturbed using (report_id) where algorithm = $algorithm"
    )
    show(connection, "verdict", _verdicts(connection, SKETCH.conform(pl.concat([arriving, disturbed]))))
    insert(connection, "ops.sketch", arriving.with_columns(slots=_slots(arriving["signature"])))
    connection.execute(sql("steps/verdicts.sql"))


def _verdicts(connection: duckdb.DuckDBPyConnection, compared: pl.DataFrame) -> pl.DataFrame:
    """The copies among the reports `compared`, all known ones and the groups that these belong to; nulls for originals."""
    show(connection, "compared_slot", pl.DataFrame({"slot": _slots(compared["signature"]).explode().unique()}))
    show(connection, "compared_fingerprint", compared.select("fingerprint").unique())
    likely = _sketches(connection, sql("steps/likely.sql"), fewest=FEWEST)
    copies = find_copies(compared, likely)
    show(connection, "linked", pl.concat([copies["report_id"], copies["duplicate_of"]]).unique().to_frame("report_id"))
    touched = pl.concat([compared, _sketches(connection, sql("steps/groups.sql"))]).unique("report_id")
    if len(touched) > len(compared):
        copies = find_copies(touched, touched.clear())
    return touched.select("report_id").join(copies, on="report_id", how="left").select(COPIES.names())


def _sketches(connection: duckdb.DuckDBPyConnection, statement: str, **parameters: int) -> pl.DataFrame:
    """Rows of `ops.sketch` as `stage.sketch`."""
    known = connection.execute(statement, {"algorithm": ALGORITHM, **parameters}).pl()
    signatures = [slots.to_numpy().astype("<i8").tobytes() for slots in known["slots"]]
    return SKETCH.conform(known.with_columns(signature=pl.Series(signatures, dtype=pl.Binary)))


def _slots(signatures: pl.Series) -> pl.Series:
    """The hashes of each signature, as signed numbers."""
    hashes = np.frombuffer(b"".join(signatures), dtype="<i8")
    rows = np.repeat(np.arange(len(signatures)), (signatures.bin.size() // 8).to_numpy())
    listed = pl.DataFrame({"row": rows, "slots": hashes}).group_by("row").agg("slots")
    whole = pl.DataFrame({"row": np.arange(len(signatures))}).join(listed, on="row", how="left", maintain_order="left")
    return whole["slots"].fill_null(pl.Series([[]], dtype=pl.List(pl.Int64)))
