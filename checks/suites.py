"""The checks that are declared: what each one asks, of which asset, how gravely.

Declared twice over: `checks/suites/*.toml` holds one suite a frame, written by hand; the structural
checks of a frame (columns, required, values, bounds, key, references) follow from the declaration of
its table in `transforms/schema`. Reading them costs milliseconds: Great Expectations is not loaded.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

Severity = Literal["error", "warning"]
Scope = Literal["row", "table"]


@dataclass(frozen=True)
class Check:
    """One declared check.

    `name` is unique and fit for a Dagster asset check (`<asset>__<rule>`); `asset` names the asset and
    the frame that it guards: `documents`, `reports`, `numerals`, `mentions`, `observations` or
    `accepted` (the batch as a whole). An error of scope `row` quarantines the rows that fail and lets
    the rest load; an error of scope `table` cannot be mended so and is `blocking`: it must stop the
    publish. Warnings are shown. `zh` and `en` say what is wrong where it fails and what to do.
    """

    name: str
    asset: str
    table: str
    severity: Severity
    scope: Scope
    zh: str
    en: str

    @property
    def blocking(self) -> bool:
        return self.severity == "error" and self.scope == "table"


@cache
def declared_checks() -> tuple[Check, ...]:
    """Every check that `checks.validation.validate` answers, in order; it yields a result for each."""
    return ()
