"""Running batches in this process, on the Dagster instance in the data directory: what `campaign run` does."""

import os
import socket
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources

import dagster as dg

from orchestration.checks import GATE
from orchestration.definitions import EXTRACT, LOAD, build_definitions
from orchestration.partitions import BATCH
from orchestration.runs import HOST_TAG
from warehouse.drafts import Drafts
from warehouse.home import Home

__all__ = ["EXTRACT", "LOAD", "instance", "prepare", "run_batches"]

# Dagster's own console log is for its UI; here the command line speaks.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

Say = Callable[[str], None]


def prepare(home: Home) -> None:
    """Make the instance of the data directory the one that Dagster uses, unless the environment names another."""
    folder = home.dagster
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "dagster.yaml"
    if not configuration.exists():
        configuration.write_text(resources.files(__package__).joinpath("dagster.yaml").read_text("utf-8"), "utf-8")
    os.environ.setdefault("DAGSTER_HOME", str(folder))
    os.environ["CAMPAIGN_HOME"] = str(home.root)


@contextmanager
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance that runs on the data directory are recorded in."""
    prepare(home)
    with dg.DagsterInstance.get() as found:
        yield found


def run_batches(home: Home, job_name: str, batches: Sequence[str], progress: Say, fail: Say) -> None:
    """Run a job on each batch in turn; `progress` is told of every step that starts, `fail` of what failed."""
    job = build_definitions(home).resolve_job_def(job_name)
    drafts = Drafts(home)
    with instance(home) as found:
        found.add_dynamic_partitions(BATCH, list(batches))
        for number, batch in enumerate(batches, 1):
            run_id = str(uuid.uuid4())

            def follow(entry: dg.EventLogEntry, where: str = f"{number} of {len(batches)} ({batch})") -> None:
                event = entry.dagster_event
                if event and event.event_type == dg.DagsterEventType.STEP_START and event.step_key:
                    progress(f"batch {where}: {event.step_key.replace('_', ' ')}")

            found.add_event_listener(run_id, follow)
            result = job.execute_in_process(
                run_config=QUIET,
                instance=found,
                partition_key=batch,
                raise_on_error=False,
                run_id=run_id,
                tags={HOST_TAG: socket.gethostname()},
            )
            unreadable = drafts.read_stage(batch, "failures")["reason"]
            for line in (*unreadable, *(f"{batch}: {problem}" for problem in _problems(result, drafts, batch))):
                fail(line)


def _problems(result: dg.ExecuteInProcessResult, drafts: Drafts, batch: str) -> Iterator[str]:
    """What failed in a run: the checks that stopped it, else the innermost cause of each step's failure."""
    if result.success:
        return
    if any(check.check_name == GATE.name and not check.passed for check in result.get_asset_check_evaluations()):
        told = drafts.read_stage(batch, "check_result").filter(severity="error", scope="table", passed=False)
        for name, detail in told.select("check_name", "detail").iter_rows():
            yield f"{name}: {detail.partition(chr(10))[0]}"
        return
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error and error.cause:
                error = error.cause
            yield f"{event.step_key}: {error.message.strip() if error else 'failed'}"
