"""A real `campaign ui` on real data, and a real Chromium to look at it with."""

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from live import ROOT, Live, campaign, running

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


@pytest.fixture(scope="session")
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An address that takes alerts, with a secret in it, and what it has been told."""
    told: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/token-that-nobody-may-see", told
        server.shutdown()


@pytest.fixture(scope="session")
def dagster(tmp_path_factory: pytest.TempPathFactory, webhook: tuple[str, list[dict[str, Any]]]) -> Iterator[Live]:
    home, files = tmp_path_factory.mktemp("ui") / "data", tmp_path_factory.mktemp("files")
    home.mkdir()
    (home / "settings.toml").write_text("[sensor]\ninterval_seconds = 5\nsettle_seconds = 2\n")
    for example in sorted((ROOT / "examples" / "reports").iterdir())[:6]:
        shutil.copy(example, files)
    (files / HOSTILE_NAME).write_text(HOSTILE_TEXT, "utf-8")
    (files / "broken.docx").write_bytes(b"PK\x03\x04 no archive")
    assert "Loaded 1 batch" in campaign(home, "run", str(files)).stdout
    with running(home, CAMPAIGN_ALERT_WEBHOOK=webhook[0], no_proxy="127.0.0.1") as live:
        yield live


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
        "--no-proxy-server",
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
