"""Files read into documents: their text, what they say about themselves, and what could not be read."""

import hashlib
import json
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import polars as pl

from transforms.readers import Limits, Text, UnreadableError
from transforms.readers.archives import Member, is_system_file, unfold
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
    """The documents among `files` (`stage.file`), one row each however often its bytes arrived.

    Archives are unfolded into the files in them. Files that programs leave in folders (`~$报告.docx`,
    `Thumbs.db`) are passed over; every other file becomes a document or a failure.
    """
    limits = limits or Limits()
    documents: dict[str, dict[str, Any]] = {}
    failures: dict[str, dict[str, Any]] = {}
    with Reader(limits) as reader:
        for file in files.sort("arrived_at", "file_name").iter_rows(named=True):
            if is_system_file(file["file_name"]):
                continue
            content = file.pop("content")
            for member in unfold(file["file_name"], content, limits):
                arrived = {**file, "file_name": member.name, **_identity(member.content)}
                if arrived["document_id"] in documents:
                    continue
                try:
                    text = _text(member, reader)
                except UnreadableError as error:
                    failure = _failure(arrived, error)
                    failures.setdefault(failure["quarantine_id"], failure)
                else:
                    documents[arrived["document_id"]] = {**arrived, **asdict(text), "char_count": len(text.text)}
    return Reading(
        pl.DataFrame(list(documents.values()), schema=DOCUMENT),
        pl.DataFrame(list(failures.values()), schema=QUARANTINE.frame_schema),
    )


def _identity(content: bytes | None) -> dict[str, Any]:
    if content is None:
        return {"document_id": None, "byte_size": None}
    return {"document_id": hashlib.sha256(content).hexdigest(), "byte_size": len(content)}


def _text(member: Member, reader: Reader) -> Text:
    if member.error or member.content is None:
        raise member.error or UnreadableError("damaged", "could not be unpacked")
    return reader.read(member.content, PurePosixPath(member.name).suffix.lower().removeprefix("."))


def _failure(arrived: dict[str, Any], error: UnreadableError) -> dict[str, Any]:
    """The quarantine row of a file. Its identifier is the same whenever the file arrives under that name."""
    name = arrived["file_name"]
    about = {key: arrived[key] for key in ("file_name", "byte_size", "source")}
    return {
        "quarantine_id": hashlib.sha256(f"{arrived['document_id']} {name} {error.cause}".encode()).hexdigest()[:16],
        "kind": "file",
        "item": name,
        "document_id": arrived["document_id"],
        "expectation": f"documents.{error.cause}",
        "reason": f"{name} {error}",
        "rejected_at": arrived["arrived_at"],
        "row": json.dumps(about, ensure_ascii=False),
        "state": "open",
    }
