"""A batch held against every declared check, before any of it reaches the warehouse."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl


@dataclass(frozen=True)
class Validation:
    """What came of a batch.

    `accepted`: the observations that may load (`core.fact_observation`). `quarantine`: one row a rejected
    row and check (`ops.quarantine`), with the row as JSON. `results`: one row a declared check, always all
    of them (`ops.check_result`).
    """

    accepted: pl.DataFrame
    quarantine: pl.DataFrame
    results: pl.DataFrame

    @property
    def blocked(self) -> bool:
        """Whether an error that dropping rows cannot mend must stop the publish."""
        return not self.results.filter(severity="error", scope="table", passed=False).is_empty()


def validate(
    frames: Mapping[str, pl.DataFrame], batch_id: str, checked_at: datetime, docs: Path | None = None
) -> Validation:
    """Every declared check over the frames of one batch.

    `frames` holds the batch's `documents` (`core.dim_document` with `text`), `reports`
    (`core.dim_report`), `numerals` (`core.fact_numeral`), `mentions` (`stage.mention`) and
    `observations` (`core.fact_observation`); and, where there is a past, `history` (`ops.load`),
    `known` (`core.fact_observation` of other batches) and `quarantine` (`ops.quarantine` of the batch's
    last run, whose entries are carried on). `docs` is the directory of the Data Docs site, written
    if given.

    An exception inside a check never escapes: it makes that check a failed error with the message.
    Raises `KeyError` where one of the five frames is missing.
    """
    raise NotImplementedError
