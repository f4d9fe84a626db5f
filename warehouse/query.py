"""Reading the published warehouse."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from warehouse.home import Home, WarehouseError
from warehouse.tables import literal


@contextmanager
def connect(file: Path, **others: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can read one file of the warehouse, and `others` under their names, and do nothing else.

    The files are attached to a database of the connection's own, because DuckDB hands out an already
    opened database for the same path within a process: that would be an older version.
    Raises `WarehouseError` where there is no such file.
    """
    with duckdb.connect(":memory:") as connection:
        for name, path in {"warehouse": file, **others}.items():
            if not path.exists():
                raise WarehouseError(f"there is no warehouse at {path}; `campaign run PATH` loads reports into one")
            connection.execute(f"attach {literal(str(path))} as {name} (read_only)")
        connection.execute("use warehouse; set timezone = 'UTC'")
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        yield connection


def query(home: Home, sql: str, parameters: Mapping[str, Any] | None = None) -> pl.DataFrame:
    """The rows that `sql`, with `$name` for parameters, selects from the published version.

    It can neither write nor reach other files. Raises `duckdb.Error` where the statement is wrong,
    `WarehouseError` where nothing is published.
    """
    with connect(home.warehouse) as connection:
        return connection.execute(sql, dict(parameters or {})).pl()
