"""Validation results as pages: what Great Expectations renders, in a template that needs no network.

Its own page template takes styles and scripts from five hosts of the web; ours carries a short style sheet. Importing
this loads Great Expectations (seconds).
"""

from datetime import datetime
from typing import Any

from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader, PackageLoader


class OfflineView(DefaultJinjaPageView):
    """A page of Great Expectations in our template; what stands on the page is rendered by its own."""

    _template = "page.html.j2"

    def __init__(self) -> None:
        super().__init__()
        theirs = [loader for loader in (self.env.loader,) if loader is not None]
        self.env.loader = ChoiceLoader([PackageLoader("checks", "templates"), *theirs])

    def page(self, result: ExpectationSuiteValidationResult, batch_id: str, checked_at: datetime, **about: Any) -> str:
        """The page of one suite's result; `about` is what the template says of the site around it."""
        result.meta["run_id"] = RunIdentifier(run_name=batch_id, run_time=checked_at)
        document = ValidationResultsPageRenderer().render(result)
        return self.render(document, batch_id=batch_id, checked_at=checked_at, **about)

    def index(self, **about: Any) -> str:
        """The page that lists the batches."""
        return self.env.get_template("index.html.j2").render(**about)
