"""Suites evaluated by Great Expectations on pandas frames, in an ephemeral context, one pass a suite.

Importing this loads Great Expectations (seconds): `checks.validation` does so when it first validates.
"""

import gc
import logging
import os
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

# Read when Great Expectations is first imported: nothing is reported to anyone.
os.environ["GX_ANALYTICS_ENABLED"] = "False"

import great_expectations as gx
import pandas as pd
import polars as pl
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.core.batch import BatchMarkers
from great_expectations.core.batch_spec import BatchSpec, PandasBatchSpecProtocol, RuntimeDataBatchSpec
from great_expectations.data_context.data_context.context_factory import set_context
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent import DataAsset, PandasDatasource
from great_expectations.datasource.fluent.pandas_datasource import DataFrameAsset
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.execution_engine.pandas_batch_data import PandasBatchData
from great_expectations.expectations.expectation import Expectation as GxExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

import checks.expectations  # noqa: F401 (registers the project's own expectations)
from checks.expectations.rows import expectation_of
from checks.rules import columns, right_rows
from checks.suites import Check, Expectation, Suite

# Failing rows that Great Expectations samples; all of them are found by `checks.validation`.
SAMPLE = 10
# Rows from which a frame is worth the quarter of a second that it takes to free it.
LARGE = 50_000

logging.getLogger("great_expectations").setLevel(logging.WARNING)


class FrameEngine(PandasExecutionEngine):
    """The pandas engine without its fingerprint of every value, which takes nine seconds for a million rows."""

    def get_batch_data_and_markers(
        self, batch_spec: BatchSpec | PandasBatchSpecProtocol
    ) -> tuple[PandasBatchData, BatchMarkers]:
        """The frame as it was handed over."""
        assert isinstance(batch_spec, RuntimeDataBatchSpec)
        frame = batch_spec.batch_data
        batch_spec.batch_data = "PandasDataFrame"
        return PandasBatchData(self, frame), BatchMarkers({"ge_load_time": pd.Timestamp.now("UTC").isoformat()})


class FrameSource(PandasDatasource):
    """Frames in memory, evaluated by `FrameEngine`."""

    ADD_READER_METHODS: ClassVar[bool] = False
    asset_types: ClassVar[list[type[DataAsset]]] = [DataFrameAsset]
    execution_engine_override: ClassVar[type[PandasExecutionEngine]] = FrameEngine
    type: Literal["frames"] = "frames"  # type: ignore[assignment] # a source is registered under its own type


def _gx_expectation(check: Check, expectation: Expectation, key: tuple[str, ...]) -> GxExpectation:
    common: dict[str, Any] = {
        "notes": f"{check.en} {check.zh}",
        "meta": {"check": check.name},
        "severity": "critical" if check.severity == "error" else "warning",
    }
    if expectation.kind == "rows":
        kind = expectation_of(expectation.arguments["holds"])
        return kind(column_list=[*key, *check.shows], **expectation.arguments, **common)
    return ExpectationConfiguration(type=expectation.kind, kwargs=expectation.arguments, **common).to_domain_obj()


def _needed(suite: Suite, frame: pl.DataFrame) -> list[str]:
    """The columns that the suite looks at: a frame is copied for pandas, so no others are."""
    named = {*suite.key, *(name for check in suite.checks for name in check.shows)}
    for expectation in (e for check in suite.checks for e in check.expectations):
        arguments = expectation.arguments
        right = right_rows(expectation.kind, arguments)
        named.update(columns(right) if right is not None else ())
        named.update(arguments.get("column_set", ()))
    return [name for name in frame.columns if name in named]


def _project() -> DataContextConfig:
    """All in memory: by default an ephemeral context makes a temporary folder for a site of its own."""
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )


def _to_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    """The frame for pandas, in the types of Arrow, which keep nulls and integers apart.

    Whole columns of numbers take those of numpy: the bounds of others are compared one by one in Python.
    """
    numbers = frame.select(pl.col(pl.Int64, pl.Float64))
    whole = [c.name for c in numbers if not c.null_count() and not (c.dtype == pl.Float64 and c.is_nan().any())]
    pandas = frame.to_pandas(use_pyarrow_extension_array=True)
    return pandas.astype({name: "int64" if frame.schema[name] == pl.Int64 else "float64" for name in whole})


def run_suite(
    suite: Suite, frame: pl.DataFrame
) -> tuple[ExpectationSuiteValidationResult, dict[str, list[ExpectationValidationResult]]]:
    """What Great Expectations finds: the result of the suite, and the results of its expectations by check.

    Results count the failing rows and sample `SAMPLE` of them. An exception inside an expectation is in its result.
    """
    context = gx.get_context(mode="ephemeral", project_config=_project())
    definition = (
        context.data_sources.add_frames("batch")
        .add_dataframe_asset(suite.table)
        .add_batch_definition_whole_dataframe("batch")
    )
    expectations = [_gx_expectation(check, e, suite.key) for check in suite.checks for e in check.expectations]
    outcome = definition.get_batch({"dataframe": _to_pandas(frame.select(_needed(suite, frame)))}).validate(
        gx.ExpectationSuite(suite.name, expectations=expectations),
        result_format={"result_format": "BASIC", "partial_unexpected_count": SAMPLE},
    )
    if frame.height > LARGE:
        # Great Expectations keeps its last context, and a context and its frame refer to each other in circles.
        del context, definition
        set_context(None)
        gc.collect()
    by_check: dict[str, list[ExpectationValidationResult]] = {check.name: [] for check in suite.checks}
    for result in outcome.results:
        by_check[check_of(result)].append(result)
    return outcome, by_check


def check_of(result: ExpectationValidationResult) -> str:
    """The name of the check that the expectation belongs to."""
    assert result.expectation_config is not None
    return str(result.expectation_config.meta["check"])


def exception_of(result: ExpectationValidationResult) -> str | None:
    """The message of the exception inside an expectation, null where there was none."""
    info: Mapping[str, Any] = result.exception_info or {}
    details = [info] if "raised_exception" in info else list(info.values())
    return next((str(detail["exception_message"]) for detail in details if detail["raised_exception"]), None)
