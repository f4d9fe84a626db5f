"""The data dictionary: what every table and column of the warehouse holds, for people and for programs.

`python -m warehouse.dictionary` writes `docs/data-dictionary.md` and `docs/datapackage.json`;
with `--check` it only says whether they are up to date.
"""

import json
import sys
from pathlib import Path
from typing import Any

import duckdb

from transforms.schema import DUCKDB_TYPES, Column, Table
from warehouse.tables import ddl, is_view, warehouse_tables

FRICTIONLESS_TYPES = {
    "text": "string",
    "integer": "integer",
    "hash32": "integer",
    "double": "number",
    "boolean": "boolean",
    "timestamp": "datetime",
    "binary": "string",
}
DOCS = Path(__file__).parents[1] / "docs"
INTRODUCTION = """# Data dictionary 数据字典

Every table, column and macro of `warehouse.duckdb`, as the comments in the file itself say it. Generated from
`transforms/schema/*.toml` and `warehouse/macros/*.sql` by `python -m warehouse.dictionary`; do not edit by hand.

`core` is the star of documents, reports, places, indicators and facts; `mart` holds what people ask for;
`ops` the history of loads, checks, quarantine and corrections.
"""


def markdown() -> str:
    """The dictionary as Markdown."""
    return "\n".join([INTRODUCTION, *(_section(table) for table in warehouse_tables()), _macros()])


def datapackage(paths: dict[str, str]) -> str:
    """A Frictionless data package (https://datapackage.org) of the tables whose files `paths` names, as JSON."""
    tables = [table for table in warehouse_tables() if table.full_name in paths]
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "campaign-metrics",
        "title": "城市创建工作报告指标仓库 / figures of city campaign reports",
        "resources": [_resource(table, paths) for table in tables],
    }
    return json.dumps(package, ensure_ascii=False, indent=1) + "\n"


def generated(docs: Path) -> dict[Path, str]:
    """The files that are generated, and what they should hold."""
    paths = {table.full_name: f"{table.full_name}.parquet" for table in warehouse_tables()}
    return {docs / "data-dictionary.md": markdown(), docs / "datapackage.json": datapackage(paths)}


def main(arguments: list[str], docs: Path = DOCS) -> int:
    """Write the generated files, or with `--check` name those that are out of date; the exit status."""
    stale = [
        (path, text) for path, text in generated(docs).items() if not path.exists() or path.read_text("utf-8") != text
    ]
    for path, text in stale:
        if "--check" in arguments:
            print(f"{path.name} is out of date: run python -m warehouse.dictionary", file=sys.stderr)
        else:
            path.write_text(text, "utf-8")
    return 1 if stale and "--check" in arguments else 0


def _section(table: Table) -> str:
    lines = [
        f"## {table.full_name} {table.zh}\n",
        f"{'View' if is_view(table) else 'Table'}: {table.grain}. Key: {', '.join(f'`{name}`' for name in table.key)}.\n",
        "| column | 名称 | type | holds |\n|---|---|---|---|",
    ]
    for column in table.columns:
        kind = DUCKDB_TYPES[column.type] + (" not null" if column.required else "")
        lines.append(f"| `{column.name}` | {column.zh} | {kind} | {_holds(column)} |")
    return "\n".join(lines) + "\n"


def _macros() -> str:
    with duckdb.connect(":memory:") as connection:
        connection.execute(ddl())
        macros = connection.execute(
            "from duckdb_functions() select function_name, parameters, comment where not internal order by function_oid"
        ).fetchall()
    lines = ["## Macros 宏\n", "[intervals.md](intervals.md) shows them at work.\n", "| macro | gives |\n|---|---|"]
    lines += [f"| `{name}({', '.join(parameters)})` | {described} |" for name, parameters, described in macros]
    return "\n".join(lines) + "\n"


def _holds(column: Column) -> str:
    parts = [column.en.replace("|", "\\|")]
    if column.values:
        parts.append("one of " + ", ".join(f"`{value}`" for value in column.values))
    if column.references:
        parts.append(f"references `{column.references}`")
    return "; ".join(parts)


def _resource(table: Table, paths: dict[str, str]) -> dict[str, Any]:
    foreign = []
    for column in table.columns:
        target, _, name = (column.references or "").rpartition(".")
        if target in paths:
            resource = "" if target == table.full_name else _name(target)
            foreign.append({"fields": [column.name], "reference": {"resource": resource, "fields": [name]}})
    path = paths[table.full_name]
    return {
        "name": _name(table.full_name),
        "title": table.zh,
        "description": table.grain,
        "path": path,
        "format": path.rpartition(".")[2],
        "schema": {
            "fields": [_field(column) for column in table.columns],
            "primaryKey": list(table.key),
            **({"foreignKeys": foreign} if foreign else {}),
        },
    }


def _name(full_name: str) -> str:
    return full_name.replace(".", "-").replace("_", "-")


def _field(column: Column) -> dict[str, Any]:
    constraints = {
        "required": column.required or None,
        "enum": list(column.values) or None,
        "minimum": column.minimum,
        "maximum": column.maximum,
    }
    constraints = {name: value for name, value in constraints.items() if value is not None}
    return {
        "name": column.name,
        "title": column.zh,
        "description": column.en,
        "type": FRICTIONLESS_TYPES[column.type],
        **({"constraints": constraints} if constraints else {}),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
