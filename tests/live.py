"""A real `campaign ui` (webserver, daemon, code server) for tests, and questions to it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "orchestration"]
FINISHED = {"SUCCESS", "FAILURE", "CANCELED"}


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a process that works on a data directory with its own embedded instance."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CAMPAIGN_", "DAGSTER_"))}
    return {**inherited, "CAMPAIGN_HOME": str(home), **more}


def campaign(home: Path, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run the command line on a data directory."""
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, env=environment(home), capture_output=True, text=True, timeout=timeout
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """What the condition gives once it is true; `AssertionError` after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := condition():
                return found
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"waited {seconds} s for {what}")


@dataclass(frozen=True)
class Live:
    """A running `campaign ui`."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]

    def graphql(self, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.loads(response.read())
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def runs(self) -> dict[str, dict[str, Any]]:
        """Every run by its id: `status`, `startTime`, `endTime`, `tags`."""
        fields = "runId status startTime endTime tags { key value }"
        found = self.graphql(f"{{ runsOrError {{ ... on Runs {{ results {{ {fields} }} }} }} }}")["runsOrError"][
            "results"
        ]
        return {run["runId"]: {**run, "tags": {tag["key"]: tag["value"] for tag in run["tags"]}} for run in found}

    def log(self) -> str:
        return (self.home / "ui.log").read_text("utf-8", "replace")


@contextmanager
def running(home: Path, **more: str) -> Iterator[Live]:
    """`campaign ui` on a data directory, until the block ends."""
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with (home / "ui.log").open("ab") as log:
        process = subprocess.Popen(
            [*COMMAND, "ui", "--port", str(port)], cwd=ROOT, env=environment(home, **more), stdout=log, stderr=log
        )
        live = Live(f"http://127.0.0.1:{port}", home, process)
        try:
            wait_for(lambda: live.graphql("{ version }"), 180, f"the webserver; see {home / 'ui.log'}")
            yield live
        finally:
            process.terminate()
            process.wait(60)
