"""The data directory: where everything lies, and how a file in it is replaced without a torn state."""

import fcntl
import os
import re
import shutil
import socket
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

# Bytes of a copy that are written to the disk while the next are copied.
_PIECE = 2**28
_DROPPED = "dropped."
_PARTIAL = re.compile(r"(?P<process>\d+)@(?P<host>.+?)\.[0-9a-f]{32}\.")


class WarehouseError(RuntimeError):
    """Something that the user can put right; the message is a sentence that says how."""


@dataclass(frozen=True)
class Home:
    """The data directory `root`; `docs/architecture.md` says what each path holds."""

    root: Path

    @classmethod
    def locate(cls, path: str | Path | None = None) -> "Home":
        """The data directory: `path` if given, else the environment's `CAMPAIGN_HOME`, else `./data`."""
        return cls(Path(path or os.environ.get("CAMPAIGN_HOME") or "data").absolute())

    @property
    def inbox(self) -> Path:
        """Files to ingest."""
        return self.root / "inbox"

    @property
    def originals(self) -> Path:
        """Every document as it arrived, by SHA-256."""
        return self.root / "lake" / "originals"

    @property
    def batches(self) -> Path:
        """One folder a batch, one Parquet file a stage."""
        return self.root / "lake" / "batches"

    @property
    def corrections(self) -> Path:
        """People's corrections, one a line."""
        return self.root / "corrections.jsonl"

    @property
    def decisions(self) -> Path:
        """People's decisions on quarantined rows, one a line."""
        return self.root / "decisions.jsonl"

    @property
    def versions(self) -> Path:
        """The last versions of the warehouse."""
        return self.root / "versions"

    @property
    def warehouse(self) -> Path:
        """The published version."""
        return self.root / "warehouse.duckdb"

    @property
    def data_docs(self) -> Path:
        """The Great Expectations site."""
        return self.root / "data_docs"

    @property
    def dagster(self) -> Path:
        """The embedded Dagster instance."""
        return self.root / "dagster"

    @property
    def _partial(self) -> Path:
        return self.root / "partial"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory's one lock, waiting for it; the system releases it when the process dies."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "publish.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @contextmanager
    def replacing(self, target: Path) -> Iterator[Path]:
        """Yield a path to write to, and put it in place of `target` once the block has ended well.

        Readers see the old file or the new one whole. What a killed process leaves half written
        lies in the folder `partial` until `sweep` removes it.
        """
        partial = self._partial / f"{os.getpid()}@{socket.gethostname()}.{uuid.uuid4().hex}.{target.name}"
        partial.parent.mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            _flush(partial)
            partial.replace(target)
            _flush(target.parent)
        finally:
            for leftover in self._partial.glob(f"{partial.name}*"):
                _remove(leftover)

    def drop(self, file: Path) -> None:
        """Take a file away; its space, which takes time to free, is freed by the next `sweep`."""
        self._partial.mkdir(parents=True, exist_ok=True)
        file.replace(self._partial / f"{_DROPPED}{uuid.uuid4().hex}.{file.name}")

    def sweep(self) -> None:
        """Remove what was dropped, and what processes of this machine that are no longer alive have left half written."""
        for leftover in self._partial.glob("*"):
            owner = _PARTIAL.match(leftover.name)
            ended = owner and owner["host"] == socket.gethostname() and not _alive(int(owner["process"]))
            if ended or leftover.name.startswith(_DROPPED):
                _remove(leftover)


def copy_flushed(source: Path, target: Path) -> None:
    """Copy a file that isn't empty so that it is on the disk when this returns, without waiting for that at the end.

    The space is reserved first, which spares the file system the work of finding it for every page.
    """
    with FileIO(source) as original, FileIO(target, "w") as copy, ThreadPoolExecutor(1) as pool:
        with suppress(AttributeError, OSError):
            os.posix_fallocate(copy.fileno(), 0, os.fstat(original.fileno()).st_size)
        flushes = []
        while _copy_piece(original, copy):
            flushes.append(pool.submit(os.fsync, copy.fileno()))
        for flush in flushes:
            flush.result()


def forget(files: list[Path]) -> None:
    """Let the system use the memory that it keeps these files in, which need it no longer."""
    for file in files:
        with suppress(AttributeError, OSError), FileIO(file) as kept:
            os.posix_fadvise(kept.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _copy_piece(original: FileIO, copy: FileIO) -> int:
    """Copy the next piece and return its length, by the system itself where it can."""
    try:
        return os.copy_file_range(original.fileno(), copy.fileno(), _PIECE)
    except (AttributeError, OSError):
        return copy.write(original.read(_PIECE))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
