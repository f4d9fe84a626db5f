"""What the commands share: the data directory, the choice of a format, and writing a frame in it."""

import math
import os
import sys
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    import polars as pl

    from warehouse.home import Home

F = TypeVar("F", bound=Callable[..., Any])
CELL_WIDTH = 48


class _HomeType(click.ParamType):
    name = "directory"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "Home":
        from warehouse.home import Home

        return value if isinstance(value, Home) else Home.locate(value)


def _home_default() -> str:
    return click.get_current_context().find_root().params.get("home") or ""


def home_option(command: F) -> F:
    """`--home DIR`, before the command or after it."""
    return click.option(
        "--home",
        type=_HomeType(),
        metavar="DIR",
        default=_home_default,
        show_default=False,
        help="Data directory; else CAMPAIGN_HOME, else ./data.",
    )(command)


def format_option(*formats: str) -> Callable[[F], F]:
    """`--format`, the first one being the default."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Form of the output.",
    )


output_option = click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to FILE; else to standard output.",
)


def problem(message: str) -> None:
    """Say on standard error what failed, in one line."""
    click.echo(f"campaign: {' '.join(message.split())}", err=True)


def emit(frame: "pl.DataFrame", format_: str, output: Path | None = None) -> None:
    """Write the frame to `output`, which is replaced only once all of it is written, or to standard output."""
    if output is None:
        if format_ == "parquet" and sys.stdout.isatty():
            raise click.UsageError("parquet is not for a terminal: name a file with -o FILE")
        _write(frame, format_, sys.stdout.buffer)
        sys.stdout.flush()
        return
    partial = output.with_name(f".{output.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            _write(frame, format_, file)
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)


def _write(frame: "pl.DataFrame", format_: str, file: IO[bytes]) -> None:
    if format_ == "parquet":
        frame.write_parquet(file)
    elif format_ == "csv":
        frame.write_csv(file)
    elif format_ == "json":
        file.write((frame.write_json() + "\n").encode())
    elif format_ == "jsonl":
        file.write(frame.write_ndjson().encode())
    else:
        file.write(f"{as_text(frame)}\n".encode())


def as_text(frame: "pl.DataFrame") -> str:
    """The frame as aligned text: numbers to the right, a Chinese character as wide as two letters."""
    numeric = [kind.is_numeric() for kind in frame.dtypes]
    rows = [frame.columns, *([_cell(value) for value in row] for row in frame.iter_rows())]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = (
            f"{' ' * (width - _width(cell))}{cell}" if right else f"{cell}{' ' * (width - _width(cell))}"
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(rows[0]), line(["─" * width for width in widths]), *map(line, rows[1:])])


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() or 1000 <= abs(value) < math.inf else f"{value:,.4g}"
    text = " ".join(str(value).split())
    return text if len(text) <= CELL_WIDTH else f"{text[: CELL_WIDTH - 1]}…"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
