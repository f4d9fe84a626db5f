"""`campaign extract` and `campaign reports`: the stages of a batch on files at hand, without lake and warehouse."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import polars as pl

from orchestration.ingest import discover, read
from orchestration.settings import read_settings
from transforms.documents import read as read_documents
from transforms.duplicates import find_copies, sketch
from transforms.places import locate
from transforms.reports import find_reports
from transforms.schema import table
from warehouse.home import Home

Say = Callable[[str], None]

# The fields of the annotated reports, by the names that the stages have for them, then our own.
REPORT_FIELDS = {
    "report": "label",
    "start": "span_start",
    "end": "span_end",
    "is_report": "is_report",
    "place": "place_name",
    "adcode": "adcode",
    "place_basis": "place_basis",
    "level": "level",
    "organisation": "organisation",
    "year": "year",
    "duplicate_of": "original",
    "copy_kind": "copy_kind",
    "title": "title",
    "reported_on": "reported_on",
}


class Read(NamedTuple):
    """What was read of a group of files: documents with their text, and the reports found in them."""

    documents: pl.DataFrame
    reports: pl.DataFrame


def read_paths(paths: Sequence[str], home: Home, fail: Say) -> Iterator[Read]:
    """Read the files at the paths, as many at a time as a batch may hold; `fail` is told of each that can't be read."""
    settings, known = read_settings(home.root), set[str]()
    sketches = table("stage.sketch").empty()
    for path in paths:
        try:
            arrivals, _ = discover(path)
        except OSError as error:
            fail(str(error))
            continue
        for delivery in read(arrivals, settings, known):
            found = read_documents(delivery.files)
            for reason in (*(reason for _, reason in delivery.failed), *found.failures["reason"]):
                fail(reason)
            reports = locate(find_reports(found.documents), found.documents)
            own = sketch(reports, found.documents)
            reports = reports.join(find_copies(own, sketches), on="report_id", how="left")
            sketches = pl.concat([sketches, own])
            yield Read(found.documents, reports)


def mention_lines(read: Read) -> pl.DataFrame:
    """One row a quantity: the columns `transforms.extraction.RECORD_FIELDS`, in text order."""
    from transforms.extraction import extract, records

    return records(extract(read.documents, read.reports), read.documents, read.reports)


def report_lines(read: Read) -> pl.DataFrame:
    """One row a report: `document` (file name without its ending) and `REPORT_FIELDS`, in text order."""
    from transforms.extraction import label

    names = read.documents.select("document_id", "file_name").with_row_index("order")
    stems = {name: PurePosixPath(name).stem for name in names["file_name"].unique()}
    labelled = read.reports.with_columns(label=label())
    # An original in another document keeps its full name.
    originals = labelled.select("document_id", duplicate_of="report_id", original="label")
    return (
        labelled.join(names, on="document_id")
        .join(originals, on=["document_id", "duplicate_of"], how="left")
        .with_columns(pl.coalesce("original", "duplicate_of").alias("original"))
        .sort("order", "span_start")
        .select(
            document=pl.col("file_name").replace_strict(stems, return_dtype=pl.String),
            **{field: pl.col(column) for field, column in REPORT_FIELDS.items()},
        )
    )
