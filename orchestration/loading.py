"""`campaign run`: ingest, run the job on each batch, and say what came of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from orchestration.ingest import Arrival, discover, ingest, unpublished
from orchestration.settings import Settings, read_settings
from warehouse.corrections import unapplied
from warehouse.home import Home
from warehouse.lake import Lake
from warehouse.summary import Summary, summary

Say = Callable[[str], None]
NOTHING = Summary(0, 0, 0, 0, 0, 0, 0, 0, 0, [])


@dataclass
class Load:
    """What a run has done: the files it knew already, whether it published anew without a batch, what it brought to the
    warehouse, and what failed, a line each.
    """

    known: int = 0
    seconds: float = 0.0
    renewed: bool = False
    brought: Summary = NOTHING
    failed: list[str] = field(default_factory=list)

    @property
    def unclassified_share(self) -> float:
        """The share of the numerals that no rule classified."""
        return self.brought.unclassified / self.brought.numerals if self.brought.numerals else 0.0

    def as_dict(self) -> dict[str, Any]:
        """For a machine."""
        return {
            **asdict(self.brought),
            "masked": self.brought.redacted,
            "unclassified_share": round(self.unclassified_share, 5),
            "known": self.known,
            "seconds": round(self.seconds, 2),
            "failed": self.failed,
        }

    def as_text(self) -> str:
        """For a person."""
        new, known = self.brought, f"{self.known:,} known already" if self.known else ""
        if not new.batches and not self.failed:
            renewed = " Published anew: corrections, decisions or the code had changed." if self.renewed else ""
            return f"Nothing new{': ' * bool(known)}{known}.{renewed}"
        rows: list[tuple[str, str, str]] = [
            ("documents", f"{new.documents:,}", known),
            ("reports", f"{new.reports:,}", ""),
            ("quantities", f"{new.quantities:,}", ""),
            ("observations", f"{new.observations:,}", ""),
            ("masked", f"{new.redacted:,}", "observations whose number the report hides" if new.redacted else ""),
            ("quarantined", f"{new.quarantined:,}", "campaign quarantine list" if new.quarantined else ""),
            ("unclassified", f"{self.unclassified_share:.2%}", f"of {new.numerals:,} numerals"),
            ("failed", f"{len(self.failed):,}", "named on standard error" if self.failed else ""),
        ]
        lines = [f"  {name:<13}{value:>9}  {note}".rstrip() for name, value, note in rows]
        return "\n".join([f"Loaded {count(new.batches, 'batch', 'batches')} in {self.seconds:.1f} s", *lines])


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def load_new(home: Home, paths: Sequence[str], progress: Say, problem: Say) -> Load:
    """Load what is at the paths, else in the inboxes, and every batch that an earlier run did not bring to the end.

    `progress` is told what is being done, `problem` what failed, a line each.
    """
    started, settings, lake = time.perf_counter(), read_settings(home.root), Lake(home)
    done = Load()

    def fail(line: str) -> None:
        done.failed.append(line)
        problem(line)

    for delivery in ingest(lake, _arrivals(paths, settings, fail), settings):
        done.known += len(delivery.known)
        for _, reason in delivery.failed:
            fail(reason)
        if delivery.batch_id:
            progress(f"{delivery.batch_id}: {count(len(delivery.taken), 'new document')}")
    batches = unpublished(lake)
    if batches:
        # Dagster takes a second to load: not for a run that finds nothing to do.
        from orchestration.embedded import LOAD, run_batches

        run_batches(home, LOAD, batches, progress, fail)
    else:
        done.renewed = _publish(home)
    return _finished(done, home, batches, started, problem)


def load_again(home: Home, hold: bool, progress: Say, problem: Say) -> Load:
    """Extract every batch of the lake once more, then publish them all at once; with `hold`, do not publish yet."""
    from orchestration.embedded import EXTRACT, run_batches

    started, batches, done = time.perf_counter(), Lake(home).batch_ids(), Load()

    def fail(line: str) -> None:
        done.failed.append(line)
        problem(line)

    run_batches(home, EXTRACT, batches, progress, fail)
    if not hold:
        progress("publish warehouse")
        _publish(home)
    return _finished(done, home, batches, started, problem)


def _publish(home: Home) -> bool:
    """Publish what the lake, the corrections and the decisions hold by now; whether it replaced a version."""
    from warehouse.build import build
    from warehouse.publish import publish
    from warehouse.versions import read_version

    before = read_version(home.warehouse)
    publish(home, build(home))
    return before not in (None, read_version(home.warehouse))


def _finished(done: Load, home: Home, batches: Sequence[str], started: float, problem: Say) -> Load:
    if home.warehouse.exists():
        done.brought = summary(home, batches)
        for line in unapplied(home):
            problem(line)
    done.seconds = time.perf_counter() - started
    return done


def _arrivals(paths: Sequence[str], settings: Settings, fail: Say) -> Iterator[Arrival]:
    for inbox in settings.inboxes if not paths else ():
        inbox.make()
    for path in paths or [inbox.address for inbox in settings.inboxes]:
        try:
            found, _ = discover(path)
        except OSError as error:
            fail(str(error))
        else:
            yield from found
