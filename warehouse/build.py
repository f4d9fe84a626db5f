"""The next version of the warehouse, built beside the published one from what is in the lake.

The warehouse is a function of the batches, the corrections and the decisions. A build starts from a
copy of the published version and replaces what concerns the documents of batches that are new or have
changed; where the code has changed, it starts from an empty file and every batch is new. Both run the
same SQL, so that a rebuild equals the increments row for row.
"""

import hashlib
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import duckdb
import polars as pl

from transforms.schema import table
from warehouse.corrections import apply as apply_corrections
from warehouse.corrections import read_corrections
from warehouse.home import Home
from warehouse.lake import STAGES, Lake
from warehouse.query import connect
from warehouse.tables import ddl, literal, sql
from warehouse.versions import read_version, share, version_file, versions

SOURCE_FILE = table("ops.source_file")
BATCH = pl.Schema({"batch_id": pl.String(), "arrived_at": pl.Datetime("us", "UTC")})


def build(home: Home) -> Path:
    """Build the next version from everything that is complete in the lake and return its file, to be published.

    Where nothing has changed since the published version, that is what is returned. Waits for
    other builds of the same data directory.
    """
    with home.locked():
        return build_locked(home)


def build_locked(home: Home) -> Path:
    """`build`, by a caller that holds the lock of the data directory."""
    home.sweep()
    code = fingerprint()
    published = read_version(home.warehouse)
    if published and not version_file(home, published.number).exists():
        share(home, home.warehouse, version_file(home, published.number))
    sources = _sources(home)
    increment = published is not None and published.code == code
    known = _known_sources(home) if increment else SOURCE_FILE.empty()
    changed = pl.concat(
        [
            sources.join(known, on=sources.columns, how="anti", nulls_equal=True),
            known.join(sources, on=sources.columns, how="anti", nulls_equal=True),
        ]
    )
    if increment and changed.is_empty():
        return home.warehouse

    target = home.versions / "next.duckdb"
    with home.replacing(target) as partial:
        if increment:
            shutil.copyfile(home.warehouse, partial)
        with duckdb.connect(partial) as connection:
            connection.execute("set timezone = 'UTC'")
            if not increment:
                _create(connection)
            connection.execute("begin")
            _load(connection, home, sources, changed)
            number = max([*versions(home), published.number if published else 0]) + 1
            connection.execute("delete from ops.version")
            connection.execute(
                "insert into ops.version values (?, ?, ?, ?)",
                [number, published.number if published else None, datetime.now(UTC), code],
            )
            connection.execute("commit")
            connection.execute("checkpoint")
    return target


def fingerprint() -> str:
    """SHA-256 over the files that decide what a build makes of the lake."""
    digest = hashlib.sha256()
    for package, endings in (("transforms", (".toml", ".csv", ".tsv")), ("warehouse", (".sql", ".py"))):
        for name, content in _files(resources.files(package), endings):
            digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def _files(folder: Traversable, endings: tuple[str, ...]) -> Iterable[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files(entry, endings)
        elif entry.name.endswith(endings):
            yield entry.name, entry.read_bytes()


def _sources(home: Home) -> pl.DataFrame:
    lake = Lake(home)
    files: dict[Path, str | None] = {
        lake.stage_path(batch_id, stage): batch_id for batch_id in lake.complete_batch_ids() for stage in STAGES
    }
    files |= {path: None for path in (home.corrections, home.decisions) if path.exists()}
    stats = [(path.relative_to(home.root).as_posix(), batch_id, path.stat()) for path, batch_id in files.items()]
    return pl.DataFrame(
        [(path, batch_id, stat.st_size, stat.st_mtime_ns) for path, batch_id, stat in stats],
        schema=SOURCE_FILE.frame_schema,
        orient="row",
    )


def _known_sources(home: Home) -> pl.DataFrame:
    with connect(home.warehouse) as connection:
        return SOURCE_FILE.conform(connection.execute("from ops.source_file").pl())


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    from transforms.indicators import catalogue
    from transforms.places import places
    from transforms.plans import plans

    connection.execute(ddl())
    _insert(connection, "core.dim_place", places())
    _insert(connection, "core.dim_indicator", catalogue())
    _insert(connection, "core.dim_plan", plans())


def _load(connection: duckdb.DuckDBPyConnection, home: Home, sources: pl.DataFrame, changed: pl.DataFrame) -> None:
    lake = Lake(home)
    changed_batches = set(changed["batch_id"].drop_nulls())
    present = sorted(changed_batches & set(sources["batch_id"].drop_nulls()))
    arrivals = [(name, lake.arrived_at(name) if name in present else None) for name in sorted(changed_batches)]
    _show(connection, "changed_batch", pl.DataFrame(arrivals, schema=BATCH, orient="row"))
    _show(connection, "correction", read_corrections(home))
    _show_stages(connection, lake, present)
    connection.execute(sql("load/batches.sql"))
    connection.execute(sql("load/touched.sql"))
    connection.execute(sql("load/remove.sql"))
    _show_stages(
        connection,
        lake,
        [row[0] for row in connection.sql("select distinct batch_id from incoming order by 1").fetchall()],
    )
    connection.execute(sql("load/facts.sql"))
    apply_corrections(connection)
    connection.execute(sql("load/observations.sql"))
    connection.execute(sql("marts/figure.sql"))
    connection.execute("delete from ops.source_file")
    _insert(connection, "ops.source_file", sources)


def _show_stages(connection: duckdb.DuckDBPyConnection, lake: Lake, batch_ids: list[str]) -> None:
    """Have `stage_<name>` show the rows of these batches, with their `batch_id`."""
    for stage, schema in STAGES.items():
        if batch_ids:
            files = ", ".join(literal(str(lake.stage_path(batch_id, stage))) for batch_id in batch_ids)
            rows = f"read_parquet([{files}], filename = true)"
        else:
            rows = f"no_{stage}"
            _show(connection, rows, pl.DataFrame(schema={**schema, "filename": pl.String()}))
        columns = ", ".join(f'"{name}"' for name in schema if name != "batch_id")
        connection.execute(
            f"create or replace temp view stage_{stage} as select {columns}, parse_path(filename)[-2] as batch_id from {rows}"
        )


def _show(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    connection.register("frame", frame.to_arrow())
    connection.execute(f"create or replace temp table {name} as from frame")
    connection.unregister("frame")


def _insert(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    connection.register("frame", table(name).conform(frame).to_arrow())
    connection.execute(f"insert into {name} by name from frame")
    connection.unregister("frame")
