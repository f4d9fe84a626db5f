"""What a run brought."""

from collections.abc import Iterable
from dataclasses import dataclass

from warehouse.home import Home
from warehouse.query import query
from warehouse.tables import sql


@dataclass(frozen=True)
class Summary:
    """Counts over some batches, and one line a file that could not be read."""

    batches: int
    documents: int
    reports: int
    numerals: int
    unclassified: int
    quantities: int
    observations: int
    redacted: int
    quarantined: int
    failed: list[str]


def summary(home: Home, batch_ids: Iterable[str]) -> Summary:
    """What these batches brought to the published version; those that are not in it count nothing."""
    return Summary(**query(home, sql("queries/summary.sql"), {"batch_ids": list(batch_ids)}).row(0, named=True))
