"""From documents and their reports to numerals, mentions and observations: the readers composed."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import repeat

import polars as pl

from transforms.indicators import OTHER, classify, settle
from transforms.numerals import numeral_rows, tokens
from transforms.outline import lines
from transforms.passages import sentences
from transforms.periods import read_periods
from transforms.quantities import quantity_rows
from transforms.schema import table
from transforms.status import read_status, with_passages

MENTION = table("stage.mention")
OBSERVATION = table("core.fact_observation")
# Least code points that are worth a thread of their own.
PART = 250_000
# What only a load knows.
LATER = ("corrected", "batch_id", "figure_id")
# Raised by hand when a change of meaning deserves a name; the rest of the version follows by itself.
RELEASE = "1.0"
# The fields of `campaign extract`: those of the annotation guidelines, then our own.
RECORD_FIELDS = [
    "document",
    "report",
    "start",
    "end",
    "text",
    "value",
    "value_high",
    "unit",
    "qualifier",
    "redacted",
    "indicator",
    "status",
    "period_start",
    "period_end",
    "per",
    "low",
    "high",
    "canonical_unit",
    "place",
    "adcode",
    "confidence",
]


@dataclass(frozen=True)
class Extraction:
    """What the documents hold.

    numerals      `core.fact_numeral` without `batch_id`, with `sentence_id`
    mentions      `stage.mention`: every quantity of a report, read
    observations  `core.fact_observation` without `corrected`, `batch_id` and `figure_id`: the mentions that have an indicator
    """

    numerals: pl.DataFrame
    mentions: pl.DataFrame
    observations: pl.DataFrame

    @property
    def unclassified(self) -> float:
        """The share of numerals that no rule classified, 0 where there are none."""
        return self.numerals.filter(pl.col("class") == "unclassified").height / max(1, self.numerals.height)


def extract(documents: pl.DataFrame, reports: pl.DataFrame) -> Extraction:
    """Every numeral, quantity and observation of the documents.

    `documents` has `document_id` and `text`; `reports` the columns of `core.dim_report`, those of
    the place included. All frames are in text order, document by document.
    """
    parts = _parts(documents.select("document_id", "text").sort("document_id"))
    with ThreadPoolExecutor(len(parts)) as pool:
        found = list(pool.map(_extract, parts, repeat(reports)))
    return Extraction(
        numerals=pl.concat(part.numerals for part in found),
        mentions=pl.concat(part.mentions for part in found),
        observations=pl.concat(part.observations for part in found),
    )


def _parts(documents: pl.DataFrame) -> list[pl.DataFrame]:
    """The documents in as many parts of like length as there are threads to read them, short ones in one.

    Searching a column for a pattern keeps one processor busy, whatever the number of rows.
    """
    chars = documents["text"].str.len_chars()
    count = max(1, min(pl.thread_pool_size(), documents.height, int(chars.sum()) // PART))
    part = (chars.cum_sum() - 1) * count // max(1, int(chars.sum()))
    return documents.with_columns(part=part).partition_by("part", maintain_order=True, include_key=False) or [documents]


def _extract(documents: pl.DataFrame, reports: pl.DataFrame) -> Extraction:
    found = sentences(documents, reports)
    numerals = tokens(found)
    outline = with_passages(lines(found))
    mentions = (
        quantity_rows(numerals)
        .pipe(classify, outline)
        .pipe(read_status, outline)
        .pipe(read_periods, outline, reports)
        .pipe(settle)
        .with_columns(
            rules=pl.concat_str(
                (
                    pl.when(pl.col(rules) != "").then(rules)
                    for rules in ("indicator_rules", "status_rules", "period_rules")
                ),
                separator="; ",
                ignore_nulls=True,
            )
        )
        .pipe(MENTION.conform)
    )
    return Extraction(numeral_rows(numerals), mentions, _observations(mentions, found, reports))


def _observations(mentions: pl.DataFrame, found: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The mentions that have an indicator, with the place reported on and the sentence that states them."""
    columns = {name: kind for name, kind in OBSERVATION.frame_schema.items() if name not in LATER}
    source = pl.col("source")
    lead = source.str.len_chars() - source.str.strip_chars_start().str.len_chars()
    evidence = found.select(
        "document_id",
        "sentence_id",
        evidence=source.str.strip_chars(),
        evidence_start=pl.col("start") + lead.cast(pl.Int64),
    )
    return (
        mentions.filter(pl.col("indicator_id") != OTHER)
        .join(evidence, on=["document_id", "sentence_id"], how="left", maintain_order="left")
        .join(reports.select("report_id", "place_id"), on="report_id", how="left", maintain_order="left")
        .with_columns(
            observation_id=pl.col("quantity_id"),
            value=pl.col("value") * pl.col("factor"),
            extractor_version=pl.lit(extractor_version()),
        )
        .select(pl.col(name).cast(kind) for name, kind in columns.items())
    )


def label() -> pl.Expr:
    """`R01`, `R02` …: the reports of each document numbered in text order, from `document_id` and `span_start`."""
    number = pl.col("span_start").rank("ordinal").over("document_id").cast(pl.String)
    return pl.lit("R") + number.str.zfill(2)


def records(extraction: Extraction, documents: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The mentions as `campaign extract` writes them: `RECORD_FIELDS`, one row a mention, in text order.

    `documents` has `document_id` and `file_name`; `document` is that name without its ending.
    `high` is null where the interval is open above, which JSON can't say otherwise.
    """
    name = pl.col("file_name").str.extract(r"([^/\\!]+)$").str.replace(r"(.)\.[^.]*$", "${1}")
    stated = reports.select("report_id", "place_name", "adcode", report=label())
    return (
        extraction.mentions.join(
            documents.select("document_id", document=name), on="document_id", how="left", maintain_order="left"
        )
        .join(stated, on="report_id", how="left", maintain_order="left")
        .with_columns(canonical_unit=pl.col("unit"), high=pl.when(pl.col("high").is_finite()).then("high"))
        .with_columns(
            start=pl.col("span_start"),
            end=pl.col("span_end"),
            text=pl.col("raw_text"),
            unit=pl.col("raw_unit"),
            indicator=pl.col("indicator_id"),
            place=pl.col("place_name"),
        )
        .select(RECORD_FIELDS)
    )


@cache
def extractor_version() -> str:
    """The version of the extractor: its release, and a digest of the code and the vocabulary of `transforms`.

    Any change to either makes another version, so that what an earlier one read can be told apart
    and read again.
    """
    return f"{RELEASE}+{digest(resources.files('transforms'))[:12]}"


def digest(folder: Traversable) -> str:
    """SHA-256 over the names and contents of the files in a folder and the folders in it, hexadecimal."""
    found = hashlib.sha256()
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name == "__pycache__":
            continue
        content = digest(entry).encode() if entry.is_dir() else entry.read_bytes()
        found.update(f"{entry.name}\0".encode() + hashlib.sha256(content).digest())
    return found.hexdigest()
