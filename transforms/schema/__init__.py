"""Every table and column of the project, declared once in the `.toml` files beside this module.

Each declaration feeds the DDL and comments of the warehouse, the schemas of the frames, the
expectations and the data dictionary. `stage.toml` holds the frames that pass between stages and
never reach the warehouse; `core.toml`, `ops.toml` and `mart.toml` hold the warehouse's schemas.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import polars as pl

POLARS_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "hash32": pl.UInt32(),
    "double": pl.Float64(),
    "boolean": pl.Boolean(),
    "timestamp": pl.Datetime("us", "UTC"),
    "binary": pl.Binary(),
}
DUCKDB_TYPES = {
    "text": "varchar",
    "integer": "bigint",
    "hash32": "uinteger",
    "double": "double",
    "boolean": "boolean",
    "timestamp": "timestamptz",
    "binary": "blob",
}
SCHEMAS = ("stage", "core", "ops", "mart")
COLUMN_KEYS = {"type", "en", "zh", "required", "values", "references", "minimum", "maximum", "unit"}


@dataclass(frozen=True)
class Column:
    """One column.

    `type` is a key of `POLARS_TYPES`; `en` says what it holds, with its unit; `zh` is the header
    shown to a Chinese reader; `values` lists the only values allowed; `references` names the
    `schema.table.column` that holds each of its values.
    """

    name: str
    type: str
    en: str
    zh: str
    required: bool = False
    values: tuple[str, ...] = ()
    references: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Table:
    """One table: `grain` says what a row is, `key` names the columns that identify it."""

    schema: str
    name: str
    grain: str
    zh: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def full_name(self) -> str:
        """`schema.name`."""
        return f"{self.schema}.{self.name}"

    @property
    def frame_schema(self) -> pl.Schema:
        """The schema of a frame that holds the table."""
        return pl.Schema({column.name: POLARS_TYPES[column.type] for column in self.columns})

    @property
    def column_names(self) -> list[str]:
        """The columns by name, in order."""
        return [column.name for column in self.columns]

    def empty(self) -> pl.DataFrame:
        """A frame of the table without rows."""
        return pl.DataFrame(schema=self.frame_schema)

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame's columns of this table, in its order and types.

        Raises `polars.exceptions.ColumnNotFoundError` where one is missing and
        `polars.exceptions.InvalidOperationError` where a value does not fit its type.
        """
        return frame.select(pl.col(name).cast(kind) for name, kind in self.frame_schema.items())


class SchemaError(ValueError):
    """A declaration that is not well formed; the message names file, table and column."""


def _column(table: str, name: str, declared: dict[str, Any]) -> Column:
    unknown = declared.keys() - COLUMN_KEYS
    if unknown or declared.get("type") not in POLARS_TYPES or not declared.get("en") or not declared.get("zh"):
        raise SchemaError(
            f"{table}.{name}: needs type ({', '.join(POLARS_TYPES)}), en and zh; unknown: {sorted(unknown)}"
        )
    return Column(name=name, **{**declared, "values": tuple(declared.get("values", ()))})


@cache
def tables() -> dict[str, Table]:
    """All tables by their full name, in order of declaration."""
    found: dict[str, Table] = {}
    for schema in SCHEMAS:
        text = resources.files(__package__).joinpath(f"{schema}.toml").read_text("utf-8")
        for name, declared in tomllib.loads(text).items():
            columns = tuple(_column(f"{schema}.{name}", c, d) for c, d in declared["columns"].items())
            key = tuple(declared["key"])
            missing = set(key) - {column.name for column in columns}
            if missing:
                raise SchemaError(f"{schema}.{name}: key names columns that do not exist: {sorted(missing)}")
            found[f"{schema}.{name}"] = Table(schema, name, declared["grain"], declared["zh"], key, columns)
    return found


def table(full_name: str) -> Table:
    """The table of that full name, such as `core.fact_observation`; `KeyError` if there is none."""
    return tables()[full_name]
