"""The types of a table's columns against their declaration."""

from typing import Any, ClassVar

from great_expectations.core import ExpectationValidationResult
from great_expectations.execution_engine import ExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation, render_suite_parameter_string
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer

# What a declared type (`transforms.schema`) is called in a frame that Polars handed to pandas.
NAMES = {
    "text": ("string[pyarrow]", "large_string[pyarrow]"),
    "integer": ("int64[pyarrow]", "int64"),
    "double": ("double[pyarrow]", "float64"),
    "boolean": ("bool[pyarrow]",),
    "timestamp": ("timestamp[us, tz=UTC][pyarrow]",),
}


class ExpectColumnsToHaveTypes(BatchExpectation):
    """Expect the columns to have their declared types.

    `types` gives the declared type of each column by its name. A column that is missing is another expectation's.
    """

    types: dict[str, str]

    metric_dependencies = ("table.column_types",)
    success_keys = ("types",)
    args_keys = ("types",)
    library_metadata: ClassVar[dict[str, Any]] = {"tags": ["campaign"], "contributors": []}

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    @render_suite_parameter_string
    def _prescriptive_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict | None = None,
    ) -> list[RenderedStringTemplateContent]:
        """The sentence of Data Docs."""
        configuration = configuration or (result.expectation_config if result else None)
        types = configuration.kwargs["types"] if configuration else {}
        text = ", ".join(f"{name} {kind}" for name, kind in types.items())
        return [
            RenderedStringTemplateContent(
                content_block_type="string_template",
                string_template={
                    "template": "Columns must have their declared types: $types",
                    "params": {"types": text},
                },
            )
        ]

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict | None = None,
        execution_engine: ExecutionEngine | None = None,
    ) -> dict[str, Any]:
        found = {column["name"]: str(column["type"]) for column in metrics["table.column_types"]}
        wrong = {
            name: f"{found[name]}, declared {kind}"
            for name, kind in self.types.items()
            if name in found and found[name] not in NAMES[kind]
        }
        return {
            "success": not wrong,
            "result": {"observed_value": "; ".join(f"{n}: {t}" for n, t in wrong.items()) or "ok"},
        }
