"""Validation results as pages: what Great Expectations renders, in a template that needs no network.

Its own page template takes styles and scripts from five hosts of the web; ours carries a short style sheet. Importing
this loads Great Expectations (seconds).
"""

from collections import defaultdict
from html import escape
from typing import Any

from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.render.renderer import ValidationResultsColumnSectionRenderer
from great_expectations.render.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader, PackageLoader, select_autoescape

from checks.runner import check_of


class OfflineView(DefaultJinjaPageView):
    """Pages in our templates; the tables of expectations on them are rendered by Great Expectations."""

    def __init__(self) -> None:
        super().__init__()
        theirs = [loader for loader in (self.env.loader,) if loader is not None]
        self.env.loader = ChoiceLoader([PackageLoader("checks", "templates"), *theirs])
        self.env.autoescape = select_autoescape(["html.j2"])

    def suite(self, result: ExpectationSuiteValidationResult, checks: list[dict[str, Any]], **about: Any) -> str:
        """The page of one suite on a batch: its checks, those that failed first, each with its expectations.

        `checks` has a row of `ops.check_result` for each, with `zh` and `en`; `about` is what stands around them.
        """
        of_check: dict[str, list[ExpectationValidationResult]] = defaultdict(list)
        for outcome in result.results:
            of_check[check_of(outcome)].append(outcome)
        failed_first = sorted(checks, key=lambda check: (check["passed"], check["severity"]))
        shown = [{**check, "tables": _tables(of_check[check["check_name"]])} for check in failed_first]
        return self.env.get_template("suite.html.j2").render(checks=shown, **about)

    def index(self, **about: Any) -> str:
        """The page that lists the batches."""
        return self.env.get_template("index.html.j2").render(**about)


def _tables(outcomes: list[ExpectationValidationResult]) -> list[dict[str, Any]]:
    """What Great Expectations shows of the expectations, without the heading over it."""
    section = ValidationResultsColumnSectionRenderer().render(outcomes).to_json_dict()
    return [_inert(block) for block in section["content_blocks"] if block["content_block_type"] != "header"]


def _inert(part: Any, cell: bool = False) -> Any:
    """The block with its cells as text: Great Expectations escapes what it puts into templates, and no plain cell."""
    if isinstance(part, str):
        return escape(part) if cell else part
    if isinstance(part, list):
        return [_inert(inside, cell) for inside in part]
    if isinstance(part, dict) and part.get("content_block_type") != "string_template":
        return {name: _inert(inside, cell or name in ("table", "header_row")) for name, inside in part.items()}
    return part
