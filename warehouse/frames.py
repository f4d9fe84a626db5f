"""Frames put into a database that is being built."""

import duckdb
import polars as pl
import pyarrow.dataset  # noqa: F401  # DuckDB does it when it first sees a frame, in the middle of a build

from transforms.schema import table


def show(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Make a table in memory of a frame, in place of one of that name."""
    connection.register("frame", frame.to_arrow())
    connection.execute(f"create or replace table memory.{name} as from frame")
    connection.unregister("frame")


def insert(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Insert a frame into the declared table of that name; the columns must be there, in any order."""
    connection.register("frame", table(name).conform(frame).to_arrow())
    connection.execute(f"insert into {name} by name from frame")
    connection.unregister("frame")
