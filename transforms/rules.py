"""Rules in data: conditions on columns, and what follows where all of them hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from transforms.vocabulary import VocabularyError


@dataclass(frozen=True)
class Rule:
    """What is `decided` where every column matches its regular expression."""

    name: str
    decided: str
    conditions: dict[str, str]


def read_rules(
    where: str,
    entries: list[dict[str, str]],
    key: str,
    values: Iterable[str],
    columns: Sequence[str],
    **placeholders: str,
) -> list[Rule]:
    """The rules of a vocabulary file, in order.

    Of an entry, `key` holds what it decides, one of `values`; `name` its name (what it decides, if
    there is none); the rest are conditions on `columns`, in which `{placeholder}`s are replaced, and
    which are tried in the order of `columns`: the quick ones first.
    Raises `VocabularyError` naming the file `where` and the entry where this is not so, or where a
    pattern does not compile.
    """
    return [_read(f"{where}: rule {number}", dict(entry), key, set(values), columns, placeholders)
            for number, entry in enumerate(entries, 1)]  # fmt: skip


def _read(
    where: str, entry: dict[str, str], key: str, values: set[str], columns: Sequence[str], placeholders: dict[str, str]
) -> Rule:
    decided = entry.pop(key, "")
    name = entry.pop("name", decided)
    if decided not in values or not entry or entry.keys() - set(columns):
        raise VocabularyError(
            f"{where} ({name}): needs {key} ({', '.join(sorted(values))}) and any of {', '.join(sorted(columns))}; "
            f"has {decided or 'none'} and {', '.join(sorted(entry)) or 'nothing'}"
        )
    for column, pattern in entry.items():
        for placeholder, meaning in placeholders.items():
            pattern = pattern.replace(f"{{{placeholder}}}", meaning)
        try:
            pl.select(pl.lit("").str.contains(pattern))
        except pl.exceptions.ComputeError as error:
            raise VocabularyError(f"{where} ({name}): {column}: {error}") from error
        entry[column] = pattern
    return Rule(name, decided, {column: entry[column] for column in columns if column in entry})


def first_that_holds(frame: pl.DataFrame, rules: list[Rule], among: pl.Expr | None = None) -> pl.Series:
    """The index of the first rule that holds for each row, null where none does and where `among` is false.

    Each condition looks only at the rows that no rule before has decided and that meet the
    conditions before it.
    """
    left = frame.with_row_index("row").filter(pl.lit(True) if among is None else among)
    left = left.select("row", *{column for rule in rules for column in rule.conditions})
    decided = []
    for index, rule in enumerate(rules):
        held = left
        for column, pattern in rule.conditions.items():
            held = held.filter(pl.col(column).str.contains(pattern))
        if len(held):
            decided.append(held.select("row", decided=pl.lit(index, pl.Int32)))
            left = left.join(decided[-1], on="row", how="anti", maintain_order="left")
    rows = pl.select(row=pl.int_range(frame.height, dtype=pl.UInt32))
    found = pl.concat([*decided, pl.DataFrame(schema={"row": pl.UInt32, "decided": pl.Int32})])
    return rows.join(found, on="row", how="left", maintain_order="left")["decided"]
