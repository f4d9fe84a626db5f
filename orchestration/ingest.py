"""From files that arrived to batches in the lake: find them, leave out what is known, group the rest."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import fsspec
import polars as pl

from orchestration.settings import Settings
from transforms.readers import Limits
from transforms.schema import table
from warehouse.lake import Lake
from warehouse.query import query

FILE = table("stage.file")

# Names under which programs write what is not finished, or keep their own notes.
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", ".swp")
_HIDDEN = (".", "~$")
_IGNORED_NAMES = ("Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Arrival:
    """A file at an address in the state that `stamp` stands for; `changed` is when it last changed, if its system tells."""

    address: str
    name: str
    size: int
    stamp: str
    changed: datetime | None = None


@dataclass
class Delivery:
    """Files read together: their frame (`stage.file`), the arrivals taken, known already or failed, and the batch made of them."""

    files: pl.DataFrame
    taken: list[Arrival]
    known: list[Arrival]
    failed: list[tuple[Arrival, str]]
    batch_id: str | None = None


def discover(address: str) -> tuple[list[Arrival], list[str]]:
    """The files at an address, a file or a folder with all below it, by name; and the names passed over as unfinished.

    Raises `FileNotFoundError` where there is nothing at the address.
    """
    system, root = fsspec.core.url_to_fs(address)
    found: dict[str, dict[str, Any]] = system.find(root, detail=True)
    if not found and not system.exists(root):
        raise FileNotFoundError(f"{address}: there is no such file or folder")
    arrivals, passed_over = [], []
    for path, info in sorted(found.items()):
        inside = PurePosixPath(path).relative_to(root) if path != root else PurePosixPath(PurePosixPath(path).name)
        if path != root and _unfinished(inside):
            passed_over.append(str(inside))
        else:
            arrivals.append(_arrival(system, path, inside.name, info))
    return arrivals, passed_over


def _unfinished(inside: PurePosixPath) -> bool:
    return (
        any(part.startswith(_HIDDEN) for part in inside.parts)
        or inside.name.lower().endswith(_UNFINISHED)
        or inside.name in _IGNORED_NAMES
    )


def _arrival(system: Any, path: str, name: str, info: dict[str, Any]) -> Arrival:
    # Each file system of fsspec has a name of its own for the time of change; some have only a tag of the content.
    changed = next((info[key] for key in ("mtime", "LastModified", "last_modified", "updated") if info.get(key)), None)
    stamp = f"{info.get('size')} {changed or info.get('ETag') or info.get('etag')}"
    if isinstance(changed, float):
        changed = datetime.fromtimestamp(changed, UTC)
    address = system.unstrip_protocol(path).removeprefix("file://")
    return Arrival(address, name, info.get("size") or 0, stamp, changed if isinstance(changed, datetime) else None)


def read(arrivals: Iterable[Arrival], settings: Settings, known: set[str]) -> Iterator[Delivery]:
    """The arrivals read, as many at a time as a batch may hold; documents whose id is in `known` are left out.

    Adds the ids of what it takes to `known`. The last delivery may hold no files, only arrivals that came to nothing.
    """
    rows: list[dict[str, Any]] = []
    delivery, size = Delivery(FILE.empty(), [], [], []), 0

    def complete() -> Delivery:
        delivery.files = pl.DataFrame(rows, schema=FILE.frame_schema)
        return delivery

    for arrival in arrivals:
        if rows and (len(rows) == settings.max_documents or size + arrival.size > settings.max_bytes):
            yield complete()
            rows, delivery, size = [], Delivery(FILE.empty(), [], [], []), 0
        try:
            content = _content(arrival)
        except (OSError, ValueError) as error:
            delivery.failed.append((arrival, str(error)))
            continue
        document_id = hashlib.sha256(content).hexdigest()
        if document_id in known:
            delivery.known.append(arrival)
            continue
        known.add(document_id)
        delivery.taken.append(arrival)
        size += len(content)
        rows.append(
            {"file_name": arrival.name, "source": arrival.address, "content": content, "arrived_at": datetime.now(UTC)}
        )
    yield complete()


def _content(arrival: Arrival) -> bytes:
    limit = Limits().file_bytes
    if arrival.size > limit:
        raise ValueError(
            f"{arrival.name}: {arrival.size / 2**20:,.0f} MB, more than the {limit / 2**20:,.0f} MB of one document"
        )
    with fsspec.open(arrival.address, "rb") as file:
        content: bytes = file.read()
    return content


def ingest(lake: Lake, arrivals: Iterable[Arrival], settings: Settings) -> Iterator[Delivery]:
    """Put the arrivals whose bytes the lake does not have into it, a batch at a time, which is all that is in memory."""
    for delivery in read(arrivals, settings, lake.document_ids()):
        if len(delivery.files):
            delivery.batch_id = lake.add_batch(delivery.files)
        yield delivery


def unpublished(lake: Lake) -> list[str]:
    """The batches of the lake that the published warehouse does not hold."""
    published: set[str] = set()
    if lake.home.warehouse.exists():
        published = set(query(lake.home, "select batch_id from ops.load")["batch_id"])
    return [batch for batch in lake.batch_ids() if batch not in published]
