"""The checks that are declared: what each one asks, of which asset, how gravely.

Declared twice over: `checks/suites/*.toml` holds one suite a subject, written by hand; the structural
checks of a table (columns, required, values, bounds, key, references) follow from its declaration in
`transforms/schema`. Reading them costs milliseconds: Great Expectations is not loaded.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import polars as pl

from checks.rules import RULES, expression
from transforms.schema import Table, table

Severity = Literal["error", "warning"]
Scope = Literal["row", "table"]

# In the order of evaluation: `load` comes last, since it counts what the others rejected.
SUITES = (
    "documents",
    "reports",
    "numerals",
    "mentions",
    "observations",
    "series",
    "copies",
    "parts",
    "items",
    "shares",
    "load",
)

# Columns that a batch gets after its checks: when it is loaded, and when all batches are held against each other.
LATER = frozenset({"batch_id", "corrected", "duplicate_of", "copy_kind", "figure_id"})

_SUITE_KEYS = {"asset", "table", "scope", "structural", "key", "shows", "checks", "part_of"}
_CHECK_KEYS = {"severity", "scope", "holds", "rule", "where", "shows", "zh", "en"}

_STRUCTURE: dict[str, tuple[str, str]] = {
    "columns": ("表须有所声明的列,类型相符。", "The table must have its declared columns, of their types."),
    "required": ("必填的列不得为空。", "Required columns must not be null."),
    "values": ("列值须在所声明的取值之内。", "Columns must hold none but their declared values."),
    "bounds": ("列值须在所声明的上下限之内。", "Columns must stay within their declared bounds."),
    "key": ("主键不得重复。", "The key must be unique."),
    "references": ("所指的行须存在。", "The rows referred to must exist."),
}


class SuiteError(ValueError):
    """A suite that is not well formed; the message names file and check."""


@dataclass(frozen=True)
class Expectation:
    """One expectation of a check: `kind` is a type of Great Expectations', or `rows` for a rule of `checks.rules`."""

    kind: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Check:
    """One declared check.

    `name` is unique and fit for a Dagster asset check (`<suite>__<rule>`); `asset` is the asset that it guards:
    `documents`, `reports`, `numerals`, `mentions`, `observations` or `accepted` (the batch as a whole). An error
    of scope `row` quarantines the rows that fail and lets the rest load; an error of scope `table` cannot be
    mended so and is `blocking`: it must stop the publish. Warnings are shown. `zh` and `en` say what must hold.
    `shows` names the columns quoted where a row fails, beside those that the rule reads.
    """

    name: str
    suite: str
    asset: str
    table: str
    severity: Severity
    scope: Scope
    zh: str
    en: str
    expectations: tuple[Expectation, ...]
    shows: tuple[str, ...]

    @property
    def blocking(self) -> bool:
        """Whether its failure must stop the publish."""
        return self.severity == "error" and self.scope == "table"


@dataclass(frozen=True)
class Suite:
    """The checks of one subject (`checks.subjects`); `key` names the columns that tell its rows apart."""

    name: str
    asset: str
    table: str
    key: tuple[str, ...]
    checks: tuple[Check, ...]


def _structure(declared: Table, key: tuple[str, ...]) -> Iterator[tuple[str, list[Expectation]]]:
    """The structural checks of a table and their expectations, from its declaration."""
    present = [column for column in declared.columns if column.name not in LATER]
    yield (
        "columns",
        [
            Expectation(
                "expect_table_columns_to_match_set", {"column_set": [c.name for c in present], "exact_match": False}
            ),
            Expectation("expect_columns_to_have_types", {"types": {c.name: c.type for c in present}}),
        ],
    )
    yield (
        "required",
        [Expectation("expect_column_values_to_not_be_null", {"column": c.name}) for c in present if c.required],
    )
    yield (
        "values",
        [
            Expectation("expect_column_values_to_be_in_set", {"column": c.name, "value_set": list(c.values)})
            for c in present
            if c.values
        ],
    )
    yield (
        "bounds",
        [
            Expectation(
                "expect_column_values_to_be_between",
                {"column": c.name}
                | ({} if c.minimum is None else {"min_value": c.minimum})
                | ({} if c.maximum is None else {"max_value": c.maximum}),
            )
            for c in present
            if c.minimum is not None or c.maximum is not None
        ],
    )
    yield (
        "key",
        [
            Expectation("expect_column_values_to_be_unique", {"column": key[0]})
            if len(key) == 1
            else Expectation("expect_compound_columns_to_be_unique", {"column_list": list(key)})
        ],
    )
    yield (
        "references",
        [
            Expectation("rows", {"holds": f"{c.name} is null or {c.name.removesuffix('_id')}_found"})
            for c in present
            if c.references and c.references.rpartition(".")[2] == c.name
        ],
    )


def _declared_check(where: str, declared: dict[str, Any]) -> Expectation:
    unknown = declared.keys() - _CHECK_KEYS
    if (
        unknown
        or not (declared.get("zh") and declared.get("en"))
        or declared.get("severity") not in ("error", "warning")
    ):
        raise SuiteError(f"{where}: needs severity (error or warning), zh and en; unknown: {sorted(unknown)}")
    if declared.get("rule", next(iter(RULES))) not in RULES:
        raise SuiteError(f"{where}: {declared['rule']} is not in checks.rules.RULES")
    if ("holds" in declared) == ("rule" in declared):
        raise SuiteError(f"{where}: needs either holds (SQL) or rule (a name of checks.rules.RULES)")
    arguments = {"holds": declared.get("holds") or declared["rule"]}
    if "where" in declared:
        arguments["where"] = declared["where"]
    try:
        expression(**arguments)
    except pl.exceptions.PolarsError as problem:
        raise SuiteError(f"{where}: {problem}") from problem
    return Expectation("rows", arguments)


def read_suite(name: str, text: str) -> Suite:
    """The suite declared in the text of a file of `checks/suites`.

    Raises `SuiteError` for an unknown key, a check without severity, explanation or rule, and SQL that cannot be read.
    """
    declared = tomllib.loads(text)
    unknown = declared.keys() - _SUITE_KEYS
    if unknown or not {"asset", "table", "scope", "key"} <= declared.keys():
        raise SuiteError(f"suites/{name}.toml: needs asset, table, scope and key; unknown: {sorted(unknown)}")
    asset, full_name, key = declared["asset"], declared["table"], tuple(declared["key"])
    shows = tuple(declared.get("shows", ()))
    found: list[Check] = []
    if declared.get("structural", True):
        for kind, expectations in _structure(table(full_name), key):
            scope: Scope = declared["scope"] if kind in ("required", "values", "bounds") else "table"
            if expectations:
                zh, en = _STRUCTURE[kind]
                found.append(
                    Check(f"{name}__{kind}", name, asset, full_name, "error", scope, zh, en, tuple(expectations), shows)
                )
    for rule, details in declared.get("checks", {}).items():
        where = f"suites/{name}.toml: [checks.{rule}]"
        expectation = _declared_check(where, details)
        found.append(
            Check(
                f"{name}__{rule}",
                name,
                asset,
                full_name,
                details["severity"],
                details.get("scope", declared["scope"]),
                details["zh"],
                details["en"],
                (expectation,),
                (*shows, *details.get("shows", ())),
            )
        )
    return Suite(name, asset, full_name, key, tuple(found))


@cache
def _files() -> dict[str, str]:
    folder = resources.files("checks") / "suites"
    return {name: folder.joinpath(f"{name}.toml").read_text("utf-8") for name in SUITES}


@cache
def suites() -> tuple[Suite, ...]:
    """All suites, in the order in which they are evaluated."""
    return tuple(read_suite(name, text) for name, text in _files().items())


def declared_checks() -> tuple[Check, ...]:
    """Every check that `checks.validation.validate` answers, in order; it yields a result for each."""
    return tuple(check for suite in suites() for check in suite.checks)


@cache
def part_of() -> list[tuple[str, str]]:
    """Pairs of indicators of which the first counts some of what the second counts (`suites/parts.toml`)."""
    return [(part, whole) for part, whole in tomllib.loads(_files()["parts"])["part_of"]]
