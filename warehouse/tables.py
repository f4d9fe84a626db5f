"""The tables of the warehouse, rendered from their declarations in `transforms/schema`."""

from importlib import resources

from transforms.schema import DUCKDB_TYPES, Column, Table, tables

SCHEMAS = ("core", "mart", "ops")


def sql(path: str) -> str:
    """The text of a `.sql` file of this package, such as `steps/facts.sql`."""
    return resources.files(__package__).joinpath(path).read_text("utf-8")


def warehouse_tables() -> list[Table]:
    """The tables and views of the warehouse, in order of declaration."""
    return [table for table in tables().values() if table.schema in SCHEMAS]


def is_view(table: Table) -> bool:
    """Whether the table is a view, defined by the file of its name in `marts/views`."""
    return resources.files(__package__).joinpath(f"marts/views/{table.name}.sql").is_file() and table.schema == "mart"


def ddl() -> str:
    """Everything that an empty warehouse holds: schemas, tables, macros, views, and a comment on each and its columns."""
    macros = sorted(resources.files(__package__).joinpath("macros").iterdir(), key=lambda file: file.name)
    return "\n".join(
        [
            *(f"create schema {name};" for name in SCHEMAS),
            *(_create_table(table) for table in warehouse_tables() if not is_view(table)),
            *(file.read_text("utf-8") for file in macros),
            *(_create_view(table) for table in warehouse_tables() if is_view(table)),
            *(_comments(table) for table in warehouse_tables()),
        ]
    )


def comment(described: Table | Column) -> str:
    """The comment on a table or column: its Chinese name, and what it holds."""
    text = described.grain if isinstance(described, Table) else described.en
    return f"{described.zh}：{text}"


def _create_table(table: Table) -> str:
    columns = (
        f'    "{column.name}" {DUCKDB_TYPES[column.type]}{" not null" if column.required else ""}'
        for column in table.columns
    )
    return f"create table {table.full_name} (\n" + ",\n".join(columns) + "\n);"


def _create_view(table: Table) -> str:
    return f"create view {table.full_name} as\n{sql(f'marts/views/{table.name}.sql').rstrip().rstrip(';')};"


def _comments(table: Table) -> str:
    kind = "view" if is_view(table) else "table"
    return "\n".join(
        [
            f"comment on {kind} {table.full_name} is {literal(comment(table))};",
            *(
                f'comment on column {table.full_name}."{column.name}" is {literal(comment(column))};'
                for column in table.columns
            ),
        ]
    )


def literal(text: str) -> str:
    """The text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"
