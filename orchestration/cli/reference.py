"""`docs/commands.md`, made from the commands themselves: `python -m orchestration.cli.reference`."""

from collections.abc import Iterator

import click

from orchestration.cli import cli

INTRODUCTION = """# Commands

`campaign` is the one command; `python -m orchestration` is the same. This page is made from the commands themselves by
`make snapshot`; a test keeps it so, and runs the examples.

The data directory is `--home DIR`, before the command or after it, else the environment's `CAMPAIGN_HOME`, else `./data`.
Exit status: 0 success; 1 something failed, said on standard error in one line a problem; 2 wrong usage.
Results go to standard output, progress and problems to standard error. With `CAMPAIGN_DEBUG` set, an unexpected error
shows its traceback.
"""

EXAMPLES = {
    "campaign run": ["campaign run reports", "campaign run reports/渭南市.txt --format json"],
    "campaign extract": ["campaign extract reports", "campaign extract reports --format parquet -o mentions.parquet"],
    "campaign reports": ["campaign reports reports --format csv"],
    "campaign query": [
        'campaign query "select place_name, indicator_name, low, high, unit from mart.city_comparison order by 1, 2"',
        'campaign query "from core.fact_observation where redacted" --format json',
    ],
    "campaign compare": ["campaign compare garbage_cleared", "campaign compare 停车位 --per-capita --format csv"],
    "campaign explain": ["campaign explain OBSERVATION_ID"],
    "campaign quarantine list": ["campaign quarantine list --state all"],
    "campaign rollback": ["campaign rollback"],
    "campaign export": ["campaign export tables"],
    "campaign evaluate": ["campaign evaluate reports gold.jsonl --mistakes"],
}


def markdown() -> str:
    """The reference of every command, with each of its options and its examples, as Markdown."""
    return "\n".join([INTRODUCTION, *_sections(cli, "campaign")])


def _sections(group: click.Group, name: str) -> Iterator[str]:
    for command in group.commands.values():
        yield from _section(command, f"{name} {command.name}")
        if isinstance(command, click.Group):
            yield from _sections(command, f"{name} {command.name}")


def _section(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    yield f"## `{' '.join([name, *command.collect_usage_pieces(context)])}`\n"
    yield f"{(command.help or '').strip()}\n"
    options = [option for option in command.params if isinstance(option, click.Option)]
    if options:
        yield "| option | |"
        yield "|---|---|"
        for option in options:
            spelled, text = option.get_help_record(context) or ("", "")
            yield f"| `{spelled.replace('|', chr(92) + '|')}` | {text.replace('|', chr(92) + '|')} |"
        yield ""
    if examples := EXAMPLES.get(name):
        yield "\n".join(["```console", *(f"$ {example}" for example in examples), "```", ""])


if __name__ == "__main__":
    click.echo(markdown(), nl=False)
