"""A batch held against every declared check, before any of it reaches the warehouse."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from checks.quarantine import carry_on, entries_of
from checks.rules import columns, right_rows
from checks.subjects import SUBJECTS, Batch, Texts, Vocabulary
from checks.suites import LATER, Check, Expectation, Suite, suites
from transforms.schema import POLARS_TYPES, table

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult

OBSERVATION = table("core.fact_observation")
RESULT = table("ops.check_result")

# One row a failing row and check, of errors and warnings alike.
FINDING = pl.Schema(
    {
        "check_name": pl.String,
        "severity": pl.String,
        "table_name": pl.String,
        "key": pl.String,
        "document_id": pl.String,
        "explanation": pl.String,
    }
)
EXAMPLES = 5
# What may go wrong inside a check: Polars panics are no `Exception`.
TROUBLE = (Exception, pl.exceptions.PanicException)

_TABLES = {
    "documents": "core.dim_document",
    "reports": "core.dim_report",
    "numerals": "core.fact_numeral",
    "mentions": "stage.mention",
    "observations": "core.fact_observation",
}


@dataclass(frozen=True)
class Validation:
    """What came of a batch.

    `accepted`: the observations that may load (`core.fact_observation`). `quarantine`: one row a rejected
    row and check (`ops.quarantine`), with the row as JSON. `results`: one row a declared check, always all
    of them (`ops.check_result`). `findings`: one row a failing row and check (`FINDING`), warnings too.
    """

    accepted: pl.DataFrame
    quarantine: pl.DataFrame
    results: pl.DataFrame
    findings: pl.DataFrame

    @property
    def blocked(self) -> bool:
        """Whether an error that dropping rows cannot mend must stop the publish."""
        return not self.results.filter(severity="error", scope="table", passed=False).is_empty()


@dataclass(frozen=True)
class _Outcome:
    """What came of one check: `findings` (`FINDING`) for each failing row, `trouble` where there is no telling."""

    check: Check
    checked: int
    findings: pl.DataFrame
    trouble: str | None = None


def validate(
    frames: Mapping[str, pl.DataFrame],
    batch_id: str,
    checked_at: datetime,
    docs: Path | None = None,
    vocabulary: Vocabulary | None = None,
) -> Validation:
    """Every declared check over the frames of one batch.

    `frames` holds the batch's `documents` (`core.dim_document` with `text`), `reports`
    (`core.dim_report`), `numerals` (`core.fact_numeral`), `mentions` (`stage.mention`) and
    `observations` (`core.fact_observation`); and, where there is a past, `history` (`ops.load`),
    `known` (`core.fact_observation` of other batches) and `quarantine` (`ops.quarantine` of the batch's
    last run, whose entries are carried on). `batch_id`, `corrected`, `figure_id` and the columns that say
    which report is a copy may be missing. `docs` is the directory of the Data Docs site, written if
    given; `vocabulary` the project's own if no other is given.

    An exception inside a check never escapes: it makes that check a failed error with the message.
    Raises `KeyError` where one of the five frames is missing.
    """
    batch = _batch(frames, batch_id, vocabulary or Vocabulary.read())
    outcomes: list[_Outcome] = []
    pages: dict[str, ExpectationSuiteValidationResult] = {}
    for suite in suites():
        found, page = _check_suite(suite, batch)
        outcomes += found
        if page is not None:
            pages[suite.name] = page
        if suite.name == "observations":
            rejected = pl.concat([outcome.findings for outcome in found if _quarantines(outcome.check)])
            batch = dataclasses.replace(batch, rejected=rejected["key"].n_unique())

    quarantine = entries_of(rejected, frames["observations"], batch_id, checked_at)
    if "quarantine" in frames:
        quarantine = carry_on(frames["quarantine"], quarantine)
    results = RESULT.conform(pl.DataFrame([_result(outcome, batch_id, checked_at) for outcome in outcomes]))
    findings = pl.concat([outcome.findings for outcome in outcomes])
    if docs is not None:
        from checks.data_docs import write

        write(docs, batch_id, checked_at, pages, results)
    accepted = frames["observations"].filter(~pl.col("observation_id").is_in(rejected["key"].implode()))
    return Validation(accepted, quarantine, results, findings)


def _batch(frames: Mapping[str, pl.DataFrame], batch_id: str, vocabulary: Vocabulary) -> Batch:
    def complete(name: str) -> pl.DataFrame:
        frame = frames[name]
        missing = [c for c in table(_TABLES[name]).columns if c.name in LATER and c.name not in frame.columns]
        return frame.with_columns(
            pl.lit(batch_id if c.name == "batch_id" else None, POLARS_TYPES[c.type]).alias(c.name) for c in missing
        )

    return Batch(
        batch_id=batch_id,
        vocabulary=vocabulary,
        texts=Texts(frames["documents"]),
        documents=complete("documents"),
        reports=complete("reports"),
        numerals=complete("numerals"),
        mentions=complete("mentions"),
        observations=complete("observations"),
        known=frames.get("known", OBSERVATION.empty()),
        history=frames.get("history", table("ops.load").empty()),
    )


def _quarantines(check: Check) -> bool:
    return check.suite == "observations" and check.severity == "error" and check.scope == "row"


def _check_suite(suite: Suite, batch: Batch) -> "tuple[list[_Outcome], ExpectationSuiteValidationResult | None]":
    """An outcome for every check of the suite, whatever happens, and what Great Expectations reports of it."""
    try:
        from checks.runner import run_suite

        frame = SUBJECTS[suite.name](batch)
        page, by_check = run_suite(suite, frame)
    except TROUBLE as problem:
        return [_Outcome(check, 0, FINDING.to_frame(), _message(problem)) for check in suite.checks], None
    return [_outcome(suite, check, frame, by_check[check.name]) for check in suite.checks], page


def _outcome(suite: Suite, check: Check, frame: pl.DataFrame, results: "list[ExpectationValidationResult]") -> _Outcome:
    """The failing rows of a check, of which Great Expectations has the count."""
    from checks.runner import exception_of

    found, troubles = [FINDING.to_frame()], []
    for expectation, result in zip(check.expectations, results, strict=True):
        try:
            exception, count = exception_of(result), result.result.get("unexpected_count")
            if exception is not None:
                troubles.append(exception)
            elif count:
                rows = _failing(suite, check, expectation, frame)
                found.append(rows)
                if rows.height != count:
                    troubles.append(f"Great Expectations counts {count} failing rows, the rule finds {rows.height}")
            elif not result.success:
                details = result.result.get("details", {}).get("mismatched", result.result.get("observed_value"))
                troubles.append(f"{expectation.kind}: {details}")
        except TROUBLE as problem:
            troubles.append(_message(problem))
    return _Outcome(check, frame.height, pl.concat(found), "; ".join(troubles) or None)


def _failing(suite: Suite, check: Check, expectation: Expectation, frame: pl.DataFrame) -> pl.DataFrame:
    """The failing rows of one expectation (`FINDING`), each with the explanation and the columns that decided."""
    right = right_rows(expectation.kind, expectation.arguments)
    assert right is not None, f"{expectation.kind} is not about rows"
    names = dict.fromkeys([*check.shows, *columns(right)])
    quoted = [pl.format("{}={}", pl.lit(name), _quote(name, frame.schema[name])) for name in names]
    key = [pl.col(name).cast(pl.String).fill_null("") for name in suite.key]
    # Polars 2.1 may panic where it formats text of a filtered frame ("assertion failed: i < self.len()"), unless rechunked.
    return (
        frame.filter(~right)
        .rechunk()
        .select(
            check_name=pl.lit(check.name),
            severity=pl.lit(check.severity),
            table_name=pl.lit(suite.table),
            key=pl.concat_str(key, separator="/"),
            document_id=pl.col("document_id") if "document_id" in frame.columns else pl.lit(None, pl.String),
            explanation=pl.format(
                "{} {} ({})", pl.lit(check.zh), pl.lit(check.en), pl.concat_str(quoted, separator=", ")
            ),
        )
    )


def _quote(name: str, kind: pl.DataType) -> pl.Expr:
    text = pl.col(name).cast(pl.String)
    return (pl.format("“{}”", text) if kind == pl.String else text).fill_null("null")


def _result(outcome: _Outcome, batch_id: str, checked_at: datetime) -> dict[str, object]:
    """One row of `ops.check_result`. A check that could not be evaluated is an error, whatever was declared."""
    check, failed = outcome.check, outcome.findings["key"].n_unique()
    examples = [f"{key}: {explanation}" for key, explanation in _examples(outcome.findings, check)]
    lines = [f"{check.zh} {check.en}", *([outcome.trouble] if outcome.trouble else []), *examples]
    passed = not failed and outcome.trouble is None
    return {
        "batch_id": batch_id,
        "check_name": check.name,
        "table_name": check.table,
        "scope": "table" if outcome.trouble else check.scope,
        "severity": "error" if outcome.trouble else check.severity,
        "passed": passed,
        "checked": outcome.checked,
        "failed": failed,
        "detail": None if passed else "\n".join(lines),
        "checked_at": checked_at,
    }


def _examples(findings: pl.DataFrame, check: Check) -> Iterable[tuple[str, str]]:
    shown = findings.head(EXAMPLES).select("key", pl.col("explanation").str.strip_prefix(f"{check.zh} {check.en} "))
    return shown.iter_rows()


def _message(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {problem}".partition("\n")[0]


def compare_rebuild(
    grown: Mapping[str, pl.DataFrame], rebuilt: Mapping[str, pl.DataFrame], checked_at: datetime
) -> pl.DataFrame:
    """Whether a warehouse rebuilt from the lake equals the one that grew batch by batch (`ops.check_result`).

    Both map full table names (`core.dim_report` …) to their frames. One result a table: `failed` counts the rows
    that only one side has or that differ in any column.
    """
    from checks.runner import run_suite

    results = []
    for name in sorted(grown.keys() | rebuilt.keys()):
        suite = _rebuild_suite(name)
        sides = [
            _digests(frames.get(name), suite.key, side) for frames, side in ((grown, "grown"), (rebuilt, "rebuilt"))
        ]
        frame = sides[0].join(sides[1], on=list(suite.key), how="full", coalesce=True, nulls_equal=True)
        _, by_check = run_suite(suite, frame)
        outcome = _outcome(suite, suite.checks[0], frame, by_check[suite.checks[0].name])
        results.append(_result(outcome, "all", checked_at))
    return RESULT.conform(pl.DataFrame(results))


def _rebuild_suite(name: str) -> Suite:
    key = table(name).key
    check = Check(
        f"{name.replace('.', '_')}__rebuild_equals_increment",
        name,
        name,
        name,
        "error",
        "table",
        "从湖中重建的表须与逐批增长的表逐行相同。",
        "The table rebuilt from the lake must equal, row for row, the one that grew batch by batch.",
        (Expectation("rows", {"holds": "rebuild_equals_increment"}),),
        (),
    )
    return Suite(name, name, name, key, (check,))


def _digests(frame: pl.DataFrame | None, key: tuple[str, ...], side: str) -> pl.DataFrame:
    """The key of every row and, as column `side`, a digest of all its columns in the order of their names."""
    if frame is None:
        return pl.DataFrame(schema={**dict.fromkeys(key, pl.String), side: pl.String})
    return frame.select(*key, pl.struct(sorted(frame.columns)).hash().cast(pl.String).alias(side))
