"""The lake: every document as it arrived, and one Parquet file a stage and batch.

lake/originals/ab/abcd…                  the bytes of a document, under their SHA-256
lake/batches/<batch_id>/manifest.json    the files of the batch
lake/batches/<batch_id>/<stage>.parquet  what a stage made of them
"""

import hashlib
import io
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from transforms.schema import table
from warehouse.home import Home, WarehouseError

FILE = table("stage.file")


def _stage(full_name: str, *added: str) -> pl.Schema:
    """The columns of a table without the batch, which the folder names, and the figure, and text columns added."""
    declared = table(full_name).frame_schema
    for later in ("batch_id", "figure_id"):
        declared.pop(later, None)
    return pl.Schema({**declared, **dict.fromkeys(added, pl.String())})


# The stages that the warehouse is built from; a batch is complete when it has all of them.
STAGES: dict[str, pl.Schema] = {
    "documents": _stage("core.dim_document", "text"),
    "reports": _stage("core.dim_report"),
    "sketches": table("stage.sketch").frame_schema,
    "numerals": _stage("core.fact_numeral"),
    "mentions": table("stage.mention").frame_schema,
    "observations": _stage("core.fact_observation"),
    "accepted": _stage("core.fact_observation"),
    "quarantine": table("ops.quarantine").frame_schema,
    "check_result": table("ops.check_result").frame_schema,
}

# What is told of a batch even where the checks have stopped it and the other stages are missing.
HISTORY = ("quarantine", "check_result")


def batch_id(document_ids: Iterable[str]) -> str:
    """The name of the batch of these documents: the same files always make the same batch."""
    return "b" + hashlib.sha256("\n".join(sorted(set(document_ids))).encode()).hexdigest()[:12]


class Lake:
    """The lake of a data directory; every write is atomic, and repeating one changes nothing."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def store_original(self, content: bytes) -> str:
        """Keep a document as it arrived; its `document_id`, the SHA-256 of its bytes."""
        document_id = hashlib.sha256(content).hexdigest()
        path = self._original(document_id)
        if not path.exists():
            self._write(path, content)
        return document_id

    def read_original(self, document_id: str) -> bytes:
        """The bytes of a document; `WarehouseError` where the lake does not have it."""
        path = self._original(document_id)
        if not path.exists():
            raise WarehouseError(f"the lake has no document {document_id}")
        return path.read_bytes()

    def add_batch(self, files: pl.DataFrame) -> str:
        """Keep the files (`stage.file`) as a batch and return its `batch_id`; the same files make the same batch.

        Where the batch exists, the earliest arrival of each document stays.
        """
        # Several at a time: each waits for the disk, which takes many at once as fast as one.
        with ThreadPoolExecutor(16) as pool:
            document_ids = pool.map(self.store_original, files["content"])
        arrivals = [
            {
                "document_id": document_id,
                "file_name": file["file_name"],
                "source": file["source"],
                "arrived_at": file["arrived_at"].astimezone(UTC).isoformat(),
            }
            for document_id, file in zip(document_ids, files.drop("content").iter_rows(named=True), strict=True)
        ]
        name = batch_id(arrival["document_id"] for arrival in arrivals)
        earliest: dict[str, dict[str, str]] = {}
        for arrival in sorted([*self._manifest(name), *arrivals], key=lambda a: (a["arrived_at"], a["file_name"])):
            earliest.setdefault(arrival["document_id"], arrival)
        manifest = json.dumps([earliest[key] for key in sorted(earliest)], ensure_ascii=False, indent=1)
        self._write(self._folder(name) / "manifest.json", manifest.encode())
        return name

    def read_files(self, batch_id: str) -> pl.DataFrame:
        """The files of a batch (`stage.file`) with their contents, as they arrived."""
        rows = [
            {
                **entry,
                "arrived_at": datetime.fromisoformat(entry["arrived_at"]),
                "content": self.read_original(entry["document_id"]),
            }
            for entry in self._manifest(batch_id)
        ]
        return FILE.conform(pl.DataFrame(rows, schema=FILE.frame_schema, orient="row"))

    def arrived_at(self, batch_id: str) -> datetime:
        """When the first file of a batch arrived, UTC."""
        return min(datetime.fromisoformat(entry["arrived_at"]) for entry in self._manifest(batch_id))

    def document_ids(self) -> set[str]:
        """The ids of all documents in batches, read or unreadable."""
        return {entry["document_id"] for batch_id in self.batch_ids() for entry in self._manifest(batch_id)}

    def batch_ids(self) -> list[str]:
        """All batches, sorted."""
        return sorted(path.parent.name for path in self.home.batches.glob("*/manifest.json"))

    def complete_batch_ids(self) -> list[str]:
        """The batches that have every stage the warehouse is built from, sorted."""
        files = {f"{stage}.parquet" for stage in STAGES}
        return [name for name in self.batch_ids() if files <= {path.name for path in self._folder(name).iterdir()}]

    def stage_path(self, batch_id: str, stage: str) -> Path:
        """The Parquet file of a stage of a batch, there or not."""
        return self._folder(batch_id) / f"{stage}.parquet"

    def has_stage(self, batch_id: str, stage: str) -> bool:
        """Whether the stage has been written."""
        return self.stage_path(batch_id, stage).exists()

    def write_stage(self, batch_id: str, stage: str, frame: pl.DataFrame) -> Path:
        """Write a stage of a batch and return its file; a file that holds the same already is left as it is.

        A stage of `STAGES` is cut to its columns: `polars.exceptions.ColumnNotFoundError` where one
        is missing, `polars.exceptions.InvalidOperationError` where a value does not fit its type.
        """
        if stage in STAGES:
            frame = frame.select(pl.col(name).cast(kind) for name, kind in STAGES[stage].items())
        content = io.BytesIO()
        frame.write_parquet(content)
        path = self.stage_path(batch_id, stage)
        self._write(path, content.getvalue())
        return path

    def read_stage(self, batch_id: str, stage: str) -> pl.DataFrame:
        """The frame of a stage of a batch; `WarehouseError` where it has not been written."""
        path = self.stage_path(batch_id, stage)
        if not path.exists():
            raise WarehouseError(f"batch {batch_id} has no stage {stage} yet")
        return pl.read_parquet(path)

    def _write(self, path: Path, content: bytes) -> None:
        if not (path.exists() and path.stat().st_size == len(content) and path.read_bytes() == content):
            with self.home.replacing(path) as partial:
                partial.write_bytes(content)

    def _original(self, document_id: str) -> Path:
        return self.home.originals / document_id[:2] / document_id

    def _folder(self, batch_id: str) -> Path:
        return self.home.batches / batch_id

    def _manifest(self, batch_id: str) -> list[dict[str, str]]:
        path = self._folder(batch_id) / "manifest.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else []
