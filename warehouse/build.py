"""The next version of the warehouse, built beside the published one from what is in the lake.

The warehouse is a function of the batches, the corrections and the decisions. A build starts from a
copy of the published version and replaces what concerns the documents of batches that are new or have
changed; where the code has changed, it starts from an empty file and every batch is new. Both run the
same SQL, so that a rebuild equals the increments row for row.
"""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import duckdb
import polars as pl

from transforms.schema import table
from warehouse.frames import insert
from warehouse.home import Home, copy_flushed
from warehouse.lake import HISTORY, STAGES, Lake
from warehouse.load import apply_changes, find_documents, find_figures, find_observations
from warehouse.query import connect
from warehouse.tables import ddl, literal
from warehouse.versions import Version, read_version, share, version_file, versions

# What a file is written in: DuckDB of this version and later reads it. Nulls among strings are read several times as
# fast as in the format that every version reads.
STORAGE = "v1.3.0"
# Where the steps of a build look a name up: in the version that they start from, then among their own tables.
SEARCHED = "set search_path = 'base,memory'"
# Versions between two that get rid of the gaps that deleted rows have left.
COMPACTED = 50
SOURCE_FILE, VERSION = table("ops.source_file"), table("ops.version")


def build(home: Home) -> Path:
    """Build the next version from everything that is complete in the lake and return its file, to be published.

    Where nothing has changed since the published version, that is what is returned. Waits for
    other builds of the same data directory.
    """
    with home.locked():
        home.sweep()
        return build_locked(home)


def build_locked(home: Home) -> Path:
    """`build`, by a caller that holds the lock of the data directory."""
    published = read_version(home.warehouse)
    if published and not version_file(home, published.number).exists():
        share(home, home.warehouse, version_file(home, published.number))
    dimensions = _dimensions()
    code = fingerprint(dimensions)
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

    number = max([*versions(home), published.number if published else 0]) + 1
    version = Version(number, published.number if published else None, datetime.now(UTC), code)
    target = home.versions / "next.duckdb"
    with home.replacing(target) as partial, duckdb.connect(":memory:") as connection, ThreadPoolExecutor(1) as pool:
        # What changes is worked out from the published version while that is being copied, and the copy takes in what has
        # been worked out meanwhile.
        other = connection.cursor()
        taken_in = [
            pool.submit(
                _start, other, home.warehouse if increment else None, partial, dimensions, number % COMPACTED == 0
            )
        ]
        connection.execute(f"set timezone = 'UTC'; set temp_directory = {literal(f'{partial}.spill')}")
        connection.execute(
            f"set memory_limit = '{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // 2**21} MiB'"
        )
        connection.execute(
            f"attach {literal(str(home.warehouse))} as base (read_only)" if increment else "attach ':memory:' as base"
        )
        if not increment:
            _create(connection, "base", dimensions)
        connection.execute(SEARCHED)
        find_documents(
            connection,
            home,
            changed=set(changed["batch_id"].drop_nulls()),
            decided=set((sources if home.decisions.name in changed["path"] else changed)["batch_id"].drop_nulls()),
        )
        taken_in.append(pool.submit(_take_in, other, "documents"))
        find_observations(connection)
        taken_in.append(pool.submit(_take_in, other, "observations"))
        find_figures(connection)
        for step in taken_in:
            step.result()
        connection.execute("use next; begin")
        apply_changes(connection, "figures")
        connection.execute("delete from ops.source_file; delete from ops.version")
        insert(connection, "ops.source_file", sources)
        insert(connection, "ops.version", pl.DataFrame([version], schema=VERSION.frame_schema, orient="row"))
        connection.execute("commit; checkpoint; use memory; detach next")
    return target


def _start(
    connection: duckdb.DuckDBPyConnection,
    published: Path | None,
    file: Path,
    dimensions: dict[str, pl.DataFrame],
    compacts: bool,
) -> None:
    """Attach, as `next`, a copy of the published version, or where there is none to start from, an empty warehouse."""
    if published:
        copy_flushed(published, file)
    # Moving rows together where others were deleted costs more than all the rest of a load.
    if not compacts:
        connection.execute("set max_vacuum_tasks = 0")
    # A write-ahead log would guard a file that nobody will see unless it is whole.
    connection.execute(
        f"attach {literal(str(file))} as next (recovery_mode no_wal_writes, storage_version '{STORAGE}')"
    )
    if not published:
        _create(connection, "next", dimensions)


def _take_in(connection: duckdb.DuckDBPyConnection, found: str) -> None:
    """Make the changes to `next` that were `found`, of documents or observations."""
    connection.execute(f"{SEARCHED}; begin")
    apply_changes(connection, found)
    connection.execute("commit; checkpoint next")


def _create(connection: duckdb.DuckDBPyConnection, database: str, dimensions: dict[str, pl.DataFrame]) -> None:
    connection.execute(f"use {database}")
    connection.execute(ddl())
    for name, frame in dimensions.items():
        insert(connection, name, frame)


def fingerprint(dimensions: dict[str, pl.DataFrame]) -> str:
    """SHA-256 over what decides, beside the lake, what a version holds: declarations, SQL, code, catalogue and places."""
    digest = hashlib.sha256()
    folders = [resources.files("transforms.schema"), resources.files("warehouse")]
    while folders:
        for entry in sorted(folders.pop().iterdir(), key=lambda entry: entry.name):
            if entry.is_dir():
                folders.append(entry)
            elif entry.name.endswith((".toml", ".sql", ".py")):
                digest.update(entry.name.encode() + entry.read_bytes())
    for frame in dimensions.values():
        digest.update(frame.write_csv().encode())
    return digest.hexdigest()


def _dimensions() -> dict[str, pl.DataFrame]:
    from transforms.indicators import catalogue
    from transforms.places import places
    from transforms.plans import plans

    return {"core.dim_place": places(), "core.dim_indicator": catalogue(), "core.dim_plan": plans()}


def _sources(home: Home) -> pl.DataFrame:
    lake = Lake(home)
    complete = set(lake.complete_batch_ids())
    files: dict[Path, str | None] = {
        lake.stage_path(batch_id, stage): batch_id
        for batch_id in lake.batch_ids()
        for stage in STAGES
        if batch_id in complete or (stage in HISTORY and lake.has_stage(batch_id, stage))
    }
    files |= {path: None for path in (home.corrections, home.decisions) if path.exists()}
    root = f"{home.root.as_posix()}/"
    stats = [(path.as_posix().removeprefix(root), batch_id, path.stat()) for path, batch_id in files.items()]
    return pl.DataFrame(
        [(path, batch_id, stat.st_size, stat.st_mtime_ns) for path, batch_id, stat in stats],
        schema=SOURCE_FILE.frame_schema,
        orient="row",
    )


def _known_sources(home: Home) -> pl.DataFrame:
    with connect(home.warehouse) as connection:
        return SOURCE_FILE.conform(connection.execute("from ops.source_file").pl())
