"""A real `campaign ui` on real data, and a real Chromium to look at it with."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM, CHROMEDRIVER = shutil.which("chromium"), shutil.which("chromedriver")
# A name and a text that would run a script or fetch an address if any page showed them as markup.
HOSTILE_NAME = "<img src=x onerror=window.injected=1>[a](javascript:window.injected=1).txt"
HOSTILE_TEXT = (
    "甲市2018年清理垃圾<script>window.injected=1</script>120吨，|新建|[链接](http://example.org)停车位300个。"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent and not (CHROMIUM and CHROMEDRIVER):
            item.add_marker(pytest.mark.skip(reason="needs Debian's chromium and chromium-driver"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(frozen=True)
class Dagster:
    """A running `campaign ui`."""

    url: str
    home: Path

    def graphql(self, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read())["data"]

    def run_statuses(self) -> dict[str, str]:
        runs = self.graphql("{ runsOrError { ... on Runs { results { runId status } } } }")["runsOrError"]["results"]
        return {run["runId"]: run["status"] for run in runs}


def wait_for(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := condition():
                return found
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"waited {seconds} s for {what}")


@pytest.fixture(scope="session")
def dagster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dagster]:
    home = tmp_path_factory.mktemp("ui") / "data"
    inbox = tmp_path_factory.mktemp("files")
    for example in sorted((ROOT / "examples" / "reports").iterdir())[:6]:
        shutil.copy(example, inbox)
    (inbox / HOSTILE_NAME).write_text(HOSTILE_TEXT, "utf-8")
    (inbox / "broken.docx").write_bytes(b"PK\x03\x04 no archive")
    environment = {**os.environ, "CAMPAIGN_HOME": str(home)}
    environment.pop("DAGSTER_HOME", None)
    command = [sys.executable, "-m", "orchestration"]
    subprocess.run(
        [*command, "run", str(inbox)], cwd=ROOT, env=environment, check=False, capture_output=True, timeout=300
    )
    port = free_port()
    with (home / "ui.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "ui", "--port", str(port)], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        running = Dagster(f"http://127.0.0.1:{port}", home)
        try:
            wait_for(lambda: running.graphql("{ version }"), 120, "the webserver")
            yield running
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1600,1100",
        "--lang=en",
    ):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
    try:
        yield driver
    finally:
        driver.quit()
