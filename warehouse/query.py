"""Reading the published warehouse."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from warehouse.home import Home, WarehouseError


@contextmanager
def connect(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can read one file of the warehouse and do nothing else.

    The file is attached to a database of the connection's own, because DuckDB hands out an already
    opened database for the same path within a process: that would be an older version.
    Raises `WarehouseError` where there is no such file.
    """
    if not file.exists():
        raise WarehouseError(f"there is no warehouse at {file} yet: load some reports with `campaign run PATH`")
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{str(file).replace(chr(39), chr(39) * 2)}' as warehouse (read_only)")
        connection.execute("use warehouse; set timezone = 'UTC'")
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        yield connection


def query(home: Home, sql: str) -> pl.DataFrame:
    """The rows that `sql` selects from the published version; it can neither write nor reach other files.

    Raises `duckdb.Error` where the statement is wrong, `WarehouseError` where nothing is published.
    """
    with connect(home.warehouse) as connection:
        return connection.execute(sql).pl()
