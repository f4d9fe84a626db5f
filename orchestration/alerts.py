"""Where people are told that a run failed: a log file always, a webhook if the environment names one."""

import json
import os
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from warehouse.home import Home

# The address is a secret: it comes from the environment and is never logged.
WEBHOOK = "CAMPAIGN_ALERT_WEBHOOK"
SECONDS = 10

Target = Callable[[str], None]


def alert(home: Home, job: str, batch: str | None, run_id: str, steps: Sequence[str], message: str) -> None:
    """Say at every target that a run failed, as one line of JSON; raises `OSError` where a target can't be reached."""
    said = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "job": job,
        "batch": batch,
        "run": run_id,
        "steps": list(steps),
        "message": message,
        "text": f"{job} failed for batch {batch} at {', '.join(steps) or 'its start'}",
    }
    for target in targets(home):
        target(json.dumps(said, ensure_ascii=False))


def targets(home: Home) -> list[Target]:
    """The targets in force, the log file first: what it holds can't be lost with the network."""
    address = os.environ.get(WEBHOOK)
    return [_log_file(home), *([_webhook(address)] if address else [])]


def _log_file(home: Home) -> Target:
    def write(line: str) -> None:
        home.root.mkdir(parents=True, exist_ok=True)
        with (home.root / "alerts.log").open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    return write


def _webhook(address: str) -> Target:
    def post(line: str) -> None:
        request = urllib.request.Request(address, line.encode(), {"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=SECONDS).close()
        except (OSError, ValueError) as error:
            raise OSError(f"the address in {WEBHOOK} did not take the alert: {type(error).__name__}") from None

    return post
