"""`campaign extract`, `campaign reports`, `campaign evaluate`: reading reports without a warehouse."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli.common import emit, format_option, home_option, output_option, problem

if TYPE_CHECKING:
    from warehouse.home import Home

FORMATS = ("jsonl", "csv", "parquet")


@click.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True)
@format_option(*FORMATS)
@output_option
@home_option
def extract(paths: tuple[str, ...], format_: str, output: Path | None, home: "Home") -> None:
    """Write every quantity of the reports in the files or folders named, one a line; no warehouse is needed."""
    from orchestration.reading import mentions, read_paths

    reading = read_paths(paths, home, problem)
    emit(mentions(reading), format_, output)
    if reading.failed:
        raise SystemExit(1)


@click.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True)
@format_option(*FORMATS)
@output_option
@home_option
def reports(paths: tuple[str, ...], format_: str, output: Path | None, home: "Home") -> None:
    """Write the reports in the files or folders named, one a line: where each stands, who reports on which place."""
    from orchestration.reading import read_paths
    from orchestration.reading import reports as lines

    reading = read_paths(paths, home, problem)
    emit(lines(reading), format_, output)
    if reading.failed:
        raise SystemExit(1)
