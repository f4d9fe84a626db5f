"""Rules in data: conditions on columns, and what follows where all of them hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.vocabulary import VocabularyError

Rows = npt.NDArray[np.integer]

# Fewer texts than this are searched for all patterns at once: that takes less time than to prepare each search.
FEW = 2_000
# Telling texts that repeat from one another takes as long as so many searches of all of them.
MANY = 5


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
    patterns: dict[str, set[str]] = {}
    for rule in rules:
        for column, pattern in rule.conditions.items():
            patterns.setdefault(column, set()).add(pattern)
    # What is looked for first is looked for in every row that is left.
    first = {next(iter(rule.conditions.items())) for rule in rules}
    columns = {
        column: _Searched(frame[column], of_column, {pattern for pattern in of_column if (column, pattern) in first})
        for column, of_column in patterns.items()
    }
    decided = np.full(frame.height, -1, np.int32)
    left = np.arange(frame.height) if among is None else frame.select(among.arg_true()).to_series().to_numpy()
    for index, rule in enumerate(rules):
        held = left
        for column, pattern in rule.conditions.items():
            # A pattern takes longer to compile than a short text to search.
            held = columns[column].where(pattern, held) if len(held) else held
        if len(held):
            decided[held] = index
            left = left[decided[left] < 0]
    return pl.Series("decided", decided).replace(-1, None)


class _Searched:
    """A column of text that patterns are searched in: where there are few different texts, all at once.

    Patterns that many rows are searched for, `often`, occur in few rows: those without any of them are found in one go.
    """

    def __init__(self, texts: pl.Series, patterns: set[str], often: set[str]) -> None:
        self.texts, self.found, self.often = texts, None, often
        if len(texts) < FEW or (len(patterns) > MANY and texts.n_unique() * 2 < len(texts)):
            first = (
                texts.to_frame("text").with_row_index("row").select("text", first=pl.col("row").first().over("text"))
            )
            is_first = pl.col("first") == pl.int_range(pl.len())
            found = first.filter(is_first).select(
                pl.col("text").str.contains(p).fill_null(False).alias(p) for p in patterns
            )
            self.found = {pattern: found[pattern].to_numpy() for pattern in patterns}
            self.nth = first.select((is_first.cum_sum() - 1).gather("first")).to_series().to_numpy()
        elif often:
            self.any = texts.str.contains("|".join(f"(?:{pattern})" for pattern in often)).fill_null(False).to_numpy()

    def where(self, pattern: str, rows: Rows) -> Rows:
        """Those of the `rows` in which the pattern occurs."""
        if self.found is not None:
            return rows[self.found[pattern][self.nth[rows]]]
        rows = rows[self.any[rows]] if pattern in self.often else rows
        return rows[self.texts[rows].str.contains(pattern).arg_true().to_numpy()]
