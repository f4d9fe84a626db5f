"""A lake filled with a few reports written out in a test, as the earlier stages would leave it."""

import atexit
import hashlib
import random
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import polars as pl

from transforms.duplicates import sketch
from transforms.indicators import catalogue
from transforms.places import places
from warehouse.build import build
from warehouse.home import Home
from warehouse.lake import STAGES, Lake
from warehouse.publish import publish

ARRIVED = datetime(2021, 3, 1, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Figure:
    """One figure of a report; `high` equals `value` unless given."""

    indicator_id: str
    value: float | None = None
    high: float | None = None
    start: str | None = None
    end: str | None = None
    per: str | None = None
    status: str = "actual"
    qualifier: str = "exact"
    high_open: bool = False
    unit: str | None = None
    place_id: str | None = None


@dataclass(frozen=True, eq=False)
class Report:
    """One report in a document of its own; with `words_of`, a copy of another one around its own figures."""

    place: str | None
    figures: Sequence[Figure]
    level: str | None = None
    organisation: str = "创建办"
    year: int | None = 2018
    reported_on: str | None = None
    arrived_at: datetime = ARRIVED
    words_of: "Report | None" = None


def year(value: str) -> dict[str, str]:
    """The period of a whole year."""
    return {"start": value, "end": value}


@cache
def place_id(name: str, level: str | None = None) -> str:
    """The place of that name in force today."""
    found = places().filter(pl.col("name") == name, pl.col("valid_to").is_null())
    return found.filter(pl.col("level") == level if level else True)["place_id"].item()


@cache
def _units() -> dict[str, str]:
    return dict(catalogue().select("indicator_id", "unit").iter_rows())


def text_of(report: Report) -> tuple[str, list[tuple[int, int, int, int]]]:
    """The text of a report, and of each figure the span and the sentence that holds it."""
    # Words that no other report has, or reports this short would be copies of one another.
    words = random.Random(repr(report.words_of or report))
    own = "".join(chr(words.randrange(0x4E00, 0x9FA5)) for _ in range(400))
    text, spans = f"{report.place or '某地'}{report.organisation}{report.year}年总结\n{own}。\n", []
    for figure in report.figures:
        start = len(text)
        before = f"{figure.start or ''}{figure.status}{figure.indicator_id}"
        raw = f"{'xx' if figure.value is None else figure.value:}个"
        text += f"{before}{raw}。"
        spans.append((start + len(before), start + len(before) + len(raw), start, len(text)))
    return text, spans


@cache
def _empty() -> Path:
    home = Home(Path(tempfile.mkdtemp()))
    atexit.register(shutil.rmtree, home.root)
    publish(home, build(home))
    return home.warehouse


def new_home(root: Path) -> Home:
    """A data directory with a warehouse published that holds nothing yet: it saves making one."""
    home = Home(root)
    root.mkdir(exist_ok=True)
    shutil.copyfile(_empty(), home.warehouse)
    return home


def add(home: Home, *reports: Report) -> str:
    """Put the reports into the lake as one batch, complete, and return its name."""
    rows: dict[str, list[dict]] = {stage: [] for stage in STAGES}
    for number, report in enumerate(reports):
        _tell(rows, report, number)
    frames = {
        stage: pl.DataFrame([{name: row.get(name) for name in schema} for row in rows[stage]], schema=schema)
        for stage, schema in STAGES.items()
    }
    frames["sketches"] = sketch(frames["reports"], frames["documents"])
    frames["observations"] = frames["accepted"]
    files = frames["documents"].select("file_name", "source", "arrived_at", content=pl.col("text").cast(pl.Binary))
    lake = Lake(home)
    batch_id = lake.add_batch(files)
    for stage, frame in frames.items():
        lake.write_stage(batch_id, stage, frame)
    return batch_id


def load(home: Home, *reports: Report) -> None:
    """Put the reports into the lake and publish what is there."""
    add(home, *reports)
    publish(home, build(home))


def _tell(rows: dict[str, list[dict]], report: Report, number: int) -> None:
    text, spans = text_of(report)
    document_id = hashlib.sha256(text.encode()).hexdigest()
    report_id = f"{document_id[:16]}-0"
    place = report.place and place_id(report.place)
    level = report.level or (report.place and places().filter(pl.col("place_id") == place)["level"].item())
    rows["documents"].append(
        {
            "document_id": document_id,
            "file_name": f"{number}.txt",
            "media_type": "text/plain",
            "byte_size": len(text.encode()),
            "arrived_at": report.arrived_at,
            "char_count": len(text),
            "text": text,
        }
    )
    rows["reports"].append(
        {
            "report_id": report_id,
            "document_id": document_id,
            "span_start": 0,
            "span_end": len(text),
            "is_report": True,
            "organisation": report.organisation,
            "place_id": place,
            "place_name": report.place,
            "level": level,
            "year": report.year,
            "reported_on": report.reported_on,
        }
    )
    for figure, (start, end, sentence_start, sentence_end) in zip(report.figures, spans, strict=True):
        identity = f"{document_id[:16]}-{start}"
        row = {
            "observation_id": identity,
            "quantity_id": identity,
            "numeral_id": identity,
            "document_id": document_id,
            "report_id": report_id,
            "indicator_id": figure.indicator_id,
            "place_id": figure.place_id or place,
            "value": figure.value,
            "low": figure.value,
            "high": figure.value if figure.high is None else figure.high,
            "low_open": False,
            "high_open": figure.high_open,
            "unit": figure.unit or _units().get(figure.indicator_id, "count"),
            "raw_text": text[start:end],
            "raw_unit": "个",
            "qualifier": figure.qualifier,
            "redacted": figure.value is None,
            "status": figure.status,
            "period_start": figure.start,
            "period_end": figure.end,
            "per": figure.per,
            "span_start": start,
            "span_end": end,
            "evidence": text[sentence_start:sentence_end],
            "evidence_start": sentence_start,
            "confidence": 0.9,
            "rules": "indicator=head:测试",
            "corrected": False,
            "extractor_version": "told",
            "paragraph_id": 1,
            "sentence_id": 1,
            "factor": 1.0,
            "class": "quantity",
            "rule": "told",
        }
        rows["mentions"].append(row)
        rows["numerals"].append(row)
        if figure.indicator_id != "other":
            rows["accepted"].append(row)
