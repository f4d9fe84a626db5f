"""What a person sees and does in the real web interface, in headless Chromium."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium")

from live import FINISHED, ROOT, Live, wait_for
from selenium.webdriver.common.by import By

pytestmark = pytest.mark.slow

IMAGES = ROOT / "docs" / "images"
GROUPS = {"documents", "extraction", "history", "marts", "reports", "sources", "validation", "warehouse"}


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
    before = page.dagster.runs()
    page.open("/locations/campaign/jobs/load_batch", "Materialize all")
    page.click("Materialize all")
    page.shows("Partition selection")
    page.click("All")
    page.click("Launch")
    (run_id,) = wait_for(lambda: page.dagster.runs().keys() - before, 90, "a run")
    wait_for(lambda: page.dagster.runs()[run_id]["status"] in FINISHED, 240, "the end of the run")
    assert page.dagster.runs()[run_id]["status"] == "SUCCESS"
    page.open(f"/runs/{run_id}", "Success", "publish_warehouse")
    page.keep("run")


def test_an_asset_page_shows_its_checks_with_the_failing_rows_and_the_data_docs(page: Page) -> None:
    page.open("/assets/lake/observations?view=checks", "batch__may_load", "This is a blocking asset check")
    page.open(
        "/assets/lake/observations?view=checks&checkDetail=observations__bounds",
        "Evaluation result",
        "checked",
        "data_docs",
    )
    page.keep("check")


def test_names_and_texts_of_files_are_shown_as_text_whatever_they_spell(page: Page) -> None:
    for path in ("/assets/core/dim_document?view=events", "/assets/core/document_text?view=events"):
        page.open(path, "preview")
        page.unfold("preview")
        page.shows("<img src=x onerror" if "dim_document" in path else "<script>window.injected")
        assert page.browser.execute_script("return window.injected") is None
        for inside in page.browser.find_elements(By.CLASS_NAME, "dagster-markdown"):
            assert not inside.find_elements(By.CSS_SELECTOR, "img, a, script")


def test_the_web_interface_listens_on_loopback_only(dagster: Live) -> None:
    port = int(dagster.url.rsplit(":", 1)[1])
    listening = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    addresses = {
        fields[1].split(":")[0] for fields in listening if int(fields[1].split(":")[1], 16) in (port, port + 1)
    }
    assert addresses == {"0100007F"}
    assert "no login" in dagster.log()


def test_the_data_docs_are_served_and_a_check_links_to_them(dagster: Live) -> None:
    import urllib.request

    log = dagster.log()
    address = next(word for word in log.split() if word.endswith("/index.html"))
    with urllib.request.urlopen(address, timeout=10) as response:
        assert b"Great Expectations" in response.read() or response.status == 200
