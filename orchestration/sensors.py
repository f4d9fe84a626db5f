"""The sensors: one watches each inbox, one tells people of runs that failed."""

import base64
import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.alerts import alert
from orchestration.ingest import Arrival, Delivery, discover, ingest
from orchestration.partitions import BATCHES
from orchestration.resources import DataDirectory
from orchestration.runs import batches_without_run, fail_dead_runs, request
from orchestration.settings import Inbox, Settings

NAMES_SHOWN = 5


@dataclass
class Cursor:
    """What a sensor remembers of its inbox.

    `waiting`: for a file that may still be growing its stamp and since when it has had that stamp, seconds since 1970.
    `done`: a fingerprint of each file in the inbox that has been dealt with; forgotten when the file leaves.
    """

    waiting: dict[str, tuple[str, float]] = field(default_factory=dict)
    done: set[bytes] = field(default_factory=set)

    @classmethod
    def load(cls, text: str | None) -> "Cursor":
        """The cursor of an earlier tick; an empty one where there was none."""
        if not text:
            return cls()
        stored = json.loads(text)
        joined = base64.b64decode(stored["done"])
        return cls(
            {address: (stamp, since) for address, (stamp, since) in stored["waiting"].items()},
            {joined[at : at + 8] for at in range(0, len(joined), 8)},
        )

    def dump(self) -> str:
        """The cursor as text; the same files give the same text."""
        return json.dumps({"waiting": self.waiting, "done": base64.b64encode(b"".join(sorted(self.done))).decode()})


def fingerprint(arrival: Arrival) -> bytes:
    """Eight bytes that stand for a file in one state: they tell a million files apart, and keep the cursor small."""
    return hashlib.blake2b(f"{arrival.address}\n{arrival.stamp}".encode(), digest_size=8).digest()


def settle(arrivals: Iterable[Arrival], cursor: Cursor, now: float, seconds: float) -> tuple[list[Arrival], Cursor]:
    """The arrivals that are new and have not changed for `seconds`, and the cursor that waits for the others."""
    ready, waiting, done = [], {}, set()
    for arrival in arrivals:
        if fingerprint(arrival) in cursor.done:
            done.add(fingerprint(arrival))
            continue
        stamp, since = cursor.waiting.get(arrival.address, ("", now))
        since = since if stamp == arrival.stamp else now
        waiting[arrival.address] = (arrival.stamp, since)
        if now - since >= seconds:
            ready.append(arrival)
    return ready, Cursor(waiting, done)


def build_inbox_sensor(inbox: Inbox, settings: Settings, job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """The sensor that hands what arrives in the inbox to runs of the job, a batch each."""

    @dg.sensor(
        name=f"watch_{inbox.name}",
        job=job,
        minimum_interval_seconds=settings.interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Waits until a file in {inbox.address} has stopped growing, and hands what is new to a run, a batch each.",
    )
    def watch(context: dg.SensorEvaluationContext, data: DataDirectory) -> dg.SensorResult:
        deadline = time.monotonic() + settings.tick_seconds
        try:
            arrivals, passed_over = discover(inbox.address)
        except OSError as error:
            # What is remembered stays: the files will be there again when the address is.
            return dg.SensorResult(skip_reason=str(error), cursor=context.cursor)
        ready, cursor = settle(arrivals, Cursor.load(context.cursor), time.time(), settings.settle_seconds)
        results: list[Delivery] = []
        for result in ingest(data.lake, ready, settings):
            results.append(result)
            for arrival in (*result.taken, *result.known):
                del cursor.waiting[arrival.address]
                cursor.done.add(fingerprint(arrival))
            if time.monotonic() > deadline:
                break
        said = skipped(cursor, passed_over, results)
        context.log.info(said)
        # Asked of the lake, not of this tick: a batch whose tick was killed before its run was requested is there too.
        batches = batches_without_run(context.instance, data.lake)
        return dg.SensorResult(
            cursor=cursor.dump(),
            dynamic_partitions_requests=[BATCHES.build_add_request(batches)] if batches else [],
            run_requests=[request(batch, inbox=inbox.name) for batch in batches],
            skip_reason=None if batches else said,
            asset_events=[arrived(inbox, result) for result in results if result.batch_id],
        )

    return watch


def arrived(inbox: Inbox, result: Delivery) -> dg.AssetMaterialization:
    """The event that says that something new has come from a source."""
    return dg.AssetMaterialization(
        ["inbox", inbox.name], metadata={"batch": result.batch_id or "", "documents": len(result.taken)}
    )


def skipped(cursor: Cursor, passed_over: Sequence[str], results: Sequence[Delivery]) -> str:
    """What a tick left alone, and why, in one line."""
    known = [arrival.name for result in results for arrival in result.known]
    failed = [f"{arrival.name}: {reason}" for result in results for arrival, reason in result.failed]
    reasons = [
        ("may still be growing", [address.rsplit("/", 1)[-1] for address in cursor.waiting]),
        ("known already", known),
        ("unfinished or hidden by name", passed_over),
        ("could not be read", failed),
    ]
    said = [f"{len(names)} {why} ({_some(names)})" for why, names in reasons if names]
    return "; ".join(said) or "nothing new"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMES_SHOWN]) + (" …" if len(names) > NAMES_SHOWN else "")


@dg.run_failure_sensor(
    name="alert_on_failure",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells people of a run that failed: in alerts.log of the data directory, and at CAMPAIGN_ALERT_WEBHOOK if set.",
)
def alert_on_failure(context: dg.RunFailureSensorContext, data: DataDirectory) -> None:
    """Send one alert a failed run."""
    run = context.dagster_run
    steps = [event.step_key for event in context.get_step_failure_events() if event.step_key]
    alert(
        data.home,
        run.job_name,
        run.tags.get("dagster/partition"),
        run.run_id,
        steps,
        context.failure_event.message or "",
    )


@dg.sensor(
    name="fail_dead_runs",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Marks runs as failed whose process was killed, so that they are tried again and hold up no others.",
)
def watch_for_dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Look for runs whose process is gone."""
    dead = fail_dead_runs(context.instance)
    return dg.SkipReason(f"marked as failed: {', '.join(dead)}" if dead else "every run at work has its process")
