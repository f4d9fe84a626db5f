"""What every asset is: its columns and where they come from, its group, kinds, owner and code. Nothing here runs.

`assets.toml` says it for the stages; the columns come from the declarations in `transforms/schema`, and the tables
that a mart reads from its own `.sql` file.
"""

import re
import tomllib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.metadata import column_schema
from orchestration.partitions import BATCHES
from orchestration.settings import Inbox
from transforms.schema import Column, Table, table, tables

ROOT = Path(__file__).resolve().parents[1]
_SQL_TABLE = re.compile(r"\b(core|ops|mart)\.([a-z_]+)\b")
_SQL_MACRO = re.compile(r"create macro (\w+)\((.*?);$", re.DOTALL | re.MULTILINE)
_SQL_COMMENT = re.compile(r"--.*")
_TEXT = Column(
    "text", "text", "the document's text as read; tables as lines of cells separated by tabs", "全文", required=True
)

# What the tables of a schema of the warehouse share; `assets.toml` and the declarations say the rest.
_SCHEMAS: dict[str, dict[str, Any]] = {
    "core": {"group": "warehouse", "kinds": ["duckdb"], "team": "warehouse", "code": "warehouse/build.py:build"},
    "ops": {"group": "history", "kinds": ["duckdb"], "team": "warehouse", "code": "warehouse/build.py:build"},
    "mart": {"group": "marts", "kinds": ["duckdb", "sql"], "team": "warehouse"},
}


class CatalogueError(ValueError):
    """An entry of `assets.toml` that names what does not exist."""


@dataclass(frozen=True)
class Entry:
    """One asset: its columns, the assets it is made from, and for each column the `asset:column` that it is made of."""

    name: str
    table: Table
    columns: tuple[Column, ...]
    deps: tuple[str, ...]
    lineage: Mapping[str, tuple[str, ...]]
    about: Mapping[str, Any]

    @property
    def key(self) -> dg.AssetKey:
        """The name as Dagster has it."""
        return dg.AssetKey(self.name.split("/"))

    @property
    def published(self) -> bool:
        """Whether it is a table of the warehouse."""
        return self.name.split("/")[0] in _SCHEMAS


@cache
def catalogue() -> dict[str, Entry]:
    """Every asset but the inboxes, by name, each after those it is made from; raises `CatalogueError`."""
    declared: dict[str, dict[str, Any]] = tomllib.loads(
        resources.files(__package__).joinpath("assets.toml").read_text("utf-8")
    )
    for full_name, found in tables().items():
        if found.schema in _SCHEMAS:
            name = f"{found.schema}/{found.name}"
            about = {"table": full_name, "description": f"{found.zh}: {found.grain}.", **_SCHEMAS[found.schema]}
            if found.schema == "mart":
                about |= _mart(found.name, declared.get(name, {}).get("sql", ()))
            declared[name] = about | declared.get(name, {})
    entries: dict[str, Entry] = {}
    for name in _in_order(declared):
        entries[name] = _entry(name, declared[name], entries)
    return entries


def _mart(name: str, steps: Iterable[str]) -> dict[str, Any]:
    """The last `.sql` file that makes a mart, and the tables that these read, by themselves or in a macro."""
    files = [ROOT / step for step in steps] or sorted((ROOT / "warehouse").rglob(f"{name}.sql"))
    if not files or not all(file.exists() for file in files):
        raise CatalogueError(f"assets.toml: mart/{name}: sql must name the .sql files that make it")
    statements = "\n".join(file.read_text("utf-8") for file in files)
    read = {f"{schema}/{table}" for schema, table in _SQL_TABLE.findall(_with_macros(statements))}
    return {"code": str(files[-1].relative_to(ROOT)), "deps": sorted(read - {f"mart/{name}"})}


def _with_macros(sql: str) -> str:
    """The statement, without comments, followed by the macros that it calls."""
    macros = "".join(file.read_text("utf-8") for file in sorted((ROOT / "warehouse" / "macros").glob("*.sql")))
    called = [body for name, body in _SQL_MACRO.findall(macros) if re.search(rf"\b{name}\(", sql)]
    return _SQL_COMMENT.sub("", "\n".join([sql, *called]))


def _in_order(declared: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    done: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name in done or name.startswith("inbox/"):
            return
        if name not in declared:
            raise CatalogueError(f"assets.toml: there is no asset {name}")
        done.add(name)
        for dep in declared[name].get("deps", ()):
            yield from visit(dep)
        yield name

    for name in declared:
        yield from visit(name)


def _entry(name: str, about: Mapping[str, Any], before: Mapping[str, Entry]) -> Entry:
    declared = table(about["table"])
    # In the lake the folder names the batch.
    columns = tuple(column for column in declared.columns if column.name != "batch_id" or not name.startswith("lake/"))
    columns += (_TEXT,) if about.get("text") else ()
    deps = tuple(about.get("deps", ()))
    origins: Mapping[str, list[str]] = about.get("from", {})
    lineage = {column.name: tuple(_origin(name, column.name, origins, deps, before)) for column in columns}
    unknown = origins.keys() - {column.name for column in columns} - {"*"}
    if unknown:
        raise CatalogueError(f"assets.toml: {name}: from names columns that it does not have: {sorted(unknown)}")
    return Entry(name, declared, columns, deps, lineage, about)


def _origin(
    name: str, column: str, origins: Mapping[str, list[str]], deps: tuple[str, ...], before: Mapping[str, Entry]
) -> list[str]:
    known = {dep: {c.name for c in before[dep].columns} for dep in deps if dep in before}
    if column not in origins:
        same = [f"{dep}:{column}" for dep, columns in known.items() if column in columns]
        if same:
            return same
    found = origins.get(column, origins.get("*", []))
    for origin in found:
        dep, _, of = origin.partition(":")
        if of not in known.get(dep, ()):
            raise CatalogueError(f"assets.toml: {name}.{column}: {origin} is no column of an asset in its deps")
    return found


def spec(entry: Entry, inboxes: tuple[Inbox, ...] = ()) -> dg.AssetSpec:
    """The asset as Dagster shows it."""
    partitioned = entry.published or entry.name.startswith("lake/")
    deps = [dep for dep in entry.deps if not dep.startswith("inbox/")]
    deps += [f"inbox/{inbox.name}" for inbox in inboxes] if "inbox/*" in entry.deps else []
    lineage = {
        column: [
            dg.TableColumnDep(asset_key=origin.partition(":")[0].split("/"), column_name=origin.partition(":")[2])
            for origin in origins
        ]
        for column, origins in entry.lineage.items()
        if origins
    }
    return dg.AssetSpec(
        entry.key,
        deps=[dg.AssetKey(dep.split("/")) for dep in deps],
        description=entry.about["description"],
        group_name=entry.about["group"],
        kinds=set(entry.about["kinds"]),
        owners=[f"team:{entry.about['team']}"],
        tags={"stage": entry.name.split("/")[0]},
        partitions_def=BATCHES if partitioned else None,
        metadata={
            "dagster/column_schema": column_schema(entry.columns, entry.table.key, entry.lineage),
            "dagster/column_lineage": dg.TableColumnLineage(lineage),
            "dagster/table_name": entry.name.replace("/", "."),
            "dagster/code_references": _code(entry.about["code"]),
        },
    )


def source_spec(inbox: Inbox) -> dg.AssetSpec:
    """A source of documents as Dagster shows it, with how long it may go without anything new."""
    return dg.AssetSpec(
        ["inbox", inbox.name],
        description=f"Files that arrive at {inbox.address}.",
        group_name="sources",
        kinds={"file"},
        owners=["team:extraction"],
        tags={"stage": "inbox"},
        freshness_policy=dg.FreshnessPolicy.time_window(
            warn_window=timedelta(hours=inbox.stale_after_hours), fail_window=timedelta(hours=inbox.overdue_after_hours)
        ),
    )


def _code(reference: str) -> dg.CodeReferencesMetadataValue:
    file, _, function = reference.partition(":")
    path = ROOT / file
    lines = path.read_text("utf-8").splitlines() if function else []
    line = next((number for number, text in enumerate(lines, 1) if text.startswith(f"def {function}(")), 1)
    with warnings.catch_warnings():
        # Code references are beta in this version of Dagster, which constraints.txt holds fast.
        warnings.simplefilter("ignore", dg.BetaWarning)
        found = dg.LocalFileCodeReference(file_path=str(path), line_number=line, label=reference)
        return dg.CodeReferencesMetadataValue(code_references=[found])
