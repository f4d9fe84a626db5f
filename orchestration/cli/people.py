"""What people decide: corrections of observations, and the fate of quarantined rows."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestration.cli.common import emit, format_option, home_option, output_option

if TYPE_CHECKING:
    import polars as pl

    from warehouse.home import Home

NEXT_RUN = "it takes effect with the next `campaign run`"

author_option = click.option(
    "--author", default=getpass.getuser, show_default="login name", metavar="NAME", help="Who decides."
)
reason_option = click.option("--reason", required=True, metavar="TEXT", help="Why, for whoever reads it later.")


def _number(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    try:
        return None if text is None else float(text.replace(",", ""))
    except ValueError:
        raise click.BadParameter(f"{text!r} is no number") from None


@click.command()
@click.argument("observation_id", metavar="OBSERVATION_ID")
@click.option("--value", metavar="NUMBER", callback=_number, help="The value, in the canonical unit.")
@click.option("--masked", is_flag=True, help="There is no value: the report hides it.")
@click.option("--low", metavar="NUMBER", callback=_number, help="Lower end of the interval, in the canonical unit.")
@click.option("--high", metavar="NUMBER", callback=_number, help="Upper end; inf where it is open.")
@click.option("--unit", metavar="UNIT", help="The canonical unit.")
@click.option("--indicator", metavar="INDICATOR", help="Identifier or name of the indicator.")
@click.option("--status", type=click.Choice(["actual", "target"]), help="A result or a plan.")
@click.option(
    "--period", metavar="PERIOD", help="2018, 2018-01/2018-09, 2015/.. (since), ../2019 (until) or '' (none)."
)
@click.option("--per", metavar="PER", help="day, week, month, quarter, year or '' for none.")
@click.option("--place", metavar="PLACE", help="The place reported on: place_id, adcode or name.")
@click.option("--reject", is_flag=True, help="It is no observation at all.")
@click.option(
    "--add",
    "span",
    type=(int, int),
    metavar="START END",
    help="Add an observation that was not found: OBSERVATION_ID is then the document_id.",
)
@reason_option
@author_option
@home_option
def correct(
    observation_id: str,
    masked: bool,
    reject: bool,
    span: tuple[int, int] | None,
    reason: str,
    author: str,
    home: "Home",
    **fields: Any,
) -> None:
    """Record that an observation should read otherwise.

    Corrections are kept in corrections.jsonl of the data directory, apart from what was extracted, and applied at every
    build. Prints the correction's identifier.
    """
    from warehouse import corrections

    changes = {name: value for name, value in fields.items() if value is not None}
    if masked:
        changes["value"] = None
    if reject and (changes or span):
        raise click.UsageError("--reject takes the observation out: it goes without other changes")
    if not reject and not changes:
        raise click.UsageError("say what should change, such as --value 120 or --reject")
    if reject:
        made = corrections.reject(home, observation_id, author, reason)
    elif span:
        made = corrections.add(home, observation_id, *span, changes, author, reason)
    else:
        made = corrections.correct(home, observation_id, changes, author, reason)
    click.echo(made)
    click.echo(f"recorded; {NEXT_RUN}", err=True)


@click.group()
def quarantine() -> None:
    """The rows and files that the checks rejected; nothing is ever deleted."""


@quarantine.command("list")
@click.option(
    "--state",
    type=click.Choice(["open", "released", "rejected", "resolved", "all"]),
    default="open",
    show_default=True,
    help="Which ones.",
)
@format_option("table", "csv", "json", "jsonl", "parquet")
@output_option
@home_option
def list_(state: str, format_: str, output: Path | None, home: "Home") -> None:
    """List what is in quarantine: identifier, what, which check, why."""
    found = _entries(home)
    found = found if state == "all" else found.filter(state=state)
    emit(found.select("quarantine_id", "kind", "item", "state", "expectation", "reason"), format_, output)


@quarantine.command()
@click.argument("quarantine_id", metavar="ID")
@format_option("text", "json")
@home_option
def show(quarantine_id: str, format_: str, home: "Home") -> None:
    """Show one entry in full: the row, the check, and what people have decided."""
    import json

    import polars as pl

    found = _entries(home).filter(pl.col("quarantine_id") == quarantine_id)
    if found.is_empty():
        raise click.ClickException(f"nothing in quarantine is called {quarantine_id}; see `campaign quarantine list`")
    entry = found.row(0, named=True)
    if format_ == "json":
        click.echo(json.dumps(entry, ensure_ascii=False, default=str))
        return
    for name, value in entry.items():
        click.echo(f"{name:<14}{'–' if value is None else value}")


@quarantine.command()
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@reason_option
@author_option
@home_option
def release(ids: tuple[str, ...], reason: str, author: str, home: "Home") -> None:
    """Let rows load after all. ID names one entry, or an observation and with it all its entries."""
    _decide(home, ids, "release", author, reason)


@quarantine.command()
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@reason_option
@author_option
@home_option
def reject(ids: tuple[str, ...], reason: str, author: str, home: "Home") -> None:
    """Confirm that rows stay out. ID names one entry, or an observation and with it all its entries."""
    _decide(home, ids, "reject", author, reason)


def _entries(home: "Home") -> "pl.DataFrame":
    from checks.quarantine import entries, read_decisions
    from warehouse.query import query

    return entries(
        query(home, "from ops.quarantine order by rejected_at, quarantine_id"), read_decisions(home.decisions)
    )


def _decide(home: "Home", ids: tuple[str, ...], action: str, author: str, reason: str) -> None:
    from datetime import UTC, datetime

    from checks.quarantine import decide, record

    decisions = decide(_entries(home), ids, action, author, reason, datetime.now(UTC))
    record(home.decisions, decisions)
    for quarantine_id in decisions["quarantine_id"]:
        click.echo(quarantine_id)
    click.echo(f"recorded; {NEXT_RUN}", err=True)
