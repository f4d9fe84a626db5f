"""The commands that read the published warehouse."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli.common import emit, format_option, home_option, output_option

if TYPE_CHECKING:
    from warehouse.home import Home

FORMATS = ("table", "csv", "json", "jsonl", "parquet")


@click.command()
@click.argument("sql", metavar="SQL")
@format_option(*FORMATS)
@output_option
@home_option
def query(sql: str, format_: str, output: Path | None, home: "Home") -> None:
    """Run SQL on the published warehouse, which it can't change. A SQL of - is read from standard input."""
    from warehouse.query import query as select

    text = sys.stdin.read() if sql == "-" else sql
    emit(select(home, text), format_, output)


@click.command()
@click.argument("indicator")
@click.option("--level", default="city", show_default=True, help="province, city, county, town or unit.")
@click.option("--year", type=int, help="Only periods that end in this year.")
@click.option("--per-capita", is_flag=True, help="Rank by the figure per 10 000 people.")
@format_option(*FORMATS)
@output_option
@home_option
def compare(
    indicator: str, level: str, year: int | None, per_capita: bool, format_: str, output: Path | None, home: "Home"
) -> None:
    """Rank places by an indicator, with intervals; what can't be compared comes last, with the reason.

    INDICATOR is an identifier or a name of the catalogue, Chinese or English.
    """
    from warehouse.compare import compare as rank

    found = rank(home, indicator, level, year, per_capita)
    # What the interval and the period say already would make the table too wide to read.
    emit(
        found.drop("province", "period_kind", "value", "per_10k", "conflicts", "peers")
        if format_ == "table"
        else found,
        format_,
        output,
    )


@click.command()
@click.argument("observation_id", metavar="OBSERVATION_ID")
@format_option("text", "json")
@home_option
def explain(observation_id: str, format_: str, home: "Home") -> None:
    """Show the evidence of a figure: document, report, the sentence with the span marked, every rule that decided."""
    import json
    from dataclasses import asdict

    from warehouse.explain import explain as find_evidence

    found = find_evidence(home, observation_id)
    click.echo(json.dumps(asdict(found), ensure_ascii=False, default=str) if format_ == "json" else str(found))


@click.command()
@click.argument("versions", metavar="[OLD NEW]", type=int, nargs=-1)
@format_option(*FORMATS)
@output_option
@home_option
def diff(versions: tuple[int, ...], format_: str, output: Path | None, home: "Home") -> None:
    """Show which observations appeared, vanished or changed from one version to another.

    Without versions: from the published one to the one that the next publish would make of the lake, or, where that
    would change nothing, from the version before to the published one.
    """
    from warehouse.build import build
    from warehouse.diff import diff as differences
    from warehouse.versions import versions as kept

    if len(versions) not in (0, 2):
        raise click.UsageError("name two versions, or none")
    if versions:
        found = differences(home, *versions)
    elif (candidate := build(home)) != home.warehouse:
        found = differences(home, home.warehouse, candidate)
    else:
        earlier = kept(home)[-2:]
        if len(earlier) < 2:
            raise click.ClickException(
                "only one version has been published so far: there is nothing to compare it with"
            )
        found = differences(home, *earlier)
    emit(found, format_, output)


@click.command()
@click.argument("version", metavar="[VERSION]", type=int, required=False)
@format_option(*FORMATS)
@home_option
def rollback(version: int | None, format_: str, home: "Home") -> None:
    """Publish an earlier version again; without VERSION, list those that are kept.

    The lake stays as it is: the next load brings back whatever is in it.
    """
    from warehouse.publish import rollback as publish_again
    from warehouse.versions import read_version, version_file, versions

    if version is not None:
        click.echo(f"published: version {publish_again(home, version)}")
        return
    import polars as pl

    published = read_version(home.warehouse)
    kept = [read_version(version_file(home, number)) for number in versions(home)]
    rows = [
        {"version": found.number, "built_at": found.built_at, "published": found == published}
        for found in kept
        if found
    ]
    emit(
        pl.DataFrame(rows, schema={"version": pl.Int64, "built_at": pl.Datetime("us", "UTC"), "published": pl.Boolean}),
        format_,
    )


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@home_option
def export(directory: Path, home: "Home") -> None:
    """Write the marts to DIR as Parquet, CSV and an Excel workbook, with a data dictionary.

    Prints the files written, one a line.
    """
    from warehouse.export import export as write

    for path in write(home, directory):
        click.echo(path)
