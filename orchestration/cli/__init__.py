"""The `campaign` command. Modules here import only click; what a command needs it imports when it runs."""

import os

import click

from orchestration.cli.extraction import evaluate, extract, reports
from orchestration.cli.people import correct, quarantine
from orchestration.cli.running import run, ui
from orchestration.cli.warehouse import compare, diff, explain, export, query, rollback


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--home", metavar="DIR", help="Data directory; else CAMPAIGN_HOME, else ./data.")
@click.version_option(package_name="campaign-metrics", prog_name="campaign")
def cli(home: str | None) -> None:
    """The figures in Chinese city-campaign reports, in a warehouse where cities can be compared honestly.

    Exit status: 0 success, 1 something failed (said on standard error, a line a problem), 2 wrong usage.
    """


for command in (
    run,
    extract,
    reports,
    query,
    compare,
    explain,
    correct,
    quarantine,
    diff,
    rollback,
    export,
    ui,
    evaluate,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; an error is one line on standard error, with its traceback if CAMPAIGN_DEBUG is set."""
    try:
        cli(prog_name="campaign")
    except Exception as error:
        if os.environ.get("CAMPAIGN_DEBUG"):
            raise
        message = " ".join(str(error).split()) or type(error).__name__
        click.echo(f"campaign: {message}", err=True)
        raise SystemExit(1) from None
