"""`campaign run`: ingest, run the job on each batch, and say what came of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestration.ingest import Arrival, discover, ingest, unpublished
from orchestration.settings import Settings, read_settings
from warehouse.home import Home
from warehouse.lake import Lake
from warehouse.query import query

Say = Callable[[str], None]

LOADED = """
    from ops.load
    select
        batches: count(*),
        documents: sum(documents),
        reports: sum(reports),
        numerals: sum(numerals),
        unclassified: sum(unclassified),
        quantities: sum(quantities),
        observations: sum(observations),
        masked: sum(redacted),
        quarantined: sum(quarantined),
    where batch_id in ({batches})
"""


@dataclass
class Summary:
    """What a run has loaded, and what failed; counts are of this run's batches."""

    batches: int = 0
    documents: int = 0
    reports: int = 0
    numerals: int = 0
    quantities: int = 0
    observations: int = 0
    masked: int = 0
    quarantined: int = 0
    unclassified: int = 0
    known: int = 0
    seconds: float = 0.0
    failed: list[str] = field(default_factory=list)

    @property
    def unclassified_share(self) -> float:
        """The share of the numerals that no rule classified."""
        return self.unclassified / self.numerals if self.numerals else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The summary for a machine."""
        counts = {name: value for name, value in vars(self).items() if name != "unclassified"}
        return {**counts, "seconds": round(self.seconds, 2), "unclassified_share": round(self.unclassified_share, 5)}

    def as_text(self) -> str:
        """The summary for a person."""
        known = f"{self.known:,} files known already" if self.known else ""
        if not self.batches and not self.failed:
            return "Nothing new" + (f": {known}." if known else ".")
        rows = [
            ("documents", f"{self.documents:,}", known),
            ("reports", f"{self.reports:,}", ""),
            ("quantities", f"{self.quantities:,}", ""),
            ("observations", f"{self.observations:,}", ""),
            ("masked", f"{self.masked:,}", "observations whose number is hidden in the report"),
            ("quarantined", f"{self.quarantined:,}", "campaign quarantine list" if self.quarantined else ""),
            ("unclassified", f"{self.unclassified_share:.2%}", f"of {self.numerals:,} numerals"),
            ("failed", f"{len(self.failed):,}", "named on standard error" if self.failed else ""),
        ]
        lines = [f"  {name:<13}{value:>9}  {note}".rstrip() for name, value, note in rows]
        return "\n".join([f"Loaded {_count(self.batches, 'batch', 'batches')} in {self.seconds:.1f} s", *lines])


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def run_batches(home: Home, paths: Sequence[str], everything: bool, progress: Say, problem: Say) -> Summary:
    """Load what is at the paths, else in the inboxes, and every batch that an earlier run left unfinished.

    With `everything`, every batch of the lake is extracted once more. `progress` is told what is being done,
    `problem` what failed, a line each.
    """
    started = time.perf_counter()
    settings = read_settings(home.root)
    lake, summary = Lake(home), Summary()

    def fail(line: str) -> None:
        summary.failed.append(line)
        problem(line)

    if not everything:
        for delivery in ingest(lake, _arrivals(paths, settings, fail), settings):
            summary.known += len(delivery.known)
            for _, reason in delivery.failed:
                fail(reason)
            if delivery.batch_id:
                progress(f"{delivery.batch_id}: {_count(len(delivery.taken), 'new document')}")
    _load(home, lake, everything, summary, progress, fail)
    summary.seconds = time.perf_counter() - started
    return summary


def _arrivals(paths: Sequence[str], settings: Settings, fail: Say) -> Iterator[Arrival]:
    for inbox in settings.inboxes if not paths else ():
        if "://" not in inbox.address:
            Path(inbox.address).mkdir(parents=True, exist_ok=True)
    for path in paths or [inbox.address for inbox in settings.inboxes]:
        try:
            found, _ = discover(path)
        except OSError as error:
            fail(str(error))
        else:
            yield from found


def _load(home: Home, lake: Lake, everything: bool, summary: Summary, progress: Say, fail: Say) -> None:
    batches = lake.batch_ids() if everything else unpublished(lake)
    if not batches:
        # Corrections and decisions that people made since the last load need no run of their own.
        from warehouse.build import build
        from warehouse.publish import publish

        publish(home, build(home))
        return
    # Dagster takes a second to load: not for a run that finds nothing to do.
    from orchestration import embedded

    with embedded.instance(home) as instance:
        for outcome in embedded.load(home, instance, batches, progress):
            unreadable = lake.read_stage(outcome.batch_id, "failures")["reason"] if not outcome.problems else ()
            for line in (*(f"{outcome.batch_id}: {problem}" for problem in outcome.problems), *unreadable):
                fail(line)
    loaded = query(home, LOADED.format(batches=", ".join(f"'{batch}'" for batch in batches)))
    for name, value in loaded.row(0, named=True).items():
        setattr(summary, name, int(value or 0))
