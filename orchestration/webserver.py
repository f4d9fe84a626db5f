"""`campaign ui`: the Dagster webserver and daemon on this machine alone, and the Data Docs beside them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from orchestration.checks import DATA_DOCS_URL
from orchestration.embedded import prepare
from orchestration.settings import read_settings
from warehouse.home import Home

LOOPBACK = "127.0.0.1"


def serve(home: Home, port: int, say: Callable[[str], None]) -> int:
    """Run webserver and daemon until they end or are interrupted; the webserver's exit status."""
    prepare(home)
    for inbox in read_settings(home.root).inboxes:
        inbox.make()
    docs = _serve_docs(home.data_docs, port + 1)
    os.environ[DATA_DOCS_URL] = f"http://{LOOPBACK}:{docs.server_port}"
    say(f"Dagster at http://{LOOPBACK}:{port} and the Data Docs at {os.environ[DATA_DOCS_URL]}/index.html")
    say("Both have no login and can be reached from this machine only; docs/operations.md shows them behind a proxy.")
    workspace = Path(__file__).with_name("workspace.yaml")
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(workspace), "-h", LOOPBACK, "-p", str(port)]
    process = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: process.send_signal(received))
    try:
        return process.wait()
    finally:
        docs.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing: the pages are read, not watched."""


def _serve_docs(folder: Path, port: int) -> ThreadingHTTPServer:
    folder.mkdir(parents=True, exist_ok=True)
    handler = partial(_Quiet, directory=str(folder))
    try:
        server = ThreadingHTTPServer((LOOPBACK, port), handler)
    except OSError:
        # Something else listens there: any port will do, for the results of checks carry the address.
        server = ThreadingHTTPServer((LOOPBACK, 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
