"""What differs between two versions of the warehouse."""

from pathlib import Path

import polars as pl

from warehouse.home import Home
from warehouse.query import connect
from warehouse.tables import sql
from warehouse.versions import version_file


def diff(home: Home, old: int | Path, new: int | Path) -> pl.DataFrame:
    """The observations that appeared, vanished or changed from `old` to `new`, each a version's number or its file.

    Out: `change` (`appeared`, `vanished`, `changed`), `observation_id`, `raw_text`, `fields` (what
    changed, as `field: before → after` joined by `; `), `old` and `new` (structs of what the fact
    says, null where it is not there), `evidence`. To see what a load would change before it is
    published: `diff(home, home.warehouse, build(home))`. Raises `WarehouseError` where a version is
    not kept.
    """
    older, newer = (version_file(home, version) if isinstance(version, int) else version for version in (old, new))
    others = {"newer": newer} if newer != older else {}
    with connect(older, **others) as connection:
        name = next(iter(others), "warehouse")
        connection.execute(f"create temp view newer_observation as from {name}.core.fact_observation")
        found = connection.execute(sql("queries/diff.sql")).pl()
    return found.with_columns(fields=_fields(found)).select(
        "change", "observation_id", "raw_text", "fields", "old", "new", "evidence"
    )


def _fields(found: pl.DataFrame) -> pl.Expr:
    struct = found.schema["old"]
    assert isinstance(struct, pl.Struct)
    parts = []
    for field in struct.fields:
        before, after = (pl.col(side).struct.field(field.name) for side in ("old", "new"))
        shown = [side.cast(pl.String).fill_null("–") for side in (before, after)]
        parts.append(
            pl.when(before.ne_missing(after)).then(
                pl.concat_str(pl.lit(f"{field.name}: "), shown[0], pl.lit(" → "), shown[1])
            )
        )
    return pl.when(change="changed").then(pl.concat_str(parts, separator="; ", ignore_nulls=True))
