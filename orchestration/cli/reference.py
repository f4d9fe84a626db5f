"""`docs/commands.md`, made from the commands themselves: `python -m orchestration.cli.reference`."""

from collections.abc import Iterator

import click

from orchestration.cli import cli

INTRODUCTION = """# Commands

`campaign` is the one command; `python -m orchestration` is the same. This page is made from the commands themselves by
`make snapshot`, and a test keeps it so.

The data directory is `--home DIR`, before the command or after it, else the environment's `CAMPAIGN_HOME`, else `./data`.
Exit status: 0 success; 1 something failed, said on standard error in one line a problem; 2 wrong usage.
Results go to standard output, progress and problems to standard error. With `CAMPAIGN_DEBUG` set, an unexpected error
shows its traceback.
"""


def markdown() -> str:
    """The reference of every command, with each of its arguments and options, as Markdown."""
    return "\n".join([INTRODUCTION, *_sections(cli, "campaign")])


def _sections(group: click.Group, name: str) -> Iterator[str]:
    for command in group.commands.values():
        yield from _section(command, f"{name} {command.name}")
        if isinstance(command, click.Group):
            yield from _sections(command, f"{name} {command.name}")


def _section(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    yield f"## `{' '.join([name, *command.collect_usage_pieces(context)])}`\n"
    yield f"{(command.help or '').strip()}\n".replace("\n    ", "\n")
    options = [
        record
        for option in command.params
        if isinstance(option, click.Option) and (record := option.get_help_record(context))
    ]
    if options:
        yield "| option | |"
        yield "|---|---|"
        yield from (
            f"| `{names.replace('|', chr(92) + '|')}` | {text.replace('|', chr(92) + '|')} |" for names, text in options
        )
        yield ""


if __name__ == "__main__":
    click.echo(markdown(), nl=False)
