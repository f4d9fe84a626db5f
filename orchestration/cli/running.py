"""`campaign run` and `campaign ui`."""

import json
from typing import TYPE_CHECKING

import click

from orchestration.cli.common import format_option, home_option, problem

if TYPE_CHECKING:
    from warehouse.home import Home


@click.command()
@click.argument("paths", metavar="[PATH]…", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Extract every document of the lake once more.")
@click.option(
    "--hold", is_flag=True, help="With --all: do not publish yet, so that `campaign diff` shows what would change."
)
@format_option("text", "json")
@home_option
def run(paths: tuple[str, ...], everything: bool, hold: bool, format_: str, home: "Home") -> None:
    """Load the files or folders named, else what is in the inboxes, and end with a summary.

    PATH may be any address that fsspec reads. This is the Dagster job that the inbox sensor starts, run here. What the
    warehouse has already is left alone.
    """
    if everything and paths:
        raise click.UsageError("--all takes what is in the lake: it goes without PATH")
    if hold and not everything:
        raise click.UsageError("--hold goes with --all")
    from orchestration.loading import load_again, load_new

    def progress(line: str) -> None:
        click.echo(line, err=True)

    done = load_again(home, hold, progress, problem) if everything else load_new(home, paths, progress, problem)
    click.echo(json.dumps(done.as_dict(), ensure_ascii=False) if format_ == "json" else done.as_text())
    if done.failed:
        raise SystemExit(1)


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
