"""The Data Docs: a static site under the data directory, readable without a network.

data_docs/index.html                   the batches, newest first, with what failed
data_docs/<batch_id>/<suite>.html      one suite on a batch: its expectations, counts, sampled rows
data_docs/<batch_id>/summary.json      what the index says of the batch
"""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from checks.suites import declared_checks

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

# Batches that the index lists; the pages of older ones stay.
LISTED = 200
_SUMMARY = "summary.json"


def page(docs: Path, batch_id: str, suite: str) -> Path:
    """The page of a suite (`Check.suite`) on a batch, in the directory of the Data Docs."""
    return docs / batch_id / f"{suite}.html"


def write(
    docs: Path,
    batch_id: str,
    checked_at: datetime,
    validated: "dict[str, ExpectationSuiteValidationResult]",
    results: pl.DataFrame,
) -> None:
    """Write the pages of a batch, and the index anew.

    `validated` has what Great Expectations found by suite; `results` is `ops.check_result` of the batch.
    """
    from checks.pages import OfflineView

    view = OfflineView()
    about = {check.name: {"suite": check.suite, "zh": check.zh, "en": check.en} for check in declared_checks()}
    rows = [{**row, **about[row["check_name"]]} for row in results.iter_rows(named=True)]
    suites = list(validated)
    for suite, result in validated.items():
        checks = [row for row in rows if row["suite"] == suite]
        html = view.suite(result, checks, suites=suites, suite=suite, batch_id=batch_id, checked_at=checked_at)
        _replace(page(docs, batch_id, suite), html)
    failed = [row for row in rows if not row["passed"]]
    told = ("check_name", "suite", "severity", "failed", "checked", "detail")
    summary = {
        "batch_id": batch_id,
        "checked_at": checked_at.strftime("%Y-%m-%d %H:%M UTC"),
        "checks": len(rows),
        "errors": sum(row["severity"] == "error" for row in failed),
        "warnings": sum(row["severity"] == "warning" for row in failed),
        "suites": suites,
        "failed": [{name: row[name] for name in told} for row in failed],
    }
    _replace(docs / batch_id / _SUMMARY, json.dumps(summary, ensure_ascii=False))
    newest = sorted(docs.glob(f"*/{_SUMMARY}"), key=lambda path: path.stat().st_mtime, reverse=True)
    batches: list[dict[str, Any]] = [json.loads(path.read_text("utf-8")) for path in newest[:LISTED]]
    _replace(docs / "index.html", view.index(batches=batches, older=len(newest) - len(batches)))


def _replace(path: Path, text: str) -> None:
    """Write the file whole: whoever reads it meanwhile sees the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, "utf-8")
    beside.replace(path)
