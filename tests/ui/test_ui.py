"""What a person sees and does in the real web interface, in headless Chromium."""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium")

from live import POINTS_LOST, ROOT, Live, open_address, wait_for
from selenium.webdriver.common.by import By

from warehouse.home import Home
from warehouse.query import query

pytestmark = pytest.mark.slow

IMAGES = ROOT / "docs" / "images"
GROUPS = {"documents", "extraction", "history", "marts", "reports", "sources", "validation", "warehouse"}
# A 万 too many in one of two years: a warning.
JUMP = "渭南市2019年创建文明城市工作总结\n2018年，渭南市共清理生活垃圾12吨。\n2019年，渭南市共清理生活垃圾12万吨。\n"


class Page:
    """The browser, on one instance."""

    def __init__(self, browser: Any, dagster: Live) -> None:
        self.browser, self.dagster = browser, dagster

    def open(self, path: str, *texts: str) -> None:
        """Open a page and wait until it shows all the texts."""
        self.browser.get(f"{self.dagster.url}{path}")
        self.shows(*texts)

    def shows(self, *texts: str, seconds: float = 60) -> None:
        wait_for(lambda: all(text in self.text() for text in texts), seconds, f"{texts} at {self.browser.current_url}")

    def text(self) -> str:
        """What the page shows, without the word joiners that keep addresses from becoming links."""
        return str(self.browser.execute_script("return document.body.innerText")).replace("\u2060", "")

    def click(self, label: str) -> None:
        """Click the first enabled button of that label."""

        def button() -> Any:
            buttons = self.browser.find_elements(By.TAG_NAME, "button")
            return next((b for b in buttons if b.text.strip().startswith(label) and b.is_enabled()), None)

        wait_for(button, 30, f"a button {label}").click()

    def unfold(self, entry: str) -> None:
        """Show the Markdown of a metadata entry, which the page shows at once where it is short."""
        row = f"//tr[td[normalize-space()='{entry}']]"
        folded = f"{row}//*[contains(text(), 'Show Markdown')]"
        shown = f"{row}//*[contains(@class, 'dagster-markdown')]"
        found = wait_for(lambda: self.browser.find_elements(By.XPATH, f"{folded} | {shown}"), 30, f"the {entry}")[0]
        if "Show Markdown" in found.text:
            found.click()

    def load(self, name: str, text: str) -> dict[str, Any]:
        """Drop a file into the inbox and wait for the end of the run that the sensor makes of it."""
        before = self.dagster.runs().keys()
        (self.dagster.home / "inbox" / name).write_text(text, "utf-8")
        return self.dagster.new_run(before)

    def steps(self, run: dict[str, Any]) -> set[str]:
        """The steps of a run that have ended well."""
        asked = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { stepStats { stepKey status } } } }"
        stats = self.dagster.graphql(asked, id=run["runId"])["runOrError"]["stepStats"]
        return {step["stepKey"] for step in stats if step["status"] == "SUCCESS"}

    def told(self, check: str, run: dict[str, Any]) -> list[tuple[str, bool]]:
        """What the warehouse tells of a check on the batch of a run: its severity, and whether it passed."""
        asked = "select severity, passed from ops.check_result where check_name = $check and batch_id = $batch"
        batch = run["tags"]["dagster/partition"]
        return query(Home(self.dagster.home), asked, {"check": check, "batch": batch}).rows()

    def open_check(self, name: str, *texts: str) -> None:
        """Open the page of a check of the observations."""
        self.open(f"/assets/lake/observations?view=checks&checkDetail={name}", "Evaluation result", *texts)

    def keep(self, name: str) -> None:
        """Keep a picture of the page for the docs, where asked to."""
        if os.environ.get("UPDATE_SCREENSHOTS"):
            IMAGES.mkdir(parents=True, exist_ok=True)
            time.sleep(2)
            self.browser.save_screenshot(str(IMAGES / f"{name}.png"))


@pytest.fixture
def page(browser: Any, dagster: Live) -> Page:
    return Page(browser, dagster)


def test_the_lineage_graph_shows_every_group(page: Page) -> None:
    page.open("/asset-groups", *GROUPS)
    page.keep("lineage")


def test_an_asset_page_shows_columns_with_their_lineage_and_a_preview(page: Page) -> None:
    page.open(
        "/assets/mart/city_comparison", "Row count", "per_10k_low", "← mart/figure.low · core/dim_place.population"
    )
    page.keep("asset")
    page.open("/assets/core/fact_observation?view=events", "dagster/row_count", "chart", "preview")
    page.unfold("preview")
    page.shows("observation_id", "raw_text")
    page.keep("preview")


def test_a_materialisation_started_in_the_browser_ends_green(page: Page) -> None:
    before = page.dagster.runs().keys()
    page.open("/locations/campaign/jobs/load_batch", "Materialize all")
    page.click("Materialize all")
    page.shows("Partition selection")
    page.click("All")
    page.click("Launch")
    run = page.dagster.new_run(before)
    assert run["status"] == "SUCCESS"
    page.open(f"/runs/{run['runId']}", "Success", "publish_warehouse")


def test_a_failing_warning_stops_nothing_and_its_page_names_the_rows(page: Page) -> None:
    run = page.load("渭南市2019年总结.txt", JUMP)
    assert run["status"] == "SUCCESS"
    page.open_check("series__no_jump", "Failed", "This is a non-blocking asset check", "120000.0")
    assert page.told("series__no_jump", run) == [("warning", False)]
    assert "publish_warehouse" in page.steps(run)


@pytest.fixture(scope="module")
def stopped(browser: Any, dagster: Live) -> dict[str, Any]:
    """The run on a report that must not load."""
    return Page(browser, dagster).load("渭南市2018年小结.txt", POINTS_LOST)


def test_a_failing_error_stops_the_publish_and_its_page_leads_to_the_rows_and_the_data_docs(
    page: Page, stopped: dict[str, Any]
) -> None:
    assert stopped["status"] == "FAILURE"
    assert "publish_warehouse" not in page.steps(stopped)
    assert page.told("load__rejections_few", stopped) == [("error", False)]
    page.open_check("batch__may_load", "Failed", "This is a blocking asset check", "load__rejections_few")
    page.keep("gate")

    page.open_check("observations__share_within_hundred", "Failed", "failing_rows", "raw_text=“4296%”")
    page.keep("check")
    page.unfold("failing_rows")
    page.shows("3160%")
    docs = page.browser.find_element(By.PARTIAL_LINK_TEXT, "observations.html").get_attribute("href")
    page.browser.get(docs)
    page.shows("A share cannot exceed 100 percent", "9540%")


def test_a_failed_run_is_told_in_the_log_file_and_at_the_webhook_whose_address_is_nowhere_to_be_seen(
    dagster: Live, stopped: dict[str, Any], webhook: tuple[str, list[dict[str, Any]]]
) -> None:
    address, told = webhook
    secret = address.rpartition("/")[2].encode()
    alert = wait_for(lambda: [said for said in told if said["run"] == stopped["runId"]], 120, "the alert")
    log = (dagster.home / "alerts.log").read_text("utf-8").splitlines()
    assert alert == [json.loads(line) for line in log] and alert[0]["batch"] == stopped["tags"]["dagster/partition"]
    written = [file for file in dagster.home.rglob("*") if file.is_file() and secret in file.read_bytes()]
    assert written == []


def test_names_and_texts_of_files_are_shown_as_text_whatever_they_spell(page: Page) -> None:
    for path in ("/assets/core/dim_document?view=events", "/assets/core/document_text?view=events"):
        page.open(path, "preview")
        page.unfold("preview")
        page.shows("<img src=x onerror" if "dim_document" in path else "<script>window.injected")
        assert page.browser.execute_script("return window.injected") is None
        for inside in page.browser.find_elements(By.CLASS_NAME, "dagster-markdown"):
            assert not inside.find_elements(By.CSS_SELECTOR, "img, a, script")


def test_the_web_interface_listens_on_loopback_only(dagster: Live) -> None:
    ports = {int(port) for port in re.findall(r"http://127\.0\.0\.1:([0-9]+)", dagster.log())}
    assert len(ports) == 2, "of the webserver and of the Data Docs"
    listening = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    pairs = [fields[1].split(":") for fields in listening if fields[3] == "0A"]
    addresses = {address for address, port in pairs if int(port, 16) in ports}
    assert addresses == {"0100007F"}
    assert "no login" in dagster.log()


def test_the_data_docs_are_served_beside_it(dagster: Live) -> None:
    address = next(word for word in dagster.log().split() if word.endswith("/index.html"))
    with open_address(address, timeout=10) as response:
        assert "数据检查" in response.read().decode()
