"""A real `campaign ui` (webserver, daemon, code server) for tests, and questions to it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "orchestration"]
FINISHED = {"SUCCESS", "FAILURE", "CANCELED"}
# What runs on this machine is never asked for through a proxy.
open_address = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

# A report whose scan lost the decimal points: an error in almost every figure, so that none of it may load.
POINTS_LOST = """渭南市2018年创建文明城市工作小结
2018年，渭南市共清理生活垃圾1200吨，新增停车泊位300个。
建成区绿化覆盖率达4296%，群众支持率达9540%，公厕达标率达9260%，投诉办结率达9890%。
文明创建知晓率达9710%，问题整改率达9430%，志愿服务参与率达3160%，案件办结率达9870%。
隐患整改率达9620%，信访办结率达9780%，测评合格率达9550%，市民参与率达9350%。
"""


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
        with open_address(request, timeout=30) as response:
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

    def new_run(self, before: Collection[str], seconds: float = 300) -> dict[str, Any]:
        """The one run that was not there before, once it has ended."""

        def ended() -> list[dict[str, Any]]:
            new = [run for run_id, run in self.runs().items() if run_id not in before]
            return new if all(run["status"] in FINISHED for run in new) else []

        (run,) = wait_for(ended, seconds, "the end of a run")
        return run

    def log(self) -> str:
        return (self.home / "ui.log").read_text("utf-8", "replace")


@contextmanager
def running(home: Path, **more: str) -> Iterator[Live]:
    """`campaign ui` on a data directory, until the block ends."""
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with (home / "ui.log").open("ab") as log:
        process = subprocess.Popen(
            [*COMMAND, "ui", "--port", str(port)],
            cwd=ROOT,
            env=environment(home, **more),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        live = Live(f"http://127.0.0.1:{port}", home, process)
        try:
            wait_for(
                lambda: process.poll() is not None or live.graphql("{ version }"),
                300,
                f"the webserver; see {home / 'ui.log'}",
            )
            assert process.poll() is None, live.log()
            yield live
        finally:
            process.terminate()
            try:
                process.wait(60)
            finally:
                # Nothing it has started outlives the test, whatever became of it.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
