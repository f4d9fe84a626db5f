"""Files read into documents: their text, what they say about themselves, and what could not be read."""

import hashlib
import json
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import polars as pl

from transforms.readers import Limits, UnreadableError
from transforms.readers.process import Reader
from transforms.schema import table

DOCUMENT = pl.Schema(
    {
        **{name: kind for name, kind in table("core.dim_document").frame_schema.items() if name != "batch_id"},
        "text": pl.String(),
    }
)
QUARANTINE = table("ops.quarantine")


class Reading(NamedTuple):
    """What came of reading files.

    `documents`: the columns of `core.dim_document` without `batch_id`, and `text`.
    `failures`: `ops.quarantine` rows of kind `file` for what could not be read.
    """

    documents: pl.DataFrame
    failures: pl.DataFrame


def read(files: pl.DataFrame, limits: Limits | None = None) -> Reading:
    """The documents among `files` (`stage.file`), one row each however often its bytes arrived."""
    documents: dict[str, dict[str, Any]] = {}
    failures: dict[str, dict[str, Any]] = {}
    with Reader(limits or Limits()) as reader:
        for file in files.sort("arrived_at", "file_name").iter_rows(named=True):
            content = file.pop("content")
            document_id = hashlib.sha256(content).hexdigest()
            if document_id in documents:
                continue
            try:
                found = reader.read(content)
            except UnreadableError as error:
                failure = _failure(file, document_id, len(content), error)
                failures.setdefault(failure["quarantine_id"], failure)
                continue
            documents[document_id] = {
                **file,
                **asdict(found),
                "document_id": document_id,
                "byte_size": len(content),
                "char_count": len(found.text),
            }
    return Reading(
        pl.DataFrame(list(documents.values()), schema=DOCUMENT),
        pl.DataFrame(list(failures.values()), schema=QUARANTINE.frame_schema),
    )


def _failure(file: dict[str, Any], document_id: str, size: int, error: UnreadableError) -> dict[str, Any]:
    name = PurePosixPath(file["file_name"]).name
    return {
        "quarantine_id": hashlib.sha256(f"{document_id} {error.cause}".encode()).hexdigest()[:16],
        "kind": "file",
        "item": file["file_name"],
        "batch_id": None,
        "document_id": document_id,
        "expectation": f"documents.{error.cause}",
        "reason": f"{name} {error}",
        "rejected_at": file["arrived_at"],
        "row": json.dumps(
            {"file_name": file["file_name"], "byte_size": size, "source": file["source"]}, ensure_ascii=False
        ),
        "state": "open",
    }
