"""`campaign extract` and `campaign reports`: reading reports without a warehouse."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli.common import emit, format_option, home_option, output_option, problem

if TYPE_CHECKING:
    import polars as pl

    from orchestration.reading import Read
    from warehouse.home import Home

FORMATS = ("jsonl", "csv", "parquet")


@click.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True)
@format_option(*FORMATS)
@output_option
@home_option
def extract(paths: tuple[str, ...], format_: str, output: Path | None, home: "Home") -> None:
    """Write every quantity in the reports of the files or folders named, one a line; no warehouse is needed.

    PATH may be any address that fsspec reads. Offsets count code points of the document's text.
    """
    from orchestration.reading import mention_lines

    _write(paths, mention_lines, format_, output, home)


@click.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True)
@format_option(*FORMATS)
@output_option
@home_option
def reports(paths: tuple[str, ...], format_: str, output: Path | None, home: "Home") -> None:
    """Write the reports in the files or folders named, one a line: where each stands, who reports on which place."""
    from orchestration.reading import report_lines

    _write(paths, report_lines, format_, output, home)


@click.command()
@click.argument("texts", metavar="TEXTS")
@click.argument("gold", metavar="GOLD", type=click.Path(exists=True, path_type=Path))
@click.option("--mistakes", is_flag=True, help="List every mistake, one a line.")
@format_option("text", "json")
@home_option
def evaluate(texts: str, gold: Path, mistakes: bool, format_: str, home: "Home") -> None:
    """Score extraction from TEXTS, a file or folder, against the annotated mentions in GOLD.

    GOLD is a file of one JSON object a line, or a folder of them; a document is known by its file name without ending.
    """
    import json

    from orchestration.reading import read_paths
    from transforms import extraction
    from transforms.evaluation import evaluate as score
    from transforms.evaluation import read_annotation
    from transforms.indicators import catalogue

    annotated = read_annotation(gold)
    failed: list[str] = []
    predicted: list[dict[str, object]] = []
    numerals = unclassified = 0
    for read in read_paths([texts], home, failed.append):
        found = extraction.extract(read.documents, read.reports)
        predicted += extraction.records(found, read.documents, read.reports).to_dicts()
        numerals += found.numerals.height
        unclassified += found.numerals["class"].to_list().count("unclassified")
    families = dict(catalogue().select("indicator_id", "family").iter_rows())
    result = score(annotated, predicted, families, unclassified / max(1, numerals))
    click.echo(json.dumps(result.figures, ensure_ascii=False) if format_ == "json" else result.summary())
    for line in result.mistakes if mistakes else ():
        click.echo(line)
    for line in failed:
        problem(line)
    if failed:
        raise SystemExit(1)


def _write(
    paths: tuple[str, ...], lines: "Callable[[Read], pl.DataFrame]", format_: str, output: Path | None, home: "Home"
) -> None:
    """Write the lines of all files; a file that can't be read is named, and the others are written all the same."""
    import polars as pl

    from orchestration.reading import read_paths

    failed: list[str] = []
    found: list[pl.DataFrame] = []
    for read in read_paths(paths, home, failed.append):
        found.append(lines(read))
        click.echo(f"{len(read.documents):,} documents, {len(found[-1]):,} lines", err=True)
    for line in failed:
        problem(line)
    if found:
        emit(pl.concat(found), format_, output)
    if failed:
        raise SystemExit(1)
