"""`campaign run` and `campaign ui`."""

from typing import TYPE_CHECKING

import click

from orchestration.cli.common import format_option, home_option, problem

if TYPE_CHECKING:
    from warehouse.home import Home


@click.command()
@click.argument("paths", metavar="[PATH]…", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Extract every document of the lake once more.")
@format_option("text", "json")
@home_option
def run(paths: tuple[str, ...], everything: bool, format_: str, home: "Home") -> None:
    """Load the files or folders named, else what is in the inboxes.

    PATH may be any address that fsspec reads. Runs the Dagster job that the inbox sensor starts, and ends with a
    summary. What the warehouse has already is left alone.
    """
    if paths and everything:
        raise click.UsageError("--all takes what is in the lake: it goes without PATH")
    from orchestration.loading import run_batches

    summary = run_batches(home, paths, everything, progress=_progress, problem=problem)
    if format_ == "json":
        import json

        click.echo(json.dumps(summary.as_dict(), ensure_ascii=False))
    else:
        click.echo(summary.as_text())
    if summary.failed:
        raise SystemExit(1)


def _progress(line: str) -> None:
    click.echo(line, err=True)


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port of the web interface.")
@home_option
def ui(port: int, home: "Home") -> None:
    """Open the Dagster web interface on the real definitions, with its daemon.

    Bound to this machine alone (127.0.0.1): it has no login. To reach it from elsewhere put an authenticating proxy
    before it, as docs/operations.md shows.
    """
    from orchestration.webserver import serve

    raise SystemExit(serve(home, port, say=lambda line: click.echo(line, err=True)))
