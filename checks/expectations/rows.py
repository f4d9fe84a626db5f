"""Expectations about rows: each evaluates one rule of `checks.rules` on the columns that the rule reads.

`ExpectRowsToSatisfy` takes any rule, by name or as SQL; the classes below it are the named rules. All share
one metric, `rows.satisfying`, so that a rule is evaluated by the very expression that finds the failing rows.
"""

from typing import Any, ClassVar, Literal

import pandas as pd
import polars as pl
from great_expectations.compatibility.pydantic import Field
from great_expectations.core import ExpectationValidationResult
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation, render_suite_parameter_string
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.map_metric_provider import MulticolumnMapMetricProvider
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.render import (
    CollapseContent,
    LegacyDiagnosticRendererType,
    LegacyRendererType,
    RenderedStringTemplateContent,
    RenderedTableContent,
)
from great_expectations.render.renderer.renderer import renderer

from checks.rules import columns, expression, right_rows

SAMPLE_CHARACTERS = 80


class RowsSatisfying(MulticolumnMapMetricProvider):
    """Which rows satisfy a rule (`holds`), where it applies (`where`)."""

    condition_metric_name = "rows.satisfying"
    condition_value_keys = ("holds", "where")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, holds: str, where: str | None = None, **_: Any) -> pd.Series:
        right = right_rows("rows", {"holds": holds, "where": where})
        verdicts = pl.from_pandas(column_list).select(right).to_series()
        return pd.Series(verdicts.to_numpy(), index=column_list.index)


class ExpectRowsToSatisfy(MulticolumnMapExpectation):
    """Expect every row to satisfy a condition.

    `holds` is SQL over the columns, or the name of a rule in `checks.rules.RULES`; `where` (SQL) narrows it to the
    rows it applies to. `column_list` has the columns to show of the rows that fail; those that the rule reads are
    added. Great Expectations wants two columns at least.
    """

    column_list: list[str] = Field(default_factory=list)
    holds: str
    where: str | None = None
    ignore_row_if: Literal["all_values_are_missing", "any_value_is_missing", "never"] = "never"

    map_metric = "rows.satisfying"
    success_keys = ("holds", "where", "mostly")
    args_keys = ("holds", "where", "column_list")
    library_metadata: ClassVar[dict[str, Any]] = {"tags": ["campaign"], "contributors": []}

    def __init__(self, **arguments: Any) -> None:
        field = type(self).__fields__["holds"]
        rule = expression(arguments.get("holds", field.default), arguments.get("where"))
        arguments["column_list"] = list(dict.fromkeys([*arguments.get("column_list", []), *columns(rule)]))
        super().__init__(**arguments)

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    @render_suite_parameter_string
    def _prescriptive_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict | None = None,
    ) -> list[RenderedStringTemplateContent]:
        """The sentence of Data Docs: what is expected, in words and as the condition."""
        configuration = configuration or (result.expectation_config if result else None)
        arguments = configuration.kwargs if configuration else {}
        template, code = "$statement $holds", {"tag": "code"}
        if arguments.get("where"):
            template += " where $where"
        return [
            RenderedStringTemplateContent(
                content_block_type="string_template",
                string_template={
                    "template": template,
                    "params": {
                        "statement": (cls.__doc__ or "").partition("\n")[0],
                        "holds": arguments.get("holds", cls.__fields__["holds"].default),
                        "where": arguments.get("where", ""),
                    },
                    "styling": {"params": {"holds": code, "where": code}},
                },
            )
        ]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_TABLE)
    def _diagnostic_unexpected_table_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict | None = None,
    ) -> list[RenderedTableContent | CollapseContent] | None:
        """A table of sampled rows that fail, one column for each that the rule reads."""
        sample = (result.result or {}).get("partial_unexpected_list") if result else None
        if not sample:
            return None
        shown = [[_short(value) for value in row.values()] for row in sample]
        return [
            RenderedTableContent(
                content_block_type="table",
                header_row=list(sample[0]),
                table=shown,
                styling={"body": {"classes": ["table-bordered", "table-sm", "mt-3"]}},
            )
        ]


def _short(value: Any) -> str:
    text = "" if value is None or value is pd.NA else str(value)
    return text if len(text) <= SAMPLE_CHARACTERS else text[: SAMPLE_CHARACTERS - 1] + "…"


class ExpectEvidenceToEqualTextAtSpan(ExpectRowsToSatisfy):
    """Expect evidence and raw_text to be the document's own characters at their spans."""

    holds: str = "evidence_at_span"


class ExpectValueToReadAsWritten(ExpectRowsToSatisfy):
    """Expect the value to be what a second reader makes of the text."""

    holds: str = "value_as_written"


class ExpectMaskToBeKept(ExpectRowsToSatisfy):
    """Expect a masked number to be redacted without a value, and no other number to be redacted."""

    holds: str = "mask_as_written"


class ExpectNumberToBeComplete(ExpectRowsToSatisfy):
    """Expect value, low and high to be there and to be neither negative nor undefined."""

    holds: str = "number_complete"


class ExpectNumberToBeAQuantity(ExpectRowsToSatisfy):
    """Expect no year, date, ordinal or telephone number among the quantities."""

    holds: str = "is_a_quantity"


class ExpectIntervalToContainValue(ExpectRowsToSatisfy):
    """Expect the interval to contain the value."""

    holds: str = "interval_contains_value"


class ExpectIntervalToFitQualifier(ExpectRowsToSatisfy):
    """Expect the interval to be a point, or open to the side that the qualifier says."""

    holds: str = "interval_fits_qualifier"


class ExpectDimensionToFitIndicator(ExpectRowsToSatisfy):
    """Expect the unit as written to measure what the indicator measures."""

    holds: str = "dimension_fits"


class ExpectValueToBePlausible(ExpectRowsToSatisfy):
    """Expect the interval to meet the plausible range of the indicator."""

    holds: str = "value_plausible"


class ExpectPerCapitaFigureToBePlausible(ExpectRowsToSatisfy):
    """Expect the figure, divided by the population of the place, not to exceed the indicator's bound."""

    holds: str = "per_capita_plausible"


class ExpectPeriodToBeWellFormed(ExpectRowsToSatisfy):
    """Expect periods of ISO dates that end no earlier than they start and say what they rest on."""

    holds: str = "period_well_formed"


class ExpectPeriodNotAfterArrival(ExpectRowsToSatisfy):
    """Expect the period of a result not to be later than the arrival of its document."""

    holds: str = "period_not_after_arrival"


class ExpectEveryNumeralToBeClassifiedOnce(ExpectRowsToSatisfy):
    """Expect numerals not to overlap, and to name a quantity exactly if they are part of one."""

    holds: str = "classified_once"


class ExpectEveryDigitToBeClassified(ExpectRowsToSatisfy):
    """Expect every digit of a document to be in exactly one of its numerals."""

    holds: str = "every_digit_classified"


class ExpectRebuildToEqualIncrement(ExpectRowsToSatisfy):
    """Expect every row of a rebuilt table to equal that of the table as it grew batch by batch."""

    holds: str = "rebuild_equals_increment"


def expectation_of(rule: str) -> type[ExpectRowsToSatisfy]:
    """The expectation of that named rule, `ExpectRowsToSatisfy` for SQL."""
    named = {cls.__fields__["holds"].default: cls for cls in ExpectRowsToSatisfy.__subclasses__()}
    return named.get(rule, ExpectRowsToSatisfy)
